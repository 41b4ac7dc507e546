package streaming

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/simulator/org"
	"tidegate/store"
	"tidegate/store/storetest"
)

// alter changes the org's schema.
func (w *world) alter(op string, field org.FieldSpec) {
	w.t.Helper()
	if err := w.org.Alter(org.Alteration{Op: op, Object: "Contact", Field: field}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) mapping(field string) gateway.Mapping {
	w.t.Helper()
	all, err := w.ws.Mappings(w.t.Context(), "Contact")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range all {
		if m.Field == field {
			return m
		}
	}
	return gateway.Mapping{}
}

// suspended waits until a mapping stands still for a cause, "" for none.
func (w *world) suspended(field, cause string) gateway.Suspension {
	w.t.Helper()
	var s gateway.Suspension
	w.eventually(func() string {
		if s = w.mapping(field).Suspended; s.Cause != cause {
			return fmt.Sprintf("%s is suspended by %q, not %q", field, s.Cause, cause)
		}
		return ""
	})
	return s
}

func (w *world) lines(part string) (n int) {
	w.t.Helper()
	page, err := w.ws.Log(w.t.Context(), store.LogQuery{Direction: "system", Limit: 200})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, l := range page.Entries {
		if strings.Contains(l.Entry.What, part) {
			n++
		}
	}
	return n
}

var hull, keel = org.FieldSpec{Name: "Hull__c", Label: "Hull", Type: "string", Length: 40}, org.FieldSpec{Name: "Keel__c", Label: "Keel", Type: "string", Length: 40}

// A field goes, changes its type and comes back: only its own mapping stands
// still, every other field goes on, and a line says each once. Events alone make
// it known.
func TestF26OnlyTheMappingOfAChangedFieldIsSuspended(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		for i, transport := range []Transport{WebSocket, PubSubStream} {
			t.Run(string(transport), func(t *testing.T) {
				if i > 0 {
					url = freshURL(t, url)
				}
				w := newWorld(t, url)
				w.alter("add", hull)
				w.alter("add", keel)
				ids := w.contacts(3)
				for _, field := range []string{"Hull__c", "Keel__c", "Title"} {
					if err := w.ws.SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: field, Editable: true, FieldType: "string"}); err != nil {
						t.Fatal(err)
					}
				}
				w.start(func(c *Config) {
					w.over(transport)(c)
					c.DescribeEvery = time.Hour // only the schema ids of events tell
				})
				w.settled()
				w.update(ids[0], map[string]any{"Hull__c": "steel", "Keel__c": "lead"})
				w.settled()

				w.alter("remove", hull)
				w.update(ids[0], map[string]any{"Keel__c": "iron"})
				if why := w.suspended("Hull__c", mapping.CauseGone); !strings.Contains(why.Why, "deleted, renamed or hidden") || why.At.IsZero() {
					t.Errorf("F-26: %+v", why)
				}
				w.suspended("Keel__c", "")
				w.update(ids[1], map[string]any{"Keel__c": "oak", "Title": "Captain"})
				w.settled()
				r, err := w.ws.Record(t.Context(), gateway.RecordKey{Object: "Contact", ID: ids[0]})
				if err != nil || r.Fields["Hull__c"] != gateway.Text("steel") {
					t.Errorf("F-26: the last value of a field that went: %s, %v", r.Fields["Hull__c"], err)
				}

				w.alter("add", org.FieldSpec{Name: "Hull__c", Label: "Hull", Type: "double", Precision: 8, Scale: 2})
				w.update(ids[2], map[string]any{"Hull__c": 12.5})
				w.suspended("Hull__c", mapping.CauseRetyped)
				w.alter("change", hull)
				w.update(ids[2], map[string]any{"Keel__c": "elm"})
				w.suspended("Hull__c", "")
				w.settled()
				for what, want := range map[string]int{"Suspended the mapping of Hull__c": 2, "Resumed the mapping of Hull__c": 1, "mapping of Keel__c": 0} {
					if n := w.lines(what); n != want {
						t.Errorf("F-26: %d lines %q, want %d", n, what, want)
					}
				}
			})
		}
	})
}

// A reading that asks for a field which is gone goes on without it, the first
// one as well as a repair.
func TestF26ReadingGoesOnWithoutTheField(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		for _, lies := range []bool{false, true} {
			t.Run(fmt.Sprint("describe lags ", lies), func(t *testing.T) {
				if lies {
					url = freshURL(t, url)
				}
				w := newWorld(t, url)
				w.alter("add", hull)
				ids := w.contacts(120)
				slices.Sort(ids)
				if err := w.ws.SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: "Hull__c", Editable: true}); err != nil {
					t.Fatal(err)
				}
				w.onRows = func(_ int, q ReadRequest) {
					if q.Object == "Contact" && q.AfterID == "" && !q.IncludeDeleted {
						w.mu.Lock()
						w.onRows = nil
						w.mu.Unlock()
						if lies {
							w.hide("Hull__c")
						} else {
							w.alter("remove", hull)
						}
					}
				}
				w.start(func(c *Config) { c.DescribeEvery = time.Hour })
				w.suspended("Hull__c", mapping.CauseGone)
				w.mirrorHas(ids)
			})
		}
	})
}

// hide makes queries of a field refused although describe shows it.
func (w *world) hide(field string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hidden = field
}

func (w *world) mirrorHas(ids []string) {
	w.t.Helper()
	w.eventually(func() string {
		if b, err := w.ws.Backfill(w.t.Context(), "Contact"); err != nil || b.State != BackfillDone {
			return fmt.Sprintf("backfill %+v %v", b, err)
		}
		for _, id := range ids {
			if r, err := w.ws.Record(w.t.Context(), gateway.RecordKey{Object: "Contact", ID: id}); err != nil || r.Fields["LastName"].Empty() {
				return fmt.Sprintf("%s: %v", id, err)
			}
		}
		return ""
	})
}

