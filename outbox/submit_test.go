package outbox

import (
	"slices"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

func TestEditIsDurableThenWrittenThenInTheMirror(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(1)
		r := w.submit(0, gateway.Fields{"Title": `"CEO"`, "LastName": `"L0"`})
		if c, ok := w.pending(key(0)); !ok || r.State != Waiting || c.LogID != r.LogID || c.Base["Title"] != gateway.Null {
			t.Fatalf("receipt %+v, entry %+v", r, c)
		}
		if l := w.line(r.LogID); l.State != gateway.LogWaiting || l.What != "Update Title" || l.By != "Rita" || l.Label != "L0" {
			t.Errorf("line = %+v", l)
		}
		same(t, "skipped", len(r.Skipped), 1)
		same(t, "result", w.deliver(r), Result{State: Written, Key: key(0)})
		same(t, "org", w.org.get(key(0).ID)["Title"], gateway.Value(`"CEO"`))
		same(t, "mirror", w.record(key(0)).Fields["Title"], gateway.Value(`"CEO"`))
		same(t, "version", w.record(key(0)).Version, gateway.Version{CommitAt: 1000, CommitNumber: 1})
		if _, ok := w.pending(key(0)); ok {
			t.Error("the entry is still there")
		}
		if l := w.line(r.LogID); l.State != gateway.LogDone || l.DoneAt.IsZero() || l.Took <= 0 || l.Attempt != 1 {
			t.Errorf("line = %+v", l)
		}
		same(t, "again", w.deliver(w.submit(0, gateway.Fields{"Title": `"CEO"`})), Result{State: Written, Key: key(0)})
		same(t, "calls", w.org.callCount(), 1)
	})
}

func TestRefusedEditsQueueNothing(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(1)
		tests := []struct {
			name   string
			key    gateway.RecordKey
			fields gateway.Fields
			code   gateway.Code
			in     []string
		}{
			{"S-37 not Editable", key(0), gateway.Fields{"Title": `"x"`, "Department": `"y"`}, gateway.CodeForbidden, []string{"Department"}},
			{"S-37 read-only", key(0), gateway.Fields{"CreatedById": `"y"`}, gateway.CodeForbidden, []string{"CreatedById"}},
			{"S-37 not mapped", key(0), gateway.Fields{"Nope__c": `"y"`, "Also__c": "1"}, gateway.CodeForbidden, []string{"Also__c", "Nope__c"}},
			{"impossible", key(0), gateway.Fields{"Title": "12", "LastName": gateway.Null}, gateway.CodeInvalid, []string{"LastName", "Title"}},
			{"no such record", key(7), gateway.Fields{"Title": `"x"`}, gateway.CodeNotFound, nil},
			{"S-37 object off", gateway.RecordKey{Object: "Account", ID: key(0).ID}, gateway.Fields{"Name": `"x"`}, gateway.CodeForbidden, []string{"Name"}},
		}
		for _, tt := range tests {
			_, err := w.box.Submit(t.Context(), ws, Edit{Key: tt.key, Fields: tt.fields})
			if e := codeOf(t, err, tt.code); !slices.Equal(e.Fields, tt.in) {
				t.Errorf("%s: fields %v, want %v", tt.name, e.Fields, tt.in)
			}
		}
		if !w.idle() {
			t.Error("something is queued")
		}
	})
}

func TestEditBackBeforeSendingOwesNothing(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(1)
		w.submit(0, gateway.Fields{"Title": `"CEO"`})
		r := w.submit(0, gateway.Fields{"Title": gateway.Null})
		same(t, "state", r.State, Unchanged)
		same(t, "idle", w.idle(), true)
		same(t, "line", w.line(r.LogID).State, gateway.LogSkipped)
		w.round()
		same(t, "calls", w.org.callCount(), 0)
	})
}

// F-54: not retried by itself, neighbors flow, a later edit retries it.
func TestRefusedValueParksUntilSomebodyEdits(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(2)
		w.org.answer = func(c gateway.Change) gateway.Delivery {
			if c.Fields["Title"] == `"bad"` {
				return refuse(gateway.CodeSFValidation, "Title")
			}
			return gateway.Delivery{}
		}
		r := w.submit(0, gateway.Fields{"Title": `"bad"`})
		got := w.deliver(r)
		if got.State != NeedsYou || got.Why == "" || got.Problem.Said != "400 CODE: no" {
			t.Errorf("result = %+v", got)
		}
		same(t, "line", w.line(r.LogID).State, gateway.LogNeedsYou)
		same(t, "neighbor", w.deliver(w.submit(1, gateway.Fields{"Title": `"fine"`})).State, Written)
		calls := w.org.callCount()
		w.clock.forward(24 * time.Hour)
		w.round()
		same(t, "calls a day later", w.org.callCount(), calls)
		again := w.submit(0, gateway.Fields{"Title": `"good"`})
		same(t, "folded", again.LogID, r.LogID)
		same(t, "repaired", w.deliver(again).State, Written)
		same(t, "org", w.org.get(key(0).ID)["Title"], gateway.Value(`"good"`))
	})
}

func TestRetryAndIgnoreActOnTheLine(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(2)
		w.org.answer = func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFPermission) }
		first, second := w.submit(0, gateway.Fields{"Title": `"a"`}), w.submit(1, gateway.Fields{"Title": `"b"`})
		w.round()
		w.org.answer = nil
		must(t, w.box.Retry(t.Context(), ws, first.LogID))
		same(t, "waiting", w.line(first.LogID).State, gateway.LogWaiting)
		w.round()
		same(t, "retried", w.line(first.LogID).State, gateway.LogDone)
		must(t, w.box.Ignore(t.Context(), ws, second.LogID, "Not worth it", "Ada"))
		l := w.line(second.LogID)
		if l.State != gateway.LogIgnored || l.Problem.What != "Not worth it" || l.Problem.Who != "Ignored by Ada." || l.Problem.Said == "" {
			t.Errorf("line = %+v", l)
		}
		same(t, "idle", w.idle(), true)
		wantCode(t, w.box.Retry(t.Context(), ws, second.LogID), gateway.CodeConflict)
		wantCode(t, w.box.Ignore(t.Context(), ws, 12345, "", ""), gateway.CodeNotFound)
		same(t, "what the ignored one says", w.deliver(second), Result{State: Queued, Why: "Not worth it", Key: key(1), Problem: l.Problem})
	})
}
