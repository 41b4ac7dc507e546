package outbound_test

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

var (
	now = time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	ann = gateway.RecordKey{Object: "Contact", ID: "0035500000WO1ZiAAL"}
)

func all(string) (bool, string) { return true, "" }

func mirror(fields gateway.Fields) gateway.Record {
	return gateway.Record{Key: ann, Fields: fields, Version: gateway.Version{CommitAt: 7}}
}

func plan(t *testing.T, in outbound.Input) outbound.Plan {
	t.Helper()
	if in.Writable == nil {
		in.Writable = all
	}
	in.Now = now
	p, err := outbound.PlanEdit(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFirstEditKeepsTheBaseAndSaysWhatItDoes(t *testing.T) {
	cause := gateway.Cause{Kind: "edit", Rule: "Edit on the contact page", Name: "Rita"}
	p := plan(t, outbound.Input{
		Record: mirror(gateway.Fields{"LastName": `"Lee"`, "Title": `"CTO"`, "Email": gateway.Null}),
		Fields: gateway.Fields{"Title": `"CEO"`, "Email": `"ann@example.com"`, "LastName": `"Lee"`, "Phone": ""},
		Cause:  cause, Label: func(f string) string { return "<" + f + ">" },
	})
	c := p.Change
	if want := (gateway.Fields{"Title": `"CEO"`, "Email": `"ann@example.com"`, "Phone": gateway.Null}); !reflect.DeepEqual(c.Fields, want) {
		t.Errorf("fields = %v, want %v", c.Fields, want)
	}
	if want := (gateway.Fields{"Title": `"CTO"`, "Email": gateway.Null, "Phone": ""}); !reflect.DeepEqual(c.Base, want) {
		t.Errorf("base = %v, want %v", c.Base, want)
	}
	if c.Op != gateway.OpUpdate || c.State != gateway.StateWaiting || c.Edit != 1 || !c.DueAt.Equal(now) || c.BaseAt.CommitAt != 7 {
		t.Errorf("entry = %+v", c)
	}
	if len(p.Skipped) != 1 || p.Skipped[0].Field != "LastName" {
		t.Errorf("skipped = %v", p.Skipped)
	}
	if l := p.Log; l.What != "Update <Email>, <Phone>, <Title>" || l.Label != "Lee" || l.By != "Rita" || l.State != gateway.LogWaiting || l.ID != 0 {
		t.Errorf("log = %+v", l)
	}
}

func TestEditThatChangesNothingOwesNothing(t *testing.T) {
	p := plan(t, outbound.Input{Record: mirror(gateway.Fields{"Title": `"CTO"`}), Fields: gateway.Fields{"Title": `"CTO"`}})
	if p.Change != nil || p.Log != nil || len(p.Skipped) != 1 {
		t.Errorf("plan = %+v", p)
	}
}

func TestRefusedFieldRefusesTheWholeEdit(t *testing.T) {
	p := plan(t, outbound.Input{
		Record: mirror(nil), Fields: gateway.Fields{"Title": `"CEO"`, "Id": `"x"`},
		Writable: func(f string) (bool, string) { return f != "Id", "Editable is off for this field." },
	})
	if p.Change != nil || p.Log != nil || len(p.Refused) != 1 || p.Refused[0] != (outbound.Skipped{Field: "Id", Reason: "Editable is off for this field."}) {
		t.Errorf("S-37: plan = %+v", p)
	}
}

func TestDeletedRecordsTakeNoEdits(t *testing.T) {
	gone := mirror(nil)
	gone.Deleted = true
	leaving := &gateway.Change{Key: ann, Op: gateway.OpDelete}
	for want, in := range map[gateway.Code]outbound.Input{
		gateway.CodeNotFound: {Record: gone, Writable: all},
		gateway.CodeConflict: {Record: mirror(nil), Pending: leaving, Writable: all},
	} {
		if _, err := outbound.PlanEdit(in); gateway.CodeOf(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestEditFoldsIntoWhatWaits(t *testing.T) {
	waiting := func(change func(*gateway.Change)) *gateway.Change {
		c := &gateway.Change{
			Key: ann, Op: gateway.OpUpdate, State: gateway.StateWaiting, Edit: 3, LogID: 42, Attempt: 4, Lane: 1,
			Fields: gateway.Fields{"Title": `"CEO"`}, Base: gateway.Fields{"Title": `"CTO"`}, DueAt: now.Add(time.Hour),
		}
		change(c)
		return c
	}
	sent := func(c *gateway.Change) { c.FirstSentAt = now.Add(-time.Minute) }
	tests := []struct {
		name    string
		pending *gateway.Change
		mirror  gateway.Value
		edit    gateway.Fields
		want    gateway.Fields
		state   gateway.ChangeState
		drop    bool
		still   bool // nothing changes
	}{
		{"another field", waiting(func(*gateway.Change) {}), `"CTO"`, gateway.Fields{"Phone": `"1"`}, gateway.Fields{"Title": `"CEO"`, "Phone": `"1"`}, gateway.StateWaiting, false, false},
		{"the same field again", waiting(func(*gateway.Change) {}), `"CTO"`, gateway.Fields{"Title": `"COO"`}, gateway.Fields{"Title": `"COO"`}, gateway.StateWaiting, false, false},
		{"the same value again", waiting(func(*gateway.Change) {}), `"CTO"`, gateway.Fields{"Title": `"CEO"`}, nil, "", false, true},
		{"back to the mirror's value", waiting(func(*gateway.Change) {}), `"CTO"`, gateway.Fields{"Title": `"CTO"`}, gateway.Fields{}, gateway.StateWaiting, true, false},
		{"back to a base that Salesforce left", waiting(func(*gateway.Change) {}), `"CFO"`, gateway.Fields{"Title": `"CTO"`}, gateway.Fields{"Title": `"CTO"`}, gateway.StateWaiting, false, false},
		{"back after it was sent", waiting(sent), `"CTO"`, gateway.Fields{"Title": `"CTO"`}, gateway.Fields{"Title": `"CTO"`}, gateway.StateWaiting, false, false},
		{"F-54 a parked entry wakes", waiting(func(c *gateway.Change) { c.State = gateway.StateParked; c.Problem.Code = "x" }), `"CTO"`, gateway.Fields{"Title": `"COO"`}, gateway.Fields{"Title": `"COO"`}, gateway.StateWaiting, false, false},
		{"the same edit wakes a parked entry", waiting(func(c *gateway.Change) { c.State = gateway.StateParked }), `"CTO"`, gateway.Fields{"Title": `"CEO"`}, gateway.Fields{"Title": `"CEO"`}, gateway.StateWaiting, false, false},
		{"while it is being sent", waiting(func(c *gateway.Change) { c.State = gateway.StateSending; c.Lease = "L" }), `"CTO"`, gateway.Fields{"Title": `"CTO"`}, gateway.Fields{"Title": `"CTO"`}, gateway.StateSending, false, false},
		{"a create that waits", waiting(func(c *gateway.Change) { c.Op = gateway.OpCreate; c.Key.ID = "local:7" }), "", gateway.Fields{"Title": `"COO"`}, gateway.Fields{"Title": `"COO"`}, gateway.StateWaiting, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			record := mirror(gateway.Fields{"Title": tt.mirror})
			if tt.mirror == "" {
				record = mirror(nil)
			}
			p := plan(t, outbound.Input{Record: record, Pending: tt.pending, Fields: tt.edit})
			if tt.still {
				if p.Change != nil || len(p.Skipped) != 1 {
					t.Errorf("plan = %+v", p)
				}
				return
			}
			c := p.Change
			if !reflect.DeepEqual(c.Fields, tt.want) || c.State != tt.state || p.Drop != tt.drop {
				t.Errorf("entry = %+v, drop %v", c, p.Drop)
			}
			if c.Edit != 4 || p.Log.ID != 42 || c.Lane != 0 || tt.pending.Edit != 3 {
				t.Errorf("edit %d, log %d, lane %d; the argument's edit %d", c.Edit, p.Log.ID, c.Lane, tt.pending.Edit)
			}
			if sending := tt.state == gateway.StateSending; sending != (c.Attempt == 4) || sending == c.DueAt.Equal(now) || c.Problem.Code != "" {
				t.Errorf("attempt %d due %v problem %v", c.Attempt, c.DueAt, c.Problem)
			}
			if tt.drop && (p.Log.State != gateway.LogSkipped || p.Log.DoneAt.IsZero()) {
				t.Errorf("log = %+v", p.Log)
			}
		})
	}
}

func TestQuickEditsArePaced(t *testing.T) {
	p := plan(t, outbound.Input{Record: mirror(nil), Fields: gateway.Fields{"Title": `"a"`}, NotBefore: now.Add(time.Second)})
	if !p.Change.DueAt.Equal(now.Add(time.Second)) {
		t.Errorf("F-63: due %v", p.Change.DueAt)
	}
}

func TestWordsNameTheChange(t *testing.T) {
	key := gateway.RecordKey{Object: "Lead"}
	for want, c := range map[string]gateway.Change{
		"Create Lead": {Key: key, Op: gateway.OpCreate}, "Delete Lead": {Key: key, Op: gateway.OpDelete},
		"Update A, B": {Key: key, Op: gateway.OpUpdate, Fields: gateway.Fields{"B": "1", "A": "1"}},
	} {
		if got := outbound.Words(c, nil); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

var (
	names  = rapid.SampledFrom([]string{"A", "B", "C", "D"})
	values = rapid.SampledFrom([]gateway.Value{gateway.Null, `"x"`, `"y"`, "1"})
	edits  = rapid.Map(rapid.MapOfN(names, values, 1, 4), func(m map[string]gateway.Value) gateway.Fields { return m })
)

// apply plans an edit and returns what then waits.
func apply(t *rapid.T, r gateway.Record, pending *gateway.Change, edit gateway.Fields) *gateway.Change {
	p, err := outbound.PlanEdit(outbound.Input{Record: r, Pending: pending, Fields: edit, Writable: all, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case p.Drop:
		return nil
	case p.Change == nil:
		return pending
	}
	return p.Change
}

// effect is the record as it will be once the entry is written.
func effect(r gateway.Record, c *gateway.Change) gateway.Fields {
	if c == nil {
		return r.Fields
	}
	return r.Fields.Overlay(c.Fields)
}

func TestFoldingLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := mirror(gateway.Fields(rapid.MapOfN(names, values, 4, 4).Draw(t, "mirror")))
		sequence := rapid.SliceOfN(edits, 1, 6).Draw(t, "edits")
		var pending *gateway.Change
		want := r.Fields
		for _, edit := range sequence {
			pending = apply(t, r, pending, edit)
			want = want.Overlay(edit)
			if got := effect(r, pending); !reflect.DeepEqual(got, want) {
				t.Fatalf("last edit wins per field: %v, want %v", got, want)
			}
			again := apply(t, r, pending, edit)
			if !reflect.DeepEqual(effect(r, again), want) || (again == nil) != (pending == nil) {
				t.Fatalf("idempotent: %v, then %v", pending, again)
			}
		}
		if pending == nil {
			return
		}
		for name, v := range pending.Fields {
			if v == r.Fields[name] {
				t.Fatalf("%s is owed although the mirror has its value", name)
			}
			if pending.Base[name] != r.Fields[name] {
				t.Fatalf("base of %s is %s", name, pending.Base[name])
			}
		}
	})
}

// A sequence of edits owes what the edits laid over each other owe at once.
func TestFoldingIsAssociative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := mirror(gateway.Fields(rapid.MapOfN(names, values, 4, 4).Draw(t, "mirror")))
		a, b := edits.Draw(t, "a"), edits.Draw(t, "b")
		steps := apply(t, r, apply(t, r, nil, a), b)
		once := apply(t, r, nil, a.Overlay(b))
		if (steps == nil) != (once == nil) || steps != nil && !reflect.DeepEqual(steps.Fields, once.Fields) {
			t.Fatalf("%v and %v differ", steps, once)
		}
	})
}
