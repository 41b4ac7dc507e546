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
