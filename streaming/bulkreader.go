package streaming

import (
	"cmp"
	"context"
	"time"

	"tidegate/gateway"
	"tidegate/rules/backfill"
)

// BulkReader reads objects of very many records by jobs, which Salesforce works
// on by itself and keeps for seven days. Errors are *gateway.Error:
// CodeSFUnavailable and the like for an object that jobs do not know, CodeSFGone
// and CodeSFReplay for a job or locator that is no longer kept. Each call to
// Salesforce is told to CountCall.
type BulkReader interface {
	// StartJob makes a job that reads all records, or those behind q.AfterID,
	// in whatever order.
	StartJob(ctx context.Context, q ReadRequest) (id string, err error)
	// Job tells how it stands.
	Job(ctx context.Context, id string) (JobState, error)
	// Results reads one page of the results of a complete job and calls each
	// with its rows, a chunk at a time, while the rest is under way. next is
	// the locator of the following page, "" after the last.
	Results(ctx context.Context, q ResultRequest, each func(*gateway.Table) error) (next string, err error)
	// DropJob ends a job and drops its results. One that is gone is no error.
	DropJob(ctx context.Context, id string) error
}

// JobState is how a job stands.
type JobState struct {
	Complete bool // its results can be read
	Over     bool // it ended without results
	Rows     int  // of a complete one
	Said     string
}

// ResultRequest selects a page of a job's results.
type ResultRequest struct {
	Object, Job string
	Locator     string // "" = the first page
	Rows        int    // at most that many
	Skip        int    // of them, rows that are stored already
	Chunk       int    // rows of one call of each
}

// Loading adjusts how objects are read whole.
type Loading struct {
	Bulk  BulkReader // nil = never by jobs
	Sizes backfill.Sizes
	// AtOnce is how many objects are read side by side; default 3, which leaves
	// an org's 5 to 25 concurrent long requests to others.
	AtOnce int
	// Chunk is how many rows of a result are committed at once; default
	// 10,000, half a second at most: people's own writes wait for it.
	Chunk int
	// JobWait is how long to wait before a job is asked for the n-th time how it
	// stands; default doubles from a fifth of a second to 30 s, each costs a call.
	JobWait func(n int) time.Duration
	// TellEvery is how often open pages are told to look at the progress; 1 s.
	TellEvery time.Duration
}

func (l Loading) withDefaults(pageSize int) Loading {
	l.AtOnce = cmp.Or(l.AtOnce, 3)
	l.Chunk = cmp.Or(l.Chunk, 10_000)
	l.TellEvery = cmp.Or(l.TellEvery, time.Second)
	if l.Sizes.QueryPage == 0 {
		l.Sizes.QueryPage = pageSize
	}
	l.Sizes.BulkPage = cmp.Or(l.Sizes.BulkPage, backfill.BulkPage)
	if l.JobWait == nil {
		l.JobWait = func(n int) time.Duration { return min(200*time.Millisecond<<min(n-1, 8), 30*time.Second) }
	}
	return l
}
