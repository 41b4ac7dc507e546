package inbound

import (
	"maps"
	"testing"
	"time"

	"tidegate/gateway"
)

const (
	contact = "003000000000001AAA"
	second  = int64(1_772_446_542_000)
	origin  = "com/salesforce/api/rest/66.0;client="
)

var (
	now   = time.UnixMilli(second + 60_000).UTC()
	names = gateway.Fields{"FirstName": `"Ada"`, "LastName": `"Byron"`, "Title": `"Countess"`}
)

// v is a commit n seconds after the epoch of these tests.
func v(n int64) gateway.Version {
	return gateway.Version{CommitAt: second + n*1000, CommitNumber: 1<<60 + n, Sequence: 1}
}

// read is the version of a row read by query, modified n seconds after it.
func read(n int64) gateway.Version { return gateway.Version{CommitAt: second + n*1000} }

func event(typ gateway.ChangeType, at gateway.Version, fields gateway.Fields) gateway.ChangeEvent {
	return gateway.ChangeEvent{
		Object: "Contact", RecordIDs: []string{contact}, Type: typ, Fields: fields,
		Version: at, TransactionKey: "tx-" + at.Time().Format(time.TimeOnly), User: "005000000000001AAA",
	}
}

func record(at gateway.Version, fields gateway.Fields) *gateway.Record {
	return &gateway.Record{Key: gateway.RecordKey{Object: "Contact", ID: contact}, Fields: fields, Version: at}
}

func decide(current *gateway.Record, e gateway.ChangeEvent, newer ...gateway.HistoryEntry) Decision {
	return Decide(Input{Current: current, Event: e, RecordID: contact, Newer: newer, OwnClient: "tidegate", Now: now})
}

func entry(e gateway.ChangeEvent) gateway.HistoryEntry {
	return gateway.HistoryEntry{Version: e.Version, Type: e.Type, TransactionKey: e.TransactionKey, Fields: e.Fields}
}

