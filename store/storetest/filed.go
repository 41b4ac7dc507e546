package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// filedEmails proves that the e-mails which Salesforce holds are listed beside
// those of the product, each once, only as far as they are read (AVM-48, AVM-49).
func filedEmails(t *testing.T, s *suite) {
	w := s.workspace(t)
	at := s.clock.Now().Truncate(time.Millisecond)
	hour := func(n int) gateway.Value { return gateway.Instant(at.Add(time.Duration(n) * time.Hour)) }
	message := func(id string, n int, messageID string, more gateway.Fields) gateway.Record {
		fields := gateway.Fields{"Subject": gateway.Text("Message " + id), "Status": gateway.Text("3"), "MessageDate": hour(n), "MessageIdentifier": gateway.Text(messageID), "FromAddress": gateway.Text(id + "@there.example")}
		return gateway.Record{Key: gateway.RecordKey{Object: "EmailMessage", ID: id}, Fields: fields.Overlay(more)}
	}
	task := func(id string, n int, subtype string) gateway.Record {
		return gateway.Record{Key: gateway.RecordKey{Object: "Task", ID: id}, Fields: gateway.Fields{"Subject": gateway.Text("Task " + id), "TaskSubtype": gateway.Text(subtype), "CreatedDate": hour(n)}}
	}
	save(t, w,
		message("m1", 1, "<One@x.example>", nil), message("m2", 2, "", gateway.Fields{"ActivityId": gateway.Text("t2"), "RelatedToId": gateway.Text("006D")}),
		message("m3", 3, "<told@x.example>", nil), message("m4", 4, "one@X.example", nil), message("m5", 5, "", gateway.Fields{"Status": gateway.Text("5")}),
		message("m6", 6, "", nil), task("t1", 1, "Email"), task("t2", 2, "Email"), task("t3", 3, "Call"), task("t4", 4, "Email"),
	)
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		for n, id := range []string{"<TOLD@x.example>", "", ""} {
			if err := tx.SaveEmail(ctx, gateway.Email{ExternalID: fmt.Sprint("e", n), MessageID: id, Subject: "Told", SentAt: at.Add(time.Duration(n)*time.Hour + time.Minute)}); err != nil {
				return err
			}
		}
		for _, key := range []gateway.RecordKey{{Object: "EmailMessage", ID: "m6"}, {Object: "Task", ID: "t4"}} {
			if err := tx.SaveWriting(ctx, gateway.Writing{Kind: gateway.KindEmail, ExternalID: "e1", Part: key.ID, Key: key}); err != nil {
				return err
			}
		}
		return nil
	})
	ids := func(q store.SaidQuery, read gateway.EmailsRead) (string, store.SaidPage[store.ListedEmail]) {
		t.Helper()
		page, err := w.EmailsWith(t.Context(), q, read)
		ok(t, err)
		var text []string
		for _, e := range page.Items {
			text = append(text, e.Email.ExternalID+e.Filed.Key.ID)
		}
		return strings.Join(text, " "), page
	}
	both := gateway.EmailsRead{Tasks: true, Messages: true}
	for _, row := range []struct {
		q    store.SaidQuery
		read gateway.EmailsRead
		want string
	}{
		{store.SaidQuery{}, gateway.EmailsRead{}, "e2 e1 e0"},
		{store.SaidQuery{}, gateway.EmailsRead{Tasks: true}, "e2 e1 t1 e0"},
		{store.SaidQuery{}, gateway.EmailsRead{Messages: true}, "e2 m2 e1 m1 e0"},
		{store.SaidQuery{}, both, "e2 m2 e1 t1 m1 e0"},
		{store.SaidQuery{Search: "MESSAGE m"}, both, "m2 m1"},
		{store.SaidQuery{Search: "m1@there"}, both, "m1"},
	} {
		if got, page := ids(row.q, row.read); got != row.want || page.Total != len(page.Items) {
			t.Errorf("%+v of %+v: %q of %d, want %q", row.q, row.read, got, page.Total, row.want)
		}
	}
	first, page := ids(store.SaidQuery{Limit: 2}, both)
	second, next := ids(store.SaidQuery{Limit: 2, After: page.Next}, both)
	third, last := ids(store.SaidQuery{Limit: 2, After: next.Next}, both)
	back, _ := ids(store.SaidQuery{Limit: 2, Before: last.Prev}, both)
	if first != "e2 m2" || second != "e1 t1" || third != "m1 e0" || back != second || last.Next != "" || page.Prev != "" {
		t.Errorf("pages %q, %q, %q, back %q", first, second, third, back)
	}
	if e := page.Items[1].Filed; e.Subject != "Message m2" || e.From != "m2@there.example" || !e.At.Equal(at.Add(2*time.Hour)) {
		t.Errorf("it reads %+v", e)
	}
	found, err := w.RecordsUnder(t.Context(), "EmailMessage", "RelatedToId", "006D", 5)
	if ok(t, err); len(found) != 1 || found[0].Key.ID != "m2" {
		t.Errorf("under the deal: %v", found)
	}
	if key, err := w.FiledAs(t.Context(), " <ONE@x.example>"); err != nil || key.ID != "m1" {
		t.Errorf("by its Message-ID: %v, %v", key, err)
	}
	// What becomes a draft, another kind or deleted is no e-mail of the list.
	gone := task("t1", 1, "Email")
	gone.Deleted = true
	save(t, w, gone, message("m1", 1, "", gateway.Fields{"Status": gateway.Text("5")}))
	if got, _ := ids(store.SaidQuery{}, both); got != "m4 e2 m2 e1 e0" {
		t.Errorf("afterwards %q", got)
	}
	written, err := w.WrittenAmong(t.Context(), []gateway.RecordKey{{Object: "Task", ID: "t4"}, {Object: "Task", ID: "t2"}})
	if ok(t, err); len(written) != 1 || !written[gateway.RecordKey{Object: "Task", ID: "t4"}] {
		t.Errorf("written by us: %v", written)
	}
	dropped(t, w)
	snapshotOfEmails(t, s)
	if got, _ := ids(store.SaidQuery{}, both); got != "e2 t2 e1 e0" { // the EmailMessage that hid t2 is gone
		t.Errorf("after the drop %q", got)
	}
}

