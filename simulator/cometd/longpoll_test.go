package cometd_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"tidegate/simulator/bus"
	"tidegate/simulator/cometd"
)

func TestS1PathsWithAndWithoutMessageTypeAreServed(t *testing.T) {
	o := start(t, nil)
	for path, want := range map[string]string{
		"/cometd/61.0": "", "/cometd/61.0/": "", "/cometd/61.0/handshake": "", "/cometd/37.0": "",
		"/cometd":      "400::API version in the URI is mandatory. URI format: '/cometd/66.0'",
		"/cometd/":     "400::API version in the URI is mandatory. URI format: '/cometd/66.0'",
		"/cometd/36.0": "400::Unsupported API version. Only API versions '37.0' and later are supported. URI format: '/cometd/66.0'",
	} {
		_, text, err := o.browser().post(path, `[{"id":"1","channel":"/meta/handshake"}]`)
		if err != nil {
			t.Fatal(err)
		}
		var got []answer
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v in %s", path, err, text)
		}
		if got[0].Error != want || got[0].ok() != (want == "") {
			t.Errorf("%s: error %q, want %q", path, got[0].Error, want)
		}
	}
}

func TestS2ThreeFormsOfAuthorizationAreAccepted(t *testing.T) {
	o := start(t, nil)
	for header, want := range map[string]string{
		"OAuth " + goodToken: "", "Bearer " + goodToken: "", goodToken: "",
		"":           "401::Request requires authentication",
		"Bearer bad": "401::Authentication invalid",
	} {
		b := o.browser()
		b.header = header
		a := b.handshake()
		if a.ok() != (want == "") || a.Ext.SFDC.FailureReason != want {
			t.Errorf("%q: successful %v, reason %q, want %q", header, a.ok(), a.Ext.SFDC.FailureReason, want)
		}
		if want != "" && (a.Error != "403::Handshake denied" || a.Advice.Reconnect != "none") {
			t.Errorf("%q: error %q, advice %+v", header, a.Error, a.Advice)
		}
	}
}

func TestS3HandshakeHasItsGoldenShape(t *testing.T) {
	for _, on := range []bool{false, true} {
		o := start(t, func(c *cometd.Config) { c.Websocket = on })
		_, text, err := o.browser().post("/cometd/61.0/handshake", `[{"id":"1","channel":"/meta/handshake","version":"1.0","minimumVersion":"1.0","supportedConnectionTypes":["long-polling"],"ext":{"replay":true}}]`)
		if err != nil {
			t.Fatal(err)
		}
		var got []map[string]any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		id, _ := got[0]["clientId"].(string)
		if len(id) < 26 || len(id) > 30 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Errorf("clientId %q", id)
		}
		types := []any{"long-polling"}
		if on {
			types = []any{"websocket", "long-polling"}
		}
		want := []map[string]any{{
			"id": "1", "channel": "/meta/handshake", "version": "1.0", "minimumVersion": "1.0", "clientId": id,
			"supportedConnectionTypes": types, "successful": true,
			"ext": map[string]any{"replay": true, "payload.format": true},
		}}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("websocket %v: handshake %s", on, text)
		}
	}
}

func TestS3HandshakeTravelsAlone(t *testing.T) {
	o := start(t, nil)
	_, text, err := o.browser().post("/cometd/61.0", `[{"id":7,"channel":"/meta/handshake"},{"id":8,"channel":"/meta/connect"}]`)
	if err != nil {
		t.Fatal(err)
	}
	var got []answer
	if err := json.Unmarshal(text, &got); err != nil || len(got) != 1 || string(got[0].ID) != "7" {
		t.Errorf("answer %s (%v), want the handshake alone with its id as it came", text, err)
	}
}

func TestS4CookiesAreSetAndDemanded(t *testing.T) {
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	jar := b.http.Jar
	b.http.Jar = nil
	a := b.subscribe(bus.Everything, -1)
	if want := "400::Client " + b.id + " has established a session, but no BAYEUX_BROWSER cookie present"; a.Error != want {
		t.Errorf("without cookies: %q, want %q", a.Error, want)
	}
	b.http.Jar = jar
	if a := b.subscribe(bus.Everything, -1); !a.ok() {
		t.Errorf("with cookies: %s", a.Error)
	}
}

