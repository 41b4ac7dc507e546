package storetest

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// awkward has a value of every kind that storage may bend.
func awkward() gateway.Fields {
	return gateway.Fields{
		"Amount":      "12345678901234567.123456789",
		"Big":         "9007199254740993",
		"Small":       "0.1",
		"Description": gateway.Text("a \"quoted\" line\nsecond\tline \\ back <b>&amp;</b> \u2028 é 漢字 🌊"),
		"Checked":     "true",
		"Nothing":     gateway.Null,
		"A__c":        gateway.Text("}{][,:"),
		"Name":        gateway.Text("Ann O'Neil; DROP TABLE records"),
	}
}

func records(t *testing.T, s *suite) {
	t.Run("fields come back byte for byte", func(t *testing.T) {
		w := s.workspace(t)
		want := gateway.Record{
			Key: contact("003000000000001AAA"), Fields: awkward(),
			Version: gateway.Version{CommitAt: 1777620337000, CommitNumber: 1<<62 + 12345, Sequence: 7},
			ReadAt:  1777620336000, Partial: true, ObservedAt: s.clock.Now(),
		}
		save(t, w, want)
		got, err := w.Record(t.Context(), want.Key)
		ok(t, err)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
	t.Run("a row of a later commit stays, one of the same commit is replaced", func(t *testing.T) {
		w := s.workspace(t)
		row := func(commit int64, title string) gateway.Record {
			return gateway.Record{
				Key: contact("003000000000001AAA"), Fields: gateway.Fields{"Title": gateway.Text(title)},
				Version: gateway.Version{CommitAt: commit}, ObservedAt: s.clock.Now(),
			}
		}
		save(t, w, row(2000, "streamed"))
		save(t, w, row(0, "settled"))
		save(t, w, row(2000, "streamed again"))
		got, err := w.Record(t.Context(), contact("003000000000001AAA"))
		ok(t, err)
		if got.Fields["Title"] != gateway.Text("streamed again") || got.Version.CommitAt != 2000 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("text that no database takes is cleaned, not refused", func(t *testing.T) {
		w := s.workspace(t)
		r := gateway.Record{Key: contact("1"), Fields: gateway.Fields{
			"Name":  gateway.Value("\"bro\xffken\x00\""),
			"Email": gateway.Text("a\x00b@example.com"),
		}}
		save(t, w, r)
		got, err := w.Record(t.Context(), r.Key)
		ok(t, err)
		if got.Fields["Name"] != "\"bro\uFFFDken\"" {
			t.Errorf("name %q", got.Fields["Name"])
		}
	})
	t.Run("unknown record is not found", func(t *testing.T) {
		_, err := s.workspace(t).Record(t.Context(), contact("nobody"))
		wantCode(t, err, gateway.CodeNotFound)
	})
	t.Run("load returns only what exists, in one call for many", func(t *testing.T) {
		w := s.workspace(t)
		const n = 1200 // several chunks
		var all []gateway.Record
		var keys []gateway.RecordKey
		for i := range n {
			k := contact(fmt.Sprintf("%06d", i))
			keys = append(keys, k, contact("absent"+k.ID))
			all = append(all, gateway.Record{Key: k, Fields: gateway.Fields{"Name": gateway.Text(k.ID)}})
		}
		save(t, w, all...)
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.LoadRecords(ctx, append(keys, keys...))
			if len(got) != n {
				t.Errorf("%d records, want %d", len(got), n)
			}
			for key, r := range got {
				if r.Key != key || r.Fields["Name"] != gateway.Text(key.ID) {
					t.Errorf("%v holds %v", key, r)
				}
			}
			return err
		})
		count, err := w.CountRecords(t.Context(), "Contact")
		ok(t, err)
		if count != n {
			t.Errorf("count %d", count)
		}
	})
	t.Run("saving again replaces, and the last of one key wins", func(t *testing.T) {
		w := s.workspace(t)
		first := gateway.Record{Key: contact("1"), Fields: gateway.Fields{"Name": gateway.Text("one"), "Title": gateway.Text("x")}}
		second := gateway.Record{Key: contact("1"), Fields: gateway.Fields{"Name": gateway.Text("two")}, Deleted: true}
		save(t, w, first)
		save(t, w, first, second)
		got, err := w.Record(t.Context(), contact("1"))
		ok(t, err)
		if !got.Deleted || !maps.Equal(got.Fields, second.Fields) {
			t.Errorf("got %+v", got)
		}
		count, err := w.CountRecords(t.Context(), "Contact")
		ok(t, err)
		if count != 0 {
			t.Errorf("a tombstone is counted")
		}
	})
}

func lists(t *testing.T, s *suite) {
	w := s.workspace(t)
	const n = 57
	var all []gateway.Record
	for i := range n {
		all = append(all, gateway.Record{
			Key: contact(fmt.Sprintf("id%03d", i)),
			Fields: gateway.Fields{
				"Name":  gateway.Text([]string{"ada", "Bob", "Émile", "ada", "Zoë 100%"}[i%5]), // many equal labels
				"Email": gateway.Text(fmt.Sprintf("p%d@acme.example", i)), "AccountId": gateway.Text(fmt.Sprintf("acc%d", i%3)),
				"Region__c": gateway.Text([]string{"North", "South"}[i%2]),
			},
			Deleted: i == 56,
		})
	}
	save(t, w, all...)
	s.clock.Advance(time.Minute)
	late := s.clock.Now()
	save(t, w, gateway.Record{Key: contact("late"), Fields: gateway.Fields{"Name": gateway.Text("late")}})

	for _, limit := range []int{1, 7, 50, 100} {
		t.Run(fmt.Sprintf("pages of %d forward and back are the same list", limit), func(t *testing.T) {
			forward := walk(t, w, store.RecordQuery{Object: "Contact", Limit: limit})
			if len(forward) != n || !slices.IsSortedFunc(forward, byLabel) {
				t.Errorf("%d records, sorted %v", len(forward), slices.IsSortedFunc(forward, byLabel))
			}
		})
	}
	for _, c := range []struct {
		name  string
		query store.RecordQuery
		want  int
	}{
		{"search by name in any case", store.RecordQuery{Search: "BO"}, 11},
		{"search by accented name", store.RecordQuery{Search: "ÉMILE"}, 11},
		{"search by e-mail", store.RecordQuery{Search: "p7@acme"}, 1},
		{"search takes % literally", store.RecordQuery{Search: "100%"}, 11},
		{"search without hit", store.RecordQuery{Search: "%"}, 11},
		{"by lookup field", store.RecordQuery{Where: map[string]string{"AccountId": "acc1"}}, 19},
		{"by any other field", store.RecordQuery{Where: map[string]string{"Region__c": "South"}}, 28},
		{"updated after", store.RecordQuery{UpdatedAfter: late.Add(-time.Second)}, 1},
		{"of another object", store.RecordQuery{Object: "Lead"}, 0},
		{"with tombstones", store.RecordQuery{IncludeDeleted: true}, n + 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.query.Object == "" {
				c.query.Object = "Contact"
			}
			c.query.Limit = 4
			if got := walk(t, w, c.query); len(got) != c.want {
				t.Errorf("%d records, want %d", len(got), c.want)
			}
		})
	}
	t.Run("a bad token is invalid", func(t *testing.T) {
		_, err := w.Records(t.Context(), store.RecordQuery{Object: "Contact", After: "?"})
		wantCode(t, err, gateway.CodeInvalid)
	})
	t.Run("a page begins after its token even when that row is gone", func(t *testing.T) {
		page, err := w.Records(t.Context(), store.RecordQuery{Object: "Contact", Limit: 5})
		ok(t, err)
		last := page.Records[4]
		last.Deleted = true
		save(t, w, last)
		next, err := w.Records(t.Context(), store.RecordQuery{Object: "Contact", Limit: 5, After: page.Next})
		ok(t, err)
		for _, r := range next.Records {
			if slices.ContainsFunc(page.Records, func(q gateway.Record) bool { return q.Key == r.Key }) {
				t.Errorf("%s is on both pages", r.Key.ID)
			}
		}
	})
}

func byLabel(a, b gateway.Record) int {
	return slices.Compare([]string{strings.ToLower(a.Label()), a.Key.ID}, []string{strings.ToLower(b.Label()), b.Key.ID})
}

// walk reads all pages forward, then back, and checks that both are the same.
func walk(t *testing.T, w *store.Workspace, q store.RecordQuery) []gateway.Record {
	t.Helper()
	var forward, backward []gateway.Record
	var prev string
	for {
		page, err := w.Records(t.Context(), q)
		ok(t, err)
		forward = append(forward, page.Records...)
		if page.Next == "" {
			if page.Total != len(forward) {
				t.Errorf("total %d, but %d records", page.Total, len(forward))
			}
			backward, prev = page.Records, page.Prev
			break
		}
		q.After = page.Next
	}
	for prev != "" {
		q.After, q.Before = "", prev
		page, err := w.Records(t.Context(), q)
		ok(t, err)
		backward = append(slices.Clone(page.Records), backward...)
		prev = page.Prev
	}
	if !reflect.DeepEqual(forward, backward) {
		t.Errorf("%d records forward, %d back, or not the same", len(forward), len(backward))
	}
	return forward
}

func keys(t *testing.T, s *suite) {
	w := s.workspace(t)
	ann := gateway.Record{Key: contact("ann"), Fields: gateway.Fields{
		"Name": gateway.Text("Ann"), "Email": gateway.Text("Ann@Example.com"), "Phone": gateway.Text("(415) 555-0101 x12"),
		"MobilePhone": gateway.Text("+44 (0)20 7946 0018"),
	}}
	acme := gateway.Record{
		Key:    gateway.RecordKey{Object: "Account", ID: "acme"},
		Fields: gateway.Fields{"Name": gateway.Text("Acme"), "Website": gateway.Text("https://www.Acme.example/about")},
	}
	save(t, w, ann, acme)
	find := func(t *testing.T, kind, value string, want ...string) {
		t.Helper()
		got, err := w.RecordsByKey(t.Context(), kind, value)
		ok(t, err)
		var ids []string
		for _, r := range got {
			ids = append(ids, r.Key.ID)
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%s %q finds %v, want %v", kind, value, ids, want)
		}
	}
	find(t, store.KeyEmail, " ANN@example.COM", "ann")
	find(t, store.KeyPhone, "+1 415 555 0101", "ann")
	find(t, store.KeyPhone, "415.555.0101", "ann")
	find(t, store.KeyPhone, "+442079460018", "ann")
	find(t, store.KeyDomain, "acme.example", "acme")
	find(t, store.KeyEmail, "bob@example.com")
	find(t, store.KeyEmail, "")

	t.Run("keys follow a change of a loaded record", func(t *testing.T) {
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			loaded, err := tx.LoadRecords(ctx, []gateway.RecordKey{ann.Key})
			if err != nil {
				return err
			}
			r := loaded[ann.Key]
			r.Fields["Email"] = gateway.Text("ann@new.example") // in place: the caller's map is his own
			return tx.SaveRecords(ctx, []gateway.Record{r})
		})
		find(t, store.KeyEmail, "ann@example.com")
		find(t, store.KeyEmail, "ann@new.example", "ann")
		find(t, store.KeyPhone, "4155550101", "ann")
	})
	t.Run("a key that one record gives up and another keeps", func(t *testing.T) {
		bob := gateway.Record{Key: contact("bob"), Fields: gateway.Fields{
			"Name": gateway.Text("Bob"), "Phone": gateway.Text("+1 415 555 0199"), "MobilePhone": gateway.Text("+44 20 7946 0018"),
		}}
		save(t, w, bob)
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			loaded, err := tx.LoadRecords(ctx, []gateway.RecordKey{ann.Key, bob.Key})
			if err != nil {
				return err
			}
			a, b := loaded[ann.Key], loaded[bob.Key]
			a.Fields["MobilePhone"] = gateway.Text("+1 415 555 0199")
			b.Fields["Phone"] = b.Fields["MobilePhone"]
			return tx.SaveRecords(ctx, []gateway.Record{a, b})
		})
		find(t, store.KeyPhone, "+442079460018", "bob")
		find(t, store.KeyPhone, "+14155550199", "ann")
		find(t, store.KeyPhone, "4155550101", "ann")
	})
	t.Run("a tombstone is not found by key, a restored record is", func(t *testing.T) {
		gone := ann
		gone.Deleted = true
		save(t, w, gone)
		find(t, store.KeyEmail, "ann@example.com")
		save(t, w, ann)
		find(t, store.KeyEmail, "ann@example.com", "ann")
	})
}

