package storetest

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

func meetings(t *testing.T, s *suite) {
	w := s.workspace(t)
	at := s.clock.Now().Truncate(time.Millisecond)
	meeting := func(n int) gateway.Meeting {
		return gateway.Meeting{
			ExternalID: fmt.Sprint("m", n), Title: fmt.Sprint("Weekly 100% ", n), Source: gateway.FromCalendar, Status: gateway.MeetingScheduled,
			StartsAt: at.Add(time.Duration(n/2) * time.Hour), EndsAt: at.Add(time.Duration(n) * time.Hour), Organizer: "ann@example.com",
			Participants: []gateway.Participant{{Email: fmt.Sprint("bo", n, "@example.com"), Name: "Bo"}},
			ActionItems:  []gateway.ActionItem{{Text: "Call\x00", DueOn: "2026-05-31"}}, Topics: map[string][]gateway.TopicNote{"a": {{Text: "x", At: 1.5}}},
		}
	}
	save := func(m gateway.Meeting) {
		t.Helper()
		ok(t, w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.SaveMeeting(ctx, m) }))
	}
	for n := range 5 {
		save(meeting(n))
	}
	changed := meeting(1)
	changed.Status = gateway.MeetingCompleted
	save(changed)
	got, err := w.Meeting(t.Context(), "m1")
	ok(t, err)
	changed.UpdatedAt, changed.ActionItems[0].Text = s.clock.Now(), got.ActionItems[0].Text // what no column takes may go
	if !reflect.DeepEqual(got, changed) {
		t.Errorf("got %+v, want %+v", got, changed)
	}
	_, err = w.Meeting(t.Context(), "m9")
	wantCode(t, err, gateway.CodeNotFound)
	_, err = s.db.In("elsewhere").Meeting(t.Context(), "m1")
	wantCode(t, err, gateway.CodeNotFound)

	ids := func(q store.SaidQuery) (string, store.SaidPage[gateway.Meeting]) {
		t.Helper()
		page, err := w.Meetings(t.Context(), q)
		ok(t, err)
		text := ""
		for _, m := range page.Items {
			text += m.ExternalID + " "
		}
		return text, page
	}
	first, page := ids(store.SaidQuery{Limit: 2})
	second, next := ids(store.SaidQuery{Limit: 2, After: page.Next})
	back, _ := ids(store.SaidQuery{Limit: 2, Before: next.Prev})
	if first != "m4 m3 " || second != "m2 m1 " || back != first || page.Total != 5 || page.Prev != "" {
		t.Errorf("pages: %q %q %q, %d in all", first, second, back, page.Total)
	}
	if got, _ := ids(store.SaidQuery{Search: "BO3@"}); got != "m3 " {
		t.Errorf("by participant: %q", got)
	}
	if got, _ := ids(store.SaidQuery{Search: "100% 2"}); got != "m2 " {
		t.Errorf("by title: %q", got)
	}
	if got, _ := ids(store.SaidQuery{Status: "completed", Owner: "Ann@Example.com"}); got != "m1 " {
		t.Errorf("by status: %q", got)
	}
	_, err = w.Meetings(t.Context(), store.SaidQuery{After: "nonsense"})
	wantCode(t, err, gateway.CodeInvalid)
}