func TestS4RoutingCookieLeadsAwayAfterItsLife(t *testing.T) {
	o := start(t, func(c *cometd.Config) { c.SessionLife = 24 * time.Hour })
	b := o.ready(bus.Everything, bus.Tip)
	o.advance(3*time.Hour + time.Second)
	a := b.connect()[0]
	if a.Error != "403::Unknown client" || a.Advice.Reconnect != "handshake" || a.ClientID != "" {
		t.Errorf("after 3 h: %+v", a)
	}
	if a := b.handshake(); !a.ok() {
		t.Errorf("new handshake: %s", a.Error)
	}
	if a := b.connect()[0]; !a.ok() {
		t.Errorf("connect after the new handshake: %s", a.Error)
	}
}

func TestS5FirstConnectIsAnsweredAtOnceAndLaterOnesAreParked(t *testing.T) {
	o := start(t, func(c *cometd.Config) { c.ConnectTimeout = 150 * time.Millisecond })
	b := o.browser()
	b.handshake()
	first := b.connect()[0]
	if !first.ok() || first.Advice == nil || first.Advice.Reconnect != "retry" || first.Advice.Interval == nil || first.Advice.Timeout != 150 {
		t.Errorf("first connect: %+v", first)
	}
	began := time.Now()
	later := b.connect()
	if len(later) != 1 || !later[0].ok() || later[0].Advice != nil || time.Since(began) < 150*time.Millisecond {
		t.Errorf("later connect: %+v after %v", later, time.Since(began))
	}
}

func TestS5AdvisedTimeoutIs110Seconds(t *testing.T) {
	o := start(t, nil)
	b := o.browser()
	b.handshake()
	if a := b.connect()[0]; a.Advice.Timeout != 110000 {
		t.Errorf("advice %+v", a.Advice)
	}
}

func TestS6SessionEndsAfter40Seconds(t *testing.T) {
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	o.advance(40 * time.Second)
	if a := b.subscribe(bus.Everything, -1); !a.ok() {
		t.Fatalf("after 40 s: %s", a.Error)
	}
	o.advance(41 * time.Second)
	a := b.connect()[0]
	if a.Error != "403::Unknown client" || a.Advice == nil || a.Advice.Reconnect != "handshake" || *a.Advice.Interval != 0 {
		t.Errorf("after 41 s more: %+v", a)
	}
}

func TestS7NewerConnectReleasesTheOlder(t *testing.T) {
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	// Prepared here because message() counts.
	bodies := []string{b.message("/meta/connect", `,"connectionType":"long-polling"`), b.message("/meta/connect", `,"connectionType":"long-polling"`)}
	type result struct {
		n    int
		text string
	}
	results := make(chan result, 2)
	for i, body := range bodies {
		go func() {
			_, text, err := b.post("/cometd/61.0/connect", body)
			if err != nil {
				text = []byte(err.Error())
			}
			results <- result{i, string(text)}
		}()
	}
	released := <-results
	if strings.Contains(released.text, "/data/") || !strings.Contains(released.text, `"successful":true`) {
		t.Errorf("released connect: %s", released.text)
	}
	o.publish("Contact", 1)
	if r := <-results; r.n == released.n || !strings.Contains(r.text, `"replayId"`) {
		t.Errorf("the connect that stayed: %s", r.text)
	}
}

func TestS8EventsPrecedeTheConnectReplyInOneArray(t *testing.T) {
	o := start(t, func(c *cometd.Config) { c.BatchEvents = 1000 })
	o.publish("Contact", 2500)
	b := o.ready(bus.Everything, bus.Earliest)
	var got []int
	for len(got) < 2500 {
		list := b.connect()
		if last := list[len(list)-1]; last.Channel != "/meta/connect" || !last.ok() || last.Advice != nil {
			t.Fatalf("last message %+v", last)
		}
		if len(list) > 1001 {
			t.Fatalf("%d messages in one answer", len(list))
		}
		got = append(got, numbers(list)...)
	}
	for i, n := range got {
		if n != i+1 {
			t.Fatalf("event %d carries %d", i, n)
		}
	}
}

