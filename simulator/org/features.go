package org

import (
	"slices"
	"strings"
)

// Features are parts of an org that an administrator turns on or off. An
// object of a part that is off is not there at all.
type Features struct {
	NotesOff bool // no enhanced notes: no ContentNote
	Email    bool // enhanced e-mail: EmailMessage and EmailMessageRelation
	Products bool // OpportunityLineItem
	Persons  bool // person accounts
	Shared   bool // shared activities: several people on one activity
	// Currencies lets records with money be in one of several currencies.
	Currencies bool
}

// schemaWith is the standard schema as far as edition and features go.
func schemaWith(on Features, edition string) []*Object {
	list := standardObjects()
	if edition != "professional" {
		list = append(list, pushTopicObject(), streamingChannelObject())
	}
	if on.NotesOff {
		list = slices.DeleteFunc(list, func(o *Object) bool { return o.Name == "ContentNote" })
	}
	if on.Email {
		list = append(list, emailObject(), emailRelationObject())
	}
	if on.Products {
		list = append(list, lineItemObject())
	}
	if on.Persons {
		list = withPersons(list)
	}
	if on.Currencies {
		list = withCurrencies(list)
	}
	if on.Shared {
		list = withSharedActivities(list)
	}
	slices.SortFunc(list, func(a, b *Object) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func emailObject() *Object {
	status := pick("Status", "0", "1", "2", "3", "4", "5").required().restricted()
	for i, label := range []string{"New", "Read", "Replied", "Sent", "Forwarded", "Draft"} {
		status.Values[i].Label = label
	}
	wide := func(name string, length int) *Field { f := email(name); f.Length = length; return f }
	return newObject("EmailMessage", "Email Message", "Email Messages", "02s", []*Field{
		text("Subject", 3000).named(),
		text("FromName", 1000),
		wide("FromAddress", 1000),
		text("ToAddress", 4000),
		text("CcAddress", 4000),
		text("BccAddress", 4000),
		area("TextBody", 131_072),
		area("HtmlBody", 131_072),
		area("Headers", 32_000),
		flag("Incoming").createOnly(),
		status,
		moment("MessageDate"),
		text("MessageIdentifier", 765).lookup(),
		text("ThreadIdentifier", 765),
		ref("RelatedToId", "Account", "Opportunity").children("Emails"),
		ref("ActivityId", "Task").createOnly(),
		ref("FromId", "Contact", "Lead", "User").createOnly(),
		flag("IsClientManaged").createOnly(),
		flag("HasAttachment").readOnly(),
		flag("IsExternallyVisible"),
		flag("IsPrivateDraft").readOnly(),
	})
}

func emailRelationObject() *Object {
	kind := pick("RelationType", "FromAddress", "ToAddress", "CcAddress", "BccAddress", "OtherAddress").restricted().required().createOnly()
	o := newObject("EmailMessageRelation", "Email Message Relation", "Email Message Relations", "0CZ", []*Field{
		ref("EmailMessageId", "EmailMessage").required().createOnly().children("EmailMessageRelations").cascade(),
		ref("RelationId", "Contact", "Lead", "User"),
		kind,
		text("RelationAddress", 255),
		text("RelationObjectType", 40).readOnly(),
	})
	o.Undeletable, o.Searchable = false, false
	return o
}

func lineItemObject() *Object {
	o := newObject("OpportunityLineItem", "Opportunity Product", "Opportunity Product", "00k", []*Field{
		ref("OpportunityId", "Opportunity").required().createOnly().children("OpportunityLineItems").cascade(),
		text("Name", 376).named(),
		number("Quantity", TypeDouble, 12, 2).required(),
		number("UnitPrice", TypeCurrency, 18, 2).labeled("Sales Price"),
		number("TotalPrice", TypeCurrency, 18, 2).readOnly(),
		date("ServiceDate"),
		text("Description", 255),
	})
	o.Searchable = false
	return o
}
