package cost

import (
	"math"
	"testing"
	"time"

	"tidegate/gateway"
)

var now = time.Date(2026, 5, 31, 15, 0, 0, 0, time.UTC)

func daysAgo(n int) time.Time { return gateway.SpentDay(now).AddDate(0, 0, -n) }

func spent(days int, kind gateway.SpentKind, object, name string, n int) gateway.Spent {
	return gateway.Spent{Day: daysAgo(days), Kind: kind, Object: object, Name: name, N: n, At: daysAgo(days).Add(9 * time.Hour)}
}

func mapped(object, field string, daysSince int) gateway.Mapping {
	return gateway.Mapping{Object: object, Field: field, At: now.AddDate(0, 0, -daysSince)}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9 {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// A field's part of what is written is its part of what was carried, and of what
// is read one of all fields (M8).
func TestFieldsAndRulesShareTheCallsOfTheirObject_M8(t *testing.T) {
	r := Reckon(Input{
		Now: now, Mappings: []gateway.Mapping{mapped("Contact", "Title", 1), mapped("Contact", "Phone", 1)},
		Schemas: map[string]gateway.Schema{"Contact": {Fields: make([]gateway.Field, 20)}},
		Spent: []gateway.Spent{
			spent(0, gateway.SpentCall, "Contact", string(gateway.CallWrite), 12),
			spent(0, gateway.SpentCall, "Contact", string(gateway.CallFollow), 30),
			spent(0, gateway.SpentCall, "Contact", string(gateway.CallProve), 10),
			spent(0, gateway.SpentCall, "", string(gateway.CallAsk), 4),
			spent(0, gateway.SpentEvent, "Contact", "", 9),
			spent(0, gateway.SpentChange, "Contact", "", 16),
			spent(0, gateway.SpentWritten, "Contact", "Title", 15),
			spent(0, gateway.SpentWritten, "Contact", "Phone", 5),
			spent(0, gateway.SpentChanged, "Contact", "Phone", 6),
			spent(0, gateway.SpentRule, "Contact", "Edit on the contact page", 12),
			spent(0, gateway.SpentRule, "Contact", "Person from the product", 4),
			spent(1, gateway.SpentCall, "Contact", string(gateway.CallWrite), 8),
			spent(1, gateway.SpentWritten, "Contact", "Title", 20),
		},
	})
	if r.Days != 2 || len(r.Objects) != 2 || r.Objects[1].Name != "" || r.Objects[1].Today != 4 {
		t.Fatalf("%+v", r)
	}
	o := r.Objects[0]
	if o.Name != "Contact" || o.Today != 52 || o.Events != 9 || o.Changes != 16 || o.Carried != 2 || o.Calls[gateway.CallWrite] != 12 {
		t.Errorf("%+v", o)
	}
	title, phone := o.Fields[0], o.Fields[1]
	if title.Name != "Title" || title.Writes != 15 || phone.Brought != 6 {
		t.Errorf("%+v", o.Fields)
	}
	// Of two days: 20 calls carried 40 fields, 35 of them this one.
	near(t, "what Title is written by a day", title.Written, 20.0*35/40/2)
	near(t, "what Title is read by a day", title.Read, 40.0/20/2)
	near(t, "what Phone costs a day", phone.Calls, 20.0*5/40/2+1)
	near(t, "events a day", phone.Events, 3)
	if len(o.Rules) != 2 || o.Rules[0].Changes != 12 {
		t.Fatalf("%+v", o.Rules)
	}
	near(t, "what edits cost", o.Rules[0].Calls, 9)
	near(t, "what persons cost", o.Rules[1].Calls, 3)
}

// Only a field that was mapped, and counted, for thirty days can be unused for so
// long; what a rule reads is used (UX-29).
func TestUnusedFieldsArePointedOutAfterThirtyDays_UX29(t *testing.T) {
	base := []gateway.Spent{spent(29, gateway.SpentCall, "Lead", string(gateway.CallFollow), 60), spent(29, gateway.SpentChanged, "Lead", "Title", 90)}
	tests := []struct {
		name   string
		m      gateway.Mapping
		spent  []gateway.Spent
		needed string
		want   bool
	}{
		{"only ever read", mapped("Lead", "Title", 40), base, "", true},
		{"mapped later", mapped("Lead", "Title", 29), base, "", false},
		{"counted for less", mapped("Lead", "Title", 40), []gateway.Spent{spent(28, gateway.SpentCall, "Lead", "follow", 1)}, "", false},
		{"written once", mapped("Lead", "Title", 40), append(base, spent(29, gateway.SpentWritten, "Lead", "Title", 1)), "", false},
		{"shown once", mapped("Lead", "Title", 40), append(base, spent(3, gateway.SpentShown, "Lead", "Title", 1)), "", false},
		{"another was shown", mapped("Lead", "Title", 40), append(base, spent(3, gateway.SpentShown, "Lead", "Phone", 1)), "", true},
		{"shown too long ago", mapped("Lead", "Title", 40), append(base, spent(30, gateway.SpentShown, "Lead", "Title", 1)), "", true},
		{"a rule reads it", mapped("Lead", "Title", 40), base, "people are recognized by it", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := Reckon(Input{
				Now: now, Mappings: []gateway.Mapping{tt.m}, Spent: tt.spent, Needed: map[string]string{"Lead.Title": tt.needed},
				Schemas: map[string]gateway.Schema{"Lead": {Fields: make([]gateway.Field, 10)}},
			})
			f := r.Objects[0].Fields[0]
			if f.Unused != tt.want || (r.Unused == 1) != tt.want {
				t.Errorf("unused %v, %+v", f.Unused, f)
			}
			if tt.want {
				near(t, "what it costs a day", f.Calls, 60.0/30/10)
				near(t, "events", f.Events, 3)
			}
		})
	}
}

// Whoever saw a field last is named with the time; one that was written later is
// used by nobody in particular.
func TestTheLastUseOfAFieldIsTold_M8(t *testing.T) {
	ann := spent(2, gateway.SpentShown, "Lead", "Title", 3)
	ann.By = "Ann"
	for _, tt := range []struct {
		more []gateway.Spent
		by   string
		days int
	}{
		{nil, "Ann", 2},
		{[]gateway.Spent{spent(4, gateway.SpentWritten, "Lead", "Title", 1)}, "Ann", 2},
		{[]gateway.Spent{spent(1, gateway.SpentWritten, "Lead", "Title", 1)}, "", 1},
	} {
		f := Reckon(Input{Now: now, Mappings: []gateway.Mapping{mapped("Lead", "Title", 9)}, Spent: append(tt.more, ann)}).Objects[0].Fields[0]
		if f.By != tt.by || !f.Last.Equal(daysAgo(tt.days).Add(9*time.Hour)) {
			t.Errorf("last used %v by %q", f.Last, f.By)
		}
	}
}
