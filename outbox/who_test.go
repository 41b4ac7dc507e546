package outbox

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// revisit does what the Replanner does of itself, and sends what that leads to.
func (w *world) revisit() {
	w.t.Helper()
	for range 3 { // what is decided by it may let others go on
		must(w.t, w.box.Replanner().revisit(w.t.Context()))
	}
	w.clock.forward(time.Minute)
	w.round()
}

func (w *world) linkOf(kind, id string) gateway.Link {
	w.t.Helper()
	l, err := w.db.In(ws).LinkOf(w.t.Context(), kind, id)
	must(w.t, err)
	return l
}

func (w *world) whoIsUndecided(state gateway.UndecidedState) []string {
	w.t.Helper()
	all, err := w.db.In(ws).Undecided(w.t.Context(), state, gateway.Who{}, 100)
	must(w.t, err)
	out := []string{}
	for _, u := range all {
		out = append(out, u.Kind+" "+u.ID)
	}
	return out
}

func contactOf(n int, email string) gateway.Record {
	return gateway.Record{Key: key(n), Fields: gateway.Fields{"Email": gateway.Text(email), "LastName": `"Lee"`}}
}

// both is a test of both engines.
func both(f func(t *testing.T, url string)) func(*testing.T) {
	return func(t *testing.T) { storetest.Engines(t, f) }
}

const (
	ann  = "ann@example.com"
	kind = gateway.KindParticipant
)

// AVC-10, UX-42: who took part once stays the record that he was found to be,
// with the evidence, though his address there is another one now.
func TestParticipantStaysWhoHeWas(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.mirror(contactOf(1, ann))
		w.deliverAll(w.meeting(weekly(gateway.MeetingScheduled)))
		l := w.linkOf(kind, ann)
		same(t, "AVC-10 link", l.Key, key(1))
		same(t, "UX-42 why", l.Reason, "matched by email "+ann)
		moved := contactOf(1, "other@example.com")
		moved.Version = gateway.Version{CommitAt: 2000}
		w.mirror(moved)
		w.mirror(contactOf(2, ann))
		second := weekly(gateway.MeetingScheduled)
		second.ExternalID = "m2"
		w.deliverAll(w.meeting(second))
		same(t, "AVC-10 who", w.org.get(w.writing("m2", "event").Key.ID)["WhoId"], gateway.Text(key(1).ID))
		history, err := w.db.In(ws).LinkHistory(t.Context(), kind, ann)
		must(t, err)
		same(t, "linked once", len(history), 1)
	})
}

// UX-42: what a person decides about a participant holds for good, for the
// person of the product who has the address too, and moves what was written.
func TestChoiceOfAPersonHoldsForAParticipant(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.mirror(contactOf(1, ann))
		w.mirror(contactOf(2, "boss@example.com"))
		w.deliverAll(w.meeting(weekly(gateway.MeetingScheduled)))
		event := w.writing("m1", "event").Key
		must(t, w.box.ChooseLink(t.Context(), ws, kind, ann, key(2), "Rita"))
		w.revisit()
		same(t, "the Event moved", w.org.get(event.ID)["WhoId"], gateway.Text(key(2).ID))
		line := w.line(w.writing("m1", "event").LogID)
		if !strings.Contains(line.Cause.Rule, "chosen by Rita") {
			t.Errorf("the log does not say why: %q", line.Cause.Rule)
		}
		calls := w.org.callCount()
		w.revisit()
		same(t, "written once", w.org.callCount(), calls)
		r := w.person(gateway.Person{ExternalID: "p1", Email: ann, LastName: "Lee"})
		same(t, "the person is the participant", r.Key, key(2))
		if l := w.linkOf(linkPerson, "p1"); !strings.Contains(l.Reason, "chosen by Rita") {
			t.Errorf("why: %q", l.Reason)
		}
		must(t, w.box.ChooseLink(t.Context(), ws, kind, ann, gateway.RecordKey{}, "Rita"))
		second := weekly(gateway.MeetingScheduled)
		second.ExternalID = "m2"
		w.deliverAll(w.meeting(second))
		w.revisit()
		same(t, "unlinked", w.org.get(w.writing("m2", "event").Key.ID)["WhoId"], gateway.Value(""))
		same(t, "what was written before", w.org.get(event.ID)["WhoId"], gateway.Null)
		same(t, "it waits for nobody", w.whoIsUndecided(gateway.UndecidedSeveral), []string{})
	})
}

