package pubsub

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator/avro"
	"tidegate/simulator/bus"
	"tidegate/simulator/fault"
)

// feed is one subscription being served. It belongs to one goroutine.
type feed struct {
	s      *Server
	call   *call
	topic  string
	cursor *bus.Cursor
	// send writes one answer.
	send func(encoded) error

	stalled bool // events are held back on purpose
	// check, where it is given, tells whether the stream must end.
	check func() error

	pending int          // events asked for and not yet sent
	queue   []*bus.Event // taken from the log and not yet sent
	latest  int64        // replay id up to which nothing of the topic is left to send
	since   time.Time    // of the last answer
	encoder avro.Encoder
	schema  *avro.Schema // of the event before
	datum   []byte       // of the event before
}

func (f *feed) subject() fault.Subject {
	return fault.Subject{Method: f.call.method, Channel: f.topic}
}

// ask adds to what may be sent; what exceeds the most that may be outstanding is
// forgotten, not refused.
func (f *feed) ask(events int32) { f.pending = min(f.pending+int(events), maxOutstanding) }

// serve sends events until the client has left or has asked for nothing for too
// long. Admit takes the client's further requests.
func serve[R any](f *feed, requests <-chan R, admit func(R) error) error {
	f.s.enter()
	defer f.s.exit()
	f.since = time.Now()
	looked := -1
	for {
		// Both are taken before looking, so that nothing is slept through.
		arrived := f.s.cfg.Log.Wake()
		look, times := f.s.looking()
		sent, err := false, error(nil)
		if times != looked {
			looked, err = times, f.disturbed()
		}
		if err == nil {
			sent, err = f.deliver()
		}
		if err == nil && !sent {
			err = pause(f, requests, admit, arrived, look)
		}
		switch {
		case errors.Is(err, errEnded):
			return nil
		case err != nil:
			return err
		}
	}
}

// errEnded says that a stream has ended in order.
var errEnded = errors.New("stream ended")

// pause waits until there is something to do, and does what is not delivering.
func pause[R any](f *feed, requests <-chan R, admit func(R) error, arrived, look <-chan struct{}) error {
	wait := f.s.cfg.Keepalive
	if f.pending == 0 {
		wait, arrived = f.s.cfg.Patience, nil
	}
	if wait -= time.Since(f.since); f.stalled {
		wait = min(wait, stallCheck)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case r, ok := <-requests:
		if !ok {
			return errEnded
		}
		return admit(r)
	case <-arrived:
	case <-look:
	case <-timer.C:
		return f.waited()
	case <-f.call.ctx.Done():
		return errEnded // nobody is left to tell
	case <-f.s.done:
		return errRecycled
	}
	return nil
}

// stallCheck is how often a stream looks whether it may go on.
const stallCheck = 100 * time.Millisecond

// waited gives a sign of life, or ends a stream that was asked for nothing.
func (f *feed) waited() error {
	quiet := time.Since(f.since)
	switch {
	case f.pending == 0 && quiet >= f.s.cfg.Patience:
		return errEnded
	case f.pending > 0 && quiet >= f.s.cfg.Keepalive:
		return f.answer(nil)
	}
	return nil
}

// disturbed ends the stream, or lets it fall silent, where that is asked for.
func (f *feed) disturbed() error {
	if _, ok := f.s.cfg.Faults.Take(FaultHalfOpen, f.subject()); ok {
		select {
		case <-f.call.ctx.Done():
		case <-f.s.done:
		}
		return errEnded
	}
	if f.check != nil {
		if err := f.check(); err != nil {
			return err
		}
	}
	return f.s.wrong(f.call, f.topic)
}

// deliver sends the next events if there are any.
func (f *feed) deliver() (sent bool, err error) {
	if f.pending == 0 {
		return false, nil
	}
	if len(f.queue) == 0 {
		if err := f.fetch(); err != nil || len(f.queue) == 0 {
			return false, err
		}
	}
	n, size := 0, 0
	for n < min(f.pending, len(f.queue)) && (n == 0 || size+len(f.queue[n].Data) <= f.s.cfg.MaxBytes) {
		size += len(f.queue[n].Data)
		n++
	}
	batch := f.queue[:n]
	f.queue = f.queue[n:]
	return true, f.answer(batch)
}

// fetch takes the next events from the log, with what is to go wrong with them.
func (f *feed) fetch() error {
	faults := f.s.cfg.Faults
	if _, f.stalled = faults.Active(stall, fault.Subject{}); f.stalled {
		return nil
	}
	batch := f.take()
	if len(batch) == 0 {
		return nil
	}
	if f.s.exhausted() {
		return f.call.refuse(errLimit)
	}
	f.s.cfg.Log.Quota().Spend(len(batch))
	if _, ok := faults.Take(fault.SlowConsumer, f.subject()); ok {
		return f.call.refuse(errTooSlow)
	}
	f.queue = f.disturb(batch)
	if _, ok := faults.Take(fault.DropStreams, fault.Subject{}); ok {
		f.s.cut()
		return errEnded
	}
	return nil
}

