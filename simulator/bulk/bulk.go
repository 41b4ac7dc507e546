// Package bulk is Bulk API 2.0 of the simulated org: query jobs that read a
// table as CSV, and ingest jobs that write one.
package bulk

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tidegate/simulator/org"
)

// States of a job, as they are written on the wire.
const (
	Open           = "Open"
	UploadComplete = "UploadComplete"
	InProgress     = "InProgress"
	JobComplete    = "JobComplete"
	Failed         = "Failed"
	Aborted        = "Aborted"
)

const (
	// keptFor is how long a job and its results can be read.
	keptFor = 7 * 24 * time.Hour
	// listed is the number of jobs on one page of a list.
	listed = 1000
)

// Jobs keeps the jobs of an org and works on them. It is safe for concurrent
// use; Close ends what runs.
type Jobs struct {
	org *org.Org
	// Saved is asked about every record that an ingest job has written, inside
	// its transaction; an error takes the record back. nil = nobody is asked.
	Saved func(tx *org.Tx, saved Saved) *org.Error

	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	closed bool
	next   uint64
	jobs   []*job // oldest first
}

// Saved is a record as an ingest job has just written it.
type Saved struct {
	Object, ID string
	Created    bool
	Assign     bool // the job names an assignment rule
}

// Call is one request to the bulk API, signed in and counted.
type Call struct {
	W       http.ResponseWriter
	R       *http.Request
	Caller  org.Caller
	Version string // "66.0"
}

// job is one job. All but its kind, caller and request is guarded by Jobs.mu.
type job struct {
	info
	isQuery bool
	caller  org.Caller
	opened  time.Time
	began   time.Time

	query  *queryWork
	ingest *ingestWork
}

// info is what a caller is told of a job. Numbers are absent until there is
// something to count.
type info struct {
	ID              string  `json:"id"`
	Operation       string  `json:"operation"`
	Object          string  `json:"object"`
	CreatedByID     string  `json:"createdById"`
	CreatedDate     string  `json:"createdDate"`
	SystemModstamp  string  `json:"systemModstamp"`
	State           string  `json:"state"`
	ExternalID      string  `json:"externalIdFieldName,omitempty"`
	AssignmentRule  string  `json:"assignmentRuleId,omitempty"`
	ConcurrencyMode string  `json:"concurrencyMode"`
	ContentType     string  `json:"contentType"`
	APIVersion      float64 `json:"apiVersion"`
	ContentURL      string  `json:"contentUrl,omitempty"`
	JobType         string  `json:"jobType"`
	LineEnding      string  `json:"lineEnding"`
	ColumnDelimiter string  `json:"columnDelimiter"`
	Processed       *int    `json:"numberRecordsProcessed,omitempty"`
	Failures        *int    `json:"numberRecordsFailed,omitempty"`
	Retries         *int    `json:"retries,omitempty"`
	Millis          *int64  `json:"totalProcessingTime,omitempty"`
	PKChunking      *bool   `json:"isPkChunkingSupported,omitempty"`
	Error           string  `json:"errorMessage,omitempty"`
}

// New returns an empty set of jobs for the org.
func New(o *org.Org) *Jobs {
	j := &Jobs{org: o}
	j.ctx, j.cancel = context.WithCancel(context.Background())
	return j
}

// Close ends running jobs and waits for them. It may be called more than once.
func (j *Jobs) Close() {
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.cancel()
	j.running.Wait()
}

// Used tells how many query jobs were created in the last day.
func (j *Jobs) Used() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n, since := 0, j.org.Now().Add(-24*time.Hour)
	for _, one := range j.jobs {
		if one.isQuery && one.opened.After(since) {
			n++
		}
	}
	return n
}

// add numbers the job and keeps it; jobs that are too old go. It returns what
// the creator is told.
func (j *Jobs) add(c Call, one *job) info {
	now := j.org.Now()
	version, _ := strconv.ParseFloat(c.Version, 64) // two digits by the router
	j.mu.Lock()
	defer j.mu.Unlock()
	j.jobs = slices.DeleteFunc(j.jobs, func(old *job) bool { return now.Sub(old.opened) > keptFor })
	j.next++
	one.opened, one.caller = now, c.Caller
	one.ID = org.MakeID("750", j.next)
	one.CreatedByID, one.APIVersion = c.Caller.UserID, version
	one.ConcurrencyMode, one.ContentType = "Parallel", "CSV"
	one.CreatedDate = j.moment()
	one.SystemModstamp = one.CreatedDate
	if !one.isQuery {
		// Without a leading slash: callers join it with the instance URL and "/".
		one.ContentURL = strings.TrimPrefix(c.base(), "/") + "/jobs/ingest/" + one.ID + "/batches"
	}
	j.jobs = append(j.jobs, one)
	return one.info
}

func (j *Jobs) moment() string { return org.DateTime(j.org.Now().Unix() * 1000).String() }

// start works on the job in the background, unless the org is closing.
func (j *Jobs) start(one *job, run func(context.Context) error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return
	}
	j.running.Go(func() {
		if !j.advance(one, InProgress) {
			return
		}
		if j.hold(one) {
			j.end(one, run(j.ctx))
		}
	})
}

// advance puts the job into a state, unless it was ended meanwhile.
func (j *Jobs) advance(one *job, state string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if one.over() {
		return false
	}
	if state == InProgress {
		one.began = time.Now()
	}
	one.State, one.SystemModstamp = state, j.moment()
	return true
}

func (i info) over() bool { return i.State == JobComplete || i.State == Failed || i.State == Aborted }

// end closes the job with what came of it.
func (j *Jobs) end(one *job, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if one.over() {
		return
	}
	one.State, one.SystemModstamp = JobComplete, j.moment()
	if err != nil {
		one.State, one.Error = Failed, err.Error()
	}
	spent := time.Since(one.began).Milliseconds()
	one.Millis = &spent
}

// aborted tells whether the job was ended from outside.
func (j *Jobs) aborted(one *job) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return one.over()
}

// find returns the job of the path and a copy of what is told of it.
func (j *Jobs) find(c Call, isQuery bool) (*job, info, error) {
	id, ok := org.NormalizeID(c.R.PathValue("job"))
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, one := range j.jobs {
		if ok && one.ID == id && one.isQuery == isQuery {
			return one, one.info, nil
		}
	}
	return nil, info{}, org.NotFound("The requested resource does not exist")
}

// drop forgets a job that is over.
func (j *Jobs) drop(one *job) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !one.over() {
		return badState("Deleting a job that is " + one.State + " is not allowed")
	}
	j.jobs = slices.DeleteFunc(j.jobs, func(other *job) bool { return other == one })
	return nil
}

// abort ends a job early.
func (j *Jobs) abort(one *job) (info, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if one.over() {
		return info{}, badState("Aborting already " + one.State + " Job not allowed")
	}
	one.State, one.SystemModstamp = Aborted, j.moment()
	return one.info, nil
}

// page lists jobs of one sort from an offset on, oldest first, and tells the
// offset of the next page, 0 after the last.
func (j *Jobs) page(isQuery bool, from int) (list []info, next int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	list = []info{}
	for i := from; i < len(j.jobs); i++ {
		if j.jobs[i].isQuery != isQuery {
			continue
		}
		if len(list) == listed {
			return list, i
		}
		list = append(list, j.jobs[i].info)
	}
	return list, 0
}

func badState(message string) *org.Error { return org.Refuse("InvalidJobState", message) }
