package store

import (
	"context"

	"tidegate/gateway"
)

// Conversation returns a conversation without its messages, CodeNotFound when
// nobody told us of it.
func (w *Workspace) Conversation(ctx context.Context, externalID string) (gateway.Conversation, error) {
	return readSaid[gateway.Conversation](ctx, w.read, w.id, gateway.KindConversation, externalID)
}

// Conversations returns one page of conversations, the last begun first.
func (w *Workspace) Conversations(ctx context.Context, q SaidQuery) (SaidPage[gateway.Conversation], error) {
	return listSaid[gateway.Conversation](ctx, w, gateway.KindConversation, q)
}

// SaveConversation saves a conversation, new or not, and its messages, each
// once by its own id.
func (tx *Tx) SaveConversation(ctx context.Context, c gateway.Conversation, messages []gateway.Message) error {
	c.UpdatedAt = tx.now
	err := tx.saveSaid(ctx, said{
		kind: gateway.KindConversation, id: c.ExternalID, status: c.Channel, at: c.StartedAt, search: []string{c.Person, c.Agent}, body: c,
	})
	for _, m := range messages {
		if err != nil {
			return err
		}
		_, err = tx.exec(ctx, "saving message", `INSERT INTO messages (workspace_id, conversation_id, external_id, at, body)
			VALUES (?, ?, ?, ?, ?) ON CONFLICT (workspace_id, conversation_id, external_id) DO UPDATE SET
			at = excluded.at, body = excluded.body`, tx.ws, c.ExternalID, m.ExternalID, micros(m.At), writeJSON(m))
	}
	return err
}

// maxMessages bounds one conversation; more are beyond what a note can hold.
const maxMessages = 20_000

// Messages returns the messages of a conversation in their order.
func (w *Workspace) Messages(ctx context.Context, conversation string) ([]gateway.Message, error) {
	bodies, err := list[string](ctx, w.read, "reading messages", `SELECT body FROM messages
		WHERE workspace_id = ? AND conversation_id = ? ORDER BY at, external_id LIMIT ?`, w.id, conversation, maxMessages)
	out := make([]gateway.Message, len(bodies))
	for i, body := range bodies {
		if err == nil {
			err = readJSON(body, &out[i])
		}
	}
	return out, err
}

// Call returns a call, CodeNotFound when nobody told us of it.
func (w *Workspace) Call(ctx context.Context, externalID string) (gateway.Call, error) {
	return readSaid[gateway.Call](ctx, w.read, w.id, gateway.KindCall, externalID)
}

// Calls returns one page of calls, the last begun first.
func (w *Workspace) Calls(ctx context.Context, q SaidQuery) (SaidPage[gateway.Call], error) {
	return listSaid[gateway.Call](ctx, w, gateway.KindCall, q)
}

// SaveCall saves a call whole, new or not.
func (tx *Tx) SaveCall(ctx context.Context, c gateway.Call) error {
	c.UpdatedAt = tx.now
	return tx.saveSaid(ctx, said{
		kind: gateway.KindCall, id: c.ExternalID, status: c.Direction, owner: c.Agent, at: c.StartedAt,
		search: []string{c.From, c.To, c.Person, c.Disposition}, body: c,
	})
}

// Email returns an e-mail, CodeNotFound when nobody told us of it.
func (w *Workspace) Email(ctx context.Context, externalID string) (gateway.Email, error) {
	return readSaid[gateway.Email](ctx, w.read, w.id, gateway.KindEmail, externalID)
}

// Emails returns one page of e-mails, the last sent first.
func (w *Workspace) Emails(ctx context.Context, q SaidQuery) (SaidPage[gateway.Email], error) {
	return listSaid[gateway.Email](ctx, w, gateway.KindEmail, q)
}

// SaveEmail saves an e-mail whole, new or not.
func (tx *Tx) SaveEmail(ctx context.Context, e gateway.Email) error {
	e.UpdatedAt = tx.now
	return tx.saveSaid(ctx, said{
		kind: gateway.KindEmail, id: e.ExternalID, owner: e.From, at: e.SentAt, search: append([]string{e.Subject, e.From}, e.To...), body: e,
		messageKey: clean(gateway.MessageKey(e.MessageID)),
	})
}
