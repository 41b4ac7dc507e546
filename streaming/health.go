package streaming

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/rules/continuity"
	"tidegate/store"
)

// health gathers what is known of the connection, from which its one named
// state is told.
type health struct {
	now       func() time.Time
	pollAfter time.Duration // how long a stream may be away before we poll

	mu        sync.Mutex
	client    way
	stream    flow
	since     time.Time // when the stream was last seen complete
	ever      bool      // whether it was ever subscribed
	reconnect string    // why a person must connect again
	unread    string    // the same, as a reading found out
	refused   string    // why there is no stream at all
	// unstreamed is why Salesforce gives us no stream, and we poll instead.
	unstreamed string
	chosen     bool            // polling is what somebody wants
	partly     string          // which objects are polled although there is a stream
	apart      map[string]bool // those that are polled by design
	stalled    string          // why nothing is stored
	limited    string          // why nothing is read
	readAt     time.Time       // when a reading last went through
	slow       string          // what waits for API calls, a whole sentence
	repairing  string          // what is repaired
	loading    string          // what is read whole
	lag        time.Duration
}

func newHealth(now func() time.Time, pollAfter time.Duration) *health {
	return &health{now: now, pollAfter: pollAfter, since: now()}
}

// unstreaming says why there is no stream to wait for, "" while there is.
func (h *health) unstreaming() string {
	age := h.age()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.stream.subscribed:
		return ""
	case h.unstreamed != "":
		return h.unstreamed
	case age >= h.pollAfter:
		return "The stream is broken."
	}
	return ""
}

func (h *health) set(edit func(*health)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	edit(h)
}

// batch notes a committed batch of the stream.
func (h *health) batch(lags []time.Duration) {
	if len(lags) == 0 {
		return
	}
	h.set(func(h *health) { h.lag = lags[len(lags)-1] })
}

// reader notes how the last reading went.
func (h *health) reader(err error) {
	h.set(func(h *health) {
		h.limited, h.unread = "", ""
		if err == nil {
			return
		}
		switch gateway.CodeOf(err) {
		case gateway.CodeSFLimit:
			h.limited = usedUp
		case gateway.CodeSFAuth:
			h.unread = signIn(err)
		}
	})
}

// complete returns when the stream was last known to have told everything.
func (h *health) complete() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.client != nil && h.stream.subscribed {
		if at := h.client.LastAnswer(); at.After(h.since) {
			h.since = at
		}
	}
	return h.since
}

// subscribed reports whether events come in now.
func (h *health) subscribed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stream.subscribed
}

// polledByDesign reports whether an object was never in the stream.
func (h *health) polledByDesign(object string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.apart[object]
}

// streamed reports whether this process ever had the stream, so that complete
// means something.
func (h *health) streamed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ever
}

func (h *health) age() time.Duration { return max(h.now().Sub(h.complete()), 0) }

// signIn says why somebody must connect again, in Salesforce's client's words
// where it has some.
func signIn(err error) string {
	if e, ok := errors.AsType[*gateway.Error](err); ok && e.Code == gateway.CodeSFAuth {
		return e.Message
	}
	return signInDead
}

const signInDead = "Salesforce does not accept our sign-in any more. Connect again."

const usedUp = "The org's API calls of today are used up; reading waits."

// behind is the lag from which a stream counts as catching up.
const behind = time.Minute

// state tells the one state and why, and what is slowed to save API calls.
func (h *health) state(grace time.Duration) (gateway.ConnectionState, string) {
	state, reason := h.plain(grace)
	h.mu.Lock()
	defer h.mu.Unlock()
	if state == "" || h.slow == "" || state == gateway.StateLimited || state == gateway.StateNeedsReconnect {
		return state, reason
	}
	return state, strings.TrimSpace(reason + " " + h.slow)
}

// plain tells the one state and why. It is "" while there is no news: a break
// shorter than grace is Salesforce's daily routine. It is never Paused: that is
// what a person chose.
func (h *health) plain(grace time.Duration) (gateway.ConnectionState, string) {
	age := h.age()
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.reconnect != "":
		return gateway.StateNeedsReconnect, h.reconnect
	case h.unread != "":
		return gateway.StateNeedsReconnect, h.unread
	case h.refused != "":
		return gateway.StateLimited, h.refused
	case h.stalled != "":
		return gateway.StateCatchingUp, h.stalled
	case h.limited != "":
		return gateway.StateLimited, h.limited
	case !h.stream.subscribed && h.unstreamed == "" && age < grace:
		return "", ""
	case !h.stream.subscribed && h.unstreamed == "" && age < h.pollAfter:
		return gateway.StateCatchingUp, "There is no stream from Salesforce; trying again. " + h.stream.reason
	case h.repairing != "":
		return gateway.StateRepairing, h.repairing
	case h.loading != "":
		return gateway.StateCatchingUp, h.loading
	case !h.stream.subscribed:
		return gateway.StatePolling, "Changes are asked for every now and then instead of streamed. " + cmp.Or(h.unstreamed, h.stream.reason)
	case h.partly != "":
		return gateway.StatePolling, h.partly
	case h.lag > behind:
		return gateway.StateCatchingUp, "Changes of the past are coming in."
	default:
		return gateway.StateOK, ""
	}
}

