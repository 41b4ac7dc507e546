package faults

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

// bonded are the records to which the org relates a meeting's Event and its one
// note, and that note.
func (w *world) bonded(title string) (people, linked []string, note string) {
	w.t.Helper()
	_, event := w.having("Event", "Subject", title)
	for _, r := range w.truth("EventRelation") {
		if !r.deleted && event.text("Id") != "" && r.text("EventId") == event.text("Id") {
			people = append(people, r.text("RelationId"))
		}
	}
	for id, r := range w.truth("ContentNote") {
		if !r.deleted && strings.Contains(r.text("Title"), title) {
			note = id
		}
	}
	for _, r := range w.truth("ContentDocumentLink") {
		if !r.deleted && note != "" && r.text("ContentDocumentId") == note && r.text("ShareType") == "V" {
			linked = append(linked, r.text("LinkedEntityId"))
		}
	}
	slices.Sort(people)
	slices.Sort(linked)
	return people, linked, note
}

// with waits until the Task of a meeting is with these people and names the
// first, and the Event names him, and the others are related to it.
func (w *world) with(title string, who ...string) {
	w.t.Helper()
	want := slices.Sorted(slices.Values(who))
	eventually(w.t, func() string {
		for object, subject := range map[string]string{"Event": title, "Task": "Meeting: " + title} {
			_, activity := w.having(object, "Subject", subject)
			var people []string
			for _, r := range w.truth(object + "Relation") {
				if id := r.text("RelationId"); !r.deleted && r.text(object+"Id") == activity.text("Id") && slices.Contains(who, id) && !slices.Contains(people, id) {
					people = append(people, id)
				}
			}
			if slices.Sort(people); activity.text("WhoId") != who[0] || !slices.Equal(people, want) {
				return fmt.Sprintf("DEM-05: the %s names %s and is with %v, want %v", object, activity.text("WhoId"), people, who)
			}
		}
		return ""
	})
}

// Somebody takes part no more: what related the meeting to him goes from the org,
// in one look and one call for each object. The meeting is taken back: the Event
// and the note go, with what hangs on them; of another one the note that somebody
// edited stays with its links, and is named.
func TestWhatNoLongerHoldsGoesFromTheOrg_M4(t *testing.T) { // AVM-14, DEM-05, M4
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{shared: true})
	w.anchor()
	w.setting(gateway.TabNotes, `{"auto_events":true,"meeting_notes":["note","event","task"],"call_notes":["task"]}`)
	ids := w.contacts(3)
	told := func(id, title string, who ...string) {
		body := w.meeting(title)
		people := []map[string]any{}
		for _, contact := range who {
			people = append(people, map[string]any{"email": w.truth("Contact")[contact].text("Email"), "name": "A guest"})
		}
		body["participants"] = people
		w.api(http.MethodPut, "/meetings/"+id, body, new(any))
		w.quiet()
	}
	told("m-1", "Leaving", ids...)
	told("m-2", "Edited there", ids[0])
	for _, who := range [][]string{ids[:2], ids[1:2], ids[:2]} { // he goes and comes back
		told("m-3", "Back again", who...)
	}
	w.with("Back again", ids[:2]...)
	people, linked, note := w.bonded("Leaving")
	if len(people) < 2 || !slices.Contains(linked, ids[1]) || !slices.Contains(linked, ids[2]) {
		t.Fatalf("at first: people %v, links %v", people, linked)
	}

	w.sim(http.MethodDelete, "/calls", nil, nil)
	told("m-1", "Leaving", ids[0], ids[1])
	people, linked, still := w.bonded("Leaving")
	if slices.Contains(people, ids[2]) || slices.Contains(linked, ids[2]) || !slices.Contains(linked, ids[1]) || still != note {
		t.Errorf("AVM-14: people %v, links %v, note %s", people, linked, still)
	}
	for _, c := range []struct {
		method, path string
		most         int
	}{
		{http.MethodDelete, "", 3},
		{http.MethodPost, "/composite/sobjects/EventRelation", 1},
		{http.MethodPost, "/composite/sobjects/ContentDocumentLink", 1},
		{http.MethodPost, "/sobjects/ContentNote", 0},
	} {
		if n := w.calls(c.method, c.path); n > c.most || c.method == http.MethodDelete && n == 0 {
			t.Errorf("AVM-14: %d calls %s %s, at most %d are needed", n, c.method, c.path, c.most)
		}
	}

	_, _, edited := w.bonded("Edited there")
	w.change(map[string]any{"object": "ContentNote", "op": "update", "id": edited, "values": map[string]any{"Title": "Edited there, by somebody"}})
	_, links, _ := w.bonded("Edited there")
	a := w.admin()
	takeBack := func(id string) string {
		page := a.get("/sync/undo?meeting=" + id)
		answer, body := a.post("/sync/undo/created", url.Values{"meeting": {id}, "password": {"a long enough password"}})
		if answer.StatusCode >= http.StatusBadRequest {
			t.Fatalf("undoing %s: %s %.500s", id, answer.Status, body)
		}
		w.quiet()
		return page
	}
	takeBack("m-1")
	eventually(t, func() string {
		n, _ := w.having("Event", "Subject", "Leaving")
		if people, linked, note := w.bonded("Leaving"); n != 0 || note != "" {
			return fmt.Sprintf("M4: %d Events, note %q, people %v, links %v are left", n, note, people, linked)
		}
		return ""
	})
	if page := takeBack("m-2"); !strings.Contains(page, "Somebody changed it in Salesforce since; that stands.") || !strings.Contains(page, "It stays with the record that it hangs on.") {
		t.Errorf("M4: the dry run does not name the note that was edited: %.3000s", page)
	}
	if n, _ := w.having("Event", "Subject", "Edited there"); n != 0 {
		t.Errorf("M4: %d Events are left", n)
	}
	if _, linked, now := w.bonded("Edited there"); now != edited || !slices.Equal(linked, links) {
		t.Errorf("M4: the edited note is %q with links %v, it had %v", now, linked, links)
	}
	w.mirrorEqualsOrg()
}

