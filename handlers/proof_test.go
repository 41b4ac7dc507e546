package handlers

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// proved keeps a finished proof.
func (w *world) proved(p gateway.Proof) {
	w.t.Helper()
	must(w.t, w.db.In(home).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.FinishProof(ctx, p) }))
}

func TestHealthSaysSinceWhenAndHowMuchIsEqual(t *testing.T) {
	w := newWorld(t)
	in := w.db.In(home)
	now := w.clock.now()
	must(t, in.SaveObjectStatus(t.Context(), gateway.ObjectStatus{Object: "Contact", State: gateway.StateOK, Transport: "stream", LastEvent: now, RowsThere: 1, CountedAt: now}))
	must(t, in.SaveBackfill(t.Context(), gateway.Backfill{Object: "Contact", State: "done"}))
	b := w.as(home, gateway.RoleAdmin)
	b.get("/").want(http.StatusOK, "Prove now", ": compare Contact with Salesforce")
	p := gateway.Proof{Object: "Contact", RowsHere: 50, RowsThere: 50, Compared: 50, Buckets: 2, Asked: 2, Covered: 1, Fields: 50, Sampled: 1, BegunAt: now, AsOf: now}
	w.proved(p)
	page := b.get("/").want(http.StatusOK, "Equal as of "+now.UTC().Format("15:04"), "98 % covered")
	if contains(page.body, "0 repaired") {
		t.Error("nothing was repaired")
	}
	p.Records, p.Repaired = 7, 7
	w.proved(p)
	page = b.get("/").want(http.StatusOK, "Equal as of", "7 records of Contact differed and were repaired", "7 repaired")
	if !contains(page.body, `href="/sync/log?direction=system&amp;object=Contact"`) {
		t.Error("no link to what was repaired")
	}
	text, _ := w.apiKey(home, "read")
	w.product(text).get("/api/v1/status").want(http.StatusOK, `"records_repaired":7`, `"covered":0.98`, `"equal":true`)
	p.Repaired = 5
	w.proved(p)
	b.get("/").want(http.StatusOK, "2 records differ", "7 records of Contact differ from Salesforce")
	p.AsOf = now.Add(-25 * time.Hour) // old news
	w.proved(p)
	if page := b.get("/").want(http.StatusOK); contains(page.body, "of Contact differ") {
		t.Error("yesterday's repair is still in the sentence")
	}
}

func TestProofIsAskedForOnceAndByAdminsOnly(t *testing.T) {
	w := newWorld(t)
	rep := w.as(home, gateway.RoleRep)
	rep.post("/proofs/Contact", url.Values{}).want(http.StatusForbidden)
	must(t, w.db.In(home).SaveObjectStatus(t.Context(), gateway.ObjectStatus{Object: "Contact", State: gateway.StateOK, RowsThere: -1}))
	must(t, w.db.In(home).SaveBackfill(t.Context(), gateway.Backfill{Object: "Contact", State: "done"}))
	if page := rep.get("/").want(http.StatusOK); contains(page.body, "Prove now") {
		t.Error("a rep is offered what he may not do")
	}
	admin := w.as(home, gateway.RoleAdmin)
	admin.post("/proofs/Contact", url.Values{}).want(http.StatusSeeOther)
	if got := w.org.log(); len(got) != 1 || got[0] != "prove Contact" || !w.audited(home, "asked for a proof") {
		t.Errorf("asked %v", got)
	}
	admin.post("/proofs/Nothing", url.Values{}).want(http.StatusNotFound)
	_, err := w.db.In(home).RequestProof(t.Context(), "Contact")
	must(t, err)
	admin.get("/?saved=proving").want(http.StatusOK, "Every record is being compared", "will be compared next")
	must(t, w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveProof(ctx, gateway.Proof{Object: "Contact", RowsHere: 100, Compared: 61, BegunAt: w.clock.now().Add(time.Minute)})
	}))
	admin.get("/").want(http.StatusOK, "being compared, 61 % so far")
	must(t, w.db.In(home).SaveProofProblem(t.Context(), "Contact", "Reading waits: the org has used its calls."))
	admin.get("/").want(http.StatusOK, "Reading waits: the org has used its calls.")
}

// UX-09: a count that is older than a proof is not set beside today's rows.
func TestRowsAreCountedByTheNewestProof_UX09(t *testing.T) {
	w := newWorld(t)
	in, now := w.db.In(home), w.clock.now()
	must(t, in.SaveObjectStatus(t.Context(), gateway.ObjectStatus{Object: "Contact", State: gateway.StateOK, Transport: "stream", LastEvent: now, RowsThere: 7, CountedAt: now.Add(-time.Hour)}))
	must(t, in.SaveBackfill(t.Context(), gateway.Backfill{Object: "Contact", State: "done"}))
	w.proved(gateway.Proof{Object: "Contact", RowsHere: 50, RowsThere: 50, Compared: 50, Buckets: 2, Asked: 2, Covered: 1, BegunAt: now, AsOf: now})
	b := w.as(home, gateway.RoleAdmin)
	if page := b.get("/").want(http.StatusOK, "50 in both at "+now.UTC().Format("15:04")); contains(page.body, "7 in Salesforce") {
		t.Error("the old count is still shown")
	}
	text, _ := w.apiKey(home, "read")
	w.product(text).get("/api/v1/status").want(http.StatusOK, `"rows_in_salesforce":50`, `"counted_at":"`+now.UTC().Format("2006-01-02T15:04"))
}
