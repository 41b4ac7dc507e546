package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"tidegate/gateway"
	"tidegate/store"
)

// rows are the ids of the rows of a page's table.
func (a answered) rows() []string {
	var out []string
	walk(a.tree(), func(n *html.Node) {
		if id, ok := strings.CutPrefix(attr(n, "id"), "row-"); ok && n.Data == "tr" {
			out = append(out, id)
		}
	})
	return out
}

// visitPages follows a pager's link from page to page.
func (b *browser) visitPages(start, rel string) (rows []string, last string) {
	b.w.t.Helper()
	for at := start; ; {
		page := b.get(at).want(http.StatusOK)
		found := page.rows()
		if rel == "prev" {
			rows = append(found, rows...)
		} else {
			rows = append(rows, found...)
		}
		next := page.rel(rel)
		if next == "" {
			return rows, at
		}
		if at = next; len(rows) > 1000 {
			b.w.t.Fatal("the pages do not end")
		}
	}
}

func TestPagingVisitsEveryRecordOnceInBothDirections(t *testing.T) {
	w := newWorld(t)
	want := []string{contactOf(home).ID}
	for n := range 60 {
		k := key("Contact", "003", 1000+n)
		w.save(home, record(k, gateway.Fields{"Name": gateway.Text(fmt.Sprintf("Person %02d", n/2)), "LastName": gateway.Text("P")})) // pairs share a name
		want = append(want, k.ID)
	}
	t.Run("admin", func(t *testing.T) {
		pagesVisitAll(t, w.as(home, gateway.RoleAdmin), want)
		w.as(home, gateway.RoleAdmin).get("/contacts").want(http.StatusOK, "61 records as in Salesforce, by name.", "25 of 61")
	})
	t.Run("rep, with his own eyes S-54", func(t *testing.T) { pagesVisitAll(t, w.as(home, gateway.RoleRep), want) })
}

func pagesVisitAll(t *testing.T, b *browser, want []string) {
	t.Helper()
	forward, last := b.visitPages("/contacts", "next")
	if !slices.Equal(sorted(forward), sorted(want)) {
		t.Errorf("forward: %d rows, want %d once each", len(forward), len(want))
	}
	backward, first := b.visitPages(last, "prev")
	if !slices.Equal(backward, forward) {
		t.Errorf("backward: %d rows in another order", len(backward))
	}
	if b.get(first).want(http.StatusOK).rel("prev") != "" || b.get(last).rel("next") != "" {
		t.Error("a pager leads beyond the ends")
	}
	middle := b.get(b.get(last).rel("prev"))
	if there := b.get(middle.rel("next")).rows(); !slices.Equal(there, b.get(last).rows()) {
		t.Errorf("one page back and one forward is another page: %v", there)
	}
}

func sorted(ids []string) []string {
	out := slices.Clone(ids)
	slices.Sort(out)
	return out
}

func TestFiltersLiveInTheAddress(t *testing.T) {
	w := newWorld(t)
	for n := range 40 {
		account := accountOf(home).ID
		if n%2 == 1 {
			account = key("Account", "001", 99).ID
		}
		w.save(home, record(key("Contact", "003", 1000+n), gateway.Fields{"Name": gateway.Text(fmt.Sprintf("Person %02d", n)), "AccountId": gateway.Text(account)}))
	}
	b := w.as(home, gateway.RoleAdmin) // who is told how many there are
	b.get("/contacts?q=person+07").want(http.StatusOK, "1 record matches “person 07”.", "Person 07")
	b.get("/contacts?q=ann@home").want(http.StatusOK, "Ann Example")
	b.get("/contacts?q=0101").want(http.StatusOK, "Ann Example")
	b.get("/contacts?q=(202)+555-0101").want(http.StatusOK, "1 record matches", "Ann Example")
	filter := "/contacts?account=" + key("Account", "001", 99).ID
	rows, _ := b.visitPages(filter, "next")
	if len(rows) != 20 {
		t.Errorf("%d rows of the account, want 20", len(rows))
	}
	page := b.get("/contacts?account=" + accountOf(home).ID + "&q=person")
	if next, err := url.Parse(page.rel("next")); err == nil && page.rel("next") != "" && (next.Query().Get("q") != "person" || next.Query().Get("account") == "") {
		t.Errorf("the next page forgets the filters: %s", page.rel("next"))
	}
	if !contains(page.body, `name="account" value="`+accountOf(home).ID+`"`) {
		t.Error("searching would forget the account")
	}
	b.get("/contacts?q=nobody+at+all").want(http.StatusOK, "Nothing found", "“nobody at all”", "Show all")
	b.get("/contacts?account=003000000000000AAA").want(http.StatusOK, "Nothing found", "Show all")
	b.get("/contacts?after=garbage").want(http.StatusUnprocessableEntity, "start from the first page")
}

