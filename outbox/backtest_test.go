package outbox

import (
	"fmt"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/store"
)

// lately are meetings of the last days, as they are told.
func lately(w *world, m gateway.Meeting, n int) []gateway.Meeting {
	out := make([]gateway.Meeting, n)
	for i := range out {
		out[i] = m
		out[i].ExternalID, out[i].Title = fmt.Sprint("m", i), fmt.Sprint("Weekly ", i)
		out[i].StartsAt = w.clock.now().Truncate(time.Second).AddDate(0, 0, -1-i)
		out[i].EndsAt = out[i].StartsAt.Add(time.Hour)
	}
	return out
}

// becomes is what parts a meeting has become, with the objects.
func (w *world) becomes(id string) map[string]string {
	w.t.Helper()
	all, err := w.db.In(ws).Writings(w.t.Context(), gateway.KindMeeting, id)
	must(w.t, err)
	out := map[string]string{}
	for _, one := range all {
		if one.Key.ID != "" && one.Omitted == "" {
			out[one.Part] = one.Key.Object
		}
	}
	return out
}

// Issue 5 point 10, M5: with the settings in force a backtest finds all as it
// was; with others it says part by part what the same meetings become when they
// are told under those, and nothing is saved by looking.
func TestBacktestSaysWhatTheSameMeetingsBecome_M5(t *testing.T) {
	told := func(places string) (*world, []gateway.Meeting) {
		w, m := noteWorld(t, sqlite(t))
		w.notes(places)
		all := lately(w, m, 3)
		for _, one := range all {
			w.deliverAll(w.meeting(one))
		}
		old := m
		old.ExternalID, old.StartsAt = "old", w.clock.now().AddDate(0, 0, -BacktestDays-1)
		w.deliverAll(w.meeting(old))
		return w, all
	}
	w, all := told(`"event"`)
	calls := w.org.callCount()
	was, err := w.box.Backtest(t.Context(), ws, nil, false)
	must(t, err)
	same(t, "looked at", was.Looked, 3)
	same(t, "things that would differ", was.Things, 0)
	for _, row := range was.Rows {
		if row.Outcome != effect.AsItWas && row.Outcome != effect.Left {
			t.Errorf("with the settings in force: %+v", row)
		}
	}

	s := w.inForce()
	s.Notes.MeetingNotes = []string{"note"}
	then, err := w.box.Backtest(t.Context(), ws, &Proposal{Settings: s}, true)
	must(t, err)
	same(t, "things that differ", then.Things, 3)
	same(t, "sampled", then.Sampled(), false)
	replayed, _ := told(`"note"`)
	for _, m := range all {
		got := map[string]string{}
		for _, row := range then.Rows {
			if row.ID == m.ExternalID && row.Outcome != effect.Left && row.Outcome != effect.WouldNot {
				got[row.Part] = row.Then.Object
			}
		}
		same(t, "a meeting becomes", got, replayed.becomes(m.ExternalID))
	}
	w.round()
	same(t, "looking wrote", w.org.callCount(), calls)
}

// AVM-31: whom settings would have created is named, and who was created then
// is no difference.
func TestBacktestSaysWhomItWouldCreate(t *testing.T) {
	w, m := noteWorld(t, sqlite(t))
	w.notes(`"event"`)
	must(t, w.db.In(ws).CreateMember(t.Context(), gateway.Member{ID: "u1", Workspace: ws, Email: "rita@ours.example", Name: "Rita", Role: gateway.RoleRep, Team: "Sales"}))
	m.Organizer = "rita@ours.example"
	m.Participants = append(m.Participants, gateway.Participant{Email: "new@client.example", Name: "Nel New"})
	for _, one := range lately(w, m, 1) {
		w.deliverAll(w.meeting(one))
	}
	s := w.inForce()
	s.Contacts.AutoCreate, s.Contacts.Teams = true, []string{"Sales"}
	s.Contacts.Chain = []gateway.MatchStep{{By: "email"}}
	got, err := w.box.Backtest(t.Context(), ws, &Proposal{Settings: s}, true)
	must(t, err)
	same(t, "created", len(got.Created), 1)
	same(t, "things that differ", got.Things, 1)
	if got.Calls < 2 {
		t.Errorf("%d calls", got.Calls)
	}
}

// Of many things an even sample is looked at.
func TestBacktestSamplesEvenly(t *testing.T) {
	keys := make([]store.SaidKey, 1001)
	for i := range keys {
		keys[i].ExternalID = fmt.Sprint(i)
	}
	got := sample(keys, 100)
	same(t, "sampled", len(got), 100)
	same(t, "first", got[0].ExternalID, "0")
	same(t, "last", got[99].ExternalID, "990")
	same(t, "few are all looked at", len(sample(keys[:7], 100)), 7)
}
