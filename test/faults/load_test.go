package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/simulator/seed"
	"tidegate/store"
)

// many is an org that is read by bulk jobs, in pages of 500 rows.
var many = seed.Sizes{Accounts: 12, Contacts: 3000, Leads: 8, Opportunities: 10, Events: 4, Tasks: 4}

// resultsPath is where the results of any bulk job are read.
const resultsPath = "/services/data/v66.0/jobs/query/*/results"

// afterPages holds back the result pages behind so many, until the faults are
// cleared: a test that wants to find a reading half done needs a state that
// lasts.
func afterPages(n int) map[string]any {
	return map[string]any{"kind": "hold_requests", "method": http.MethodGet, "path": resultsPath, "after": n, "seconds": 3600}
}

// holdAfter lifts what is held and holds back the pages behind so many more.
func (w *world) holdAfter(pages int) {
	w.t.Helper()
	w.lift()
	w.fault(afterPages(pages))
}

// held complains unless the org holds back so many requests.
func (w *world) held(requests int) string { return w.happened("hold_requests", requests) }

// happened complains unless a fault that is armed happened so often.
func (w *world) happened(kind string, times int) string {
	w.t.Helper()
	var faults struct {
		Armed []struct {
			Kind  string
			Taken int
		}
	}
	w.sim(http.MethodGet, "/faults", nil, &faults)
	for _, f := range faults.Armed {
		if f.Kind == kind && f.Taken >= times {
			return ""
		}
	}
	return fmt.Sprintf("%s did not happen %d times: %+v", kind, times, faults.Armed)
}

// lift ends all faults of the org.
func (w *world) lift() {
	w.t.Helper()
	w.sim(http.MethodDelete, "/faults", nil, nil)
}

// bulkWorld is an org of many contacts with a fault from before the reading
// begins.
func bulkWorld(t *testing.T, url string, fault map[string]any) *world {
	t.Helper()
	return newWorld(t, url, options{sizes: many, loading: true, fault: fault, env: []string{"TIDEGATE_BULK_FROM=1000", "TIDEGATE_BULK_PAGE=500"}})
}

// reading is how far the reading of the contacts is.
func (w *world) reading() gateway.Backfill {
	w.t.Helper()
	b, err := w.store().Backfill(w.t.Context(), "Contact")
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		w.t.Fatal(err)
	}
	return b
}

// readTo waits until so many contacts are read and the org holds back the next
// page.
func (w *world) readTo(rows int) {
	w.t.Helper()
	var b gateway.Backfill
	eventually(w.t, func() string {
		if b = w.reading(); b.Rows < rows {
			return fmt.Sprintf("%d rows of %d are read: %+v", b.Rows, rows, b)
		}
		return w.held(1)
	})
	if b.Way != gateway.WayBulk || b.State != gateway.BackfillRunning {
		w.t.Fatalf("the reading is no bulk job under way: %+v", b)
	}
}

func (w *world) loaded() {
	w.t.Helper()
	eventually(w.t, func() string {
		if b := w.reading(); b.State != gateway.BackfillDone {
			return fmt.Sprintf("contacts are %+v", b)
		}
		return ""
	})
}

func TestKilledWhileReadingABulkResult(t *testing.T) { // F-03
	engines(t, func(t *testing.T, url string) {
		w := bulkWorld(t, url, afterPages(1))
		const kills = 3
		for i := range kills { // each time one page is here and the next is asked for
			w.readTo(500 * (i + 1))
			w.kill()
			w.holdAfter(1)
			w.start()
		}
		w.lift()
		w.loaded()
		b := w.reading()
		if b.Way != gateway.WayBulk || b.Rows != many.Contacts || !b.Complete {
			t.Errorf("F-03: %+v", b)
		}
		// Six pages, and each kill reads at most one a second time.
		if jobs, pages := w.calls(http.MethodPost, "/jobs/query"), w.calls(http.MethodGet, "/results"); jobs != 1 || pages > 6+kills {
			t.Errorf("F-03: %d jobs, %d pages", jobs, pages)
		}
		eventually(t, func() string {
			if w.calls(http.MethodDelete, "/jobs/query") == 0 {
				return "the job is not dropped"
			}
			return ""
		})
		w.mirrorEqualsOrg()
		// The keys of every page are in the index, whenever it was killed.
		eventually(t, func() string {
			if staged, err := w.store().KeysStaged(t.Context()); err != nil || staged {
				return fmt.Sprintf("F-03: keys are still staged (%v)", err)
			}
			return ""
		})
		page, err := w.store().Records(t.Context(), store.RecordQuery{Object: "Contact", Limit: many.Contacts})
		if err != nil || len(page.Records) != many.Contacts {
			t.Fatalf("%d contacts are listed: %v", len(page.Records), err)
		}
		for i := 0; i < len(page.Records); i += 97 {
			r := page.Records[i]
			found, err := w.store().RecordsByKey(t.Context(), store.KeyEmail, r.Fields["Email"].String())
			if err != nil || !slices.ContainsFunc(found, func(f gateway.Record) bool { return f.Key == r.Key }) {
				t.Errorf("F-03: %s is not found by its address: %v", r.Key.ID, err)
			}
		}
	})
}

