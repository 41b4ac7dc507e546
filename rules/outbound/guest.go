package outbound

import (
	"strings"

	"tidegate/gateway"
)

// guestPrefix begins the part that is a caller's record, before who he is.
const guestPrefix = "guest:"

// guestObject is the object of which a caller whom nobody knows becomes a
// record, "" where activities go to Leads and Contacts: those the product tells
// by the person's own call. Who was new under an earlier choice stays of that
// object (AVC-10, AVC-17).
func (p *planning) guestObject(a Attendee) string {
	if p.kind != gateway.KindCall || a.Who.Kind != gateway.KindParticipant || a.Phone == "" {
		return ""
	}
	if a.Was.Local() {
		if a.Was.Object == "Contact" || a.Was.Object == "Lead" {
			return ""
		}
		return a.Was.Object
	}
	return p.Settings.Contacts.ActivityObject
}

// guest decides whether a caller whom nobody knows becomes a record of the
// object that activities go to: it is found by his number alone, so a record
// that has it is all that he needs (AVC-18, AVC-21).
func (p *planning) guest(a Attendee, object string) (gateway.RecordKey, bool) {
	part := guestPrefix + a.Who.ID
	refuse := func(why string) (gateway.RecordKey, bool) {
		p.omit(PartPeople+":"+a.address(), object, "No record of "+object+" has "+a.address()+", and none is created: "+why+".")
		return gateway.RecordKey{}, false
	}
	if why := RefuseCreate(p.Settings.Objects, object); why != "" && !p.wrote(part) {
		return refuse(why + ", on the Objects tab")
	}
	if p.Gone[part] {
		return refuse("the one that was created was deleted in Salesforce")
	}
	schema := p.Schemas[object]
	first, last := splitName(a.Name)
	who := gateway.Person{FirstName: first, LastName: last, Email: a.Email, Phone: a.Phone}
	mapped := func(field string) gateway.Mapping {
		for _, m := range p.Mappings {
			if m.Object == object && m.Field == field {
				return m
			}
		}
		return gateway.Mapping{}
	}
	phone := p.Settings.Contacts.PhoneField
	fields, _ := creatable(withSources(personFields(who, object, phone, schema), who, schema, mapped, nil), schema)
	if fields[phone].Empty() {
		return refuse("its phone field " + phone + " cannot be written")
	}
	key := gateway.RecordKey{Object: object, ID: gateway.LocalID(p.Workspace, "participant", a.Who.ID, strings.ToLower(object))}
	p.plan.Owed = append(p.plan.Owed, Owed{Part: part, Key: key, Fields: fields, Why: "No record of " + object + " has " + a.address() + "."})
	return key, true
}
