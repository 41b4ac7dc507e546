package streaming

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// poll is what polling remembers between rounds; the worker's alone.
type poll struct {
	// unstreamed are the objects that Salesforce keeps out of the stream.
	unstreamed map[string]bool
	// streamedAt is when an object was last found to be in it.
	streamedAt map[string]time.Time
	askedAt    time.Time
	sweptAt    map[string]time.Time
	shown      map[string]string // why the health page says that it is polled
}

func newPoll() poll {
	return poll{
		unstreamed: map[string]bool{}, streamedAt: map[string]time.Time{},
		sweptAt: map[string]time.Time{}, shown: map[string]string{},
	}
}

// notePolled is the note of a reading that asks for what changed since the
// last one. While it runs, its anchor is when it began.
const notePolled = "Asked for what changed."

// polled says why an object's changes are asked for instead of streamed, "" if
// they are streamed.
func (c *Consumer) polled(object string) string {
	if why := c.health.unstreaming(); why != "" {
		return why
	}
	if c.poll.unstreamed[object] {
		return "Salesforce does not put " + object + " into the stream."
	}
	return ""
}

// polling starts the next reading of a polled object when it is due; backfill
// carries it out. It reads by (SystemModstamp, Id) with overlap, deleted rows
// too, so what is in the recycle bin is found at once and what left it by the
// sweep (F-36, F-38).
func (c *Consumer) polling(ctx context.Context, lease gateway.Lease, object string) error {
	b, err := c.store.Backfill(ctx, object)
	if err != nil || b.State != BackfillDone {
		if gateway.CodeOf(err) == gateway.CodeNotFound {
			return nil // it is read for the first time
		}
		return err
	}
	why := c.polled(object)
	if why != c.poll.shown[object] {
		if err := c.count(ctx, object); err != nil {
			return err
		}
		c.poll.shown[object] = why
	}
	if why == "" || c.cfg.Now().Sub(b.UpdatedAt) < c.cfg.PollEvery {
		return nil
	}
	if c.cfg.Now().Sub(c.poll.sweptAt[object]) >= c.cfg.SweepEvery {
		if err := c.sweep(ctx, lease, object); err != nil {
			return err
		}
		c.poll.sweptAt[object] = c.cfg.Now()
	}
	return c.ask(ctx, lease, b)
}

// ask starts a reading of what changed since the last one, or since the object
// was last surely in the stream.
func (c *Consumer) ask(ctx context.Context, lease gateway.Lease, b gateway.Backfill) error {
	since := b.StartedAt
	streamed, err := c.streamedUntil(ctx, b.Object)
	if err != nil {
		return err
	}
	if streamed.After(since) {
		since = streamed
	}
	b.State, b.LastID, b.StartedAt, b.Note = BackfillRepairing, "", since, notePolled
	b.Anchor = pollAnchor(c.salesforceNow())
	_, err = c.apply.Apply(ctx, Batch{Lease: lease, Reread: []gateway.Backfill{b}})
	return err
}

// salesforceNow is the time by Salesforce's clock, which its stamps are from.
func (c *Consumer) salesforceNow() time.Time {
	if c.cfg.Ahead != nil {
		return c.cfg.Now().Add(c.cfg.Ahead())
	}
	return c.cfg.Now()
}

// streamedUntil returns until when the stream told everything of an object,
// zero if that is not known.
func (c *Consumer) streamedUntil(ctx context.Context, object string) (time.Time, error) {
	switch {
	case c.poll.unstreamed[object]:
		return c.poll.streamedAt[object], nil
	case c.health.streamed():
		return c.health.complete(), nil
	}
	p, err := c.store.Position(ctx, c.cfg.Connection.ID, Channel)
	return p.LastEventAt, err
}

const pollMark = "at:"

func pollAnchor(t time.Time) gateway.ReplayID {
	return gateway.ReplayID(pollMark + strconv.FormatInt(t.UnixMilli(), 10))
}

// pollTime returns when the reading began, which the next one goes on from.
func pollTime(b gateway.Backfill) time.Time {
	ms, err := strconv.ParseInt(strings.TrimPrefix(string(b.Anchor), pollMark), 10, 64)
	if err != nil {
		return b.StartedAt
	}
	return time.UnixMilli(ms)
}

