package org

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/simulator/fault"
)

type recorder struct{ seen []Transaction }

func (r *recorder) Publish(t Transaction) { r.seen = append(r.seen, t) }

func newTestOrg(t *testing.T) (*Org, *recorder) {
	t.Helper()
	rec := &recorder{}
	now := time.Date(2026, 5, 1, 7, 25, 37, 123e6, time.UTC)
	return New(Config{Publisher: rec, Now: func() time.Time { return now }}), rec
}

func mustCreate(t *testing.T, o *Org, object string, values map[string]any) string {
	t.Helper()
	var id string
	_, err := o.Transact(Caller{}, func(tx *Tx) error {
		made, refused := tx.Create(object, values)
		if refused != nil {
			return refused
		}
		id = made
		return nil
	})
	if err != nil {
		t.Fatalf("creating %s: %v", object, err)
	}
	return id
}

func get(t *testing.T, o *Org, object, id string) Record {
	t.Helper()
	var r Record
	o.Read(func(v View) { r, _ = v.Get(object, id) })
	if r.IsZero() {
		t.Fatalf("%s %s is not there", object, id)
	}
	return r
}

func TestR12IDsCarryTheRecordedChecksums(t *testing.T) {
	for _, want := range []string{
		"001dM00003jU9GxQAK", "005dM00000awSFJQA2", "00DdM00000vfgTuUAI", "003dM00001wBXYDQA4",
		"006dM00000Mw7VtQAJ", "012000000000000AAA", "00Q000000000001EAA", "ABCDEABCDEABCDE555", "aBCdEfGHiJkLmNoWWK",
	} {
		if got, ok := NormalizeID(want[:15]); !ok || got != want {
			t.Errorf("NormalizeID(%s) = %s, %v; want %s", want[:15], got, ok, want)
		}
	}
	for _, bad := range []string{"", "001", "001dM00003jU9GxAAA", "001dM00003jU9G!QAK", "001dM00003jU9Gx5"} {
		if got, ok := NormalizeID(bad); ok {
			t.Errorf("NormalizeID(%q) accepted it as %s", bad, got)
		}
	}
}

