package streaming

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/outbound"
	"tidegate/store"
	"tidegate/streaming/pubsub"
)

// Describer is a Reader that can ask whether a describe changed, which costs a
// call but hardly an answer. Others describe in full each time.
type Describer interface {
	// SchemaSince describes an object if that changed after since, by
	// Salesforce's date; zero asks in any case. modified is its date then.
	SchemaSince(ctx context.Context, object string, since time.Time) (s gateway.Schema, modified time.Time, changed bool, err error)
}

// suspicion is what makes a describe due before its time.
type suspicion struct {
	mu      sync.Mutex
	ids     map[string]string // object → schema id of its latest event
	objects map[string]bool
}

// note keeps the schema id of an object's event, and suspects the object when
// it is another one than before, or the first: nobody knows by which id the
// stored describe would go.
func (s *suspicion) note(object string, id []byte) {
	if len(id) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ids[object] == string(id) {
		return
	}
	s.ids[object], s.objects[object] = string(id), true
}

// any reports whether some object is suspected.
func (s *suspicion) any() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.objects) > 0
}

// suspect makes a describe due again that could not be asked for.
func (s *suspicion) suspect(object string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.objects[object] = true
}

func (s *suspicion) take(object string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.objects[object]
	delete(s.objects, object)
	return was
}

// noteRaw looks at the schema ids of CometD messages. Where one could not be
// read it is not known which event belongs to which message.
func (s *suspicion) noteRaw(raw []json.RawMessage, events []gateway.ChangeEvent) {
	if len(raw) != len(events) {
		return
	}
	for i, e := range events {
		s.note(e.Object, schemaID(raw[i]))
	}
}

// noteTyped is noteRaw for the Pub/Sub API.
func (s *suspicion) noteTyped(typed []pubsub.Event, events []gateway.ChangeEvent) {
	if len(typed) != len(events) {
		return
	}
	for i, e := range events {
		s.note(e.Object, []byte(typed[i].SchemaID))
	}
}

// schemaID returns the id that a message begins with, nil where it stands
// elsewhere: then the periodic describe notices what changed.
func schemaID(message []byte) []byte {
	const mark = `"schema":"`
	i := bytes.Index(message[:min(len(message), 16)], []byte(mark))
	if i < 0 {
		return nil
	}
	rest := message[i+len(mark):]
	return rest[:max(bytes.IndexByte(rest, '"'), 0)]
}

// describeDue describes the objects whose describe is old or suspected to have
// changed, within the calls that are ours: the rest of a day belongs to people's
// edits and to others, and what is suspected stays so until calls are free.
func (c *Consumer) describeDue(ctx context.Context) error {
	now := c.cfg.Now()
	if now.Sub(c.describedAt) < min(c.cfg.DescribeEvery, time.Minute) && !c.suspicion.any() {
		return nil
	}
	dates, err := c.store.SchemaDates(ctx)
	if err != nil {
		return err
	}
	for _, object := range c.cfg.Objects {
		suspected := c.suspicion.take(object)
		if !suspected && c.cfg.Now().Sub(dates[object].Read) < c.cfg.DescribeEvery {
			continue
		}
		if c.afford(ctx, outbound.ReadPoll, 1) != nil {
			if suspected {
				c.suspicion.suspect(object)
			}
			continue
		}
		if err := c.redescribe(ctx, object, dates[object].Modified); err != nil {
			if unreachable(err) {
				c.cfg.Logger.WarnContext(ctx, "an object cannot be described", "object", object, "error", err)
				continue // its own reading says so on the health page
			}
			return err
		}
	}
	c.describedAt = now
	return c.learnNotes(ctx, dates)
}

// notesEvery is how often it is asked whether the org takes notes: nobody tells
// when an admin turns Enhanced Notes on or off, and one call an hour is little.
const notesEvery = time.Hour

