package handlers

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/outbox"
)

// parkOn parks a write of the phone of a contact for a reason.
func (w *world) parkOn(n int, code gateway.Code, said string) int64 {
	w.t.Helper()
	k := key("Contact", "003", 100+n)
	w.save(home, record(k, gateway.Fields{"Name": gateway.Text("=Account " + strconv.Itoa(n)), "Phone": gateway.Null}))
	w.caller.script(func(gateway.Change) gateway.Delivery {
		return gateway.Delivery{Err: &gateway.Error{Code: code, Message: said, Said: "400 X: " + said, Status: 400}}
	})
	defer w.caller.script(nil)
	r, err := w.box.Submit(w.t.Context(), home, outbox.Edit{
		Key: k, Fields: gateway.Fields{"Phone": gateway.Text("+1 202 555 0" + strconv.Itoa(100+n))},
		Cause: gateway.Cause{Kind: gateway.KindMeeting, Ref: "m" + strconv.Itoa(n), Rule: "Edit", Name: names[gateway.RoleRep]},
	})
	must(w.t, err)
	_, err = w.box.Deliver(w.t.Context(), home, r)
	must(w.t, err)
	return r.LogID
}

// UX 32, 36: the new filters are in the address, counts add up with each, and
// causes are grouped with how often, newest and oldest.
func TestLogIsGroupedByCause_UX32_UX36(t *testing.T) {
	w := newWorld(t)
	for n := range 3 {
		w.parkOn(n, gateway.CodeSFValidation, "Phones begin with a plus.")
	}
	w.parkOn(3, gateway.CodeSFPermission, "No access.")
	b := w.as(home, gateway.RoleAdmin)
	page := b.get("/sync/log").want(http.StatusOK, "4 writes need you, 2 causes", "Phones begin with a plus.", "3 writes, newest")
	grouped := b.get("/sync/log?group=cause&state=needs_you").want(http.StatusOK, "2 causes", "3 lines, newest", "1 line, newest")
	if contains(b.get("/sync/log?group=cause").body, "Fix and retry all") || !contains(grouped.body, "Fix and retry all") {
		t.Error("causes of what needs somebody lead to fixing them, others do not")
	}
	b.get("/sync/log").want(http.StatusOK, "4 lines: 4 need you.")
	cause := ""
	for _, link := range page.links() {
		if strings.HasPrefix(link, "/sync/log") && strings.Contains(link, "cause=") {
			cause = link
		}
	}
	if cause == "" || len(grouped.rows()) != 0 {
		t.Fatalf("no link to a cause among %v", page.links())
	}
	for query, want := range map[string]int{
		cause: 3, "/sync/log?cause=" + string(gateway.CodeSFPermission): 1, "/sync/log?cause=salesforce_gone": 0, "/sync/log?cause=salesforce_validation~none": 0,
		"/sync/log?meeting=m2": 1, "/sync/log?call=m2": 0, "/sync/log?who=" + url.QueryEscape(names[gateway.RoleRep]): 4, "/sync/log?who=Nobody": 0, "/sync/log?rule=Edit": 4,
	} {
		got := b.get(query).want(http.StatusOK)
		if rows := got.rows(); len(rows) != want {
			t.Errorf("%s: %d rows, want %d", query, len(rows), want)
		}
		if want > 0 && !contains(got.words(), count(want, "line", "lines")+": ") {
			t.Errorf("%s: the counts do not add up: %s", query, brief(got.words()))
		}
	}
}