func TestR10R11RefusalsNameCodeAndFields(t *testing.T) {
	o, _ := newTestOrg(t)
	account := mustCreate(t, o, "Account", map[string]any{"Name": "Acme"})
	long := strings.Repeat("x", 41)
	for _, c := range []struct {
		name   string
		object string
		values map[string]any
		code   string
		part   string
		fields []string
	}{
		{"required", "Contact", map[string]any{"FirstName": "A"}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", []string{"LastName"}},
		{"required twice", "Lead", map[string]any{}, "REQUIRED_FIELD_MISSING", "[LastName, Company]", []string{"LastName", "Company"}},
		{"unknown field", "Contact", map[string]any{"foo": 1}, "INVALID_FIELD", "No such column 'foo' on sobject of type Contact", nil},
		{"id in body", "Contact", map[string]any{"Id": "x"}, "INVALID_FIELD", "The Id field should not be specified in the sobject data.", nil},
		{"read-only fields", "Contact", map[string]any{"LastName": "A", "Name": "A", "CreatedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "CreatedDate, Name", []string{"CreatedDate", "Name"}},
		{"too long", "Contact", map[string]any{"LastName": "A", "FirstName": long}, "STRING_TOO_LONG", "First Name: data value too large: " + long + " (max length=40)", []string{"FirstName"}},
		{"e-mail", "Contact", map[string]any{"LastName": "A", "Email": "nobody"}, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: nobody", []string{"Email"}},
		{"restricted picklist", "Contact", map[string]any{"LastName": "A", "Buying_Role__c": "Queen"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field: Queen", []string{"Buying_Role__c"}},
		{"wrong prefix", "Contact", map[string]any{"LastName": "A", "AccountId": o.AdminID()}, "MALFORMED_ID", "id value of incorrect type", []string{"AccountId"}},
		{"missing parent", "Contact", map[string]any{"LastName": "A", "AccountId": newID("001", 999)}, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", []string{"AccountId"}},
		{"number range", "Account", map[string]any{"Name": "A", "NumberOfEmployees": json.Number("123456789")}, "NUMBER_OUTSIDE_VALID_RANGE", "", []string{"NumberOfEmployees"}},
		{"wrong type", "Account", map[string]any{"Name": json.Number("5")}, "JSON_PARSER_ERROR", "", []string{"Name"}},
		{"lead with what", "Task", map[string]any{"WhoId": newID("00Q", 1), "WhatId": account}, "FIELD_INTEGRITY_EXCEPTION", "", []string{"WhatId"}},
		{"event without end", "Event", map[string]any{"StartDateTime": "2026-01-01T10:00:00Z"}, "REQUIRED_FIELD_MISSING", "EndDateTime", []string{"EndDateTime"}},
		{"event too long", "Event", map[string]any{"StartDateTime": "2026-01-01T10:00:00Z", "EndDateTime": "2026-01-20T10:00:00Z"}, "FIELD_INTEGRITY_EXCEPTION", "14 days", nil},
		{"event disagrees", "Event", map[string]any{"StartDateTime": "2026-01-01T10:00:00Z", "EndDateTime": "2026-01-01T11:00:00Z", "DurationInMinutes": 30}, "FIELD_INTEGRITY_EXCEPTION", "agree", nil},
		{"note entity", "ContentNote", map[string]any{"Title": "A", "Content": "PHA+Jm5ic3A7PC9wPg=="}, "FIELD_INTEGRITY_EXCEPTION", noteRefused, []string{"Content"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := o.Transact(Caller{}, func(tx *Tx) error {
				if _, refused := tx.Create(c.object, c.values); refused != nil {
					return refused
				}
				return nil
			})
			var refused *Error
			if !errors.As(err, &refused) {
				t.Fatalf("was not refused: %v", err)
			}
			if refused.Code != c.code || !strings.Contains(refused.Message, c.part) || (c.fields != nil && !slices.Equal(refused.Fields, c.fields)) {
				t.Errorf("got %s %q %v", refused.Code, refused.Message, refused.Fields)
			}
		})
	}
}

func TestTransactionCollapsesWritesOfOneRecord(t *testing.T) {
	o, rec := newTestOrg(t)
	var id string
	n, err := o.Transact(Caller{Origin: "com/salesforce/api/rest/61.0;client=x"}, func(tx *Tx) error {
		id, _ = tx.Create("Contact", map[string]any{"LastName": "Moser", "FirstName": "Ada"})
		if refused := tx.Update("Contact", id, map[string]any{"Title": "CTO"}); refused != nil {
			return refused
		}
		return nil
	})
	if err != nil || n != 1 || len(rec.seen) != 1 {
		t.Fatalf("n=%d err=%v published=%d", n, err, len(rec.seen))
	}
	tr := rec.seen[0]
	c := tr.Changes[0]
	if c.Type != Create || c.After.Value("Title") != "CTO" || c.After.Value("Name") != "Ada Moser" || c.RecordID != id {
		t.Errorf("change = %+v", c)
	}
	if tr.CommitNumber <= 1<<53 || tr.CommitTimestamp%1000 != 0 || tr.CommitUser != o.AdminID() {
		t.Errorf("transaction = %+v", tr)
	}
}

func TestFailedTransactionLeavesAndPublishesNothing(t *testing.T) {
	o, rec := newTestOrg(t)
	id := mustCreate(t, o, "Contact", map[string]any{"LastName": "Moser", "Tidegate_Id__c": "a-1"})
	boom := errors.New("boom")
	_, err := o.Transact(Caller{}, func(tx *Tx) error {
		if _, refused := tx.Create("Contact", map[string]any{"LastName": "Ghost", "Tidegate_Id__c": "a-2"}); refused != nil {
			return refused
		}
		if refused := tx.Delete("Contact", id); refused != nil {
			return refused
		}
		return boom
	})
	if !errors.Is(err, boom) || len(rec.seen) != 1 {
		t.Fatalf("err=%v published=%d", err, len(rec.seen))
	}
	o.Read(func(v View) {
		if v.Len("Contact") != 1 || len(v.ByKey("Contact", "Tidegate_Id__c", "a-2")) != 0 || len(v.ByKey("Contact", "Tidegate_Id__c", "A-1")) != 1 {
			t.Error("the failed transaction left something behind")
		}
	})
}

func TestR21StageDrivesTheForecast(t *testing.T) {
	o, _ := newTestOrg(t)
	id := mustCreate(t, o, "Opportunity", map[string]any{"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-06-30", "Amount": json.Number("1000")})
	r := get(t, o, "Opportunity", id)
	if r.Value("Probability") != 10.0 || r.Value("ExpectedRevenue") != 100.0 || r.Value("ForecastCategoryName") != "Pipeline" || r.Value("FiscalQuarter") != int64(2) {
		t.Errorf("on create: %v", r.row)
	}
	if _, err := o.Transact(Caller{}, func(tx *Tx) error {
		if refused := tx.Update("Opportunity", id, map[string]any{"StageName": "Negotiation/Review", "CloseDate": "2026-07-15"}); refused != nil {
			return refused
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	r = get(t, o, "Opportunity", id)
	if r.Value("Probability") != 90.0 || r.Value("ForecastCategory") != "Forecast" || r.Value("ForecastCategoryName") != "Commit" || r.Value("PushCount") != int64(1) {
		t.Errorf("after the move: probability %v category %v pushes %v", r.Value("Probability"), r.Value("ForecastCategory"), r.Value("PushCount"))
	}
}

// F-44: a formula value changes with its parent, without event or stamp.
func TestFormulaFollowsTheAccountSilently(t *testing.T) {
	o, rec := newTestOrg(t)
	account := mustCreate(t, o, "Account", map[string]any{"Name": "Acme"})
	contact := mustCreate(t, o, "Contact", map[string]any{"LastName": "A", "AccountId": account, "Title": "CEO"})
	if _, err := o.Transact(Caller{}, func(tx *Tx) error {
		if refused := tx.Update("Account", account, map[string]any{"Name": "Apex"}); refused != nil {
			return refused
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if got := get(t, o, "Contact", contact).Value("Account_Summary__c"); got != "Apex / CEO" {
		t.Errorf("formula = %v", got)
	}
	if last := rec.seen[len(rec.seen)-1]; len(last.Changes) != 1 || last.Changes[0].Object != "Account" {
		t.Errorf("published %+v", last.Changes)
	}
}

func TestDeleteFollowsTheCascade(t *testing.T) {
	o, rec := newTestOrg(t)
	account := mustCreate(t, o, "Account", map[string]any{"Name": "Acme"})
	contact := mustCreate(t, o, "Contact", map[string]any{"LastName": "A", "AccountId": account})
	mustCreate(t, o, "Opportunity", map[string]any{"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-06-30", "AccountId": account, "ContactId": contact})
	n, err := o.Transact(Caller{}, func(tx *Tx) error {
		if refused := tx.Delete("Account", account); refused != nil {
			return refused
		}
		return nil
	})
	if err != nil || n != 4 {
		t.Fatalf("deleted %d, err %v; want account, contact, opportunity and contact role", n, err)
	}
	for _, c := range rec.seen[len(rec.seen)-1].Changes {
		if c.Type != Delete {
			t.Errorf("%s %s", c.Object, c.Type)
		}
	}
}

func TestR25NoteIsADocumentLinkedToItsOwner(t *testing.T) {
	o, _ := newTestOrg(t)
	id := mustCreate(t, o, "ContentNote", map[string]any{"Title": "Call", "Content": "PGI+SGk8L2I+"})
	if !strings.HasPrefix(id, "069") || get(t, o, "ContentDocument", id).Value("FileType") != "SNOTE" {
		t.Errorf("note %s has no document", id)
	}
	if got := get(t, o, "ContentNote", id).Value("TextPreview"); got != "Hi" {
		t.Errorf("preview = %v", got)
	}
	o.Read(func(v View) {
		v.Scan("ContentDocumentLink", func(r Record) bool {
			if r.Value("LinkedEntityId") != o.AdminID() || r.Value("ShareType") != "I" {
				t.Errorf("link = %v", r.row)
			}
			return true
		})
	})
}

func TestR29WriteFaultsRefuseThenPass(t *testing.T) {
	o, _ := newTestOrg(t)
	for kind, code := range map[string]string{fault.LockRows: "UNABLE_TO_LOCK_ROW", fault.ValidationRule: "FIELD_CUSTOM_VALIDATION_EXCEPTION"} {
		if _, err := o.Faults().Arm(fault.Spec{Kind: kind, Object: "Contact"}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{code, ""} {
			_, err := o.Transact(Caller{}, func(tx *Tx) error {
				_, refused := tx.Create("Contact", map[string]any{"LastName": "A"})
				got := ""
				if refused != nil {
					got = refused.Code
				}
				if got != want {
					t.Errorf("%s: got %q, want %q", kind, got, want)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestR13ValuesPrintAsTheRESTAPIDoes(t *testing.T) {
	for want, v := range map[string]any{
		"300.0": 300.0, "0.25": 0.25, "7": int64(7), "true": true, "null": nil, `"a\"b"`: `a"b`,
		`"2026-05-01T07:25:37.000+0000"`: DateTime(time.Date(2026, 5, 1, 7, 25, 37, 0, time.UTC).UnixMilli()),
	} {
		if got := string(AppendValue(nil, v)); got != want {
			t.Errorf("%v printed as %s, want %s", v, got, want)
		}
	}
}