// The box at the head of every page finds people, accounts, deals and meetings,
// and leads to the list with the rest and to the log.
func TestSearchFindsEveryKind(t *testing.T) {
	w := newWorld(t)
	for n := range searchShown + 2 {
		w.save(home, record(key("Contact", "003", 1000+n), gateway.Fields{"Name": gateway.Text(fmt.Sprintf("Harbor Hand %d", n)), "Title": gateway.Text("Pilot")}))
	}
	w.save(home,
		record(key("Opportunity", "006", 1), gateway.Fields{"Name": gateway.Text("Harbor crane"), "StageName": gateway.Text("Prospecting")}),
		record(key("Account", "001", 77), gateway.Fields{"Name": gateway.Text("Harbor Works")}))
	must(t, w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveMeeting(ctx, gateway.Meeting{ExternalID: "m-77", Title: "At the harbor", Status: gateway.MeetingScheduled, StartsAt: w.clock.now(), EndsAt: w.clock.now().Add(time.Hour)})
	}))
	b := w.as(home, gateway.RoleAdmin)
	if got := b.get("/"); !contains(got.body, `action="`+searchBase+`"`) {
		t.Error("the head's box searches elsewhere")
	}
	b.get(searchBase).want(http.StatusOK, "What are you looking for?")
	found := b.get(searchBase+"?q=harbor").want(http.StatusOK, "Harbor Hand 0", "Pilot", "Harbor crane", "Prospecting", "Harbor Works", "At the harbor", "All contacts with “harbor”", "Search the sync log for “harbor”")
	if n := len(found.rows()); n != searchShown+3 {
		t.Errorf("%d rows", n)
	}
	for _, to := range []string{"/contacts?q=harbor", "/sync/log?q=harbor", "/deals/" + key("Opportunity", "006", 1).ID, meetingsBase + "/m-77"} {
		if !slices.Contains(found.links(), to) {
			t.Errorf("nothing leads to %s", to)
		}
		b.get(to).want(http.StatusOK)
	}
	b.get(searchBase+"?q=nobody+at+all").want(http.StatusOK, "Nothing found", "Search the sync log for “nobody at all”")
}

func TestFragmentIsThePartAlone(t *testing.T) {
	w := newWorld(t)
	line := w.park(home, "Refused")
	b := w.as(home, gateway.RoleRep)
	for path, id := range map[string]string{
		"/contacts?part=list": "list", "/?part=health": "health", annPath + "?part=record": "record", "/sync/log?part=log": "log", logURL(line) + "?part=log-row": "log-row",
	} {
		got := b.get(path)
		if got.status != http.StatusOK || contains(got.body, "<html") || contains(got.body, "<header") || !contains(got.body, `id="`+id+`"`) {
			t.Errorf("%s: %d %s", path, got.status, brief(got.body))
		}
		if contains(got.body, "part="+id+"&amp;part") {
			t.Errorf("%s: the address of the part grows", path)
		}
	}
	b.get("/contacts?part=nothing").want(http.StatusNotFound)
	b.get("/contacts?part=html").want(http.StatusNotFound)
}

