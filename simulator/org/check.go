package org

import (
	"fmt"
	"slices"
	"strings"

	"tidegate/simulator/fault"
)

// write is one record on its way into a table.
type write struct {
	tx     *Tx
	object *Object
	row    []any           // the values so far
	before Record          // zero on create
	given  map[string]bool // fields that the caller named
	// named are the records that the lists of ids name which were given.
	named map[string][]string
}

func (w *write) get(name string) any { return w.record().Value(name) }

// record is what has been filled in so far.
func (w *write) record() Record { return Record{w.object, row{values: w.row}} }

func (w *write) text(name string) string {
	s, _ := w.get(name).(string)
	return s
}

func (w *write) set(name string, v any) {
	if i, ok := w.object.index[name]; ok {
		w.row[i] = v
	}
}

func (w *write) creating() bool { return w.before.IsZero() }

// changed reports whether the field was given a value other than it had.
func (w *write) changed(name string) bool {
	return w.given[name] && (w.creating() || w.before.Value(name) != w.get(name))
}

// check runs everything that stands between a filled row and the table:
// derived values first, as triggers of the platform see them, then the rules.
func (w *write) check() *Error {
	if err := w.tx.lockFault(w.object.Name, w.before.ID()); err != nil {
		return err
	}
	if w.object.Name == "Lead" && !w.creating() && w.before.Value("IsConverted") == true && !w.tx.caller.Trusted {
		return refuse("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
	}
	if err := applyRules(w); err != nil {
		return err
	}
	if err := recordTypeRules(w); err != nil {
		return err
	}
	w.derivePersonName()
	if err := w.required(); err != nil {
		return err
	}
	if err := w.references(); err != nil {
		return err
	}
	if err := w.unique(); err != nil {
		return err
	}
	if check := w.tx.org.checks[w.object.Name]; check != nil {
		if err := check(w.tx.View, w.record()); err != nil {
			return err
		}
	}
	w.formulas()
	return w.validationRule()
}

func (w *write) required() *Error {
	var missing []string
	for i, f := range w.object.Fields {
		if f.Nillable || w.row[i] != nil || f.Type == TypeBoolean || !f.Createable || f.Calculated {
			continue
		}
		if f.DefaultedOnWrite && w.creating() {
			continue
		}
		missing = append(missing, f.Name)
	}
	if len(missing) > 0 {
		return errMissing(missing)
	}
	return nil
}

func (w *write) references() *Error {
	for i, f := range w.object.Fields {
		if f.Type != TypeReference || !w.given[f.Name] || w.row[i] == nil {
			continue
		}
		id := w.text(f.Name)
		if !w.pointsRight(f, id) {
			return errMalformedID(f.Label, id, f.Name)
		}
		target, ok := w.tx.Find(f.ReferenceTo, id)
		switch {
		case !ok:
			return refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", f.Name)
		case !w.tx.sees(target):
			return refuse("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights on cross-reference id: "+id, f.Name)
		case target.Value("IsDeleted") == true:
			return refuse("ENTITY_IS_DELETED", "entity is deleted", f.Name)
		case f.Name == "OwnerId" && target.Value("IsActive") == false:
			return refuse("INACTIVE_OWNER_OR_USER", "operation performed with inactive user ["+id[:15]+"] as owner of "+strings.ToLower(w.object.Name), f.Name)
		}
	}
	return nil
}

// sees reports whether the caller sees the record.
func (tx *Tx) sees(r Record) bool {
	_, ok := tx.access().record(r)
	return ok
}

func (w *write) pointsRight(f *Field, id string) bool {
	return slices.ContainsFunc(f.ReferenceTo, func(name string) bool {
		o := w.tx.org.Object(name)
		return o != nil && strings.HasPrefix(id, o.KeyPrefix)
	})
}

func (w *write) unique() *Error {
	for i, f := range w.object.Fields {
		value, ok := w.row[i].(string)
		if !f.Unique || !ok || !w.given[f.Name] {
			continue
		}
		for _, other := range w.tx.ByKey(w.object.Name, f.Name, value) {
			if other.ID() != w.before.ID() {
				return refuse("DUPLICATE_VALUE", fmt.Sprintf("duplicate value found: %s duplicates value on record with id: %s", f.Name, other.ID()[:15]), f.Name)
			}
		}
	}
	return nil
}

func (w *write) validationRule() *Error {
	if w.tx.caller.Trusted || w.tx.caller.Immune {
		return nil
	}
	hit, ok := w.tx.org.faults.Take(fault.ValidationRule, fault.Subject{Object: w.object.Name})
	if !ok {
		return w.validated()
	}
	message := hit.Message
	if message == "" {
		message = "This change is not allowed by a validation rule."
	}
	e := refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", message)
	if hit.Field != "" {
		e.Fields = []string{hit.Field}
	}
	return e
}

// derivePersonName keeps Name in step with its parts.
func (w *write) derivePersonName() {
	if w.object.Field("FirstName") == nil || w.object.Field("LastName") == nil {
		return
	}
	if w.object.Name == "Account" && w.get("IsPersonAccount") != true {
		return
	}
	if name := strings.TrimSpace(w.text("FirstName") + " " + w.text("LastName")); name != w.text("Name") {
		w.set("Name", name)
	}
}

// summary is the org's one formula field, on contacts.
const summary = "Account_Summary__c"

// formulas computes the org's one formula field, on contacts.
func (w *write) formulas() {
	if w.object.Name == "Contact" {
		w.set(summary, accountSummary(w.tx, w.record()))
	}
}

func accountSummary(tx *Tx, contact Record) any {
	account, _ := contact.Value("AccountId").(string)
	title, _ := contact.Value("Title").(string)
	var name string
	if parent, ok := tx.Get("Account", account); ok {
		name, _ = parent.Value("Name").(string)
	}
	return name + tx.org.between + title
}

// refreshFormulas recomputes the contacts of a renamed account. As on the
// platform this makes no event and moves no modification stamp.
func refreshFormulas(tx *Tx, account string) {
	contacts := tx.table("Contact")
	at, formula := contacts.object.index["AccountId"], contacts.object.index[summary]
	for _, i := range contacts.referring(at, account) {
		fresh := contacts.copyAt(i)
		fresh[formula] = accountSummary(tx, contacts.at(i))
		tx.replace(contacts, i, fresh, true)
	}
}

// after runs what a write entails in other tables.
func after(w *write, id string) *Error {
	switch w.object.Name {
	case "Account":
		if !w.creating() && w.before.Value("Name") != w.get("Name") {
			refreshFormulas(w.tx, id)
		}
		return mirrorPerson(w, id)
	case "Opportunity":
		return addPrimaryContact(w, id)
	case "ContentNote":
		return mirrorNote(w, id)
	case "EmailMessage":
		return relateEmail(w, id)
	case "Task":
		return relateActivity(w, id)
	case "Event":
		if err := relateActivity(w, id); err != nil {
			return err
		}
		return w.tx.teachChildren(id)
	case "TaskRelation", "EventRelation":
		if w.creating() {
			return w.tx.related(w.record(), true)
		}
	case "OpportunityLineItem":
		return w.tx.sumProducts(w.text("OpportunityId"))
	}
	return nil
}
