package simulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/topic"
)

// listener is a client with a handshake and its first connect behind it.
type listener struct {
	*client
	id, cookies string
}

func (c *client) listen() *listener {
	c.t.Helper()
	out, cookies := c.bayeux(`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"],"ext":{"replay":true}}`, "")
	l := &listener{c, fmt.Sprint(out[0]["clientId"]), cookies}
	l.connect()
	return l
}

// connect returns the data of the events of one connect, as JSON.
func (l *listener) connect() []string {
	l.t.Helper()
	out, _ := l.bayeux(`{"channel":"/meta/connect","clientId":"`+l.id+`","connectionType":"long-polling","advice":{"timeout":300}}`, l.cookies)
	var events []string
	for _, m := range out {
		if m["channel"] != "/meta/connect" {
			events = append(events, string(mustJSON(l.t, m)))
		}
	}
	return events
}

// subscribe returns the error, "" where there is none.
func (l *listener) subscribe(channel string, replay any) string {
	l.t.Helper()
	key, _, _ := strings.Cut(channel, "?")
	out, _ := l.bayeux(fmt.Sprintf(`{"channel":"/meta/subscribe","clientId":%q,"subscription":%q,"ext":{"replay":{%q:%v}}}`, l.id, channel, key, replay), l.cookies)
	if out[0]["successful"] == true {
		return ""
	}
	return fmt.Sprint(out[0]["error"])
}

// wantEvents fails unless there are so many events, each with the text of its place.
func (l *listener) wantEvents(texts ...string) []string {
	l.t.Helper()
	var events []string
	for range 20 { // answers may be divided
		if events = append(events, l.connect()...); len(events) >= len(texts) {
			break
		}
	}
	if len(events) != len(texts) {
		l.t.Fatalf("%d events, want %d: %v", len(events), len(texts), events)
	}
	for i, text := range texts {
		for part := range strings.SplitSeq(text, " & ") {
			if !strings.Contains(events[i], part) {
				l.t.Errorf("event %d: no %s in %s", i, part, events[i])
			}
		}
	}
	return events
}

func (c *client) topic(name, query, more string) string {
	c.t.Helper()
	return c.made("PushTopic", fmt.Sprintf(`{"Name":%q,"Query":%q,"ApiVersion":61.0%s}`, name, query, more))
}

