package pubsub

import (
	"context"

	eventbus "tidegate/eventbus/v1"
)

// Subscribe sends the events of the topic that the first request names, as many
// as requests ask for.
func (s *Server) Subscribe(stream eventbus.PubSub_SubscribeServer) error {
	ctx := stream.Context()
	c, err := s.begin(ctx, "Subscribe", "")
	if err != nil {
		return err
	}
	r, err := stream.Recv()
	if err != nil {
		return err
	}
	f := &feed{s: s, call: c, topic: r.GetTopicName()}
	if err := s.startSubscribe(f, r); err != nil {
		return err
	}
	f.send = func(answer encoded) error { return stream.SendMsg(answer) }
	return serve(f, receive(ctx, stream.Recv), func(r *eventbus.FetchRequest) error {
		if name := r.GetTopicName(); name != "" && name != f.topic {
			return c.refuse(errTopicChanged)
		}
		if r.GetNumRequested() <= 0 {
			return c.refuse(errRequested)
		}
		f.ask(r.GetNumRequested())
		return nil
	})
}

func (s *Server) startSubscribe(f *feed, r *eventbus.FetchRequest) error {
	if _, err := s.topic(f.call, f.topic); err != nil {
		return err
	}
	// A fault for one topic could not be looked for before it was known.
	if err := s.wrong(f.call, f.topic); err != nil {
		return err
	}
	if r.GetNumRequested() <= 0 {
		return f.call.refuse(errRequested)
	}
	f.ask(r.GetNumRequested())
	return f.open(r.GetReplayPreset(), r.GetReplayId())
}

// receive passes a client's requests on until it sends no more, or breaks off.
func receive[R any](ctx context.Context, recv func() (R, error)) <-chan R {
	requests := make(chan R)
	go func() {
		defer close(requests)
		for {
			r, err := recv()
			if err != nil {
				return // the end of the stream, or of the connection
			}
			select {
			case requests <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	return requests
}
