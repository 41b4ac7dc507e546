package handlers

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

// repeating is the product when it sends this Idempotency-Key.
func (b *browser) repeating(key string) *browser {
	c := b.clone()
	c.header[repeatHeader] = key
	return c
}

func TestTheSameKeyGetsTheFirstAnswerWithoutASecondEffect(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorldOn(t, url)
		text, _ := w.apiKey(home, "write")
		other, _ := w.apiKey(home, "write")
		b := w.product(text)
		path := "/api/v1/records/Contact/" + contactOf(home).ID
		send := func(b *browser, value string) answered {
			return b.json("PATCH", path, `{"fields":{"Title":"`+value+`"}}`)
		}
		one := b.repeating("4b1d0d4e")
		first := send(one, "CEO").want(http.StatusOK)
		if first.header.Get(replayedHeader) != "" {
			t.Error("the first answer says that it is replayed")
		}
		send(b, "CFO").want(http.StatusOK) // meanwhile somebody else decides
		sent := w.caller.count()
		again := send(one, "CEO").want(http.StatusOK)
		if again.body != first.body || again.header.Get(replayedHeader) != "true" || again.header.Get("Content-Type") != first.header.Get("Content-Type") {
			t.Errorf("first %s %v\nagain %s %v", first.body, first.header, again.body, again.header)
		}
		if w.caller.count() != sent {
			t.Error("the replayed call was sent to Salesforce")
		}
		got := send(one, "COO").wantProblem(http.StatusUnprocessableEntity, gateway.CodeKeyReused)
		if !contains(got["detail"].(string), "new key") {
			t.Errorf("it does not say what to do: %v", got)
		}
		one.json("PUT", "/api/v1/people/p-1", `{"fields":{"Title":"CEO"}}`).wantProblem(http.StatusUnprocessableEntity, gateway.CodeKeyReused)
		if w.caller.count() != sent {
			t.Error("a refused call was sent to Salesforce")
		}
		// Keys are those of one API key, and for a day.
		if got := send(w.product(other).repeating("4b1d0d4e"), "CTO").want(http.StatusOK); got.header.Get(replayedHeader) != "" || w.caller.count() != sent+1 {
			t.Error("another API key got the answer of the first")
		}
		w.clock.forward(25 * time.Hour)
		if got := send(one, "COO").want(http.StatusOK); got.header.Get(replayedHeader) != "" || w.caller.count() != sent+2 {
			t.Error("the key is not free after a day")
		}
	})
}

func TestARefusalIsReplayedToo(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "write")
	one := w.product(text).repeating("k")
	w.caller.script(func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFValidation, "Title") })
	path := "/api/v1/records/Contact/" + contactOf(home).ID
	first := one.json("PATCH", path, `{"fields":{"Title":"CEO"}}`)
	first.wantProblem(http.StatusUnprocessableEntity, gateway.CodeSFValidation, "Title")
	again := one.json("PATCH", path, `{"fields":{"Title":"CEO"}}`)
	again.wantProblem(http.StatusUnprocessableEntity, gateway.CodeSFValidation, "Title")
	if again.body != first.body || again.header.Get(replayedHeader) != "true" || w.caller.count() != 1 {
		t.Errorf("first %s\nagain %s, %d sent", first.body, again.body, w.caller.count())
	}
	wrong := w.product(text).repeating("k2")
	for n, want := range []string{"", "true"} {
		got := wrong.json("PUT", "/api/v1/people/p-1", `{"kind":"robot"}`)
		got.wantProblem(http.StatusUnprocessableEntity, gateway.CodeInvalid, "kind")
		if got.header.Get(replayedHeader) != want {
			t.Errorf("call %d: replayed %q", n, got.header.Get(replayedHeader))
		}
	}
}

func TestACallThatIsRunningIsNotBegunTwice(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "write")
	one := w.product(text).repeating("k")
	path, body := "/api/v1/records/Contact/"+contactOf(home).ID, `{"fields":{"Title":"CEO"}}`
	var once sync.Once
	w.caller.script(func(gateway.Change) gateway.Delivery {
		once.Do(func() { // Salesforce has not answered yet
			got := one.json("PATCH", path, body)
			got.wantProblem(http.StatusConflict, gateway.CodeKeyRunning)
			if got.header.Get("Retry-After") == "" {
				t.Error("it does not say when to come back")
			}
		})
		return gateway.Delivery{}
	})
	one.json("PATCH", path, body)
	if got := one.json("PATCH", path, body); got.header.Get(replayedHeader) != "true" || w.caller.count() != 1 {
		t.Errorf("afterwards: %d %s, %d sent", got.status, got.body, w.caller.count())
	}
}

func TestWhatFailedHereMayBeTriedAgainWithTheSameKey(t *testing.T) {
	for name, fault := range map[string]error{
		"the database is away": gateway.Errorf(gateway.CodeUnavailable, "away"),
		"a fault of our own":   http.ErrBodyNotAllowed,
		"a panic":              nil,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			text, _ := w.apiKey(home, "write")
			calls := 0
			w.server.app.Put("/api/v1/test", w.server.authorized("write", repeatable(func(c *call) error {
				if calls++; calls > 1 {
					return c.JSON(calls)
				}
				if fault == nil {
					panic("test")
				}
				return fault
			})))
			one := w.product(text).repeating("k")
			if got := one.json("PUT", "/api/v1/test", "{}"); got.status < 500 {
				t.Errorf("first: %d %s", got.status, got.body)
			}
			for range 2 {
				one.json("PUT", "/api/v1/test", "{}").want(http.StatusOK, "2")
			}
		})
	}
}

// Every call that writes honors the key, whichever it is: one that is refused
// for its length shows that somebody looked.
func TestEveryWritingCallHonorsTheKey(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "write")
	b := w.product(text)
	checked := 0
	for _, r := range w.server.App().GetRoutes(true) {
		if !strings.HasPrefix(r.Path, "/api/v1") || r.Method == http.MethodGet || r.Method == http.MethodHead {
			continue
		}
		checked++
		path := strings.NewReplacer(":object", "Contact", ":id", contactOf(home).ID, ":external_id", "x", ":kind", "k").Replace(r.Path)
		for _, key := range []string{strings.Repeat("k", maxRepeatKey+1), "ü"} {
			b.repeating(key).json(r.Method, path, "{}").wantProblem(http.StatusUnprocessableEntity, gateway.CodeInvalid, repeatHeader)
		}
	}
	if checked < 8 {
		t.Errorf("only %d calls write", checked)
	}
}
