package handlers

import (
	"context"
	"net/http"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// AVM-46, AVM-47: a deal's page has one summary of each topic with where each
// sentence was said; with the switch off, and for date-sensitive topics, what
// was noted stands per conversation.
func TestDealShowsItsTopics_AVM46_AVM47(t *testing.T) {
	w := newWorld(t)
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	topics := func(pain, action string) map[string][]gateway.TopicNote {
		return map[string][]gateway.TopicNote{"pain-points": {{Text: pain}}, "action-items": {{Text: action}}}
	}
	must(t, w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for id, m := range map[string]gateway.Meeting{
			"m1": {Title: "First call", StartsAt: at, Topics: topics("Nobody trusts the numbers.", "Send it by Friday.")},
			"m2": {Title: "Second call", StartsAt: at.AddDate(0, 0, 7), Topics: topics("Nobody trusts our numbers.", "Call on Monday.")},
			"m3": {Title: "Not held", StartsAt: at, Status: gateway.MeetingCancelled, Topics: topics("Never said.", "Never said.")},
		} {
			m.ExternalID = id
			if err := tx.SaveMeeting(ctx, m); err != nil {
				return err
			}
			if err := tx.SaveDealsOf(ctx, gateway.KindMeeting, id, []string{dealOf(home).ID}); err != nil {
				return err
			}
		}
		return nil
	}))
	b := w.as(home, gateway.RoleRep)
	path := "/deals/" + dealOf(home).ID
	off := b.get(path).want(http.StatusOK, "Smart Topics", "From 2 conversations", "listed per conversation", "Nobody trusts the numbers.", "Nobody trusts our numbers.", "Send it by Friday.")
	if contains(off.words(), "Never said.") {
		t.Error("what was noted in a canceled meeting is shown")
	}
	w.saveOrg(gateway.TabAdvanced, func(s *gateway.Settings) { s.Advanced.SummarizeTopics = true })
	on := b.get(path).want(http.StatusOK, "Its notes become one summary of the deal.", "Nobody trusts our numbers.", "First call", "Second call", "never summarized", "Send it by Friday.", "Call on Monday.")
	if contains(on.words(), "Nobody trusts the numbers.") {
		t.Error("what both say stands twice")
	}
}
