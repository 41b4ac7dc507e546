package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/settings"
	"tidegate/store"
)

// unread says why nobody can be called new to Salesforce yet, "" when somebody
// can: of the objects among which he may be, one is not read whole. Whoever were
// created then would be there twice. Where nothing is read at all it says
// nothing: without a describe nothing is created either.
func unread(ctx context.Context, w *store.Workspace) (string, error) {
	readings, err := w.Backfills(ctx)
	if err != nil || len(readings) == 0 {
		return "", err
	}
	whole := map[string]bool{}
	for _, b := range readings {
		whole[b.Object] = b.Complete || b.State == gateway.BackfillDone
	}
	if whole["Account"] && whole["Contact"] && whole["Lead"] {
		return "", nil // nearly always
	}
	org, err := w.Settings(ctx, gateway.OrgScope)
	if err != nil {
		return "", fmt.Errorf("reading which objects are mirrored: %w", err)
	}
	mirrored, err := settings.Mirrored(org)
	var missing []string
	for _, object := range [...]string{"Account", "Contact", "Lead"} {
		if !whole[object] && slices.Contains(mirrored, object) {
			missing = append(missing, object)
		}
	}
	if err != nil || len(missing) == 0 {
		return "", err
	}
	return "The " + strings.Join(missing, " and ") + " records of Salesforce are still being read, and nobody is created who may be among them. It goes on by itself; Health shows how far the reading is.", nil
}

// unreadYet is unread, asked once for a plan.
func (l *loading) unreadYet(ctx context.Context) string {
	if l.unread == nil {
		why, err := unread(ctx, l.w)
		l.did("what is read", err)
		l.unread = &why
	}
	return *l.unread
}

// readNow plans anew whoever waited for Salesforce to be read, once it is. It
// looks itself, instead of being told by the end of the reading: who is saved as
// waiting at that very moment would be missed.
func (o *Outbox) readNow(ctx context.Context, ws gateway.WorkspaceID) error {
	w := o.db.In(ws)
	counts, err := w.CountUndecided(ctx)
	if err != nil || counts[gateway.UndecidedUnread] == 0 {
		return err
	}
	if why, err := unread(ctx, w); err != nil || why != "" {
		return err
	}
	return w.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.RevisitUnread(ctx, "Salesforce is read whole now.")
	})
}