// sweep compares ids, to find records that are gone without a trace: they are
// marked, and reading them finds that they are not there.
func (c *Consumer) sweep(ctx context.Context, lease gateway.Lease, object string) error {
	here, err := c.idsHere(ctx, object)
	if err != nil {
		return err
	}
	q := ReadRequest{Object: object, Fields: []string{}, Limit: c.cfg.PageSize}
	for {
		rows, err := c.cfg.Reader.Rows(ctx, q)
		if err != nil {
			return fmt.Errorf("reading the ids of %s: %w", object, err)
		}
		for _, r := range rows {
			delete(here, r.RecordIDs[0])
		}
		if len(rows) < q.Limit {
			break
		}
		q.AfterID = rows[len(rows)-1].RecordIDs[0]
	}
	if len(here) == 0 {
		return nil
	}
	gone := make([]gateway.RecordKey, 0, len(here))
	for id := range here {
		gone = append(gone, gateway.RecordKey{Object: object, ID: id})
	}
	_, err = c.apply.Apply(ctx, Batch{Lease: lease, With: func(ctx context.Context, tx *store.Tx) error {
		return tx.MarkRefetch(ctx, gone, "Salesforce no longer lists the record.")
	}})
	return err
}

// idsHere returns the ids of an object's live records. What has no id of
// Salesforce yet is not among them.
func (c *Consumer) idsHere(ctx context.Context, object string) (map[string]bool, error) {
	ids := map[string]bool{}
	for q := (store.RecordQuery{Object: object, Limit: 2000}); ; {
		page, err := c.store.Records(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			if _, ok := gateway.NormalizeID(r.Key.ID); ok {
				ids[r.Key.ID] = true
			}
		}
		if page.Next == "" {
			return ids, nil
		}
		q.After = page.Next
	}
}

// askStreamed finds out from time to time which objects are in the stream. An
// object that comes back is asked for once more, so that nothing falls between
// the last reading and the stream.
func (c *Consumer) askStreamed(ctx context.Context, lease gateway.Lease) error {
	now := c.cfg.Now()
	if !c.health.subscribed() || now.Sub(c.poll.askedAt) < c.cfg.AskEvery {
		return nil
	}
	c.poll.askedAt = now
	at := c.salesforceNow()
	streamed, err := c.streamed(ctx)
	if err != nil {
		c.cfg.Logger.InfoContext(ctx, "not known which objects are streamed", "error", err)
		return nil // asked again; until then it is as it was
	}
	for _, object := range c.cfg.Objects {
		is, known := streamed[object]
		if !known {
			continue
		}
		if is && c.poll.unstreamed[object] {
			if err := c.again(ctx, lease, object); err != nil {
				return err
			}
		}
		if is {
			c.poll.streamedAt[object] = at
		}
		c.poll.unstreamed[object] = !is
	}
	c.showPartly()
	return nil
}

// again reads what changed of an object that is streamed again.
func (c *Consumer) again(ctx context.Context, lease gateway.Lease, object string) error {
	b, err := c.store.Backfill(ctx, object)
	if err != nil || b.State != BackfillDone {
		if gateway.CodeOf(err) == gateway.CodeNotFound {
			return nil
		}
		return err // a reading under way ends after this
	}
	return c.ask(ctx, lease, b)
}

// showPartly tells of objects that left the stream. One that was never in it is
// no degradation: an org may select five objects, and the rest is polled for
// good; each object's own line says so.
func (c *Consumer) showPartly() {
	var polled []string
	for object, is := range c.poll.unstreamed {
		if _, was := c.poll.streamedAt[object]; is && was {
			polled = append(polled, object)
		}
	}
	slices.Sort(polled)
	c.health.set(func(h *health) {
		h.partly = ""
		if len(polled) > 0 {
			h.partly = "Salesforce does not stream " + strings.Join(polled, ", ") + "; changes are asked for instead."
		}
	})
}

// streamed asks which objects are in the stream; those of which it is not
// known are missing.
func (c *Consumer) streamed(ctx context.Context) (map[string]bool, error) {
	is := map[string]bool{}
	if c.cfg.Streamed != nil {
		for _, object := range c.cfg.Objects {
			yes, err := c.cfg.Streamed(ctx, object)
			if err != nil {
				return nil, err
			}
			is[object] = yes
		}
		return is, nil
	}
	if c.cfg.PubSub == nil {
		return is, nil
	}
	client, err := c.pubSub(nil)
	if err != nil {
		return nil, err
	}
	topics := make([]string, 0, len(c.cfg.Objects))
	for _, object := range c.cfg.Objects {
		topics = append(topics, topicOf(object))
	}
	offered, err := client.Offered(ctx, topics)
	if err != nil {
		return nil, err
	}
	for i, object := range c.cfg.Objects {
		is[object] = offered[topics[i]]
	}
	return is, nil
}
