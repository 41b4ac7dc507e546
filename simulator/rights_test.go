package simulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

// another is the same client signed in as the first of the sales team.
func (c *client) another(org *simulator.Running) (*client, string) {
	c.t.Helper()
	var out struct {
		Records []struct{ ID, Username string }
	}
	c.want(200, "GET", soql("SELECT Id, Username FROM User ORDER BY Id LIMIT 2"), "").into(c.t, &out)
	u := out.Records[1]
	tok := c.tokens(org, "grant_type", "password", "username", u.Username, "password", simulator.DefaultPassword,
		"client_secret", simulator.DefaultClientSecret)
	if tok.AccessToken == "" {
		c.t.Fatalf("signing in as %s: %+v", u.Username, tok)
	}
	return &client{t: c.t, base: c.base, token: tok.AccessToken, http: c.http}, u.ID
}

// permit gives rights to a user.
func (c *client) permit(user, object, rest string) {
	c.t.Helper()
	c.want(204, "POST", "/_sim/permissions", fmt.Sprintf(`{"user":%q,"object":%q,%s}`, user, object, rest))
}

func TestS21HiddenFieldsAndObjectsDoNotExistForTheUser(t *testing.T) {
	org, admin := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 3, Contacts: 6}})
	c, user := admin.another(org)
	id := admin.made("Contact", `{"LastName":"Doe","Phone":"1","Email":"doe@people.example","OwnerId":"`+user+`"}`)
	before := c.want(200, "GET", v+"/sobjects/Contact/describe", "").header.Get("Last-Modified")
	admin.permit(user, "Contact", `"delete":false,"fields":{"Phone":"hidden","Email":"read"}`)
	admin.permit(user, "Lead", `"read":false`)

	c.want(200, "GET", v+"/sobjects/Contact/describe", "", "If-Modified-Since", before)
	mine, whole := c.described("Contact"), admin.described("Contact")
	if mine["Phone"] != nil || whole["Phone"] == nil || mine["Email"]["updateable"] != false || whole["Email"]["updateable"] != true {
		t.Errorf("described to the user: phone %v, email updateable %v", mine["Phone"] != nil, mine["Email"]["updateable"])
	}
	if row := string(c.want(200, "GET", v+"/sobjects/Contact/"+id, "").body); strings.Contains(row, `"Phone"`) || !strings.Contains(row, `"doe@people.example"`) {
		t.Errorf("row %s", row)
	}
	for _, row := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"GET", soql("SELECT Phone FROM Contact"), "", 400, "INVALID_FIELD"},
		{"GET", soql("SELECT Id FROM Contact WHERE Phone = '1'"), "", 400, "INVALID_FIELD"},
		{"GET", soql("SELECT Id FROM Lead"), "", 400, "INVALID_TYPE"},
		{"GET", v + "/sobjects/Lead/describe", "", 404, "NOT_FOUND"},
		{"POST", v + "/sobjects/Lead", `{"LastName":"x","Company":"y"}`, 404, "NOT_FOUND"},
		{"PATCH", v + "/sobjects/Contact/" + id, `{"Email":"b@people.example"}`, 400, "INVALID_FIELD_FOR_INSERT_UPDATE"},
		{"PATCH", v + "/sobjects/Contact/" + id, `{"Phone":"2"}`, 400, "INVALID_FIELD"},
		{"DELETE", v + "/sobjects/Contact/" + id, "", 403, "INSUFFICIENT_ACCESS_OR_READONLY"},
	} {
		if r := c.want(row.status, row.method, row.path, row.body); r.code(t) != row.code {
			t.Errorf("%s %s: %s, want %s", row.method, row.path, r.body, row.code)
		}
	}
	c.want(204, "PATCH", v+"/sobjects/Contact/"+id, `{"Title":"CTO"}`)
	if global := string(c.want(200, "GET", v+"/sobjects", "").body); strings.Contains(global, `"name":"Lead"`) {
		t.Error("describeGlobal lists the unreadable object")
	}
	admin.want(204, "DELETE", "/_sim/permissions", "")
	c.want(200, "GET", soql("SELECT Phone FROM Contact"), "")
}