// take reads on to events that the user may see, or to the end of the log.
func (f *feed) take() []*bus.Event {
	for {
		// The place is read before the events: what is appended in between is
		// delivered, and is not passed over by an answer that tells of the place.
		last := f.s.cfg.Log.Last()
		batch := f.cursor.Next(f.pending, f.s.cfg.MaxBytes)
		if len(batch) == 0 {
			f.latest = max(f.latest, last)
			return nil
		}
		seen := batch[:0]
		for _, e := range batch {
			if e, ok := f.s.cfg.See(f.call.user, e); ok {
				seen = append(seen, e)
			}
		}
		if len(seen) > 0 {
			return seen
		}
	}
}

// answer sends one response, without events as a sign of life.
func (f *feed) answer(batch []*bus.Event) error {
	f.s.slow(f.call.ctx, f.call, f.topic)
	answer, err := f.encode(batch)
	if err != nil {
		return f.call.refuse(errInternal) // the client is not told what is wrong here
	}
	if len(batch) > 0 {
		f.latest = batch[len(batch)-1].ReplayID
	}
	f.pending -= len(batch)
	f.since = time.Now()
	return f.send(answer.end(replayID(f.latest), f.call.id, int32(f.pending)))
}

// encode writes the events one behind the other as the answer has them.
func (f *feed) encode(batch []*bus.Event) (answer encoded, err error) {
	size := 0
	for _, e := range batch {
		size += len(e.Data)
	}
	answer = make(encoded, 0, size+64)
	for _, e := range batch {
		id, payload, err := parts(e)
		if err != nil {
			return nil, err
		}
		if err := f.know(id); err != nil {
			return nil, err
		}
		if f.datum, err = f.encoder.Append(f.datum[:0], f.schema, payload); err != nil {
			return nil, err
		}
		answer = answer.event(e, f.schema.ID, f.garbled(e, f.datum))
	}
	return answer, nil
}

// know looks up the schema of the next event, which mostly is that of the last.
func (f *feed) know(id []byte) (err error) {
	if f.schema != nil && f.schema.ID == string(id) {
		return nil
	}
	f.schema, err = f.s.schema(string(id))
	if err == nil && f.schema == nil {
		err = fmt.Errorf("schema %s was never issued", id)
	}
	return err
}

// garbled is what a fault leaves of a payload. The header comes first in it.
func (f *feed) garbled(e *bus.Event, datum []byte) []byte {
	g, due := f.s.cfg.Faults.TakeEvent(fault.GarbleEvents, fault.Subject{Channel: f.topic, Object: e.Object}, e.ReplayID)
	switch {
	case !due:
		return datum
	case g.Mode == "header":
		return []byte{0xff, 0xff, 0xff}
	}
	return datum[:len(datum)-1]
}

// parts returns schema id and payload of an event. The log keeps it as
// {"schema":"…","payload":{…},"event":{"replayId":N}}; what was changed for one
// subscriber may have its members in another order.
func parts(e *bus.Event) (schema []byte, payload []byte, err error) {
	head, rest, ok := bytes.Cut(e.Data, []byte(`","payload":`))
	end := bytes.LastIndex(rest, []byte(`,"event":{"replayId":`))
	if id, first := bytes.CutPrefix(head, []byte(`{"schema":"`)); ok && first && end > 0 {
		return id, rest[:end], nil
	}
	var any struct {
		Schema  string          `json:"schema"`
		Payload json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(e.Data, &any); err != nil {
		return nil, nil, fmt.Errorf("reading an event: %w", err)
	}
	return []byte(any.Schema), any.Payload, nil
}

// replayID writes a place in the log as the eight bytes that clients see.
func replayID(id int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }

// open puts the feed where a request asks to start, if the user may.
func (f *feed) open(preset eventbus.ReplayPreset, replay []byte) error {
	if f.s.cfg.Access(f.call.user, f.topic) != Open {
		return f.call.refuse(errNoSubscribe)
	}
	if f.s.exhausted() {
		return f.call.refuse(errLimit)
	}
	at := bus.Tip
	switch preset {
	case eventbus.ReplayPreset_EARLIEST:
		at = bus.Earliest
	case eventbus.ReplayPreset_CUSTOM:
		if len(replay) == 0 {
			return f.call.refuse(errReplayMissing)
		}
		if len(replay) != 8 || replay[0] > 0x7f {
			return f.call.refuse(errReplay)
		}
		at = int64(binary.BigEndian.Uint64(replay))
	}
	cursor, err := f.s.cfg.Log.Open(f.topic, at)
	switch {
	case errors.Is(err, bus.ErrReplayID):
		return f.call.refuse(errReplay)
	case err != nil:
		return f.call.refuse(errTopicUnknown, f.s.guid(), f.topic)
	}
	f.cursor, f.latest = cursor, cursor.After()
	return nil
}
