package outbound

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/agent"
	"tidegate/rules/mapping"
)

// agentPrefix begins the part of a record that an agent makes of whom it
// talked to, see gateway.Writing.
const agentPrefix = "agent:"

// agentValue returns what a source of an agent's mapping says of the thing and
// of whom it is with (AIM-09), "" for nothing.
func (p *planning) agentValue(who gateway.Person, source string) string {
	if name, ok := strings.CutPrefix(source, agent.Answer); ok {
		return p.answers[name].String()
	}
	if name, ok := strings.CutPrefix(source, agent.Capture); ok {
		return who.Properties[name].String()
	}
	switch source {
	case "person.domain":
		return p.company(who.Email)
	case "conversation.url":
		return p.URL
	case "conversation.started_at":
		return p.at.UTC().Format(time.RFC3339)
	case "conversation.channel":
		return p.channel
	}
	return personValues(who)[source]
}

// company returns the domain of an address if it names a company, else "".
func (p *planning) company(email string) string {
	domain, ok := domainOf(email)
	if !ok || p.PublicDomain != nil && p.PublicDomain(domain) {
		return ""
	}
	return domain
}

// agentRefuses says why an agent sends nothing of the thing, "" when it does
// or when no agent recorded it (AIM-23).
func (p *planning) agentRefuses() string {
	switch a := p.Agent; {
	case a.ID == "":
		return ""
	case !a.Enabled:
		return "The agent “" + a.Name + "” is switched off, so nothing of its conversations is sent. An admin switches it on on the Agents page."
	case len(p.Attendees) == 1:
		return p.agentFilter("", p.Attendees[0].person())
	default:
		return p.agentFilter("", gateway.Person{})
	}
}

// agentFilter says which filter keeps an object, or with "" everything, of
// somebody here. Where several take part, what a filter asks of a person is
// asked of each.
func (p *planning) agentFilter(object string, who gateway.Person) string {
	several := len(p.Attendees) > 1
	for _, f := range p.Agent.Filters {
		personal := strings.HasPrefix(f.Source, "person.") || strings.HasPrefix(f.Source, agent.Capture)
		if f.Object != object && (f.Object != "" || !several || !personal) || object == "" && several && personal {
			continue
		}
		if !Passes(f, p.agentValue(who, f.Source)) {
			return fmt.Sprintf("A filter of the agent “%s” keeps it here: %s.", p.Agent.Name, agent.FilterWords(f))
		}
	}
	for _, f := range p.Settings.Objects.Filters {
		if f.Object != "" && f.Object == object && !Passes(f, p.agentValue(who, f.Source)) {
			return fmt.Sprintf("A filter of the Objects tab keeps it here: %s.", agent.FilterWords(f))
		}
	}
	return ""
}

// person is who a participant is by all that is known here.
func (a Attendee) person() gateway.Person {
	if a.Person.ExternalID != "" {
		return a.Person
	}
	who := a.Person
	who.FirstName, who.LastName = splitName(a.Name)
	who.Email, who.Phone = a.Email, cmp.Or(who.Phone, a.Phone)
	return who
}

// byAgent plans the records of somebody whom an agent talked to, in their
// order: Account, Contact, Lead (AIM-12). A Contact is connected with the
// Account (AIM-16).
func (p *planning) byAgent(a Attendee) {
	own := gateway.RecordKey{}
	if len(a.Matches) == 1 {
		own = a.Matches[0].Key
	}
	if a.Held != "" {
		p.omit(p.agentPart("Person", a), own.Object, a.Held)
		p.met(a, a.Was, gateway.Met{})
		return
	}
	if key := p.agentAccount(a); key.ID != "" && (a.Account == nil || a.Account.Key != key) {
		a.Account = &gateway.Record{Key: key}
	}
	if own.ID != "" {
		p.people = append(p.people, person{Attendee: a, key: own})
	}
	if own.ID != "" && !p.Agent.Writes(own.Object) {
		p.omit(p.agentPart(own.Object, a), own.Object, fmt.Sprintf(
			"The agent “%s” does not write a %s, so its fields stay as they are. An admin chooses its objects on the Agents page.", p.Agent.Name, own.Object))
	}
	first := own.ID == ""
	for _, object := range [...]string{"Contact", "Lead"} {
		if !p.Agent.Writes(object) {
			continue
		}
		if key := p.agentPerson(object, a, first); key.ID != "" {
			if key != own {
				p.people = append(p.people, person{a, key, !first})
			}
			if own.ID == "" && first {
				p.met(a, key, gateway.Met{Rule: "created", Reason: "created by the agent “" + p.Agent.Name + "”"})
			}
			first = false
		}
	}
	if own.ID != "" {
		p.met(a, own, gateway.Met{Rule: a.Rule, Reason: a.Reason})
	} else if first {
		p.met(a, own, gateway.Met{State: gateway.UndecidedNobody, Reason: a.nobody()})
	}
}

