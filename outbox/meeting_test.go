package outbox

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

func (w *world) meeting(m gateway.Meeting) []Receipt {
	w.t.Helper()
	r, err := w.box.SubmitMeeting(w.t.Context(), ws, m)
	must(w.t, err)
	return r
}

func (w *world) deliverAll(r []Receipt) {
	w.t.Helper()
	results, err := w.box.DeliverAll(w.t.Context(), ws, r)
	must(w.t, err)
	for i, got := range results {
		if got.State != Written {
			w.t.Errorf("%s is %s: %s", r[i].Key.Object, got.State, got.Why)
		}
	}
}

func (w *world) writing(id, part string) gateway.Writing {
	w.t.Helper()
	all, err := w.db.In(ws).Writings(w.t.Context(), gateway.KindMeeting, id)
	must(w.t, err)
	for _, one := range all {
		if one.Part == part {
			return one
		}
	}
	w.t.Fatalf("meeting %s has no part %s: %+v", id, part, all)
	return gateway.Writing{}
}

func (w *world) notes(places string) {
	w.t.Helper()
	rows, err := w.db.In(ws).Settings(w.t.Context(), gateway.OrgScope)
	must(w.t, err)
	_, err = w.db.In(ws).SaveSetting(w.t.Context(), gateway.SettingRow{
		Scope: gateway.OrgScope, Tab: gateway.TabNotes, Body: []byte(`{"auto_events":true,"meeting_notes":[` + places + `],"call_notes":["task"]}`),
	}, rows[gateway.TabNotes].Revision)
	must(w.t, err)
}

var start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

func weekly(status gateway.MeetingStatus) gateway.Meeting {
	return gateway.Meeting{
		ExternalID: "m1", Title: "Weekly", Source: gateway.FromCalendar, Status: status, StartsAt: start, EndsAt: start.Add(time.Hour),
		Participants: []gateway.Participant{{Email: "ann@example.com", Name: "Ann"}},
	}
}

// AVM-10, AVM-12, DEM-05
func TestOneEventFollowsItsMeeting(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.mirror(gateway.Record{Key: key(1), Fields: gateway.Fields{"Email": `"ann@example.com"`, "LastName": `"Lee"`}})
		w.deliverAll(w.meeting(weekly(gateway.MeetingScheduled)))
		event := w.writing("m1", "event").Key
		fields := w.org.get(event.ID)
		same(t, "DEM-05 who", fields["WhoId"], gateway.Text(key(1).ID))
		calls := w.org.callCount()
		w.deliverAll(w.meeting(weekly(gateway.MeetingScheduled)))
		same(t, "repeating writes nothing", w.org.callCount(), calls)

		w.org.put(event.ID, fields.Overlay(gateway.Fields{"Subject": `"Renamed there"`}))
		moved := weekly(gateway.MeetingScheduled)
		moved.StartsAt = start.Add(-time.Hour)
		w.deliverAll(w.meeting(moved))
		last := w.org.calls[len(w.org.calls)-1][0]
		same(t, "AVM-12 the same Event", last.Key, event)
		same(t, "what goes together", last.Fields, gateway.Fields{"StartDateTime": gateway.Instant(moved.StartsAt), "EndDateTime": gateway.Instant(moved.EndsAt)})
		same(t, "a correction made there stays", w.org.get(event.ID)["Subject"], gateway.Value(`"Renamed there"`))

		moved.Status = gateway.MeetingCancelled
		w.deliverAll(w.meeting(moved))
		same(t, "cancelled", w.org.get(event.ID)["Subject"], gateway.Value(`"Canceled: Weekly"`))
		same(t, "events made", w.org.madeFor(gateway.LocalID(ws, "meeting", "m1", "event")), 1)
	})
}

// AVM-12
func TestEventThatWasDeletedThereIsNotMadeAgain(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.deliverAll(w.meeting(weekly(gateway.MeetingScheduled)))
		event := w.writing("m1", "event").Key
		w.mirror(gateway.Record{Key: event, Fields: gateway.Fields{}, Deleted: true, Version: gateway.Version{CommitAt: 9_000_000_000_000}})
		m := weekly(gateway.MeetingCompleted)
		for range 2 {
			for _, r := range w.meeting(m) {
				if r.Key.Object == "Event" || r.Key.Object == "Task" {
					t.Errorf("owed again, or in another way: %+v", r)
				}
			}
		}
		if got := w.writing("m1", "event"); got.Key != event || !strings.Contains(got.Omitted, "deleted in Salesforce") {
			t.Errorf("writing = %+v", got)
		}
		page, err := w.db.In(ws).Log(t.Context(), store.LogQuery{State: string(gateway.LogSkipped), Search: "second time"})
		must(t, err)
		same(t, "said once", page.Total, 1)
	})
}

func noteWorld(t *testing.T, url string) (*world, gateway.Meeting) {
	w := newWorld(t, url)
	must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{noteSchema(), linkSchema()}))
	w.notes(`"note"`)
	w.mirror(
		gateway.Record{Key: key(1), Fields: gateway.Fields{"Email": `"ann@example.com"`, "LastName": `"Lee"`, "AccountId": `"001550000000001AAA"`}},
		gateway.Record{Key: gateway.RecordKey{Object: "Account", ID: "001550000000001AAA"}, Fields: gateway.Fields{"Name": `"Acme"`}},
	)
	m := weekly(gateway.MeetingCompleted)
	m.Notes = "- price"
	return w, m
}

