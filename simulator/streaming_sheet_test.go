package simulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tidegate/simulator"
	"tidegate/simulator/org"
)

// What the sheet about streaming says, section by section, as far as no other test
// shows it.

// Section 1.6: every error of the list can be had, in the form of its message.
func TestS12EveryErrorOfTheListCanBeHad(t *testing.T) {
	_, c := start(t, simulator.Config{})
	l := c.listen()
	refuse := func(method, text, mode string) {
		c.want(201, "POST", "/_sim/faults", fmt.Sprintf(`{"kind":"stream_refuse","method":%q,"message":%q,"mode":%q}`, method, text, mode))
	}
	for _, text := range []string{
		"403::Subscription limit exceeded for this topic", "403::Restricted channel", "403::User not enabled for streaming",
		"403::Unable to create channel dynamically, maximum channel limit has been exceeded", "403:denied_by_security_policy:subscribe_denied",
	} {
		refuse("subscribe", text, "")
		if got := l.subscribe("/data/ChangeEvents", -1); got != text {
			t.Errorf("subscribing: %q, want %q", got, text)
		}
	}
	busy := "403::To protect all customers from excessive use and Denial of Service attacks, we limit the number of simultaneous connections per server. Your request has been denied because this limit has been exceeded. Please try your request again later."
	refuse("handshake", busy, "")
	out, _ := c.bayeux(`{"channel":"/meta/handshake","version":"1.0"}`, "")
	if got := string(mustJSON(t, out[0])); !strings.Contains(got, `"403::Handshake denied"`) || !strings.Contains(got, `"failureReason":"`+busy) || !strings.Contains(got, `"advice":{"reconnect":"none"}`) {
		t.Errorf("handshake: %s", got)
	}
	refuse("connect", "402::Unknown client", "handshake")
	out, _ = c.bayeux(`{"channel":"/meta/connect","clientId":"`+l.id+`","connectionType":"long-polling"}`, l.cookies)
	if got := string(mustJSON(t, out[0])); !strings.Contains(got, `"402::Unknown client"`) || !strings.Contains(got, `"reconnect":"handshake"`) {
		t.Errorf("connect: %s", got)
	}
}

// Sections 1.5 and 1.6: which channels there are.
func TestS9ChannelsAreThoseOfTheSheet(t *testing.T) {
	o, c := start(t, simulator.Config{Features: org.Features{Shared: true}})
	l := c.listen()
	missing := func(channel string) string {
		return "400::The channel you requested to subscribe to doesn't exist {" + channel + "}"
	}
	for channel, want := range map[string]string{
		"/data/ChangeEvents": "", "/data/AccountChangeEvent": "", "/data/TaskRelationChangeEvent": "",
		"/data/accountChangeEvent": missing("/data/accountChangeEvent"), "/data/ContentNoteChangeEvent": missing("/data/ContentNoteChangeEvent"),
		"/event/AccountChangeEvent": missing("/event/AccountChangeEvent"), "/event/Nothing__e": missing("/event/Nothing__e"),
		"/data/Nothing__chn": missing("/data/Nothing__chn"), "/topic/Nothing": missing("/topic/Nothing"), "/u/Nothing": "404::Unknown channel",
		"/meta/other": "403::Restricted channel", "/data/*": "403::Cannot create channel {/data/*}", "/other/Name": "403:denied_by_security_policy:create_denied",
		"data/ChangeEvents": "400::Channel subscriptions must start with a leading '/'", "": "400::Channel name not specified",
	} {
		if got := l.subscribe(channel, -1); got != want {
			t.Errorf("%q: %q, want %q", channel, got, want)
		}
	}
	c.topic("Pilots", "SELECT Id FROM Contact", "")
	c.want(204, "POST", "/_sim/permissions", `{"user":"`+o.Engine.AdminID()+`","object":"PushTopic","read":false}`)
	if got := l.subscribe("/topic/Pilots", -1); got != "403::User not enabled for streaming" {
		t.Errorf("without the right to topics: %q", got)
	}
	c.want(400, "POST", "/_sim/cdc", `{"object":"ContentNote","selected":true}`)
}

// Section 1.8: as many clients as the edition has.
func TestS26ClientsAreAsManyAsTheEditionHas(t *testing.T) {
	for edition, most := range map[string]int{"developer": 20, "professional": 20, "enterprise": 1000, "unlimited": 2000} {
		o, _ := start(t, simulator.Config{Edition: edition})
		admitted := 0
		for range most + 1 {
			r := httptest.NewRequest(http.MethodPost, "/cometd/61.0", strings.NewReader(`[{"channel":"/meta/handshake","version":"1.0"}]`))
			r.Header.Set("Authorization", "Bearer "+o.AccessToken)
			w := httptest.NewRecorder()
			o.Handler().ServeHTTP(w, r)
			if strings.Contains(w.Body.String(), `"successful":true`) {
				admitted++
			} else if !strings.Contains(w.Body.String(), "403::Organization concurrent user limit exceeded") {
				t.Fatalf("%s: %s", edition, w.Body)
			}
		}
		if admitted != most {
			t.Errorf("%s admits %d clients, want %d", edition, admitted, most)
		}
	}
}

