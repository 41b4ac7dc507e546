package streaming

import (
	"fmt"
	"strings"

	"tidegate/gateway"
)

// fields decodes the body by operation. Deletes and gaps have none; what an
// enriched channel puts there is the value at delivery, not at the change.
func (r *eventReader) fields() error {
	e := &r.event
	if e.Type == gateway.Delete || e.Type.IsGap() {
		return nil
	}
	e.Fields = make(gateway.Fields, len(r.body)+4)
	for _, m := range r.body {
		if err := r.field(m); err != nil {
			return fmt.Errorf("reading %s: %w", m.name, err)
		}
	}
	if e.Type == gateway.Update {
		r.absent()
	}
	return nil
}

func (r *eventReader) field(m member) error {
	compound := r.shape != nil && len(r.shape.parts[m.name]) > 0
	switch {
	case m.raw[0] == '{':
		return r.compound(m, compound)
	case m.raw == "null" && compound:
		for part, name := range r.shape.parts[m.name] {
			if r.states(m.name, part) {
				r.event.Fields[name] = gateway.Null
			}
		}
		return nil
	case !r.states(m.name, ""):
		return nil
	default:
		return r.set(m.name, m.raw)
	}
}

// compound flattens {"City":"Bern"} of MailingAddress to MailingCity.
func (r *eventReader) compound(m member, known bool) error {
	s := &scanner{text: m.raw}
	first := true
	for s.enter('{'); s.more(&first, '}'); {
		part := s.key()
		raw := s.value()
		if s.err != nil {
			break
		}
		if part == "diff" && !known {
			r.event.Refetch = m.name + " came as a text difference."
			return nil
		}
		if !r.states(m.name, part) {
			continue
		}
		if err := r.set(r.shape.part(m.name, part), raw); err != nil {
			return err
		}
	}
	return s.err
}

func (r *eventReader) set(name, raw string) error {
	v, err := scalar(raw)
	if err != nil {
		return err
	}
	if r.shape != nil && r.shape.fields[name] == gateway.TypeDatetime {
		if v, err = instant(raw, v); err != nil {
			return err
		}
	}
	r.event.Fields[name] = v
	return nil
}

// states reports whether the change is about this field, or this part of a
// compound. Only an update can carry more than it changed (enriched fields).
func (r *eventReader) states(name, part string) bool {
	if r.event.Type != gateway.Update || len(r.changed) == 0 {
		return true
	}
	for _, c := range r.changed {
		if c == name || (part != "" && len(c) == len(name)+1+len(part) &&
			strings.HasPrefix(c, name) && c[len(name)] == '.' && strings.HasSuffix(c, part)) {
			return true
		}
	}
	return false
}

// absent settles what is listed as changed but has no value in the body: a
// part of a compound is empty then, since only parts with a value are sent. A
// plain field would have come as null, so its absence is not understood.
func (r *eventReader) absent() {
	e := &r.event
	for _, c := range r.changed {
		compound, part, dotted := strings.Cut(c, ".")
		if dotted {
			r.emptyUnlessSet(r.shape.part(compound, part))
			continue
		}
		if r.shape == nil || e.Refetch != "" {
			continue
		}
		if parts := r.shape.parts[c]; len(parts) > 0 {
			for _, name := range parts {
				r.emptyUnlessSet(name)
			}
			continue
		}
		_, known := r.shape.fields[c]
		if _, set := e.Fields[c]; known && !set && !r.shape.skipped[c] {
			e.Refetch = c + " changed, but its value was not sent."
		}
	}
}

func (r *eventReader) emptyUnlessSet(name string) {
	if _, ok := r.event.Fields[name]; !ok {
		r.event.Fields[name] = gateway.Null
	}
}