func TestParkedConnectWakesForAnEventAndForASubscription(t *testing.T) {
	o := start(t, nil)
	o.publish("Account", 3)
	b := o.ready("/data/ContactChangeEvent", bus.Tip)
	body := b.message("/meta/connect", `,"connectionType":"long-polling"`)
	woken := make(chan string, 1)
	go func() {
		_, text, err := b.post("/cometd/61.0", body)
		woken <- fmt.Sprintf("%s %v", text, err)
	}()
	if a := b.subscribe("/data/AccountChangeEvent", bus.Earliest); !a.ok() {
		t.Fatal(a.Error)
	}
	if text := <-woken; strings.Count(text, "/data/AccountChangeEvent") != 3 {
		t.Errorf("after a subscription: %s", text)
	}
	o.publish("Contact", 1)
	if list := b.connect(); list[0].Channel != "/data/ContactChangeEvent" {
		t.Errorf("after an event: %+v", list)
	}
}

func TestS9SubscribeFollowsTheReplayTable(t *testing.T) {
	o := start(t, nil)
	first := o.publish("Contact", 1)
	last := o.publish("Contact", 4)
	invalid := func(id int64) string {
		return fmt.Sprintf("400::The replayId {%d} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.", id)
	}
	const missing = "400::The replayId for channel /data/ContactChangeEvent wasn't found using the provided replay ID map {{%s}}. Ensure that the channel name you provided in the replay map is valid and matches the channel name used for subscribing."
	tests := []struct {
		name, members, err string
		events             int
	}{
		{"no replay", `,"subscription":"/data/ContactChangeEvent"`, "", 0},
		{"tip", `,"subscription":"/data/ContactChangeEvent","ext":{"replay":{"/data/ContactChangeEvent":-1}}`, "", 0},
		{"earliest", `,"subscription":"/data/ContactChangeEvent","ext":{"replay":{"/data/ContactChangeEvent":-2}}`, "", 5},
		{"after an id", fmt.Sprintf(`,"subscription":"/data/ContactChangeEvent","ext":{"replay":{"/data/ContactChangeEvent":%d}}`, first), "", 4},
		{"map of several", fmt.Sprintf(`,"subscription":"/data/ContactChangeEvent","ext":{"replay":{"/data/ChangeEvents":-1,"/data/ContactChangeEvent":%d}}`, first), "", 4},
		{"unknown id", fmt.Sprintf(`,"subscription":"/data/ContactChangeEvent","ext":{"replay":{"/data/ContactChangeEvent":%d}}`, last+9), invalid(last + 9), 0},
		{"empty map", `,"subscription":"/data/ContactChangeEvent","ext":{"replay":{}}`, fmt.Sprintf(missing, ""), 0},
		{"wrong key", `,"subscription":"/data/ContactChangeEvent","ext":{"replay":{"/data/ContactChangeEvents":5}}`, fmt.Sprintf(missing, "/data/ContactChangeEvents=5"), 0},
		{"no such object", `,"subscription":"/data/NopeChangeEvent"`, "400::The channel you requested to subscribe to doesn't exist {/data/NopeChangeEvent}", 0},
		{"no channel", ``, "400::Channel name not specified", 0},
		{"no slash", `,"subscription":"data/ChangeEvents"`, "400::Channel subscriptions must start with a leading '/'", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := o.browser()
			b.handshake()
			b.connect()
			if a := b.send("/meta/subscribe", tt.members)[0]; a.Error != tt.err || a.ok() != (tt.err == "") {
				t.Fatalf("error %q, want %q", a.Error, tt.err)
			}
			list := b.send("/meta/connect", `,"connectionType":"long-polling","advice":{"timeout":0}`)
			if got := len(numbers(list)); got != tt.events {
				t.Errorf("%d events, want %d", got, tt.events)
			}
		})
	}
}

func TestS10RetentionMakesAnIDInvalid(t *testing.T) {
	o := start(t, nil)
	id := o.publish("Contact", 1)
	o.advance(bus.Retention + time.Second)
	b := o.browser()
	b.handshake()
	if a := b.subscribe(bus.Everything, id); !strings.HasPrefix(a.Error, "400::The replayId {") {
		t.Errorf("aged id: %+v", a)
	}
}

func TestSeveralSubscriptionsTravelTogether(t *testing.T) {
	o := start(t, nil)
	b := o.browser()
	b.handshake()
	_, text, err := b.post("/cometd/61.0/subscribe", fmt.Sprintf(
		`[{"id":"a","channel":"/meta/subscribe","clientId":%q,"subscription":"/data/ContactChangeEvent"},{"id":"b","channel":"/meta/subscribe","clientId":%q,"subscription":"/data/Visit__ChangeEvent"}]`, b.id, b.id))
	if err != nil {
		t.Fatal(err)
	}
	var got []answer
	if err := json.Unmarshal(text, &got); err != nil || len(got) != 2 || !got[0].ok() || !got[1].ok() || string(got[1].ID) != `"b"` {
		t.Errorf("answers %s (%v)", text, err)
	}
}

