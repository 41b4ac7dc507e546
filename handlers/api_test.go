package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// wantProblem checks the shape of application/problem+json.
func (a answered) wantProblem(status int, code gateway.Code, fields ...string) map[string]any {
	a.t.Helper()
	a.want(status)
	if kind := a.header.Get("Content-Type"); kind != problemJSON {
		a.t.Errorf("Content-Type %q", kind)
	}
	var got map[string]any
	a.decode(&got)
	if got["code"] != string(code) || got["status"] != float64(status) || got["title"] != http.StatusText(status) || got["type"] != "about:blank" || got["detail"] == "" {
		a.t.Errorf("problem %v", got)
	}
	named := fmt.Sprint(got["fields"])
	if len(fields) > 0 && named != fmt.Sprint(fields) {
		a.t.Errorf("fields %s, want %v", named, fields)
	}
	return got
}

func TestAPIOpensOnlyWithALiveKeyOfTheScope(t *testing.T) {
	w := newWorld(t)
	reader, _ := w.apiKey(home, "read")
	writer, _ := w.apiKey(home, "write")
	revoked, row := w.apiKey(home, "read", "write")
	must(t, w.db.In(home).RevokeKey(t.Context(), row.ID))
	record := "/api/v1/records/Contact/" + contactOf(home).ID
	calls := []struct{ method, path, body, scope string }{
		{"GET", "/api/v1/status", "", "read"},
		{"GET", "/api/v1/log", "", "read"},
		{"GET", "/api/v1/links", "", "read"},
		{"GET", "/api/v1/records/Contact", "", "read"},
		{"GET", record, "", "read"},
		{"PATCH", record, `{"fields":{"Title":"CEO"}}`, "write"},
		{"PUT", "/api/v1/people/p-1", `{"last_name":"Person"}`, "write"},
		{"PUT", "/api/v1/meetings/m-1", meetingBody(), "write"},
	}
	for _, c := range calls {
		for _, key := range []string{"", "tg_wrong", revoked, "Bearer"} {
			b := w.product(key)
			got := b.json(c.method, c.path, c.body)
			got.wantProblem(http.StatusUnauthorized, gateway.CodeUnauthorized)
			if got.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s %s: no WWW-Authenticate", c.method, c.path)
			}
		}
		right, wrong := reader, writer
		if c.scope == "write" {
			right, wrong = writer, reader
		}
		w.product(wrong).json(c.method, c.path, c.body).wantProblem(http.StatusForbidden, gateway.CodeForbidden)
		w.product(right).json(c.method, c.path, c.body).want(http.StatusOK)
	}
	// A session is no key.
	w.as(home, gateway.RoleAdmin).get("/api/v1/status").wantProblem(http.StatusUnauthorized, gateway.CodeUnauthorized)
	keys, err := w.db.In(home).Keys(t.Context())
	must(t, err)
	if !slices.ContainsFunc(keys, func(k gateway.APIKey) bool { return !k.LastUsed.IsZero() && time.Since(k.LastUsed) < time.Hour }) {
		t.Error("no key was used")
	}
}

