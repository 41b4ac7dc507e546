package store

import (
	"context"
	"fmt"
	"time"

	"tidegate/gateway"
)

// Said is something that was said here, by its kind: only what that names is
// set.
type Said struct {
	Kind, ExternalID string
	UpdatedAt        time.Time
	Meeting          gateway.Meeting
	Call             gateway.Call
	Conversation     gateway.Conversation
	Messages         []gateway.Message // those told with it; others stand beside it
	Email            gateway.Email
	Custom           gateway.CustomRecord
}

// Title is how it is called, and when it was.
func (s Said) Title() (title string, at time.Time) {
	switch s.Kind {
	case gateway.KindMeeting:
		return s.Meeting.Title, s.Meeting.StartsAt
	case gateway.KindCall:
		return "Call", s.Call.StartedAt
	case gateway.KindEmail:
		return s.Email.Subject, s.Email.SentAt
	}
	if kind, custom := gateway.Custom(s.Kind); custom {
		return kind + " " + s.ExternalID, s.Custom.UpdatedAt
	}
	return "Conversation", s.Conversation.StartedAt
}

// saidKinds are what becomes something in Salesforce; ';' follows ':'.
const saidKinds = `(kind IN ('` + gateway.KindCall + `', '` + gateway.KindConversation + `', '` + gateway.KindEmail + `', '` + gateway.KindMeeting + `')
	OR ` + customKinds + `)`

const customKinds = `kind >= '` + gateway.KindCustom + `' AND kind < 'custom;'`

// onlySaid narrows what was said to one kind, to all that only the product has
// (gateway.KindCustom), or not at all ("").
func onlySaid(only string) *condition {
	where := &condition{}
	switch only {
	case "":
		where.and(saidKinds)
	case gateway.KindCustom:
		where.and(customKinds)
	default:
		where.and("kind = ?", only)
	}
	return where
}

// Said returns up to n things behind one of a kind ("" = from the first), by
// kind and external id, without messages. only narrows them to one kind, "" =
// all.
func (w *Workspace) Said(ctx context.Context, only, kind, after string, n int) ([]Said, error) {
	where := onlySaid(only)
	where.and("(kind, external_id) > (?, ?)", kind, after)
	return w.said(ctx, where.String()+` ORDER BY kind, external_id LIMIT ?`, append(where.args, n)...)
}

// SaidOf returns those things of one kind that are here.
func (w *Workspace) SaidOf(ctx context.Context, kind string, externalIDs []string) ([]Said, error) {
	d := w.db.dialect
	return w.said(ctx, `kind = ? AND external_id`+d.among+` ORDER BY external_id`, kind, d.list(externalIDs))
}

func (w *Workspace) said(ctx context.Context, where string, args ...any) ([]Said, error) {
	rows, err := list[struct {
		Kind       string `db:"kind"`
		ExternalID string `db:"external_id"`
		Body       string `db:"body"`
		UpdatedAt  int64  `db:"updated_at"`
	}](ctx, w.read, "reading what was said", `SELECT kind, external_id, body, updated_at FROM said
		WHERE workspace_id = ? AND `+saidKinds+` AND `+where, append([]any{w.id}, args...)...)
	out := make([]Said, len(rows))
	for i, row := range rows {
		s := Said{Kind: row.Kind, ExternalID: row.ExternalID, UpdatedAt: fromMicros(row.UpdatedAt)}
		into, usual := map[string]any{
			gateway.KindMeeting: &s.Meeting, gateway.KindCall: &s.Call, gateway.KindConversation: &s.Conversation, gateway.KindEmail: &s.Email,
		}[row.Kind]
		if !usual {
			into = &s.Custom
		}
		if err := readJSON(row.Body, into); err != nil {
			return nil, fmt.Errorf("reading a %s: %w", row.Kind, err)
		}
		out[i] = s
	}
	return out, err
}

// CountSaid counts what Said returns.
func (w *Workspace) CountSaid(ctx context.Context, only string) (int, error) {
	where := onlySaid(only)
	where.and("workspace_id = ?", w.id)
	n, _, err := one[int](ctx, w.read, "counting what was said", `SELECT COUNT(*) FROM said WHERE `+where.String(), where.args...)
	return n, err
}

// LockSaid returns when something was last told of, and keeps others from
// saving it until the transaction ends. CodeNotFound when there is none.
func (tx *Tx) LockSaid(ctx context.Context, kind, externalID string) (time.Time, error) {
	at, found, err := one[int64](ctx, tx.runner, "locking "+kind,
		`SELECT updated_at FROM said WHERE workspace_id = ? AND kind = ? AND external_id = ?`+tx.dialect.forLock, tx.ws, kind, externalID)
	if err == nil && !found {
		err = notFound("There is no such %s.", kind)
	}
	return fromMicros(at), err
}

// SaidKey names something that was said.
type SaidKey struct {
	Kind       string `db:"kind"`
	ExternalID string `db:"external_id"`
}

// SaidBetween names up to n things that were said in a time, the newest first.
func (w *Workspace) SaidBetween(ctx context.Context, since, until time.Time, n int) ([]SaidKey, error) {
	return list[SaidKey](ctx, w.read, "reading what was said lately", `SELECT kind, external_id FROM said
		WHERE workspace_id = ? AND `+saidKinds+` AND at >= ? AND at < ? ORDER BY at DESC, kind, external_id LIMIT ?`,
		w.id, micros(since), micros(until), n)
}