func TestUnsubscribeStopsAChannelAndDisconnectTheSession(t *testing.T) {
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	if a := b.send("/meta/unsubscribe", `,"subscription":"/data/ChangeEvents"`)[0]; !a.ok() || a.Subscription != bus.Everything {
		t.Errorf("unsubscribe: %+v", a)
	}
	o.publish("Contact", 1)
	if list := b.send("/meta/connect", `,"connectionType":"long-polling","advice":{"timeout":0}`); len(list) != 1 {
		t.Errorf("%d messages after unsubscribing", len(list))
	}
	body := b.message("/meta/connect", `,"connectionType":"long-polling"`)
	parked := make(chan error, 1)
	go func() {
		_, _, err := b.post("/cometd/61.0", body)
		parked <- err
	}()
	if a := b.send("/meta/disconnect", "")[0]; !a.ok() {
		t.Errorf("disconnect: %+v", a)
	}
	if err := <-parked; err != nil {
		t.Errorf("parked connect: %v", err)
	}
	if a := b.connect()[0]; a.Error != "403::Unknown client" {
		t.Errorf("after disconnect: %+v", a)
	}
}

func TestOrderAndTypesOfRequestsAreChecked(t *testing.T) {
	o := start(t, nil)
	b := o.browser()
	if a := b.subscribe(bus.Everything, -1); a.Error != "403::Client has not completed handshake" {
		t.Errorf("subscribe first: %q", a.Error)
	}
	b.handshake()
	if a := b.send("/meta/connect", `,"connectionType":"websocket"`)[0]; a.Error != "400::Invalid connection type {websocket}" {
		t.Errorf("websocket over HTTP: %q", a.Error)
	}
	b.header = otherToken
	if a := b.connect()[0]; a.Error != "400::Authenticated user id does not match the session's user id" {
		t.Errorf("another user: %q", a.Error)
	}
	if a := b.send("/data/ChangeEvents", `,"data":{}`)[0]; a.ok() || a.Error == "" {
		t.Errorf("publishing: %+v", a)
	}
}

func TestS13RequestAbove32768BytesIsRefused(t *testing.T) {
	o := start(t, nil)
	status, text, err := o.browser().post("/cometd/61.0/subscribe", `[{"channel":"/meta/subscribe","id":"`+strings.Repeat("x", 33_000)+`"}]`)
	if err != nil || status != http.StatusRequestEntityTooLarge || !strings.Contains(string(text), "413::Maximum Request Size Exceeded") {
		t.Errorf("%d %s (%v)", status, text, err)
	}
}

func TestUnreadableBodyIsRefused(t *testing.T) {
	o := start(t, nil)
	for _, body := range []string{"", "[]", "{", `"x"`, "[1]"} {
		if status, _, err := o.browser().post("/cometd/61.0", body); err != nil || status != http.StatusBadRequest {
			t.Errorf("%q: status %d (%v)", body, status, err)
		}
	}
}

func TestS26ConcurrentClientsAreLimited(t *testing.T) {
	o := start(t, func(c *cometd.Config) { c.MaxClients = 2 })
	o.browser().handshake()
	o.browser().handshake()
	if a := o.browser().handshake(); a.Error != "403::Organization concurrent user limit exceeded" {
		t.Errorf("third client: %+v", a)
	}
	o.advance(41 * time.Second)
	if a := o.browser().handshake(); !a.ok() {
		t.Errorf("after the others expired: %s", a.Error)
	}
}

func TestMessagesBehindAConnectAreServed(t *testing.T) {
	// Clients that gather messages send what came up beside a connect with it.
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	join := func(messages ...string) string {
		var inner []string
		for _, m := range messages {
			inner = append(inner, strings.Trim(m, "[]"))
		}
		return "[" + strings.Join(inner, ",") + "]"
	}
	_, text, err := b.post("/cometd/61.0", join(
		b.message("/meta/connect", `,"connectionType":"long-polling"`), b.message("/meta/disconnect", "")))
	if err != nil {
		t.Fatal(err)
	}
	var got []answer
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Channel != "/meta/disconnect" || got[1].Channel != "/meta/connect" || !got[0].ok() || !got[1].ok() {
		t.Errorf("answers: %s", text)
	}
}
