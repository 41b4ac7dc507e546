package pubsub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	eventbus "tidegate/eventbus/v1"

	"tidegate/streaming/protocol"
)

type subscription = grpc.BidiStreamingClient[eventbus.FetchRequest, eventbus.FetchResponse]

// session is one stream from its first request to its end.
type session struct {
	c      *Client
	api    eventbus.PubSubClient
	stream subscription
	end    context.CancelCauseFunc
	in     *inbox
	over   bool // guarded by the client's lock: the stream has ended

	mu     sync.Mutex // guards credit and sending
	credit int        // events asked for and not yet received
	closed bool       // nothing more is sent
	dog    *time.Timer
}

var errSilent = errors.New("the stream was silent for too long")

// session opens a stream at the position and keeps it until it ends, ctx ends
// or Deliver fails. No goroutine of it is left when it returns.
func (c *Client) session(ctx context.Context, api eventbus.PubSubClient) error {
	start, err := c.cfg.Position(ctx)
	if err != nil {
		return &setback{course: courseRetry, text: "asking for the position", err: err}
	}
	// The stream outlives ctx for an orderly end.
	open, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	if open, err = c.authorize(open); err != nil {
		return err
	}
	s := &session{c: c, api: api, end: end, in: newInbox(c.cfg.Burst)}
	if s.stream, err = api.Subscribe(open, grpc.ForceCodecV2(newCodec())); err != nil {
		return judge(err, nil)
	}
	s.dog = time.AfterFunc(c.cfg.Watchdog, func() { end(errSilent) })
	defer s.dog.Stop()
	defer context.AfterFunc(ctx, s.goodbye)()
	return s.run(ctx, open, s.first(start))
}

// run receives and delivers side by side.
func (s *session) run(ctx, open context.Context, first *eventbus.FetchRequest) error {
	delivering, stop := context.WithCancel(ctx)
	defer stop()
	var wait sync.WaitGroup
	var undelivered error
	wait.Go(func() {
		if undelivered = s.deliver(delivering); undelivered != nil {
			s.end(nil)
		}
	})
	defer time.AfterFunc(s.c.cfg.Settle, s.subscribed).Stop()
	err := s.receive(open, first)
	s.c.change(func(st *State) { s.over, st.Subscribed = true, false })
	if ctx.Err() != nil {
		stop()
	}
	s.in.close()
	wait.Wait()
	if undelivered != nil {
		return undelivered
	}
	return err
}

func (s *session) first(start Start) *eventbus.FetchRequest {
	r := &eventbus.FetchRequest{TopicName: s.c.cfg.Topic}
	switch {
	case len(start.ReplayID) > 0:
		r.ReplayPreset, r.ReplayId = eventbus.ReplayPreset_CUSTOM, start.ReplayID
	case start.Earliest:
		r.ReplayPreset = eventbus.ReplayPreset_EARLIEST
	}
	return r
}

// receive reads responses until the stream ends.
func (s *session) receive(open context.Context, first *eventbus.FetchRequest) error {
	s.ask(first)
	var r response
	for {
		if err := s.stream.RecvMsg(&r); err != nil {
			return s.ended(open, err)
		}
		s.c.answered()
		s.subscribed()
		s.received(&r)
		s.in.put(&r)
		s.ask(nil)
	}
}

// subscribed makes known that the stream is open, unless it has ended meanwhile.
func (s *session) subscribed() {
	s.c.change(func(st *State) {
		if !s.over {
			st.Subscribed, st.Reason, st.Attempt = true, "", 0
		}
	})
}

// ended says what the end of the stream means.
func (s *session) ended(open context.Context, err error) error {
	if errors.Is(context.Cause(open), errSilent) {
		return &setback{course: courseRetry, text: errSilent.Error()}
	}
	if errors.Is(err, io.EOF) { // servers are recycled
		return &setback{course: courseRetry, text: "the server ended the stream"}
	}
	return judge(err, s.stream.Trailer())
}

