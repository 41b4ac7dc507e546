package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// observe writes down changes that came from Salesforce.
func (w *world) observe(n int, at func(int) time.Time) {
	w.t.Helper()
	must(w.t, w.db.In(home).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		var entries []gateway.HistoryEntry
		for i := range n {
			entries = append(entries, gateway.HistoryEntry{
				Key: contactOf(home), Version: gateway.Version{CommitAt: int64(1000 + i), CommitNumber: int64(i + 1)}, Type: gateway.Update, Outcome: gateway.OutcomeApplied,
				Reason: fmt.Sprintf("Change %03d applied.", i), Fields: gateway.Fields{"Title": gateway.Text("New")}, Before: gateway.Fields{"Title": gateway.Text("Old")},
				Label: "Ann Example", At: at(i), Origin: "com/salesforce/api/soap", User: "005000000000001AAA", TransactionKey: "tx-1",
			})
		}
		return tx.AppendHistory(ctx, entries)
	}))
}

func TestSyncLogFiltersAreInTheAddress(t *testing.T) {
	w := newWorld(t)
	w.observe(3, func(int) time.Time { return w.clock.now() })
	line := w.park(home, "Refused")
	b := w.as(home, gateway.RoleRep)
	id := strconv.FormatInt(line, 10)
	tests := []struct {
		query string
		rows  int
		has   bool // the parked write
	}{
		{"", 4, true},
		{"?direction=out", 1, true},
		{"?direction=in", 3, false},
		{"?direction=system", 0, false},
		{"?state=needs_you", 1, true},
		{"?state=done", 3, false},
		{"?state=waiting", 0, false},
		{"?object=Contact", 4, true},
		{"?object=Lead", 0, false},
		{"?record=" + contactOf(home).ID, 4, true},
		{"?record=" + accountOf(home).ID, 0, false},
		{"?q=" + contactOf(home).ID, 4, true},
		{"?q=change+001", 1, false},
		{"?q=refuses", 1, true},
		{"?time=1h", 4, true},
		{"?time=24h&direction=out&state=needs_you&object=Contact", 1, true},
	}
	for _, tt := range tests {
		page := b.get("/sync/log" + tt.query).want(http.StatusOK)
		rows := page.rows()
		if len(rows) != tt.rows || tt.has != contains(strings.Join(rows, " "), id) {
			t.Errorf("%q: rows %v", tt.query, rows)
		}
		if tt.rows == 0 {
			page.want(http.StatusOK, "Nothing found", "Show everything")
		}
	}
	w.clock.forward(2 * time.Hour)
	if rows := b.get("/sync/log?time=1h").rows(); len(rows) != 0 {
		t.Errorf("the last hour holds %v", rows)
	}
	b.get("/sync/log").want(http.StatusOK, "4 lines: 1 needs you, 3 done.", "1 write needs you, 1 cause", "A rule of your org refuses this title.")
}

func TestPagesOfTheSyncLogHoldEveryLineOnce(t *testing.T) {
	w := newWorld(t)
	w.observe(60, func(int) time.Time { return w.clock.now() })
	w.park(home, "Refused")
	b := w.as(home, gateway.RoleRep)
	forward, last := b.visitPages("/sync/log", "next")
	backward, _ := b.visitPages(last, "prev")
	seen := map[string]bool{}
	for _, row := range forward {
		seen[row] = true
	}
	if len(forward) != 61 || len(seen) != 61 || strings.Join(backward, " ") != strings.Join(forward, " ") {
		t.Errorf("forward %d rows, %d different, backward %d", len(forward), len(seen), len(backward))
	}
}

// A search of a long log answers after a bounded number of lines, says how far
// it came, and a link goes on there.
func TestSearchOfTheLogSaysHowFarItCame_UX32(t *testing.T) {
	was := logWithin
	logWithin = 20
	t.Cleanup(func() { logWithin = was })
	w := newWorld(t)
	w.observe(61, func(int) time.Time { return w.clock.now() }) // number 000 is the oldest
	b := w.as(home, gateway.RoleRep)
	first := b.get("/sync/log?q=Change+000").want(http.StatusOK, "Nothing found back to", "Older lines were not searched yet.", "Show everything")
	var rows []string
	pages := 1
	for at := first.further(); at != "" && pages < 20; pages++ {
		page := b.get(at).want(http.StatusOK)
		rows, at = append(rows, page.rows()...), page.further()
	}
	if pages < 3 || len(rows) != 1 {
		t.Errorf("%d pages with %v", pages, rows)
	}
	b.get("/sync/log?q=Change+05").want(http.StatusOK, "searched back to", "Search further back")

	text, _ := w.apiKey(home, "read")
	var api struct {
		Lines      []any
		SearchedTo *time.Time `json:"searched_to"`
		Next       string
	}
	w.product(text).get("/api/v1/log?q=nobody").want(http.StatusOK).decode(&api)
	if len(api.Lines) != 0 || api.SearchedTo == nil || api.Next == "" {
		t.Errorf("the API says %+v", api)
	}
}

// further is where the link leads that goes on with a search, "" without one.
func (a answered) further() string {
	for _, link := range a.links() {
		if strings.Contains(link, "after=") {
			return link
		}
	}
	return ""
}