func TestRecordsOfOthersAreNotThere(t *testing.T) {
	org, admin := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 3}})
	c, user := admin.another(org)
	own := admin.made("Account", `{"Name":"Own","OwnerId":"`+user+`"}`)
	foreign := admin.made("Account", `{"Name":"Foreign"}`)
	admin.permit(user, "Account", `"view_all":false`)
	c.want(200, "GET", v+"/sobjects/Account/"+own, "")
	if r := c.want(404, "GET", v+"/sobjects/Account/"+foreign, ""); r.code(t) != "NOT_FOUND" {
		t.Errorf("%s", r.body)
	}
	c.want(404, "PATCH", v+"/sobjects/Account/"+foreign, `{"Phone":"1"}`)
	if got := string(c.want(200, "GET", soql("SELECT COUNT() FROM Account WHERE Name = 'Foreign'"), "").body); !strings.Contains(got, `"totalSize":0`) {
		t.Errorf("query answers %s", got)
	}
	if r := c.want(400, "POST", v+"/sobjects/Contact", `{"LastName":"x","AccountId":"`+foreign+`"}`); r.code(t) != "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" {
		t.Errorf("%s", r.body)
	}
	admin.permit(user, "Account", `"view_all":true,"modify_all":false`)
	if r := c.want(403, "PATCH", v+"/sobjects/Account/"+foreign, `{"Phone":"1"}`); r.code(t) != "INSUFFICIENT_ACCESS_OR_READONLY" {
		t.Errorf("%s", r.body)
	}
	c.want(204, "PATCH", v+"/sobjects/Account/"+own, `{"Phone":"1"}`)
}

func TestUnsoundPermissionsAreRefused(t *testing.T) {
	org, admin := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 1}})
	_, user := admin.another(org)
	for _, body := range []string{
		`{"user":"005","object":"Contact"}`, `{"user":"` + user + `","object":"Nothing"}`,
		`{"user":"` + user + `","object":"Contact","fields":{"Shoe":"hidden"}}`, `{"user":"` + user + `","object":"Contact","fields":{"Phone":"secret"}}`,
		`{"user":"` + user + `","object":"Contact","fields":{"LastName":"hidden"}}`, `{"who":1}`,
	} {
		admin.want(400, "POST", "/_sim/permissions", body)
	}
}

// stream is a client with a streaming session.
type stream struct {
	*client
	id, cookies string
}

func (c *client) stream() *stream {
	c.t.Helper()
	out, cookies := c.bayeux(`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"],"ext":{"replay":true}}`, "")
	id, _ := out[0]["clientId"].(string)
	s := &stream{c, id, cookies}
	if id != "" {
		s.connect()
	}
	return s
}

func (s *stream) connect() []map[string]any {
	s.t.Helper()
	out, _ := s.bayeux(`{"channel":"/meta/connect","clientId":"`+s.id+`","connectionType":"long-polling"}`, s.cookies)
	return out
}

// subscribe returns the error, "" when there is none.
func (s *stream) subscribe(channel string, replay int64) string {
	s.t.Helper()
	out, _ := s.bayeux(fmt.Sprintf(`{"channel":"/meta/subscribe","clientId":%q,"subscription":%q,"ext":{"replay":{%q:%d}}}`, s.id, channel, channel, replay), s.cookies)
	text, _ := out[0]["error"].(string)
	return text
}

// events are what the next connects bring, until one brings nothing.
func (s *stream) events() []string {
	s.t.Helper()
	var list []string
	for {
		out := s.connect()
		for _, m := range out[:len(out)-1] {
			list = append(list, string(mustJSON(s.t, m)))
		}
		if len(out) == 1 {
			return list
		}
	}
}

func TestS21SubscriberGetsOnlyWhatHeMaySee(t *testing.T) {
	org, admin := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 3}, CometDTimeout: 100 * time.Millisecond})
	c, user := admin.another(org)
	admin.permit(user, "Contact", `"fields":{"Phone":"hidden","MailingCity":"hidden"}`)
	admin.permit(user, "Lead", `"read":false`)
	admin.permit(user, "Account", `"view_all":false`)
	s := c.stream()
	if got := s.subscribe("/data/LeadChangeEvent", -1); got != "403::Subscriber does not have access to the entity in this topic" {
		t.Errorf("an unreadable object: %q", got)
	}
	if got := s.subscribe("/data/AccountChangeEvent", -1); got != "403::User not allowed to subscribe CDC without View All Data permissions" {
		t.Errorf("an object without View All: %q", got)
	}
	if got := s.subscribe("/data/ChangeEvents", -1); got != "" {
		t.Errorf("the channel of all objects: %q", got)
	}
	admin.made("Lead", `{"LastName":"x","Company":"y"}`)
	admin.made("Account", `{"Name":"z"}`)
	id := admin.made("Contact", `{"LastName":"Doe","Phone":"1","MailingCity":"Bern","MailingCountry":"Switzerland"}`)
	admin.want(204, "PATCH", v+"/sobjects/Contact/"+id, `{"Phone":"2","MailingCity":"Basel","Title":"CTO"}`)
	got := s.events()
	if len(got) != 2 || !strings.Contains(got[0], `"LastName":"Doe"`) || !strings.Contains(got[1], `"changedFields":["Title","LastModifiedDate"]`) {
		t.Fatalf("the user got %v", got)
	}
	// Rights that change are those of the next subscription.
	admin.permit(user, "Contact", `"fields":{"Phone":"edit"}`)
	admin.want(204, "PATCH", v+"/sobjects/Contact/"+id, `{"Phone":"3","Title":"CTO of all"}`)
	got = append(got, s.events()...)
	s.subscribe("/data/ChangeEvents", -1)
	admin.want(204, "PATCH", v+"/sobjects/Contact/"+id, `{"Phone":"5"}`)
	if after := s.events(); len(after) == 0 || !strings.Contains(after[len(after)-1], `"Phone":"5"`) {
		t.Errorf("after subscribing anew %v", after)
	}
	for _, e := range got {
		if strings.Contains(e, `"Phone"`) || strings.Contains(e, "City") {
			t.Errorf("%s shows a hidden field", e)
		}
	}
}