// agentPart names the record of an object that somebody becomes. A
// conversation is with one person, who may tell his address late.
func (p *planning) agentPart(object string, a Attendee) string {
	part := agentPrefix + strings.ToLower(object)
	if p.kind == gateway.KindMeeting {
		part += ":" + strings.ToLower(a.address())
	}
	return part
}

// agentPerson plans the Contact or Lead of somebody and returns its key, zero
// when there is none. The first record that he gets is the one that he is.
func (p *planning) agentPerson(object string, a Attendee, first bool) gateway.RecordKey {
	part, who := p.agentPart(object, a), a.person()
	r, here, why := p.agentRecord(object, part, a)
	if why == "" {
		why = p.agentFilter(object, who)
	}
	if p.Gone[part] && !here {
		why = "The " + object + " that was made was deleted in Salesforce, and is not made again."
	}
	if why != "" {
		p.omit(part, object, why)
		return gateway.RecordKey{}
	}
	want := agentRecord{object: object, part: part, who: who, record: r, here: here}
	if a.Account != nil && object == "Contact" {
		want.account = a.Account.Key
	}
	if !here {
		want.record.Key = p.agentKey(object, a, first)
		want.link = agentLink(a, p.Agent, first)
	}
	return p.agentOwe(want)
}

// agentRecord finds the record of an object that somebody is already. why says
// why there is none and none may be made.
func (p *planning) agentRecord(object, part string, a Attendee) (r gateway.Record, here bool, why string) {
	for _, list := range [...][]gateway.Record{a.Matches, a.Also} {
		if len(list) == 1 && list[0].Key.Object == object {
			return list[0], true, ""
		}
	}
	switch {
	case p.wrote(part):
		return gateway.Record{}, false, ""
	case len(a.Also) > 1 && a.Also[0].Key.Object == object:
		return r, false, fmt.Sprintf("%d records of %s may be this person, so none is chosen. Merge them in Salesforce.", len(a.Also), object)
	case len(a.Matches) == 1 && (object == "Lead" || !p.Agent.Writes(a.Matches[0].Key.Object)):
		return r, false, "This person is a " + a.Matches[0].Key.Object + " already, so no " + object + " is made beside it."
	}
	return r, false, RefuseCreate(p.Settings.Objects, object)
}

// agentKey is the key of a record to be made, before Salesforce numbers it.
// The product's own call about the same person makes the same record.
func (p *planning) agentKey(object string, a Attendee, first bool) gateway.RecordKey {
	switch {
	case a.Person.ExternalID != "" && first:
		return gateway.RecordKey{Object: object, ID: LocalPrefix + a.Person.ExternalID}
	case a.Person.ExternalID != "":
		return gateway.RecordKey{Object: object, ID: gateway.LocalID(p.Workspace, "person", a.Person.ExternalID, strings.ToLower(object))}
	case a.Email != "":
		return gateway.RecordKey{Object: object, ID: gateway.LocalID(p.Workspace, "participant", strings.ToLower(a.Email), strings.ToLower(object))}
	}
	return p.local(object, p.agentPart(object, a))
}

func agentLink(a Attendee, by gateway.Agent, first bool) *gateway.Link {
	if a.Person.ExternalID == "" || !first {
		return nil
	}
	return &gateway.Link{
		Kind: "person", ExternalID: a.Person.ExternalID, Rule: "created", Reason: "created for this person by the agent “" + by.Name + "”",
	}
}

// agentAccount plans the Account of somebody's company and returns its key,
// zero when there is none (AIM-05). What an agent says of an Account that is
// there only fills what is empty: it is the company's, not the visitor's.
func (p *planning) agentAccount(a Attendee) gateway.RecordKey {
	if !p.Agent.Writes("Account") {
		return gateway.RecordKey{}
	}
	who := a.person()
	domain := p.company(who.Email)
	want := agentRecord{object: "Account", part: accountPrefix + domain, who: who}
	why := p.agentFilter("Account", who)
	switch {
	case !p.Settings.Objects.Writeback["Account"]: // AIM-02
		why = "“Sync to Salesforce” is off for Account, so the agent “" + p.Agent.Name + "” neither makes nor fills one."
	case a.Account != nil:
		want.record, want.here = *a.Account, true
	case why != "":
	case a.Unsure != "":
		why = a.Unsure
	case domain == "":
		want.part, why = p.agentPart("Account", a), "There is no e-mail address whose domain could name an Account."
	case p.Gone[want.part]:
		why = "The Account that was made was deleted in Salesforce, and is not made again."
	default:
		want.record.Key = gateway.RecordKey{Object: "Account", ID: gateway.LocalID(p.Workspace, "domain", domain, "account")}
		want.fields = gateway.Fields{"Name": gateway.Text(domain), p.Agent.AccountMatchField: gateway.Text(domain)}
	}
	if why != "" {
		p.omit(want.part, "Account", why)
		return gateway.RecordKey{}
	}
	if slices.ContainsFunc(p.plan.Owed, func(o Owed) bool { return o.Part == want.part }) {
		return want.record.Key // of a colleague who takes part too
	}
	return p.agentOwe(want)
}