func writings(t *testing.T, s *suite) {
	w := s.workspace(t)
	local := gateway.RecordKey{Object: "Contact", ID: gateway.LocalID(w.ID(), "participant", "a@example.com", "contact")}
	real := gateway.RecordKey{Object: "Contact", ID: "003000000000001AAA"}
	first := gateway.Writing{Kind: "meeting", ExternalID: "m1", Part: "contact:a@example.com", Key: local, Wanted: gateway.Fields{"LastName": `"A"`}, Reason: "r", LogID: 7, At: s.clock.Now()}
	ok(t, w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		other := first
		other.ExternalID = "m2"
		for _, one := range []gateway.Writing{first, other, {Kind: "meeting", ExternalID: "m1", Part: "event", Key: gateway.RecordKey{Object: "Event"}, Wanted: gateway.Fields{}, Omitted: "off"}} {
			ok(t, tx.SaveWriting(ctx, one))
		}
		return tx.SaveChange(ctx, gateway.Change{Key: local, Op: gateway.OpCreate, Edit: 1, State: gateway.StateWaiting, Fields: gateway.Fields{}})
	}))
	n, err := w.ContactsSince(t.Context(), s.clock.Now())
	ok(t, err)
	if n != 2 {
		t.Errorf("%d contacts", n)
	}
	given := func(want map[string]gateway.RecordKey, owing int) {
		t.Helper()
		ok(t, w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.Given(ctx, []string{local.ID, "local:nobody"})
			ok(t, err)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("given %v", got)
			}
			waiting, err := tx.Owing(ctx, []string{local.ID})
			if len(waiting) != owing {
				t.Errorf("owing %v", waiting)
			}
			return err
		}))
	}
	given(map[string]gateway.RecordKey{}, 1)
	many, waiting, err := w.WritingsFor(t.Context(), "meeting", []string{"m1", "m2", "m3"})
	ok(t, err)
	if len(many["m1"]) != 2 || len(many["m2"]) != 1 || len(waiting) != 1 || waiting[local].Op != gateway.OpCreate {
		t.Errorf("of several: %+v, waiting %+v", many, waiting)
	}
	ok(t, w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.RekeyRecords(ctx, local.Object, map[string]string{local.ID: real.ID})
	}))
	given(map[string]gateway.RecordKey{local.ID: real}, 0)
	got, err := w.Writings(t.Context(), "meeting", "m1")
	ok(t, err)
	first.Key = real
	if len(got) != 2 || !reflect.DeepEqual(got[0], first) || got[1].Omitted != "off" || got[1].At.IsZero() {
		t.Errorf("got %+v", got)
	}
	of, err := w.WritingsOf(t.Context(), real)
	ok(t, err)
	if len(of) != 2 || of[1].ExternalID != "m2" {
		t.Errorf("of the record: %+v", of)
	}
}

func conversations(t *testing.T, s *suite) {
	w := s.workspace(t)
	at := s.clock.Now().Truncate(time.Millisecond)
	c := gateway.Conversation{ExternalID: "v1", Channel: gateway.ChannelChat, Person: "p1", StartedAt: at, Answers: gateway.Fields{"a": `"b"`}}
	message := func(id, text string, after time.Duration) gateway.Message {
		return gateway.Message{ExternalID: id, Direction: "inbound", Text: text, At: at.Add(after)}
	}
	save := func(messages ...gateway.Message) {
		t.Helper()
		ok(t, w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.SaveConversation(ctx, c, messages) }))
	}
	save(message("2", "second", time.Second))
	save(message("1", "first", 0), message("2", "corrected", time.Second))
	got, err := w.Messages(t.Context(), "v1")
	ok(t, err)
	if len(got) != 2 || got[0] != message("1", "first", 0) || got[1].Text != "corrected" {
		t.Errorf("messages %+v", got)
	}
	back, err := w.Conversation(t.Context(), "v1")
	ok(t, err)
	c.UpdatedAt = s.clock.Now()
	if !reflect.DeepEqual(back, c) {
		t.Errorf("got %+v", back)
	}
	page, err := w.Conversations(t.Context(), store.SaidQuery{Search: "P1"})
	ok(t, err)
	if page.Total != 1 {
		t.Errorf("%d conversations", page.Total)
	}
	call := gateway.Call{ExternalID: "c1", Direction: "inbound", From: "+1", StartedAt: at, Seconds: 7}
	email := gateway.Email{ExternalID: "e1", From: "a@example.com", To: []string{"b@example.com"}, SentAt: at}
	ok(t, w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		ok(t, tx.SaveCall(ctx, call))
		_, err := tx.LockSaid(ctx, gateway.KindCall, "nobody told")
		wantCode(t, err, gateway.CodeNotFound)
		return tx.SaveEmail(ctx, email)
	}))
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveCustomRecord(ctx, gateway.CustomRecord{Kind: "risk", ExternalID: "1", Properties: gateway.Fields{"a": "1"}})
	})
	gotCall, err := w.Call(t.Context(), "c1")
	ok(t, err)
	gotEmail, err := w.Email(t.Context(), "e1")
	ok(t, err)
	custom, err := w.CustomRecord(t.Context(), "risk", "1")
	ok(t, err)
	if gotCall.Seconds != 7 || gotEmail.To[0] != "b@example.com" || custom.Properties["a"] != "1" {
		t.Errorf("got %+v %+v %+v", gotCall, gotEmail, custom)
	}
	_, err = w.CustomRecord(t.Context(), "other", "1")
	wantCode(t, err, gateway.CodeNotFound)
	for search, want := range map[string]int{"": 1, "PROP": 0, "1": 1} {
		page, err := w.CustomRecords(t.Context(), "risk", store.SaidQuery{Search: search})
		if ok(t, err); page.Total != want || len(page.Items) != want {
			t.Errorf("“%s” finds %d records of the kind", search, page.Total)
		}
	}
	if n, err := w.CountSaid(t.Context(), gateway.KindCustom); err != nil || n != 1 {
		t.Errorf("%d records of the product's own kinds, %v", n, err)
	}
	if all, err := w.Said(t.Context(), gateway.KindCustom, "", "", 9); err != nil || len(all) != 1 || all[0].Custom.Kind != "risk" {
		t.Errorf("records of the product's own kinds: %+v, %v", all, err)
	}
	n, err := w.CountSaid(t.Context(), "")
	ok(t, err)
	first, err := w.Said(t.Context(), "", "", "", 2)
	ok(t, err)
	rest, err := w.Said(t.Context(), "", gateway.KindConversation, "v1", 2)
	ok(t, err)
	if n != 4 || len(first) != 2 || len(rest) != 2 || first[0].Call.Seconds != 7 || first[1].Conversation.Person != "p1" || rest[0].Custom.Kind != "risk" || rest[1].Email.To[0] != "b@example.com" {
		t.Errorf("%d things said: %+v, then %+v", n, first, rest)
	}
}