// Section 2.4: a text of fewer than 1,000 characters is never sent as a difference,
// however many bytes it has.
func TestS19DifferencesGoByCharacters(t *testing.T) {
	_, c := start(t, simulator.Config{})
	id := c.made("Account", `{"Name":"A","Description":"`+strings.Repeat("äöü äöü\\n", 100)+`"}`)
	l := c.listen()
	l.subscribe("/data/AccountChangeEvent", -1)
	c.want(204, "PATCH", v+"/sobjects/Account/"+id, `{"Description":"`+strings.Repeat("äöü äöü\\n", 100)+`x"}`)
	c.want(204, "PATCH", v+"/sobjects/Account/"+id, `{"Description":"`+strings.Repeat("äöü äöü\\n", 200)+`x"}`)
	c.want(204, "PATCH", v+"/sobjects/Account/"+id, `{"Description":"`+strings.Repeat("äöü äöü\\n", 200)+`y"}`)
	l.wantEvents(`"Description":"äöü`, `"Description":"äöü`, `"Description":{"diff":"--- \n+++ `)
}

// Section 2.5: the channel of all objects may be enriched, that of one object not.
func TestS20ChannelOfAllObjectsIsEnriched(t *testing.T) {
	o, c := start(t, simulator.Config{})
	id := c.made("Contact", `{"LastName":"Moor","Email":"moor@people.example","Title":"Pilot"}`)
	member := c.tooled("PlatformEventChannelMember", "ChangeEvents_ContactChangeEvent",
		`{"eventChannel":"ChangeEvents","selectedEntity":"ContactChangeEvent","enrichedFields":[{"name":"Email"}]}`)
	l := c.listen()
	l.subscribe("/data/ChangeEvents", -1)
	one := c.listen()
	one.subscribe("/data/ContactChangeEvent", -1)
	c.want(204, "PATCH", v+"/sobjects/Contact/"+id, `{"Title":"Captain"}`)
	c.made("Account", `{"Name":"Beside"}`)
	l.wantEvents(`"Email":"moor@people.example" & "changedFields":["Title","LastModifiedDate"]`, `"entityName":"Account"`)
	if plain := one.wantEvents(`"Title":"Captain"`); strings.Contains(plain[0], "Email") {
		t.Errorf("the channel of one object: %s", plain[0])
	}
	c.steps(step{"GET", "/tooling/query?q=SELECT+Metadata+FROM+PlatformEventChannelMember+WHERE+SelectedEntity='ContactChangeEvent'", "", 200, []string{`{"name":"Email"}`}})
	c.steps(step{"PATCH", "/tooling/sobjects/PlatformEventChannelMember/" + member, `{"Metadata":{"eventChannel":"ChangeEvents","selectedEntity":"ContactChangeEvent"}}`, 204, nil})
	if _, there := o.Log.Custom("/data/ChangeEvents"); there {
		t.Error("it is enriched still")
	}
}

// Section 2.7: platform events draw on the same allocation; channels and
// subscriptions have an end.
func TestS26AllocationsOfTheSheet(t *testing.T) {
	o, c := start(t, simulator.Config{})
	c.want(200, "POST", "/_sim/fields", `{"op":"object","object":"Order__e"}`)
	c.want(201, "POST", v+"/sobjects/Order__e", `{}`)
	c.want(201, "POST", v+"/sobjects/Order__e", `{}`)
	c.replayed("/event/Order__e", -2, 2)
	if _, used := o.Log.Quota().Used(); used != 2 {
		t.Errorf("%d deliveries counted, want 2", used)
	}
	for i := range 100 {
		c.want(204, "POST", "/_sim/channels", fmt.Sprintf(`{"name":"/data/C%d__chn","members":{"Contact":[]}}`, i))
	}
	c.want(400, "POST", "/_sim/channels", `{"name":"/data/More__chn","members":{"Contact":[]}}`)
	for i := range 200 {
		c.want(200, "POST", "/_sim/managed_subscriptions", fmt.Sprintf(`{"developer_name":"M%d","topic_name":"/data/ChangeEvents"}`, i))
	}
	c.want(400, "POST", "/_sim/managed_subscriptions", `{"developer_name":"More","topic_name":"/data/ChangeEvents"}`)
}

// A person who is merged away leaves activities with several people to the one who
// stays, and stays merged when their account comes back.
func TestR22MergedPeopleAreInTheirActivitiesOnce(t *testing.T) {
	_, c := start(t, simulator.Config{Features: org.Features{Shared: true}})
	account := c.made("Account", `{"Name":"A"}`)
	stays, goes := c.made("Contact", `{"LastName":"Stays","AccountId":"`+account+`"}`), c.made("Contact", `{"LastName":"Goes","AccountId":"`+account+`"}`)
	both := c.made("Task", `{"Subject":"Both","TaskWhoIds":["`+goes+`","`+stays+`"]}`)
	event := c.made("Event", `{"Subject":"One","StartDateTime":"2026-05-04T10:00:00Z","DurationInMinutes":30,"EventWhoIds":["`+goes+`"]}`)
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"merge","id":"`+goes+`","into":"`+stays+`"}`)
	for name, id := range map[string]string{"Task": both, "Event": event} {
		row := c.row(name, id)
		if row["WhoId"] != stays || fmt.Sprint(row["WhoCount"]) != "1" {
			t.Errorf("%s: %v of %v", name, row["WhoId"], row["WhoCount"])
		}
		for _, relation := range []string{name + "WhoRelation", name + "Relation"} {
			c.wantIDs(relation, c.ids("RelationId", "SELECT RelationId FROM "+relation+" WHERE "+name+"Id = '"+id+"'"), stays)
		}
	}
	c.want(204, "DELETE", v+"/sobjects/Account/"+account, "")
	c.want(200, "POST", "/_sim/changes", `{"object":"Account","op":"undelete","id":"`+account+`"}`)
	c.wantIDs("after the account came back", c.ids("Id", "SELECT Id FROM Contact WHERE AccountId = '"+account+"'"), stays)
}
