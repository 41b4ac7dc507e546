package inbound

import (
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

// commit is one change of the one record in the org of these tests, with the
// record as it was afterwards.
type commit struct {
	event   gateway.ChangeEvent
	fields  gateway.Fields
	deleted bool
}

var fieldNames = []string{"A", "B", "C", "D"}

// drawOrg draws the record's whole life in the org. Several commits may share
// a second, as in a busy org.
func drawOrg(t *rapid.T) []commit {
	var (
		life    []commit
		fields  = gateway.Fields{}
		deleted = false
		at      = second
	)
	for n := range rapid.IntRange(1, 8).Draw(t, "commits") {
		typ, said := gateway.Update, gateway.Fields{}
		switch {
		case n == 0:
			typ = gateway.Create
		case deleted:
			typ = gateway.Undelete
		case rapid.IntRange(0, 4).Draw(t, "delete") == 0:
			typ = gateway.Delete
		}
		if typ == gateway.Create || typ == gateway.Update {
			for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(fieldNames), 1, 3, rapid.ID).Draw(t, "fields") {
				said[name] = gateway.Null
				if i := rapid.IntRange(0, 3).Draw(t, "value"); i > 0 {
					said[name] = gateway.Value(strconv.Itoa(i))
				}
			}
		}
		fields, deleted = fields.Overlay(said), typ == gateway.Delete
		if typ.Whole() {
			said = withoutNulls(fields)
		}
		at += 1000 * int64(rapid.IntRange(0, 1).Draw(t, "seconds"))
		e := event(typ, gateway.Version{CommitAt: at, CommitNumber: 1<<60 + int64(n), Sequence: 1}, said)
		e.TransactionKey = "tx" + strconv.Itoa(n)
		life = append(life, commit{event: e, fields: fields, deleted: deleted})
	}
	return life
}

func withoutNulls(fields gateway.Fields) gateway.Fields {
	kept := gateway.Fields{}
	for name, v := range fields {
		if !v.IsNull() {
			kept[name] = v
		}
	}
	return kept
}

// mirror applies decisions as the store would, for one record. Each is made a
// second time with fields that it may change, which makes no difference; and
// where a decision says which fields it laid over the record, no other differs.
type mirror struct {
	record  *gateway.Record
	history []gateway.HistoryEntry
	refetch bool
}

func (m *mirror) take(e gateway.ChangeEvent) Decision {
	in := Input{Current: m.record, Event: e, RecordID: contact, Now: now}
	if NeedsHistory(m.record, e) {
		in.Newer = m.history
	}
	d := Decide(in)
	if m.record != nil {
		in.Current, in.Owned = &gateway.Record{}, true
		*in.Current = *m.record
		in.Current.Fields = maps.Clone(m.record.Fields)
		if owned := Decide(in); !reflect.DeepEqual(owned, d) {
			panic(fmt.Sprintf("with its own fields %+v, with a copy %+v", owned, d)) // rapid shows the draw
		}
	}
	if d.Save && d.Laid != nil && m.record != nil && !reflect.DeepEqual(m.record.Fields.Overlay(d.Laid), d.Record.Fields) {
		panic(fmt.Sprintf("%v with %v laid over it is not %v", m.record.Fields, d.Laid, d.Record.Fields))
	}
	if d.Save {
		m.record = &d.Record
	}
	if d.Append {
		m.history = append(m.history, d.Entry)
	}
	m.refetch = d.Refetch != "" || (m.refetch && !d.ReadWhole)
	return d
}

// reading is what a query finds after the given commit.
func reading(c commit, seen gateway.Version) gateway.ChangeEvent {
	at := gateway.Version{CommitAt: c.event.Version.CommitAt}
	e := event(gateway.Snapshot, at, c.fields.Clone())
	if c.deleted {
		e = event(gateway.Delete, at, nil)
	}
	e.SeenVersion = seen
	return e
}

func (m *mirror) version() gateway.Version {
	if m.record == nil {
		return gateway.Version{}
	}
	return m.record.Version
}