func TestAPIAnswersMissingAndForeignAlike_S34(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "read", "write")
	b := w.product(text)
	must(t, w.db.In(foreign).SaveLink(t.Context(), gateway.Link{Kind: "person", ExternalID: "theirs", Key: contactOf(foreign), Reason: "secret"}))
	for _, method := range []string{"GET", "PATCH"} {
		body := ""
		if method == "PATCH" {
			body = `{"fields":{"Title":"Mine"}}`
		}
		missing := key("Contact", "003", 4242).ID
		theirs := b.json(method, "/api/v1/records/Contact/"+contactOf(foreign).ID, body)
		nowhere := b.json(method, "/api/v1/records/Contact/"+missing, body)
		theirs.wantProblem(http.StatusNotFound, gateway.CodeNotFound)
		if strings.ReplaceAll(theirs.body, contactOf(foreign).ID, "") != strings.ReplaceAll(nowhere.body, missing, "") {
			t.Errorf("theirs %s\nmissing %s", theirs.body, nowhere.body)
		}
	}
	if !w.audited(home, "recorder asked for something that is not here GET /api/v1/records/Contact/"+contactOf(foreign).ID) {
		t.Error("not audited")
	}
	for _, path := range []string{"/api/v1/records/Case", "/api/v1/records/Contact/abc", "/api/v1/records/Case/" + contactOf(home).ID, "/api/v1/nothing"} {
		b.get(path).wantProblem(http.StatusNotFound, gateway.CodeNotFound)
	}
	b.send("DELETE", "/api/v1/status", "", "").wantProblem(http.StatusMethodNotAllowed, gateway.CodeInvalid)
	if links := b.get("/api/v1/links"); contains(links.body, "theirs") {
		t.Error("a foreign link is listed")
	}
}

type apiPage struct {
	Records []apiMade `json:"records"`
	Next    *string   `json:"next"`
}

func TestAPIReadsTheMirrorPageByPage(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, dbURL string) {
		w := newWorldOn(t, dbURL)
		for n := range 12 {
			w.save(home, record(key("Contact", "003", 1000+n), gateway.Fields{"Name": gateway.Text(fmt.Sprintf("Person %02d", n)), "Amount__c": gateway.Number("12345678901234567.89")}))
		}
		text, _ := w.apiKey(home, "read")
		b := w.product(text)
		var ids []string
		for next := "/api/v1/records/Contact?limit=5"; next != ""; {
			var page apiPage
			b.get(next).want(http.StatusOK).decode(&page)
			for _, r := range page.Records {
				ids = append(ids, r.ID)
			}
			next = ""
			if page.Next != nil {
				next = *page.Next
			}
			if len(ids) > 100 {
				t.Fatal("the pages do not end")
			}
		}
		if len(ids) != 13 || len(slices.Compact(sorted(ids))) != 13 {
			t.Errorf("%d ids: %v", len(ids), ids)
		}
		if got := b.get("/api/v1/records/Contact?q=person+03").want(http.StatusOK); !contains(got.body, "12345678901234567.89") || !contains(got.body, `"next":null`) {
			t.Errorf("a digit was lost, or there is a next: %s", got.body)
		}
		one := apiMade{}
		b.get("/api/v1/records/Contact/" + contactOf(home).ID[:15]).want(http.StatusOK).decode(&one)
		if one.ID != contactOf(home).ID || one.Object != "Contact" || one.Fields["Title"] != gateway.Text("Buyer") || one.AsOf.IsZero() || one.Links == nil {
			t.Errorf("one record: %+v", one)
		}
		for _, wrong := range []string{"limit=0", "limit=501"} {
			b.get("/api/v1/records/Contact?"+wrong).wantProblem(http.StatusUnprocessableEntity, gateway.CodeInvalid, "limit")
		}
		b.get("/api/v1/records/Contact?updated_after=yesterday").wantProblem(http.StatusUnprocessableEntity, gateway.CodeInvalid, "updated_after")
		b.get("/api/v1/records/Contact?after=garbage").wantProblem(http.StatusUnprocessableEntity, gateway.CodeInvalid)

		since := w.clock.now().Add(time.Millisecond)
		w.clock.forward(time.Second)
		deleted := record(key("Contact", "003", 1003), gateway.Fields{"Name": gateway.Text("Person 03")})
		deleted.Deleted, deleted.ObservedAt = true, w.clock.now()
		w.save(home, deleted)
		var page apiPage
		b.get("/api/v1/records/Contact?updated_after=" + url.QueryEscape(since.UTC().Format(time.RFC3339Nano))).want(http.StatusOK).decode(&page)
		if len(page.Records) != 1 || !page.Records[0].Deleted {
			t.Errorf("since then: %+v", page.Records)
		}
	})
}

