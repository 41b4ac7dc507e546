package streaming

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// poll is what polling remembers between rounds; the worker's alone.
type poll struct {
	// unstreamed are the objects that Salesforce keeps out of the stream.
	unstreamed map[string]bool
	// streamedAt is when an object was last found to be in it.
	streamedAt map[string]time.Time
	askedAt    time.Time
	readAt     map[string]time.Time // when what was read whole was read last
	listedAt   map[string]time.Time // by Salesforce's clock
	sweptAt    map[string]time.Time
	swept      map[string]int    // how many rows that was about
	shown      map[string]string // why the health page says that it is polled
}

func newPoll() poll {
	return poll{
		unstreamed: map[string]bool{}, streamedAt: map[string]time.Time{}, readAt: map[string]time.Time{},
		listedAt: map[string]time.Time{}, sweptAt: map[string]time.Time{}, swept: map[string]int{}, shown: map[string]string{},
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
		return object + " is not selected for Change Data Capture."
	}
	return ""
}

// polling starts the next reading of a polled object when it is due; what its
// first page leaves, backfill carries out. It reads what has a SystemModstamp from then on, with overlap,
// from one Id to the next: stamps move while pages are read, ids do not. Deleted
// rows are read too, so what is in the recycle bin is found at once; what left it
// is found by Salesforce's list of deletions, and what that does not know by the
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
	if why == "" || c.cfg.Now().Sub(b.UpdatedAt) < c.pollEvery() {
		return nil
	}
	if err := c.list(countCalls(ctx), lease, b); err != nil {
		return err
	}
	if c.cfg.Now().Sub(c.poll.sweptAt[object]) >= c.sweepEvery() {
		if err := c.sweep(countCalls(ctx), lease, object, outbound.ReadPoll); err != nil {
			return err
		}
		c.poll.sweptAt[object] = c.cfg.Now()
	}
	generation := c.apply.generationOf(object)
	again, _, err := c.reask(ctx, b)
	if err != nil {
		return err
	}
	// That it began is stored with its first page, which nearly always is the last
	// and empty: until then it stands as it did.
	return c.page(countCalls(ctx), lease, again, generation)
}

// listAfter is after how many rounds of polling the list of deletions is asked
// for: it tells only what left the recycle bin at once, which is rare, and costs
// a call.
const listAfter = 10

// list takes up what Salesforce lists as deleted since it was last asked. Where
// the list is not complete the sweep finds the rest in its time.
func (c *Consumer) list(ctx context.Context, lease gateway.Lease, b gateway.Backfill) error {
	now, since := c.salesforceNow(), c.poll.listedAt[b.Object]
	if now.Sub(since) < listAfter*c.pollEvery() {
		return nil
	}
	if since.IsZero() {
		since = b.StartedAt
	}
	if _, err := c.deletions(ctx, lease, b.Object, since.Add(-c.cfg.Overlap), outbound.ReadPoll, 1); err != nil {
		return err
	}
	c.poll.listedAt[b.Object] = now
	return nil
}

// reask returns the reading of what changed since the last one, or since the
// object was last surely in the stream. One that is under way begins anew: what
// it read already may have changed since. The first reading of an object goes
// on, and ends with what changed since it began; ok is false then.
func (c *Consumer) reask(ctx context.Context, b gateway.Backfill) (again gateway.Backfill, ok bool, err error) {
	switch b.State {
	case BackfillRunning:
		return b, false, nil
	case BackfillRepairing:
		b.LastID = ""
		if b.Note == notePolled {
			b.Anchor = pollAnchor(c.salesforceNow())
		}
		return b, true, nil
	}
	since := b.StartedAt
	streamed, err := c.streamedUntil(ctx, b.Object)
	if err != nil {
		return b, false, err
	}
	if streamed.After(since) {
		since = streamed
	}
	b.State, b.LastID, b.StartedAt, b.Note = BackfillRepairing, "", since, notePolled
	b.Anchor = pollAnchor(c.salesforceNow())
	return b, true, nil
}

