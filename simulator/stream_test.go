package simulator_test

import (
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

// bayeux sends one message and returns the answers.
func (c *client) bayeux(message string, cookies string) ([]map[string]any, string) {
	c.t.Helper()
	r := c.want(200, "POST", "/cometd/61.0", "["+message+"]", "Cookie", cookies)
	var out []map[string]any
	r.into(c.t, &out)
	var set []string
	for _, one := range r.header.Values("Set-Cookie") {
		name, _, _ := strings.Cut(one, ";")
		set = append(set, name)
	}
	return out, strings.Join(set, "; ")
}

func TestWriteArrivesOnTheStreamWithTheCallersOrigin(t *testing.T) {
	org, c := start(t, simulator.Config{Sizes: seed.Sizes{Contacts: 3}, CometDTimeout: 5 * time.Second})
	out, cookies := c.bayeux(`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"],"ext":{"replay":true}}`, "")
	id, _ := out[0]["clientId"].(string)
	if id == "" {
		t.Fatalf("handshake: %v", out)
	}
	c.bayeux(`{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"long-polling"}`, cookies)
	out, _ = c.bayeux(`{"channel":"/meta/subscribe","clientId":"`+id+`","subscription":"/data/ContactChangeEvent","ext":{"replay":{"/data/ContactChangeEvent":-1}}}`, cookies)
	if out[0]["successful"] != true {
		t.Fatalf("subscribe: %v", out)
	}
	record := c.want(201, "POST", v+"/sobjects/Contact", `{"LastName":"Streamed"}`, "Sforce-Call-Options", "client=tidegate")
	out, _ = c.bayeux(`{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"long-polling"}`, cookies)
	event := string(mustJSON(t, out[0]))
	for _, want := range []string{`"changeType":"CREATE"`, `"changeOrigin":"com/salesforce/api/rest/66.0;client=tidegate"`, `"entityName":"Contact"`, `"LastName":"Streamed"`} {
		if !strings.Contains(event, want) {
			t.Errorf("%s lacks %s", event, want)
		}
	}
	if !strings.Contains(string(record.body), "003") || org.Log.Len() != 1 {
		t.Errorf("the log has %d events", org.Log.Len())
	}
	// A token that ended is refused on the next connect.
	c.want(201, "POST", "/_sim/faults", `{"kind":"expire_tokens"}`)
	r := c.send("POST", "/cometd/61.0", `[{"channel":"/meta/connect","clientId":"`+id+`","connectionType":"long-polling"}]`, "Cookie", cookies)
	if !strings.Contains(string(r.body), "401::Authentication invalid") {
		t.Errorf("after expire_tokens: %d %s", r.status, r.body)
	}
}