func (m *mirror) mustEqual(t *rapid.T, want commit) {
	t.Helper()
	if m.record == nil {
		t.Fatal("no record")
	}
	if m.record.Deleted != want.deleted {
		t.Fatalf("deleted %v, want %v; history %v", m.record.Deleted, want.deleted, m.history)
	}
	for _, name := range fieldNames {
		got, want := m.record.Fields[name], want.fields[name]
		if got != want && (!got.Empty() || !want.Empty()) {
			t.Fatalf("%s is %q, want %q; record %+v", name, got, want, m.record)
		}
	}
}

// TestAnyOrderConverges delivers a life in any order, with repetitions, and
// ends each time at the org's final state.
func TestAnyOrderConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		life := drawOrg(t)
		var order []int
		for i := range life {
			for range rapid.IntRange(1, 3).Draw(t, "times") { // F-11
				order = append(order, i)
			}
		}
		m := &mirror{}
		for _, i := range rapid.Permutation(order).Draw(t, "order") { // F-13
			m.take(life[i].event)
		}
		m.mustEqual(t, life[len(life)-1])
		if got := len(m.history); got != len(life) {
			t.Fatalf("%d rows for %d changes", got, len(life))
		}
	})
}

// TestReadingsAndStreamConverge lets readings begin and end anywhere between
// in-order deliveries (F-04, F-05, F-06), each seeing any state of the org
// that is no older than what was delivered or read before it began.
func TestReadingsAndStreamConverge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		life := drawOrg(t)
		m := &mirror{}
		var open []gateway.ChangeEvent
		saw := 0
		for next := 0; next < len(life) || len(open) > 0; {
			switch step := rapid.IntRange(0, 3).Draw(t, "step"); {
			case step == 0 && next < len(life):
				saw = rapid.IntRange(max(next-1, saw), len(life)-1).Draw(t, "saw")
				open = append(open, reading(life[saw], m.version()))
			case step == 1 && len(open) > 0:
				m.take(open[0])
				open = open[1:]
			case next < len(life):
				m.take(life[next].event)
				next++
			default:
				m.take(open[0])
				open = open[1:]
			}
		}
		if m.refetch {
			m.take(reading(life[len(life)-1], m.version()))
			if m.refetch {
				t.Fatal("a quiet reading fulfills the wish to refetch")
			}
		}
		m.mustEqual(t, life[len(life)-1])
	})
}

// TestGapsConvergeByRefetch turns any events into gap events; one quiet
// refetch at the end repairs all (F-16, F-17).
func TestGapsConvergeByRefetch(t *testing.T) {
	gaps := map[gateway.ChangeType]gateway.ChangeType{
		gateway.Create: gateway.GapCreate, gateway.Update: gateway.GapUpdate,
		gateway.Delete: gateway.GapDelete, gateway.Undelete: gateway.GapUndelete,
	}
	rapid.Check(t, func(t *rapid.T) {
		life := drawOrg(t)
		m, lost := &mirror{}, false
		for _, c := range life {
			e := c.event
			if rapid.Bool().Draw(t, "gap") {
				e.Type, e.Fields, lost = gaps[e.Type], nil, true
			}
			m.take(e)
		}
		if lost && !m.refetch {
			t.Fatal("a gap asks for a refetch")
		}
		final := life[len(life)-1]
		if m.refetch {
			m.take(reading(final, m.version()))
		}
		if final.deleted && lost {
			if !m.record.Deleted {
				t.Fatal("no tombstone")
			}
			return // a record gone before it was read has no known fields
		}
		m.mustEqual(t, final)
	})
}

// TestDecideTwiceIsDecideOnce: the same event at once again changes nothing.
func TestDecideTwiceIsDecideOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &mirror{}
		for _, c := range drawOrg(t) {
			m.take(c.event)
			before, rows := *m.record, len(m.history)
			if d := m.take(c.event); d.Entry.Outcome != gateway.OutcomeDuplicate || len(m.history) != rows {
				t.Fatalf("second time: %+v", d)
			}
			m.mustEqual(t, commit{fields: before.Fields, deleted: before.Deleted})
		}
	})
}
