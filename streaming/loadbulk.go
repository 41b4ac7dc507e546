package streaming

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"tidegate/gateway"
	"tidegate/store"
)

// bulk takes the next step of a reading by a bulk job: makes the job, waits for
// it, or reads its results.
func (l *loader) bulk(ctx context.Context, b gateway.Backfill) error {
	if l.c.cfg.Loading.Bulk == nil {
		return l.byQuery(ctx, b, "The Bulk API is switched off.")
	}
	if b.Job == "" {
		return l.begin(ctx, b)
	}
	err := l.ready(ctx, &b)
	if err == nil {
		err = l.results(ctx, &b)
	}
	switch {
	case errors.Is(err, errEnded):
		// It would end again; whoever ended it, the rest is read without one.
		return l.byQuery(ctx, b, err.Error())
	case isExpired(err):
		return l.anew(ctx, b)
	}
	return err
}

// errEnded says that Salesforce, or somebody there, ended a job.
var errEnded = errors.New("Salesforce ended the bulk job") //nolint:staticcheck // a name begins the sentence

// ready waits until the job's results can be read. Once they were read in part
// they still can be, or are gone, which reading them tells.
func (l *loader) ready(ctx context.Context, b *gateway.Backfill) error {
	if b.Locator != "" || b.PageRows > 0 {
		return nil
	}
	state, err := l.await(ctx, b)
	if err == nil && state.Over {
		err = fmt.Errorf("%w: %s", errEnded, state.Said)
	}
	if err == nil {
		b.Total = b.Rows + state.Rows
	}
	return err
}

// isExpired tells that Salesforce no longer keeps a job or a place in it. Its
// results are kept for seven days; an admin may drop them earlier.
func isExpired(err error) bool {
	if err == nil {
		return false
	}
	code := gateway.CodeOf(err)
	return code == gateway.CodeSFGone || code == gateway.CodeSFReplay
}

// byQuery goes on with pages of a query, from the last id up to which all rows
// are here.
func (l *loader) byQuery(ctx context.Context, b gateway.Backfill, why string) error {
	l.c.cfg.Logger.InfoContext(ctx, "an object is read by pages of a query", "object", l.object, "reason", why)
	b.Way, b.Job, b.Locator, b.PageRows = gateway.WayREST, "", "", 0
	if b.LastID == "" {
		b.Rows = 0
	}
	return l.save(ctx, b)
}

// begin makes a job for what is behind the last id up to which all rows are
// here. Its id is kept before anything is read.
func (l *loader) begin(ctx context.Context, b gateway.Backfill) error {
	if err := l.afford(ctx, &b, 1); err != nil {
		return err
	}
	var job string
	err := l.c.steady(ctx, l.object, func() (err error) {
		job, err = l.c.cfg.Loading.Bulk.StartJob(ctx, ReadRequest{Object: l.object, Fields: l.fields(), AfterID: b.LastID})
		return err
	})
	if unreachable(err) {
		return l.byQuery(ctx, b, err.Error())
	}
	if err != nil {
		return fmt.Errorf("making a bulk job for %s: %w", l.object, err)
	}
	b.Job = job
	return l.save(ctx, b)
}

// anew gives up a job that Salesforce no longer keeps. The next one reads what
// is behind the last id up to which all rows are here; where there is none, all
// of it, and rows that are here already cost no write.
func (l *loader) anew(ctx context.Context, b gateway.Backfill) error {
	l.c.cfg.Logger.InfoContext(ctx, "a bulk job is no longer kept and is made anew", "object", l.object, "behind", b.LastID != "")
	b.Job, b.Locator, b.PageRows = "", "", 0
	if b.LastID == "" {
		b.Rows = 0
	}
	return l.save(ctx, b)
}

// await asks for the job until it is complete or over. Between two questions it
// looks whether somebody paused or canceled the reading.
func (l *loader) await(ctx context.Context, b *gateway.Backfill) (JobState, error) {
	for n := 1; ; n++ {
		if err := l.afford(ctx, b, 1); err != nil {
			return JobState{}, err
		}
		state, err := l.c.cfg.Loading.Bulk.Job(ctx, b.Job)
		if err != nil || state.Complete || state.Over {
			return state, err
		}
		if err := rest(ctx, l.c.cfg.Loading.JobWait(n)); err != nil {
			return state, err
		}
		now, err := l.c.store.Backfill(ctx, l.object)
		switch {
		case err != nil:
			return state, err
		case now.Run != b.Run:
			return state, errReplaced
		case now.Paused:
			return state, errPaused
		}
	}
}

// resultPart is what comes of a job's results, in their order: rows, or what
// ended the reading.
type resultPart struct {
	rows *gateway.Table // nil with an empty page
	last bool           // of a page; the next begins at the locator next, "" = there is none
	next string
	err  error
}