func TestDecideStreamedChanges(t *testing.T) {
	title := func(s string) gateway.Fields { return gateway.Fields{"Title": gateway.Text(s)} }
	tests := []struct {
		name    string
		current *gateway.Record
		event   gateway.ChangeEvent
		newer   []gateway.HistoryEntry
		outcome gateway.Outcome
		fields  gateway.Fields // of the saved record; nil = not saved
		deleted bool
		partial bool
		refetch bool
		noRow   bool
	}{
		{
			name: "F-19 an update keeps what it does not state", current: record(v(1), names),
			event: event(gateway.Update, v(2), title("Lady")), outcome: gateway.OutcomeApplied,
			fields: names.Overlay(title("Lady")),
		},
		{
			name: "F-20 an explicit null empties the field", current: record(v(1), names),
			event:   event(gateway.Update, v(2), gateway.Fields{"Title": gateway.Null}),
			outcome: gateway.OutcomeApplied, fields: names.Overlay(gateway.Fields{"Title": gateway.Null}),
		},
		{
			name: "F-21 only the named part of a compound changes", current: record(v(1), gateway.Fields{"MailingCity": `"Bern"`, "MailingStreet": `"A 1"`}),
			event:   event(gateway.Update, v(2), gateway.Fields{"MailingCity": `"Basel"`}),
			outcome: gateway.OutcomeApplied, fields: gateway.Fields{"MailingCity": `"Basel"`, "MailingStreet": `"A 1"`},
		},
		{
			name: "a create makes the record", event: event(gateway.Create, v(1), names),
			outcome: gateway.OutcomeApplied, fields: names,
		},
		{
			name: "a create empties known fields that it does not state", current: record(read(1), names),
			event:   event(gateway.Create, v(1), gateway.Fields{"LastName": `"Byron"`}),
			outcome: gateway.OutcomeApplied, fields: gateway.Fields{"LastName": `"Byron"`, "FirstName": gateway.Null, "Title": gateway.Null},
		},
		{
			name: "a delete leaves a tombstone with the last fields", current: record(v(1), names),
			event: event(gateway.Delete, v(2), nil), outcome: gateway.OutcomeDeleted, fields: names, deleted: true,
		},
		{
			name: "a delete of an unknown record is remembered", event: event(gateway.Delete, v(2), nil),
			outcome: gateway.OutcomeDeleted, fields: gateway.Fields{}, deleted: true, partial: true,
		},
		{
			name: "F-39 an undelete revives the tombstone", current: &gateway.Record{Fields: names, Version: v(2), Deleted: true},
			event: event(gateway.Undelete, v(3), names), outcome: gateway.OutcomeRestored, fields: names,
		},
		{
			name: "an update of a tombstone revives it and reads it", current: &gateway.Record{Fields: names, Version: v(2), Deleted: true},
			event: event(gateway.Update, v(3), title("Lady")), outcome: gateway.OutcomeRestored, fields: names.Overlay(title("Lady")), refetch: true,
		},
		{
			name: "an update of a record never read is partial and read next", event: event(gateway.Update, v(2), title("Lady")),
			outcome: gateway.OutcomeApplied, fields: title("Lady"), partial: true, refetch: true,
		},
		{
			name: "F-11 the same change again does nothing", current: record(v(2), names),
			event: event(gateway.Update, v(2), title("Lady")), outcome: gateway.OutcomeDuplicate, noRow: true,
		},
		{
			name: "F-11 an older change again does nothing", current: record(v(5), names),
			event: event(gateway.Update, v(2), title("Lady")), newer: []gateway.HistoryEntry{entry(event(gateway.Update, v(2), title("Lady")))},
			outcome: gateway.OutcomeDuplicate, noRow: true,
		},
		{
			name: "F-10 another transaction at the same place is no duplicate", current: record(v(2), names),
			event:   event(gateway.Update, v(2), title("Lady")),
			newer:   []gateway.HistoryEntry{{Version: v(2), Type: gateway.Update, TransactionKey: "another"}},
			outcome: gateway.OutcomeApplied, fields: names.Overlay(title("Lady")),
		},
		{
			name: "F-13 the older of two changes of a field is stale", current: record(v(5), names),
			event: event(gateway.Update, v(2), title("Lady")), newer: []gateway.HistoryEntry{entry(event(gateway.Update, v(5), title("Countess")))},
			outcome: gateway.OutcomeStale,
		},
		{
			name: "F-13 what no newer change stated still counts", current: record(v(5), names),
			event:   event(gateway.Update, v(2), gateway.Fields{"Title": `"Lady"`, "FirstName": `"Augusta"`}),
			newer:   []gateway.HistoryEntry{entry(event(gateway.Update, v(5), title("Countess")))},
			outcome: gateway.OutcomeApplied, fields: names.Overlay(gateway.Fields{"FirstName": `"Augusta"`}),
		},
		{
			name: "a late create completes a partial record", current: &gateway.Record{Fields: title("Lady"), Version: v(5), Partial: true},
			event: event(gateway.Create, v(2), names), newer: []gateway.HistoryEntry{entry(event(gateway.Update, v(5), title("Lady")))},
			outcome: gateway.OutcomeApplied, fields: names.Overlay(title("Lady")),
		},
		{
			name: "a late delete does not bury what lives", current: record(v(5), names),
			event: event(gateway.Delete, v(2), nil), newer: []gateway.HistoryEntry{entry(event(gateway.Undelete, v(5), names))},
			outcome: gateway.OutcomeStale,
		},
		{
			name: "a change before the last reading is contained in it", current: &gateway.Record{Fields: names, Version: v(1), ReadAt: second + 9000},
			event: event(gateway.Update, v(8), title("Lady")), outcome: gateway.OutcomeStale,
		},
		{
			name: "a change in the second of the reading follows it", current: &gateway.Record{Fields: names, Version: read(9), ReadAt: second + 9000},
			event: event(gateway.Update, v(9), title("Lady")), outcome: gateway.OutcomeApplied, fields: names.Overlay(title("Lady")),
		},
		{
			name: "equal values are unchanged but move the version", current: record(v(1), names),
			event: event(gateway.Update, v(2), title("Countess")), outcome: gateway.OutcomeUnchanged, fields: names,
		},
		{
			name: "F-16 a gap asks for the record", current: record(v(1), names),
			event: event(gateway.GapUpdate, v(2), nil), outcome: gateway.OutcomeRefetch, fields: names, refetch: true,
		},
		{
			name: "F-17 a gap delete is confirmed by reading", current: record(v(1), names),
			event: event(gateway.GapDelete, v(2), nil), outcome: gateway.OutcomeRefetch, fields: names, refetch: true,
		},
		{
			name: "F-17 a gap delete of an unknown record makes no ghost", event: event(gateway.GapDelete, v(2), nil),
			outcome: gateway.OutcomeRefetch, fields: gateway.Fields{}, deleted: true, partial: true, refetch: true,
		},
		{
			name: "F-22 a text diff asks for the record", current: record(v(1), names),
			event: gateway.ChangeEvent{
				Object: "Contact", Type: gateway.Update, Version: v(2),
				Fields: title("Lady"), Refetch: "Description came as a diff.",
			},
			outcome: gateway.OutcomeApplied, fields: names.Overlay(title("Lady")), refetch: true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var before gateway.Fields
			if tt.current != nil {
				before = tt.current.Fields.Clone()
			}
			d := decide(tt.current, tt.event, tt.newer...)
			if d.Entry.Outcome != tt.outcome {
				t.Fatalf("outcome %q (%s), want %q", d.Entry.Outcome, d.Entry.Reason, tt.outcome)
			}
			if d.Entry.Reason == "" || d.Append == tt.noRow {
				t.Errorf("row %v with reason %q, want row %v", d.Append, d.Entry.Reason, !tt.noRow)
			}
			if (d.Refetch != "") != tt.refetch {
				t.Errorf("refetch %q, want %v", d.Refetch, tt.refetch)
			}
			if d.Save != (tt.fields != nil) {
				t.Fatalf("save %v, want fields %v", d.Save, tt.fields)
			}
			if d.Save && (!maps.Equal(d.Record.Fields, tt.fields) || d.Record.Deleted != tt.deleted || d.Record.Partial != tt.partial) {
				t.Errorf("record %+v, want fields %v, deleted %v, partial %v", d.Record, tt.fields, tt.deleted, tt.partial)
			}
			if tt.current != nil && !maps.Equal(before, tt.current.Fields) {
				t.Error("the rule changed its argument")
			}
		})
	}
}

