package simulator_test

import (
	"encoding/json"
	"strings"
	"testing"

	"tidegate/simulator"
	"tidegate/simulator/bus"
	"tidegate/simulator/org"
)

// told is an event as it is in the log.
type told struct {
	Payload map[string]json.RawMessage `json:"payload"`
}

type toldHeader struct {
	EntityName, ChangeType, TransactionKey string
	RecordIDs                              []string `json:"recordIds"`
	ChangedFields                          []string
	SequenceNumber                         int
}

func (e told) header() (h toldHeader) {
	_ = json.Unmarshal(e.Payload["ChangeEventHeader"], &h) // an empty one fails the test that looks at it
	return h
}

func toldAfter(t *testing.T, o *simulator.Running, after int64) []told {
	t.Helper()
	cursor, err := o.Log.Open(bus.Everything, after)
	if err != nil {
		t.Fatal(err)
	}
	var list []told
	for _, e := range cursor.Next(1_000, 1<<20) {
		var one told
		if err := json.Unmarshal(e.Data, &one); err != nil {
			t.Fatal(err)
		}
		list = append(list, one)
	}
	return list
}

func personOrg(t *testing.T) (*simulator.Running, *client) {
	t.Helper()
	return start(t, simulator.Config{Features: org.Features{Persons: true}})
}

func (c *client) makePerson(more string) (account, contact string) {
	c.t.Helper()
	account = c.made("Account", `{"LastName":"Byron","FirstName":"Ada","PersonEmail":"ada@people.example"`+more+`}`)
	var row map[string]any
	c.want(200, "GET", v+"/sobjects/Account/"+account, "").into(c.t, &row)
	contact, _ = row["PersonContactId"].(string)
	return account, contact
}

func TestS16S19R8PersonAccountsAreAnAccountAndAContact(t *testing.T) {
	o, c := personOrg(t)
	at := o.Log.Last()
	account, contact := c.makePerson(`,"PersonMailingCity":"Bern","Phone":"+41 31 000 00 00"`)
	var a, p map[string]any
	c.want(200, "GET", v+"/sobjects/Account/"+account, "").into(t, &a)
	c.want(200, "GET", v+"/sobjects/Contact/"+contact, "").into(t, &p)
	if a["Name"] != "Ada Byron" || a["IsPersonAccount"] != true || a["PersonMailingCity"] != "Bern" {
		t.Errorf("account %v", a)
	}
	if p["AccountId"] != account || p["IsPersonAccount"] != true || p["MailingCity"] != "Bern" || p["Email"] != "ada@people.example" ||
		p["Phone"] != "+41 31 000 00 00" {
		t.Errorf("contact %v", p)
	}
	events := toldAfter(t, o, at)
	if len(events) != 2 {
		t.Fatalf("%d events", len(events))
	}
	first, second := events[0].header(), events[1].header()
	if first.EntityName != "Account" || second.EntityName != "Contact" || first.TransactionKey != second.TransactionKey {
		t.Errorf("events of %s and %s", first.EntityName, second.EntityName)
	}
	if got := string(events[0].Payload["Name"]); !strings.Contains(got, `"FirstName":"Ada"`) {
		t.Errorf("the account's name is %s", got)
	}
	if got := string(events[0].Payload["PersonMailingAddress"]); got != `{"City":"Bern"}` {
		t.Errorf("the person's address is %s", got)
	}
	at = o.Log.Last()
	c.want(204, "PATCH", v+"/sobjects/Account/"+account, `{"LastName":"Lovelace","PersonTitle":"Countess"}`)
	events = toldAfter(t, o, at)
	if len(events) != 2 || string(events[0].Payload["Name"]) != `{"LastName":"Lovelace"}` || string(events[1].Payload["Title"]) != `"Countess"` {
		t.Errorf("an update tells %v", events)
	}
	at = o.Log.Last()
	c.made("Account", `{"Name":"Harbor Works"}`)
	if events = toldAfter(t, o, at); len(events) != 1 || string(events[0].Payload["Name"]) != `"Harbor Works"` {
		t.Errorf("a company tells %v", events)
	}
	c.want(204, "DELETE", v+"/sobjects/Account/"+account, "")
	c.want(404, "GET", v+"/sobjects/Contact/"+contact, "")
}

