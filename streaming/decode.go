package streaming

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"tidegate/gateway"
)

// Decoder turns Change Data Capture messages as CometD carries them into
// change events. It is safe for concurrent use and never changes.
// Source: streaming guide, "Change Event Message Structure".
type Decoder struct {
	shapes map[string]*shape
}

// NewDecoder returns a decoder that knows the given objects. Events of other
// objects are decoded too, by the naming conventions of compound fields.
func NewDecoder(schemas []gateway.Schema) *Decoder {
	d := &Decoder{shapes: make(map[string]*shape, len(schemas))}
	for _, s := range schemas {
		d.shapes[s.Object] = shapeOf(s)
	}
	return d
}

// parallelFrom is the batch size from which a second goroutine pays.
const parallelFrom = 256

// Decode decodes the data parts of one answer in order. What cannot be read
// is in Batch.Unreadable, raw, and the position is past it all the same.
func (d *Decoder) Decode(channel string, raw []json.RawMessage) gateway.Batch {
	if len(raw) < parallelFrom {
		return d.part(channel, raw)
	}
	var first gateway.Batch
	var wait sync.WaitGroup
	half := len(raw) / 2
	wait.Go(func() { first = d.part(channel, raw[:half]) })
	second := d.part(channel, raw[half:])
	wait.Wait()
	first.Events = append(first.Events, second.Events...)
	first.Unreadable = append(first.Unreadable, second.Unreadable...)
	if second.Position != "" {
		first.Position = second.Position
	}
	return first
}

func (d *Decoder) part(channel string, raw []json.RawMessage) gateway.Batch {
	b := gateway.Batch{Events: make([]gateway.ChangeEvent, 0, len(raw))}
	var reader eventReader
	for _, message := range raw {
		e, err := reader.read(d, string(message))
		if e.ReplayID != "" {
			b.Position = e.ReplayID
		}
		if err == nil {
			b.Events = append(b.Events, e)
			continue
		}
		b.Unreadable = append(b.Unreadable, unread(channel, e, append([]byte(nil), message...), err.Error()))
	}
	return b
}

// unread keeps an event that cannot be read or stored, with what is known of it.
func unread(channel string, e gateway.ChangeEvent, raw []byte, reason string) gateway.Quarantined {
	q := gateway.Quarantined{Channel: channel, ReplayID: e.ReplayID, Raw: raw, Reason: reason, Object: e.Object, RecordIDs: slices.Clone(e.RecordIDs)}
	if len(q.RecordIDs) > 0 {
		q.RecordID = q.RecordIDs[0]
	}
	return q
}

// eventReader reads one event after another and reuses its memory.
type eventReader struct {
	body    []member
	changed []string
	shape   *shape
	event   gateway.ChangeEvent
}

// member is one field of the payload, still as text.
type member struct{ name, raw string }

// read returns as much of the event as could be read, also with an error.
func (r *eventReader) read(d *Decoder, text string) (gateway.ChangeEvent, error) {
	r.event, r.body, r.changed, r.shape = gateway.ChangeEvent{}, r.body[:0], r.changed[:0], nil
	payload, err := r.envelope(text)
	if err == nil {
		err = r.payload(payload)
	}
	if err == nil {
		r.shape = d.shapes[r.event.Object]
		err = r.fields()
	}
	return r.event, err
}

// envelope splits {"schema":…,"payload":{…},"event":{"replayId":…}}.
func (r *eventReader) envelope(text string) (payload string, err error) {
	s := &scanner{text: text}
	first := true
	for s.enter('{'); s.more(&first, '}'); {
		switch s.key() {
		case "payload":
			payload = s.value()
		case "event":
			r.replayID(s)
		default:
			s.value()
		}
	}
	if r.event.ReplayID == "" {
		r.event.ReplayID = searchReplayID(text)
	}
	switch {
	case s.err != nil:
		return "", fmt.Errorf("reading the message: %w", s.err)
	case payload == "":
		return "", errors.New("the message has no payload")
	}
	return payload, nil
}

func (r *eventReader) replayID(s *scanner) {
	first := true
	for s.enter('{'); s.more(&first, '}'); {
		if s.key() == "replayId" {
			r.event.ReplayID = gateway.ReplayID(s.value())
		} else {
			s.value()
		}
	}
}