// UX 35: one press tries all of a cause again, never those that cannot
// succeed; and ignores them with one reason.
func TestBulkRetryAndIgnore_UX35(t *testing.T) {
	w := newWorld(t)
	for n := range 3 {
		w.parkOn(n, gateway.CodeSFValidation, "Phones begin with a plus.")
	}
	converted := w.parkOn(3, gateway.CodeSFConverted, "It was converted.")
	b := w.as(home, gateway.RoleRep)
	b.get(logURL(converted)).want(http.StatusOK, "A converted lead takes no changes.")
	b.post(logURL(converted)+"/retry", url.Values{}).want(http.StatusConflict, "cannot succeed yet")
	before := w.caller.count()
	got := b.post("/sync/lines/retry", b.get("/sync/log?state=needs_you").form("/sync/lines/retry"))
	got.want(http.StatusSeeOther).wantLocation("/sync/log?left=1&tried=3")
	b.get("/sync/log?left=1&tried=3").want(http.StatusOK, "3 writes are tried again now. 1 cannot succeed yet; its line says what must change first.")
	if w.caller.count() != before {
		t.Error("a press sends nothing itself")
	}
	if rows := b.get("/sync/log?state=waiting").rows(); len(rows) != 3 {
		t.Errorf("waiting %v", rows)
	}
	form := b.get("/sync/lines/ignore?cause=salesforce_converted").want(http.StatusOK, "Ignore 1 write").form("/sync/lines/ignore")
	b.post("/sync/lines/ignore", form).want(http.StatusUnprocessableEntity, "Say in up to 200 characters")
	form.Set("reason", "It is a contact now.")
	b.post("/sync/lines/ignore", form).want(http.StatusSeeOther)
	b.get(logURL(converted)).want(http.StatusOK, "It is a contact now.", "Ignored by Rita Rep.")
	w.as(home, gateway.RoleAdmin).get("/sync/log?state=ignored").want(http.StatusOK, "1 of 4 lines: 3 waiting, 1 ignored")
	b.get("/sync/lines/ignore?cause=salesforce_converted").want(http.StatusConflict, "No write that needs somebody")
	if !w.audited(home, "tried 3 parked writes again") || !w.audited(home, "ignored 1 parked write") || w.audited(home, "fields that the form does not have") {
		t.Error("the audit lacks what was done")
	}
}

// UX 37: personal data of a write is masked until somebody asks, which is
// written down; base and what Salesforce has now stand beside ours.
func TestPersonalDataIsMaskedUntilAsked_UX37(t *testing.T) {
	w := newWorld(t)
	line := w.parkOn(1, gateway.CodeSFValidation, "No.")
	b := w.as(home, gateway.RoleRep)
	page := b.get(logURL(line)).want(http.StatusOK, "Now in Salesforce", "+•••", "Show personal data")
	if contains(page.body, "555 0101") {
		t.Error("the number is shown")
	}
	b.post(logURL(line)+"/reveal", page.form(logURL(line)+"/reveal")).want(http.StatusOK, "+1 202 555 0101")
	if !w.audited(home, "Rita Rep looked at the personal data of a line") {
		t.Error("not audited")
	}
	b.post("/sync/log/12345/reveal", url.Values{}).want(http.StatusNotFound)
}

// UX 40, S-28: an export is a file whose cells no spreadsheet calculates, and
// it is written down who took it.
func TestExportIsFormulaSafeAndAudited_UX40_S28(t *testing.T) {
	w := newWorld(t)
	w.parkOn(1, gateway.CodeSFValidation, "+SUM(A1)")
	w.parkOn(2, gateway.CodeSFPermission, "No.")
	b := w.as(home, gateway.RoleAdmin)
	got := b.post("/sync/lines/export", url.Values{"format": {"csv"}, "cause": {"salesforce_validation"}}).want(http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	must(t, err)
	if len(rows) != 2 || len(rows[1]) != len(exportColumns) || !strings.Contains(got.header.Get("Content-Disposition"), ".csv") {
		t.Fatalf("rows %v, %v", rows, got.header)
	}
	if got := strings.Join(rows[1], "|"); !strings.Contains(got, "|'=Account 1|") || !strings.Contains(got, "|'+SUM(A1)|") || strings.Contains(got, "555 0101") {
		t.Errorf("row %s", got)
	}
	var file struct {
		Lines    []fileLine
		Total    int
		Complete bool
	}
	must(t, json.Unmarshal([]byte(b.post("/sync/lines/export", url.Values{"format": {"json"}}).want(http.StatusOK).body), &file))
	if len(file.Lines) != 2 || file.Total != 2 || !file.Complete || file.Lines[0].Ref != "m2" {
		t.Errorf("file %+v", file)
	}
	b.post("/sync/lines/export", url.Values{"format": {"xls"}}).want(http.StatusUnprocessableEntity)
	if !w.audited(home, "Ada Admin exported 1 line of the sync log as csv") {
		t.Error("not audited")
	}
	w.as(home, gateway.RoleRep).post("/sync/lines/export", url.Values{"format": {"csv"}}).want(http.StatusForbidden)
}

func TestFormulasBecomeText_S28(t *testing.T) {
	for _, cell := range []string{"=1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1", "\u00a0=1", "\x00=1", "=cmd|' /C calc'!A0"} {
		if got := formulaSafe(cell); !strings.HasPrefix(got, "'") || strings.Contains(got, "\x00") {
			t.Errorf("%q became %q", cell, got)
		}
	}
	for _, cell := range []string{"", "Ann", "5 - 3", "2026-03-02T12:00:00Z"} {
		if got := formulaSafe(cell); got != cell {
			t.Errorf("%q became %q", cell, got)
		}
	}
}