func TestS10PushTopicsTellOfTheirQuerysChanges(t *testing.T) {
	_, c := start(t, simulator.Config{})
	id := c.topic("Pilots", "SELECT Id, LastName, Title FROM Contact WHERE Title LIKE 'Pilot%' AND Department != 'Closed'", "")
	c.topic("Renamed", "SELECT Id, LastName FROM Contact WHERE Title = 'Pilot'", `,"NotifyForFields":"Select","NotifyForOperationCreate":false,"NotifyForOperationDelete":false`)
	if got := c.row("PushTopic", id); got["NotifyForFields"] != "Referenced" || got["NotifyForOperations"] != "All" || got["IsActive"] != true {
		t.Errorf("defaults %v %v %v", got["NotifyForFields"], got["NotifyForOperations"], got["IsActive"])
	}
	l := c.listen()
	for _, channel := range []string{"/topic/Pilots", "/topic/Renamed"} {
		if refused := l.subscribe(channel, -1); refused != "" {
			t.Fatal(refused)
		}
	}
	c.made("Contact", `{"LastName":"Other"}`)
	pilot := c.made("Contact", `{"LastName":"Moor","Title":"Pilot"}`)
	path := v + "/sobjects/Contact/" + pilot
	event := l.wantEvents(`"channel":"/topic/Pilots" & "type":"created" & "sobject":{"Id":"` + pilot + `","LastName":"Moor","Title":"Pilot"} & "createdDate":"2 & "replayId":`)[0]
	if strings.Contains(event, "schema") || strings.Contains(event, "payload") {
		t.Errorf("more than a notification has: %s", event)
	}
	c.want(204, "PATCH", path, `{"Phone":"1"}`) // neither selected nor a condition
	c.want(204, "PATCH", path, `{"Department":"Air"}`)
	l.wantEvents(`Pilots & "type":"updated"`)
	c.want(204, "PATCH", path, `{"LastName":"Moser"}`)
	l.wantEvents(`/topic/Pilots & "LastName":"Moser"`, `/topic/Renamed & "LastName":"Moser"`)
	c.want(204, "PATCH", path, `{"Title":"Captain"}`) // no longer in the query
	c.want(204, "PATCH", path, `{"Title":"Pilot 2"}`)
	l.wantEvents(`"type":"updated" & "Title":"Pilot 2"`)
	c.want(204, "DELETE", path, "")
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"undelete","id":"`+pilot+`"}`)
	l.wantEvents(`"sobject":{"Id":"`+pilot+`"} & "type":"deleted"`, `"type":"undeleted" & "LastName":"Moser"`)
	c.want(204, "PATCH", v+"/sobjects/PushTopic/"+id, `{"IsActive":false}`)
	c.want(204, "PATCH", path, `{"Title":"Pilot 3"}`)
	if events := l.connect(); len(events) > 0 {
		t.Errorf("an inactive topic tells %v", events)
	}
}

func TestS10LastChangeOfATransactionIsToldFirst(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.topic("People", "SELECT Id, LastName FROM Contact", `,"NotifyForFields":"All"`)
	l := c.listen()
	l.subscribe("/topic/People", -1)
	c.want(200, "POST", v+"/composite/sobjects", `{"allOrNone":true,"records":[{"attributes":{"type":"Contact"},"LastName":"One"},{"attributes":{"type":"Contact"},"LastName":"Two"}]}`)
	l.wantEvents(`"LastName":"Two"`, `"LastName":"One"`)
}

func TestS10PushTopicsAreCheckedWhenTheyAreMade(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for query, code := range map[string]string{
		"SELECT LastName FROM Contact":                                             "INVALID_FIELD",
		"SELECT Id, Nothing FROM Contact":                                          "INVALID_FIELD",
		"SELECT Id FROM Contact WHERE Nothing = 'x'":                               "INVALID_FIELD",
		"SELECT Id, Account.Name FROM Contact":                                     "INVALID_FIELD",
		"SELECT Id, Account_Summary__c FROM Contact":                               "INVALID_FIELD",
		"SELECT Id FROM Contact LIMIT 5":                                           "INVALID_FIELD",
		"SELECT Id FROM Contact ORDER BY Name":                                     "INVALID_FIELD",
		"SELECT COUNT() FROM Contact":                                              "INVALID_FIELD",
		"SELECT Id FROM Contact WHERE NOT Title = 'x'":                             "INVALID_FIELD",
		"SELECT Id FROM Contact WHERE AccountId IN (SELECT Id FROM Account)":       "INVALID_FIELD",
		"SELECT Id FROM User":                                                      "INVALID_TYPE",
		"SELECT Id FROM Nothing":                                                   "INVALID_TYPE",
		"SELECT FROM":                                                              "MALFORMED_QUERY",
		"SELECT Id FROM Contact WHERE Title = '" + strings.Repeat("x", 1300) + "'": "STRING_TOO_LONG",
	} {
		if r := c.want(400, "POST", v+"/sobjects/PushTopic", fmt.Sprintf(`{"Name":"Bad","Query":%q,"ApiVersion":61}`, query)); r.code(t) != code {
			t.Errorf("%s: %s, want %s", query, r.body, code)
		}
	}
	c.topic("Once", "SELECT Id FROM Contact", "")
	c.steps(
		step{"POST", "/sobjects/PushTopic", `{"Name":"Once","Query":"SELECT Id FROM Lead","ApiVersion":61}`, 400, []string{"DUPLICATE_VALUE"}},
		step{"POST", "/sobjects/PushTopic", `{"Name":"` + strings.Repeat("n", 26) + `","Query":"SELECT Id FROM Lead","ApiVersion":61}`, 400, []string{"STRING_TOO_LONG"}},
		step{"POST", "/sobjects/PushTopic", `{"Name":"None"}`, 400, []string{"REQUIRED_FIELD_MISSING", "Query", "ApiVersion"}},
		step{"POST", "/sobjects/PushTopic", `{"Name":"Ops","Query":"SELECT Id FROM Lead","ApiVersion":61,"NotifyForOperations":"All"}`, 400, []string{"INVALID_FIELD_FOR_INSERT_UPDATE"}},
		step{"POST", "/sobjects/PushTopic", `{"Name":"Fields","Query":"SELECT Id FROM Lead","ApiVersion":61,"NotifyForFields":"Some"}`, 400, []string{"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"}},
	)
}

func TestS10TopicsAreForgottenAfter24Hours(t *testing.T) {
	now, ahead := clock()
	o, c := start(t, simulator.Config{Now: now, SessionTimeout: 96 * time.Hour})
	c.topic("People", "SELECT Id, LastName FROM Contact", "")
	l := c.listen()
	l.subscribe("/topic/People", -1)
	c.made("Contact", `{"LastName":"Old"}`)
	l.wantEvents("Old")
	old := o.Topics.Log().Last()
	if refused := l.subscribe("/topic/People", old); refused != "" {
		t.Error(refused)
	}
	if refused := l.subscribe("/topic/People", old+9); !strings.HasPrefix(refused, "400::The replayId {") {
		t.Errorf("an id never issued: %q", refused)
	}
	ahead(topic.Retention + time.Second)
	c.made("Contact", `{"LastName":"Young"}`)
	l = c.listen() // the session is gone after such a time
	if refused := l.subscribe("/topic/People", old); !strings.HasPrefix(refused, "400::The replayId {") {
		t.Errorf("an aged id: %q", refused)
	}
	if refused := l.subscribe("/topic/People", -2); refused != "" {
		t.Error(refused)
	}
	l.wantEvents("Young")
	if o.Log.Len() != 2 {
		t.Errorf("%d change events are kept, want both: they live 72 h", o.Log.Len())
	}
}

func TestS9S21TopicsAreRefusedAndFilteredPerSubscriber(t *testing.T) {
	o, c := start(t, simulator.Config{})
	c.topic("Pilots", "SELECT Id, LastName, Phone FROM Contact WHERE Title = 'Pilot'", "")
	permit := func(more string) {
		t.Helper()
		c.want(204, "POST", "/_sim/permissions", `{"user":"`+o.Engine.AdminID()+`","object":"Contact",`+more+`}`)
	}
	l := c.listen()
	for channel, want := range map[string]string{
		"/topic/None": "400::The channel you requested to subscribe to doesn't exist {/topic/None}",
		"/topic/Pilots?Color=red&LastName=x&Size=2": "400::Query fields {Color,Size} do not exist on the topic entity",
	} {
		if got := l.subscribe(channel, -1); got != want {
			t.Errorf("%s: %q, want %q", channel, got, want)
		}
	}
	if refused := l.subscribe("/topic/Pilots?LastName='Moor'", -1); refused != "" {
		t.Fatal(refused)
	}
	c.made("Contact", `{"LastName":"Moser","Title":"Pilot"}`)
	moor := c.made("Contact", `{"LastName":"Moor","Title":"Pilot","Phone":"1"}`)
	l.wantEvents(`"channel":"/topic/Pilots?LastName='Moor'" & ` + moor)
	permit(`"fields":{"Phone":"hidden"}`)
	c.want(204, "PATCH", v+"/sobjects/Contact/"+moor, `{"LastName":"Moor"}`)
	c.want(204, "PATCH", v+"/sobjects/Contact/"+moor, `{"FirstName":"Ann","Title":"Pilot"}`)
	if refused := l.subscribe("/topic/Pilots", -2); refused != "" {
		t.Fatal(refused)
	}
	for _, event := range l.wantEvents("Moser", "Moor") {
		if strings.Contains(event, "Phone") {
			t.Errorf("a hidden field: %s", event)
		}
	}
	permit(`"fields":{"Title":"hidden"}`)
	if got := l.subscribe("/topic/Pilots", -1); got != "403::Subscriber does not have access to all fields referenced in the where clause of the PushTopic" {
		t.Error(got)
	}
	permit(`"read":false`)
	if got := l.subscribe("/topic/Pilots", -1); got != "403::Subscriber does not have access to the entity in this topic" {
		t.Error(got)
	}
	_, without := start(t, simulator.Config{Edition: "professional"})
	without.want(404, "POST", v+"/sobjects/PushTopic", `{}`)
	if got := without.listen().subscribe("/topic/Pilots", -1); !strings.HasPrefix(got, "400::The channel") {
		t.Error(got)
	}
}

func TestS10AnythingIsSaidOnGenericChannels(t *testing.T) {
	o, c := start(t, simulator.Config{})
	id := c.made("StreamingChannel", `{"Name":"/u/Board","Description":"News"}`)
	push := "/sobjects/StreamingChannel/" + id + "/push"
	c.steps(
		step{"GET", push, "", 200, []string{`"ChannelName":"/u/Board"`, `"OnlineUserIds":[]`}},
		step{"POST", push, `{"pushEvents":[{"payload":"nobody hears","userIds":[]}]}`, 200, []string{`[{"fanoutCount":0,"userOnlineStatus":{}}]`}},
		step{"POST", "/sobjects/StreamingChannel", `{"Name":"Board"}`, 400, []string{"INVALID_FIELD"}},
		step{"POST", "/sobjects/StreamingChannel", `{"Name":"/u/board"}`, 400, []string{"DUPLICATE_VALUE"}},
	)
	l := c.listen()
	for channel, want := range map[string]string{
		"/u/board": "404::channel names may not vary only by case", "/u/None": "404::Unknown channel", "/u/Board": "",
	} {
		if got := l.subscribe(channel, -2); got != want {
			t.Errorf("%s: %q, want %q", channel, got, want)
		}
	}
	l.wantEvents(`"payload":"nobody hears"`)
	admin, other := o.Engine.AdminID(), org1ID
	c.steps(
		step{"GET", push, "", 200, []string{`"OnlineUserIds":["` + admin + `"]`}},
		step{
			"POST", push, `{"pushEvents":[{"payload":"to \"all\"","userIds":[]},{"payload":"to another","userIds":["` + other + `"]},{"payload":"to one","userIds":["` + admin[:15] + `"]}]}`, 200,
			[]string{`{"fanoutCount":-1,`, `{"fanoutCount":0,"userOnlineStatus":{"` + other + `":false}}`, `{"fanoutCount":1,"userOnlineStatus":{"` + admin + `":true}}`},
		},
		step{"POST", push, `{"pushEvents":[{"payload":"` + strings.Repeat("x", 3001) + `"}]}`, 400, []string{"STRING_TOO_LONG"}},
		step{"POST", "/sobjects/StreamingChannel/0M6dG0000000099AAA/push", `{}`, 404, nil},
	)
	l.wantEvents(`"payload":"to \"all\"" & "createdDate":"2 & "channel":"/u/Board"`, `"payload":"to one"`)
	if used, _ := o.Log.Quota().Used(); used != 0 {
		t.Errorf("%d of the allocation of change events is used", used)
	}
}

