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
//
// objects are those among which it may be; without them, those of people.
func unread(ctx context.Context, w *store.Workspace, objects ...string) (string, error) {
	readings, err := w.Backfills(ctx)
	if err != nil || len(readings) == 0 {
		return "", err
	}
	whole, all := map[string]bool{}, true
	for _, b := range readings {
		whole[b.Object] = b.Complete || b.State == gateway.BackfillDone
		all = all && whole[b.Object]
	}
	if all && objects == nil && whole["Account"] && whole["Contact"] && whole["Lead"] {
		return "", nil // nearly always
	}
	org, err := w.Settings(ctx, gateway.OrgScope)
	if err != nil {
		return "", fmt.Errorf("reading which objects are mirrored: %w", err)
	}
	mirrored, err := settings.Mirrored(org)
	if err != nil {
		return "", fmt.Errorf("reading which objects are mirrored: %w", err)
	}
	if objects == nil {
		in, err := settings.Effective(org, nil)
		if err != nil {
			return "", fmt.Errorf("reading among which objects people are looked for: %w", err)
		}
		objects = append([]string{"Account", "Contact", "Lead"}, in.Contacts.ActivityObject)
	}
	var missing []string
	for _, object := range objects {
		if !whole[object] && slices.Contains(mirrored, object) {
			missing = append(missing, object)
		}
	}
	if len(missing) == 0 {
		return "", nil
	}
	return "The " + strings.Join(missing, " and ") + " records of Salesforce are still being read, and nothing is created that may be among them. It goes on by itself; Health shows how far the reading is.", nil
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
	if err != nil {
		return err
	}
	if counts[gateway.UndecidedUnread] > 0 {
		err = o.once(ctx, w, nil, (*store.Tx).RevisitUnread)
	}
	if counts[gateway.UndecidedReading] == 0 || err != nil {
		return err
	}
	in, err := o.inForce(ctx, ws)
	if err != nil {
		return err
	}
	return o.once(ctx, w, slices.Concat(in.Objects.Added, []string{""}), (*store.Tx).RevisitReading)
}

// once asks for those to be revisited who waited for objects, when they are read.
func (o *Outbox) once(ctx context.Context, w *store.Workspace, objects []string, ask func(*store.Tx, context.Context, string) error) error {
	if why, err := unread(ctx, w, objects...); err != nil || why != "" {
		return err
	}
	return w.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return ask(tx, ctx, "Salesforce is read whole now.")
	})
}
