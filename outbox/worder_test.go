package outbox

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidegate/gateway"
)

// smith is a language model that answers as a test says.
type smith struct {
	mu     sync.Mutex
	asked  []string
	answer func(user string) (string, error)
}

func (s *smith) Word(_ context.Context, _, user string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, user)
	return s.answer(user)
}

// AVM-46, AVM-47: topics of a deal are worded once for the same notes; one that
// is date-sensitive is never asked about; nothing is asked while the switch is
// off, and what is written to Salesforce is extracted all the same.
func TestTopicsOfADealAreWorded_AVM46_AVM47(t *testing.T) {
	w, deal := dealWorld(t, sqlite(t), "overwrite")
	s := w.inForce()
	s.Objects.UpdateFields, s.Objects.Writeback = map[string]bool{"Opportunity": true}, map[string]bool{"Opportunity": true}
	w.saveTab(s, gateway.TabObjects)
	model := &smith{answer: func(string) (string, error) { return "Reports take them a day. [1]\nMade up by nobody. [1]", nil }}
	r := w.box.Worder(model, "model.example", "small")
	m := told("m1", 0, pains("Every report takes a day.", "Nobody trusts the numbers."))
	m.Topics["action-items"] = []gateway.TopicNote{{Text: "Send the offer."}, {Text: "Call Bob again."}}
	w.meeting(m)
	look := func() map[string]gateway.Wording {
		t.Helper()
		must(t, r.deal(t.Context(), wantedDeal{ws, deal}))
		out, err := w.db.In(ws).Wordings(t.Context(), deal)
		must(t, err)
		return out
	}
	same(t, "worded while it is off", len(look()), 0)
	w.summarize(true)
	got := look()
	same(t, "worded", len(got), 1)
	if g := got["pain-points"]; g.Problem != "" || len(g.Lines) != 1 || !strings.HasPrefix(g.Lines[0].Text, "Reports take") || g.Lines[0].Sources[0].ID != "m1" || g.Model != "small" {
		t.Errorf("worded %+v", g)
	}
	look()
	same(t, "questions about the same notes", len(model.asked), 1)
	if strings.Contains(model.asked[0], "offer") || strings.Contains(model.asked[0], "Bob") || strings.Contains(model.asked[0], "Meeting") {
		t.Errorf("asked %q", model.asked[0])
	}
	w.meeting(told("m2", 1, pains("Legal is slow.")))
	look()
	same(t, "questions after another meeting", len(model.asked), 2)
	w.settleAll()
	same(t, "in Salesforce", w.org.get(deal.ID)["Pain__c"], gateway.Text("Legal is slow.\nEvery report takes a day.\nNobody trusts the numbers."))
}

// What cannot be shown with its sources leaves the extracted sentences; a model
// that fails is left alone for longer and longer.
func TestFailingLanguageModelIsLeftAlone_AVM46(t *testing.T) {
	w, deal := dealWorld(t, sqlite(t), "overwrite")
	w.summarize(true)
	w.meeting(told("m1", 0, pains("Every report takes a day.", "Nobody trusts the numbers.")))
	model := &smith{answer: func(string) (string, error) { return "Sure! They are happy.", nil }}
	r := w.box.Worder(model, "model.example", "small")
	look := func() gateway.Wording {
		t.Helper()
		must(t, r.deal(t.Context(), wantedDeal{ws, deal}))
		out, err := w.db.In(ws).Wordings(t.Context(), deal)
		must(t, err)
		return out["pain-points"]
	}
	if g := look(); !strings.Contains(g.Problem, "named what it rests on") || g.Lines != nil {
		t.Errorf("an answer without sources: %+v", g)
	}
	model.answer = func(string) (string, error) {
		return "", &gateway.Error{Code: gateway.CodeUnauthorized, Message: "The key is refused."}
	}
	look()
	same(t, "asked again at once", len(model.asked), 1)
	w.clock.forward(wordAgain)
	same(t, "its problem", look().Problem, "The key is refused.")
	w.clock.forward(2 * time.Minute)
	look()
	same(t, "asked while it is left alone", len(model.asked), 2)
	w.clock.forward(time.Hour)
	model.answer = func(string) (string, error) { return "", errors.New("?") }
	same(t, "an error of ours", look().Problem, "Something went wrong here.")
	w.clock.forward(time.Hour)
	model.answer = func(string) (string, error) { return "Nobody trusts the numbers. [2]", nil }
	if g := look(); g.Problem != "" || len(g.Lines) != 1 {
		t.Errorf("afterwards %+v", g)
	}
}

// Run asks for what is wanted, once for many wishes, and ends.
func TestWorderEndsWhenItIsTold(t *testing.T) {
	w, deal := dealWorld(t, sqlite(t), "overwrite")
	w.summarize(true)
	w.meeting(told("m1", 0, pains("Every report takes a day.", "Nobody trusts the numbers.")))
	leaks := goleak.IgnoreCurrent()
	asked := make(chan struct{}, 9)
	r := w.box.Worder(&smith{answer: func(string) (string, error) { asked <- struct{}{}; return "", nil }}, "model.example", "small")
	for range 3 * wordWaiting {
		r.Want(ws, deal)
	}
	same(t, "waiting", len(r.queue), 1)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	<-asked
	stop()
	must(t, <-done)
	goleak.VerifyNone(t, leaks)
}
