package org

import "strings"

// States of an e-mail that rules are about.
const (
	emailNew   = "0"
	emailRead  = "1"
	emailSent  = "3"
	emailDraft = "5"
)

// emailRules lets an e-mail be changed while it is a draft only, and logs a
// sent one as a task.
func emailRules(w *write) *Error {
	if w.creating() {
		return logEmail(w)
	}
	if w.before.Value("Status") == emailDraft || w.tx.caller.Trusted {
		return nil
	}
	for list := range w.named {
		return errSent(list)
	}
	for name := range w.given {
		f := w.object.Field(name)
		opened := name == "Status" && w.before.Value("Status") == emailNew && w.text("Status") == emailRead
		if f.Custom || opened || name == "IsExternallyVisible" || w.before.Value(name) == w.get(name) {
			continue
		}
		return errSent(name)
	}
	return nil
}

// errSent has a code of our choice: the platform's is not published.
func errSent(name string) *Error {
	return refuse("INSUFFICIENT_ACCESS_OR_READONLY", "an email message can only be changed while it is a draft", name)
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

// relateEmail makes the relations of an e-mail to the people that it names; a list
// given anew replaces what there was of its kind.
func relateEmail(w *write, id string) *Error {
	if sender := w.text("FromId"); w.creating() && sender != "" {
		if err := w.tx.relateEmail(id, sender, "FromAddress"); err != nil {
			return err
		}
	}
	for _, l := range junctions["EmailMessage"] {
		people, given := w.named[l.name]
		if !given {
			continue
		}
		if err := w.tx.unrelateEmail(id, l.kind); err != nil {
			return err
		}
		for _, person := range people {
			found, ok := w.tx.Find(l.to, person)
			if !ok || found.Value("IsDeleted") == true {
				return refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", l.name)
			}
			if err := w.tx.relateEmail(id, person, l.kind); err != nil {
				return err
			}
		}
	}
	return nil
}

func (tx *Tx) relateEmail(id, person, kind string) *Error {
	_, err := tx.Create("EmailMessageRelation", map[string]any{"EmailMessageId": id, "RelationId": person, "RelationType": kind})
	return err
}

func (tx *Tx) unrelateEmail(id, kind string) *Error {
	for _, r := range tx.Referring("EmailMessageRelation", "EmailMessageId", id) {
		if r.Value("IsDeleted") == true || r.Value("RelationType") != kind || r.Value("RelationId") == nil {
			continue
		}
		if err := tx.Delete("EmailMessageRelation", r.ID()); err != nil {
			return err
		}
	}
	return nil
}

// emailRelationRules derives what kind of record is related, and its address
// where none was given.
func emailRelationRules(w *write) *Error {
	w.set("RelationObjectType", nil)
	if r, ok := w.tx.Find([]string{"Contact", "Lead", "User"}, w.text("RelationId")); ok {
		w.set("RelationObjectType", r.Object().Name)
		if w.text("RelationAddress") == "" {
			w.set("RelationAddress", r.Value("Email"))
		}
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
	for _, r := range tx.Referring("OpportunityLineItem", "OpportunityId", id) {
		if r.Value("IsDeleted") != true {
			price, _ := r.Value("TotalPrice").(float64)
			sum, some = sum+price, true
		}
	}
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