// searchReplayID finds the replay id in text that is broken elsewhere: the
// stream must get past an event that nobody can read.
func searchReplayID(text string) gateway.ReplayID {
	const mark = `"replayId":`
	i := strings.LastIndex(text, mark)
	if i < 0 {
		return ""
	}
	s := &scanner{text: text, pos: i + len(mark)}
	if c := s.peek(); c < '0' || c > '9' {
		return ""
	}
	return gateway.ReplayID(s.value())
}

// payload collects the fields and reads the header, which may stand anywhere.
func (r *eventReader) payload(text string) error {
	s := &scanner{text: text}
	first, found := true, false
	for s.enter('{'); s.more(&first, '}'); {
		name := s.key()
		if name == "ChangeEventHeader" {
			found = true
			r.header(s)
			continue
		}
		r.body = append(r.body, member{name, s.value()})
	}
	switch {
	case s.err != nil:
		return fmt.Errorf("reading the payload: %w", s.err)
	case !found:
		return errors.New("the payload has no ChangeEventHeader")
	}
	return r.checkHeader()
}

func (r *eventReader) header(s *scanner) {
	e := &r.event
	first := true
	for s.enter('{'); s.more(&first, '}'); {
		switch s.key() {
		case "entityName":
			e.Object = unquote(s.str())
		case "recordIds":
			e.RecordIDs = strs(s, nil)
		case "changeType":
			e.Type = gateway.ChangeType(unquote(s.str()))
		case "changeOrigin":
			e.Origin = optional(s)
		case "transactionKey":
			e.TransactionKey = optional(s)
		case "sequenceNumber":
			e.Version.Sequence = int32(s.integer())
		case "commitTimestamp":
			e.Version.CommitAt = s.integer()
		case "commitNumber":
			e.Version.CommitNumber = s.integer()
		case "commitUser":
			e.User = optional(s)
		case "changedFields":
			r.changed = strs(s, r.changed)
		default:
			s.value() // header keys come and go with the releases
		}
	}
}

// optional reads a text that may be null.
func optional(s *scanner) string {
	if s.peek() == '"' {
		return unquote(s.str())
	}
	s.value()
	return ""
}

func strs(s *scanner, dst []string) []string {
	first := true
	for s.enter('['); s.more(&first, ']'); {
		dst = append(dst, unquote(s.str()))
	}
	return dst
}

// checkHeader refuses what could not be put into order, and makes a gap event
// of a change type that we do not know.
func (r *eventReader) checkHeader() error {
	e := &r.event
	switch {
	case e.Object == "":
		return errors.New("the header names no object")
	case len(e.RecordIDs) == 0:
		return errors.New("the header names no record")
	case e.Version.CommitAt <= 0 || e.Version.CommitNumber <= 0:
		return errors.New("the header has no commit time and number")
	}
	for i, id := range e.RecordIDs {
		if strings.HasSuffix(id, "*") || strings.HasPrefix(id, "000000000000000") {
			continue
		}
		full, ok := gateway.NormalizeID(id)
		if !ok {
			e.RecordIDs = nil
			return fmt.Errorf("%.40q is no record id", id)
		}
		e.RecordIDs[i] = full
	}
	switch e.Type {
	case gateway.Create, gateway.Update, gateway.Delete, gateway.Undelete:
	default:
		if !e.Type.IsGap() {
			e.Refetch = "Salesforce sent the unknown change type " + string(e.Type) + "."
			e.Type = gateway.GapUpdate
		}
	}
	return nil
}

// instant returns the canonical form of a datetime in any form that Salesforce
// uses: with Z, with +0000, or as milliseconds.
func instant(raw string, v gateway.Value) (gateway.Value, error) {
	if len(raw) == 26 && raw[11] == 'T' && raw[20] == '.' && raw[24] == 'Z' || v.IsNull() {
		return v, nil
	}
	said := v.String()
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999-0700"} {
		if t, err := time.Parse(layout, said); err == nil {
			return gateway.Instant(t), nil
		}
	}
	if raw[0] != '"' {
		s := &scanner{text: said}
		if ms := s.integer(); s.err == nil {
			return gateway.Instant(time.UnixMilli(ms)), nil
		}
	}
	return "", fmt.Errorf("%.40q is no datetime", said)
}