// STA-10, STA-12: an edit of a field that came from Salesforce goes back to that
// field, of whatever object.
func TestAPIEditSaysWrittenQueuedOrRefused(t *testing.T) {
	tests := []struct {
		name   string
		body   string
		script func(w *world)
		status int
		state  string
		code   gateway.Code
		fields []string
		sent   int
	}{
		{"written", `{"fields":{"Title":"CEO","Phone":null}}`, func(*world) {}, 200, "written", "", nil, 1},
		{"nothing new", `{"fields":{"Title":"Buyer"}}`, func(*world) {}, 200, "written", "", nil, 0},
		{"queued, Salesforce is down", `{"fields":{"Title":"CEO"}}`, func(w *world) {
			w.caller.script(func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFDown) })
		}, 200, "queued", "", nil, 1},
		{"queued, paused", `{"fields":{"Title":"CEO"}}`, func(w *world) {
			_, err := w.db.In(home).SetConnectionState(w.t.Context(), "c-home", gateway.StatePaused, "")
			must(w.t, err)
		}, 200, "queued", "", nil, 0},
		{"refused by Salesforce", `{"fields":{"Title":"CEO"}}`, func(w *world) {
			w.caller.script(func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFValidation, "Title") })
		}, 422, "refused", gateway.CodeSFValidation, []string{"Title"}, 1},
		{"refused, not Editable", `{"fields":{"Title":"CEO","LeadSource":"Web"}}`, func(*world) {}, 403, "refused", gateway.CodeForbidden, []string{"LeadSource"}, 0},
		{"too long", `{"fields":{"Title":"` + strings.Repeat("x", 129) + `"}}`, func(*world) {}, 422, "", gateway.CodeInvalid, []string{"Title"}, 0},
		{"no fields", `{"fields":{}}`, func(*world) {}, 422, "", gateway.CodeInvalid, []string{"fields"}, 0},
		{"misspelled", `{"feilds":{"Title":"CEO"}}`, func(*world) {}, 422, "", gateway.CodeInvalid, nil, 0},
		{"no JSON", `Title=CEO`, func(*world) {}, 422, "", gateway.CodeInvalid, nil, 0},
		{"text after the end", `{"fields":{"Title":"CEO"}} {"fields":{}}`, func(*world) {}, 422, "", gateway.CodeInvalid, nil, 0},
		{"an object as value", `{"fields":{"Title":{"a":1}}}`, func(*world) {}, 422, "", gateway.CodeInvalid, []string{"Title"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.script(w)
			text, _ := w.apiKey(home, "write")
			got := w.product(text).json("PATCH", "/api/v1/records/Contact/"+contactOf(home).ID, tt.body)
			var answer struct {
				State, Reason string
				Log           string
				Skipped       []apiSkipped
			}
			if tt.code != "" {
				got.wantProblem(tt.status, tt.code, tt.fields...)
			} else {
				got.want(tt.status)
			}
			got.decode(&answer)
			if answer.State != tt.state || (tt.state == "queued" || tt.state == "refused") && answer.Reason == "" {
				t.Errorf("answer %s", got.body)
			}
			if wantLog := tt.sent > 0 || tt.state == "queued"; (answer.Log != "") != wantLog {
				t.Errorf("log %q", answer.Log)
			}
			if w.caller.count() != tt.sent {
				t.Errorf("%d changes were sent, want %d", w.caller.count(), tt.sent)
			}
			_, pending := w.pending(contactOf(home))
			if wantPending := tt.state == "queued" || tt.state == "refused" && tt.sent > 0; pending != wantPending {
				t.Errorf("pending %v", pending)
			}
			if tt.name == "nothing new" && (len(answer.Skipped) != 1 || answer.Skipped[0].Field != "Title") {
				t.Errorf("skipped %+v", answer.Skipped)
			}
		})
	}
}

