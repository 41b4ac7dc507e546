package simulator_test

import (
	"encoding/json"
	"strings"
	"testing"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator"
	"tidegate/simulator/bus"
	"tidegate/simulator/seed"
)

const visits = `{"op":"object","object":"Site_Visit__c","label":"Site Visit","label_plural":"Site Visits","fields":[
 {"name":"Phone__c","type":"phone"},{"name":"Kind__c","type":"picklist","values":["*Sales","Service"],"restricted":true},
 {"name":"Account__c","type":"reference","reference_to":["Account"],"children":"Site_Visits"},
 {"name":"Key__c","type":"string","length":40,"external_id":true,"unique":true},{"name":"Report__c","type":"textarea","length":32768},
 {"name":"Cost__c","type":"currency","scale":2},{"name":"Guests__c","type":"int"},{"name":"Share__c","type":"percent"},
 {"name":"Day__c","type":"date"},{"name":"At__c","type":"datetime"},{"name":"Done__c","type":"boolean"},{"name":"Mail__c","type":"email"},
 {"name":"Page__c","type":"url"},{"name":"Topics__c","type":"multipicklist","values":["A","B"]},{"name":"Size__c","type":"double","precision":6,"scale":1}]}`

// described is the describe of an object by field.
func (c *client) described(object string) map[string]map[string]any {
	c.t.Helper()
	var d struct{ Fields []map[string]any }
	c.want(200, "GET", v+"/sobjects/"+object+"/describe", "").into(c.t, &d)
	fields := map[string]map[string]any{}
	for _, f := range d.Fields {
		name, _ := f["name"].(string)
		fields[name] = f
	}
	return fields
}

// newest is the last event of the org.
func newest(t *testing.T, org *simulator.Running) (schema string, payload map[string]any) {
	t.Helper()
	all := org.Log.All()
	var e struct {
		Schema  string
		Payload map[string]any
	}
	if err := json.Unmarshal(all[len(all)-1].Data, &e); err != nil {
		t.Fatal(err)
	}
	return e.Schema, e.Payload
}

func TestCustomObjectIsEverywhereAtOnce(t *testing.T) {
	cfg := simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 3}, DataDir: t.TempDir()}
	org, c := start(t, cfg)
	before := c.want(200, "GET", v+"/sobjects", "").header.Get("Last-Modified")
	c.want(304, "GET", v+"/sobjects", "", "If-Modified-Since", before)
	c.want(200, "POST", "/_sim/fields", visits)
	if body := c.want(200, "GET", v+"/sobjects", "", "If-Modified-Since", before).body; !strings.Contains(string(body), `"Site_Visit__c"`) {
		t.Error("describeGlobal does not list the object")
	}
	fields := c.described("Site_Visit__c")
	for name, kind := range map[string]string{"Name": "string", "Phone__c": "phone", "Kind__c": "picklist", "Account__c": "reference", "Report__c": "textarea", "Guests__c": "int", "Topics__c": "multipicklist"} {
		if fields[name]["type"] != kind {
			t.Errorf("%s is described as %v", name, fields[name]["type"])
		}
	}
	var parent struct{ Records []struct{ ID string } }
	c.want(200, "GET", soql("SELECT Id FROM Account LIMIT 1"), "").into(t, &parent)
	org.CDC.Select("Site_Visit__c")
	id := c.made("Site_Visit__c", `{"Name":"First","Account__c":"`+parent.Records[0].ID+`","Key__c":"k1","Cost__c":12.5,"Guests__c":3}`)
	if !strings.HasPrefix(id, "a00") {
		t.Errorf("id %s", id)
	}
	c.want(400, "POST", v+"/sobjects/Site_Visit__c", `{"Name":"Second","Kind__c":"Other"}`)
	c.want(200, "PATCH", v+"/sobjects/Site_Visit__c/Key__c/k1", `{"Phone__c":"+41 44 000 00 00"}`)
	rows := c.want(200, "GET", soql("SELECT Phone__c, Account__r.Name FROM Site_Visit__c WHERE Kind__c = 'Sales'"), "").body
	if !strings.Contains(string(rows), `"Phone__c":"+41 44 000 00 00","Account__r":{`) {
		t.Errorf("query answers %s", rows)
	}
	c.want(200, "GET", soql("SELECT (SELECT Id FROM Site_Visits__r) FROM Account"), "")
	if _, payload := newest(t, org); payload["Phone__c"] != "+41 44 000 00 00" {
		t.Errorf("event %v", payload)
	}
	if _, err := org.Log.Open("/data/Site_Visit__ChangeEvent", bus.Tip); err != nil {
		t.Error(err)
	}
	wantVisitsOverPubSub(t, org)
	c.want(200, "POST", "/_sim/changes", `{"object":"Site_Visit__c","op":"create","count":2}`)
	c.want(200, "POST", "/_sim/changes", `{"object":"Site_Visit__c","op":"update","count":2}`)
	truth := c.want(200, "GET", "/_sim/truth/Site_Visit__c", "").body
	if err := org.Close(); err != nil {
		t.Fatal(err)
	}
	_, c = start(t, cfg)
	if again := c.want(200, "GET", "/_sim/truth/Site_Visit__c", "").body; string(again) != string(truth) {
		t.Errorf("after the restart %s", again)
	}
}

