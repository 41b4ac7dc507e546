package bayeux

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAnswersAreSplit(t *testing.T) {
	for _, c := range []struct {
		name string
		body string
		want []message
	}{
		{"nothing in an array", " [ ] ", nil},
		{"single object (C15)", `{"channel":"/meta/connect","id":7,"successful":true}`, []message{{channel: metaConnect, id: "7", successful: true}}},
		{"any key order, unknown keys, white space", "[{ \"data\" : {\"a\":[1,{}]} ,\n\"x\":[[]],\"channel\":\"/a\"}]", []message{{channel: "/a", data: json.RawMessage(`{"a":[1,{}]}`)}}},
		{"escapes in names and values", `[{"ch\u0061nnel":"\/a\"b","error":"x\ny"}]`, []message{{channel: `/a"b`, errText: "x\ny"}}},
		{"brackets and quotes inside strings", `[{"channel":"/a","data":{"s":"}]\\\"{"}}]`, []message{{channel: "/a", data: json.RawMessage(`{"s":"}]\\\"{"}`)}}},
		{"digits beyond 2^53 (C15)", `[{"channel":"/a","data":12345678901234567890}]`, []message{{channel: "/a", data: json.RawMessage(`12345678901234567890`)}}},
		{"null is absent", `[{"channel":null,"id":null,"clientId":null}]`, []message{{}}},
		{"several subscriptions in one reply", `[{"channel":"/meta/subscribe","subscription":["/a"]}]`, []message{{channel: metaSubscribe}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := splitAnswer([]byte(c.body))
			if err != nil || !slices.EqualFunc(got, c.want, sameMessage) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func sameMessage(a, b message) bool {
	return a.channel == b.channel && a.id == b.id && a.clientID == b.clientID && a.errText == b.errText &&
		a.subscription == b.subscription && a.successful == b.successful && string(a.data) == string(b.data)
}

func TestBrokenAnswersAreRefused(t *testing.T) {
	whole := `[{"channel":"/a","data":{"s":"x\"y","n":[1,2]}},{"channel":"/meta/connect","id":"1"}]`
	for i := range len(whole) {
		if _, err := splitAnswer([]byte(whole[:i])); err == nil {
			t.Errorf("accepted after %d bytes (C6): %s", i, whole[:i])
		}
	}
	for _, body := range []string{
		`null`, `7`, `"x"`, `[null]`, `[1]`, `[{}]x`, `{}{}`, `[{}{}]`, `[{},]`, `[,{}]`, `[{"a"}]`, `[{"a":}]`,
		`[{"a":1,}]`, `[{a:1}]`, `[{"data":{"a":[}]}]`, `[{"data":}]`, `[{1:1}]`, `[{"id":"\q"}]`, `<html>`,
		`[{"data":` + strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1) + `}]`,
	} {
		if got, err := splitAnswer([]byte(body)); err == nil {
			t.Errorf("accepted %s as %+v", body, got)
		}
	}
}

// FuzzSplitAnswer compares with encoding/json: what that accepts as an array
// of objects must be split into as many messages, with the same payload byte
// for byte.
func FuzzSplitAnswer(f *testing.F) {
	for _, seed := range []string{
		`[{"channel":"/data/X","data":{"payload":{"a":1.50,"b":"é\u00e9\\"},"event":{"replayId":9007199254740993}}}]`,
		`[{"id":1,"channel":"/meta/connect","successful":true,"advice":{"reconnect":"retry","interval":0}}]`,
		`{"channel":"/meta/handshake","ext":{"sfdc":{"failureReason":"503::x"}},"error":"e"}`,
		`[]`, `[{}`, `[{"data":[[[]]]}]`, `[{"channel":"\ud800"}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := splitAnswer(body)
		for i := range got {
			judge(&got[i])
		}
		var want []map[string]json.RawMessage
		if json.Unmarshal(body, &want) != nil || want == nil || slices.ContainsFunc(want, isNil) {
			return // not messages; it was enough not to panic
		}
		if err != nil {
			if strings.Contains(err.Error(), "nested deeper") {
				return
			}
			t.Fatalf("refused %q: %v", body, err)
		}
		if len(got) != len(want) {
			t.Fatalf("%d messages, want %d, in %q", len(got), len(want), body)
		}
		for i := range got {
			if string(got[i].data) != string(want[i]["data"]) {
				t.Fatalf("data %q, want %q", got[i].data, want[i]["data"])
			}
		}
	})
}

func isNil(m map[string]json.RawMessage) bool { return m == nil }

func TestRepliesAreMatched(t *testing.T) {
	ask := []*request{{ID: "1", Channel: metaSubscribe, Subscription: "/a"}, {ID: "2", Channel: metaSubscribe, Subscription: "/b"}}
	for _, c := range []struct {
		name   string
		answer []message
		want   string // error texts in order, or "missing"
	}{
		{"in another order", []message{{channel: metaSubscribe, id: "2", errText: "b"}, event("/a", "1"), {channel: metaSubscribe, id: "1", errText: "a"}}, "ab"},
		{"without ids", []message{{channel: metaSubscribe, subscription: "/b", errText: "b"}, {channel: metaSubscribe, subscription: "/a", errText: "a"}}, "ab"},
		{"an id counts more than a subscription", []message{{channel: metaSubscribe, subscription: "/a", errText: "x"}, {channel: metaSubscribe, id: "1", errText: "a"}, {channel: metaSubscribe, id: "2", errText: "b"}}, "ab"},
		{"one is missing", []message{{channel: metaSubscribe, id: "2"}}, "missing"},
		{"same id, other channel", []message{{channel: metaConnect, id: "1"}, {channel: metaConnect, id: "2"}}, "missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := "missing"
			if replies, err := match(ask, c.answer); err == nil {
				got = replies[0].errText + replies[1].errText
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSecureCookiesReachTheLoopbackOnly(t *testing.T) {
	for _, c := range []struct {
		address string
		want    int
	}{
		{"http://127.0.0.1:80/x", 1},
		{"http://localhost/x", 1},
		{"http://[::1]:80/x", 1},
		{"http://x.example/x", 0},
		{"https://x.example/x", 1},
	} {
		j, err := newJar()
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(c.address)
		if err != nil {
			t.Fatal(err)
		}
		j.SetCookies(u, []*http.Cookie{{Name: "sfdc-stream", Value: "a", Secure: true}})
		if got := len(j.Cookies(u)); got != c.want {
			t.Errorf("%s: %d cookies, want %d", c.address, got, c.want)
		}
	}
}

func TestAdviceIsBounded(t *testing.T) {
	for _, c := range []struct {
		json string
		want time.Duration
	}{
		{`{}`, time.Second},
		{`{"interval":0}`, 0},
		{`{"interval":2500}`, 2500 * time.Millisecond},
		{`{"interval":-1}`, time.Second},
		{`{"interval":99999999999999999999}`, time.Second},
		{`{"interval":99999999999}`, time.Minute},
		{`{"interval":"x"}`, time.Second},
	} {
		m := message{advice: json.RawMessage(c.json)}
		if got := milliseconds(m.parsedAdvice().Interval, time.Second, time.Minute); got != c.want {
			t.Errorf("%s: %v, want %v", c.json, got, c.want)
		}
	}
}

func TestRetryAfterIsBounded(t *testing.T) {
	for value, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-7": 0, "soon": 0, "999999": 10 * time.Minute} {
		if got := retryAfter(http.Header{"Retry-After": {value}}); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}