func noteSchema() gateway.Schema {
	return gateway.Schema{Object: "ContentNote", Createable: true, Fields: []gateway.Field{
		{Name: "Title", Type: "string", Length: 255, Createable: true, Updateable: true}, {Name: "Content", Type: "base64", Createable: true, Updateable: true, Nillable: true},
	}}
}

func linkSchema() gateway.Schema {
	s := gateway.Schema{Object: "ContentDocumentLink"}
	for _, name := range []string{"ContentDocumentId", "LinkedEntityId", "ShareType"} {
		s.Fields = append(s.Fields, gateway.Field{Name: name, Type: "string", Createable: true})
	}
	return s
}

// AVM-06, AVM-14, F-52: the links wait for the note's id, and go in one call.
func TestNoteGoesBeforeItsLinks(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w, m := noteWorld(t, url)
		w.deliverAll(w.meeting(m))
		note := w.writing("m1", "note").Key
		linked := map[gateway.Value]bool{}
		for _, part := range []string{"note-link:person:ann@example.com", "note-link:account:001550000000001AAA"} {
			f := w.org.get(w.writing("m1", part).Key.ID)
			same(t, part, f["ContentDocumentId"], gateway.Text(note.ID))
			linked[f["LinkedEntityId"]] = true
		}
		same(t, "linked", linked, map[gateway.Value]bool{gateway.Text(key(1).ID): true, `"001550000000001AAA"`: true})
		same(t, "calls: Event, note, links", w.org.callCount(), 3)
		m.Notes = "- price\n- terms"
		w.deliverAll(w.meeting(m))
		same(t, "the same note again", w.org.calls[len(w.org.calls)-1][0].Key, note)
		same(t, "calls after", w.org.callCount(), 4)
	})
}

// F-51, F-52: whatever is lost or killed on the way, there is one Event, one
// note and each link once.
func TestKilledAtEachStepTheMeetingIsWrittenOnce(t *testing.T) {
	for step := range 3 {
		for name, after := range map[string]bool{"before the call": false, "after the call": true} {
			t.Run(fmt.Sprint(name, " ", step), func(t *testing.T) {
				storetest.Engines(t, func(t *testing.T, url string) { killedAt(t, url, step, after) })
			})
		}
	}
}

func killedAt(t *testing.T, url string, step int, after bool) {
	w, m := noteWorld(t, url)
	called := 0
	w.org.script(func(o *org) {
		if after { // the answer is lost, and the process with it
			o.lose = func() bool { called++; return called == step+1 }
			return
		}
		o.answer = func(gateway.Change) gateway.Delivery {
			if called++; called == step+1 {
				return gateway.Delivery{Unknown: true, Err: gateway.Errorf(gateway.CodeSFDown, "killed")}
			}
			return gateway.Delivery{}
		}
	})
	_, err := w.box.DeliverAll(t.Context(), ws, w.meeting(m))
	must(t, err)
	w.restart()
	w.meeting(m) // the product repeats its call
	for range 20 {
		w.clock.forward(time.Minute)
		w.round()
	}
	same(t, "idle", w.idle(), true)
	for _, part := range []string{"event", "note", "note-link:person:ann@example.com", "note-link:account:001550000000001AAA"} {
		same(t, part, w.org.madeFor(gateway.LocalID(ws, "meeting", "m1", part)), 1)
		same(t, part+" has its id", w.writing("m1", part).Key.Local(), false)
	}
}

// AVM-31: the Event names a contact that is created first; one that Salesforce
// refuses holds nothing up.
func TestEventGoesWithoutTheContactThatWasRefused(t *testing.T) {
	for name, refused := range map[string]bool{"created": false, "refused": true} {
		t.Run(name, func(t *testing.T) {
			storetest.Engines(t, func(t *testing.T, url string) { contactFirst(t, url, refused) })
		})
	}
}

func contactFirst(t *testing.T, url string, refused bool) {
	w := newWorld(t, url)
	must(t, w.db.In(ws).CreateMember(t.Context(), gateway.Member{
		ID: "u1", Workspace: ws, Email: "rita@ours.example", Name: "Rita", Role: gateway.RoleRep, Team: "Sales",
	}))
	_, err := w.db.In(ws).SaveSetting(t.Context(), gateway.SettingRow{
		Scope: gateway.OrgScope, Tab: gateway.TabContacts, Body: []byte(`{"auto_create":true,"teams":["Sales"],"cap_meeting":9,"cap_hour":9,"chain":[{"by":"email"}]}`),
	}, 0)
	must(t, err)
	w.org.script(func(o *org) {
		o.answer = func(c gateway.Change) gateway.Delivery {
			if refused && c.Key.Object == "Contact" {
				return refuse(gateway.CodeSFValidation)
			}
			return gateway.Delivery{}
		}
	})
	m := weekly(gateway.MeetingScheduled)
	m.Organizer = "rita@ours.example"
	_, err = w.box.DeliverAll(t.Context(), ws, w.meeting(m))
	must(t, err)
	for range 3 {
		w.clock.forward(time.Minute)
		w.round()
	}
	who := w.org.get(w.writing("m1", "event").Key.ID)["WhoId"]
	contact := w.writing("m1", "contact:ann@example.com").Key
	if refused && (who != "" || !contact.Local()) || !refused && who != gateway.Text(contact.ID) {
		t.Errorf("refused %v: WhoId = %s, contact = %v", refused, who, contact)
	}
}

func TestMeetingNeedsAnID(t *testing.T) {
	w := newWorld(t, "sqlite://"+t.TempDir()+"/a.db")
	_, err := w.box.SubmitMeeting(context.Background(), ws, gateway.Meeting{})
	wantCode(t, err, gateway.CodeInvalid)
}