// wantVisitsOverPubSub reads the creation and the update of the visit by gRPC.
func wantVisitsOverPubSub(t *testing.T, org *simulator.Running) {
	t.Helper()
	client, ctx := dialPubSub(t, org)
	topic, err := client.GetTopic(ctx, &eventbus.TopicRequest{TopicName: "/data/Site_Visit__ChangeEvent"})
	if err != nil {
		t.Fatal(err)
	}
	schema, err := client.GetSchema(ctx, &eventbus.SchemaRequest{SchemaId: topic.GetSchemaId()})
	if err != nil || !strings.Contains(schema.GetSchemaJson(), `"Phone__c"`) {
		t.Errorf("schema %.200s: %v", schema.GetSchemaJson(), err)
	}
	s, err := client.Subscribe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(&eventbus.FetchRequest{TopicName: topic.GetTopicName(), NumRequested: 2, ReplayPreset: eventbus.ReplayPreset_EARLIEST}); err != nil {
		t.Fatal(err)
	}
	var payloads []string
	for len(payloads) < 2 {
		r, err := s.Recv()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range r.GetEvents() {
			payloads = append(payloads, string(e.GetEvent().GetPayload()))
		}
	}
	if !strings.Contains(payloads[0], "First") || !strings.Contains(payloads[1], "+41 44 000 00 00") {
		t.Errorf("events %q", payloads)
	}
}

func TestFieldsComeGoAndChange(t *testing.T) {
	org, c := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 2, Contacts: 3}})
	id := c.made("Contact", `{"LastName":"Doe"}`)
	first, _ := newest(t, org)
	c.want(200, "POST", "/_sim/fields", `{"op":"add","object":"Contact","field":{"name":"Shoe__c","type":"string","length":20}}`)
	c.want(204, "PATCH", v+"/sobjects/Contact/"+id, `{"Shoe__c":"43"}`)
	second, payload := newest(t, org)
	if first == second || payload["Shoe__c"] != "43" {
		t.Errorf("schema %s then %s, payload %v", first, second, payload)
	}
	other := c.made("Contact", `{"LastName":"Roe","Shoe__c":"forty"}`)

	// Changing the type keeps what fits and loses the rest, which is one event.
	c.want(200, "POST", "/_sim/fields", `{"op":"change","object":"Contact","field":{"name":"Shoe__c","type":"double","precision":4}}`)
	if got := c.described("Contact")["Shoe__c"]["type"]; got != "double" {
		t.Errorf("described as %v", got)
	}
	for record, want := range map[string]string{id: `"Shoe__c":43.0`, other: `"Shoe__c":null`} {
		if body := c.want(200, "GET", v+"/sobjects/Contact/"+record+"?fields=Shoe__c", "").body; !strings.Contains(string(body), want) {
			t.Errorf("%s, want %s", body, want)
		}
	}
	_, payload = newest(t, org)
	header, _ := payload["ChangeEventHeader"].(map[string]any)
	if ids, _ := json.Marshal(header["recordIds"]); string(ids) != `["003*"]` || len(payload) != 1 {
		t.Errorf("the lossy conversion is %v", payload)
	}

	c.want(200, "POST", "/_sim/fields", `{"op":"permit","object":"Contact","field":{"name":"Shoe__c","createable":false,"updateable":false}}`)
	if r := c.want(400, "PATCH", v+"/sobjects/Contact/"+id, `{"Shoe__c":44}`); r.code(t) != "INVALID_FIELD_FOR_INSERT_UPDATE" {
		t.Errorf("writing a read-only field: %s", r.body)
	}
	c.want(200, "POST", "/_sim/fields", `{"op":"remove","object":"Contact","field":{"name":"Shoe__c"}}`)
	if _, ok := c.described("Contact")["Shoe__c"]; ok {
		t.Error("the removed field is described")
	}
	if r := c.want(400, "GET", soql("SELECT Shoe__c FROM Contact"), ""); r.code(t) != "INVALID_FIELD" {
		t.Errorf("querying the removed field: %s", r.body)
	}
	c.want(204, "PATCH", v+"/sobjects/Contact/"+id, `{"Title":"CTO"}`)
}

func TestUnsoundAlterationsAreRefused(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for _, body := range []string{
		`{"op":"remove","object":"Contact","field":{"name":"Email"}}`, `{"op":"remove","object":"Contact","field":{"name":"Account_Summary__c"}}`,
		`{"op":"add","object":"Contact","field":{"name":"Shoe","type":"string"}}`, `{"op":"add","object":"Contact","field":{"name":"Shoe__c","type":"shoe"}}`,
		`{"op":"add","object":"Contact","field":{"name":"Tidegate_Id__c","type":"string"}}`, `{"op":"add","object":"Nothing","field":{"name":"A__c","type":"string"}}`,
		`{"op":"add","object":"Contact","field":{"name":"A__c","type":"reference","reference_to":["Nothing"]}}`, `{"op":"change","object":"Contact","field":{"name":"A__c","type":"string"}}`,
		`{"op":"object","object":"Contact"}`, `{"op":"object","object":"Visit"}`, `{"op":"paint","object":"Contact"}`, `{`,
	} {
		c.want(400, "POST", "/_sim/fields", body)
	}
}
