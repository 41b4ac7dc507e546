package outbound

import (
	"fmt"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

// CustomInput is everything that PlanCustom looks at. Attendees has the person
// whom the record is about, none when it names nobody.
type CustomInput struct {
	Surroundings
	Record gateway.CustomRecord
	// Found are the records of an object that carry a value of this one in a field
	// by which records are told apart; By is that field.
	Found map[string][]gateway.Record
	By    map[string]string
	// Unread says why nothing can be called new to an object yet, by object.
	Unread map[string]string
	// Event is that of the meeting, and Deal the opportunity; zero = not there.
	Event gateway.RecordKey
	Deal  gateway.Record
}

// recordPrefix begins the part of a record that a custom record is in an object.
const recordPrefix = "record:"

// PlanCustom decides what becomes of a record of a kind that only the product
// has: a record of each object of which a field is filled from that kind (DEM-04,
// DEM-28). It is found by a field that tells records apart, or made where the
// settings say so; then it stays the one.
func PlanCustom(in CustomInput) SaidPlan {
	r := in.Record
	p := &custom{in: in, planning: &planning{
		Surroundings: in.Surroundings, kind: r.SaidKind(), id: r.ExternalID, at: r.UpdatedAt, owner: r.Owner, values: customValues(r),
	}}
	why := p.outside(func(name string) (string, bool) { value, mine := p.values[name]; return value, mine })
	objects := p.objects()
	if why == "" && len(objects) == 0 {
		why = "Kept here: no field of an object is filled from records of the kind “" + r.Kind + "”. An admin maps its properties on the page of an added object, Objects tab."
	}
	if why != "" {
		p.omit(PartAll, "", why)
		return p.plan
	}
	p.recognize()
	p.plan.Omitted = slices.DeleteFunc(p.plan.Omitted, func(o Omission) bool { return strings.HasPrefix(o.Part, contactPrefix) })
	for _, object := range objects {
		p.object(object)
	}
	return p.plan
}

// custom is the plan of a custom record being made.
type custom struct {
	*planning
	in CustomInput
}

// customValues are what fields can be filled from, by the keys of
// mapping.Sources.
func customValues(r gateway.CustomRecord) map[string]string {
	key := mapping.CustomPrefix + r.Kind
	out := map[string]string{key + mapping.CustomID: r.ExternalID}
	for name, v := range r.Properties {
		out[key+"."+name] = v.String()
	}
	return out
}

// CustomValue is what a custom record says for a source, "" for nothing.
func CustomValue(r gateway.CustomRecord, source string) string { return customValues(r)[source] }

// objects are those of which a field is filled from the kind.
func (p *custom) objects() (out []string) {
	for _, m := range p.Mappings {
		kind, _, ok := mapping.CustomOf(m.Source)
		if ok && kind == p.in.Record.Kind && slices.Contains(p.Settings.Objects.Added, m.Object) && !slices.Contains(out, m.Object) {
			out = append(out, m.Object)
		}
	}
	slices.Sort(out)
	return out
}

// object plans the record that it is in one object.
func (p *custom) object(object string) {
	part := recordPrefix + object
	r, here, why := p.record(object, part)
	if kept := p.filtered(object); kept != "" {
		why = kept
	}
	if why != "" {
		p.omit(part, object, why)
		return
	}
	fields := p.fields(object, r)
	if here && !r.Key.Local() && !p.Settings.Objects.UpdateFields[object] {
		p.omit(part, object, "“Sync updates to object fields” is off for "+object+" on the Objects tab.")
		return
	}
	for name := range p.Written[part].Wanted {
		if _, still := fields[name]; !still && !p.emptied(object, name) {
			p.keep(fields, object, p.Written[part].Key, name)
		}
	}
	if len(fields) == 0 {
		p.omit(part, object, "Nothing of it can be written to "+object+"; each field says why.")
		return
	}
	p.owe(part, r.Key, fields, "Fields of "+object+" are filled from records of the kind “"+p.in.Record.Kind+"”.")
	owed := &p.plan.Owed[len(p.plan.Owed)-1]
	owed.Of = p.origins(object, fields)
	if here {
		owed.Fills = Fills(fields, p.mappingOf(object))
	}
	p.plan.Related = append(p.plan.Related, r.Key)
}

// filtered says which filter of the object keeps it here, "" when none does.
func (p *custom) filtered(object string) string {
	for _, f := range p.Settings.Objects.Filters {
		if value, mine := p.values[f.Source]; f.Object == object && mine && !Passes(f, value) {
			return fmt.Sprintf("A filter of the Objects tab keeps it here: %s %s %s.", f.Source, f.Op, f.Value)
		}
	}
	return ""
}

// record finds the record that it is already; why says why there is none and
// none may be made.
func (p *custom) record(object, part string) (r gateway.Record, here bool, why string) {
	found := p.in.Found[object]
	switch {
	case !p.Settings.Objects.Writeback[object]:
		return r, false, "“Sync to Salesforce” is off for " + object + " on the Objects tab."
	case p.Gone[part]:
		return r, false, "Its record was deleted in Salesforce, and is not created a second time."
	case p.wrote(part):
		r = gateway.Record{Key: p.Written[part].Key}
		if i := slices.IndexFunc(found, func(f gateway.Record) bool { return f.Key == r.Key }); i >= 0 {
			r = found[i]
		}
		return r, true, ""
	case len(found) > 1:
		return r, false, fmt.Sprintf("%d records of %s have its value in %s, so none is chosen. Merge them in Salesforce, then send it again.", len(found), object, p.in.By[object])
	case len(found) == 1:
		return found[0], true, ""
	}
	if why := RefuseCreate(p.Settings.Objects, object); why != "" {
		return r, false, why + " on the Objects tab, and no record of it is this one."
	}
	if why := p.in.Unread[object]; why != "" && p.in.By[object] != "" {
		p.plan.Waits = why
		return r, false, why
	}
	if s := p.Schemas[object]; s.Object != "" && !s.Createable {
		return r, false, "The connected user may not create records of " + object + ". A Salesforce admin allows it by a permission set."
	}
	return gateway.Record{Key: p.local(object, part)}, false, ""
}

// fields are the values of the mapped fields of an object, by their write
// modes; what is left out is told.
func (p *custom) fields(object string, r gateway.Record) gateway.Fields {
	fields := gateway.Fields{}
	for _, m := range p.Mappings {
		kind, rest, ok := mapping.CustomOf(m.Source)
		if m.Object != object || !ok || kind != p.in.Record.Kind {
			continue
		}
		f, _ := p.Schemas[object].Field(m.Field)
		part := recordPrefix + object + "." + m.Field
		if !strings.HasPrefix(rest, ".") && rest != mapping.CustomID {
			p.lookup(fields, part, m, f, rest)
			continue
		}
		if v, told := p.in.Record.Properties[strings.TrimPrefix(rest, ".")]; told && v.IsNull() && m.Default == "" && p.emptied(object, m.Field) {
			fields[m.Field] = gateway.Null
			continue
		}
		p.sourceField(fields, part, m, f, r)
	}
	if id := p.Users[p.owner]; id != "" {
		if f, has := p.Schemas[object].Field("OwnerId"); has && f.Createable && len(fields) > 0 {
			fields["OwnerId"] = gateway.Text(id)
		}
	}
	return fields
}

// emptied reports whether the product says that a field which it filled before
// is empty now: a property that is null, not one that is left out.
func (p *custom) emptied(object, field string) bool {
	m := p.mappingOf(object)(field)
	_, rest, ok := mapping.CustomOf(m.Source)
	v, told := p.in.Record.Properties[strings.TrimPrefix(rest, ".")]
	if !ok || !told || !v.IsNull() || mapping.Mode(field, m) != mapping.Overwrite {
		return false
	}
	_, wrote := p.Written[recordPrefix+object].Wanted[field]
	return wrote
}

// lookup adds the record that a reference leads to.
func (p *custom) lookup(fields gateway.Fields, part string, m gateway.Mapping, f gateway.Field, to string) {
	key, why := p.target(to)
	if key.ID == "" && why == "" {
		return // it names nobody, which is nothing left out
	}
	if why == "" {
		if len(f.ReferenceTo) > 0 && !slices.Contains(f.ReferenceTo, key.Object) {
			why = "It leads to " + strings.Join(f.ReferenceTo, " or ") + ", and this is a " + key.Object + "."
		} else if ok, reason := mapping.SourceWritten(p.Settings.Objects.Writeback[m.Object], m, f); !ok {
			why = reason
		}
	}
	if why != "" {
		p.omit(part, m.Object, "“"+m.Source+"” is not written to "+m.Field+": "+why)
		return
	}
	fields[m.Field] = gateway.Text(key.ID)
}

// target is the record that a custom record refers to; why says why there is
// none although it names one.
func (p *custom) target(to string) (key gateway.RecordKey, why string) {
	r := p.in.Record
	switch {
	case to == mapping.CustomPerson && r.Person != "":
		if len(p.people) > 0 {
			return p.people[0].key, ""
		}
		return key, "Nobody in Salesforce is the person “" + r.Person + "” yet. It is written as soon as somebody is."
	case to == mapping.CustomMeeting && r.Meeting != "":
		if p.in.Event.ID == "" {
			return key, "The meeting “" + r.Meeting + "” has no Event. Send this again when it has one."
		}
		return p.in.Event, ""
	case to == mapping.CustomDeal && r.Deal != "":
		if p.in.Deal.Key.ID == "" || p.in.Deal.Deleted {
			return key, "There is no opportunity " + r.Deal + " here. Send its Salesforce id."
		}
		return p.in.Deal.Key, ""
	}
	return key, ""
}
