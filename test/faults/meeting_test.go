package faults

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"tidegate/gateway"
)

// notesEverywhere lets the notes of meetings go to the note and the Event.
func (w *world) notesEverywhere() {
	w.t.Helper()
	_, err := w.store().SaveSetting(w.t.Context(), gateway.SettingRow{
		Scope: gateway.OrgScope, Tab: gateway.TabNotes, Body: []byte(`{"auto_events":true,"meeting_notes":["note","event"],"call_notes":["task"]}`),
	}, 0)
	if err != nil {
		w.t.Fatal(err)
	}
}

// meeting is a held meeting with a contact of the org, as the host product
// sends it.
func (w *world) meeting(title string) map[string]any {
	w.t.Helper()
	id := w.contacts(1)[0]
	return map[string]any{
		"title": title, "status": "completed", "starts_at": "2026-05-04T09:00:00Z", "ends_at": "2026-05-04T09:30:00Z",
		"participants": []map[string]any{{"email": w.truth("Contact")[id].text("Email"), "name": "A guest"}},
		"notes":        "They <need> it & soon.",
	}
}

// writtenOnce checks that the org has one Event and one note of the meeting,
// and the note's links each once.
func (w *world) writtenOnce(id, title string) {
	w.t.Helper()
	eventually(w.t, func() string {
		all, err := w.store().Writings(w.t.Context(), gateway.KindMeeting, id)
		if err != nil || len(all) == 0 {
			return fmt.Sprintf("no writings: %v", err)
		}
		for _, one := range all {
			if one.Omitted == "" && one.Key.Local() {
				return one.Part + " has no id yet"
			}
		}
		return ""
	})
	events, notes := 0, []string{}
	for _, r := range w.truth("Event") {
		if !r.deleted && r.text("Subject") == title {
			events++
		}
	}
	for note, r := range w.truth("ContentNote") {
		if !r.deleted && r.text("Title") != "" {
			notes = append(notes, note)
		}
	}
	if events != 1 || len(notes) != 1 {
		w.t.Fatalf("%d Events and %d notes, want one each", events, len(notes))
	}
	linked := map[string]int{}
	for _, r := range w.truth("ContentDocumentLink") {
		if !r.deleted && r.text("ContentDocumentId") == notes[0] && r.text("ShareType") == "V" {
			linked[r.text("LinkedEntityId")]++
		}
	}
	if len(linked) < 2 {
		w.t.Errorf("the note is linked to %v, want the contact and what he belongs to", linked)
	}
	for to, n := range linked {
		if n != 1 {
			w.t.Errorf("%d links to %s", n, to)
		}
	}
}

// writes are the calls by which a meeting becomes an Event, a note and its
// links.
var writes = []struct{ name, path string }{
	{"event", "/services/data/*/sobjects/Event"}, {"note", "/services/data/*/sobjects/ContentNote"}, {"links", "/services/data/*/composite/sobjects"},
}

// The answer to each of the writes is lost: the meeting is in the org once.
func TestLostAnswersLeaveOneNoteWithAllItsLinks(t *testing.T) { // F-51
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		w.notesEverywhere()
		for _, call := range writes {
			w.fault(map[string]any{"kind": "lose_response", "method": http.MethodPost, "path": call.path})
		}
		body := w.meeting("Lost answers")
		for range 2 { // the product repeats what it got no good answer for
			w.call(http.MethodPut, "/meetings/m-1", body)
		}
		w.writtenOnce("m-1", "Lost answers")
		w.arrived()
	})
}

// Killed between the Event, the note and its links: after the restart there is
// one of each.
func TestKilledBetweenNoteAndLinks(t *testing.T) { // F-52
	for _, call := range writes {
		t.Run(call.name, func(t *testing.T) {
			engines(t, func(t *testing.T, url string) {
				w := newWorld(t, url, options{})
				w.anchor()
				w.notesEverywhere()
				w.fault(map[string]any{"kind": "hold_requests", "method": http.MethodPost, "path": call.path})
				body := w.meeting("Killed")
				var asking sync.WaitGroup
				asking.Go(func() { w.call(http.MethodPut, "/meetings/m-1", body) })
				w.arrived()
				w.crash()
				asking.Wait()
				w.call(http.MethodPut, "/meetings/m-1", body)
				w.writtenOnce("m-1", "Killed")
			})
		})
	}
}

// Killed between two links of a note: one was refused for a lock, the others are
// there, and the program dies while it sends the one again.
func TestKilledBetweenTwoLinks(t *testing.T) { // F-52
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		w.notesEverywhere()
		w.fault(map[string]any{"kind": "lock_rows", "object": "ContentDocumentLink"})
		// The Event, the note and its links pass; the link that goes again does not.
		w.fault(map[string]any{"kind": "hold_requests", "method": http.MethodPost, "path": "/services/data", "after": len(writes)})
		body := w.meeting("Killed between links")
		var asking sync.WaitGroup
		asking.Go(func() { w.call(http.MethodPut, "/meetings/m-1", body) })
		w.arrived()
		w.crash()
		asking.Wait()
		w.writtenOnce("m-1", "Killed between links")
		w.quiet()
	})
}
