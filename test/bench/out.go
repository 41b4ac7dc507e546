package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/salesforce"
	"tidegate/store"
)

// The sizes of the way out: usually, and with -long.
const (
	outEdits, outEditsLong       = 2_000, 10_000
	outMeetings, outMeetingsLong = 200, 1_000
	// outAlone is how many edits are made while nothing else runs.
	outAlone = 300
	// outCallers are the API's callers who tell of meetings at a time, and who
	// submit edits.
	outCallers = 32
)

// The floors of the way out. Calls are given for 10,000 edits.
const (
	floorOutCalls   = 60
	floorOutRate    = 3000 // records/s
	floorOutPerson  = time.Second
	floorOutAlone   = 60 * time.Millisecond
	floorOutMeeting = 1.2 // calls
)

// out is what writing to Salesforce costs.
type out struct {
	Edits     int           `json:"edits"`
	Submitted float64       `json:"edits_submitted_per_second"`
	Raw       float64       `json:"raw_records_per_second"` // the same calls and nothing else
	Rate      float64       `json:"records_per_second"`
	CPU       time.Duration `json:"cpu_ns_per_record"` // org, gateway and database together
	Calls     int           `json:"api_calls"`
	// A person's edits while others are written: from submitting one to the
	// org's answer.
	Persons   int           `json:"person_edits"`
	PersonP50 time.Duration `json:"person_p50_ns"`
	PersonP99 time.Duration `json:"person_p99_ns"`
	// An edit in a request while nothing else runs, without the org's own time.
	AloneP50     time.Duration `json:"alone_p50_ns"`
	AloneP99     time.Duration `json:"alone_p99_ns"`
	Meetings     int           `json:"meetings"`
	MeetingRate  float64       `json:"meetings_per_second"`
	MeetingCalls float64       `json:"calls_per_meeting"`
	MeetingP50   time.Duration `json:"meeting_p50_ns"` // of a request that tells of one
	MeetingP99   time.Duration `json:"meeting_p99_ns"`
}

// sender is the client between the outbox and the org, as in the gateway.
type sender struct {
	client *salesforce.Client
	ws     *store.Workspace

	mu   sync.Mutex
	took time.Duration // of the last call
}

func (s *sender) Write(ctx context.Context, _ gateway.WorkspaceID, object string, op gateway.Op, changes []gateway.Change) []gateway.Delivery {
	schema, err := s.ws.Schema(ctx, object)
	if err != nil {
		return []gateway.Delivery{}
	}
	start := time.Now()
	deliveries := s.client.Deliver(ctx, object, op, changes, schema.UpsertKey())
	s.mu.Lock()
	s.took = time.Since(start)
	s.mu.Unlock()
	return deliveries
}

func (s *sender) Find(ctx context.Context, _ gateway.WorkspaceID, c gateway.Change) ([]string, error) {
	return s.client.Find(ctx, c)
}

func (s *sender) Read(ctx context.Context, _ gateway.WorkspaceID, object string, ids, fields []string) (map[string]gateway.Fields, error) {
	schema, err := s.ws.Schema(ctx, object)
	if err != nil {
		return nil, err
	}
	return s.client.Read(ctx, schema, ids, fields)
}

// out measures all of it in one world, whose contacts are in the mirror.
func (w *world) out(ctx context.Context, o options) (f out, err error) {
	f.Edits, f.Meetings = outEdits, outMeetings
	if o.long {
		f.Edits, f.Meetings = outEditsLong, outMeetingsLong
	}
	client, err := newClient(w.org)
	if err != nil {
		return f, err
	}
	s := &sender{client: client, ws: w.ws}
	if err := w.writable(ctx, client); err != nil {
		return f, err
	}
	e := edits{world: w, out: &f, box: w.outbox(s), sender: s, want: map[string]gateway.Fields{}}
	if f.Raw, err = e.raw(ctx); err != nil {
		return f, err
	}
	if err := e.alone(ctx); err != nil {
		return f, err
	}
	if err := e.backlog(ctx, o.profile); err != nil {
		return f, err
	}
	e.box = w.outbox(s)
	if err := e.withPersons(ctx); err != nil {
		return f, err
	}
	return f, w.meetings(ctx, &f, w.outbox(s), o.profile)
}

// outbox makes one with the settings of production. It sends nothing more once
// its dispatcher has ended.
func (w *world) outbox(s *sender) *outbox.Outbox {
	return outbox.New(w.db, s, outbox.Options{Announce: func(_ context.Context, ws gateway.WorkspaceID, keys []gateway.RecordKey) {
		w.notify(ws, keys)
	}})
}

