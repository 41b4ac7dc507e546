package outbound

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/agent"
	"tidegate/rules/mapping"
)

// LocalPrefix begins the id of a record that Salesforce has not numbered yet.
const LocalPrefix = gateway.LocalPrefix

// notProvided stands in a required field that nobody has given, in the words
// that Salesforce's own lead capture uses.
const notProvided = "[not provided]"

// PersonObject returns the object that a person becomes where no record is
// linked yet: "Lead" when he was captured as one, else "Contact".
func PersonObject(p gateway.Person) string {
	if p.Kind == "lead" {
		return "Lead"
	}
	return "Contact"
}

// PersonFields returns what is known of a person as fields of an object,
// without empty values. Properties are already under API names.
func PersonFields(p gateway.Person, object string) gateway.Fields {
	fields := gateway.Fields{}
	for name, v := range p.Properties {
		if !v.Empty() {
			fields[name] = v
		}
	}
	known := map[string]string{
		"FirstName": p.FirstName, "LastName": p.LastName, "Email": p.Email, "Title": p.Title,
		"Phone": p.Phone, "MobilePhone": p.MobilePhone,
	}
	if object == "Lead" {
		known["Company"], known["Rating"] = p.Company, p.Rating
	}
	for name, text := range known {
		if text = strings.TrimSpace(text); text != "" {
			fields[name] = gateway.Text(text)
		}
	}
	return fields
}

// personFields is PersonFields, or what the activity object takes of a person:
// its phone field, a name, and what has the same name there (AVC-11).
func personFields(p gateway.Person, object, phone string, s gateway.Schema) gateway.Fields {
	fields := PersonFields(p, object)
	if phone == "" || object == "Lead" || object == "Contact" {
		return fields
	}
	for name := range fields {
		if _, known := s.Field(name); !known && !p.Properties[name].Known() {
			delete(fields, name)
		}
	}
	if number := cmp.Or(strings.TrimSpace(p.MobilePhone), strings.TrimSpace(p.Phone)); number != "" {
		fields[phone] = gateway.Text(number)
	}
	if f, known := s.Field("Name"); known && f.Createable {
		fields["Name"] = gateway.Text(cmp.Or(strings.TrimSpace(p.FirstName+" "+p.LastName), p.Company, p.Email, fields[phone].String(), notProvided))
	}
	return fields
}

// CreateInput is everything that PlanCreate looks at.
type CreateInput struct {
	Person gateway.Person
	Object string
	Schema gateway.Schema
	// Phone is the field of the activity object by which its records are found,
	// "" for other objects (AVC-18).
	Phone string
	// Refused says why nothing is created, "" when it is; see RefuseCreate.
	Refused string
	// Mapping is how a field of the object travels; nil = none is mapped.
	Mapping func(field string) gateway.Mapping
	Lane    int
	Cause   gateway.Cause
	Now     time.Time
}

// AgentKeeps says why the agent that captured a person keeps him from becoming a
// record of an object, "" when it does not (AIM-23). A lead of no agent that is
// listed goes by the default one, as a chat does. What a filter asks of a
// conversation is no business of his.
func AgentKeeps(agents []gateway.Agent, p gateway.Person, object string) string {
	a := gateway.AgentNamed(agents, p.Agent)
	if a.ID != "" && !a.Enabled {
		return "The agent “" + a.Name + "” is switched off, so nothing of it is sent. An admin switches it on on the Agents page."
	}
	if a.ID == "" && PersonObject(p) == "Lead" {
		a = gateway.AgentNamed(agents, gateway.DefaultAgent)
	}
	for _, f := range a.Filters {
		value, known := personValue(p, f.Source)
		if known && (f.Object == "" || f.Object == object) && !Passes(f, value) {
			return fmt.Sprintf("A filter of the agent “%s” keeps him here: %s", a.Name, agent.FilterWords(f))
		}
	}
	return ""
}

// personValue is what a source says of a person; known reports whether it is about
// him at all.
func personValue(p gateway.Person, source string) (value string, known bool) {
	if name, captured := strings.CutPrefix(source, agent.Capture); captured {
		return p.Properties[name].String(), true
	}
	value, known = personValues(p)[source]
	return value, known
}

// PlanCreate returns the entry that makes a person a new record, with defaults
// for what Salesforce requires and nobody gave. Fields that describe does not
// offer or whose value cannot be are skipped with the reason. Where creating
// is refused Change is nil and the log line says so.
func PlanCreate(in CreateInput) Plan {
	key := gateway.RecordKey{Object: in.Object, ID: LocalPrefix + in.Person.ExternalID}
	fields, skipped := creatable(withDefaults(withSources(personFields(in.Person, in.Object, in.Phone, in.Schema), in.Person, in.Schema, in.Mapping, nil), in), in.Schema)
	in.Cause.Rule += Omissions(skipped, in.Schema.FieldLabel)
	c := gateway.Change{
		Key: key, Op: gateway.OpCreate, Fields: fields, Base: gateway.Fields{}, Edit: 1,
		State: gateway.StateWaiting, DueAt: in.Now, EnqueuedAt: in.Now, Lane: in.Lane, Cause: in.Cause,
	}
	plan := Plan{Change: &c, Skipped: skipped, Log: editLine(c, Input{Cause: in.Cause, Now: in.Now}, false)}
	if in.Refused != "" {
		plan.Change = nil
		plan.Log.State, plan.Log.NextTry, plan.Log.DoneAt = gateway.LogSkipped, time.Time{}, in.Now
		plan.Log.What += ". Not created: " + in.Refused
	}
	return plan
}