type personAnswer struct {
	ExternalID string `json:"external_id"`
	Salesforce struct {
		State, Reason, Code string
		Log                 string
		Links               []apiLink
		NeedsYou            bool `json:"needs_you"`
	} `json:"salesforce"`
}

func TestPersonIsMadeOnceHoweverOftenItIsPut(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "read", "write")
	b := w.product(text)
	id := "crm/users 7?ü"
	path := "/api/v1/people/" + url.PathEscape(id)
	var first, second personAnswer
	b.json("PUT", path, `{"email":"Nina@New.Example","first_name":"Nina","last_name":"New","kind":"contact"}`).want(http.StatusOK).decode(&first)
	if first.ExternalID != id || first.Salesforce.State != "written" || len(first.Salesforce.Links) != 1 || strings.HasPrefix(first.Salesforce.Links[0].ID, "local:") {
		t.Errorf("first %+v", first)
	}
	if sent := w.caller.sent[0]; sent.Op != gateway.OpCreate || sent.Fields["Email"] != gateway.Text("nina@new.example") {
		t.Errorf("sent %+v", sent)
	}
	b.json("PUT", path, `{"email":"nina@new.example","first_name":"Nina","last_name":"New"}`).want(http.StatusOK).decode(&second)
	if w.caller.count() != 1 || second.Salesforce.State != "written" || second.Salesforce.Links[0].ID != first.Salesforce.Links[0].ID {
		t.Errorf("second %+v, %d sent", second, w.caller.count())
	}
	var links struct {
		Links []apiLink
		Next  *string
	}
	b.get("/api/v1/links").want(http.StatusOK).decode(&links)
	if len(links.Links) != 1 || links.Links[0].ExternalID != id || links.Next != nil {
		t.Errorf("links %+v", links)
	}
}

func TestPersonWhoIsThereIsLinkedByEmail(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "write")
	b := w.product(text)
	var got personAnswer
	b.json("PUT", "/api/v1/people/p-1", `{"email":"ann@home.example","title":"Head Buyer"}`).want(http.StatusOK).decode(&got)
	if len(got.Salesforce.Links) != 1 || got.Salesforce.Links[0].ID != contactOf(home).ID || !contains(got.Salesforce.Links[0].Reason, "ann@home.example") {
		t.Errorf("answer %+v", got)
	}
	w.save(home, record(key("Contact", "003", 55), gateway.Fields{"LastName": gateway.Text("Twin"), "Email": gateway.Text("ann@home.example")}))
	b.json("PUT", "/api/v1/people/p-2", `{"email":"ann@home.example"}`).want(http.StatusOK).decode(&got)
	if got.Salesforce.State != "queued" || !got.Salesforce.NeedsYou || !contains(got.Salesforce.Reason, "2 records") {
		t.Errorf("two of them: %+v", got)
	}
}

func TestImpossiblePeopleAreRefused(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "write")
	b := w.product(text)
	for body, field := range map[string]string{`{"email":"no address"}`: "email", `{"kind":"robot"}`: "kind"} {
		b.json("PUT", "/api/v1/people/p-1", body).wantProblem(http.StatusUnprocessableEntity, gateway.CodeInvalid, field)
	}
	for _, id := range []string{"%20", "a%0d%0ab", strings.Repeat("x", 201)} {
		b.json("PUT", "/api/v1/people/"+id, `{"last_name":"X"}`).wantProblem(http.StatusUnprocessableEntity, gateway.CodeInvalid, "external_id")
	}
	b.json("PUT", "/api/v1/people/p-1", `{"workspace_id":"foreign","last_name":"X"}`).wantProblem(http.StatusUnprocessableEntity, gateway.CodeInvalid)
	if w.caller.count() != 0 {
		t.Error("something was sent")
	}
}