// using returns the way in that is in use, Auto while there is none.
func (h *health) using() Transport {
	if h.unstreaming() != "" {
		return Polling
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.stream.using
}

// watching writes the state down whenever it changes, with one log line a
// change.
func (c *Consumer) watching(ctx context.Context) round {
	var state gateway.ConnectionState
	var reason, said string // of the state, of the transport
	var transport Transport
	if conn, err := c.store.Connection(ctx); err == nil {
		c.trouble = continuity.Standing(conn) // told by whoever had the lease before
	}
	n := 0
	return func(ctx context.Context) (time.Duration, error) {
		n++
		using, because := c.health.using(), ""
		if c.cfg.Transport == Auto {
			because = c.choice.why(using, c.cfg.PubSub == nil)
		}
		if using != "" && (using != transport || because != said) && c.wrote(ctx, c.store.SetTransport(ctx, c.cfg.Connection.ID, string(using), because)) {
			transport, said = using, because
		}
		now, why := c.health.state(c.cfg.Grace)
		if now != "" && (now != state || why != reason) && c.change(ctx, now, why) {
			if now != state {
				c.alert(ctx)
			}
			state, reason = now, why
		}
		if n%reassertEvery == 0 {
			c.alert(ctx) // the outbox writes states too
			if c.isOver(ctx, state) {
				state = ""
			}
		}
		return c.cfg.Tick, nil
	}
}

// isOver reports whether the state that stands may be written over: it is ours,
// or what the outbox noted is over, because a reading of ours went through since
// or nothing waits that would notice. Otherwise the state would change to and
// fro for as long as the trouble lasts.
func (c *Consumer) isOver(ctx context.Context, ours gateway.ConnectionState) bool {
	conn, err := c.store.Connection(ctx)
	if err != nil || conn.State == ours {
		return err == nil
	}
	if conn.State != gateway.StateLimited && conn.State != gateway.StateNeedsReconnect || c.health.read().After(conn.StateSince) {
		return true
	}
	pending, err := c.store.PendingByObject(ctx)
	waiting := 0
	for _, p := range pending {
		waiting += p.Waiting
	}
	return err == nil && waiting == 0 && conn.State == gateway.StateLimited
}

// read is when a reading last went through.
func (h *health) read() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.readAt
}

// reassertEvery is after how many ticks the state is written again, because
// the outbox writes what the org said of a write, and may have nothing left to
// write by which it would notice that the trouble is over.
const reassertEvery = 120

func (c *Consumer) change(ctx context.Context, state gateway.ConnectionState, reason string) bool {
	conn, err := c.store.Connection(ctx)
	if err != nil {
		return c.wrote(ctx, err)
	}
	if conn.State == gateway.StatePaused || conn.State == gateway.StateDisconnected {
		return false // a person chose it; whoever starts consumers ends this one
	}
	changed, err := c.store.SetConnectionState(ctx, c.cfg.Connection.ID, state, reason)
	if changed {
		level := slog.LevelInfo
		if continuity.Standing(gateway.Connection{State: state}) != (continuity.Trouble{}) {
			level = slog.LevelWarn
		}
		c.cfg.Logger.Log(ctx, level, "connection state changed", "state", state, "reason", reason)
	}
	return c.wrote(ctx, err)
}

// alert writes into the log when a trouble of the connection begins, and when it
// is over (UX 13).
func (c *Consumer) alert(ctx context.Context) {
	conn, err := c.store.Connection(ctx)
	if err != nil {
		return // the state cannot be written either
	}
	now, what := continuity.Alert(c.trouble, conn)
	if what != "" {
		err = c.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.AppendLog(ctx, []gateway.LogEntry{{
				Direction: "system", Label: "Connection", What: what, Rule: conn.StateReason, State: gateway.LogDone, DoneAt: tx.Now(),
			}})
			return err
		})
	}
	if c.wrote(ctx, err) {
		c.trouble = now
	}
}

// wrote reports whether a write of the watch went through; it comes round
// again if not.
func (c *Consumer) wrote(ctx context.Context, err error) bool {
	if err != nil && ctx.Err() == nil {
		c.cfg.Logger.DebugContext(ctx, "the state cannot be written down", "error", err)
	}
	return err == nil
}
