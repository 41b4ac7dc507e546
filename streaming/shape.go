package streaming

import (
	"hash/maphash"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"weak"

	"tidegate/gateway"
	"tidegate/rules/inbound"
)

// shape is what the decoder needs to know of one object: the type of each
// field, and the names under which compound parts are kept.
type shape struct {
	schema gateway.Schema
	fields map[string]gateway.FieldType
	// parts maps a compound field to its parts: part as events spell it →
	// our field name (City → MailingCity).
	parts map[string]map[string]string
	// skipped are compound fields whose parts are kept instead of them.
	skipped map[string]bool
	silent  map[string]bool // fields that change events never carry
}

// shapes holds each shape once for as long as a decoder has it: a thousand
// connections to orgs that describe their objects alike took 80 KB each.
var shapes = struct {
	mu    sync.Mutex
	seed  maphash.Seed
	known map[uint64][]weak.Pointer[shape]
}{seed: maphash.MakeSeed(), known: map[uint64][]weak.Pointer[shape]{}}

// shapeOf returns the shape of a describe, which is shared and never changes.
func shapeOf(s gateway.Schema) *shape {
	key := sumOf(s)
	shapes.mu.Lock()
	defer shapes.mu.Unlock()
	var found *shape
	kept := shapes.known[key][:0]
	for _, p := range shapes.known[key] {
		sh := p.Value()
		if sh == nil {
			continue
		}
		kept = append(kept, p)
		if found == nil && reflect.DeepEqual(sh.schema, s) {
			found = sh
		}
	}
	if found == nil {
		found = newShape(s)
		kept = append(kept, weak.Make(found))
		// What nobody has any more goes, so that describes of former days do
		// not add up.
		runtime.AddCleanup(found, forget, key)
	}
	shapes.known[key] = kept
	return found
}

// forget removes the shapes that are gone.
func forget(key uint64) {
	shapes.mu.Lock()
	defer shapes.mu.Unlock()
	left := slices.DeleteFunc(shapes.known[key], func(p weak.Pointer[shape]) bool { return p.Value() == nil })
	if shapes.known[key] = left; len(left) == 0 {
		delete(shapes.known, key)
	}
}

// sumOf tells most describes apart.
func sumOf(s gateway.Schema) uint64 {
	var h maphash.Hash
	h.SetSeed(shapes.seed)
	h.WriteString(s.Object)
	for i := range s.Fields {
		h.WriteString(s.Fields[i].Name)
		h.WriteString(string(s.Fields[i].Type))
		h.WriteString(s.Fields[i].Label)
	}
	return h.Sum64()
}

func newShape(s gateway.Schema) *shape {
	sh := &shape{
		schema: s, fields: make(map[string]gateway.FieldType, len(s.Fields)), parts: map[string]map[string]string{},
		skipped: map[string]bool{}, silent: inbound.Silent(s),
	}
	for _, f := range s.Fields {
		sh.fields[f.Name] = f.Type
		if f.Type == gateway.TypeAddress || f.Type == "location" {
			sh.skipped[f.Name] = true
		}
		if f.CompoundName == "" || f.CompoundName == f.Name {
			continue
		}
		sh.skipped[f.CompoundName] = true
		if sh.parts[f.CompoundName] == nil {
			sh.parts[f.CompoundName] = map[string]string{}
		}
		sh.parts[f.CompoundName][partOf(f.CompoundName, f.Name)] = f.Name
	}
	return sh
}

// partOf returns the name of a compound part inside its compound: events drop
// the prefix (MailingAddress.City) except in person names (Name.FirstName).
func partOf(compound, field string) string {
	if base, ok := strings.CutSuffix(compound, "__c"); ok {
		return strings.TrimSuffix(strings.TrimPrefix(field, base+"__"), "__s")
	}
	return strings.TrimPrefix(field, strings.TrimSuffix(compound, "Address"))
}

// fieldOf is the opposite of partOf, for compounds that describe did not show.
func fieldOf(compound, part string) string {
	switch {
	case compound == "Name":
		return part
	case strings.HasSuffix(compound, "__c"):
		return strings.TrimSuffix(compound, "c") + part + "__s"
	default:
		return strings.TrimSuffix(compound, "Address") + part
	}
}

// part returns the field name of a compound part.
func (sh *shape) part(compound, part string) string {
	if sh != nil {
		if name, ok := sh.parts[compound][part]; ok {
			return name
		}
	}
	return fieldOf(compound, part)
}

// carried reports whether change events carry the field.
func (sh *shape) carried(field string) bool {
	return sh == nil || sh.known(field) && !sh.silent[field]
}

// known reports whether describe shows the field. One that it no longer shows
// was hidden or removed, and a reading does not ask for it (F-26).
func (sh *shape) known(field string) bool {
	if sh == nil {
		return true
	}
	_, ok := sh.fields[field]
	return ok
}

// MirroredFields returns the fields of an object that the mirror holds: all
// that describe showed, except Id, IsDeleted and SystemModstamp, which Record
// keeps in other forms, and except compound fields, whose parts are held. A
// person's Name is held as well: a query gives it as text.
func MirroredFields(s gateway.Schema) []string {
	sh := newShape(s)
	names := make([]string, 0, len(s.Fields))
	for _, f := range s.Fields {
		switch f.Name {
		case "Id", "IsDeleted", "SystemModstamp", "LastViewedDate", "LastReferencedDate":
			continue // the last two are about the reader, not the record
		}
		if !sh.skipped[f.Name] || f.Name == "Name" { // a query gives a person's Name as text
			names = append(names, f.Name)
		}
	}
	return names
}

// named reports whether the object's Name is composed of parts.
func (sh *shape) named() bool { return sh != nil && sh.parts["Name"] != nil }
