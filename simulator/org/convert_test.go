package org

import (
	"slices"
	"testing"
	"time"
)

// did runs a transaction that must succeed and returns its changes as
// "TYPE Object".
func did(t *testing.T, o *Org, rec *recorder, fn func(*Tx) *Error) []string {
	t.Helper()
	rec.seen = nil
	_, err := o.Transact(Caller{}, func(tx *Tx) error {
		if refused := fn(tx); refused != nil {
			return refused
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, tr := range rec.seen {
		for _, c := range tr.Changes {
			list = append(list, string(c.Type)+" "+c.Object)
		}
	}
	return list
}

func TestS16ConversionIsOneTransactionInThePlatformsOrder(t *testing.T) { // F-40
	o, rec := newTestOrg(t)
	lead := mustCreate(t, o, "Lead", map[string]any{"FirstName": "Ada", "LastName": "Byron", "Company": "Engines", "Email": "ada@engines.example", "City": "Bern"})
	task := mustCreate(t, o, "Task", map[string]any{"Subject": "Call", "WhoId": lead})
	var made Converted
	got := did(t, o, rec, func(tx *Tx) (err *Error) { made, err = tx.Convert(lead, Conversion{}); return err })
	want := []string{"CREATE Account", "CREATE Contact", "CREATE Opportunity", "UPDATE Lead", "CREATE OpportunityContactRole", "UPDATE Task"}
	if !slices.Equal(got, want) || len(rec.seen) != 1 {
		t.Errorf("changes %v, want %v", got, want)
	}
	contact, after := get(t, o, "Contact", made.Contact), get(t, o, "Lead", lead)
	if contact.Value("Name") != "Ada Byron" || contact.Value("MailingCity") != "Bern" || contact.Value("AccountId") != made.Account {
		t.Errorf("contact %v %v %v", contact.Value("Name"), contact.Value("MailingCity"), contact.Value("AccountId"))
	}
	if after.Value("IsConverted") != true || after.Value("ConvertedContactId") != made.Contact || after.Value("ConvertedOpportunityId") != made.Opportunity {
		t.Error("the lead does not say what it became")
	}
	if moved := get(t, o, "Task", task); moved.Value("WhoId") != made.Contact || moved.Value("AccountId") != made.Account {
		t.Errorf("the task is with %v", moved.Value("WhoId"))
	}
	_, err := o.Transact(Caller{}, func(tx *Tx) error { return tx.Update("Lead", lead, map[string]any{"Title": "Countess"}) })
	if refused, _ := err.(*Error); refused == nil || refused.Code != "CANNOT_UPDATE_CONVERTED_LEAD" {
		t.Errorf("updating the converted lead: %v", err)
	}
	_, err = o.Transact(Caller{}, func(tx *Tx) error { _, refused := tx.Convert(lead, Conversion{}); return refused })
	if refused, _ := err.(*Error); refused == nil || refused.Code != "CANNOT_UPDATE_CONVERTED_LEAD" {
		t.Errorf("converting it again: %v", err)
	}
}

func TestConversionIntoAnAccountMakesNoOther(t *testing.T) {
	o, rec := newTestOrg(t)
	account := mustCreate(t, o, "Account", map[string]any{"Name": "Engines"})
	lead := mustCreate(t, o, "Lead", map[string]any{"LastName": "Byron", "Company": "Engines"})
	got := did(t, o, rec, func(tx *Tx) *Error {
		_, err := tx.Convert(lead, Conversion{Account: account[:15], NoOpportunity: true})
		return err
	})
	if want := []string{"CREATE Contact", "UPDATE Lead"}; !slices.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
}

func TestMergeMovesWhatRefersToTheLoser(t *testing.T) { // F-41
	o, rec := newTestOrg(t)
	winner := mustCreate(t, o, "Account", map[string]any{"Name": "A"})
	loser := mustCreate(t, o, "Account", map[string]any{"Name": "B"})
	contact := mustCreate(t, o, "Contact", map[string]any{"LastName": "C", "AccountId": loser})
	deal := mustCreate(t, o, "Opportunity", map[string]any{"Name": "D", "AccountId": loser, "StageName": "Prospecting", "CloseDate": "2026-06-01"})
	task := mustCreate(t, o, "Task", map[string]any{"Subject": "E", "WhatId": loser})
	got := did(t, o, rec, func(tx *Tx) *Error {
		return tx.Merge("Account", winner, []string{loser}, map[string]any{"Phone": "+41 44 000 00 00"})
	})
	want := []string{"UPDATE Account", "UPDATE Contact", "UPDATE Opportunity", "UPDATE Task", "DELETE Account"}
	if !slices.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
	gone := get(t, o, "Account", loser)
	if gone.Value("IsDeleted") != true || gone.Value("MasterRecordId") != winner {
		t.Errorf("the loser: deleted %v, master %v", gone.Value("IsDeleted"), gone.Value("MasterRecordId"))
	}
	for object, id := range map[string]string{"Contact": contact, "Opportunity": deal} {
		if r := get(t, o, object, id); r.Value("AccountId") != winner || r.Value("IsDeleted") == true {
			t.Errorf("%s is with %v", object, r.Value("AccountId"))
		}
	}
	if r := get(t, o, "Task", task); r.Value("WhatId") != winner {
		t.Errorf("the task is about %v", r.Value("WhatId"))
	}
}

func TestUndeleteBringsBackWhatWentWithIt(t *testing.T) { // F-39
	o, rec := newTestOrg(t)
	account := mustCreate(t, o, "Account", map[string]any{"Name": "A"})
	mustCreate(t, o, "Contact", map[string]any{"LastName": "C", "AccountId": account})
	if got := did(t, o, rec, func(tx *Tx) *Error { return tx.Delete("Account", account) }); !slices.Equal(got, []string{"DELETE Account", "DELETE Contact"}) {
		t.Errorf("deleting: %v", got)
	}
	if got := did(t, o, rec, func(tx *Tx) *Error { return tx.Undelete("Account", account) }); !slices.Equal(got, []string{"UNDELETE Account", "UNDELETE Contact"}) {
		t.Errorf("undeleting: %v", got)
	}
}

// What was deleted before, in the same second, is not what the deletion of the
// parent took.
func TestUndeleteBringsBackNothingElseOfThatSecond(t *testing.T) { // F-39
	at := time.Date(2026, 5, 1, 7, 0, 0, 0, time.UTC)
	rec := &recorder{}
	o := New(Config{Publisher: rec, Now: func() time.Time { return at }})
	account := mustCreate(t, o, "Account", map[string]any{"Name": "A"})
	alone := mustCreate(t, o, "Contact", map[string]any{"LastName": "Alone", "AccountId": account})
	with := mustCreate(t, o, "Contact", map[string]any{"LastName": "With", "AccountId": account})
	did(t, o, rec, func(tx *Tx) *Error { return tx.Delete("Contact", alone) })
	did(t, o, rec, func(tx *Tx) *Error { return tx.Delete("Account", account) })
	if got := did(t, o, rec, func(tx *Tx) *Error { return tx.Undelete("Account", account) }); !slices.Equal(got, []string{"UNDELETE Account", "UNDELETE Contact"}) {
		t.Errorf("undeleting: %v", got)
	}
	if get(t, o, "Contact", alone).Value("IsDeleted") != true || get(t, o, "Contact", with).Value("IsDeleted") != false {
		t.Error("not the contact came back that went with its account")
	}

	// Also within one transaction.
	if got := did(t, o, rec, func(tx *Tx) *Error {
		if err := tx.Undelete("Contact", alone); err != nil {
			return err
		}
		return nil
	}); len(got) != 1 {
		t.Errorf("%v", got)
	}
	did(t, o, rec, func(tx *Tx) *Error {
		if err := tx.Delete("Contact", with); err != nil {
			return err
		}
		return tx.Delete("Account", account)
	})
	did(t, o, rec, func(tx *Tx) *Error { return tx.Undelete("Account", account) })
	if get(t, o, "Contact", alone).Value("IsDeleted") != false || get(t, o, "Contact", with).Value("IsDeleted") != true {
		t.Error("two deletions of one transaction are taken for one")
	}
}

func TestPurgedRecordsLeaveNoTraceAndNoEvent(t *testing.T) { // F-38
	o, rec := newTestOrg(t)
	keep := mustCreate(t, o, "Contact", map[string]any{"LastName": "Keep", "Tidegate_Id__c": "k"})
	binned := mustCreate(t, o, "Contact", map[string]any{"LastName": "Binned"})
	last := mustCreate(t, o, "Contact", map[string]any{"LastName": "Last"})
	did(t, o, rec, func(tx *Tx) *Error { return tx.Delete("Contact", binned) })
	rec.seen = nil
	if err := o.Purge(Caller{}, "Contact", []string{binned[:15]}); err != nil {
		t.Fatal(err)
	}
	if len(rec.seen) != 0 {
		t.Errorf("emptying the bin published %v", rec.seen)
	}
	if err := o.Purge(Caller{}, "Contact", []string{last}); err != nil {
		t.Fatal(err)
	}
	if len(rec.seen) != 1 || rec.seen[0].Changes[0].Type != Delete {
		t.Errorf("purging a live record published %v", rec.seen)
	}
	o.Read(func(v View) {
		if v.Len("Contact") != 1 || len(v.ByKey("Contact", "Tidegate_Id__c", "K")) != 1 {
			t.Error("the other record is not as it was")
		}
	})
	if next := mustCreate(t, o, "Contact", map[string]any{"LastName": "Next"}); next == last || next == keep {
		t.Errorf("id %s was given out twice", next)
	}
	if err := o.Purge(Caller{}, "Contact", []string{last}); err == nil {
		t.Error("a purged record was purged again")
	}
}

func TestFormulaChangesWithoutEventOrStamp(t *testing.T) { // F-44
	o, rec := newTestOrg(t)
	account := mustCreate(t, o, "Account", map[string]any{"Name": "A"})
	contact := mustCreate(t, o, "Contact", map[string]any{"LastName": "C", "Title": "T", "AccountId": account})
	before := get(t, o, "Contact", contact)
	rec.seen = nil
	a := Alteration{Op: "formula", Object: "Contact", Formula: `Account.Name & ": " & Title`, Field: FieldSpec{Name: summary}}
	if err := o.Alter(a); err != nil {
		t.Fatal(err)
	}
	after := get(t, o, "Contact", contact)
	if before.Value(summary) != "A / T" || after.Value(summary) != "A: T" {
		t.Errorf("%v became %v", before.Value(summary), after.Value(summary))
	}
	if len(rec.seen) != 0 || after.Value("SystemModstamp") != before.Value("SystemModstamp") {
		t.Error("the change is seen from outside")
	}
	a.Formula = "1 + 1"
	if err := o.Alter(a); err == nil {
		t.Error("the org took a formula that it cannot compute")
	}
}
