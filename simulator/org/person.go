package org

import (
	"slices"
	"strings"
)

// Person accounts: an account that is a person has a contact of its own beside
// it, whose fields the account shows under names of its own. Everything is
// written through the account.

// personTwins are the account's names of contact fields where they differ from
// "Person" before the contact's; custom fields end in __pc instead of __c.
var personTwins = map[string]string{
	"LastName": "LastName", "FirstName": "FirstName", "Salutation": "Salutation", "Phone": "Phone", "Fax": "Fax",
	"OwnerId": "OwnerId", "Description": "Description",
}

// personOwn are contact fields that the account has no name of its own for.
var personOwn = []string{"MasterRecordId", "AccountId", "ReportsToId", "PhotoUrl", "Jigsaw", "Name", "IsPersonAccount"}

// personField is the account's name of a contact field, "" where it has none.
func personField(f *Field) string {
	custom, isCustom := strings.CutSuffix(f.Name, "__c")
	twin, same := personTwins[f.Name]
	switch {
	case slices.Contains(personOwn, f.Name) || f.Calculated || f.Unique || strings.HasPrefix(f.Name, "Last") && !same:
		return ""
	case same:
		return twin
	case isCustom:
		return custom + "__pc"
	}
	return "Person" + f.Name
}

// withPersons gives accounts and contacts the fields of person accounts, and
// leads the right to have no company.
func withPersons(list []*Object) []*Object {
	account, contact, lead := named(list, "Account"), named(list, "Contact"), named(list, "Lead")
	account.Field("Name").Switchable = true
	marker := func() *Field { return flag("IsPersonAccount").readOnly().labeled("Is Person Account") }
	fields := append(slices.Clone(account.Fields), marker(), ref("PersonContactId", "Contact").readOnly())
	for _, f := range contact.Fields {
		name := personField(f)
		if name == "" || account.Field(name) != nil || slices.ContainsFunc(audit(), func(a *Field) bool { return a.Name == f.Name }) ||
			f.Name == "Id" || f.Name == "IsDeleted" {
			continue
		}
		twin := *f
		twin.Name, twin.IDLookup, twin.ChildName = name, false, ""
		if strings.HasPrefix(name, "Person") {
			twin.Label = "Person " + f.Label
			if f.Compound != "" {
				twin.Compound = "Person" + f.Compound
			}
		}
		if name == "LastName" {
			twin.Nillable = true
		}
		fields = append(fields, &twin)
	}
	account.reshape(fields)
	contact.reshape(append(slices.Clone(contact.Fields), marker()))
	company := *lead.Field("Company")
	company.Nillable = true
	lead.Fields[lead.index["Company"]] = &company
	return list
}

func named(list []*Object, name string) *Object {
	return list[slices.IndexFunc(list, func(o *Object) bool { return o.Name == name })]
}

// personAccounts reports whether the org has them.
func (o *Object) personAccounts() bool { return o.Field("IsPersonAccount") != nil }

// personRules makes an account a person when it is given a last name and no
// name, and refuses what the kind of account does not have. Which code a mixture
// gets is not documented.
func personRules(w *write) *Error {
	if !w.object.personAccounts() || w.tx.caller.Trusted && !w.creating() {
		return nil
	}
	if w.creating() {
		w.set("IsPersonAccount", w.text("LastName") != "" && !w.given["Name"])
	}
	var wrong []string
	if w.get("IsPersonAccount") == true {
		if w.given["Name"] {
			wrong = append(wrong, "Name")
		}
		if w.text("ParentId") != "" {
			return errPerson("A person account has no parent account", "ParentId")
		}
		w.derivePersonName()
	} else {
		for _, f := range w.tx.table("Contact").object.Fields {
			if name := personField(f); w.given[name] && !sharedName(name) && w.get(name) != nil && w.get(name) != false {
				wrong = append(wrong, name)
			}
		}
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return errReadOnly(wrong)
	}
	return nil
}

// sharedName tells the fields that every account has from those of a person.
func sharedName(name string) bool {
	_, twin := personTwins[name]
	return twin && !slices.Contains([]string{"LastName", "FirstName", "Salutation"}, name)
}

func errPerson(message string, fields ...string) *Error {
	return refuse("INVALID_PERSON_ACCOUNT_OPERATION", message, fields...)
}

// personContactRules keeps hands off the contact of a person account, and other
// contacts away from such an account.
func personContactRules(w *write) *Error {
	if !w.object.personAccounts() || w.tx.caller.Trusted {
		return nil
	}
	if w.before.Value("IsPersonAccount") == true {
		return errPerson("The contact of a person account is changed through the account")
	}
	if account, ok := w.tx.Get("Account", w.text("AccountId")); ok && w.given["AccountId"] && account.Value("IsPersonAccount") == true {
		return errPerson("A person account has no other contacts", "AccountId")
	}
	return nil
}

// mirrorPerson writes the contact that a person account is.
func mirrorPerson(w *write, id string) *Error {
	if w.get("IsPersonAccount") != true {
		return nil
	}
	values := map[string]any{}
	for _, f := range w.tx.table("Contact").object.Fields {
		name := personField(f)
		if name == "" || w.object.Field(name) == nil || f.IsCompound() {
			continue
		}
		if w.creating() && w.get(name) != nil || !w.creating() && w.before.Value(name) != w.get(name) {
			values[f.Name] = w.get(name)
		}
	}
	if !w.creating() {
		if len(values) == 0 {
			return nil
		}
		return w.tx.asPlatform(func() *Error { return w.tx.Update("Contact", w.text("PersonContactId"), values) })
	}
	values["AccountId"], values["IsPersonAccount"] = id, true
	var contact string
	err := w.tx.asPlatform(func() (err *Error) { contact, err = w.tx.Create("Contact", values); return err })
	if err != nil {
		return err
	}
	accounts := w.tx.table("Account")
	at := accounts.byID[id]
	row := accounts.copyAt(at)
	row[accounts.object.index["PersonContactId"]] = contact
	w.tx.replace(accounts, at, row, false)
	return nil
}

// convertedPerson makes a person account of a lead without a company.
func (tx *Tx) convertedPerson(lead Record) (account, contact string, err *Error) {
	values := copied(lead, leadToAccount)
	for from, to := range leadToContact {
		f := tx.table("Contact").object.Field(to)
		if v := lead.Value(from); v != nil && personField(f) != "" {
			values[personField(f)] = v
		}
	}
	if account, err = tx.Create("Account", values); err != nil {
		return "", "", err
	}
	r, _ := tx.Get("Account", account)
	contact, _ = r.Value("PersonContactId").(string)
	return account, contact, nil
}