func TestPausedReadingStaysPausedAndWhatChangesMeanwhileCounts(t *testing.T) { // F-03, F-04, F-05, F-06
	engines(t, func(t *testing.T, url string) {
		w := bulkWorld(t, url, afterPages(1))
		w.readTo(500)
		out := w.tidegate("backfill", "--workspace", string(workspace), "--object", "Contact", "--pause")
		if !strings.Contains(out, "Contact: paused at ") {
			t.Errorf("pausing says %q", out)
		}
		w.crash()
		w.streaming()
		before := w.reading()
		if !before.Paused || before.Rows >= many.Contacts {
			t.Fatalf("after a restart: %+v", before)
		}
		// The result holds the records as they were when the job ran.
		w.change(map[string]any{"object": "Contact", "op": "update", "count": 400, "fields": []string{"Title"}, "seed": 5})
		w.change(map[string]any{"object": "Contact", "op": "delete", "count": 30, "seed": 6})
		w.change(map[string]any{"object": "Contact", "op": "create", "count": 20, "seed": 7})
		if out := w.tidegate("backfill", "--workspace", string(workspace), "--object", "Contact"); !strings.Contains(out, "is being read already, and is paused") || !strings.Contains(out, "--resume") {
			t.Errorf("F-74: a second wish says %q", out)
		}
		if now := w.reading(); now.Rows != before.Rows || now.Run != before.Run {
			t.Errorf("it went on while it was paused: %+v", now)
		}
		w.lift()
		w.tidegate("backfill", "--workspace", string(workspace), "--object", "Contact", "--resume")
		w.loaded()
		w.mirrorEqualsOrg()
	})
}

// streaming waits until the stream is live, whatever is still being read.
func (w *world) streaming() {
	w.t.Helper()
	eventually(w.t, func() string {
		if s := w.status(); s.Transport == "" || s.State == string(gateway.StateNeedsReconnect) {
			return fmt.Sprintf("%+v", s)
		}
		return ""
	})
}

func TestBulkJobThatExpiredIsMadeAnewBehindTheLastRow(t *testing.T) { // F-03
	engines(t, func(t *testing.T, url string) {
		w := bulkWorld(t, url, afterPages(2))
		w.readTo(1000)
		w.tidegate("backfill", "--workspace", string(workspace), "--object", "Contact", "--pause")
		held := w.reading()
		code, body := do(t, http.MethodDelete, w.org.URL+"/services/data/v66.0/jobs/query/"+held.Job, w.org.AccessToken, nil)
		if code != http.StatusNoContent {
			t.Fatalf("dropping the job: %d %s", code, body)
		}
		w.lift()
		w.tidegate("backfill", "--workspace", string(workspace), "--object", "Contact", "--resume")
		w.loaded()
		if b, jobs := w.reading(), w.calls(http.MethodPost, "/jobs/query"); b.Rows != many.Contacts || jobs != 2 {
			t.Errorf("%d rows by %d jobs, want %d by 2: %+v", b.Rows, jobs, many.Contacts, b)
		}
		w.mirrorEqualsOrg()
	})
}

func TestCanceledReadingLeavesWhatItReadAndCanBeBegunAgain(t *testing.T) { // F-74
	engines(t, func(t *testing.T, url string) {
		w := bulkWorld(t, url, afterPages(1))
		w.readTo(500)
		w.tidegate("backfill", "--workspace", string(workspace), "--object", "Contact", "--cancel")
		eventually(t, func() string {
			if b := w.reading(); b.State != gateway.BackfillCanceled || b.Job != "" {
				return fmt.Sprintf("%+v", b)
			}
			return ""
		})
		w.lift()
		rows := w.reading().Rows
		_, errs, code := command(t, w.env, "backfill", "--workspace", string(workspace), "--object", "Contact", "--resume")
		if code != 1 || !strings.Contains(errs, "not being loaded") {
			t.Errorf("resuming what is canceled exits %d: %s", code, errs)
		}
		w.fault(afterPages(1)) // it is under way for as long as there are wishes
		for range 5 {
			w.tidegate("backfill", "--workspace", string(workspace), "--object", "Contact", "--no-wait")
		}
		w.lift()
		w.loaded()
		if b, jobs := w.reading(), w.calls(http.MethodPost, "/jobs/query"); jobs != 2 || b.Rows < rows {
			t.Errorf("F-74: %d jobs for one canceled and five wishes: %+v", jobs, b)
		}
		w.mirrorEqualsOrg()
	})
}

func TestDryRunSaysWayAndCalls(t *testing.T) {
	engines(t, func(t *testing.T, url string) {
		w := bulkWorld(t, url, nil)
		w.loaded()
		out := w.tidegate("backfill", "--workspace", string(workspace), "--object", "Contact", "--object", "Lead", "--dry-run")
		for _, part := range []string{"Contact: 3000 rows, of which 3000 are here, by a job of Bulk API 2.0, about 13 calls.", "Lead: 8 rows, of which 8 are here, by pages of a query, about 2 calls."} {
			if !strings.Contains(out, part) {
				t.Errorf("%q is not in %q", part, out)
			}
		}
		run := w.reading().Run
		out = w.tidegate("backfill", "--workspace", string(workspace), "--object", "Contact", "--json")
		last := out[strings.LastIndexByte(strings.TrimSpace(out), '\n')+1:]
		var step struct {
			Object, State, Way string
			Rows, Total        int
		}
		if err := json.Unmarshal([]byte(last), &step); err != nil || step.State != "done" || step.Rows != 3000 || step.Way != "bulk" {
			t.Errorf("the last line is %q: %v", last, err)
		}
		if b := w.reading(); b.Run != run+1 {
			t.Errorf("run %d after %d", b.Run, run)
		}
		w.mirrorEqualsOrg()
	})
}
