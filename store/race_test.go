package store_test

import (
	"context"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
	"tidegate/testpg"
)

// Somebody makes a record after it was looked for here and not there: a newer
// one of his stays, with its keys and as the e-mail that it is, and who came
// second looks again. On SQLite only one transaction writes at a time.
func TestRecordMadeMeanwhileIsLookedForAgain(t *testing.T) { // F-06, AVM-49
	db := storetest.Open(t, testpg.URL(t), store.Options{})
	if err := db.CreateWorkspace(t.Context(), "race", "Race"); err != nil {
		t.Fatal(err)
	}
	w := db.In("race")
	message := func(at int64, fields gateway.Fields) gateway.Record {
		fields["Status"], fields["MessageIdentifier"] = gateway.Text("3"), gateway.Text("<one@x.example>")
		return gateway.Record{Key: gateway.RecordKey{Object: "EmailMessage", ID: "02sdG0000000001QAA"}, Version: gateway.Version{CommitAt: at}, Fields: fields}
	}
	task := gateway.Record{
		Key: gateway.RecordKey{Object: "Task", ID: "00TdG0000000001QAA"}, Version: gateway.Version{CommitAt: 9},
		Fields: gateway.Fields{"Subject": gateway.Text("Email: Offer"), "TaskSubtype": gateway.Text("Email")},
	}
	save := func(look func(tx *store.Tx, ctx context.Context) (here bool), r ...gateway.Record) {
		t.Helper()
		err := w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if look != nil && look(tx, ctx) {
				return nil
			}
			return tx.SaveRecords(ctx, r)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	tries := 0
	ours := message(0, gateway.Fields{"RelatedToId": gateway.Text("006dG0000000001QAA")}) // as we sent it: nobody knows its Task
	save(func(tx *store.Tx, ctx context.Context) bool {
		tries++
		found, err := tx.LoadRecords(ctx, []gateway.RecordKey{ours.Key})
		if err != nil {
			t.Error(err)
		}
		if tries == 1 { // a reading of the whole record comes between
			save(nil, task, message(9, gateway.Fields{"ActivityId": gateway.Text(task.Key.ID)}))
		}
		return len(found) > 0
	}, ours)
	if tries != 2 {
		t.Errorf("looked %d times", tries)
	}
	stale, err := w.RecordsByKey(t.Context(), "RelatedToId", "006dG0000000001QAA")
	if err != nil || len(stale) != 0 {
		t.Errorf("found by a value that it does not have: %v, %v", stale, err)
	}
	page, err := w.EmailsWith(t.Context(), store.SaidQuery{}, gateway.EmailsRead{Tasks: true, Messages: true})
	if err != nil || len(page.Items) != 1 || page.Items[0].Filed.Key.Object != "EmailMessage" {
		t.Errorf("listed are %+v, %v", page.Items, err)
	}
}
