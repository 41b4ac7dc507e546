// Package backfill decides how an object is read whole, what becomes of the
// reading when a person starts, pauses or cancels it, and how long it will
// take.
package backfill

import (
	"fmt"
	"time"

	"tidegate/gateway"
)

const (
	// FromBulk is the number of rows from which a bulk job is the better way.
	// Below it a query is done before the job has left Salesforce's queue: ten
	// pages of 2,000 rows take some ten seconds, and a job takes that long to
	// begin, and as many calls to be made, asked for and dropped. Above it a job
	// costs one call for each 50,000 rows instead of 25, and a million rows
	// would be 500 calls of the org's day. Salesforce itself advises the Bulk
	// API from 2,000 records on, for those who do not wait for the answer.
	FromBulk = 20_000
	// QueryPage is the number of rows of one call of a query.
	QueryPage = 2000
	// BulkPage is the number of rows of one call for bulk results. A process
	// that is killed reads at most that much a second time.
	BulkPage = 50_000
	// jobCalls are those to make a bulk job, to drop it, and to ask how it
	// stands, of which there are more when Salesforce is busy.
	jobCalls = 6
)

// Sizes adjusts the constants above, where an operator or a test does; zero
// fields are the constants.
type Sizes struct {
	FromBulk, QueryPage, BulkPage int
}

func (s Sizes) filled() Sizes {
	or := func(v *int, fallback int) {
		if *v <= 0 {
			*v = fallback
		}
	}
	or(&s.FromBulk, FromBulk)
	or(&s.QueryPage, QueryPage)
	or(&s.BulkPage, BulkPage)
	return s
}

// Plan is how an object is to be read.
type Plan struct {
	Way   string // gateway.WayREST or gateway.WayBulk
	Calls int    // about, with what changed meanwhile
	Why   string // a whole sentence
}

// Choose decides the way by the number of rows. bulk says whether the object
// can be read by bulk jobs.
func Choose(rows int, bulk bool, sizes Sizes) Plan {
	s := sizes.filled()
	byQuery := Plan{Way: gateway.WayREST, Calls: pages(rows, s.QueryPage) + 1, Why: fmt.Sprintf("Fewer than %d rows: pages of a query are done sooner than a bulk job.", s.FromBulk)}
	if rows < s.FromBulk {
		return byQuery
	}
	if !bulk {
		byQuery.Why = "Salesforce's Bulk API does not know the object, so it is read by pages of a query."
		return byQuery
	}
	return Plan{Way: gateway.WayBulk, Calls: pages(rows, s.BulkPage) + jobCalls + 1, Why: fmt.Sprintf("%d rows or more: a bulk job takes fewer calls.", s.FromBulk)}
}

func pages(rows, size int) int { return max(1, (rows+size-1)/size) }

// Ask is a person's wish to read an object again.
type Ask struct {
	Object string
	By     string
	Why    string
	Now    time.Time
}

// Start returns the reading that a wish begins. One that is under way is not
// begun a second time: started is false, and the running one is returned
// (F-74). A hole that is being repaired stays part of the new reading, which
// reads what changed since the older of the two.
func Start(b gateway.Backfill, found bool, ask Ask) (next gateway.Backfill, started bool) {
	if found && b.Open() {
		return b, false
	}
	next = gateway.Backfill{
		Object: ask.Object, State: gateway.BackfillRunning, Total: -1, StartedAt: ask.Now, BeganAt: ask.Now,
		Note: ask.Why, By: ask.By, Run: b.Run + 1, Complete: b.Complete || b.State == gateway.BackfillDone, Job: b.Job,
	}
	if found && b.State == gateway.BackfillRepairing && b.StartedAt.Before(ask.Now) {
		next.StartedAt = b.StartedAt
	}
	return next, true
}

// Pause returns the reading paused, or resumed. The stream goes on meanwhile.
// CodeConflict when there is none under way.
func Pause(b gateway.Backfill, found, paused bool) (gateway.Backfill, error) {
	if !found || !b.Open() {
		return b, notUnderWay(b)
	}
	b.Paused = paused
	return b, nil
}

// Cancel returns the reading given up. An object that was whole before is kept
// whole: what changed since the reading began is still read, because that may
// be why it began. CodeConflict when there is none under way.
func Cancel(b gateway.Backfill, found bool, now time.Time) (gateway.Backfill, error) {
	if !found || !b.Open() {
		return b, notUnderWay(b)
	}
	b.Run++ // a page under way moves nothing any more
	b.State, b.Paused, b.LastID, b.Locator, b.PageRows = gateway.BackfillCanceled, false, "", "", 0
	if b.Complete {
		b.State = gateway.BackfillRepairing
	}
	b.UpdatedAt = now
	return b, nil
}

func notUnderWay(b gateway.Backfill) error {
	return gateway.Errorf(gateway.CodeConflict, "%s is not being loaded just now, so there is nothing to pause, resume or cancel.", b.Object)
}

// Progress is how far a reading is.
type Progress struct {
	Share float64       // 0 to 1; -1 where the number of rows is not known
	Rate  float64       // rows a second, pauses not counted; 0 before the first page
	Left  time.Duration // 0 where it is not known
}

// Of returns the progress of a reading.
func Of(b gateway.Backfill) Progress {
	p := Progress{Share: -1}
	if b.Spent > 0 && b.Rows > 0 {
		p.Rate = float64(b.Rows) / b.Spent.Seconds()
	}
	if b.Total <= 0 {
		return p
	}
	// Rows that were made meanwhile may come on top.
	p.Share = min(1, float64(b.Rows)/float64(b.Total))
	if left := b.Total - b.Rows; p.Rate > 0 && left > 0 {
		p.Left = time.Duration(float64(left) / p.Rate * float64(time.Second))
	}
	return p
}
