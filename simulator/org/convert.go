package org

import (
	"strings"
	"time"
)

// Conversion says what becomes of a lead. The zero value makes a new account,
// contact and opportunity.
type Conversion struct {
	Account       string // id of an account to join; "" makes one
	NoOpportunity bool
}

// Converted are the ids that a lead became; Opportunity may be "".
type Converted struct {
	Lead        string `json:"lead"`
	Account     string `json:"account"`
	Contact     string `json:"contact"`
	Opportunity string `json:"opportunity,omitempty"`
}

// What a conversion copies: lead field, then field of the new record.
var (
	leadToAccount = map[string]string{
		"Company": "Name", "Phone": "Phone", "Website": "Website", "Industry": "Industry", "Rating": "Rating",
		"AnnualRevenue": "AnnualRevenue", "NumberOfEmployees": "NumberOfEmployees", "LeadSource": "AccountSource",
		"Street": "BillingStreet", "City": "BillingCity", "State": "BillingState", "PostalCode": "BillingPostalCode",
		"Country": "BillingCountry", "OwnerId": "OwnerId",
	}
	leadToContact = map[string]string{
		"FirstName": "FirstName", "LastName": "LastName", "Salutation": "Salutation", "Title": "Title", "Email": "Email",
		"Phone": "Phone", "MobilePhone": "MobilePhone", "LeadSource": "LeadSource", "Street": "MailingStreet", "City": "MailingCity",
		"State": "MailingState", "PostalCode": "MailingPostalCode", "Country": "MailingCountry", "OwnerId": "OwnerId",
	}
)

func copied(r Record, fields map[string]string) map[string]any {
	values := make(map[string]any, len(fields))
	for from, to := range fields {
		if v := r.Value(from); v != nil {
			values[to] = v
		}
	}
	return values
}

// Convert turns a lead into an account, a contact and an opportunity, in that
// order and before the lead itself; then its activities move to the contact.
func (tx *Tx) Convert(lead string, how Conversion) (Converted, *Error) {
	t := tx.table("Lead")
	at, err := tx.live(t, lead)
	if err != nil {
		return Converted{}, err
	}
	r := t.at(at)
	if r.Value("IsConverted") == true {
		return Converted{}, refuse("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
	}
	done := Converted{Lead: r.ID()}
	if r.Value("Company") == nil && how.Account == "" {
		done.Account, done.Contact, err = tx.convertedPerson(r)
	} else {
		done.Account, err = tx.convertedAccount(r, how.Account)
	}
	if err != nil {
		return done, err
	}
	if done.Contact == "" {
		values := copied(r, leadToContact)
		values["AccountId"] = done.Account
		if done.Contact, err = tx.Create("Contact", values); err != nil {
			return done, err
		}
	}
	if !how.NoOpportunity {
		company, _ := r.Value("Company").(string)
		done.Opportunity, err = tx.Create("Opportunity", map[string]any{
			"Name": company + "-", "AccountId": done.Account, "StageName": Stages[0].Name, "OwnerId": r.Value("OwnerId"),
			"CloseDate": tx.when.Time().AddDate(0, 3, 0).Format(time.DateOnly), "LeadSource": r.Value("LeadSource"),
		})
		if err != nil {
			return done, err
		}
	}
	return done, tx.closeLead(done)
}

func (tx *Tx) convertedAccount(lead Record, existing string) (string, *Error) {
	if existing == "" {
		return tx.Create("Account", copied(lead, leadToAccount))
	}
	t := tx.table("Account")
	at, err := tx.live(t, existing)
	if err != nil {
		return "", err
	}
	return t.at(at).ID(), nil
}

// closeLead marks the lead and moves what hangs on it.
func (tx *Tx) closeLead(done Converted) *Error {
	values := map[string]any{
		"IsConverted": true, "Status": "Closed - Converted", "ConvertedDate": tx.when.Time().Format(time.DateOnly),
		"ConvertedAccountId": done.Account, "ConvertedContactId": done.Contact,
	}
	if done.Opportunity != "" {
		values["ConvertedOpportunityId"] = done.Opportunity
	}
	if err := tx.asPlatform(func() *Error { return tx.Update("Lead", done.Lead, values) }); err != nil {
		return err
	}
	if done.Opportunity != "" {
		if _, err := tx.Create("OpportunityContactRole", map[string]any{"OpportunityId": done.Opportunity, "ContactId": done.Contact, "IsPrimary": true}); err != nil {
			return err
		}
	}
	return tx.repoint("WhoId", done.Lead, done.Contact)
}

// asPlatform runs fn with the platform's own rights: it fills fields that
// nobody else may.
func (tx *Tx) asPlatform(fn func() *Error) *Error {
	trusted := tx.caller.Trusted
	tx.caller.Trusted = true
	defer func() { tx.caller.Trusted = trusted }()
	return fn()
}

// repoint makes every live record that refers to one id refer to another. With
// a field named, only references of that name count.
func (tx *Tx) repoint(field, from, to string) *Error {
	for _, child := range tx.org.Objects() {
		for i, f := range child.Fields {
			if f.Type != TypeReference || f.Name == "MasterRecordId" || field != "" && f.Name != field || !f.Createable && !strings.HasPrefix(f.Name, "Converted") {
				continue
			}
			t := tx.tables()[child.Name]
			for _, n := range t.referring(i, from) {
				if t.at(n).Value("IsDeleted") == true {
					continue
				}
				id := t.at(n).ID()
				if err := tx.asPlatform(func() *Error { return tx.Update(child.Name, id, map[string]any{f.Name: to}) }); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (tx *Tx) tables() map[string]*table { return tx.org.tables }

// Merge makes one of several records of an account, contact or lead: what
// refers to a loser refers to the master afterwards, and the loser is deleted
// with the master's id on it. values are the master's fields that the user
// picked from a loser.
func (tx *Tx) Merge(object, master string, losers []string, values map[string]any) *Error {
	t := tx.table(object)
	if t == nil || t.object.Field("MasterRecordId") == nil {
		return refuse("INVALID_TYPE", "Entity type is not mergeable: "+object)
	}
	at, err := tx.live(t, master)
	if err != nil {
		return err
	}
	winner := t.at(at).ID()
	if len(losers) == 0 || len(losers) > 2 {
		return refuse("INVALID_NUM_ARGS", "a merge takes one or two records into the master")
	}
	if err := tx.Update(object, winner, values); err != nil {
		return err
	}
	for _, loser := range losers {
		at, err := tx.live(t, loser)
		if err != nil {
			return err
		}
		id := t.at(at).ID()
		if id == winner {
			return refuse("INVALID_ID_FIELD", "a record cannot be merged into itself")
		}
		if err := tx.repointPeople(id, winner); err != nil {
			return err
		}
		if err := tx.repoint("", id, winner); err != nil {
			return err
		}
		if err := tx.asPlatform(func() *Error { return tx.Update(object, id, map[string]any{"MasterRecordId": winner}) }); err != nil {
			return err
		}
		tx.root = ""
		if err := tx.bin(t, at, true); err != nil {
			return err
		}
	}
	return nil
}