// AIM-24, UX-42: nobody is guessed where several fit. They wait for a person,
// and what they take part in goes on by itself once he chose, made a new record
// or ignored them.
func TestSeveralWhoFitWaitForAPerson(t *testing.T) {
	for name, tt := range map[string]struct {
		to  gateway.RecordKey
		who func(w *world) gateway.Value
	}{
		"chosen":  {key(2), func(*world) gateway.Value { return gateway.Text(key(2).ID) }},
		"ignored": {gateway.RecordKey{}, func(*world) gateway.Value { return "" }},
		"created": {gateway.RecordKey{Object: "Contact"}, func(w *world) gateway.Value { return gateway.Text(w.linkOf(kind, ann).Key.ID) }},
	} {
		t.Run(name, both(func(t *testing.T, url string) {
			w := newWorld(t, url)
			w.mirror(contactOf(1, ann))
			w.mirror(contactOf(2, ann))
			w.deliverAll(w.meeting(weekly(gateway.MeetingScheduled)))
			event := w.writing("m1", "event").Key
			same(t, "nobody is guessed", w.org.get(event.ID)["WhoId"], gateway.Value(""))
			same(t, "who waits", w.whoIsUndecided(gateway.UndecidedSeveral), []string{"participant " + ann})
			must(t, w.box.ChooseLink(t.Context(), ws, kind, ann, tt.to, "Rita"))
			w.revisit()
			w.revisit()
			same(t, "the Event", w.org.get(event.ID)["WhoId"], tt.who(w))
			same(t, "who waits then", w.whoIsUndecided(gateway.UndecidedSeveral), []string{})
			made := w.org.madeFor(gateway.LocalID(ws, "participant", ann, "contact"))
			same(t, "contacts made", made, map[bool]int{true: 1}[name == "created"])
			if l := w.linkOf(kind, ann); !l.Pinned || l.By != "Rita" || local(l.Key) {
				t.Errorf("link %+v", l)
			}
		}))
	}
}

// UX-42: a person of the product of whom several fit waits alike; the same
// choice lets him go on.
func TestPersonWhomSeveralFitGoesOnOnceChosen(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"))
	w.mirror(contactOf(1, ann))
	w.mirror(contactOf(2, ann))
	same(t, "state", w.person(gateway.Person{ExternalID: "p1", Email: ann, Title: "Head of Sales"}).State, NeedsYou)
	same(t, "who waits", w.whoIsUndecided(gateway.UndecidedSeveral), []string{"person p1"})
	must(t, w.box.ChooseLink(t.Context(), ws, linkPerson, "p1", key(2), "Rita"))
	w.revisit()
	same(t, "the title", w.org.get(key(2).ID)["Title"], gateway.Value(`"Head of Sales"`))
	same(t, "who waits then", w.whoIsUndecided(gateway.UndecidedSeveral), []string{})
	if err := w.box.ChooseLink(t.Context(), ws, linkPerson, "p9", key(2), "Rita"); gateway.CodeOf(err) != gateway.CodeNotFound {
		t.Errorf("somebody who is not here: %v", err)
	}
}

// AIM-22, DEM-05: what was written before its contact was there gets it as soon
// as it is, once, whichever way the contact comes.
func TestEventGetsItsContactLater(t *testing.T) {
	for name, come := range map[string]func(w *world){
		"made in Salesforce": func(w *world) { w.mirror(contactOf(1, ann)) },
		"told of by the product": func(w *world) {
			w.deliver(w.person(gateway.Person{ExternalID: "p1", Email: ann, LastName: "Lee"}))
		},
		"merged there": func(w *world) {
			w.mirror(contactOf(1, ann))
			w.mirror(contactOf(2, ann))
			gone := contactOf(2, ann)
			gone.Deleted, gone.Version = true, gateway.Version{CommitAt: 3000}
			w.mirror(gone)
		},
	} {
		t.Run(name, both(func(t *testing.T, url string) {
			w := newWorld(t, url)
			w.deliverAll(w.meeting(weekly(gateway.MeetingScheduled)))
			call := gateway.Call{ExternalID: "c1", Direction: "outbound", To: "+44 20 7946 0018", Person: "p1", StartedAt: start, Seconds: 60}
			_, err := w.box.SubmitCall(t.Context(), ws, call)
			must(t, err)
			event := w.writing("m1", "event").Key
			same(t, "before", w.org.get(event.ID)["WhoId"], gateway.Value(""))
			come(w)
			w.revisit()
			l := w.linkOf(kind, ann)
			same(t, "the Event", w.org.get(event.ID)["WhoId"], gateway.Text(l.Key.ID))
			line := w.line(w.writing("m1", "event").LogID)
			if !strings.Contains(line.Cause.Rule, "Planned anew") {
				t.Errorf("the log does not say why: %q", line.Cause.Rule)
			}
			if name == "told of by the product" {
				all, err := w.db.In(ws).Writings(t.Context(), gateway.KindCall, "c1")
				must(t, err)
				if len(all) == 0 || w.org.get(byPart(all)["task"].Key.ID)["WhoId"] != gateway.Text(l.Key.ID) {
					t.Errorf("the call: %+v", all)
				}
			}
			calls := w.org.callCount()
			w.revisit()
			same(t, "once", w.org.callCount(), calls)
			same(t, "events made", w.org.madeFor(gateway.LocalID(ws, "meeting", "m1", "event")), 1)
		}))
	}
}

// A process that dies between a decision and what follows of it leaves the
// revisit, which the next one does.
func TestRevisitIsDurable(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"))
	w.mirror(contactOf(1, ann))
	w.mirror(contactOf(2, ann))
	w.deliverAll(w.meeting(weekly(gateway.MeetingScheduled)))
	must(t, w.box.ChooseLink(t.Context(), ws, kind, ann, key(1), "Rita"))
	w.restart()
	all, err := w.db.In(ws).Revisits(t.Context(), 10)
	must(t, err)
	same(t, "revisits", len(all), 1)
	w.revisit()
	same(t, "the Event", w.org.get(w.writing("m1", "event").Key.ID)["WhoId"], gateway.Text(key(1).ID))
	if all, err = w.db.In(ws).Revisits(t.Context(), 10); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	must(t, w.db.In(ws).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.Revisit(ctx, gateway.Who{Kind: kind, ID: ann}, "again")
	}))
}
