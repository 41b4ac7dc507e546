package streaming

import (
	"context"
	"sort"
	"sync/atomic"
	"time"

	"tidegate/gateway"
	"tidegate/simulator/org"
)

// world is also the Reader: it looks straight into the org.

func (w *world) Schema(_ context.Context, object string) (gateway.Schema, error) {
	o := w.org.Object(object)
	if o == nil {
		return gateway.Schema{}, gateway.Errorf(gateway.CodeSFUnavailable, "no object %s", object)
	}
	s := gateway.Schema{Object: o.Name, Label: o.Label, LabelPlural: o.LabelPlural, KeyPrefix: o.KeyPrefix, Createable: true}
	for _, f := range o.Fields {
		s.Fields = append(s.Fields, gateway.Field{
			Name: f.Name, Label: f.Label, Type: gateway.FieldType(f.Type), CompoundName: f.Compound, Calculated: f.Calculated,
			Createable: f.Createable, Updateable: f.Updateable,
		})
	}
	return s, nil
}

func (w *world) snapshot(r org.Record, fields []string) gateway.ChangeEvent {
	stamp, _ := r.Value("SystemModstamp").(org.DateTime)
	e := gateway.ChangeEvent{
		Object: r.Object().Name, RecordIDs: []string{r.ID()}, Type: gateway.Snapshot, Fields: gateway.Fields{},
		Version: gateway.Version{CommitAt: int64(stamp)},
	}
	for _, name := range fields {
		e.Fields[name] = valueOf(r.Value(name))
	}
	if deleted, _ := r.Value("IsDeleted").(bool); deleted {
		e.Type = gateway.Delete
	}
	return e
}

// swept reports how often all ids of an object were compared, and how often the
// list of deletions was asked for.
func (w *world) swept(object string) (sweeps, lists int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, q := range w.asked {
		if q.Object == object && len(q.Fields) == 0 && q.AfterID == "" {
			sweeps++
		}
	}
	return sweeps, w.listed
}

// refused is Salesforce's answer to a query of a field that it does not show.
func (w *world) refused(object string, fields []string) error {
	w.mu.Lock()
	hidden := w.hidden
	w.mu.Unlock()
	for _, name := range fields {
		if w.org.Object(object).Field(name) == nil || name == hidden {
			return &gateway.Error{Code: gateway.CodeSFField, Fields: []string{name}}
		}
	}
	return nil
}

func (w *world) Rows(ctx context.Context, q ReadRequest) ([]gateway.ChangeEvent, error) {
	CountCall(ctx)
	if err := w.refused(q.Object, q.Fields); err != nil {
		return nil, err
	}
	var rows []gateway.ChangeEvent
	w.org.Read(func(v org.View) {
		v.Scan(q.Object, func(r org.Record) bool {
			stamp, _ := r.Value("SystemModstamp").(org.DateTime)
			deleted, _ := r.Value("IsDeleted").(bool)
			if r.ID() > q.AfterID && (!deleted || q.IncludeDeleted) && !stamp.Time().Before(q.ChangedSince.Truncate(time.Second)) {
				rows = append(rows, w.snapshot(r, q.Fields))
			}
			return true
		})
	})
	sort.Slice(rows, func(i, j int) bool { return rows[i].RecordIDs[0] < rows[j].RecordIDs[0] })
	rows = rows[:min(len(rows), q.Limit)]
	w.mu.Lock()
	w.asked = append(w.asked, q)
	n, hook := len(w.asked), w.onRows
	w.mu.Unlock()
	if hook != nil {
		hook(n, q)
	}
	return rows, nil
}

func (w *world) Retrieve(ctx context.Context, object string, ids []string) (found []gateway.ChangeEvent, missing []string, err error) {
	CountCall(ctx)
	schema, err := w.Schema(ctx, object)
	if err != nil {
		return nil, nil, err
	}
	w.org.Read(func(v org.View) {
		for _, id := range ids {
			r, ok := v.Get(object, id)
			deleted, _ := r.Value("IsDeleted").(bool)
			if ok && deleted && r.Object().Field("MasterRecordId") != nil {
				found = append(found, w.snapshot(r, []string{"MasterRecordId"}))
				continue
			}
			if !ok || deleted {
				missing = append(missing, id)
				continue
			}
			found = append(found, w.snapshot(r, MirroredFields(schema)))
		}
	})
	return found, missing, nil
}

func (w *world) CountChanged(ctx context.Context, object string, since time.Time) (n int, err error) {
	CountCall(ctx)
	w.org.Read(func(v org.View) {
		v.Scan(object, func(r org.Record) bool {
			stamp, _ := r.Value("SystemModstamp").(org.DateTime)
			if deleted, _ := r.Value("IsDeleted").(bool); !deleted && !stamp.Time().Before(since.Truncate(time.Second)) {
				n++
			}
			return true
		})
	})
	return n, nil
}

func (w *world) Deleted(ctx context.Context, object string, since time.Time) (ids []string, complete bool, err error) {
	CountCall(ctx)
	from := org.DateTime(since.UnixMilli())
	w.org.Read(func(v org.View) {
		list, earliest := v.Deletions(object, from, org.DateTime(w.now().UnixMilli()+1))
		for _, d := range list {
			if d.ID != w.unlisted {
				ids = append(ids, d.ID)
			}
		}
		complete = earliest <= from
	})
	w.mu.Lock()
	w.listed++
	w.mu.Unlock()
	return ids, complete, nil
}

func (w *world) Count(ctx context.Context, object string) (n int, err error) {
	CountCall(ctx)
	w.org.Read(func(v org.View) {
		v.Scan(object, func(r org.Record) bool {
			if deleted, _ := r.Value("IsDeleted").(bool); !deleted {
				n++
			}
			return true
		})
	})
	return n, nil
}

// pages returns after which ids a page was asked for; sweeps read no fields.
func (w *world) pages(object, state string) (after []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, q := range w.asked {
		if q.Object == object && len(q.Fields) > 0 && q.IncludeDeleted == (state == BackfillRepairing) {
			after = append(after, q.AfterID)
		}
	}
	return after
}

// refusing is a reader whose user may lose access to Contact.
type refusing struct {
	*world
	now atomic.Bool
}

func (r *refusing) Rows(ctx context.Context, q ReadRequest) ([]gateway.ChangeEvent, error) {
	if r.now.Load() && q.Object == "Contact" {
		return nil, gateway.Errorf(gateway.CodeSFPermission, "The connected user may not read Contact. Give access to it in Salesforce.")
	}
	return r.world.Rows(ctx, q)
}