// pausing proves that nobody claims what is owed to a paused object, and that it
// goes out when that is resumed (UX 12).
func pausing(t *testing.T, s *suite) {
	w := s.workspace(t)
	enqueue(t, w, change("003P", 1, gateway.Fields{"Title": `"Waits"`}))
	lead := change("00QP", 1, gateway.Fields{"Title": `"Goes"`})
	lead.Key.Object = "Lead"
	enqueue(t, w, lead)
	pause := func(paused, changed bool) {
		t.Helper()
		before, err := w.TermsMark(t.Context())
		ok(t, err)
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			did, err := tx.PauseObject(ctx, "Contact", "Ann", paused)
			if did != changed {
				t.Errorf("pausing %v changed something: %v", paused, did)
			}
			return err
		})
		after, err := w.TermsMark(t.Context())
		if ok(t, err); (before != after) != changed {
			t.Errorf("the terms are others: %v", before != after)
		}
	}
	claimed := func() (objects []string) {
		t.Helper()
		for _, object := range []string{"", "Contact"} {
			got, err := s.db.Claim(t.Context(), store.ClaimRequest{Workspace: gateway.WorkspaceID(t.Name()), Object: object, Lease: t.Name() + object, For: time.Minute, Limit: 5})
			ok(t, err)
			for _, c := range got {
				objects = append(objects, c.Key.Object)
			}
		}
		return objects
	}
	pause(true, true)
	pause(true, false)
	if got := claimed(); !reflect.DeepEqual(got, []string{"Lead"}) {
		t.Errorf("claimed %v", got)
	}
	all, err := w.PausedObjects(t.Context())
	if ok(t, err); all["Contact"].By != "Ann" || !all["Contact"].At.Equal(s.clock.Now()) {
		t.Errorf("paused are %+v", all)
	}
	pause(false, true)
	pause(false, false)
	if got := claimed(); !reflect.DeepEqual(got, []string{"Contact"}) {
		t.Errorf("resumed, claimed %v", got)
	}
}
