package cdc

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"tidegate/simulator/org"
)

// withheld are the fields that change events never carry: the id stands in the
// header, the rest is bookkeeping or derived from other records.
var withheld = map[string]bool{
	"Id": true, "IsDeleted": true, "SystemModstamp": true,
	"LastActivityDate": true, "LastViewedDate": true, "LastReferencedDate": true,
	"LastCURequestDate": true, "LastCUUpdateDate": true, "PhotoUrl": true,
	"HasOpenActivity": true, "HasOverdueTask": true,
	"Fiscal": true, "FiscalQuarter": true, "FiscalYear": true,
	// Of platform events, which carry these beside the payload.
	"EventUuid": true, "ReplayId": true,
}

// plan is how the events of one object are written.
type plan struct {
	schema   string
	entries  []entry
	modified int // index of LastModifiedDate in the schema, -1 where there is none
}

// entry is one member of an event's body: a field, or a compound with its parts.
type entry struct {
	name  string
	parts []part
	// whole is the field itself where the name of a person has parts and that of
	// a company is a text, and person the field that tells which it is; else nil.
	whole  *part
	person int
	both   bool // a geolocation: both parts where one changed
}

// part is one field. Its key is the name inside the compound; its full name, as
// changedFields has it, is compound.key.
type part struct {
	key, full string
	at        int  // index in the schema's fields
	long      bool // text that may be long enough to be sent as a difference
}

func newPlan(o *org.Object) *plan {
	p := &plan{modified: -1, schema: schemaID(o)}
	compounds := map[string]int{} // name → index in entries
	for _, f := range o.Fields {
		if f.Compound != "" {
			compounds[f.Compound] = -1
		}
	}
	for i, f := range o.Fields {
		// A compound's own value, such as a person's full name, is made of its parts.
		_, compound := compounds[f.Name]
		if f.Switchable && compound {
			compounds[f.Name] = len(p.entries)
			p.entries = append(p.entries, entry{name: f.Name, whole: &part{full: f.Name, at: i}, person: indexOf(o, "IsPersonAccount")})
			continue
		}
		if compound || withheld[f.Name] || f.Calculated || f.IsCompound() || f.Type == org.TypeBase64 {
			continue
		}
		if f.Name == "LastModifiedDate" {
			p.modified = i
		}
		p.place(compounds, f, i)
	}
	return p
}

func (p *plan) place(compounds map[string]int, f *org.Field, i int) {
	if f.Compound == "" {
		p.entries = append(p.entries, entry{name: f.Name, parts: []part{{"", f.Name, i, f.Type == org.TypeTextArea && f.Length >= diffFrom}}})
		return
	}
	at := compounds[f.Compound]
	if at < 0 {
		at = len(p.entries)
		compounds[f.Compound] = at
		p.entries = append(p.entries, entry{name: f.Compound})
	}
	e := &p.entries[at]
	e.both = f.Custom
	e.parts = append(e.parts, part{f.Part, f.Compound + "." + f.Part, i, false})
}

func indexOf(o *org.Object, field string) int {
	return slices.IndexFunc(o.Fields, func(f *org.Field) bool { return f.Name == field })
}

// schemaID is 22 characters that change whenever the fields of the object do.
func schemaID(o *org.Object) string {
	var b strings.Builder
	b.WriteString(o.Name)
	for _, f := range o.Fields {
		b.WriteString("\n" + f.Name + " " + string(f.Type))
	}
	sum := sha256.Sum256([]byte(b.String()))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// body appends the members of an event's body, each followed by a comma, and
// returns the changed fields as a JSON array.
func (p *plan) body(dst []byte, c *org.Change) (body, changed []byte) {
	changed = append(changed, '[')
	if c.Type == org.Delete {
		return dst, append(changed, ']')
	}
	for i := range p.entries {
		dst, changed = p.member(dst, changed, &p.entries[i], c)
	}
	if last := len(changed) - 1; changed[last] == ',' {
		changed = changed[:last]
	}
	return dst, append(changed, ']')
}

func (p *plan) member(dst, changed []byte, e *entry, c *org.Change) (body, names []byte) {
	if e.whole != nil && c.After.At(e.person) != true {
		return p.member(dst, changed, &entry{name: e.name, parts: []part{*e.whole}}, c)
	}
	start := len(dst)
	for i := range e.parts {
		q := &e.parts[i]
		if !p.sends(q, c) && (!e.both || !p.sendsAny(e, c)) {
			continue
		}
		if len(dst) == start {
			dst = appendKey(dst, e.name)
			if q.key != "" {
				dst = append(dst, '{')
			}
		}
		if q.key != "" {
			dst = appendKey(dst, q.key)
		}
		if q.long && c.Type == org.Update {
			dst = append(appendText(dst, c, q.at), ',')
		} else {
			dst = append(appendValue(dst, c.After.At(q.at)), ',')
		}
		if c.Type == org.Update && p.sends(q, c) {
			changed = append(append(append(changed, '"'), q.full...), `",`...)
		}
	}
	if len(dst) > start && e.parts[0].key != "" {
		dst[len(dst)-1] = '}'
		dst = append(dst, ',')
	}
	return dst, changed
}

// sends tells whether the event carries the field: of an update what changed and
// always the modification date, else what is not empty.
func (p *plan) sends(q *part, c *org.Change) bool {
	if c.Type == org.Update {
		return q.at == p.modified || c.Before.At(q.at) != c.After.At(q.at)
	}
	return c.After.At(q.at) != nil
}

func (p *plan) sendsAny(e *entry, c *org.Change) bool {
	return slices.ContainsFunc(e.parts, func(q part) bool { return p.sends(&q, c) })
}

// silent tells that of an update nothing is worth an event: only fields changed
// that are never sent, and the record does not even count as modified.
func (p *plan) silent(c *org.Change, changed []byte) bool {
	if c.Type != org.Update || p.modified < 0 || c.Before.At(p.modified) != c.After.At(p.modified) {
		return false
	}
	return string(changed) == `["LastModifiedDate"]`
}

func appendKey(dst []byte, key string) []byte {
	return append(append(append(dst, '"'), key...), `":`...)
}

// eventMoment is how change events print datetimes, other than the REST API.
const eventMoment = "2006-01-02T15:04:05.000Z"

func appendValue(dst []byte, v any) []byte {
	if at, ok := v.(org.DateTime); ok {
		dst = append(dst, '"')
		dst = at.Time().AppendFormat(dst, eventMoment)
		return append(dst, '"')
	}
	return org.AppendValue(dst, v)
}
