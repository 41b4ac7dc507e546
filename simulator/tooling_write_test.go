package simulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tidegate/simulator"
)

// tooled makes a component by the Tooling API and returns its id.
func (c *client) tooled(object, fullName, metadata string) string {
	c.t.Helper()
	var out struct{ ID string }
	c.want(201, "POST", v+"/tooling/sobjects/"+object, fmt.Sprintf(`{"FullName":%q,"Metadata":%s}`, fullName, metadata)).into(c.t, &out)
	return out.ID
}

func TestS20S22ToolingAPISelectsWhatIsAnnounced(t *testing.T) {
	dir := t.TempDir()
	o, c := start(t, simulator.Config{DataDir: dir})
	if o.CDC.Selects("User") {
		t.Fatal("users are selected from the beginning")
	}
	path := v + "/tooling/sobjects/"
	user := c.tooled("PlatformEventChannelMember", "ChangeEvents_UserChangeEvent", `{"eventChannel":"ChangeEvents","selectedEntity":"UserChangeEvent"}`)
	channel := c.tooled("PlatformEventChannel", "Sales__chn", `{"channelType":"data","label":"Sales"}`)
	contact := c.tooled("PlatformEventChannelMember", "Sales_ContactChangeEvent", `{"eventChannel":"Sales__chn","selectedEntity":"ContactChangeEvent","enrichedFields":[{"name":"Email"}]}`)
	if channels := o.Log.Channels(); !o.CDC.Selects("User") || len(channels) != 1 || !slices.Equal(channels[0].Members["Contact"], []string{"Email"}) {
		t.Errorf("users selected: %v; channels %v", o.CDC.Selects("User"), channels)
	}
	managed := c.tooled("ManagedEventSubscription", "Mine", `{"topicName":"/data/Sales__chn","defaultReplay":"EARLIEST","state":"RUN"}`)
	c.steps(
		step{"GET", "/tooling/sobjects/PlatformEventChannel/" + channel, "", 200, []string{`"FullName":"Sales__chn"`, `"Metadata":{`}},
		step{"GET", "/tooling/sobjects/ManagedEventSubscription/" + managed, "", 200, []string{`"state":"RUN"`}},
		step{"PATCH", "/tooling/sobjects/ManagedEventSubscription/" + managed, `{"Metadata":{"topicName":"/data/Sales__chn","state":"STOP"}}`, 204, nil},
		step{"GET", "/tooling/sobjects/ManagedEventSubscription/" + managed, "", 200, []string{`"state":"STOP"`}},
		step{"PATCH", "/tooling/sobjects/PlatformEventChannelMember/" + contact, `{"Metadata":{"eventChannel":"Sales__chn","selectedEntity":"ContactChangeEvent","enrichedFields":[{"name":"Title"}]}}`, 204, nil},
		step{"GET", "/tooling/query?q=SELECT+Id,Metadata+FROM+PlatformEventChannelMember+WHERE+EventChannel='Sales__chn'", "", 200, []string{contact, `{"name":"Title"}`}},
		step{"POST", "/tooling/sobjects/PlatformEventChannel", `{"FullName":"Sales__chn","Metadata":{}}`, 400, []string{"DUPLICATE_DEVELOPER_NAME"}},
		step{"POST", "/tooling/sobjects/PlatformEventChannel", `{"FullName":"Sales","Metadata":{}}`, 400, []string{"FIELD_INTEGRITY_EXCEPTION"}},
		step{"POST", "/tooling/sobjects/PlatformEventChannelMember", `{"FullName":"x","Metadata":{"eventChannel":"None__chn","selectedEntity":"ContactChangeEvent"}}`, 400, []string{"None__chn"}},
		step{"POST", "/tooling/sobjects/PlatformEventChannelMember", `{"FullName":"x","Metadata":{"eventChannel":"ChangeEvents","selectedEntity":"NothingChangeEvent"}}`, 400, []string{"NothingChangeEvent"}},
		step{"POST", "/tooling/sobjects/PlatformEventChannelMember", `{"FullName":"x"}`, 400, []string{"REQUIRED_FIELD_MISSING", "Metadata"}},
		step{"POST", "/tooling/sobjects/EntityDefinition", `{"FullName":"x","Metadata":{}}`, 405, nil},
		step{"POST", "/tooling/sobjects/Nothing", `{"FullName":"x","Metadata":{}}`, 404, nil},
	)
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	o, c = start(t, simulator.Config{DataDir: dir})
	if _, there := o.Log.Custom("/data/Sales__chn"); !there || !o.CDC.Selects("User") {
		t.Error("what the Tooling API selected is gone after a restart")
	}
	for _, gone := range []string{"PlatformEventChannelMember/" + user, "PlatformEventChannelMember/" + contact, "PlatformEventChannel/" + channel} {
		c.want(204, "DELETE", path+gone, "")
		c.want(404, "DELETE", path+gone, "")
	}
	if o.CDC.Selects("User") || len(o.Log.Channels()) != 0 {
		t.Errorf("users selected: %v; channels %v", o.CDC.Selects("User"), o.Log.Channels())
	}
}