func TestAPIPagesLinksAndLog(t *testing.T) {
	w := newWorld(t)
	for n := range linkPage + 5 {
		must(t, w.db.In(home).SaveLink(t.Context(), gateway.Link{Kind: "person", ExternalID: fmt.Sprintf("p/%03d", n), Key: contactOf(home), Reason: "r"}))
	}
	w.observe(7, func(int) time.Time { return w.clock.now() })
	line := w.park(home, "CEO")
	text, _ := w.apiKey(home, "read")
	b := w.product(text)
	seen := 0
	for next := "/api/v1/links"; next != ""; {
		var page struct {
			Links []apiLink
			Next  *string
		}
		b.get(next).want(http.StatusOK).decode(&page)
		seen += len(page.Links)
		if next = ""; page.Next != nil {
			next = *page.Next
		}
	}
	if seen != linkPage+5 {
		t.Errorf("%d links", seen)
	}
	lines := map[int64]apiLogLine{}
	for next := "/api/v1/log?limit=3"; next != ""; {
		var page struct {
			Lines  []apiLogLine
			Total  int
			Counts map[gateway.LogState]int
			Next   *string
		}
		b.get(next).want(http.StatusOK).decode(&page)
		if page.Total != 8 || page.Counts[gateway.LogNeedsYou] != 1 || page.Counts[gateway.LogDone] != 7 {
			t.Errorf("total %d, counts %v", page.Total, page.Counts)
		}
		for _, l := range page.Lines {
			lines[l.ID] = l
		}
		if next = ""; page.Next != nil {
			next = *page.Next
		}
	}
	if parked := lines[line]; len(lines) != 8 || parked.Problem == nil || parked.Problem.Code != string(gateway.CodeSFValidation) || parked.State != "needs_you" || parked.Direction != "out" {
		t.Errorf("%d lines, parked %+v", len(lines), lines[line])
	}
	b.get("/api/v1/log?limit=0").wantProblem(http.StatusUnprocessableEntity, gateway.CodeInvalid, "limit")
	b.get("/api/v1/log?state=needs_you").want(http.StatusOK, `"total":1`)
}

func TestAPIStatusTellsWhatIsNotKnown(t *testing.T) {
	w := newWorld(t)
	must(t, w.db.In(home).SaveObjectStatus(t.Context(), gateway.ObjectStatus{Object: "Contact", Transport: "stream", RowsHere: 1, RowsThere: -1}))
	text, _ := w.apiKey(home, "read")
	var got struct {
		State, Environment, Org string
		Objects                 []map[string]any
	}
	w.product(text).get("/api/v1/status").want(http.StatusOK).decode(&got)
	if got.State != "ok" || got.Environment != "production" || got.Org != "Org of home" {
		t.Errorf("status %+v", got)
	}
	for _, o := range got.Objects {
		if o["object"] == "Contact" && (o["rows_here"] != 1.0 || o["rows_in_salesforce"] != nil || o["last_event"] != nil) {
			t.Errorf("Contact: %v", o)
		}
	}
	// What waits is told in all, also of an object that is not mirrored.
	must(t, w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveChange(ctx, gateway.Change{
			Key: gateway.RecordKey{Object: "EventRelation", ID: gateway.LocalID(home, "meeting", "m", "who")}, Op: gateway.OpCreate,
			Fields: gateway.Fields{"RelationId": gateway.Text(contactOf(home).ID)}, State: gateway.StateWaiting, Edit: 1, EnqueuedAt: tx.Now(), DueAt: tx.Now(),
		})
	}))
	w.product(text).get("/api/v1/status").want(http.StatusOK, `"pending":1`, `"needs_you":0`)
	fresh := gateway.WorkspaceID("fresh")
	must(t, w.db.CreateWorkspace(t.Context(), fresh, "Fresh"))
	text, _ = w.apiKey(fresh, "read")
	w.product(text).get("/api/v1/status").want(http.StatusOK, `"state":"disconnected"`)
	if page, err := w.db.In(fresh).Log(t.Context(), store.LogQuery{}); err != nil || page.Total != 0 {
		t.Errorf("looking wrote %d lines (%v)", page.Total, err)
	}
}
