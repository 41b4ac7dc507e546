package outbox

import (
	"testing"
	"testing/synctest"
	"time"

	"tidegate/gateway"
)

func TestBreakerTriesAgainAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := (&gates{opts: Options{Trip: 3, Reopen: 5 * time.Second}.withDefaults()}).of(ws)
		down := []gateway.Delivery{{Err: gateway.Errorf(gateway.CodeSFDown, "down")}}
		enter := func() (func(error), bool) {
			done, _, _, ok := g.enter(time.Now())
			return done, ok
		}
		for range 3 {
			done, ok := enter()
			if !ok {
				t.Fatal("the breaker opens too early")
			}
			g.report(done, down, time.Now())
		}
		if _, ok := enter(); ok {
			t.Fatal("the breaker is not open")
		}
		time.Sleep(5*time.Second + time.Millisecond)
		probing, ok := enter()
		if !ok {
			t.Fatal("no probe after its time")
		}
		if _, second := enter(); second {
			t.Fatal("two probes at a time")
		}
		probing(errNotTried)
		if probing, ok = enter(); !ok {
			t.Fatal("a probe that sent nothing counts as one")
		}
		g.report(probing, []gateway.Delivery{{Done: true}}, time.Now())
		if _, ok := enter(); !ok {
			t.Fatal("the breaker stays open after a success")
		}
	})
}

func TestHoldEndsAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := (&gates{opts: Options{}.withDefaults()}).of(ws)
		limited := gateway.Errorf(gateway.CodeSFLimit, "used up")
		limited.RetryAfter = 10 * time.Minute
		done, _, _, _ := g.enter(time.Now())
		g.report(done, []gateway.Delivery{{Done: true}, {Err: limited}}, time.Now())
		time.Sleep(10*time.Minute - time.Second)
		if _, _, why, ok := g.enter(time.Now()); ok || why != "used up" {
			t.Fatalf("F-50: asked again too early; %q", why)
		}
		time.Sleep(2 * time.Second)
		done, _, _, ok := g.enter(time.Now())
		if !ok {
			t.Fatal("held back for ever")
		}
		g.report(done, []gateway.Delivery{{Err: gateway.Errorf(gateway.CodeSFAuth, "dead")}}, time.Now())
		if _, _, _, ok := g.enter(time.Now()); ok {
			t.Fatal("a dead grant is asked again at once")
		}
		g.open()
		done, _, _, ok = g.enter(time.Now())
		if !ok {
			t.Fatal("reconnecting does not open the gate")
		}
		away := gateway.Errorf(gateway.CodeSFDown, "away")
		away.RetryAfter = time.Minute
		g.report(done, []gateway.Delivery{{Err: away}}, time.Now())
		time.Sleep(time.Minute - time.Second)
		if _, _, why, ok := g.enter(time.Now()); ok || why != "away" {
			t.Fatalf("F-50: an org that said when it is back is asked before; %q", why)
		}
		time.Sleep(2 * time.Second)
		done, _, _, ok = g.enter(time.Now())
		if !ok {
			t.Fatal("held back after its time")
		}
		busy := gateway.Errorf(gateway.CodeSFBusy, "too many")
		g.report(done, []gateway.Delivery{{Err: busy}}, time.Now())
		if done, _, _, ok = g.enter(time.Now()); !ok {
			t.Fatal("F-50: one busy record holds back the others")
		}
		busy.RetryAfter = time.Minute // which is said of all calls
		g.report(done, []gateway.Delivery{{Err: busy}}, time.Now())
		time.Sleep(time.Minute - time.Second)
		if _, _, why, ok := g.enter(time.Now()); ok || why != "too many" {
			t.Fatalf("F-50: who said when to come back is asked before; %q", why)
		}
		time.Sleep(2 * time.Second)
		if _, _, _, ok := g.enter(time.Now()); !ok {
			t.Fatal("held back after its time")
		}
	})
}