// results reads the results from the page that b is in, and keeps b up to
// date. What comes next is decoded while rows are committed, be it of the same
// page or of the next; there are never more than three chunks in memory.
func (l *loader) results(ctx context.Context, b *gateway.Backfill) error {
	f := &fetcher{l: l, to: make(chan resultPart)}
	from := *b
	var fetching sync.WaitGroup
	defer fetching.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before the wait
	fetching.Go(func() {
		defer close(f.to)
		f.run(ctx, from)
	})
	for p := range f.to {
		err := p.err
		if err == nil {
			b.Calls += int(f.calls.Swap(0))
			err = l.part(ctx, b, p)
		}
		if err != nil {
			return readError(l.object, err)
		}
	}
	return ctx.Err()
}

// fetcher asks for one page of results after another.
type fetcher struct {
	l     *loader
	to    chan resultPart
	calls atomic.Int64 // made and not counted in the reading
	held  *gateway.Table
}

// run reads as long as events come in.
func (f *fetcher) run(ctx context.Context, b gateway.Backfill) {
	loading := &f.l.c.cfg.Loading
	q := ResultRequest{
		Object: f.l.object, Job: b.Job, Locator: b.Locator, Skip: b.PageRows, Rows: loading.Sizes.BulkPage, Chunk: loading.Chunk,
	}
	for more := true; more && f.l.anchored(); q.Skip = 0 {
		err := f.l.c.cfg.Budget.Take(ctx, f.l.kind, 1)
		if err == nil {
			f.calls.Add(1)
			q.Locator, err = loading.Bulk.Results(ctx, q, func(t *gateway.Table) error { return f.hold(ctx, t) })
		}
		if err != nil {
			if f.held == nil || f.send(ctx, resultPart{rows: f.held}) == nil {
				_ = f.send(ctx, resultPart{err: err}) // or nobody listens any more
			}
			return
		}
		last := resultPart{rows: f.held, last: true, next: q.Locator}
		f.held = nil
		more = f.send(ctx, last) == nil && q.Locator != ""
	}
}

// hold keeps rows until what follows them is known: the place after the last
// ones of a page is that of the next page, and is committed with them (F-03).
func (f *fetcher) hold(ctx context.Context, t *gateway.Table) (err error) {
	if f.held != nil {
		err = f.send(ctx, resultPart{rows: f.held})
	}
	f.held = t
	return err
}

func (f *fetcher) send(ctx context.Context, p resultPart) error {
	select {
	case f.to <- p:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func readError(object string, err error) error {
	if errors.Is(err, errPaused) || errors.Is(err, errReplaced) {
		return err
	}
	return fmt.Errorf("reading %s: %w", object, err)
}

// part commits rows together with the place after them. What is stored of a
// page is not stored again when the page is read a second time (F-03).
func (l *loader) part(ctx context.Context, b *gateway.Backfill, p resultPart) error {
	if t := p.rows; t != nil {
		b.LastID = watermark(*b, t)
		b.Rows += len(t.Rows)
		b.PageRows += len(t.Rows)
		b.Total = max(b.Total, b.Rows)
	}
	if p.last {
		b.Locator, b.PageRows = p.next, 0
		if p.next == "" {
			b.State, b.LastID = BackfillRepairing, ""
		}
	}
	if p.rows == nil {
		return l.save(ctx, *b)
	}
	return l.chunk(ctx, b, p.rows)
}

// chunk commits rows and b, the place after them.
func (l *loader) chunk(ctx context.Context, b *gateway.Backfill, t *gateway.Table) error {
	l.spend(b)
	paused := false
	batch := Batch{Lease: l.lease, Repair: l.step(ctx, *b), With: func(ctx context.Context, tx *store.Tx) error {
		ok, stopped, err := tx.AdvanceBackfill(ctx, *b)
		if err == nil && !ok {
			err = errReplaced
		}
		paused = stopped
		return err
	}}
	done, err := l.c.apply.Snapshot(ctx, t, batch)
	if err != nil {
		return err
	}
	if l.c.cfg.Notify != nil && len(done.Keys) > 0 {
		l.c.cfg.Notify(l.c.store.ID(), done.Keys) // rows that were here and differ now
	}
	l.tell(ctx, *b)
	if paused {
		return errPaused
	}
	return nil
}

// watermark is the id up to which all rows are here after a chunk. Salesforce
// promises no order: the mark holds as long as ids only rise, and is given up
// for good, which is "" with rows read, when they do not.
func watermark(b gateway.Backfill, t *gateway.Table) string {
	if b.Rows > 0 && b.LastID == "" {
		return ""
	}
	last := b.LastID
	for i := range t.Rows {
		if t.Rows[i].ID <= last {
			return ""
		}
		last = t.Rows[i].ID
	}
	return last
}