func TestR11R10PersonAccountsRefuseWhatTheyAreNot(t *testing.T) {
	_, c := personOrg(t)
	account, contact := c.makePerson("")
	company := c.made("Account", `{"Name":"Harbor Works"}`)
	for _, bad := range []struct{ method, path, body, code string }{
		{"POST", "/sobjects/Account", `{"Name":"Both","PersonEmail":"x@people.example"}`, "INVALID_FIELD_FOR_INSERT_UPDATE"},
		{"PATCH", "/sobjects/Account/" + account, `{"Name":"Other"}`, "INVALID_FIELD_FOR_INSERT_UPDATE"},
		{"PATCH", "/sobjects/Account/" + account, `{"ParentId":"` + company + `"}`, "INVALID_PERSON_ACCOUNT_OPERATION"},
		{"PATCH", "/sobjects/Account/" + company, `{"LastName":"Person"}`, "INVALID_FIELD_FOR_INSERT_UPDATE"},
		{"PATCH", "/sobjects/Account/" + account, `{"IsPersonAccount":false}`, "INVALID_FIELD_FOR_INSERT_UPDATE"},
		{"PATCH", "/sobjects/Contact/" + contact, `{"Title":"Direct"}`, "INVALID_PERSON_ACCOUNT_OPERATION"},
		{"DELETE", "/sobjects/Contact/" + contact, "", "INVALID_PERSON_ACCOUNT_OPERATION"},
		{"POST", "/sobjects/Contact", `{"LastName":"Guest","AccountId":"` + account + `"}`, "INVALID_PERSON_ACCOUNT_OPERATION"},
		{"POST", "/sobjects/Account", `{"PersonEmail":"nobody@people.example"}`, "INVALID_FIELD_FOR_INSERT_UPDATE"},
		{"POST", "/sobjects/Account", `{"Phone":"1"}`, "REQUIRED_FIELD_MISSING"},
	} {
		if got := c.want(400, bad.method, v+bad.path, bad.body); got.code(t) != bad.code {
			t.Errorf("%s %s %s: %s, want %s", bad.method, bad.path, bad.body, got.body, bad.code)
		}
	}
}

func TestS16LeadWithoutACompanyBecomesAPerson(t *testing.T) {
	o, c := personOrg(t)
	lead := c.made("Lead", `{"LastName":"Hopper","FirstName":"Grace","Email":"grace@people.example"}`)
	var done struct{ Converted []org.Converted }
	c.want(200, "POST", "/_sim/changes", `{"object":"Lead","op":"convert","id":"`+lead+`"}`).into(t, &done)
	o.Engine.Read(func(view org.View) {
		account, _ := view.Get("Account", done.Converted[0].Account)
		if account.Value("Name") != "Grace Hopper" || account.Value("PersonContactId") != done.Converted[0].Contact || account.Value("PersonEmail") != "grace@people.example" {
			t.Errorf("account %v, contact %v", account.Value("Name"), account.Value("PersonContactId"))
		}
	})
	_, plain := start(t, simulator.Config{})
	plain.want(400, "POST", v+"/sobjects/Lead", `{"LastName":"Hopper"}`)
}

func TestR8PersonAccountsShowInDescribeOnlyWhereTheyAreOn(t *testing.T) {
	_, on := personOrg(t)
	_, off := start(t, simulator.Config{})
	with, without := string(on.want(200, "GET", v+"/sobjects/Account/describe", "").body), string(off.want(200, "GET", v+"/sobjects/Account/describe", "").body)
	for _, part := range []string{`"IsPersonAccount"`, `"PersonContactId"`, `"switchablepersonname"`, `"Buying_Role__pc"`, `"PersonMailingAddress"`} {
		if !strings.Contains(with, part) || strings.Contains(without, part) {
			t.Errorf("%s: with person accounts %t, without %t", part, strings.Contains(with, part), strings.Contains(without, part))
		}
	}
}
