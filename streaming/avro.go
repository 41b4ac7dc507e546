package streaming

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/streaming/pubsub"
)

// typedMark stands before replay ids of the Pub/Sub API as they are stored:
// they are bytes, and mean nothing to CometD.
const typedMark = "pubsub:"

func typedReplayID(id []byte) gateway.ReplayID {
	if len(id) == 0 {
		return ""
	}
	return gateway.ReplayID(base64.StdEncoding.AppendEncode([]byte(typedMark), id))
}

// DecodeTyped decodes events of the Pub/Sub API in order, as Decode does those
// of CometD. What cannot be read is in Batch.Unreadable, raw, and the position
// is past it all the same.
func (d *Decoder) DecodeTyped(topic string, b pubsub.Batch) gateway.Batch {
	var first gateway.Batch
	if half := len(b.Events) / 2; len(b.Events) >= parallelFrom {
		var wait sync.WaitGroup
		wait.Go(func() { first = d.typedPart(topic, b.Events[:half]) })
		second := d.typedPart(topic, b.Events[half:])
		wait.Wait()
		first.Events = append(first.Events, second.Events...)
		first.Unreadable = append(first.Unreadable, second.Unreadable...)
	} else {
		first = d.typedPart(topic, b.Events)
	}
	first.Position = typedReplayID(b.Position)
	return first
}

func (d *Decoder) typedPart(topic string, events []pubsub.Event) gateway.Batch {
	b := gateway.Batch{Events: make([]gateway.ChangeEvent, 0, len(events))}
	r := typedReader{plans: map[planKey]*typedPlan{}}
	for i := range events {
		e, err := r.read(d, &events[i])
		if err == nil {
			b.Events = append(b.Events, e)
			continue
		}
		b.Unreadable = append(b.Unreadable, unread(topic, e, events[i].Payload, fmt.Sprintf("%v (schema %s)", err, events[i].SchemaID)))
	}
	return b
}

// typedReader reads one event after another and remembers what it learned of
// their schemas.
type typedReader struct {
	head  eventReader
	datum pubsub.Reader
	plans map[planKey]*typedPlan
	// places are those of the last header.
	places headPlaces
}

type planKey struct {
	schema *pubsub.Schema
	object string
}

// typedPlan says how the fields of one schema become ours.
type typedPlan struct {
	header int // place of the ChangeEventHeader
	fields []typedField
	last   *naming // of the update before
}

// typedField is one field of the payload.
type typedField struct {
	name  string
	as    gateway.FieldType
	parts []typedPartField // of a compound
	plain bool             // it may also come as a plain value
}

type typedPartField struct {
	name string // ours
	as   gateway.FieldType
}

// read returns as much of the event as could be read, also with an error.
func (r *typedReader) read(d *Decoder, e *pubsub.Event) (gateway.ChangeEvent, error) {
	r.head.event = gateway.ChangeEvent{ReplayID: typedReplayID(e.ReplayID)}
	body, err := e.DecodeWith(&r.datum)
	header := body.Field("ChangeEventHeader")
	if header.IsNull() {
		return r.head.event, errors.Join(err, errors.New("the payload has no ChangeEventHeader"))
	}
	r.header(header)
	if err = errors.Join(err, r.head.checkHeader()); err != nil {
		return r.head.event, err
	}
	err = r.body(d, e.Schema, body, header)
	return r.head.event, err
}