// DEM-13: a field that somebody adds can be imported without anybody asking, and what it
// held before we could see it is read.
func TestF25NewFieldIsReadAndCanBeImported(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(80)
		w.start(func(c *Config) { c.DescribeEvery = 100 * time.Millisecond }) // no event tells
		w.settled()
		w.alter("add", hull)
		// A value that no event of ours shows: written before the describe was read.
		w.update(ids[7], map[string]any{"Hull__c": "steel"})
		w.eventually(func() string {
			s, err := w.ws.Schema(t.Context(), "Contact")
			if _, ok := s.Field("Hull__c"); !ok || err != nil {
				return fmt.Sprintf("describe has the field: %v, %v", ok, err)
			}
			return ""
		})
		w.settled()
		if n := w.lines("New fields can be imported: Hull__c"); n != 1 {
			t.Errorf("F-25: %d lines about the new field", n)
		}
		r, err := w.ws.Record(t.Context(), gateway.RecordKey{Object: "Contact", ID: ids[7]})
		if err != nil || r.Fields["Hull__c"] != gateway.Text("steel") {
			t.Errorf("F-25: %s, %v", r.Fields["Hull__c"], err)
		}
	})
}

// Where others used up the day, a describe that an event makes due waits until
// calls are free, and is not forgotten: what is left is for people's edits.
func TestSuspectedDescribeWaitsForCallsF49(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"))
	ids := w.contacts(5)
	used := 0
	budget := NewBudget(w.now, func(context.Context) (int, int, error) { return used, 1000, nil })
	w.start(func(c *Config) { c.Budget = budget })
	w.settled()
	w.eventually(w.is(gateway.StateOK))
	budget.Keep(5)
	budget.Saw(945, 1000)
	w.alter("add", hull)
	w.update(ids[1], map[string]any{"Department": "by the new schema"})
	w.settled()
	if s, err := w.ws.Schema(t.Context(), "Contact"); err != nil || s.Fields == nil {
		t.Fatal(err)
	} else if _, known := s.Field("Hull__c"); known || budget.Use().Used != 945 {
		t.Errorf("F-49: described at 94.5 %%: %v, %d calls used", known, budget.Use().Used)
	}
	w.pass(20 * time.Minute)
	w.eventually(func() string {
		s, err := w.ws.Schema(t.Context(), "Contact")
		if _, known := s.Field("Hull__c"); !known || err != nil {
			return fmt.Sprintf("calls are free again, and Contact was not described: %v", err)
		}
		return ""
	})
}

// AVM-05: that Enhanced Notes was turned on is noticed without anybody asking,
// once what is known of it is old.
func TestAVM05EnhancedNotesThatIsTurnedOnIsNoticed(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"))
	off := gateway.Schema{Object: "ContentNote", Label: "Note", Fields: []gateway.Field{{Name: "Id"}}}
	if err := w.ws.SaveSchemas(t.Context(), []gateway.Schema{off}); err != nil {
		t.Fatal(err)
	}
	w.start(func(c *Config) { c.DescribeEvery = 100 * time.Millisecond })
	w.settled()
	if s, err := w.ws.Schema(t.Context(), "ContentNote"); err != nil || s.Createable {
		t.Fatalf("what was seen a moment ago is asked for again: %v, %v", s.Createable, err)
	}
	w.pass(2 * notesEvery)
	w.eventually(func() string {
		s, err := w.ws.Schema(t.Context(), "ContentNote")
		if err != nil || !s.Createable || w.lines("Enhanced Notes is on") != 1 {
			return fmt.Sprintf("notes are still off: %+v, %v", s.Createable, err)
		}
		return ""
	})
}

// A describe that is saved while a repair is under way keeps the repair's span.
func TestReadingBegunByANewFieldKeepsARepair(t *testing.T) { // F-25, F-07
	at, now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 5, 2, 0, 0, 0, 0, time.UTC)
	repair := fromTheStart(gateway.Backfill{Object: "Contact", State: BackfillRepairing, StartedAt: at, Note: noteLost, LastID: "x", Rows: 9}, now)
	if repair.State != BackfillRunning || !repair.StartedAt.Equal(at) || repair.Note != noteLost || repair.LastID != "" || repair.Rows != 0 {
		t.Errorf("%+v", repair)
	}
	if done := fromTheStart(gateway.Backfill{Object: "Contact", State: BackfillDone, StartedAt: at}, now); !done.StartedAt.Equal(now) || done.Note != noteShown {
		t.Errorf("%+v", done)
	}
}

// Schema ids are looked for where Salesforce puts them and nowhere else.
func TestSchemaIDOfAMessage(t *testing.T) {
	for message, want := range map[string]string{
		`{"schema":"V2MGwDA2aIP0yQS98S2L6Q","payload":{}}`:              "V2MGwDA2aIP0yQS98S2L6Q",
		`{"payload":{"Title":"\"schema\":\"x\""},"schema":"elsewhere"}`: "",
		`{"schema":"unended`: "",
		``:                   "",
	} {
		if got := string(schemaID([]byte(message))); got != want {
			t.Errorf("%s: %q", message, got)
		}
	}
	s := suspicion{ids: map[string]string{}, objects: map[string]bool{}}
	for _, id := range []string{"a", "a", "", "b"} {
		s.note("Contact", []byte(id))
	}
	if !s.take("Contact") || s.take("Contact") || s.take("Account") {
		t.Error("suspects the wrong object, or for ever")
	}
}
