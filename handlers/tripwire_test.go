package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// A stolen session opens one record after the other: it is slowed down, ended
// and told of, and the same person who signs in again reads no records for an
// hour (S-50).
func TestBulkReadingEndsTheSession_S50(t *testing.T) {
	w := newWorld(t)
	thief, rep, admin := w.as(home, gateway.RoleRep), w.as(foreign, gateway.RoleRep), w.as(home, gateway.RoleAdmin)
	shown, slowed, asked := 0, 0, 0
	for ; asked < 10_000 && thief.cookies[sessionCookie] != ""; asked++ {
		got := thief.get(fmt.Sprintf("/contacts/003%015d", asked)) // most are not here: that tells as much
		switch got.status {
		case http.StatusNotFound:
			shown++
		case http.StatusTooManyRequests:
			slowed++
			if got.header.Get("Retry-After") == "" {
				t.Fatal("S-50: it is not said how long to wait")
			}
		}
		if strings.Contains(got.body, "the session was ended") {
			break
		}
	}
	if asked != perHour || shown != perMinute || slowed != perHour-perMinute+1 {
		t.Errorf("S-50: of %d records asked for %d were answered and %d refused", asked+1, shown, slowed)
	}
	thief.get("/contacts").want(http.StatusSeeOther) // to the sign-in

	again := w.as(home, gateway.RoleRep)
	again.get("/").want(http.StatusOK)
	again.get("/contacts/"+contactOf(home).ID).want(http.StatusTooManyRequests, "Records open again in")
	rep.get("/contacts/" + contactOf(foreign).ID).want(http.StatusOK) // nobody else is concerned
	admin.get("/contacts/" + contactOf(home).ID).want(http.StatusOK)
	admin.get(auditPath).want(http.StatusOK, "opened more than 1,000 records within an hour; the session was ended")
	admin.get("/sync/log?direction=system").want(http.StatusOK, "Tidegate itself Rita Rep opened more than 1,000 records")
	lines, err := w.db.In(home).Log(t.Context(), store.LogQuery{Direction: "system"})
	if err != nil || len(lines.Entries) != 1 {
		t.Errorf("S-50: %d alerts, %v", len(lines.Entries), err)
	}
	w.clock.forward(refusedFor)
	w.as(home, gateway.RoleRep).get("/contacts/" + contactOf(home).ID).want(http.StatusOK)
}

// What a person does all day is no bulk reading (S-50).
func TestReadingOfAPersonIsLetThrough_S50(t *testing.T) {
	clock := &testClock{}
	wire := newTripwire(clock.now)
	for hour := range 3 {
		for minute := range 15 {
			for n := range 50 {
				for range 3 { // a page that refreshes itself
					if wait, touched := wire.open("a", fmt.Sprint(hour, minute, n), 1); wait > 0 || touched {
						t.Fatalf("S-50: hour %d, minute %d, record %d: %s", hour, minute, n, wait)
					}
				}
			}
			clock.forward(time.Minute)
		}
		clock.forward(time.Hour)
	}
	if _, _ = wire.open("b", "x", 1); len(wire.of) != 1 {
		t.Errorf("S-50: %d members are remembered, want one", len(wire.of))
	}
}

// All pages of one record are one; pages of lists carry records away too, and
// settings do not (S-50).
func TestWhatCountsAsReading_S50(t *testing.T) {
	for _, c := range []struct {
		route, path, query, what string
		weight                   int
	}{
		{"/contacts/:id", "/contacts/003", "", "/contacts/003", 1},
		{"/contacts/:id", "/contacts/003", "part=record", "/contacts/003", 1},
		{"/contacts/:id/why", "/contacts/003/why", "field=Name", "/contacts/003", 1},
		{"/sync/log/:id", "/sync/log/7", "", "/sync/log/7", 1},
		{"/contacts", "/contacts", "", "", 0},
		{"/contacts", "/contacts", "q=ann&after=t", "/contacts?t?", pagedList},
		{"/settings/members/:id", "/settings/members/5", "", "", 0},
	} {
		r := route{"GET", c.route, signedIn, nil}
		if strings.HasPrefix(c.route, "/settings") {
			r.access = admins
		}
		if what, weight := opens(r, c.path, c.query); what != c.what || weight != c.weight {
			t.Errorf("S-50: %s: %q counts %d", c.path, what, weight)
		}
	}
}
