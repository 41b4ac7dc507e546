package main

import (
	"context"
	"sort"
	"time"

	"tidegate/gateway"
	"tidegate/simulator/org"
	"tidegate/streaming"
)

// reader answers the consumer's readings straight from the org, so that the
// first backfill, which is not measured here, takes no time over HTTP. The
// child process reads over HTTP.
type reader struct{ org *org.Org }

// Schema gives what describe would.
func (r reader) Schema(_ context.Context, object string) (gateway.Schema, error) {
	o := r.org.Object(object)
	if o == nil {
		return gateway.Schema{}, gateway.Errorf(gateway.CodeSFUnavailable, "there is no object %s", object)
	}
	s := gateway.Schema{Object: o.Name, Label: o.Label, LabelPlural: o.LabelPlural, KeyPrefix: o.KeyPrefix}
	for _, f := range o.Fields {
		s.Fields = append(s.Fields, gateway.Field{
			Name: f.Name, Label: f.Label, Type: gateway.FieldType(f.Type), CompoundName: f.Compound, Calculated: f.Calculated,
		})
	}
	return s, nil
}

// Rows gives one page.
func (r reader) Rows(_ context.Context, q streaming.ReadRequest) ([]gateway.ChangeEvent, error) {
	var found []org.Record
	r.org.Read(func(v org.View) {
		v.Scan(q.Object, func(rec org.Record) bool {
			if rec.ID() > q.AfterID && (!deleted(rec) || q.IncludeDeleted) && !modified(rec).Before(q.ChangedSince.Truncate(time.Second)) {
				found = append(found, rec)
			}
			return true
		})
	})
	sort.Slice(found, func(i, j int) bool { return found[i].ID() < found[j].ID() })
	found = found[:min(len(found), q.Limit)]
	events := make([]gateway.ChangeEvent, len(found))
	for i, rec := range found {
		events[i] = snapshot(rec, q.Fields)
	}
	return events, nil
}

// Retrieve gives the records that live.
func (r reader) Retrieve(ctx context.Context, object string, ids []string) (found []gateway.ChangeEvent, missing []string, err error) {
	schema, err := r.Schema(ctx, object)
	if err != nil {
		return nil, nil, err
	}
	fields := streaming.MirroredFields(schema)
	r.org.Read(func(v org.View) {
		for _, id := range ids {
			rec, ok := v.Get(object, id)
			if !ok || deleted(rec) {
				missing = append(missing, id)
				continue
			}
			found = append(found, snapshot(rec, fields))
		}
	})
	return found, missing, nil
}

// CountChanged is only an estimate, shown while a hole is repaired.
func (r reader) CountChanged(ctx context.Context, object string, _ time.Time) (int, error) {
	return r.Count(ctx, object)
}

// Deleted is not known here.
func (r reader) Deleted(context.Context, string, time.Time) ([]string, bool, error) {
	return nil, false, nil
}

// Count counts the records that live.
func (r reader) Count(_ context.Context, object string) (n int, err error) {
	r.org.Read(func(v org.View) {
		v.Scan(object, func(rec org.Record) bool {
			if !deleted(rec) {
				n++
			}
			return true
		})
	})
	return n, nil
}

func deleted(r org.Record) bool { return r.Value("IsDeleted") == true }

func modified(r org.Record) time.Time {
	stamp, _ := r.Value("SystemModstamp").(org.DateTime)
	return stamp.Time()
}

func snapshot(r org.Record, fields []string) gateway.ChangeEvent {
	e := gateway.ChangeEvent{
		Object: r.Object().Name, RecordIDs: []string{r.ID()}, Type: gateway.Snapshot, Fields: make(gateway.Fields, len(fields)),
		Version: gateway.Version{CommitAt: modified(r).UnixMilli()},
	}
	for _, name := range fields {
		e.Fields[name] = valueOf(r.Value(name))
	}
	if deleted(r) {
		e.Type = gateway.Delete
	}
	return e
}

func valueOf(v any) gateway.Value {
	if d, ok := v.(org.DateTime); ok {
		return gateway.Instant(d.Time())
	}
	return gateway.Scalar(org.AppendValue(nil, v))
}