func TestR8CustomFieldsAreMadeByTheToolingAPI(t *testing.T) {
	_, c := start(t, simulator.Config{})
	id := c.tooled("CustomField", "Contact.Shoe__c", `{"label":"Shoe","type":"Picklist","valueSet":{"restricted":true,"valueSetDefinition":{"value":[{"fullName":"Left"},{"fullName":"Right","default":true}]}}}`)
	size := c.tooled("CustomField", "Contact.Size__c", `{"label":"Size","type":"Number","precision":4,"scale":1}`)
	contact := c.made("Contact", `{"LastName":"Moor","Size__c":42.5}`)
	if got := c.row("Contact", contact); got["Shoe__c"] != "Right" || fmt.Sprint(got["Size__c"]) != "42.5" {
		t.Errorf("%v, %v", got["Shoe__c"], got["Size__c"])
	}
	c.steps(
		step{"POST", "/sobjects/Contact", `{"LastName":"x","Shoe__c":"Both"}`, 400, []string{"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"}},
		step{"GET", "/tooling/query?q=SELECT+Id,FullName+FROM+CustomField+WHERE+DeveloperName='Shoe'", "", 200, []string{id, `"FullName":"Contact.Shoe__c"`}},
		step{"PATCH", "/tooling/sobjects/CustomField/" + size, `{"Metadata":{"label":"Size","type":"Text","length":20}}`, 204, nil},
		step{"GET", "/tooling/sobjects/CustomField/" + size, "", 200, []string{`"type":"Text"`}},
		step{"POST", "/tooling/sobjects/CustomField", `{"FullName":"Contact.Shoe__c","Metadata":{"type":"Text"}}`, 400, []string{"FIELD_INTEGRITY_EXCEPTION"}},
		step{"POST", "/tooling/sobjects/CustomField", `{"FullName":"Contact.Odd__c","Metadata":{"type":"Odd"}}`, 400, nil},
		step{"DELETE", "/tooling/sobjects/CustomField/" + id, "", 204, nil},
		step{"DELETE", "/tooling/sobjects/CustomField/" + id, "", 404, nil},
		step{"GET", "/query?q=SELECT+Shoe__c+FROM+Contact", "", 400, []string{"INVALID_FIELD"}},
	)
}

func TestR3SOAPLoginGivesASession(t *testing.T) {
	o, c := start(t, simulator.Config{})
	call := func(body string) reply {
		return c.send("POST", "/services/Soap/u/61.0", `<?xml version="1.0"?><se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/">`+body+`</se:Envelope>`, "Content-Type", "text/xml", "SOAPAction", `""`)
	}
	login := func(password string) reply {
		return call(`<se:Body><login xmlns="urn:partner.soap.sforce.com"><username>` + o.Username + `</username><password>` + password + `</password></login></se:Body>`)
	}
	r := login("wrong")
	if r.status != 500 || !strings.Contains(string(r.body), "<faultcode>INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: Invalid username, password, security token; or user locked out.</faultstring>") {
		t.Errorf("a wrong password: %d %s", r.status, r.body)
	}
	r = login(o.Password)
	text := string(r.body)
	_, rest, _ := strings.Cut(text, "<sessionId>")
	session, _, _ := strings.Cut(rest, "</sessionId>")
	for _, part := range []string{"<loginResponse>", "<serverUrl>" + o.URL + "/services/Soap/u/61.0/" + o.Engine.ID()[:15] + "</serverUrl>", "<userId>" + o.Engine.AdminID(), "<organizationId>" + o.Engine.ID(), "<passwordExpired>false"} {
		if r.status != 200 || !strings.Contains(text, part) {
			t.Errorf("%d, no %s in %s", r.status, part, text)
		}
	}
	c.token = session
	c.want(200, "GET", v+"/limits", "")
	header := `<se:Header><SessionHeader xmlns="urn:partner.soap.sforce.com"><sessionId>` + session + `</sessionId></SessionHeader></se:Header>`
	if r = call(header + `<se:Body><logout xmlns="urn:partner.soap.sforce.com"/></se:Body>`); r.status != 200 || !strings.Contains(string(r.body), "logoutResponse") {
		t.Errorf("logout: %d %s", r.status, r.body)
	}
	c.want(401, "GET", v+"/limits", "")
	if r = call(header + `<se:Body><logout xmlns="urn:partner.soap.sforce.com"/></se:Body>`); r.status != 500 || !strings.Contains(string(r.body), "INVALID_SESSION_ID") {
		t.Errorf("a second logout: %d %s", r.status, r.body)
	}
	if r = call(`<se:Body><query/></se:Body>`); r.status != 500 {
		t.Errorf("another call: %d %s", r.status, r.body)
	}
	if r = c.send("POST", "/services/Soap/c/61.0", "no envelope"); r.status != 500 {
		t.Errorf("no envelope: %d %s", r.status, r.body)
	}
}
