package outbox

import (
	"errors"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// errNotTried tells a breaker that nothing was sent after all.
var errNotTried = errors.New("nothing was sent")

// gates keep calls away from an org that would refuse them all. There is one
// for each workspace: a breaker for an org that does not answer, and a time
// before which an org that said "not now" is not asked again.
type gates struct {
	opts Options
	mu   sync.Mutex
	all  map[gateway.WorkspaceID]*gate
}

type gate struct {
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]

	mu    sync.Mutex
	until time.Time
	why   string
	limit int // records in the next call; grows again after an outage
}

// maxBatch is what one Collections call takes.
const maxBatch = 200

// probe is how many records the first calls after an outage carry.
const probe = 10

func (g *gates) of(ws gateway.WorkspaceID) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if found := g.all[ws]; found != nil {
		return found
	}
	if g.all == nil {
		g.all = map[gateway.WorkspaceID]*gate{}
	}
	made := &gate{limit: maxBatch, breaker: gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Timeout:     g.opts.Reopen,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= g.opts.Trip },
		IsExcluded:  func(err error) bool { return errors.Is(err, errNotTried) },
	})}
	g.all[ws] = made
	return made
}

// enter asks for one call. Where ok, the caller reports its outcome through
// done exactly once and sends at most limit records; else why says in plain
// words what is being waited for.
func (g *gate) enter(now time.Time) (done func(error), limit int, why string, ok bool) {
	g.mu.Lock()
	until, why, limit := g.until, g.why, g.limit
	g.mu.Unlock()
	if now.Before(until) {
		return nil, 0, why, false
	}
	done, err := g.breaker.Allow()
	if err != nil {
		return nil, 0, "Salesforce is not answering just now.", false
	}
	return done, limit, "", true
}

// report closes or opens the gate after a call.
func (g *gate) report(done func(error), deliveries []gateway.Delivery, now time.Time) {
	worst := holding(deliveries)
	g.mu.Lock()
	switch {
	case worst == nil:
		g.limit = min(g.limit*2, maxBatch)
	case worst.Code == gateway.CodeSFDown:
		g.limit = probe
		if worst.RetryAfter > 0 { // it said when; the breaker would ask before
			g.why, g.until = worst.Message, now.Add(worst.RetryAfter)
		}
	default:
		g.why = worst.Message
		g.until = now.Add(max(outbound.Settle(gateway.Change{Attempt: 1}, gateway.Delivery{Err: worst}, now, 0).DueAt.Sub(now), worst.RetryAfter))
	}
	g.mu.Unlock()
	if worst != nil && worst.Code == gateway.CodeSFDown {
		done(worst)
		return
	}
	done(nil)
}

// open takes a hold away, when somebody has reconnected.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.until, g.why = time.Time{}, ""
}

// holding returns the first error that concerns the whole connection. Who says
// when to come back speaks of all calls, whatever else is said: only a header
// of the answer does, never a row in it.
func holding(deliveries []gateway.Delivery) *gateway.Error {
	for _, d := range deliveries {
		if d.Err != nil && (outbound.Holds(d.Err.Code) || d.Err.RetryAfter > 0) {
			return d.Err
		}
	}
	return nil
}

// pace remembers when a record was last sent, so that quick edits of it are
// collected into one call instead of one each (F-63).
type pace struct {
	window time.Duration
	mu     sync.Mutex
	sent   map[paceKey]sending
}

// sending is when a record was last sent, and in which lane.
type sending struct {
	at   time.Time
	lane int
}

type paceKey struct {
	ws  gateway.WorkspaceID
	key gateway.RecordKey
}

// paceKeep is how many records are remembered before old ones are forgotten.
const paceKeep = 4096

func (p *pace) mark(ws gateway.WorkspaceID, changes []gateway.Change, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent == nil || len(p.sent) > paceKeep {
		fresh := map[paceKey]sending{}
		for k, s := range p.sent {
			if now.Sub(s.at) < p.window {
				fresh[k] = s
			}
		}
		p.sent = fresh
	}
	for _, c := range changes {
		p.sent[paceKey{ws, c.Key}] = sending{now, c.Lane}
	}
}

// next returns when the record may be sent again in a lane, zero when at any
// time: a person does not wait because a backfill has just written the record.
func (p *pace) next(ws gateway.WorkspaceID, key gateway.RecordKey, lane int) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.sent[paceKey{ws, key}]; ok && s.lane <= lane {
		return s.at.Add(p.window)
	}
	return time.Time{}
}
