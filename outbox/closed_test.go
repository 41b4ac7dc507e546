package outbox

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"tidegate/gateway"
)

// dealID is the n-th deal of a test.
func dealID(n int) gateway.RecordKey {
	id, _ := gateway.NormalizeID(fmt.Sprintf("006550000%06d", n))
	return gateway.RecordKey{Object: "Opportunity", ID: id}
}

// inDeals gives Ann, contact 1, a role in open deals that close in the order of
// their numbers.
func (w *world) inDeals(n int) {
	w.t.Helper()
	w.mirror(contactOf(1, ann))
	for i := 1; i <= n; i++ {
		role := gateway.RecordKey{Object: "OpportunityContactRole", ID: strings.Replace(dealID(i).ID, "006", "00K", 1)}
		w.mirror(w.deal(i, false), gateway.Record{Key: role, Fields: gateway.Fields{"ContactId": gateway.Text(key(1).ID), "OpportunityId": gateway.Text(dealID(i).ID)}})
	}
}

func (w *world) deal(n int, closed bool) gateway.Record {
	return gateway.Record{Key: dealID(n), Version: gateway.Version{CommitAt: map[bool]int64{false: 1000, true: 2000}[closed]}, Fields: gateway.Fields{
		"Name": gateway.Text(fmt.Sprint("Deal ", n)), "IsClosed": gateway.Bool(closed), "CloseDate": gateway.Text(fmt.Sprintf("2026-06-%02d", n)),
	}}
}

// DEM-07, DEM-08: which open deal gets a meeting is asked again where the one
// that was chosen closes before the Event is written; the log says so.
func TestDealThatClosesBeforeTheWriteIsAskedForAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		deals int
		gone  bool
		want  gateway.Value
	}{
		"another is open": {2, false, gateway.Text(dealID(2).ID)},
		"none is":         {1, false, ""},
		"it was deleted":  {2, true, gateway.Text(dealID(2).ID)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"))
			w.inDeals(tt.deals)
			receipts := w.meeting(weekly(gateway.MeetingScheduled))
			over := w.deal(1, true)
			over.Deleted = tt.gone
			w.mirror(over)
			result, err := w.box.DeliverAll(t.Context(), ws, receipts[:1])
			must(t, err)
			same(t, "kept back", result[0].State, Queued)
			same(t, "events made before", w.org.madeFor(gateway.LocalID(ws, "meeting", "m1", "event")), 0)
			w.revisit()
			w.revisit()
			event := w.writing("m1", "event")
			same(t, "the deal", strings.Trim(w.org.get(event.Key.ID)["WhatId"].String(), " "), tt.want.String())
			same(t, "who", w.org.get(event.Key.ID)["WhoId"], gateway.Text(key(1).ID))
			if line := w.line(event.LogID); !strings.Contains(line.Cause.Rule, "“Deal 1”") || !strings.Contains(line.Cause.Rule, "before this was written") {
				t.Errorf("the log does not say why: %q", line.Cause.Rule)
			}
			same(t, "idle", w.idle(), true)
		})
	}
}

// What stands on a deal stays there when the deal closes, also when the product
// tells of it once more.
func TestEventStaysOnTheDealThatClosedSince(t *testing.T) { // DEM-07, AVM-12
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"))
	w.inDeals(2)
	w.deliverAll(w.meeting(weekly(gateway.MeetingScheduled)))
	event := w.writing("m1", "event").Key
	w.mirror(w.deal(1, true))
	w.deliverAll(w.meeting(weekly(gateway.MeetingCompleted)))
	same(t, "the deal", w.org.get(event.ID)["WhatId"], gateway.Text(dealID(1).ID))
	second := weekly(gateway.MeetingScheduled)
	second.ExternalID = "m2"
	w.deliverAll(w.meeting(second))
	same(t, "the next meeting's", w.org.get(w.writing("m2", "event").Key.ID)["WhatId"], gateway.Text(dealID(2).ID))
}

// Where planning anew cannot change what waits, it is not kept back for ever.
func TestWhatNobodyPlansAnewGoesAfterAll(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"))
	w.inDeals(1)
	w.meeting(weekly(gateway.MeetingScheduled))
	s := w.inForce()
	s.Notes.Pilot = gateway.PilotSettings{On: true, Members: []string{"somebody"}}
	w.propose(t, s, gateway.TabNotes)
	w.mirror(w.deal(1, true))
	w.round()
	w.revisit()
	w.revisit()
	same(t, "events made", w.org.madeFor(gateway.LocalID(ws, "meeting", "m1", "event")), 1)
}
