package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tidegate/streaming"
	"tidegate/streaming/bayeux"
	"tidegate/streaming/pubsub"
)

// publishSize is how many changes the org publishes to two subscribers at once.
const publishSize = 100_000

// publish is how fast the org publishes: one change a transaction, committed,
// captured and delivered to one subscriber over CometD and one over the Pub/Sub
// API, until both have all. What these two spend on reading is in it.
type publish struct {
	PerSecond float64       `json:"events_per_second"`
	CPU       time.Duration `json:"cpu_per_event_ns"`
}

func (w *world) publish(ctx context.Context, profile string) (p publish, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var byCometD, byPubSub atomic.Int64
	overCometD, err := bayeux.New(bayeux.Config{
		URL: w.org.URL + "/cometd/66.0", Transport: bayeux.WebSocket,
		Auth: func(context.Context, bool) (string, error) { return "Bearer " + w.org.AccessToken, nil },
		Subscriptions: []bayeux.Subscription{{Channel: streaming.Channel, Replay: func(context.Context) (json.RawMessage, error) {
			return json.RawMessage("-1"), nil
		}}},
		Deliver: func(_ context.Context, _ string, events []json.RawMessage) error {
			byCometD.Add(int64(len(events)))
			return nil
		},
	})
	if err != nil {
		return p, err
	}
	overPubSub, err := pubsub.New(pubsub.Config{
		Endpoint: "http://" + w.org.GRPC, Topic: streaming.Channel, Auth: w.pubSub().Credentials,
		Position: func(context.Context) (pubsub.Start, error) { return pubsub.Start{}, nil },
		Deliver: func(_ context.Context, b pubsub.Batch) error {
			byPubSub.Add(int64(len(b.Events)))
			return nil
		},
	})
	if err != nil {
		return p, err
	}
	g, running := errgroup.WithContext(ctx)
	running, end := context.WithCancel(running)
	g.Go(func() error { return overCometD.Run(running) })
	g.Go(func() error { return overPubSub.Run(running) })
	err = eventually(ctx, "both subscriptions", func() (bool, error) {
		return overCometD.State().Subscribed && overPubSub.State().Subscribed, nil
	})
	if err == nil {
		p, err = w.published(ctx, profile, func() bool {
			return byCometD.Load() >= publishSize && byPubSub.Load() >= publishSize
		})
	}
	end()
	return p, errors.Join(err, g.Wait())
}

// published makes the changes and waits until all have arrived.
func (w *world) published(ctx context.Context, profile string, arrived func() bool) (p publish, err error) {
	end, err := profiled(profile, "publish")
	if err != nil {
		return p, err
	}
	before, err := cpuTime()
	if err != nil {
		return p, errors.Join(err, end())
	}
	start := time.Now()
	err = errors.Join(w.changes(publishSize), eventually(ctx, "all events", func() (bool, error) { return arrived(), nil }))
	took := time.Since(start)
	after, e := cpuTime()
	p.PerSecond, p.CPU = publishSize/took.Seconds(), (after-before)/publishSize
	return p, errors.Join(err, e, end())
}

func (p *publish) lines() []line {
	return []line{
		{
			What: "org: published to one CometD and one Pub/Sub subscriber", Figure: perSec(p.PerSecond),
			Floor: ">= " + perSec(floorPublish), Passed: p.PerSecond >= floorPublish,
		},
		free("  processor time, all of it", fmt.Sprintf("%.0f µs/event", float64(p.CPU.Nanoseconds())/1000)),
	}
}
