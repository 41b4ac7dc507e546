package pubsub

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"tidegate/simulator/bus"
	"tidegate/simulator/fault"
)

// Faults of this protocol, beside those of package fault.
const (
	// FaultUnauthorized ends a stream or refuses a call as one with a bad token.
	FaultUnauthorized = "pubsub_unauthorized"
	// FaultUnavailable ends a stream or refuses a call with service.unavailable.
	FaultUnavailable = "pubsub_unavailable"
	// FaultError ends a stream or refuses a call with an error code of choice.
	FaultError = "pubsub_error"
	// FaultSlow waits before each answer.
	FaultSlow = "pubsub_slow"
	// FaultHalfOpen goes silent on a stream that stays open.
	FaultHalfOpen = "pubsub_half_open"

	// stall and usedUp are kinds of the CometD endpoint that hold for every stream.
	// By the first, streams deliver nothing.
	stall = "stall_streams"
	// By the second, the delivery allocation counts as used up.
	usedUp = "delivery_quota"
)

var (
	methodParam  = fault.Param{Name: "method", About: "name of the call, such as Subscribe or GetSchema; empty: every call"}
	channelParam = fault.Param{Name: "channel", About: "topic such as /data/ChangeEvents; empty: every topic"}
)

// Kinds documents those faults for the list at /_sim/faults.
var Kinds = []fault.Kind{
	{Name: FaultUnauthorized, About: "Pub/Sub: UNAUTHENTICATED service.auth.error, on an open stream at once", Params: []fault.Param{methodParam, channelParam}},
	{Name: FaultUnavailable, About: "Pub/Sub: INTERNAL service.unavailable, on an open stream at once", Params: []fault.Param{methodParam, channelParam}},
	{Name: FaultError, About: "Pub/Sub: another error, on an open stream at once", Params: []fault.Param{
		{Name: "code", About: "error code without its prefix, such as subscription.limit.exceeded; none: the stream is reset as by a server that is replaced"},
		{Name: "message", About: "text of the error"},
		{Name: "status", About: "gRPC status as a number; 0: the one that goes with the code"},
		methodParam, channelParam,
	}},
	{Name: FaultSlow, About: "Pub/Sub: waits before each answer", Params: []fault.Param{{Name: "ms", About: "milliseconds, default 1000"}, methodParam, channelParam}},
	{Name: FaultHalfOpen, About: "Pub/Sub: an open stream goes silent, without events or keepalives, and does not close", Params: []fault.Param{channelParam}},
}

// The list of kinds is closed when the program has started: a registry refuses
// what is not on it.
func init() { fault.Kinds = append(fault.Kinds, Kinds...) }

// wrong returns the error that a call is to end with on purpose, or nil.
func (s *Server) wrong(c *call, topic string) error {
	on := fault.Subject{Method: c.method, Channel: topic}
	if _, ok := s.cfg.Faults.Take(FaultUnauthorized, on); ok {
		return c.refuse(errAuth)
	}
	if _, ok := s.cfg.Faults.Take(FaultUnavailable, on); ok {
		return c.refuse(errUnavailable)
	}
	if f, ok := s.cfg.Faults.Take(FaultError, on); ok {
		if f.Code == codeNone {
			return errRecycled
		}
		return c.refuse(chosen(f))
	}
	return nil
}

// codeNone asks for the end that a stream takes when its server is replaced: no
// error code, and no other trailer.
const codeNone = "none"

var errRecycled = status.Error(codes.Unavailable, "RST_STREAM closed stream. HTTP/2 error code: NO_ERROR")

// chosen is the refusal that a fault asks for.
func chosen(f fault.Fault) refusal {
	r := errUnavailable
	if code := strings.TrimPrefix(f.Code, codePrefix); code != "" {
		r = refusal{code, codes.Internal, "The request failed."}
		for _, known := range refusals {
			if known.code == code {
				r = known
			}
		}
	}
	if f.Message != "" {
		r.text = f.Message
	}
	if f.Status != 0 {
		r.status = codes.Code(f.Status)
	}
	return r
}

// slow waits as a fault asks for, at most until ctx ends.
func (s *Server) slow(ctx context.Context, c *call, topic string) {
	f, ok := s.cfg.Faults.Take(FaultSlow, fault.Subject{Method: c.method, Channel: topic})
	if !ok {
		return
	}
	if f.Millis == 0 {
		f.Millis = 1000
	}
	select {
	case <-time.After(time.Duration(f.Millis) * time.Millisecond):
	case <-ctx.Done():
	case <-s.done:
	}
}

// dropStreams cuts every connection. With no stream open, the fault stays armed
// and cuts at the next delivery.
func (s *Server) dropStreams() {
	s.mu.Lock()
	open := s.open
	s.mu.Unlock()
	if open == 0 {
		return
	}
	s.cfg.Faults.Take(fault.DropStreams, fault.Subject{})
	s.cut()
}

// cut closes the sockets under the streams, as a failing network does.
func (s *Server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Conn.Close() // what matters is that it is closed
	}
}

// exhausted reports whether no more events may be delivered today.
func (s *Server) exhausted() bool {
	_, ok := s.cfg.Faults.Active(usedUp, fault.Subject{})
	return ok || s.cfg.Log.Quota().Left() <= 0
}

// disturb repeats and swaps events as faults ask for.
func (f *feed) disturb(batch []*bus.Event) []*bus.Event {
	faults := f.s.cfg.Faults
	if _, due := faults.Active(fault.ReorderEvents, f.subject()); due {
		batch = f.swap(f.pair(batch))
	}
	out := batch[:0:0]
	for _, e := range batch {
		out = append(out, e)
		again, ok := faults.Take(fault.DuplicateEvents, fault.Subject{Channel: f.topic, Object: e.Object})
		for n := 1; ok && n < max(again.Times, 2); n++ {
			out = append(out, e)
		}
	}
	return out
}

// pairing is how long a lone transaction waits for a neighbor to be swapped with.
const pairing = 500 * time.Millisecond

func (f *feed) pair(batch []*bus.Event) []*bus.Event {
	patience := time.NewTimer(pairing)
	defer patience.Stop()
	for run(batch, 0) == len(batch) {
		arrived := f.s.cfg.Log.Wake()
		if more := f.cursor.Next(maxOutstanding, f.s.cfg.MaxBytes); len(more) > 0 {
			batch = append(batch, more...)
			continue
		}
		select {
		case <-arrived:
		case <-patience.C:
			return batch
		case <-f.s.done:
			return batch
		}
	}
	return batch
}

// swap exchanges neighboring transactions. The slice is the feed's own.
func (f *feed) swap(batch []*bus.Event) []*bus.Event {
	for i := 0; i < len(batch); {
		mid := run(batch, i)
		end := run(batch, mid)
		if end == mid {
			break
		}
		if _, ok := f.s.cfg.Faults.Take(fault.ReorderEvents, f.subject()); !ok {
			break
		}
		first := append([]*bus.Event(nil), batch[i:mid]...)
		n := copy(batch[i:], batch[mid:end])
		copy(batch[i+n:], first)
		i = end
	}
	return batch
}

// run returns the end of the transaction that starts at i.
func run(batch []*bus.Event, i int) int {
	j := i
	for j < len(batch) && batch[j].Commit == batch[i].Commit {
		j++
	}
	return j
}
