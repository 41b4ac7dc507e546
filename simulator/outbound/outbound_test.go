package outbound

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/simulator/fault"
	"tidegate/simulator/org"
)

const accepted = `<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>
 <notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>`

// house is an org with a sender, a clock that is set by hand, and a receiver
// that keeps what it gets and answers as it is told.
type house struct {
	t      *testing.T
	org    *org.Org
	s      *Sender
	faults *fault.Registry
	at     time.Time
	got    []*request
	answer func(n int) (int, string)
}

type request struct {
	header http.Header
	body   string
}

// Do is the receiver.
func (h *house) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	h.got = append(h.got, &request{r.Header, string(body)})
	status, text := h.answer(len(h.got))
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(text))}, nil
}

func build(t *testing.T, d Definition) *house {
	t.Helper()
	h := &house{t: t, at: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), answer: func(int) (int, string) { return 200, accepted }}
	now := func() time.Time { return h.at }
	h.faults = fault.NewRegistry(now)
	h.s = New(Config{
		Org: func() *org.Org { return h.org }, BaseURL: func() string { return "https://acme.example" },
		Session: func(string) string { return "00D!session" }, Faults: h.faults, Now: now, HTTP: h,
	})
	h.org = org.New(org.Config{Now: now, Publisher: h.s})
	d.URL = "https://receiver.example/hook"
	if _, err := h.s.Define(d); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) do(fn func(*org.Tx) *org.Error) {
	h.t.Helper()
	_, err := h.org.Transact(org.Caller{}, func(tx *org.Tx) error {
		if refused := fn(tx); refused != nil {
			return refused
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) create(name string) (id string) {
	h.t.Helper()
	h.do(func(tx *org.Tx) (err *org.Error) {
		id, err = tx.Create("Account", map[string]any{"Name": name})
		return err
	})
	return id
}

// told are the ids of the notifications of a message, and names the values.
func (r *request) told(t *testing.T) (ids, names []string, envelope map[string]string) {
	t.Helper()
	envelope = map[string]string{}
	d := xml.NewDecoder(strings.NewReader(r.body))
	var path []string
	for {
		token, err := d.Token()
		if err == io.EOF {
			return ids, names, envelope
		}
		if err != nil {
			t.Fatalf("%v in %s", err, r.body)
		}
		switch x := token.(type) {
		case xml.StartElement:
			path = append(path, x.Name.Local)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			text := strings.TrimSpace(string(x))
			switch strings.Join(path[min(len(path), 3):], "/") {
			case "Notification/Id":
				ids = append(ids, text)
			case "Notification/sObject/Name":
				names = append(names, text)
			case "OrganizationId", "ActionId", "SessionId", "EnterpriseUrl", "PartnerUrl":
				envelope[path[3]] += text
			}
		}
	}
}

func TestS27MessagesTellOfUpToAHundredRecordsWithTheirPresentValues(t *testing.T) {
	h := build(t, Definition{Object: "Account", Fields: []string{"Name", "Phone", "CreatedDate", "AnnualRevenue"}})
	first := h.create("A & <B>")
	for i := range 119 {
		h.create(fmt.Sprint(i))
	}
	h.do(func(tx *org.Tx) *org.Error {
		return tx.Update("Account", first, map[string]any{"Name": "now & <B>", "AnnualRevenue": 125})
	})
	if n := h.s.Deliver(t.Context()); n != 2 || len(h.got) != 2 {
		t.Fatalf("%d messages", n)
	}
	ids, names, envelope := h.got[0].told(t)
	rest, _, _ := h.got[1].told(t)
	if len(ids) != 100 || len(rest) != 21 || !strings.HasPrefix(ids[0], "04l") || slices.Contains(ids, rest[0]) {
		t.Errorf("%d and %d notifications, the first %s", len(ids), len(rest), ids[0])
	}
	if names[0] != "now & <B>" {
		t.Errorf("the first record is called %q: not as it is now", names[0])
	}
	want := map[string]string{
		"OrganizationId": h.org.ID(), "ActionId": h.s.States()[0].ID,
		"EnterpriseUrl": "https://acme.example/services/Soap/c/61.0/" + h.org.ID()[:15], "PartnerUrl": "https://acme.example/services/Soap/u/61.0/" + h.org.ID()[:15],
	}
	for name, value := range want {
		if envelope[name] != value {
			t.Errorf("%s is %q, want %q", name, envelope[name], value)
		}
	}
	for _, part := range []string{`<SessionId xsi:nil="true"/>`, `<sf:CreatedDate>2026-03-02T10:00:00.000Z<`, `<sf:AnnualRevenue>125.0<`, `xsi:type="sf:Account"`} {
		if !strings.Contains(h.got[0].body, part) {
			t.Errorf("the message lacks %s", part)
		}
	}
	if strings.Contains(h.got[0].body, "Phone") {
		t.Error("an empty field is sent")
	}
	if s := h.s.States()[0]; s.Waiting != 0 || s.Delivered != 121 {
		t.Errorf("afterwards %+v", s)
	}
}

func TestS27UnacknowledgedMessagesAreRepeatedForADay(t *testing.T) {
	for name, answer := range map[string]func(int) (int, string){
		"an error":    func(int) (int, string) { return 500, accepted },
		"Ack false":   func(int) (int, string) { return 200, strings.Replace(accepted, "true", "false", 1) },
		"no envelope": func(int) (int, string) { return 200, "ok" },
		"a SOAP fault": func(int) (int, string) {
			return 200, `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault/></e:Body></e:Envelope>`
		},
	} {
		h := build(t, Definition{Object: "Account", Fields: []string{"Name"}})
		h.answer = answer
		h.create("A")
		begin, last, longest := h.at, h.at, time.Duration(0)
		for h.at.Sub(begin) < 25*time.Hour {
			if h.s.Deliver(t.Context()) > 0 {
				longest = max(longest, h.at.Sub(last))
				last = h.at
			}
			h.at = h.at.Add(time.Minute)
		}
		if longest != 2*time.Hour {
			t.Errorf("%s: the longest pause is %v", name, longest)
		}
		s := h.s.States()[0]
		if s.Dropped != 1 || s.Waiting != 0 || s.Attempts < 15 || last.Sub(begin) >= 24*time.Hour {
			t.Errorf("%s: %+v, last try after %v", name, s, last.Sub(begin))
		}
	}
}

func TestS27LaterChangesOvertakeWhatFailed(t *testing.T) { // values at send time, out of order
	h := build(t, Definition{Object: "Account", Fields: []string{"Name"}, SendSession: true})
	h.answer = func(n int) (int, string) {
		if n == 1 {
			return 503, ""
		}
		return 200, accepted
	}
	id := h.create("old")
	h.s.Deliver(t.Context())
	h.do(func(tx *org.Tx) *org.Error { return tx.Update("Account", id, map[string]any{"Name": "new"}) })
	h.s.Deliver(t.Context())
	h.at = h.at.Add(time.Minute)
	h.s.Deliver(t.Context())
	var order []string
	for _, r := range h.got {
		ids, names, envelope := r.told(t)
		order = append(order, ids[0][14:15]+names[0])
		if envelope["SessionId"] != "00D!session" {
			t.Errorf("session %q", envelope["SessionId"])
		}
	}
	if want := []string{"2old", "3new", "2new"}; !slices.Equal(order, want) {
		t.Errorf("sent %v, want %v", order, want)
	}
}

func TestS27RepeatedAndReversedOnPurpose(t *testing.T) {
	h := build(t, Definition{Object: "Account", Fields: []string{"Name"}})
	for _, kind := range []string{FaultRepeat, FaultReverse} {
		if _, err := h.faults.Arm(fault.Spec{Kind: kind}); err != nil {
			t.Fatal(err)
		}
	}
	h.create("A")
	h.create("B")
	h.s.Deliver(t.Context())
	var names []string
	for _, r := range h.got {
		_, name, _ := r.told(t)
		names = append(names, name...)
	}
	if want := []string{"B", "B", "A"}; !slices.Equal(names, want) {
		t.Errorf("sent %v, want %v", names, want)
	}
}

func TestDeletionsAndExceptedUsersAreNotTold(t *testing.T) {
	h := build(t, Definition{Object: "Account"})
	id := h.create("A")
	h.s.Deliver(t.Context())
	h.do(func(tx *org.Tx) *org.Error { return tx.Delete("Account", id) })
	if n := h.s.Deliver(t.Context()); n != 0 {
		t.Errorf("a deletion makes %d messages", n)
	}
	quiet := build(t, Definition{Object: "Account", ExceptUser: h.org.AdminID()})
	quiet.create("A")
	if n := quiet.s.Deliver(t.Context()); n != 0 {
		t.Errorf("the excepted user makes %d messages", n)
	}
}

func TestCalloutsAreSignedAndSentOnce(t *testing.T) {
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte("a secret of this test"))
	h := build(t, Definition{Object: "Account", Fields: []string{"Name"}, Format: JSON, Secret: secret})
	h.answer = func(int) (int, string) { return 500, "" }
	id := h.create("A")
	h.s.Deliver(t.Context())
	h.at = h.at.Add(time.Hour)
	h.s.Deliver(t.Context())
	if len(h.got) != 1 {
		t.Fatalf("sent %d times", len(h.got))
	}
	var body struct{ Event, RecordID string }
	if err := json.Unmarshal([]byte(h.got[0].body), &body); err != nil || body.Event != "Account.created" || body.RecordID != id {
		t.Errorf("%v: %s", err, h.got[0].body)
	}
	if s := h.got[0].header.Get("webhook-signature"); !strings.HasPrefix(s, "v1,") || h.got[0].header.Get("webhook-timestamp") != "1772445600" {
		t.Errorf("signed %q", s)
	}
}

// The published example of Standard Webhooks.
func TestSignatureIsThePublishedOne(t *testing.T) {
	s := New(Config{Now: func() time.Time { return time.Unix(1614265330, 0) }})
	h := http.Header{}
	s.sign(h, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", []byte(`{"test": 2432232314}`))
	if got := h.Get("webhook-signature"); got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Error(got)
	}
}

func TestUnsoundDefinitionsAreRefused(t *testing.T) {
	h := build(t, Definition{Object: "Account"})
	for _, d := range []Definition{
		{Object: "Nothing", URL: "https://a.example"},
		{Object: "Account", URL: "ftp://a.example"},
		{Object: "Account"},
		{Object: "Account", URL: "https://a.example", Fields: []string{"Shoe"}},
		{Object: "Account", URL: "https://a.example", Format: "yaml"},
		{Object: "Account", URL: "https://a.example", Secret: "secret"},
		{Object: "Account", URL: "https://a.example", ExceptUser: "me"},
	} {
		if _, err := h.s.Define(d); err == nil {
			t.Errorf("%+v was taken", d)
		}
	}
	if !bytes.Equal(key("whsec_YQ=="), []byte("a")) {
		t.Error("a sound secret is not read")
	}
}