// agentRecord is a record that an agent makes or fills.
type agentRecord struct {
	object, part string
	who          gateway.Person
	record       gateway.Record
	here         bool           // it exists, or is being created for another reason
	fields       gateway.Fields // defaults of a new one
	account      gateway.RecordKey
	link         *gateway.Link
}

// agentOwe owes a record what the agent's mapping gives it and returns its key.
func (p *planning) agentOwe(want agentRecord) gateway.RecordKey {
	key, object := want.record.Key, want.object
	given := agent.Fields(p.Agent, object, p.Schemas[object], func(source string) string { return p.agentValue(want.who, source) })
	for _, l := range given.Left {
		p.omit(want.part+"."+l.Field, object, l.Field+" is not written: "+l.Reason)
	}
	if !want.here && object != "Account" && !p.wrote(want.part) && unknown(want.who, given.Fields) {
		p.omit(want.part, object, "Nobody knows yet who it is: no name, e-mail or number was given. A "+object+" is made as soon as one is.")
		return gateway.RecordKey{}
	}
	o := Owed{Part: want.part, Key: key, Fields: given.Fields, Link: want.link, Why: "The agent “" + p.Agent.Name + "” writes it."}
	if want.account.ID != "" {
		o.Fields["AccountId"] = gateway.Text(want.account.ID)
	}
	switch {
	case !want.here:
		o.Fields = agentDefaults(o.Fields, want)
	case key.Local():
	case !p.Settings.Objects.UpdateFields[object]:
		p.omit(want.part, object, "“Sync updates to object fields” is off for "+object+" on the Objects tab.")
		return key
	default:
		p.agentModes(&o, want)
	}
	o.Fills, o.StandIns = p.fillOnly(object, o.Fields, given.Defaulted), agentDefaults(gateway.Fields{}, want)
	for name := range p.Written[want.part].Wanted {
		if _, still := o.Fields[name]; !still {
			p.keep(o.Fields, object, p.Written[want.part].Key, name)
		}
	}
	if len(o.Fields) > 0 {
		p.plan.Owed = append(p.plan.Owed, o)
	}
	return key
}

// unknown reports whether nothing says who somebody is.
func unknown(who gateway.Person, fields gateway.Fields) bool {
	return who.Email+who.Phone+who.MobilePhone+who.LastName == "" && fields["Email"].Empty() && fields["Phone"].Empty() && fields["MobilePhone"].Empty()
}

// agentDefaults adds to a new record what Salesforce requires and nobody gave.
func agentDefaults(fields gateway.Fields, want agentRecord) gateway.Fields {
	for name, v := range want.fields {
		if name != "" && fields[name].Empty() {
			fields[name] = v
		}
	}
	if want.object == "Account" {
		return fields
	}
	who := want.who
	who.Email = cmp.Or(fields["Email"].String(), who.Email)
	return withDefaults(fields, CreateInput{Person: who, Object: want.object})
}

// agentModes leaves out what the fields of a record that is there do not take.
func (p *planning) agentModes(o *Owed, want agentRecord) {
	kept := gateway.Fields{}
	for _, name := range o.Fields.Names() {
		value, why := p.agentField(want, name, o.Fields[name])
		if why != "" {
			p.omit(o.Part+"."+name, want.object, name+" is not written: "+why)
			continue
		}
		kept[name] = value
	}
	o.Fields = kept
}

// agentField is what a field gets, by the conditions of every write but
// Editable, which is about people's edits. Whether it is only filled is asked
// when it is written.
func (p *planning) agentField(want agentRecord, name string, value gateway.Value) (gateway.Value, string) {
	m := p.mappingOf(want.object)(name)
	m.Editable = true
	f, known := p.Schemas[want.object].Field(name)
	if known {
		if ok, _, why := mapping.Writable(p.Settings.Objects.Writeback[want.object], m, f); !ok {
			return "", why
		}
	}
	if mapping.Mode(name, m) == mapping.Fill {
		return value, ""
	}
	return p.moded(m, value, want.record, f.Length)
}

// fillOnly lists the fields that are written only while they are empty: those
// of AVC-25, defaults, and those of an Account unless an admin says otherwise.
func (p *planning) fillOnly(object string, fields gateway.Fields, defaulted []string) (names []string) {
	for _, name := range fields.Names() {
		m := p.mappingOf(object)(name)
		if mapping.Mode(name, m) == mapping.Fill || name == "AccountId" || object == "Account" && m.WriteMode == "" || slices.Contains(defaulted, name) {
			names = append(names, name)
		}
	}
	return names
}
