package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"tidegate/gateway"
)

// CustomRecord returns a record of a kind that only the product has.
func (w *Workspace) CustomRecord(ctx context.Context, kind, externalID string) (gateway.CustomRecord, error) {
	return readSaid[gateway.CustomRecord](ctx, w.read, w.id, gateway.KindCustom+kind, externalID)
}

// CustomRecords returns one page of the records of a kind, the last told of
// first.
func (w *Workspace) CustomRecords(ctx context.Context, kind string, q SaidQuery) (SaidPage[gateway.CustomRecord], error) {
	return listSaid[gateway.CustomRecord](ctx, w, gateway.KindCustom+kind, q)
}

// mostSearched bounds how much of what its properties say a record is found by,
// in bytes.
const mostSearched = 2000

// SaveCustomRecord saves such a record whole, new or not.
func (tx *Tx) SaveCustomRecord(ctx context.Context, r gateway.CustomRecord) error {
	r.UpdatedAt = tx.now
	at := r.UpdatedAt.Truncate(time.Millisecond)
	search, room := []string{r.ExternalID}, mostSearched
	for _, name := range r.Properties.Names() {
		if value := r.Properties[name].String(); len(value) <= room {
			search, room = append(search, value), room-len(value)
		}
	}
	return tx.saveSaid(ctx, said{kind: r.SaidKind(), id: r.ExternalID, owner: r.Owner, at: at, search: search, body: r})
}

// CustomKinds returns the product's own kinds with the properties that were seen
// of them, both by name.
func (w *Workspace) CustomKinds(ctx context.Context) ([]gateway.CustomKind, error) {
	return w.read.customKinds(ctx, `WHERE workspace_id = ?`, w.id)
}

// CustomKind is one of CustomKinds in this transaction; nothing else sees more of
// it until that ends. It has no properties while none was seen.
func (tx *Tx) CustomKind(ctx context.Context, kind string) (gateway.CustomKind, error) {
	if err := tx.lock(ctx, "custom kind", gateway.RecordKey{Object: kind}); err != nil {
		return gateway.CustomKind{}, err
	}
	all, err := tx.customKinds(ctx, `WHERE workspace_id = ? AND kind = ?`, tx.ws, kind)
	if err != nil || len(all) == 0 {
		return gateway.CustomKind{Kind: kind}, err
	}
	return all[0], nil
}

func (r runner) customKinds(ctx context.Context, where string, args ...any) ([]gateway.CustomKind, error) {
	rows, err := list[struct {
		Kind  string `db:"kind"`
		Name  string `db:"name"`
		Holds string `db:"holds"`
	}](ctx, r, "reading custom kinds", `SELECT kind, name, holds FROM custom_properties `+where+` ORDER BY kind, name`, args...)
	var out []gateway.CustomKind
	for _, row := range rows {
		if len(out) == 0 || out[len(out)-1].Kind != row.Kind {
			out = append(out, gateway.CustomKind{Kind: row.Kind})
		}
		if k := &out[len(out)-1]; row.Name != "" {
			k.Properties = append(k.Properties, gateway.CustomProperty{Name: row.Name, Holds: row.Holds})
		}
	}
	return out, err
}

// SaveCustomKind saves that a kind is there, and what properties of it hold.
func (tx *Tx) SaveCustomKind(ctx context.Context, kind string, holds map[string]string) error {
	names := append([]string{""}, slices.Sorted(maps.Keys(holds))...)
	return tx.rows(ctx, saveCustomProperties, len(names), func(args []any, i int) []any {
		return append(args, string(tx.ws), kind, clean(names[i]), holds[names[i]])
	})
}

var saveCustomProperties = insert{
	doing: "saving custom properties",
	head:  `INSERT INTO custom_properties (workspace_id, kind, name, holds)`,
	tail:  `ON CONFLICT (workspace_id, kind, name) DO UPDATE SET holds = excluded.holds`,
	width: 4,
}