func TestCaptureIsSwitchedPerObject(t *testing.T) { // F-36
	_, c := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 3}, CometDTimeout: 100 * time.Millisecond})
	s := c.stream()
	s.subscribe("/data/ChangeEvents", -1)
	c.want(200, "POST", "/_sim/cdc", `{"object":"Contact","selected":false}`)
	c.made("Contact", `{"LastName":"Unseen"}`)
	c.want(200, "POST", "/_sim/cdc", `{"object":"Contact","selected":true}`)
	c.made("Contact", `{"LastName":"Seen"}`)
	if got := s.events(); len(got) != 1 || !strings.Contains(got[0], `"LastName":"Seen"`) {
		t.Errorf("events %v", got)
	}
	c.want(400, "POST", "/_sim/cdc", `{"object":"Nothing","selected":true}`)
}

func TestS26ProfessionalEditionHasNoChangeEvents(t *testing.T) {
	_, c := start(t, simulator.Config{Edition: "professional", Seed: 1, Sizes: seed.Sizes{Accounts: 3}, CometDTimeout: 100 * time.Millisecond})
	s := c.stream()
	for _, channel := range []string{"/data/ChangeEvents", "/data/ContactChangeEvent"} {
		if got := s.subscribe(channel, -1); got != "400::The channel you requested to subscribe to doesn't exist {"+channel+"}" {
			t.Errorf("%s: %q", channel, got)
		}
	}
}

func TestS26DeveloperEditionAdmitsTwentyClients(t *testing.T) {
	_, c := start(t, simulator.Config{Edition: "developer"})
	for range 20 {
		if s := c.stream(); s.id == "" {
			t.Fatal("one of the first twenty clients is refused")
		}
	}
	out, _ := c.bayeux(`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"]}`, "")
	if out[0]["error"] != "403::Organization concurrent user limit exceeded" {
		t.Errorf("the next client: %v", out[0])
	}
}

func TestS26DeliveryAllocationIsSharedAndRolls(t *testing.T) { // F-37
	now, ahead := clock()
	_, c := start(t, simulator.Config{Now: now, SessionTimeout: 48 * time.Hour, Seed: 1, Sizes: seed.Sizes{Accounts: 3}, CometDTimeout: 100 * time.Millisecond})
	c.want(200, "POST", "/_sim/quota", `{"max":3}`)
	one, two := c.stream(), c.stream()
	one.subscribe("/data/ContactChangeEvent", -1)
	two.subscribe("/data/ContactChangeEvent", -1)
	c.made("Contact", `{"LastName":"A"}`)
	c.made("Contact", `{"LastName":"B"}`)
	if got := one.events(); len(got) != 2 {
		t.Errorf("the first client got %d events", len(got))
	}
	const refused = "403::Organization total events daily limit exceeded"
	out := two.connect()
	if len(out) != 2 || two.connect()[0]["error"] != refused || two.subscribe("/data/LeadChangeEvent", -1) != refused {
		t.Errorf("the second client got %v", out)
	}
	ahead(25 * time.Hour)
	c.want(200, "POST", "/_sim/quota", `{"max":3}`)
	three := c.stream()
	if got := three.subscribe("/data/ContactChangeEvent", -2); got != "" {
		t.Errorf("the next day: %q", got)
	}
	if got := three.events(); len(got) != 2 {
		t.Errorf("the next day brings %d events", len(got))
	}
	c.want(400, "POST", "/_sim/quota", `{}`)
}