// received counts credits down and lets the watchdog wait on, as long as the
// server owes us something.
func (s *session) received(r *response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.credit = max(s.credit-len(r.events), 0)
	if r.pending <= 0 {
		s.credit = 0 // it knows better, unless our last request is under way
	}
	if s.credit > 0 {
		s.dog.Reset(s.c.cfg.Watchdog)
	} else {
		s.dog.Stop()
	}
}

// ask tops the credits up as soon as half of them are used and there is room
// for what they bring. At none the server ends the stream within a minute, and
// it is opened anew when there is room again.
func (s *session) ask(first *eventbus.FetchRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.credit > s.c.cfg.Credits/2 || !s.in.room(s.c.cfg.Credits) {
		return
	}
	r := first
	if r == nil {
		r = &eventbus.FetchRequest{TopicName: s.c.cfg.Topic}
	}
	r.NumRequested = int32(s.c.cfg.Credits - s.credit)
	if err := s.stream.Send(r); err != nil {
		return // Recv returns why
	}
	s.credit = s.c.cfg.Credits
	s.dog.Reset(s.c.cfg.Watchdog)
}

// goodbye ends the stream in order, or after a moment without order.
func (s *session) goodbye() {
	s.in.forget()
	s.mu.Lock()
	s.closed = true
	err := s.stream.CloseSend()
	s.mu.Unlock()
	if err != nil {
		s.end(nil)
		return
	}
	time.AfterFunc(s.c.cfg.Goodbye, func() { s.end(nil) })
}

// deliver hands over what gathers until the inbox is closed and empty, ctx
// ends, or something cannot be handed over.
func (s *session) deliver(ctx context.Context) error {
	for {
		b, open := s.in.take(ctx)
		if ctx.Err() != nil || (!open && b.Position == nil) {
			return nil
		}
		if b.Position == nil {
			continue
		}
		s.ask(nil) // early: credits must not run out while this takes its time
		if err := s.resolve(ctx, b.Events); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		if err := s.c.cfg.Deliver(ctx, b); err != nil {
			if ctx.Err() != nil && !protocol.IsPermanent(err) {
				return nil
			}
			return &setback{course: courseRetry, text: "delivering", err: err}
		}
	}
}

// resolve gives every event its schema, however long that takes: without one
// the position cannot move past the event (F-23). It gives up only what the
// server refuses for good, and what a new token must cure.
func (s *session) resolve(ctx context.Context, events []Event) error {
	for i := range events {
		id := events[i].SchemaID
		if i > 0 && events[i-1].SchemaID == id {
			events[i].Schema = events[i-1].Schema
			continue
		}
		schema, err := s.schema(ctx, id)
		if err != nil {
			return err
		}
		events[i].Schema = schema
	}
	return nil
}

func (s *session) schema(ctx context.Context, id string) (*Schema, error) {
	for try := 1; ; try++ {
		schema, err := s.c.cfg.Schemas.get(ctx, id, func(ctx context.Context) (string, error) { return s.fetch(ctx, id) })
		if err == nil {
			return schema, nil
		}
		back, ok := errors.AsType[*setback](err)
		if !ok || ctx.Err() != nil || back.course == courseRefused || back.course == courseAuth {
			return nil, fmt.Errorf("fetching schema %.40s: %w", id, err)
		}
		s.c.cfg.Logger.WarnContext(ctx, "a schema cannot be had, will try again", "schema", id, "error", err)
		rest(ctx, s.c.cfg.Backoff(try, back.course == courseBusy))
	}
}

func (s *session) fetch(ctx context.Context, id string) (string, error) {
	var trailer metadata.MD
	ctx, cancel := context.WithTimeout(ctx, s.c.cfg.RequestTimeout)
	defer cancel()
	ctx, err := s.c.authorize(ctx)
	if err != nil {
		return "", err
	}
	info, err := s.api.GetSchema(ctx, &eventbus.SchemaRequest{SchemaId: id}, grpc.Trailer(&trailer))
	if err != nil {
		return "", judge(err, trailer)
	}
	return info.GetSchemaJson(), nil
}
