package org

import (
	"maps"
	"strings"
)

// States of an e-mail that rules are about.
const (
	emailNew   = "0"
	emailRead  = "1"
	emailSent  = "3"
	emailDraft = "5"
)

// recipients are the lists of record ids that a new e-mail may name, with the
// relation that each of them makes.
var recipients = []struct{ list, relation string }{
	{"ToIds", "ToAddress"}, {"CcIds", "CcAddress"}, {"BccIds", "BccAddress"},
}

// takeRecipients cuts the lists off the values of a new e-mail; they are no
// fields.
func takeRecipients(object string, values map[string]any) (rest map[string]any, named map[string][]string, err *Error) {
	if object != "EmailMessage" {
		return values, nil, nil
	}
	rest, named = maps.Clone(values), map[string][]string{}
	for name, value := range values {
		for _, r := range recipients {
			if !strings.EqualFold(name, r.list) {
				continue
			}
			delete(rest, name)
			list, ok := value.([]any)
			if !ok && value != nil {
				return nil, nil, refuse("JSON_PARSER_ERROR", r.list+" must be a list of ids", r.list)
			}
			for _, one := range list {
				text, _ := one.(string)
				id, ok := NormalizeID(text)
				if !ok {
					return nil, nil, errMalformedID(r.list, text, r.list)
				}
				named[r.list] = append(named[r.list], id)
			}
		}
	}
	return rest, named, nil
}

// emailRules lets an e-mail be changed while it is a draft only, and logs a
// sent one as a task.
func emailRules(w *write) *Error {
	if w.creating() {
		return logEmail(w)
	}
	if w.before.Value("Status") == emailDraft || w.tx.caller.Trusted {
		return nil
	}
	for name := range w.given {
		f := w.object.Field(name)
		opened := name == "Status" && w.before.Value("Status") == emailNew && w.text("Status") == emailRead
		if f.Custom || opened || name == "IsExternallyVisible" || w.before.Value(name) == w.get(name) {
			continue
		}
		// The platform's code for this is not published.
		return refuse("INSUFFICIENT_ACCESS_OR_READONLY", "an email message can only be changed while it is a draft", name)
	}
	return nil
}

func logEmail(w *write) *Error {
	if w.text("Status") != emailSent || w.get("ActivityId") != nil || w.get("IsClientManaged") == true {
		return nil
	}
	task := map[string]any{
		"Subject": "Email: " + cut(w.text("Subject"), 248), "Status": "Completed", "TaskSubtype": "Email",
		"ActivityDate": w.tx.when.Time().Format("2006-01-02"),
	}
	if text := w.text("TextBody"); text != "" {
		task["Description"] = cut(text, 32_000)
	}
	for _, id := range w.named["ToIds"] {
		if strings.HasPrefix(id, "003") || strings.HasPrefix(id, "00Q") {
			task["WhoId"] = id
			break
		}
	}
	who, _ := task["WhoId"].(string)
	if about := w.text("RelatedToId"); about != "" && !strings.HasPrefix(who, "00Q") {
		task["WhatId"] = about
	}
	id, err := w.tx.Create("Task", task)
	w.set("ActivityId", id)
	return err
}

func cut(s string, most int) string {
	r := []rune(s)
	return string(r[:min(len(r), most)])
}

// relateEmail makes the relations of a new e-mail.
func relateEmail(w *write, id string) *Error {
	for _, r := range recipients {
		for _, person := range w.named[r.list] {
			found, ok := w.tx.Find([]string{"Contact", "Lead", "User"}, person)
			if !ok || found.Value("IsDeleted") == true {
				return refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", r.list)
			}
			relation := map[string]any{"EmailMessageId": id, "RelationId": person, "RelationType": r.relation, "RelationAddress": found.Value("Email")}
			if _, err := w.tx.Create("EmailMessageRelation", relation); err != nil {
				return err
			}
		}
	}
	return nil
}

// emailRelationRules derives what kind of record is related.
func emailRelationRules(w *write) *Error {
	w.set("RelationObjectType", nil)
	if r, ok := w.tx.Find([]string{"Contact", "Lead", "User"}, w.text("RelationId")); ok {
		w.set("RelationObjectType", r.Object().Name)
	}
	return nil
}

// lineItemRules computes the price of a line.
func lineItemRules(w *write) *Error {
	quantity, _ := w.get("Quantity").(float64)
	price, _ := w.get("UnitPrice").(float64)
	w.set("TotalPrice", quantity*price)
	return nil
}

// keepAmount ignores an amount that is written to a deal with products: the
// call succeeds, the value stays.
func keepAmount(w *write) {
	if !w.creating() && w.given["Amount"] && w.before.Value("HasOpportunityLineItem") == true {
		w.set("Amount", w.before.Value("Amount"))
	}
}

// sumProducts makes a deal's amount the sum of its products.
func (tx *Tx) sumProducts(id string) *Error {
	deals := tx.table("Opportunity")
	at, ok := deals.byID[id]
	if !ok || deals.at(at).Value("IsDeleted") == true {
		return nil
	}
	sum, some := 0.0, false
	tx.Scan("OpportunityLineItem", func(r Record) bool {
		if r.Value("OpportunityId") == id && r.Value("IsDeleted") != true {
			price, _ := r.Value("TotalPrice").(float64)
			sum, some = sum+price, true
		}
		return true
	})
	w := &write{tx: tx, object: deals.object, row: deals.copyAt(at), before: deals.at(at), given: map[string]bool{}}
	w.set("HasOpportunityLineItem", some)
	if some {
		w.set("Amount", sum)
	}
	if err := opportunityRules(w); err != nil {
		return err
	}
	tx.stamp(w, false)
	tx.replace(deals, at, w.row, false)
	return nil
}
