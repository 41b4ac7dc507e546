package storetest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

func deals(t *testing.T, s *suite) {
	w, other := s.workspace(t), s.db.In("deals-other")
	deal := func(id, closes, signed string) gateway.Record {
		f := gateway.Fields{"Name": gateway.Text(id), "CloseDate": gateway.Null, "Amount": gateway.Value("12345678901234567.89")}
		if closes != "" {
			f["CloseDate"] = gateway.Text(closes)
		}
		if signed != "" {
			f["Signed_On__c"] = gateway.Text(signed)
		}
		return gateway.Record{Key: gateway.RecordKey{Object: "Opportunity", ID: id}, Fields: f}
	}
	gone := deal("e", "2026-11-15", "")
	gone.Deleted = true
	person := deal("f", "2026-11-15", "")
	person.Key.Object = "Contact"
	save(t, w, deal("a", "2026-10-31", "2026-11-02"), deal("b", "2026-11-30", ""), deal("c", "2026-11-01", "2026-01-01"), deal("d", "2026-12-01", ""), deal("g", "", ""), gone, person)
	save(t, other, deal("x", "2026-11-15", ""))
	day := func(m time.Month) time.Time { return time.Date(2026, m, 1, 0, 0, 0, 0, time.UTC) }
	for field, want := range map[string]string{"CloseDate": "bc", "Signed_On__c": "a", "Unheard__c": ""} {
		got, err := w.DealsClosing(t.Context(), field, day(11), day(12))
		ok(t, err)
		ids := ""
		for _, r := range got {
			ids += r.Key.ID
			if r.Fields["Amount"] != "12345678901234567.89" {
				t.Errorf("AVM-45 the amount became %s", r.Fields["Amount"])
			}
		}
		if ids != want {
			t.Errorf("AVM-41 by %s: %q, want %q", field, ids, want)
		}
	}
}

func wordings(t *testing.T, s *suite) {
	w, other := s.workspace(t), s.db.In("wordings-other")
	deal := gateway.RecordKey{Object: "Opportunity", ID: "d1"}
	first := gateway.Wording{
		Deal: "d1", Topic: "pain-points", Of: "h1", Model: "m", At: s.clock.Now(),
		Lines: []gateway.WordedLine{{Text: "It takes a day.", Sources: []gateway.WordedSource{{Kind: gateway.KindMeeting, ID: "m1", Title: "First", At: s.clock.Now()}}}},
	}
	failed := gateway.Wording{Deal: "d1", Topic: "budget", Of: "h2", Model: "m", Problem: "It did not answer.", DueAt: s.clock.Now().Add(time.Minute), At: s.clock.Now()}
	ok(t, w.SaveWording(t.Context(), gateway.Wording{Deal: "d1", Topic: "pain-points", Of: "h0", Problem: "?"}))
	for _, g := range []gateway.Wording{first, failed, {Deal: "d2", Topic: "budget"}} {
		ok(t, w.SaveWording(t.Context(), g))
	}
	got, err := w.Wordings(t.Context(), deal)
	ok(t, err)
	if want := map[string]gateway.Wording{"pain-points": first, "budget": failed}; !reflect.DeepEqual(got, want) {
		t.Errorf("AVM-46 wordings %+v, want %+v", got, want)
	}
	if got, err := other.Wordings(t.Context(), deal); err != nil || len(got) > 0 { // AVC-04
		t.Errorf("another workspace sees %+v, %v", got, err)
	}
}

func dealsChanged(t *testing.T, s *suite) {
	w, other := s.workspace(t), s.db.In("changed-other")
	since := time.Date(2026, 11, 12, 0, 0, 0, 0, time.UTC)
	deal := func(id string, at time.Time) gateway.Record {
		return gateway.Record{
			Key: gateway.RecordKey{Object: "Opportunity", ID: id}, Fields: gateway.Fields{"Name": gateway.Text(id)},
			Version: gateway.Version{CommitAt: at.UnixMilli()}, ObservedAt: at,
		}
	}
	gone := deal("d", since.Add(-time.Hour)) // found missing later: it keeps its version
	gone.Deleted, gone.ObservedAt = true, since.Add(time.Hour)
	person := deal("e", since)
	person.Key.Object = "Contact"
	save(t, w, deal("a", since.Add(-time.Millisecond)), deal("b", since), deal("c", since.Add(time.Hour)), gone, person)
	save(t, other, deal("x", since))
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		var entries []gateway.HistoryEntry
		for _, id := range []string{"c", "a", "c"} {
			entries = append(entries, gateway.HistoryEntry{Key: gateway.RecordKey{Object: "Opportunity", ID: id}, Type: gateway.Update, Outcome: gateway.OutcomeApplied})
		}
		return tx.AppendHistory(ctx, entries)
	})
	records, histories, err := w.DealsChanged(t.Context(), since)
	ok(t, err)
	ids := ""
	for _, r := range records {
		ids += r.Key.ID
	}
	if ids != "bcd" || len(histories) != 1 || len(histories["c"]) != 2 || histories["c"][0].ID >= histories["c"][1].ID {
		t.Errorf("AVM-39 changed %q with histories %v", ids, histories)
	}
}