// dropped proves that a mirror is dropped whole, and only where there is one.
func dropped(t *testing.T, w *store.Workspace) {
	t.Helper()
	ok(t, w.SaveObjectStatus(t.Context(), gateway.ObjectStatus{Object: "EmailMessage", State: gateway.StateOK}))
	for _, want := range []bool{true, false} {
		if was, err := w.DropMirror(t.Context(), "EmailMessage"); err != nil || was != want {
			t.Errorf("dropped %v, %v", was, err)
		}
	}
	n, err := w.CountRecords(t.Context(), "EmailMessage")
	ok(t, err)
	found, err := w.RecordsByKey(t.Context(), "RelatedToId", "006D")
	ok(t, err)
	listed, err := w.CountFiled(t.Context(), "EmailMessage")
	ok(t, err)
	statuses, err := w.ObjectStatuses(t.Context())
	if ok(t, err); n+len(found)+listed+len(statuses) != 0 {
		t.Errorf("left are %d records, %d found, %d listed, %v", n, len(found), listed, statuses)
	}
}

// snapshotOfEmails proves that a first reading lists them like any other.
func snapshotOfEmails(t *testing.T, s *suite) {
	t.Helper()
	w := s.db.In(gateway.WorkspaceID(t.Name() + " read first"))
	table := &gateway.Table{Object: "Task", Columns: []string{"Subject", "TaskSubtype"}}
	for n, subtype := range []string{"Email", "Call", "ListEmail"} {
		table.Rows = append(table.Rows, gateway.TableRow{ID: fmt.Sprint("t", n), CommitAt: int64(n), Values: []gateway.Value{gateway.Text("S"), gateway.Text(subtype)}})
	}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.InsertSnapshot(ctx, store.Snapshot{Table: table, Rows: []int{0, 1, 2}, First: func(row int) gateway.Record {
			return gateway.Record{Key: gateway.RecordKey{Object: "Task", ID: table.Rows[row].ID}, Version: gateway.Version{CommitAt: int64(row)}}
		}})
	})
	page, err := w.EmailsWith(t.Context(), store.SaidQuery{}, gateway.EmailsRead{Tasks: true})
	ok(t, err)
	var got []string
	for _, e := range page.Items {
		got = append(got, e.Filed.Key.ID)
	}
	if !slices.Equal(got, []string{"t2", "t0"}) {
		t.Errorf("a first reading lists %v", got)
	}
}
