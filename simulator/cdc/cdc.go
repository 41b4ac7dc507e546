// Package cdc turns the transactions of a simulated org into change events, as
// Change Data Capture does, and appends them to the event log.
package cdc

import (
	"maps"
	"slices"
	"strconv"
	"sync"

	"tidegate/simulator/bus"
	"tidegate/simulator/fault"
	"tidegate/simulator/org"
)

// Selected are the objects whose changes are captured unless Config says otherwise.
var Selected = []string{"Account", "Contact", "Lead", "Opportunity", "OpportunityContactRole", "Event", "Task"}

const (
	// overflowAt is how many changes of one transaction are sent one by one: a
	// create, delete or undelete counts one, an update one for each changed field.
	overflowAt = 100_000
	// maxPayload is the size in bytes above which an event becomes a gap event.
	maxPayload = 1 << 20
	// maxMerged bounds how many records share one event.
	maxMerged = 2000

	gapPrefix = "GAP_"
	overflow  = "GAP_OVERFLOW"
	dummyID   = "000000000000000AAA"
)

// Config sets up a Publisher. Log must be given.
type Config struct {
	Log    *bus.Log
	Faults *fault.Registry // nil: nothing goes wrong on purpose
	// Selected replaces the default list of captured objects; nil keeps it.
	Selected []string
	// OverflowAt replaces the 100,000 changes of one transaction; 0 keeps them.
	OverflowAt int
}

// Publisher is the org.Publisher that feeds the event log.
type Publisher struct {
	log        *bus.Log
	faults     *fault.Registry
	overflowAt int

	mu       sync.Mutex
	selected map[string]bool
	plans    map[*org.Object]*plan
	layouts  map[string]Layout // by schema id, all that were ever in use
}

// New returns a publisher that appends to the log.
func New(c Config) *Publisher {
	p := &Publisher{log: c.Log, faults: c.Faults, overflowAt: c.OverflowAt, plans: map[*org.Object]*plan{}, layouts: map[string]Layout{}}
	if p.overflowAt == 0 {
		p.overflowAt = overflowAt
	}
	if c.Selected == nil {
		c.Selected = Selected
	}
	p.Select(c.Selected...)
	return p
}

// Select replaces the list of captured objects, as an admin does in Setup.
func (p *Publisher) Select(objects ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.selected = map[string]bool{}
	for _, o := range objects {
		p.selected[o] = true
	}
}

// OverflowAt sets how many changes of one transaction are sent one by one; 0 is
// the usual 100,000.
func (p *Publisher) OverflowAt(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.overflowAt = n; n == 0 {
		p.overflowAt = overflowAt
	}
}

// Capture switches the capture of one object on or off.
func (p *Publisher) Capture(object string, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if on {
		p.selected[object] = true
	} else {
		delete(p.selected, object)
	}
}

// Captured lists the captured objects, sorted.
func (p *Publisher) Captured() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.selected))
}

// Selects reports whether the changes of the object are captured.
func (p *Publisher) Selects(object string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.selected[object]
}

// Publish appends the events of one transaction, those of its changes and those
// that it published itself, as one step.
func (p *Publisher) Publish(t org.Transaction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	events := p.events(&t)
	messages := make([]bus.Message, 0, len(events)+len(t.Messages))
	for i := range events {
		if e := &events[i]; p.selected[e.object] {
			messages = append(messages, bus.Message{
				Object: e.object, Commit: t.CommitNumber, Schema: e.schema, Payload: p.payload(&t, e),
			})
		}
	}
	for i := range t.Messages {
		messages = append(messages, p.message(&t, &t.Messages[i]))
	}
	p.log.Append(messages...)
}

// event is one change event before it has a header.
type event struct {
	object, schema string
	kind           string
	ids            []string
	sequence       int
	body, changed  []byte
}

