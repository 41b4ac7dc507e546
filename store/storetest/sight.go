package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

// scriptedEyes see the records that are named, and of contacts not the phone.
type scriptedEyes struct {
	readable map[string]bool
	asked    []int // ids, call by call
	err      error
}

func (e *scriptedEyes) Sight(_ context.Context, object string) (gateway.ObjectSight, error) {
	fields := map[string]bool{}
	for _, name := range []string{"Name", "LastName", "Email", "Subject", "OpportunityId", "ContactId", "AccountId", "Role"} {
		fields[name] = true
	}
	return gateway.ObjectSight{Readable: object != "Lead", Fields: fields}, e.err
}

func (e *scriptedEyes) Readable(_ context.Context, ids []string) (map[string]bool, error) {
	e.asked = append(e.asked, len(ids))
	return e.readable, e.err
}

// sight proves S-54 of the store: a handle with somebody's eyes reads nothing that
// they do not see, and one without reads all.
func sight(t *testing.T, s *suite) {
	w := s.workspace(t)
	key := func(object, id string) gateway.RecordKey { return gateway.RecordKey{Object: object, ID: id} }
	secret := gateway.Text("+41 44 555 01 99")
	contact := func(id string) gateway.Record {
		return gateway.Record{Key: key("Contact", id), Fields: gateway.Fields{"Name": gateway.Text("P " + id), "Email": gateway.Text(id + "@people.example"), "Phone": secret}}
	}
	var records []gateway.Record
	eyes := &scriptedEyes{readable: map[string]bool{"d1": true, "c0007": true, "c0450": true, "c0451": true}}
	for n := range 500 {
		records = append(records, contact(fmt.Sprintf("c%04d", n)))
	}
	role := func(id, deal, contact string) gateway.Record {
		return gateway.Record{Key: key("OpportunityContactRole", id), Fields: gateway.Fields{"OpportunityId": gateway.Text(deal), "ContactId": gateway.Text(contact), "Role": gateway.Text("x")}}
	}
	save(t, w, append(records, role("r1", "d1", "c0007"), role("r2", "d1", "c0008"), role("r3", "", ""),
		gateway.Record{Key: key("Lead", "l1"), Fields: gateway.Fields{"Name": gateway.Text("L")}})...)
	ok(t, w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		var entries []gateway.HistoryEntry
		for _, k := range []gateway.RecordKey{key("Contact", "c0007"), key("Contact", "c0008"), key("OpportunityContactRole", "r1"), key("OpportunityContactRole", "r2")} {
			entries = append(entries, gateway.HistoryEntry{Key: k, Type: gateway.Update, Outcome: gateway.OutcomeApplied, Label: k.ID, Fields: gateway.Fields{"Phone": secret, "Email": gateway.Text("e")}, Before: gateway.Fields{"Phone": secret}})
		}
		if err := tx.AppendHistory(ctx, entries); err != nil {
			return err
		}
		_, err := tx.AppendLog(ctx, []gateway.LogEntry{
			{Direction: "out", Key: key("Contact", "c0007"), State: gateway.LogDone, Fields: gateway.Fields{"Phone": secret}, Problem: gateway.Problem{Code: "x", Said: secret.String()}},
			{Direction: "out", Key: key("Contact", "c0008"), State: gateway.LogDone, Label: "hidden", Problem: gateway.Problem{Code: "y", Said: secret.String()}},
			{Direction: "system", What: "about Tidegate", State: gateway.LogDone},
		})
		return err
	}))
	mine := w.SeenBy(eyes)

	var pages []string
	q := store.RecordQuery{Object: "Contact", Limit: 2}
	for range 5 {
		page, err := mine.Records(t.Context(), q)
		ok(t, err)
		for _, r := range page.Records {
			pages = append(pages, r.Key.ID)
			if r.Fields["Phone"].Known() || r.Fields["Email"] == "" {
				t.Errorf("fields %v", r.Fields)
			}
		}
		if page.Total != len(page.Records) {
			t.Errorf("a count of %d tells of what is hidden", page.Total)
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if fmt.Sprint(pages) != "[c0007 c0450 c0451]" {
		t.Errorf("pages: %v", pages)
	}
	last, err := mine.Records(t.Context(), q)
	ok(t, err)
	back, err := mine.Records(t.Context(), store.RecordQuery{Object: "Contact", Limit: 2, Before: last.Prev})
	ok(t, err)
	if last.Prev != "" && len(back.Records) > 2 {
		t.Errorf("back: %v", back)
	}
	for search, want := range map[string]int{"c0450@people": 1, "p c0007": 1, "c0008@people": 0, "0199": 0, "445550199": 0} {
		found, err := mine.Records(t.Context(), store.RecordQuery{Object: "Contact", Search: search})
		ok(t, err)
		if len(found.Records) != want {
			t.Errorf("searching %q finds %d, want %d", search, len(found.Records), want)
		}
	}
	of, err := mine.RecordsOf(t.Context(), []gateway.RecordKey{key("OpportunityContactRole", "r1"), key("OpportunityContactRole", "r2"), key("OpportunityContactRole", "r3"), key("Lead", "l1"), key("Contact", "c0007")})
	ok(t, err)
	if len(of) != 2 || of[key("OpportunityContactRole", "r1")].Key.ID != "r1" {
		t.Errorf("a role is seen where its deal and its person are: %v", of)
	}
	_, err = mine.Record(t.Context(), key("Contact", "c0008"))
	wantCode(t, err, gateway.CodeNotFound)
	log, err := mine.Log(t.Context(), store.LogQuery{})
	ok(t, err)
	if len(log.Entries) != 4 || log.Total != 4 { // c0007 in and out, r1, and the line about no record
		t.Errorf("%d lines, total %d", len(log.Entries), log.Total)
	}
	groups, err := mine.LogGroups(t.Context(), store.LogQuery{})
	ok(t, err)
	if len(groups) != 1 || groups[0].N != 1 || groups[0].Problem.Code != "x" || groups[0].Problem.Said != "" {
		t.Errorf("causes: %+v", groups)
	}
	for _, l := range log.Entries {
		if l.Entry.Fields["Phone"].Known() || l.Entry.Before["Phone"].Known() || l.Entry.Problem.Said != "" || l.Entry.Key.ID == "c0008" {
			t.Errorf("line %+v", l.Entry)
		}
	}
	history, err := mine.History(t.Context(), key("Contact", "c0008"), 10, 0)
	ok(t, err)
	whole, err := w.History(t.Context(), key("Contact", "c0008"), 10, 0)
	ok(t, err)
	if len(history) != 0 || len(whole) != 1 {
		t.Errorf("history: %d seen, %d there", len(history), len(whole))
	}

	eyes.err = errors.New("no word of Salesforce")
	if _, err := mine.Records(t.Context(), store.RecordQuery{Object: "Contact"}); err == nil {
		t.Error("records are listed although nobody says who sees them")
	}
	if _, err := mine.Log(t.Context(), store.LogQuery{}); err == nil {
		t.Error("the log is shown although nobody says who sees it")
	}
}