// org1ID is a user that is not there.
const org1ID = "005dG0000000077QAA"

func TestS10TopicsOutliveARestart(t *testing.T) {
	dir := t.TempDir()
	o, c := start(t, simulator.Config{DataDir: dir})
	c.topic("People", "SELECT Id, LastName FROM Contact", "")
	channel := c.made("StreamingChannel", `{"Name":"/u/Board"}`)
	before := o.Topics.Log().Last()
	c.made("Contact", `{"LastName":"First"}`)
	c.want(200, "POST", v+"/sobjects/StreamingChannel/"+channel+"/push", `{"pushEvents":[{"payload":"said","userIds":["`+o.Engine.AdminID()+`"]}]}`)
	last := o.Topics.Log().Last()
	for range 2 { // from the log, then from the snapshot too
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
		o, c = start(t, simulator.Config{DataDir: dir})
		if got := o.Topics.Log().Last(); got != last || last == before {
			t.Errorf("the last id is %d, want %d", got, last)
		}
		l := c.listen()
		l.subscribe("/topic/People", -2)
		l.subscribe("/u/Board", -2)
		l.wantEvents("First", "said")
		c.made("Lead", `{"LastName":"Unheard","Company":"C"}`)
	}
	l := c.listen()
	l.subscribe("/topic/People", last)
	c.made("Contact", `{"LastName":"Second"}`)
	l.wantEvents("Second")
}