// writable reads the describes of what is written, and lets it be written.
func (w *world) writable(ctx context.Context, client *salesforce.Client) error {
	var schemas []gateway.Schema
	for _, object := range [...]string{"Contact", "Account", "Event", "Task", "ContentNote", "ContentDocumentLink", "Opportunity", "Lead"} {
		s, err := client.Describe(ctx, object)
		if err != nil {
			return err
		}
		schemas = append(schemas, s)
	}
	err := w.ws.SaveSchemas(ctx, schemas)
	for _, field := range [...]string{"Title", "Phone", "Email", "LastName"} {
		err = errors.Join(err, w.ws.SaveMapping(ctx, gateway.Mapping{Object: "Contact", Field: field, Editable: true, Imported: true}))
	}
	for i, field := range topicFields {
		err = errors.Join(err, w.ws.SaveMapping(ctx, gateway.Mapping{
			Object: "Contact", Field: field, Topic: fmt.Sprint("topic-", i+1), Imported: true, Direction: "outbound",
		}))
	}
	conn, e := w.ws.Connection(ctx)
	if err = errors.Join(err, e); err != nil {
		return err
	}
	_, err = w.ws.SetConnectionState(ctx, conn.ID, gateway.StateOK, "")
	return err
}

// counted returns how many API calls the org has had, by what was called.
func (w *world) counted(ctx context.Context) (total int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.org.URL+"/_sim/calls", nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("asking for the calls: %w", err)
	}
	text, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return 0, err
	}
	var calls struct{ Total int }
	err = json.Unmarshal(text, &calls)
	return calls.Total, err
}

// dispatching runs the dispatcher while f runs.
func dispatching(ctx context.Context, box *outbox.Outbox, f func() error) error {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- box.Dispatcher().Run(ctx) }()
	err := f()
	cancel()
	return errors.Join(err, <-done)
}

// written waits until nothing is owed any more.
func (w *world) written(ctx context.Context) error {
	return eventually(ctx, "what is owed", func() (bool, error) {
		first, err := w.ws.Changes(ctx, gateway.RecordKey{}, 1) // counting all would take a processor
		if err == nil && len(first) > 0 && first[0].State == gateway.StateParked {
			err = fmt.Errorf("a change of %s is parked: %s", first[0].Key.Object, first[0].Problem.What)
		}
		return len(first) == 0, err
	})
}

// sideBySide calls f for 0 to n-1, some at a time.
func sideBySide(n, workers int, f func(i int) error) error {
	next := make(chan int)
	errs := make([]error, workers)
	var wait sync.WaitGroup
	for worker := range workers {
		wait.Go(func() {
			for i := range next {
				if errs[worker] == nil {
					errs[worker] = f(i)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
	return errors.Join(errs...)
}

func percentiles(all []time.Duration) (p50, p99 time.Duration) {
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100]
}

func (f *out) lines() []line {
	perRecord := func(v float64) string { return fmt.Sprintf("%.0f records/s", v) }
	allowed := floorOutCalls * f.Edits / outEditsLong
	return []line{
		free(fmt.Sprintf("out: %d edits submitted, one by one", f.Edits), perRecord(f.Submitted)),
		free("out: the same calls and nothing else", perRecord(f.Raw)),
		{What: fmt.Sprintf("out: %d edits of as many contacts", f.Edits), Figure: perRecord(f.Rate), Floor: ">= " + perRecord(floorOutRate), Passed: f.Rate >= floorOutRate},
		free("  ratio to nothing else", fmt.Sprintf("%.2f", f.Rate/f.Raw)),
		free("  processor time, all of it", fmt.Sprintf("%.0f µs/record", float64(f.CPU.Nanoseconds())/1000)),
		{What: "  API calls", Figure: fmt.Sprint(f.Calls), Floor: fmt.Sprint("<= ", allowed), Passed: f.Calls <= allowed},
		free(fmt.Sprintf("out: a person's edit meanwhile, p50 of %d", f.Persons), millis(f.PersonP50)),
		{What: "out: a person's edit meanwhile, p99", Figure: millis(f.PersonP99), Floor: "<= " + millis(floorOutPerson), Passed: f.PersonP99 <= floorOutPerson},
		free("out: an edit alone, over the org's time, p50", millis(f.AloneP50)),
		{What: "out: an edit alone, over the org's time, p99", Figure: millis(f.AloneP99), Floor: "<= " + millis(floorOutAlone), Passed: f.AloneP99 <= floorOutAlone},
		{
			What: fmt.Sprintf("out: API calls a meeting, %d at full load", f.Meetings), Figure: fmt.Sprintf("%.2f", f.MeetingCalls),
			Floor: fmt.Sprintf("<= %.1f", floorOutMeeting), Passed: f.MeetingCalls <= floorOutMeeting,
		},
		free("  meetings written", fmt.Sprintf("%.0f/s", f.MeetingRate)),
		free("  a request that tells of one, p50", millis(f.MeetingP50)),
		free("  a request that tells of one, p99", millis(f.MeetingP99)),
	}
}
