package handlers

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/summary"
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

type modelStub struct{}

func (modelStub) Word(context.Context, string, string) (string, error) { return "", nil }

// AVM-46: with a language model the deal says who worded what, where it is
// asked, and why it is not; Advanced Settings say what leaves the house.
func TestDealSaysWhoWordedItsTopics_AVM46(t *testing.T) {
	w := newWorld(t)
	at := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	must(t, w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		m := gateway.Meeting{ExternalID: "m1", Title: "First call", StartsAt: at, Topics: map[string][]gateway.TopicNote{"pain-points": {{Text: "Nobody trusts the numbers."}, {Text: "Every report takes a day."}}}}
		if err := tx.SaveMeeting(ctx, m); err != nil {
			return err
		}
		return tx.SaveDealsOf(ctx, gateway.KindMeeting, "m1", []string{dealOf(home).ID})
	}))
	rep, admin, path := w.as(home, gateway.RoleRep), w.as(home, gateway.RoleAdmin), "/deals/"+dealOf(home).ID
	admin.get(settingsBase+"/advanced").want(http.StatusOK, "nothing leaves Tidegate for it")
	w.server.Worder = w.server.Outbox.Worder(modelStub{}, "model.example", "small")
	admin.get(settingsBase+"/advanced").want(http.StatusOK, "are sent to model.example (model small)", "never those of the model")
	if off := rep.get(path).want(http.StatusOK); contains(off.words(), "language model") {
		t.Error("a model is asked though the switch is off")
	}
	w.saveOrg(gateway.TabAdvanced, func(s *gateway.Settings) { s.Advanced.SummarizeTopics = true })
	rep.get(path).want(http.StatusOK, "The language model is being asked.", "extracted, word for word", "Every report takes a day.")
	notes, err := outbox.DealNotes(t.Context(), w.db.In(home), dealOf(home))
	must(t, err)
	topics, err := w.db.In(home).Topics(t.Context())
	must(t, err)
	name := topics[slices.IndexFunc(topics, func(t gateway.Topic) bool { return t.Slug == "pain-points" })].Name
	g := gateway.Wording{Deal: dealOf(home).ID, Topic: "pain-points", Of: summary.Of("small", name, notes), Model: "small", Problem: "The language model has too much to do."}
	must(t, w.db.In(home).SaveWording(t.Context(), g))
	rep.get(path).want(http.StatusOK, "The language model has too much to do. These sentences are extracted", "Every report takes a day.")
	g.Problem, g.Lines = "", []gateway.WordedLine{{Text: "Reports take <b>a day</b>.", Sources: []gateway.WordedSource{{Kind: gateway.KindMeeting, ID: "m1", Title: "First call", At: at}}}}
	must(t, w.db.In(home).SaveWording(t.Context(), g))
	if page := rep.get(path).want(http.StatusOK, "Worded by the language model small", "First call"); contains(page.words(), "Every report") || !contains(page.body, "Reports take &lt;b&gt;a day&lt;/b&gt;.") {
		t.Error("the wording is not what is shown")
	}
}