func history(t *testing.T, s *suite) {
	w := s.workspace(t)
	key := contact("h")
	version := func(sec int64, number int64) gateway.Version {
		return gateway.Version{CommitAt: 1777620000000 + sec*1000, CommitNumber: number}
	}
	entries := []gateway.HistoryEntry{
		{Key: key, Version: version(1, 10), Type: gateway.Create, Outcome: gateway.OutcomeApplied, Fields: awkward(), Label: "Ann", Reason: "New here."},
		{Key: key, Version: version(5, 30), Type: gateway.Update, Outcome: gateway.OutcomeApplied, Fields: gateway.Fields{"Name": gateway.Text("Eve")}, Before: gateway.Fields{"Name": gateway.Text("Ann")}, User: "005", Origin: "com/salesforce/api/rest/66.0;client=tidegate", TransactionKey: "tk"},
		{Key: key, Version: version(3, 20), Type: gateway.Update, Outcome: gateway.OutcomeStale, Fields: gateway.Fields{"Name": gateway.Text("Mid"), "Title": gateway.Text("CTO")}},
		{Key: key, Version: version(8, 40), Type: gateway.Delete, Outcome: gateway.OutcomeDeleted},
		{Key: contact("other"), Version: version(2, 11), Type: gateway.Create, Outcome: gateway.OutcomeApplied},
	}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.AppendHistory(ctx, entries) })

	t.Run("newest first, in pages, as written", func(t *testing.T) {
		first, err := w.History(t.Context(), key, 3, 0)
		ok(t, err)
		second, err := w.History(t.Context(), key, 3, first[2].ID)
		ok(t, err)
		got := append(first, second...)
		slices.Reverse(got)
		if len(got) != 4 {
			t.Fatalf("%d entries", len(got))
		}
		for i := range got {
			want := entries[i]
			want.At = s.clock.Now()
			want.Fields, want.Before = orEmpty(want.Fields), orEmpty(want.Before)
			if !reflect.DeepEqual(got[i], want) {
				t.Errorf("got  %+v\nwant %+v", got[i], want)
			}
		}
	})
	t.Run("as written, however many at once", func(t *testing.T) {
		// As many as Postgres gets as arrays, in more than one piece.
		many := make([]gateway.HistoryEntry, 600)
		cells := []string{"", "\t", "\\", "\r\n", `\N`, `\.`, "\n\\.\n", "a\tb\\nc", "é 漢字 🌊", "x\x00y"}
		for i := range many {
			many[i] = gateway.HistoryEntry{Key: contact(fmt.Sprintf("m%03d", i)), Reason: cells[i%len(cells)], Label: cells[(i+1)%len(cells)], Fields: awkward()}
		}
		tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.AppendHistory(ctx, many) })
		for i := range cells {
			at := i + len(cells)*(i*6) // all over the pieces
			got, err := w.WholeHistory(t.Context(), many[at].Key)
			ok(t, err)
			want := many[at]
			if len(got) != 1 || got[0].Reason != strings.ReplaceAll(want.Reason, "\x00", "") ||
				got[0].Label != strings.ReplaceAll(want.Label, "\x00", "") || !reflect.DeepEqual(got[0].Fields, want.Fields) {
				t.Errorf("%d: %+v, want %+v", at, got, want)
			}
		}
	})
	t.Run("since a version, for a late event (F-13)", func(t *testing.T) {
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			got, err := tx.HistorySince(ctx, map[gateway.RecordKey]gateway.Version{key: version(3, 20), contact("none"): version(0, 0)})
			if len(got) != 1 || len(got[key]) != 3 || got[key][0].Version != version(3, 20) {
				t.Errorf("got %+v", got)
			}
			return err
		})
	})
	t.Run("the whole of it, as it arrived", func(t *testing.T) {
		got, err := w.WholeHistory(t.Context(), key)
		ok(t, err)
		if len(got) != 4 {
			t.Fatalf("%d entries, want 4", len(got))
		}
		for i := range got {
			if got[i].ID != entries[i].ID {
				t.Errorf("entry %d is %d, want %d", i, got[i].ID, entries[i].ID)
			}
		}
		none, err := w.WholeHistory(t.Context(), contact("nobody"))
		ok(t, err)
		if len(none) != 0 {
			t.Errorf("of nobody %+v", none)
		}
	})
}

func orEmpty(f gateway.Fields) gateway.Fields {
	if f == nil {
		return gateway.Fields{}
	}
	return f
}
