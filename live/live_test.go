package live

import (
	"testing"

	"tidegate/gateway"
)

func TestOnlyWatchersOfTheWorkspaceAreTold(t *testing.T) {
	var h Hub
	ann := gateway.RecordKey{Object: "Contact", ID: "003000000000001AAA"}
	mine := h.Subscribe("a", func(k gateway.RecordKey) bool { return k == ann })
	other := h.Subscribe("a", func(k gateway.RecordKey) bool { return k.Object == "Lead" })
	foreign := h.Subscribe("b", nil)
	h.Announce("a", []gateway.RecordKey{ann})
	h.Announce("a", []gateway.RecordKey{ann})
	if len(mine.C) != 1 || len(other.C) != 0 || len(foreign.C) != 0 {
		t.Errorf("signals: mine %d, other %d, foreign %d; want 1 0 0", len(mine.C), len(other.C), len(foreign.C))
	}
	h.AnnounceAll()
	if len(mine.C) != 1 || len(other.C) != 1 || len(foreign.C) != 1 {
		t.Errorf("told to all: mine %d, other %d, foreign %d; want 1 each", len(mine.C), len(other.C), len(foreign.C))
	}
	for _, s := range []*Subscription{mine, other, foreign, mine} {
		s.Close()
	}
	if h.Open() != 0 {
		t.Errorf("%d subscriptions left open", h.Open())
	}
}

func TestPageThatOpensLateIsToldWhatItMissed(t *testing.T) {
	ann := gateway.RecordKey{Object: "Contact", ID: "003000000000001AAA"}
	bob := gateway.RecordKey{Object: "Contact", ID: "003000000000002AAA"}
	isAnn := func(k gateway.RecordKey) bool { return k == ann }
	many := make([]gateway.RecordKey, remembered+1)
	for i := range many {
		many[i] = bob
	}
	tests := []struct {
		name  string
		since func(h *Hub) Moment // nil: the moment before announce
		does  func(h *Hub)
		told  bool
	}{
		{name: "nothing happened", does: func(*Hub) {}},
		{name: "its record changed", does: func(h *Hub) { h.Announce("a", []gateway.RecordKey{bob, ann}) }, told: true},
		{name: "another record changed", does: func(h *Hub) { h.Announce("a", []gateway.RecordKey{bob}) }},
		{name: "the same id in another workspace", does: func(h *Hub) { h.Announce("b", []gateway.RecordKey{ann}) }},
		{name: "anything may have changed", does: func(h *Hub) { h.AnnounceAll() }, told: true},
		{name: "the rest of a full memory", does: func(h *Hub) { h.Announce("a", many[:remembered]) }},
		{name: "more than is remembered", does: func(h *Hub) { h.Announce("a", many) }, told: true},
		{name: "a moment of another process", since: func(*Hub) Moment { return (&Hub{}).Moment() }, does: func(*Hub) {}, told: true},
		{name: "a moment that is not there yet", since: func(h *Hub) Moment { return h.Moment() + 1 }, does: func(*Hub) {}, told: true},
		{name: "no moment", since: func(*Hub) Moment { return 0 }, does: func(*Hub) {}, told: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var h Hub
			h.Announce("a", []gateway.RecordKey{ann}) // before: seen by the page
			drawn := h.Moment()
			if tt.since != nil {
				drawn = tt.since(&h)
			}
			tt.does(&h)
			s := h.Subscribe("a", isAnn)
			defer s.Close()
			s.CatchUp(drawn)
			if told := len(s.C) == 1; told != tt.told {
				t.Errorf("told %v, want %v", told, tt.told)
			}
		})
	}
}