// body reads the fields by operation. Deletes and gaps have none.
func (r *typedReader) body(d *Decoder, s *pubsub.Schema, body, header pubsub.Value) error {
	e := &r.head.event
	if e.Type == gateway.Delete || e.Type.IsGap() {
		return nil
	}
	p := r.plan(d, s)
	if e.Type == gateway.Update {
		e.Fields = make(gateway.Fields, 4)
		return r.update(p, body, header)
	}
	e.Fields = make(gateway.Fields, 32)
	for i := range p.fields {
		if i == p.header || body.Items[i].IsNull() {
			continue // empty, as everything that a whole event leaves out
		}
		if err := r.whole(&p.fields[i], body.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

// whole reads a field of an event that has all of them.
func (r *typedReader) whole(f *typedField, v pubsub.Value) error {
	if v.Kind() != pubsub.KindRecord {
		return r.set(f.name, f.as, v)
	}
	for j, part := range f.parts {
		if v.Items[j].IsNull() {
			continue
		}
		if err := r.set(part.name, part.as, v.Items[j]); err != nil {
			return err
		}
	}
	return nil
}

// update reads what the bitmaps name. A null elsewhere says nothing, and a
// null here says that the field is empty now.
func (r *typedReader) update(p *typedPlan, body, header pubsub.Value) error {
	n, err := p.naming(body.Type, header, r.places)
	if err != nil {
		return err
	}
	if n.changed.Empty() && n.nulled.Empty() {
		r.head.event.Refetch = "The change does not say which fields changed."
	}
	for _, i := range n.fields {
		f := &p.fields[i]
		if n.differs.Any(i) {
			r.head.event.Refetch = f.name + " came as a text difference."
			continue
		}
		if err := r.changed(f, i, body.Items[i], n.changed, n.nulled); err != nil {
			return err
		}
	}
	return nil
}

// naming is what the bitmaps of an update name.
type naming struct {
	said                     [3][]string // the bitmaps
	changed, nulled, differs pubsub.Places
	fields                   []int // places of all that are named
}

// naming reads the bitmaps. Updates of a kind come in rows and say the same, so
// the last naming is kept.
func (p *typedPlan) naming(t *pubsub.Type, header pubsub.Value, at headPlaces) (*naming, error) {
	says := [...]pubsub.Value{at.get(header, at.changed), at.get(header, at.nulled), at.get(header, at.differs)}
	if p.last != nil && saysSame(says[0], p.last.said[0]) && saysSame(says[1], p.last.said[1]) && saysSame(says[2], p.last.said[2]) {
		return p.last, nil
	}
	n := &naming{}
	for i, into := range [...]*pubsub.Places{&n.changed, &n.nulled, &n.differs} {
		n.said[i] = texts(says[i])
		var err error
		if *into, err = pubsub.ReadPlaces(t, n.said[i]); err != nil {
			return nil, fmt.Errorf("reading %s: %w", [...]string{"changedFields", "nulledFields", "diffFields"}[i], err)
		}
	}
	for i := range p.fields {
		if i != p.header && (n.differs.Any(i) || n.changed.Any(i) || n.nulled.Any(i)) {
			n.fields = append(n.fields, i)
		}
	}
	p.last = n
	return n, nil
}

func saysSame(v pubsub.Value, said []string) bool {
	return slices.EqualFunc(v.Items, said, func(v pubsub.Value, text string) bool { return v.Text == text })
}

// changed reads a field that an update names, or those of its parts.
func (r *typedReader) changed(f *typedField, i int, v pubsub.Value, changed, nulled pubsub.Places) error {
	if f.plain && v.Kind() != pubsub.KindRecord && (changed.Has(i) || nulled.Has(i)) {
		if nulled.Has(i) {
			v = pubsub.Value{}
		}
		return r.set(f.name, f.as, v)
	}
	for j, part := range f.parts {
		value := pubsub.Value{}
		switch {
		case nulled.HasPart(i, j):
		case !changed.HasPart(i, j):
			continue
		case v.Kind() == pubsub.KindRecord:
			value = v.Items[j]
		}
		if err := r.set(part.name, part.as, value); err != nil {
			return err
		}
	}
	return nil
}

func (r *typedReader) set(name string, as gateway.FieldType, v pubsub.Value) error {
	value, err := typed(v, as)
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	r.head.event.Fields[name] = value
	return nil
}

// plan returns how to read events of that schema, made once for each batch:
// describe, on which it rests, may change between batches.
func (r *typedReader) plan(d *Decoder, s *pubsub.Schema) *typedPlan {
	key := planKey{s, r.head.event.Object}
	if p := r.plans[key]; p != nil {
		return p
	}
	sh := d.shapes[key.object]
	p := &typedPlan{header: s.Top.Place("ChangeEventHeader"), fields: make([]typedField, len(s.Top.Fields))}
	for i, f := range s.Top.Fields {
		field := typedField{name: f.Name, as: meaning(f, sh, f.Name), plain: true}
		if record := f.Type.Record(); record != nil {
			for _, part := range record.Fields {
				name := sh.part(f.Name, part.Name)
				field.parts = append(field.parts, typedPartField{name: name, as: meaning(part, sh, name)})
			}
			field.plain = hasPlain(f.Type)
		}
		p.fields[i] = field
	}
	r.plans[key] = p
	return p
}

// hasPlain tells a union that holds a text besides a record: the name of an
// account is either, where person accounts are on.
func hasPlain(t *pubsub.Type) bool {
	for _, branch := range t.Of {
		if branch.Kind == pubsub.KindString {
			return true
		}
	}
	return false
}

// meaning tells what the number of a date or time stands for: by the schema
// itself, which belongs to the event, else by describe, which is of today.
func meaning(f pubsub.Field, sh *shape, name string) gateway.FieldType {
	for _, m := range [...]struct {
		word string
		as   gateway.FieldType
	}{{"DateTime", gateway.TypeDatetime}, {"DateOnly", gateway.TypeDate}, {"TimeOnly", typeTime}} {
		if strings.Contains(f.Doc, m.word) {
			return m.as
		}
	}
	if sh == nil {
		return ""
	}
	return sh.fields[name]
}

const typeTime gateway.FieldType = "time"

// typed returns the canonical value of an Avro value.
func typed(v pubsub.Value, as gateway.FieldType) (gateway.Value, error) {
	switch v.Kind() {
	case pubsub.KindNull:
		return gateway.Null, nil
	case pubsub.KindString, pubsub.KindEnum, pubsub.KindBytes, pubsub.KindFixed:
		return gateway.Text(v.Text), nil
	case pubsub.KindBoolean:
		return gateway.Bool(v.Bool()), nil
	case pubsub.KindInt, pubsub.KindLong:
		return whole(v.Int(), as), nil
	case pubsub.KindDouble:
		return fraction(v.Float(), 64)
	case pubsub.KindFloat:
		return fraction(v.Float(), 32)
	case pubsub.KindArray:
		return list(v, as)
	default:
		return "", errors.New("a record where a value was expected")
	}
}

// whole returns the value of an int or long: milliseconds where it is a time.
func whole(n int64, as gateway.FieldType) gateway.Value {
	switch as {
	case gateway.TypeDatetime:
		return gateway.Instant(time.UnixMilli(n))
	case gateway.TypeDate:
		return gateway.Text(time.UnixMilli(n).UTC().Format(time.DateOnly))
	case typeTime:
		return gateway.Text(time.UnixMilli(n).UTC().Format("15:04:05.000Z"))
	}
	return gateway.Value(strconv.FormatInt(n, 10))
}

// fraction returns the shortest decimal that is this number, which is what
// Salesforce's JSON shows of it.
func fraction(f float64, bits int) (gateway.Value, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "", fmt.Errorf("%v is no number", f)
	}
	return gateway.Number(strconv.FormatFloat(f, 'f', -1, bits)), nil
}

func list(v pubsub.Value, as gateway.FieldType) (gateway.Value, error) {
	parts := make([]string, 0, len(v.Items))
	for _, item := range v.Items {
		value, err := typed(item, as)
		if err != nil {
			return "", err
		}
		parts = append(parts, string(value))
	}
	return gateway.Value("[" + strings.Join(parts, ",") + "]"), nil
}