// sweepEvery is how often ids are compared: as configured, or more seldom so
// that it fits into the budget.
func (c *Consumer) sweepEvery() time.Duration {
	calls := 0
	for _, rows := range c.poll.swept {
		calls += rows/c.cfg.PageSize + 1
	}
	return outbound.SweepEvery(c.cfg.Budget.Use(), calls, c.cfg.SweepEvery)
}

// salesforceNow is the time by Salesforce's clock, which its stamps are from.
func (c *Consumer) salesforceNow() time.Time { return c.cfg.Now().Add(c.ahead()) }

// ahead is Salesforce's clock minus ours.
func (c *Consumer) ahead() time.Duration {
	if c.cfg.Ahead == nil {
		return 0
	}
	return c.cfg.Ahead()
}

// streamedUntil returns until when the stream told everything of an object,
// zero if that is not known.
func (c *Consumer) streamedUntil(ctx context.Context, object string) (time.Time, error) {
	switch {
	case c.poll.unstreamed[object]:
		return c.poll.streamedAt[object], nil
	case c.health.streamed():
		return c.health.complete().Add(c.ahead()), nil
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

// sweep compares ids, to find records that are gone without a trace, and makes
// tombstones of them. It asks for the calls of all pages at once, because one
// that is broken off begins anew.
func (c *Consumer) sweep(ctx context.Context, lease gateway.Lease, object string, why outbound.Reading) error {
	here, err := c.idsHere(ctx, object)
	if err != nil {
		return err
	}
	if why == outbound.ReadPoll {
		c.poll.swept[object] = len(here)
	}
	if err := c.afford(ctx, why, len(here)/c.cfg.PageSize+1); err != nil {
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
	for gone := range slices.Chunk(slices.Sorted(maps.Keys(here)), c.cfg.PageSize) {
		if err := c.retrieve(ctx, lease, object, gone, &Repair{Object: object}); err != nil {
			return err
		}
	}
	return nil
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
	seen := map[string]time.Time{}
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
			c.poll.streamedAt[object], seen[object] = at, at
		}
		c.poll.unstreamed[object] = !is
	}
	c.showPartly()
	c.showApart()
	return c.noteStreamed(ctx, seen)
}

// again reads what changed of an object that is streamed again.
func (c *Consumer) again(ctx context.Context, lease gateway.Lease, object string) error {
	_, err := c.store.Backfill(ctx, object)
	if gateway.CodeOf(err) == gateway.CodeNotFound && err != nil {
		return nil // its first reading is still to come
	}
	if err != nil {
		return err
	}
	return c.back(ctx, lease, []string{object})
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

// showApart tells which objects are polled by design: a lost place in the
// stream is no hole of theirs.
func (c *Consumer) showApart() {
	apart := map[string]bool{}
	for _, object := range c.cfg.Objects {
		apart[object] = !c.expected(object)
	}
	c.health.set(func(h *health) { h.apart = apart })
}

// streamed asks which objects are in the stream; those of which it is not
// known are missing.
func (c *Consumer) streamed(ctx context.Context) (map[string]bool, error) {
	if c.cfg.PubSub != nil {
		is, err := c.offered(ctx)
		if err == nil || c.cfg.Captured == nil {
			return is, err
		}
		c.cfg.Logger.InfoContext(ctx, "the Pub/Sub API does not tell which objects are streamed", "error", err)
	}
	if c.cfg.Captured == nil {
		return nil, nil
	}
	if err := c.afford(ctx, outbound.ReadPoll, 1); err != nil {
		return nil, err
	}
	captured, err := c.cfg.Captured(ctx)
	if err != nil {
		return nil, err
	}
	is := map[string]bool{}
	for _, object := range c.cfg.Objects {
		is[object] = slices.Contains(captured, object)
	}
	return is, nil
}

// offered asks the Pub/Sub API, which costs no API call.
func (c *Consumer) offered(ctx context.Context) (map[string]bool, error) {
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
	is := map[string]bool{}
	for i, object := range c.cfg.Objects {
		is[object] = offered[topics[i]]
	}
	return is, nil
}
