package outbox

import (
	"context"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/store/storetest"
)

// propose looks at what saving settings would do, saves them, lets all happen
// and returns what was said before, with the records that were then made, by
// object.
func (w *world) propose(t *testing.T, s gateway.Settings, tab gateway.Tab) (*effect.Effect, map[string]int) {
	t.Helper()
	ctx := w.t.Context()
	said, err := w.box.Preview(ctx, ws, Proposal{Settings: s})
	must(w.t, err)
	before := len(w.org.calls)
	body, err := settings.Encode(s, tab)
	must(w.t, err)
	rows, err := w.db.In(ws).Settings(ctx, gateway.OrgScope)
	must(w.t, err)
	must(w.t, w.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.SaveSetting(ctx, gateway.SettingRow{Scope: gateway.OrgScope, Tab: tab, Body: body}, rows[tab].Revision); err != nil {
			return err
		}
		return BeginReplan(ctx, tx, said.Total, "settings changed", "Ada", "ada")
	}))
	must(w.t, w.box.Replanner().look(ctx))
	for range 4 { // a note goes before its links
		w.clock.forward(time.Minute)
		w.round()
	}
	same(t, "all is sent", w.idle(), true)
	made := map[string]int{}
	for _, call := range w.org.calls[before:] {
		for _, c := range call {
			made[string(c.Op)+" "+c.Key.Object]++
		}
	}
	return said, made
}

func (w *world) inForce() gateway.Settings {
	w.t.Helper()
	s, err := w.box.inForce(w.t.Context(), ws)
	must(w.t, err)
	return s
}

// saw compares what a preview said with what was then written.
func saw(t *testing.T, said *effect.Effect, made map[string]int, want map[string]int) {
	t.Helper()
	told := map[string]int{}
	for object, n := range said.Created {
		told["create "+object] = n
	}
	for object, n := range said.Updated {
		told["update "+object] = n
	}
	for object, n := range said.Removed {
		told["delete "+object] = n
	}
	same(t, "the preview said", told, want)
	same(t, "then happened", made, want)
	same(t, "the preview looked at all", said.Whole(), true)
}

// UX 31: notes that go to a Note in addition to the Event make one note and
// its links of every meeting that was held, and nothing else; saving the same
// once more makes nothing.
func TestPreviewSaysWhatMeetingsThenBecome(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w, m := noteWorld(t, url)
		w.notes(`"event"`)
		other := m
		other.ExternalID, other.Title = "m2", "Review"
		quiet := m
		quiet.ExternalID, quiet.Notes = "m3", ""
		for _, one := range []gateway.Meeting{m, other, quiet} {
			w.deliverAll(w.meeting(one))
		}
		before, err := w.db.In(ws).Meeting(t.Context(), "m1")
		must(t, err)
		s := w.inForce()
		s.Notes.MeetingNotes = []string{"event", "note"}
		said, made := w.propose(t, s, gateway.TabNotes)
		saw(t, said, made, map[string]int{"create ContentNote": 2, "create ContentDocumentLink": 4})
		after, err := w.db.In(ws).Meeting(t.Context(), "m1")
		must(t, err)
		same(t, "planning anew tells nothing of the meeting", after.UpdatedAt, before.UpdatedAt)

		said, made = w.propose(t, s, gateway.TabNotes)
		saw(t, said, made, map[string]int{})
	})
}

// AVM-08: a member's own row of the Notes tab is laid over what is proposed.
func TestPreviewOfMeetingsKeepsWhatAMemberChose(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w, m := noteWorld(t, url)
		w.notes(`"event"`)
		must(t, w.db.In(ws).CreateMember(t.Context(), gateway.Member{ID: "u1", Workspace: ws, Email: "rita@ours.example", Name: "Rita", Role: gateway.RoleRep}))
		_, err := w.db.In(ws).SaveSetting(t.Context(), gateway.SettingRow{
			Scope: gateway.MemberScope("u1"), Tab: gateway.TabNotes, Body: []byte(`{"meeting_notes":["event"]}`),
		}, 0)
		must(t, err)
		hers := m
		hers.ExternalID, hers.Organizer = "m2", "rita@ours.example"
		w.deliverAll(w.meeting(m))
		w.deliverAll(w.meeting(hers))
		s := w.inForce()
		s.Notes.MeetingNotes = []string{"event", "note"}
		said, made := w.propose(t, s, gateway.TabNotes)
		saw(t, said, made, map[string]int{"create ContentNote": 1, "create ContentDocumentLink": 2})
		s.Notes.Locked = true
		said, made = w.propose(t, s, gateway.TabNotes)
		saw(t, said, made, map[string]int{"create ContentNote": 1, "create ContentDocumentLink": 2})
	})
}

// AVM-33: contacts of people who took part are made up to the hour's bound,
// also when many meetings are planned anew.
func TestPreviewOfMeetingsKeepsTheHoursBoundOfContacts(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		must(t, w.db.In(ws).CreateMember(t.Context(), gateway.Member{
			ID: "u1", Workspace: ws, Email: "rita@ours.example", Name: "Rita", Role: gateway.RoleRep, Team: "Sales",
		}))
		for i, address := range []string{"a@one.example", "b@two.example", "c@three.example"} {
			m := weekly(gateway.MeetingScheduled)
			m.ExternalID, m.Organizer = string(rune('a'+i)), "rita@ours.example"
			m.Participants = []gateway.Participant{{Email: address, Name: "Some One"}}
			w.deliverAll(w.meeting(m))
		}
		w.clock.forward(2 * time.Hour) // what was omitted then counts from when it is made
		s := w.inForce()
		s.Contacts.AutoCreate, s.Contacts.Teams, s.Contacts.CapMeeting, s.Contacts.CapHour = true, []string{"Sales"}, 9, 2
		s.Contacts.Chain = []gateway.MatchStep{{By: "email"}}
		said, made := w.propose(t, s, gateway.TabContacts)
		saw(t, said, made, map[string]int{"create Contact": 2, "update Event": 2})
		said, made = w.propose(t, s, gateway.TabContacts)
		saw(t, said, made, map[string]int{})
	})
}

// AVC-03: a text whose person becomes a record by the settings is written on
// it.
func TestPreviewSaysWhatCallsAndTextsThenBecome(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		call := gateway.Call{ExternalID: "c1", Direction: "inbound", From: "+15550100", To: "+15550101", StartedAt: start, Seconds: 60, Notes: "price"}
		_, err := w.box.SubmitCall(t.Context(), ws, call)
		must(t, err)
		text := gateway.Message{ExternalID: "t1", Direction: "inbound", Text: "Hello", At: start}
		_, err = w.box.SubmitConversation(t.Context(), ws,
			gateway.Conversation{ExternalID: "s1", Channel: gateway.ChannelSMS, Person: "p1", StartedAt: start}, []gateway.Message{text})
		must(t, err)
		_, err = w.box.SubmitEmail(t.Context(), ws, gateway.Email{ExternalID: "e1", From: "ann@example.com", Subject: "Hi", SentAt: start})
		must(t, err)
		must(t, w.db.In(ws).SavePerson(t.Context(), gateway.Person{ExternalID: "p1", Kind: "contact", Email: "ann@example.com", Phone: "+15550100", LastName: "Lee"}))
		s := w.inForce()
		s.Objects.Writeback, s.Objects.CreateMissing = map[string]bool{"Contact": true}, map[string]bool{"Contact": true}
		said, made := w.propose(t, s, gateway.TabObjects)
		// The text names its person; the call and the e-mail are known once the record is here.
		saw(t, said, made, map[string]int{"create Contact": 1, "create Task": 1})
	})
}