// events makes one event of each record, merges equal ones, and numbers them
// over all objects: leaving the unselected out is what makes holes.
func (p *Publisher) events(t *org.Transaction) []event {
	var out []event
	var merged map[string]int // content → index in out
	if len(t.Changes) > 1 {
		merged = map[string]int{}
	}
	overflown := map[string]bool{}
	changes := 0
	for i := range t.Changes {
		c := &t.Changes[i]
		pl := p.plan(c.After.Object())
		if overflown[c.Object] {
			continue
		}
		if changes += weight(c); changes > p.overflowAt || p.due(fault.Overflow, c.Object) {
			overflown[c.Object] = true
			out = append(out, event{object: c.Object, schema: pl.schema, kind: overflow, ids: []string{dummyID}, changed: []byte("[]"), sequence: len(out) + 1})
			continue
		}
		out = p.add(out, merged, pl, c)
	}
	return out
}

func (p *Publisher) add(out []event, merged map[string]int, pl *plan, c *org.Change) []event {
	e := event{object: c.Object, schema: pl.schema, kind: string(c.Type), ids: []string{c.RecordID}, sequence: len(out) + 1}
	if !p.selected[c.Object] {
		return append(out, e)
	}
	if c.IsWildcard() || c.Type == org.GapUpdate {
		e.changed = []byte("[]")
	} else {
		e.body, e.changed = pl.body(nil, c)
	}
	if pl.silent(c, e.changed) {
		return out
	}
	if merged == nil {
		return append(out, e)
	}
	content := c.Object + " " + e.kind + " " + string(e.changed) + string(e.body)
	if at, ok := merged[content]; ok && len(out[at].ids) < maxMerged {
		out[at].ids = append(out[at].ids, c.RecordID)
		return out
	}
	merged[content] = len(out)
	return append(out, e)
}

// weight is how many changes the change counts against the overflow threshold.
func weight(c *org.Change) int {
	if c.Type == org.Update {
		return len(c.ChangedFields)
	}
	return 1
}

func (p *Publisher) due(kind, object string) bool {
	if p.faults == nil || !p.selected[object] {
		return false
	}
	_, ok := p.faults.Take(kind, fault.Subject{Object: object})
	return ok
}

func (p *Publisher) plan(o *org.Object) *plan {
	pl := p.plans[o]
	if pl == nil {
		pl = newPlan(o)
		p.plans[o] = pl
		p.layouts[pl.schema] = pl.layout(o)
	}
	return pl
}

// payload writes body and header. What is too large goes out as a gap event, and
// so does what is to be one on purpose.
func (p *Publisher) payload(t *org.Transaction, e *event) []byte {
	const around = 512
	size := len(e.body) + len(e.changed) + 21*len(e.ids) + around
	if e.kind != overflow && (size > maxPayload || p.due(fault.GapEvents, e.object)) {
		e.kind, e.body, e.changed = gapPrefix+e.kind, nil, []byte("[]")
	}
	b := make([]byte, 0, size)
	b = append(b, '{')
	b = append(b, e.body...)
	b = append(b, `"ChangeEventHeader":`...)
	b = appendHeader(b, t, e)
	return slices.Clip(append(b, '}'))
}

func appendHeader(b []byte, t *org.Transaction, e *event) []byte {
	b = append(b, `{"entityName":"`...)
	b = append(b, e.object...)
	b = append(b, `","recordIds":["`...)
	for i, id := range e.ids {
		if i > 0 {
			b = append(b, `","`...)
		}
		b = append(b, id...)
	}
	b = append(b, `"],"changeType":"`...)
	b = append(b, e.kind...)
	b = org.AppendString(append(b, `","changeOrigin":`...), t.ChangeOrigin)
	b = org.AppendString(append(b, `,"transactionKey":`...), t.Key)
	b = strconv.AppendInt(append(b, `,"sequenceNumber":`...), int64(e.sequence), 10)
	b = strconv.AppendInt(append(b, `,"commitTimestamp":`...), t.CommitTimestamp, 10)
	b = strconv.AppendInt(append(b, `,"commitNumber":`...), t.CommitNumber, 10)
	b = org.AppendString(append(b, `,"commitUser":`...), t.CommitUser)
	b = append(b, `,"changedFields":`...)
	return append(append(b, e.changed...), '}')
}
