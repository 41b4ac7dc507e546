package salesforce

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

func onlyIf(id string, at time.Time) gateway.Change {
	c := change(gateway.OpUpdate, "Contact", id, title)
	c.Fills, c.Unmodified = []string{"Title"}, at
	return c
}

// Several guarded changes are one composite call, each with its own condition;
// what is not guarded goes by a collection of its own. F-65.
func TestGuardedChangesGoTogetherEachUnderItsConditionF65(t *testing.T) {
	f := newFake(t)
	f.on("/services/data/v66.0/composite", 200, `{"compositeResponse":[{"body":null,"httpStatusCode":204,"referenceId":"r0"},
		{"body":[{"errorCode":"PRECONDITION_FAILED","message":"modified"}],"httpStatusCode":412,"referenceId":"r1"}]}`)
	f.on("/services/data/v66.0/sobjects/Contact/", 204, "")
	at := time.Date(2026, 5, 1, 7, 25, 37, 0, time.UTC)
	plain := change(gateway.OpUpdate, "Contact", testContact, title)
	got := newClient(t, f).Deliver(context.Background(), "Contact", gateway.OpUpdate,
		[]gateway.Change{onlyIf(testContact, at), plain, onlyIf(testContact, at.Add(time.Hour))}, "")
	if len(got) != 3 || !got[0].Done || !got[1].Done || got[2].Done || got[2].Unknown || got[2].Err.Code != gateway.CodeSFStale {
		t.Fatalf("Deliver = %+v", got)
	}
	sent := f.requests()
	if len(sent) != 2 || sent[0].header.Get("If-Unmodified-Since") != "" {
		t.Fatalf("%d calls, want the plain one and the composite: %+v", len(sent), sent)
	}
	for _, want := range []string{
		`"If-Unmodified-Since":"Fri, 01 May 2026 07:25:37 GMT"`, `"If-Unmodified-Since":"Fri, 01 May 2026 08:25:37 GMT"`,
		`"Sforce-Auto-Assign":"FALSE"`, `"url":"/services/data/v66.0/sobjects/Contact/` + testContact + `"`, `"allOrNone":false`,
	} {
		if !strings.Contains(sent[1].body, want) {
			t.Errorf("the composite call lacks %s: %s", want, sent[1].body)
		}
	}
}

// Of a record that is not known well enough the org is asked first, in one call
// for all: one that was just changed waits, one that was filled is stale.
func TestRecordThatIsNotKnownIsLookedAtFirstF65(t *testing.T) {
	now := time.Date(2026, 5, 1, 9, 0, 10, 0, time.UTC)
	for _, tt := range []struct {
		name, row string
		stale     bool
		since     string
	}{
		{"empty for long", `{"Id":"x","Title":null,"LastModifiedDate":"2026-05-01T08:00:00.000+0000"}`, false, "Fri, 01 May 2026 08:00:00 GMT"},
		{"empty, but changed in this second", `{"Id":"x","Title":null,"LastModifiedDate":"2026-05-01T09:00:10.000+0000"}`, true, ""},
		{"filled by somebody", `{"Id":"x","Title":"Chief","LastModifiedDate":"2026-05-01T08:00:00.000+0000"}`, true, ""},
		{"filled with our value", `{"Id":"x","Title":"CTO","LastModifiedDate":"2026-05-01T08:00:00.000+0000"}`, false, "Fri, 01 May 2026 08:00:00 GMT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", now.Format(http.TimeFormat))
				if r.Method == http.MethodPost {
					reply(w, 200, "["+tt.row+"]")
					return
				}
				reply(w, 204, "")
			})
			c := newClient(t, f, func(cfg *Config) { cfg.Now = func() time.Time { return now } })
			g := onlyIf(testContact, time.Time{})
			g.Fields = gateway.Fields{"Title": gateway.Text("CTO")}
			got := c.Deliver(context.Background(), "Contact", gateway.OpUpdate, []gateway.Change{g}, "")[0]
			if stale := got.Err != nil && got.Err.Code == gateway.CodeSFStale; stale != tt.stale || got.Done == stale {
				t.Fatalf("Deliver = %+v", got)
			}
			sent := f.requests()
			if tt.since == "" && len(sent) != 1 || tt.since != "" && sent[len(sent)-1].header.Get("If-Unmodified-Since") != tt.since {
				t.Errorf("calls %+v", sent)
			}
		})
	}
}
