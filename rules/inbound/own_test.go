package inbound

import (
	"testing"

	"tidegate/gateway"
)

// A record that was deleted from here stays deleted whatever was changed in
// Salesforce before that and comes late; what the stream says of the deletion,
// and of a return, holds.
func TestDeletedHereStaysDeleted_F47(t *testing.T) {
	tombstone := Gone(*record(v(1), names))
	in := Input{Current: &tombstone, Event: event(gateway.Update, v(2), gateway.Fields{"Title": `"Lady"`}), RecordID: contact, Now: now}
	d := Decide(in)
	if !d.Record.Deleted || d.Refetch == "" || d.Record.Version != v(2) {
		t.Fatalf("after an update that came late: %+v", d)
	}
	after := d.Record
	for name, row := range map[string]struct {
		event   gateway.ChangeEvent
		deleted bool
	}{
		"the deletion":     {event(gateway.Delete, v(3), nil), true},
		"another update":   {event(gateway.Update, v(3), gateway.Fields{"Title": `"Dame"`}), true},
		"the return":       {event(gateway.Undelete, v(4), gateway.Fields{"Title": `"Lady"`}), false},
		"a reading of now": {event(gateway.Snapshot, v(4), gateway.Fields{"Title": `"Lady"`}), false},
	} {
		in.Current, in.Event = &after, row.event
		d := Decide(in)
		if d.Record.Deleted != row.deleted {
			t.Errorf("%s: deleted %v, want %v", name, d.Record.Deleted, row.deleted)
		}
		if _, marked := d.Record.Fields[ownMark]; marked != (row.event.Type == gateway.Update) {
			t.Errorf("%s: the mark is there: %v", name, marked)
		}
	}
	// Once the stream has told of it, an update is news as for any tombstone.
	in.Current, in.Event = &after, event(gateway.Delete, v(3), nil)
	told := Decide(in).Record
	in.Current, in.Event = &told, event(gateway.Update, v(5), gateway.Fields{"Title": `"Dame"`})
	if d := Decide(in); d.Record.Deleted || d.Refetch == "" {
		t.Errorf("an update after the deletion: %+v", d)
	}
}