func TestDecideReadings(t *testing.T) {
	lady := names.Overlay(gateway.Fields{"Title": `"Lady"`})
	row := func(at int64, seen gateway.Version, fields gateway.Fields) gateway.ChangeEvent {
		e := event(gateway.Snapshot, read(at), fields)
		e.SeenVersion = seen
		return e
	}
	gone := func(at, seen gateway.Version) gateway.ChangeEvent {
		e := event(gateway.Delete, at, nil)
		e.SeenVersion = seen
		return e
	}
	tests := []struct {
		name    string
		current *gateway.Record
		event   gateway.ChangeEvent
		outcome gateway.Outcome
		fields  gateway.Fields // nil = not saved
		version gateway.Version
		deleted bool
		row     bool
		refetch bool
	}{
		{name: "a first reading is kept without a row", event: row(3, gateway.Version{}, names), outcome: gateway.OutcomeApplied, fields: names, version: read(3)},
		{name: "a newer reading applies whole", current: record(v(1), names), event: row(3, gateway.Version{}, gateway.Fields{"LastName": `"King"`}), outcome: gateway.OutcomeApplied, fields: gateway.Fields{"LastName": `"King"`, "FirstName": gateway.Null, "Title": gateway.Null}, version: read(3), row: true},
		{name: "F-06 an older reading is discarded", current: record(v(5), lady), event: row(3, gateway.Version{}, names), outcome: gateway.OutcomeStale},
		{name: "F-05 an older reading of a deleted record is discarded", current: &gateway.Record{Fields: names, Version: v(5), Deleted: true}, event: row(3, gateway.Version{}, names), outcome: gateway.OutcomeStale},
		{name: "F-06 an older reading completes a partial record", current: &gateway.Record{Fields: gateway.Fields{"Title": `"Lady"`}, Version: v(5), Partial: true}, event: row(3, gateway.Version{}, names), outcome: gateway.OutcomeApplied, fields: lady, version: v(5)},
		{name: "same second, version as seen: the reading is newer", current: record(v(3), lady), event: row(3, v(3), names), outcome: gateway.OutcomeApplied, fields: names, version: v(3), row: true},
		{name: "same second, moved meanwhile: read again", current: record(v(3), lady), event: row(3, v(1), names), outcome: gateway.OutcomeStale, refetch: true},
		{name: "same second, moved meanwhile, nothing differs", current: record(v(3), names), event: row(3, v(1), names), outcome: gateway.OutcomeStale},
		{name: "F-16 a reading after a gap wins over an earlier stamp", current: record(v(5), lady), event: row(4, v(5), names), outcome: gateway.OutcomeApplied, fields: names, version: v(5), row: true},
		{name: "F-75 equal values bump no version", current: record(v(3), names), event: row(9, gateway.Version{}, names), outcome: gateway.OutcomeUnchanged, fields: names, version: v(3)},
		{name: "F-75 read again at the same stamp saves nothing", current: &gateway.Record{Fields: names, Version: v(3), ReadAt: second + 3000}, event: row(3, v(3), names), outcome: gateway.OutcomeUnchanged},
		{name: "F-16 a record not found is a tombstone", current: record(v(3), names), event: gone(read(3), v(3)), outcome: gateway.OutcomeDeleted, fields: names, version: v(3), deleted: true, row: true},
		{name: "a record not found but changed meanwhile is read again", current: record(v(4), names), event: gone(read(4), v(3)), outcome: gateway.OutcomeStale, refetch: true},
		{name: "a deleted row read by query is a tombstone", current: record(v(3), names), event: gone(read(7), gateway.Version{}), outcome: gateway.OutcomeDeleted, fields: names, version: read(7), deleted: true, row: true},
		{name: "F-17 a living row confirms that a gap delete was undone", current: &gateway.Record{Fields: names, Version: v(5), Deleted: true}, event: row(5, v(5), names), outcome: gateway.OutcomeRestored, fields: names, version: v(5), row: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := decide(tt.current, tt.event)
			if d.Entry.Outcome != tt.outcome || d.Append != tt.row || (d.Refetch != "") != tt.refetch {
				t.Fatalf("outcome %q, row %v, refetch %q: want %q, %v, %v", d.Entry.Outcome, d.Append, d.Refetch, tt.outcome, tt.row, tt.refetch)
			}
			if d.Save != (tt.fields != nil) {
				t.Fatalf("save %v, want fields %v", d.Save, tt.fields)
			}
			if d.Save && (!maps.Equal(d.Record.Fields, tt.fields) || d.Record.Version != tt.version || d.Record.Deleted != tt.deleted) {
				t.Errorf("record %+v, want %v at %v, deleted %v", d.Record, tt.fields, tt.version, tt.deleted)
			}
			if d.Record.Partial {
				t.Error("a whole reading leaves nothing partial")
			}
		})
	}
}

