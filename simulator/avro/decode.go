package avro

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// ErrDatum says that bytes are no datum of a schema.
var ErrDatum = errors.New("the payload does not follow the schema")

// Decode reads the datum of a platform event that a client publishes. The values
// are those that a record of the REST API would have: texts (moments and dates
// among them), booleans, json.Number, and nil.
func (s *Schema) Decode(datum []byte) (map[string]any, error) {
	r := reader{rest: datum}
	values := make(map[string]any, len(s.fields))
	for i := range s.fields {
		f := &s.fields[i]
		if f.Required || r.branch() {
			values[f.Name] = r.value(f.Kind)
		} else {
			values[f.Name] = nil
		}
		if r.err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, r.err)
		}
	}
	if len(r.rest) > 0 {
		return nil, ErrDatum
	}
	return values, nil
}

// reader takes Avro values off until the first error.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) take(n int64) []byte {
	if n < 0 || n > int64(len(r.rest)) || r.err != nil {
		r.err = ErrDatum
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) long() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.err = ErrDatum
		return 0
	}
	r.take(int64(n))
	return v
}

// branch reports whether a union of null and a type has a value.
func (r *reader) branch() bool {
	which := r.long()
	if which != 0 && which != 1 {
		r.err = ErrDatum
	}
	return which == 1
}

func (r *reader) value(kind Kind) any {
	switch kind {
	case Boolean:
		b := r.take(1)
		return len(b) == 1 && b[0] == 1
	case Integer:
		return json.Number(strconv.FormatInt(r.long(), 10))
	case Number:
		b := r.take(8)
		if b == nil {
			return nil
		}
		x := math.Float64frombits(binary.LittleEndian.Uint64(b))
		if math.IsNaN(x) || math.IsInf(x, 0) {
			r.err = ErrDatum
		}
		return json.Number(strconv.FormatFloat(x, 'f', -1, 64))
	case Moment:
		return time.UnixMilli(r.long()).UTC().Format("2006-01-02T15:04:05.000Z")
	case Date:
		return time.UnixMilli(r.long()).UTC().Format(time.DateOnly)
	case Time:
		return time.UnixMilli(r.long()).UTC().Format("15:04:05.000Z")
	}
	text := r.take(r.long())
	if !utf8.Valid(text) {
		r.err = ErrDatum
	}
	return string(text)
}
