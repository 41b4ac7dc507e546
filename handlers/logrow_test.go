package handlers

import (
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// UX 33: what waits says when it is tried next, and never a time that is past;
// what is still to be created has no id that says anything to a reader.
func TestLineSaysWhenItIsTriedNext_UX33(t *testing.T) {
	w := newWorld(t)
	v := &visit{s: w.server, ws: w.db.In(home), schemas: map[string]gateway.Schema{"Visit__c": {Object: "Visit__c", Label: "Visit"}}}
	now := w.clock.now()
	e := gateway.LogEntry{At: now, Direction: "out", State: gateway.LogWaiting, Key: gateway.RecordKey{Object: "Visit__c", ID: "local:home/custom:visit/v-1"}}
	for want, c := range map[string]struct {
		next  time.Time
		state gateway.ConnectionState
	}{
		"":                                  {},
		"when Salesforce takes calls again": {now.Add(-time.Minute), gateway.StateLimited},
		"next in its turn":                  {now.Add(-time.Minute), gateway.StateOK},
		"next " + v.clock().at(now.Add(2*time.Second)).Text: {now.Add(2 * time.Second), gateway.StateOK},
	} {
		e.NextTry = c.next
		if row := v.logRow(store.LogLine{Entry: e}, gateway.Connection{State: c.state}, nil); row.Next != want || row.Record != "New Visit" || row.RecordType != "Visit" {
			t.Errorf("%q, %q, want %q", row.Next, row.Record, want)
		}
	}
}

// A link has no name of its own; our id would tell nobody what the line is about.
func TestLineOfALinkGoesByWhatItWasMadeFor_UX32(t *testing.T) {
	w := newWorld(t)
	v := &visit{s: w.server, ws: w.db.In(home)}
	for _, c := range []struct {
		label       string
		cause       gateway.Cause
		record, url string
	}{
		{"local:home/conversation/c-1/note-link", gateway.Cause{Kind: gateway.KindConversation, Ref: "c-1"}, "For the conversation c-1", "/conversations/c-1"},
		{"Note of the meeting", gateway.Cause{Kind: gateway.KindMeeting, Ref: "m-1"}, "Note of the meeting", ""},
		{"06AdG0000000001AAA", gateway.Cause{Kind: gateway.KindMeeting, Ref: "m-1"}, "For the meeting m-1", "/meetings/m-1"},
		{"local:home/person/p-1", gateway.Cause{Kind: "edit"}, "06AdG0000000001AAA", ""},
	} {
		e := gateway.LogEntry{At: w.clock.now(), Direction: "out", State: gateway.LogDone, Label: c.label, Cause: c.cause, Key: gateway.RecordKey{Object: "ContentDocumentLink", ID: "06AdG0000000001AAA"}}
		row := v.logRow(store.LogLine{Entry: e}, gateway.Connection{}, nil)
		if row.Record != c.record || row.RecordURL != c.url {
			t.Errorf("%s: %q at %q, want %q at %q", c.label, row.Record, row.RecordURL, c.record, c.url)
		}
	}
}