func TestReadingsSayWhyTheyDiffer(t *testing.T) {
	calculated := func(name string) bool { return name != "Age__c" }
	here := names.Overlay(gateway.Fields{"Age__c": "7"})
	for _, c := range []struct {
		name   string
		at     int64
		fields gateway.Fields
		want   string
	}{
		{"F-44 a formula moved without an event", 3, gateway.Fields{"Age__c": "8"}, "Salesforce calculated it anew, without an event."},
		{"the mirror was damaged", 3, gateway.Fields{"Age__c": "8", "Title": `"Lady"`}, "The mirror differed from Salesforce and was set right."},
		{"Salesforce has a newer change", 9, gateway.Fields{"Title": `"Lady"`}, "Changed in Salesforce."},
	} {
		e := event(gateway.Snapshot, read(c.at), here.Overlay(c.fields))
		e.SeenVersion = v(3)
		d := Decide(Input{Current: record(v(3), here), Event: e, RecordID: contact, Carried: calculated, Now: now})
		if d.Entry.Reason != c.want || !d.Append {
			t.Errorf("%s: %q", c.name, d.Entry.Reason)
		}
	}
}

func TestWholeObjectEventsTouchNoRecord(t *testing.T) {
	tests := []struct {
		name, id string
		typ      gateway.ChangeType
	}{
		{"F-15 wildcard id", "003*", gateway.GapUpdate},
		{"F-15 wildcard update", "003*", gateway.Update},
		{"F-18 overflow", "000000000000000AAA", gateway.GapOverflow},
		{"no id at all", "", gateway.Update},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := Decide(Input{Event: event(tt.typ, v(1), nil), RecordID: tt.id, Now: now})
			if d.RefetchObject == "" || d.Save || d.Append || d.Refetch != "" {
				t.Errorf("decision %+v, want only a wish to read the object", d)
			}
		})
	}
}

func TestFieldsNeverCarriedSurviveAnUndelete(t *testing.T) {
	was := record(v(1), names.Overlay(gateway.Fields{"Full_Name__c": `"Ada Byron"`}))
	was.Deleted = true
	d := Decide(Input{
		Current: was, Event: event(gateway.Undelete, v(2), gateway.Fields{"LastName": `"Byron"`}), RecordID: contact,
		Carried: func(f string) bool { return f != "Full_Name__c" }, Now: now,
	})
	if got := d.Record.Fields["Full_Name__c"]; got != `"Ada Byron"` {
		t.Errorf("the formula field is %q", got)
	}
	if got := d.Record.Fields["Title"]; got != gateway.Null {
		t.Errorf("Title is %q, want null", got)
	}
}