// learnNotes takes up that Enhanced Notes was turned on or off since somebody
// asked (AVM-05). ContentNote is written and not mirrored, so nothing else
// describes it again.
func (c *Consumer) learnNotes(ctx context.Context, dates map[string]store.SchemaDate) error {
	const object = "ContentNote"
	at, wanted := dates[object]
	if !wanted || c.cfg.Now().Sub(at.Read) < max(notesEvery, c.cfg.DescribeEvery) {
		return nil // or no note was ever wanted
	}
	known, err := c.store.Schema(ctx, object)
	if err != nil {
		return err
	}
	if err := c.afford(ctx, outbound.ReadPoll, 1); err != nil {
		return nil //nolint:nilerr // asked again once calls are free
	}
	fresh, err := c.cfg.Reader.Schema(ctx, object)
	what := "Enhanced Notes is on in Salesforce: notes can be written"
	switch code := gateway.CodeOf(err); {
	case err != nil && (code == gateway.CodeSFGone || code == gateway.CodeSFUnavailable || code == gateway.CodeNotFound):
		fresh = gateway.Schema{Object: object, Label: "Note", Fields: []gateway.Field{{Name: "Id"}}}
		what = "Enhanced Notes is off in Salesforce: notes cannot be written"
	case unreachable(err):
		return nil // asked again with the next describes
	case err != nil:
		return fmt.Errorf("describing %s: %w", object, err)
	}
	return c.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SaveSchema(ctx, fresh, time.Time{}); err != nil || fresh.Createable == known.Createable {
			return err
		}
		_, err := tx.AppendLog(ctx, []gateway.LogEntry{{Direction: "system", Label: "Notes", What: what, State: gateway.LogDone, DoneAt: tx.Now()}})
		return err
	})
}

// redescribe describes an object, unless that did not change since, and takes
// up what changed.
func (c *Consumer) redescribe(ctx context.Context, object string, since time.Time) error {
	fresh, modified, changed, err := c.describe(ctx, object, since)
	if err != nil {
		return fmt.Errorf("describing %s: %w", object, err)
	}
	if !changed {
		return c.store.TouchSchema(ctx, object)
	}
	return c.takeUp(ctx, fresh, modified)
}

func (c *Consumer) describe(ctx context.Context, object string, since time.Time) (gateway.Schema, time.Time, bool, error) {
	if d, ok := c.cfg.Reader.(Describer); ok {
		return d.SchemaSince(ctx, object, since)
	}
	s, err := c.cfg.Reader.Schema(ctx, object)
	return s, time.Time{}, true, err
}

// takeUp makes a describe the one in force. No batch is applied meanwhile, so
// that a page that was asked for before does not move a repair begun by it.
func (c *Consumer) takeUp(ctx context.Context, fresh gateway.Schema, modified time.Time) error {
	c.apply.mu.Lock()
	drift, err := SaveDescribe(ctx, c.store, fresh, modified)
	if drift.Reread {
		c.apply.generation[fresh.Object]++
	}
	c.apply.mu.Unlock()
	if err != nil {
		return err
	}
	for _, m := range drift.Suspended {
		c.cfg.Logger.WarnContext(ctx, "a mapping is suspended", "object", m.Object, "field", m.Field, "cause", m.Suspended.Cause)
	}
	if drift.Reread {
		c.poke()
	}
	return c.rules.read(ctx)
}

// steady runs a reading, and runs it again after a new describe where
// Salesforce does not know a field that it asked for. read takes its fields from
// the describe in force. A field that describe still shows although queries of
// it are refused is taken as gone.
func (c *Consumer) steady(ctx context.Context, object string, read func() error) error {
	err := read()
	if err == nil || gateway.CodeOf(err) != gateway.CodeSFField {
		return err
	}
	if again := c.redescribe(ctx, object, time.Time{}); again != nil {
		return again
	}
	for range refusedFields {
		if err = read(); err == nil || gateway.CodeOf(err) != gateway.CodeSFField {
			return err
		}
		refusal, ok := errors.AsType[*gateway.Error](err)
		if !ok || len(refusal.Fields) == 0 {
			return err
		}
		if dropped := c.takeUp(ctx, mapping.Without(c.rules.schema(object), refusal.Fields[0]), c.cfg.Now()); dropped != nil {
			return dropped
		}
	}
	return err
}

