package faults

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"tidegate/gateway"
)

// Somebody fills in an e-mail address in Salesforce after we have seen that it
// is empty and before our write of it arrives: his value stays, and the log
// says why ours was not written. Between the two the write is held by the org.
func TestValueFilledMeanwhileSurvives(t *testing.T) { // F-65
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		ids := w.contacts(3)
		for i, id := range ids {
			w.set(id, map[string]any{"Email": nil, "MobilePhone": "+1 415 555 018" + string(rune('0'+i))})
		}
		w.mirrorEqualsOrg()

		w.fault(map[string]any{"kind": "hold_requests", "method": http.MethodPatch, "path": "/services/data", "count": 2})
		var asking sync.WaitGroup
		asking.Go(func() {
			w.call(http.MethodPut, "/people/race", map[string]any{"email": "ours@people.example", "mobile_phone": "(415) 555-0180", "title": "Pilot"})
		})
		eventually(t, func() string { return w.held(1) })
		w.set(ids[0], map[string]any{"Email": "theirs@people.example"})
		w.sim(http.MethodDelete, "/faults", nil, nil)
		asking.Wait()
		w.quiet()
		w.mirrorEqualsOrg()
		truth := w.truth("Contact")
		if got := truth[ids[0]].text("Email"); got != "theirs@people.example" {
			t.Errorf("F-65: the address that somebody filled in is %q now", got)
		}
		lines := w.log("direction=out&record=" + ids[0])
		told := false
		for _, l := range lines {
			told = told || l.State == string(gateway.LogSkipped) && strings.Contains(l.Rule, "only filled while empty")
			// The stream may be faster than the answer: then the address is taken out
			// before anything is sent, and a settled conflict keeps both values.
			told = told || l.State == string(gateway.LogDone) && strings.HasPrefix(l.What, "Update") && !strings.Contains(l.What, "Email")
		}
		if !told {
			t.Errorf("F-65: no line says why ours was not written: %+v", lines)
		}

		// Nobody was in the way: it is filled, in one guarded call.
		w.sim(http.MethodDelete, "/calls", nil, nil)
		w.person("calm", map[string]any{"email": "calm@people.example", "mobile_phone": "415.555.0181"})
		w.quiet()
		if got := w.truth("Contact")[ids[1]].text("Email"); got != "calm@people.example" {
			t.Errorf("F-65: the empty address is %q, not filled", got)
		}
	})
}