// UX 34 and 37: an opened row answers what happened, who must act, what
// Salesforce said, and what we write; so does its own page.
func TestOpenedRowTellsTheErrorInThreeParts_UX34(t *testing.T) {
	w := newWorld(t)
	line := strconv.FormatInt(w.park(home, "Chief <Buyer>"), 10)
	b := w.as(home, gateway.RoleRep)
	says := []string{"What happened", "A rule of your org refuses this title.", "Who must act", "What Salesforce said", "400 FIELD_CUSTOM_VALIDATION_EXCEPTION: no", "Buyer", "Chief <Buyer>", "Try again", "Ignore with a reason", "Ann Example", "Needs you"}
	opened := b.get("/sync/log?state=needs_you&open="+line).want(http.StatusOK, says...)
	if !contains(opened.body, "/sync/log?state=needs_you\"") {
		t.Error("closing the row forgets the filter")
	}
	b.get("/sync/log/"+line).want(http.StatusOK, says...)

	w.observe(1, func(int) time.Time { return w.clock.now() })
	page, err := w.db.In(home).Log(t.Context(), store.LogQuery{Direction: "in"})
	must(t, err)
	b.get(logURL(page.Entries[0].Entry.ID)).want(http.StatusOK, "Change 000 applied.", "Committed in Salesforce", "Written down here.", "Old", "New", "com/salesforce/api/soap", "005000000000001AAA", "tx-1")
	b.get("/sync/log/abc").want(http.StatusNotFound)
	b.get("/sync/log/12345").want(http.StatusNotFound)
}

func TestRetryWakesTheWrite_UX35(t *testing.T) {
	w := newWorld(t)
	line := w.park(home, "CEO")
	b := w.as(home, gateway.RoleRep)
	form := b.get(logURL(line)).form(logURL(line) + "/retry")
	b.post(logURL(line)+"/retry", form).want(http.StatusSeeOther).wantLocation(logURL(line) + "?saved=retried")
	c, waiting := w.pending(contactOf(home))
	if !waiting || c.State != gateway.StateWaiting || c.DueAt.After(w.clock.now()) {
		t.Errorf("pending %+v", c)
	}
	if !w.audited(home, "Rita Rep tried a parked write again") {
		t.Error("not audited")
	}
	b.get(logURL(line)+"?saved=retried").want(http.StatusOK, "Trying again now.", "Waiting")
}

func TestIgnoringNeedsAReason_UX35(t *testing.T) {
	w := newWorld(t)
	line := w.park(home, "CEO")
	b := w.as(home, gateway.RoleRep)
	path := logURL(line) + "/ignore"
	form := b.get(path).want(http.StatusOK, "Ignore this write", "1 write will not reach Salesforce: Title keeps what Salesforce has.").form(path)
	b.post(path, form).want(http.StatusUnprocessableEntity, "Say in up to 200 characters why this write is not needed.")
	form.Set("reason", strings.Repeat("ü", 201))
	if again := b.post(path, form).want(http.StatusUnprocessableEntity).form(path); again.Get("reason") != form.Get("reason") {
		t.Errorf("the form holds %v", again)
	}
	if _, waiting := w.pending(contactOf(home)); !waiting {
		t.Fatal("it was ignored without a reason")
	}
	form.Set("reason", strings.Repeat("ü", 199)+"!")
	b.post(path, form).want(http.StatusSeeOther)
	if _, waiting := w.pending(contactOf(home)); waiting {
		t.Error("it still waits")
	}
	b.get(logURL(line)).want(http.StatusOK, "Ignored", "ü!", "Ignored by Rita Rep.", "400 FIELD_CUSTOM_VALIDATION_EXCEPTION: no")
	if !w.audited(home, "Rita Rep ignored a parked write") {
		t.Error("not audited")
	}
	// What is settled can be neither tried again nor ignored again.
	b.post(path, form).want(http.StatusConflict)
	b.post(logURL(line)+"/retry", url.Values{}).want(http.StatusConflict)
	b.get(path).want(http.StatusConflict, "Nothing waits behind this line any more.")
}

// UX-7: one sentence first.
func TestHealthSaysWhatIsNotInOrder(t *testing.T) {
	w := newWorld(t)
	in := w.db.In(home)
	now := w.clock.now()
	must(t, in.SaveObjectStatus(t.Context(), gateway.ObjectStatus{Object: "Contact", State: gateway.StateOK, Transport: "stream", LastEvent: now, Lag: 2 * time.Second, RowsHere: 1, RowsThere: 1, CountedAt: now}))
	must(t, in.SetAPIUse(t.Context(), "c-home", 140, 1000))
	must(t, in.SetTransport(t.Context(), "c-home", "pubsub", "the org offers no websocket"))
	b := w.as(home, gateway.RoleRep)
	b.get("/").want(http.StatusOK, "In sync, 2.0 s behind, 0 problems, 14 % of today’s API budget", "same in Salesforce",
		"Listening by the Pub/Sub API, because the org offers no websocket.")
	w.park(home, "CEO")
	page := b.get("/").want(http.StatusOK, "1 write needs you")
	if !contains(page.body, `href="/sync/log?state=needs_you"`) {
		t.Error("no link to what needs a person")
	}
	must(t, in.SaveBackfill(t.Context(), gateway.Backfill{Object: "Contact", State: "running", Rows: 10, Total: 1500}))
	b.get("/").want(http.StatusOK, "Catching up with Contact", "of 1,500 in Salesforce")
	for state, says := range opening {
		_, err := in.SetConnectionState(t.Context(), "c-home", state, "The reason.")
		must(t, err)
		if state != gateway.StateOK {
			b.get("/").want(http.StatusOK, says, "The reason.")
		}
	}
}

// Nobody is sent to connect an org that is connected (UX 49).
func TestEmptyLogOfAConnectedOrgOffersNoConnect_UX49(t *testing.T) {
	page := newWorld(t).as(home, gateway.RoleAdmin).get("/sync/log").want(http.StatusOK, "The log begins with the first change")
	if slices.Contains(page.links(), settingsBase) {
		t.Error("it leads to the connection")
	}
}