// refusedFields bounds how many fields a reading gives up one by one.
const refusedFields = 20

// Drift is what a describe changed.
type Drift struct {
	Appeared           []string
	Suspended, Resumed []gateway.Mapping
	Reread             bool // values of fields are missing here, so the object is read again
}

// SaveDescribe makes a describe the one in force: mappings whose field differs
// stand still and others go on, each said once in the sync log, and an object
// that shows more than before is read again. modified is Salesforce's date of
// the describe.
func SaveDescribe(ctx context.Context, ws *store.Workspace, fresh gateway.Schema, modified time.Time) (Drift, error) {
	was, err := ws.Schema(ctx, fresh.Object)
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return Drift{}, err
	}
	rows, err := ws.Mappings(ctx, fresh.Object)
	if err != nil {
		return Drift{}, err
	}
	reading, err := ws.Backfill(ctx, fresh.Object)
	begun := err == nil && reading.State != gateway.BackfillCanceled
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return Drift{}, err
	}
	var d Drift
	err = ws.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		var changed []gateway.Mapping
		d = Drift{Appeared: mapping.Appeared(was, fresh)}
		d.Reread = begun && len(d.Appeared)+len(mapping.Retyped(was, fresh)) > 0
		for _, m := range rows {
			r := mapping.Reviewed(m, was, fresh, tx.Now())
			if r.Changed {
				changed = append(changed, r.Mapping)
			}
			if r.Suspended {
				d.Suspended = append(d.Suspended, r.Mapping)
			}
			if r.Resumed {
				d.Resumed = append(d.Resumed, r.Mapping)
			}
		}
		if err := tx.SaveSchema(ctx, fresh, modified); err != nil {
			return err
		}
		if err := tx.SuspendMappings(ctx, changed); err != nil {
			return err
		}
		if d.Reread {
			if err := tx.SaveBackfill(ctx, fromTheStart(reading, tx.Now())); err != nil {
				return err
			}
		}
		_, err := tx.AppendLog(ctx, d.lines(fresh, tx.Now()))
		return err
	})
	return d, err
}

// noteShown is the note of a reading that fetches values of fields which
// Salesforce did not show before.
const noteShown = "Salesforce shows fields that it did not show before."

// fromTheStart is a reading that begins anew. What a repair under way had still
// to find stays part of it, and so does its name.
func fromTheStart(b gateway.Backfill, now time.Time) gateway.Backfill {
	next := gateway.Backfill{Object: b.Object, State: BackfillRunning, Total: -1, StartedAt: now, Note: noteShown}
	if b.State != BackfillDone && b.StartedAt.Before(now) {
		next.StartedAt = b.StartedAt
	}
	if b.State == BackfillRepairing && b.Note != notePolled {
		next.Note = b.Note
	}
	return next
}

// lines say what changed, each mapping once.
func (d Drift) lines(s gateway.Schema, now time.Time) []gateway.LogEntry {
	line := func(what, why string) gateway.LogEntry {
		return gateway.LogEntry{
			Direction: "system", Key: gateway.RecordKey{Object: s.Object}, Label: s.Object, What: what, Rule: why,
			State: gateway.LogDone, DoneAt: now,
		}
	}
	var out []gateway.LogEntry
	for _, m := range d.Suspended {
		out = append(out, line("Suspended the mapping of "+m.Field, m.Suspended.Why))
	}
	for _, m := range d.Resumed {
		out = append(out, line("Resumed the mapping of "+m.Field, "The field is in Salesforce again as it was."))
	}
	if len(d.Appeared) > 0 {
		out = append(out, line("New fields can be imported: "+strings.Join(d.Appeared, ", "), noteShown))
	}
	return out
}
