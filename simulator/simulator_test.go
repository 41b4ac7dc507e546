package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client speaks to a running org as any HTTP client would.
type client struct {
	t     *testing.T
	base  string
	token string
	http  *http.Client
}

func start(t *testing.T, cfg simulator.Config) (*simulator.Running, *client) {
	t.Helper()
	cfg.Quiet = true
	org, err := simulator.Start(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := org.Close(); err != nil {
			t.Error(err)
		}
	})
	c := &client{t: t, base: org.URL, token: org.AccessToken, http: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	return org, c
}

// clock is a clock that only moves when told.
func clock() (now func() time.Time, ahead func(time.Duration)) {
	var moved atomic.Int64
	begin := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	return func() time.Time { return begin.Add(time.Duration(moved.Load())) }, func(d time.Duration) { moved.Add(int64(d)) }
}

// reply is an answer, its body read.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (c *client) send(method, path, body string, headers ...string) reply {
	c.t.Helper()
	r, err := c.do(method, path, body, headers...)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func (c *client) do(method, path, body string, headers ...string) (reply, error) {
	req, err := http.NewRequest(method, c.base+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header, got}, err
}

// want sends and fails unless the status is as wanted.
func (c *client) want(status int, method, path, body string, headers ...string) reply {
	c.t.Helper()
	r := c.send(method, path, body, headers...)
	if r.status != status {
		c.t.Fatalf("%s %s: %d, want %d: %s", method, path, r.status, status, r.body)
	}
	return r
}

func (r reply) into(t *testing.T, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%v in %s", err, r.body)
	}
}

// code is the errorCode of an error answer.
func (r reply) code(t *testing.T) string {
	t.Helper()
	var errs []struct{ ErrorCode string }
	r.into(t, &errs)
	if len(errs) == 0 {
		t.Fatalf("no error in %s", r.body)
	}
	return errs[0].ErrorCode
}

const v = "/services/data/v66.0"

func soql(q string) string { return v + "/query?q=" + url.QueryEscape(q) }

// made is the id of a created record.
func (c *client) made(object, body string) string {
	c.t.Helper()
	var out struct{ ID string }
	c.want(201, "POST", v+"/sobjects/"+object, body).into(c.t, &out)
	return out.ID
}

func TestDefaultSeedHasTheAnnouncedSizes(t *testing.T) {
	_, c := start(t, simulator.Config{Seed: 1, Sizes: seed.Default})
	for object, want := range map[string]int{"Account": 500, "Contact": 1500, "Lead": 400, "Opportunity": 600, "User": 13, "OpportunityStage": 10} {
		var out struct{ TotalSize int }
		c.want(200, "GET", soql("SELECT COUNT() FROM "+object), "").into(t, &out)
		if out.TotalSize != want {
			t.Errorf("%s: %d, want %d", object, out.TotalSize, want)
		}
	}
}

func TestSameSeedMakesTheSamePeople(t *testing.T) {
	sizes := seed.Sizes{Accounts: 20, Contacts: 50}
	names := func(seed uint64) string {
		_, c := start(t, simulator.Config{Seed: seed, Sizes: sizes})
		return string(c.want(200, "GET", soql("SELECT Id, Name, Email, Phone FROM Contact"), "").body)
	}
	first, again, other := names(7), names(7), names(8)
	if first != again || first == other {
		t.Error("the seed does not decide who is made")
	}
}

func TestCreatedRecordReadsBackUpdatesAndDeletes(t *testing.T) {
	_, c := start(t, simulator.Config{})
	id := c.made("Contact", `{"LastName":"Moser","FirstName":"Ada","Email":"ada@people.example"}`)
	path := v + "/sobjects/Contact/" + id
	var got map[string]any
	c.want(200, "GET", path+"?fields=Id,Name,Email,MailingAddress", "").into(t, &got)
	if got["Name"] != "Ada Moser" || got["MailingAddress"] != nil || len(got) != 5 {
		t.Errorf("got %v", got)
	}
	if r := c.want(204, "PATCH", path, `{"Title":"CTO"}`); len(r.body) != 0 {
		t.Errorf("PATCH answered %q", r.body)
	}
	c.want(204, "DELETE", path, "")
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		if r := c.want(404, method, path, "{}"); r.code(t) != "ENTITY_IS_DELETED" {
			t.Errorf("%s after delete: %s", method, r.body)
		}
	}
	var all struct{ Records []map[string]any }
	c.want(200, "GET", strings.Replace(soql("SELECT Id, IsDeleted FROM Contact"), "/query", "/queryAll", 1), "").into(t, &all)
	if len(all.Records) != 1 || all.Records[0]["IsDeleted"] != true {
		t.Errorf("queryAll: %v", all.Records)
	}
}

func TestControlChangesReachTheTruthAndTheBus(t *testing.T) {
	org, c := start(t, simulator.Config{Sizes: seed.Sizes{Accounts: 5, Contacts: 20}})
	before := org.Log.Last()
	var out struct {
		Made         int   `json:"made"`
		LastReplayID int64 `json:"last_replay_id"`
	}
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"update","count":10,"fields":["Phone"],"seed":3}`).into(t, &out)
	if out.Made != 10 || out.LastReplayID <= before {
		t.Fatalf("made %+v after %d", out, before)
	}
	r := c.want(200, "GET", "/_sim/truth/Contact", "")
	if lines := bytes.Count(r.body, []byte("\n")); lines != 20 {
		t.Errorf("truth has %d lines", lines)
	}
	var one map[string]any
	reply{body: bytes.SplitN(r.body, []byte("\n"), 2)[0]}.into(t, &one)
	id, _ := one["Id"].(string)
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"update","id":"`+id+`","values":{"Title":"Exactly this"}}`)
	c.want(200, "GET", v+"/sobjects/Contact/"+id+"?fields=Title", "").into(t, &one)
	if one["Title"] != "Exactly this" {
		t.Errorf("title %v", one["Title"])
	}
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	encoded, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}
