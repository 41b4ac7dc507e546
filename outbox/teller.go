package outbox

import (
	"context"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/rules/tell"
	"tidegate/store"
)

// Poster sends one signed message to a subscriber and returns the HTTP status
// of the answer; the error says in one sentence why there is none.
type Poster interface {
	Post(ctx context.Context, ws gateway.WorkspaceID, s gateway.Subscriber, id string, at time.Time, body string) (status int, err error)
}

// The pace of a teller. What was observed in a transaction that committed late
// is found within tellLate; a claim outlives every try.
const (
	tellLook   = 2 * time.Second
	tellLate   = 10 * time.Second
	tellPage   = 500
	tellAtOnce = 8
	tellFor    = 15 * time.Second // one try
	tellHold   = time.Minute
	tellKept   = 7 * 24 * time.Hour
)

// Teller tells the host product of changes in Salesforce: at least once, each
// message with an id that stays the same, tried again over days.
type Teller struct {
	o    *Outbox
	post Poster
	kept time.Time // when old messages were last forgotten
}

// Teller returns the teller of this outbox; run one for each process.
func (o *Outbox) Teller(post Poster) *Teller { return &Teller{o: o, post: post} }

// Run works until ctx ends. What is queued then is sent by whatever process
// looks next.
func (t *Teller) Run(ctx context.Context) error {
	tick := time.NewTicker(tellLook)
	defer tick.Stop()
	for ctx.Err() == nil {
		if err := t.look(ctx); err != nil && ctx.Err() == nil {
			t.o.opts.Logger.WarnContext(ctx, "telling the product of changes failed; it goes on where it was", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
	return nil
}

// look queues what was observed and sends what is due, for every subscriber.
func (t *Teller) look(ctx context.Context) error {
	all, err := t.o.db.Subscribed(ctx)
	if err != nil {
		return err
	}
	forget := t.o.opts.Now().Sub(t.kept) > time.Hour
	for _, ws := range all {
		w := t.o.db.In(ws)
		subscribers, err := w.Subscribers(ctx)
		if err != nil {
			return err
		}
		for _, s := range subscribers {
			if s.Disabled {
				continue
			}
			if err := t.queue(ctx, w, s); err != nil {
				return err
			}
			if err := t.send(ctx, w, s); err != nil {
				return err
			}
		}
		if forget {
			if err := w.ForgetTellings(ctx, t.o.opts.Now().Add(-tellKept)); err != nil {
				return err
			}
		}
	}
	if forget {
		t.kept = t.o.opts.Now()
	}
	return nil
}

// queue makes durable what a subscriber is to be told, a page at a time.
func (t *Teller) queue(ctx context.Context, w *store.Workspace, s gateway.Subscriber) error {
	found, err := w.Untold(ctx, s, tellLate, tellPage)
	if err != nil || len(found) == 0 {
		return err
	}
	tellings := make([]gateway.Telling, len(found))
	for i, h := range found {
		tellings[i] = gateway.Telling{ID: h.ID, At: t.o.opts.Now(), Key: h.Key, State: gateway.TellingDone, DueAt: t.o.opts.Now(), DoneAt: t.o.opts.Now()}
		if !tell.Worth(h) { // it stands there so that it is not looked at again
			continue
		}
		links, err := w.Links(ctx, h.Key)
		if err != nil {
			return err
		}
		tellings[i].State, tellings[i].DoneAt, tellings[i].Body = gateway.TellingWaiting, time.Time{}, tell.Body(h, links)
	}
	return w.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.QueueTellings(ctx, s.ID, tellings) })
}

// send tries what is due, a few at once, and saves what became of it.
func (t *Teller) send(ctx context.Context, w *store.Workspace, s gateway.Subscriber) error {
	due, err := w.ClaimTellings(ctx, s.ID, tellAtOnce*4, tellHold)
	if err != nil || len(due) == 0 {
		return err
	}
	settled := make([]gateway.Telling, len(due))
	var wait sync.WaitGroup
	slots := make(chan struct{}, tellAtOnce)
	for i, one := range due {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			settled[i] = t.one(ctx, w.ID(), s, one)
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return nil // nobody knows how it came out; the claim runs out
	}
	ok, status := false, 0
	for _, one := range settled {
		ok, status = ok || one.State == gateway.TellingDone, max(status, one.Status)
		if err := w.SettleTelling(ctx, s.ID, one); err != nil {
			return err
		}
	}
	now, err := w.Subscriber(ctx, s.ID) // a person may have disabled it meanwhile
	if err != nil {
		return ifThere(err)
	}
	if after := tell.After(now, ok, status, t.o.opts.Now()); after.Disabled != now.Disabled || after.FailingSince != now.FailingSince {
		return ifThere(w.SaveSubscriber(ctx, after))
	}
	return nil
}

// ifThere is nil for what was deleted meanwhile.
func ifThere(err error) error {
	if gateway.CodeOf(err) == gateway.CodeNotFound {
		return nil
	}
	return err
}

func (t *Teller) one(ctx context.Context, ws gateway.WorkspaceID, s gateway.Subscriber, one gateway.Telling) gateway.Telling {
	ctx, stop := context.WithTimeout(ctx, tellFor)
	defer stop()
	status, err := t.post.Post(ctx, ws, s, tell.MessageID(one.ID), t.o.opts.Now(), one.Body)
	problem := ""
	switch {
	case err != nil:
		problem = failure(err).Message
	case status < 200 || status > 299:
		problem = "The address did not take it."
	}
	return tell.Settle(one, status, problem, t.o.opts.Now(), t.o.opts.Jitter())
}