func TestAuditIsPagedByKeyset(t *testing.T) {
	w := newWorld(t)
	for n := range 2*auditSize + 10 {
		must(t, w.db.In(home).Audit(t.Context(), gateway.AuditEntry{By: "Ada", What: fmt.Sprintf("act-%03d.", n)}))
	}
	b := w.as(home, gateway.RoleAdmin)
	seen := map[string]int{}
	pages := 0
	for at := "/audit"; at != ""; pages++ {
		page := b.get(at).want(http.StatusOK)
		for n := range 2*auditSize + 10 {
			if act := fmt.Sprintf("act-%03d.", n); contains(page.body, act) {
				seen[act]++
			}
		}
		at = page.rel("next")
	}
	if len(seen) != 2*auditSize+10 || pages != 3 {
		t.Errorf("%d acts on %d pages", len(seen), pages)
	}
	for act, n := range seen {
		if n != 1 {
			t.Errorf("%s is shown %d times", act, n)
		}
	}
}

func TestMembersAndKeysAreMadeShownAndRevoked(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	form := b.get("/settings/members").want(http.StatusOK, "Rita Rep", "Can sign in").form("/settings/members")
	form.Set("name", "Nina New")
	form.Set("email", "Nina@Home.Example")
	form.Set("password", "short")
	refused := b.post("/settings/members", form).want(http.StatusUnprocessableEntity, "at least 12 characters")
	if again := refused.form("/settings/members"); again.Get("name") != "Nina New" || again.Get("password") != "" {
		t.Errorf("the form holds %v", again)
	}
	form.Set("password", password)
	form.Set("role", "admin")
	b.post("/settings/members", form).want(http.StatusSeeOther)
	b.post("/settings/members", form).want(http.StatusUnprocessableEntity, "Somebody already signs in with this address.")
	w.browser().post("/login", signIn("nina@home.example", password)).want(http.StatusSeeOther)

	made := b.post("/settings/keys", url.Values{"name": {"Recorder"}}).want(http.StatusOK, "tg_", "Recorder", "Works")
	text := "tg_" + strings.Fields(strings.SplitN(made.words(), "tg_", 2)[1])[0]
	w.product(text).get("/api/v1/status").want(http.StatusOK)
	if list := b.get("/settings/keys"); contains(list.body, text) {
		t.Error("the key is shown a second time")
	}
	keys, err := w.db.In(home).Keys(t.Context())
	must(t, err)
	b.post("/settings/keys/"+keys[0].ID+"/revoke", nil).want(http.StatusSeeOther)
	b.get("/settings/keys").want(http.StatusOK, "Revoked")
	w.product(text).get("/api/v1/status").want(http.StatusUnauthorized)
	b.post("/settings/keys", url.Values{"name": {" "}}).want(http.StatusUnprocessableEntity, "Give the key a name")
	for _, act := range []string{"added the member Nina New as admin", "made the API key Recorder", "revoked an API key"} {
		if !w.audited(home, act) {
			t.Errorf("%q is not in the audit", act)
		}
	}
}

var livePart = regexp.MustCompile(`hx-get="([^"]*part=[^"]*)"`)

// A page may be open while the last thing that it lists goes; the part that it
// then asks for is there, and says so.
func TestLivePartsAreThereAlsoWhenNothingIsLeft_UX49(t *testing.T) {
	w := newWorld(t)
	w.clash(home, "Chief", "Head")
	w.said(home, "m-1")
	full, nothing := w.as(home, gateway.RoleAdmin), w.as(foreign, gateway.RoleAdmin)
	asked := 0
	for _, r := range pages {
		if r.method != http.MethodGet || strings.Contains(r.path, ":") || r.path == eventsPath || r.path == callbackPath {
			continue
		}
		for _, part := range livePart.FindAllStringSubmatch(full.clone().send(http.MethodGet, r.path, "", "").body, -1) {
			asked++
			nothing.get(html.UnescapeString(part[1])).want(http.StatusOK)
		}
	}
	if asked < 12 {
		t.Errorf("only %d live parts were found", asked)
	}
}
