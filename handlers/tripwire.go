package handlers

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/store"
)

// tripwire notices when one person opens more records than a person reads: a
// script, or somebody with a stolen session, who carries the mirror away
// (S-50). It counts different records, so that a page which refreshes itself
// counts once. Like attempts it lives in memory, is bounded, and a restart
// forgives; API keys are made for reading much and are not counted.
type tripwire struct {
	mu  sync.Mutex
	now func() time.Time
	of  map[string]*opened // by member
}

// opened is what one member has asked for.
type opened struct {
	minute, hour reading
	until        time.Time // refused so long, after the wire was touched
}

// reading are the different things asked for since a moment, by their weight.
type reading struct {
	since time.Time
	what  map[string]bool
	total int
}

// Who reads hard opens a few hundred records in an hour, and a page of a list
// is skimmed in seconds. One that is paged through shows 25 rows in few columns.
const (
	perMinute  = 120
	perHour    = 1_000
	pagedList  = 5 // what such a page counts
	refusedFor = time.Hour
)

func newTripwire(now func() time.Time) *tripwire {
	return &tripwire{now: now, of: map[string]*opened{}}
}

// open counts one thing that a member asks for. wait is how long it is refused;
// touched says that this was the one too many.
func (t *tripwire) open(member, what string, weight int) (wait time.Duration, touched bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	o := t.of[member]
	if o == nil {
		t.forget(now)
		o = &opened{}
		t.of[member] = o
	}
	if now.Before(o.until) {
		return o.until.Sub(now), false
	}
	if o.hour.add(now, time.Hour, what, weight) > perHour {
		*o = opened{until: now.Add(refusedFor)}
		return refusedFor, true
	}
	if o.minute.add(now, time.Minute, what, weight) > perMinute {
		return o.minute.since.Add(time.Minute).Sub(now), false
	}
	return 0, false
}

// add counts what is new within a window, and returns how much that is.
func (r *reading) add(now time.Time, window time.Duration, what string, weight int) int {
	if now.Sub(r.since) >= window {
		*r = reading{since: now, what: map[string]bool{}}
	}
	if !r.what[what] {
		r.what[what] = true
		r.total += weight
	}
	return r.total
}

// forget drops who has not asked for an hour.
func (t *tripwire) forget(now time.Time) {
	for member, o := range t.of {
		if now.Sub(o.hour.since) >= time.Hour && !now.Before(o.until) {
			delete(t.of, member)
		}
	}
}

// opens says which record, or page of a list, an address shows, and what it
// counts; weight 0 is none. All pages of one record are one.
func opens(r route, path, query string) (what string, weight int) {
	if r.access != signedIn || r.method != fiber.MethodGet {
		return "", 0
	}
	parts := strings.Split(r.path, "/")
	for i, part := range parts {
		if part == ":id" {
			return strings.Join(strings.SplitN(path, "/", i+2)[:i+1], "/"), 1
		}
	}
	q, err := url.ParseQuery(query)
	if err != nil || q.Get("after")+q.Get("before") == "" {
		return "", 0
	}
	return path + "?" + q.Get("after") + "?" + q.Get("before"), pagedList
}

// watchReading refuses who opens too much, and ends his session when it cannot
// be a person any more.
func (s *Server) watchReading(v *visit, r route) error {
	what, weight := opens(r, v.Path(), string(v.Request().URI().QueryString()))
	if weight == 0 {
		return nil
	}
	wait, touched := s.tripwire.open(string(v.member.Workspace)+"/"+v.member.ID, what, weight)
	if touched {
		if err := s.endTouched(v); err != nil {
			return err
		}
	}
	if wait == 0 {
		return nil
	}
	v.Set(fiber.HeaderRetryAfter, strconv.Itoa(int(wait/time.Second)+1))
	if touched || wait > time.Minute {
		return gateway.Errorf(gateway.CodeTooMany,
			"More than %s records were opened with your account within an hour, so the session was ended and your admins were told. If that was not you, sign in and change your password. Records open again in %s.", number(perHour), duration(wait))
	}
	return gateway.Errorf(gateway.CodeTooMany, "You opened more than %d records within a minute. Wait %s, then go on.", perMinute, duration(wait))
}

// endTouched ends the session, and tells the admins in the audit log and
// everybody in the sync log.
func (s *Server) endTouched(v *visit) error {
	s.Logger.Warn("a session opened more records than a person reads and was ended", "workspace", string(v.member.Workspace), "member", v.member.ID)
	if err := v.ws.EndSession(v.UserContext(), v.session.TokenHash); err != nil {
		return err
	}
	what := "opened more than " + number(perHour) + " records within an hour; the session was ended"
	return v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AppendLog(ctx, []gateway.LogEntry{{
			Direction: "system", Label: "Alert", What: v.member.Name + " " + what, By: v.member.Name, State: gateway.LogDone, DoneAt: tx.Now(),
			Rule: "An admin asks whether that was this person. If not: disable the member, and change the password.",
		}})
		if err != nil {
			return err
		}
		return tx.Audit(ctx, gateway.AuditEntry{At: s.Now(), By: v.member.Name, What: what, Target: v.Path(), IP: v.IP()})
	})
}
