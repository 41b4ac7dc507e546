package simulator_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"tidegate/simulator"
	"tidegate/simulator/org"
)

func TestS23EventSchemasAreServedOverREST(t *testing.T) {
	o, c := start(t, simulator.Config{})
	at := o.Log.Last()
	c.made("Contact", `{"LastName":"Moor"}`)
	var event struct{ Schema string }
	cursor, err := o.Log.Open("/data/ContactChangeEvent", at)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(cursor.Next(1, 1<<20)[0].Data, &event); err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Name, Namespace, Type, UUID string
		Fields                      []struct {
			Name string
			Type json.RawMessage
		}
	}
	var compact, expanded, byName schema
	path := v + "/event/eventSchema/" + event.Schema
	c.want(200, "GET", path+"?payloadFormat=COMPACT", "").into(t, &compact)
	c.want(200, "GET", path, "").into(t, &expanded)
	c.want(200, "GET", v+"/sobjects/ContactChangeEvent/eventSchema?payloadFormat=COMPACT", "").into(t, &byName)
	if compact.UUID != event.Schema || compact.Name != "ContactChangeEvent" || compact.Fields[0].Name != "ChangeEventHeader" {
		t.Errorf("compact: %+v", compact)
	}
	if byName.UUID != event.Schema {
		t.Errorf("by the event's name: %s, want %s", byName.UUID, event.Schema)
	}
	if expanded.Fields[0].Name != "data" || expanded.Fields[1].Name != "channel" || !strings.Contains(string(expanded.Fields[0].Type), `"replayId"`) {
		t.Errorf("expanded: %+v", expanded)
	}
	c.want(404, "GET", v+"/event/eventSchema/AAAAAAAAAAAAAAAAAAAAAA", "")
	c.want(404, "GET", v+"/sobjects/Contact/eventSchema", "")
	c.want(400, "GET", path+"?payloadFormat=TINY", "")
	_, without := start(t, simulator.Config{Edition: "professional"})
	without.want(404, "GET", path, "")
}

func TestR8RecentListsWhatTheCallerTouched(t *testing.T) {
	_, c := start(t, simulator.Config{})
	first, second := c.made("Contact", `{"LastName":"First"}`), c.made("Account", `{"Name":"Second"}`)
	c.made("Task", `{"Subject":"Unseen"}`)
	hidden := c.send("POST", v+"/sobjects/Contact", `{"LastName":"Unseen"}`, "Sforce-Mru", "updateMru=false")
	if hidden.status != 201 {
		t.Fatal(hidden.status)
	}
	c.want(200, "GET", v+"/sobjects/Contact/"+first, "")
	var list []struct {
		Attributes struct{ Type, URL string }
		ID, Name   string
	}
	c.want(200, "GET", v+"/recent?limit=3", "").into(t, &list)
	if len(list) != 3 || list[0].ID != first || list[0].Name != "First" || list[2].ID != second || list[2].Attributes.Type != "Account" {
		t.Errorf("recent: %+v", list)
	}
	c.want(204, "DELETE", v+"/sobjects/Contact/"+first, "")
	c.want(200, "GET", v+"/recent", "").into(t, &list)
	for _, one := range list {
		if one.ID == first || strings.Contains(one.Name, "Unseen") {
			t.Errorf("recent has %+v", one)
		}
	}
	var info struct{ RecentItems []struct{ ID string } }
	c.want(200, "GET", v+"/sobjects/Account", "").into(t, &info)
	if len(info.RecentItems) != 1 || info.RecentItems[0].ID != second {
		t.Errorf("recent accounts: %+v", info)
	}
	c.want(400, "GET", v+"/recent?limit=none", "")
}

func TestS22ToolingQueryKnowsChannelsAndSubscriptions(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.want(204, "POST", "/_sim/channels", `{"name":"/data/Sales__chn","members":{"Contact":["Email"]}}`)
	c.want(200, "POST", "/_sim/managed_subscriptions", `{"developer_name":"Tides","topic_name":"/data/Sales__chn","earliest":true}`)
	query := func(c *client, statement string) string { return v + "/tooling/query/?q=" + url.QueryEscape(statement) }
	var out struct {
		Size           int
		EntityTypeName string
		Records        []struct {
			ID, DeveloperName, EventChannel, SelectedEntity string
			Metadata                                        map[string]any
		}
	}
	c.want(200, "GET", query(c, "SELECT Id, DeveloperName, Metadata FROM ManagedEventSubscription WHERE DeveloperName='Tides' LIMIT 1"), "").into(t, &out)
	if out.Size != 1 || !strings.HasPrefix(out.Records[0].ID, "18x") || out.Records[0].Metadata["state"] != "RUN" || out.Records[0].Metadata["topicName"] != "/data/Sales__chn" {
		t.Errorf("managed subscription: %+v", out)
	}
	c.want(200, "GET", query(c, "SELECT EventChannel, SelectedEntity FROM PlatformEventChannelMember WHERE EventChannel = 'ChangeEvents' AND SelectedEntity = 'AccountChangeEvent'"), "").into(t, &out)
	if out.Size != 1 {
		t.Errorf("member of the default channel: %+v", out)
	}
	c.want(200, "GET", query(c, "SELECT SelectedEntity, Metadata FROM PlatformEventChannelMember WHERE EventChannel = 'Sales__chn'"), "").into(t, &out)
	if out.Size != 1 || fmt.Sprint(out.Records[0].Metadata["enrichedFields"]) != "[map[name:Email]]" {
		t.Errorf("member of the custom channel: %+v", out)
	}
	if got := c.want(400, "GET", query(c, "SELECT Id FROM ApexClass"), ""); got.code(t) != "INVALID_TYPE" {
		t.Errorf("what the org has none of: %s", got.body)
	}
	_, small := start(t, simulator.Config{Edition: "professional"})
	if got := small.want(400, "GET", query(small, "SELECT Id FROM PlatformEventChannelMember"), ""); got.code(t) != "INVALID_TYPE" {
		t.Errorf("an edition without capture: %s", got.body)
	}
}

func TestR13HeldWritesAreInvisibleUntilTheyCommit(t *testing.T) {
	o, c := start(t, simulator.Config{})
	c.arm(`{"kind":"late_commit","ms":300,"mode":"hold","count":1}`)
	done := make(chan string)
	go func() {
		r, _ := c.do("POST", v+"/sobjects/Account", `{"Name":"Late"}`) // the answer tells
		done <- string(r.body)
	}()
	seen := func() (n int) {
		o.Engine.Read(func(view org.View) { n = view.Len("Account") })
		return n
	}
	if seen() != 0 {
		t.Error("visible before it is committed")
	}
	if got := <-done; !strings.Contains(got, `"success":true`) || seen() != 1 {
		t.Errorf("afterwards: %s, %d accounts", got, seen())
	}
}