// A later text of a note, and of a chat that grew, is taken back alone by its line:
// the org holds the earlier one again, whole, in one look and one write. A note that
// somebody edited there keeps his text.
func TestLaterTextOfANoteGoesBackInTheOrg_M4(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{shared: true})
	w.anchor()
	w.setting(gateway.TabNotes, `{"auto_events":true,"meeting_notes":["note"],"call_notes":["task"]}`)
	guest := w.truth("Contact")[w.contacts(1)[0]].text("Email")
	w.api(http.MethodPut, "/people/guest", map[string]any{"kind": "contact", "email": guest}, new(any))
	body := w.meeting("Grown")
	meeting := func(notes string) {
		body["notes"] = notes
		w.api(http.MethodPut, "/meetings/grown", body, new(any))
		w.quiet()
	}
	message := func(id, text string) {
		w.api(http.MethodPost, "/conversations/grown/messages", map[string]any{
			"external_id": id, "direction": "inbound", "author": "A guest", "text": text, "at": "2026-05-04T10:0" + id + ":00Z",
		}, new(any))
		w.quiet()
	}
	meeting("First, & <exactly>.")
	w.api(http.MethodPut, "/conversations/grown", map[string]any{
		"channel": "chat", "person_external_id": "guest", "messages": []map[string]any{{"external_id": "1", "direction": "inbound", "author": "A guest", "text": "Hello", "at": "2026-05-04T10:01:00Z"}},
	}, new(any))
	w.quiet()
	content := func(kind string) (id, text string) {
		t.Helper()
		all, err := w.store().Writings(t.Context(), kind, "grown")
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range all {
			if one.Part == "note" {
				id = one.Key.ID
			}
		}
		return id, w.truth("ContentNote")[id].text("Content")
	}
	a := w.admin()
	for kind, later := range map[string]func(string){gateway.KindMeeting: meeting, gateway.KindConversation: func(text string) { message("2", text) }} {
		id, first := content(kind)
		later("What is wrong.")
		_, wrong := content(kind)
		if first == "" || wrong == first {
			t.Fatalf("%s: the note says %q and then %q", kind, first, wrong)
		}
		line := w.lineOf(id)
		if page := a.get("/sync/undo?line=" + line); !strings.Contains(page, "What is wrong.") || !strings.Contains(page, "Write 1 value back") {
			t.Errorf("%s: the dry run: %.3000s", kind, page)
		}
		w.sim(http.MethodDelete, "/calls", nil, nil)
		a.post("/sync/undo", url.Values{"line": {line}})
		w.quiet()
		if _, now := content(kind); now != first {
			t.Errorf("%s: after the undo the note says %q, it said %q", kind, now, first)
		}
		if n := w.calls(http.MethodPatch, "ContentNote") + w.calls(http.MethodPatch, "/composite/sobjects"); n != 1 {
			t.Errorf("%s: %d calls wrote", kind, n)
		}
	}
	id, _ := content(gateway.KindMeeting)
	meeting("Once more.")
	w.change(map[string]any{"object": "ContentNote", "op": "update", "id": id, "values": map[string]any{"Content": "dGhlaXJz"}})
	if page := a.get("/sync/undo?line=" + w.lineOf(id)); !strings.Contains(page, "Somebody changed it in Salesforce since; that stands.") {
		t.Errorf("the dry run does not say that somebody edited the note: %.3000s", page)
	}
	a.post("/sync/undo", url.Values{"line": {w.lineOf(id)}})
	w.quiet()
	if _, now := content(gateway.KindMeeting); now != "dGhlaXJz" {
		t.Errorf("their text is gone: %q", now)
	}
}

// lineOf is the newest line of what was written to a record.
func (w *world) lineOf(id string) string {
	w.t.Helper()
	page, err := w.store().Log(w.t.Context(), store.LogQuery{RecordID: id, Direction: "out"})
	if err != nil || len(page.Entries) == 0 {
		w.t.Fatalf("no line of %s: %v", id, err)
	}
	return strconv.FormatInt(page.Entries[0].Entry.ID, 10)
}