// RefuseCreate says why no record of an object is created for what matches
// none, "" when it is: the object is synced, and creating is on (AVC-22).
func RefuseCreate(s gateway.ObjectsSettings, object string) string {
	switch {
	case !s.Writeback[object]:
		return "“Sync to Salesforce” is off for " + object
	case !s.CreateMissing[object]:
		return "“Create when missing” is off for " + object
	}
	return ""
}

// FilteredPerson says which of an object's filters keeps a person from becoming a
// record of it, "" when none does (AIM-23). Filters of other things are no
// business of his.
func FilteredPerson(filters []gateway.Filter, p gateway.Person) string {
	for _, f := range filters {
		if value, known := personValue(p, f.Source); known && !Passes(f, value) {
			return "A filter of the Objects tab keeps him here: " + agent.FilterWords(f)
		}
	}
	return ""
}

func withDefaults(fields gateway.Fields, in CreateInput) gateway.Fields {
	if in.Phone != "" && in.Object != "Lead" && in.Object != "Contact" {
		return fields
	}
	required := map[string]string{"LastName": notProvided}
	if local, domain, ok := strings.Cut(in.Person.Email, "@"); ok && local != "" {
		required["LastName"] = local
		required["Company"] = domain
	}
	if in.Object != "Lead" {
		delete(required, "Company")
	} else if required["Company"] == "" {
		required["Company"] = notProvided
	}
	for name, text := range required {
		if fields[name].Empty() {
			fields[name] = gateway.Text(text)
		}
	}
	return fields
}

func creatable(fields gateway.Fields, s gateway.Schema) (gateway.Fields, []Skipped) {
	kept := gateway.Fields{}
	var skipped []Skipped
	for _, name := range fields.Names() {
		f, known := s.Field(name)
		switch {
		case !known:
			skipped = append(skipped, Skipped{name, "Salesforce does not show this field to the connected user."})
		case !f.Createable:
			skipped = append(skipped, Skipped{name, "The connected user may not set it."})
		default:
			if err := mapping.CheckValue(f, fields[name]); err != nil {
				skipped = append(skipped, Skipped{name, err.Error()})
				continue
			}
			kept[name] = fields[name]
		}
	}
	return kept, skipped
}

// FillInput is everything that PlanFill looks at.
type FillInput struct {
	Person   gateway.Person
	Record   gateway.Record
	Pending  *gateway.Change
	Schema   gateway.Schema
	Phone    string // see CreateInput
	Mapping  func(field string) gateway.Mapping
	Writable func(field string) (bool, string)
	// Updates is the object's "Sync updates to object fields": without it no
	// field of a record that exists is written (AVC-30).
	Updates bool
}

// PlanFill returns what a person known here still has to say to a record that
// exists: names, phones, e-mail, company and rating only where Salesforce has
// nothing (AVC-25), mapped fields always (AVC-28). Everything left out carries
// its reason. The result is an edit for PlanEdit.
func PlanFill(in FillInput) (gateway.Fields, []Skipped) {
	edit := gateway.Fields{}
	var skipped []Skipped
	fields := withSources(personFields(in.Person, in.Record.Key.Object, in.Phone, in.Schema), in.Person, in.Schema, in.Mapping, in.Record.Fields)
	for _, name := range fields.Names() {
		if why := withhold(in, name, fields[name]); why != "" {
			skipped = append(skipped, Skipped{name, why})
			continue
		}
		edit[name] = fields[name]
	}
	return edit, skipped
}

func withhold(in FillInput, name string, want gateway.Value) string {
	if in.Record.Fields[name] == want {
		return alreadyThere
	}
	if !in.Updates {
		return "“Sync updates to object fields” is off for " + in.Record.Key.Object
	}
	if ok, why := in.Writable(name); !ok {
		return why
	}
	if mapping.Mode(name, in.Mapping(name)) == mapping.Fill || in.Phone != "" && (name == in.Phone || name == "Name") {
		switch {
		case !in.Record.Fields[name].Empty():
			return "It has a value in Salesforce, and is only filled while empty."
		case in.Record.Partial && !in.Record.Fields[name].Known() && !ownCreation(in.Record):
			return "Salesforce's value is not known here yet, and it is only filled while empty."
		case in.Pending != nil && in.Pending.Cause.Kind == "edit" && !in.Pending.Fields[name].Empty():
			return "Somebody has just edited it."
		}
	}
	if f, known := in.Schema.Field(name); known {
		if err := mapping.CheckValue(f, want); err != nil {
			return err.Error()
		}
	}
	return ""
}

// ownCreation reports whether all that is known of a record is that we created
// it. What we did not set is then empty there, as far as anybody knows.
func ownCreation(r gateway.Record) bool { return r.Version == gateway.Version{} && r.ReadAt == 0 }

// Withheld returns the line that explains why nothing of a person is owed to
// his record, nil when there is nothing to explain.
func Withheld(r gateway.Record, cause gateway.Cause, skipped []Skipped, now time.Time) *gateway.LogEntry {
	if Omissions(skipped, nil) == "" {
		return nil
	}
	c := gateway.Change{Key: r.Key, Op: gateway.OpUpdate, Cause: cause, EnqueuedAt: now}
	line := Line(c, r, nil)
	line.What = "Update nothing"
	line.State, line.NextTry, line.DoneAt = gateway.LogSkipped, time.Time{}, now
	return &line
}

// Omissions returns the fields left out by a rule as the end of a log
// sentence, "" when there are none; label gives the words for a field. A value that is already there is nothing
// left out.
func Omissions(skipped []Skipped, label func(field string) string) string {
	var parts []string
	for _, s := range skipped {
		if s.Reason != alreadyThere {
			name := s.Field
			if label != nil {
				name = label(name)
			}
			parts = append(parts, name+" ("+strings.TrimSuffix(s.Reason, ".")+")")
		}
	}
	if parts == nil {
		return ""
	}
	return ". Not written: " + strings.Join(parts, ", ")
}
