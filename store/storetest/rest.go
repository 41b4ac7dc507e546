package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

func rekey(t *testing.T, s *suite) {
	for _, arrived := range []bool{false, true} {
		t.Run(fmt.Sprintf("the event came first: %v", arrived), func(t *testing.T) {
			w := s.workspace(t)
			local, real := contact("local:1"), contact("003000000000001AAA")
			save(t, w, gateway.Record{Key: local, Fields: gateway.Fields{"Email": gateway.Text("l@x.example")}})
			if arrived {
				save(t, w, gateway.Record{Key: real, Fields: gateway.Fields{"Email": gateway.Text("r@x.example")}})
				enqueue(t, w, change(real.ID, 1, gateway.Fields{"Title": gateway.Text("real")}))
			}
			c := change(local.ID, 4, gateway.Fields{"Title": gateway.Text("local"), "Phone": "null"})
			enqueue(t, w, c)
			ok(t, w.SaveLink(t.Context(), gateway.Link{Kind: "person", ExternalID: "p1", Key: local}))
			var line int64
			tx(t, w, func(ctx context.Context, tx *store.Tx) error {
				ids, err := tx.AppendLog(ctx, []gateway.LogEntry{{Direction: "out", Key: local, State: gateway.LogDone}})
				if err != nil {
					return err
				}
				line = ids[0]
				return tx.RekeyRecords(ctx, local.Object, map[string]string{local.ID: real.ID})
			})
			_, err := w.Record(t.Context(), local)
			wantCode(t, err, gateway.CodeNotFound)
			email := map[bool]string{false: "l@x.example", true: "r@x.example"}[arrived]
			found, err := w.RecordsByKey(t.Context(), store.KeyEmail, email)
			ok(t, err)
			if len(found) != 1 || found[0].Key != real {
				t.Errorf("found %+v", found)
			}
			links, err := w.Links(t.Context(), real)
			ok(t, err)
			logged, err := w.LogLineByID(t.Context(), line)
			ok(t, err)
			if len(links) != 1 || logged.Entry.Key != real {
				t.Errorf("links %+v, log %+v", links, logged.Entry.Key)
			}
			owed, there, err := w.Pending(t.Context(), real)
			ok(t, err)
			title := map[bool]gateway.Value{false: gateway.Text("local"), true: gateway.Text("real")}[arrived]
			if !there || owed.Fields["Title"] != title || owed.Fields["Phone"] != gateway.Null {
				t.Errorf("owed %v %+v", there, owed)
			}
			if _, there, err = w.Pending(t.Context(), local); there || err != nil {
				t.Errorf("something is left under the local id: %v", err)
			}
		})
	}
}

func rest(t *testing.T, s *suite) {
	w := s.workspace(t)
	ok(t, s.db.CreateWorkspace(t.Context(), w.ID(), "Acme"))
	wantCode(t, s.db.CreateWorkspace(t.Context(), w.ID(), "Acme"), gateway.CodeConflict)
	workspaces, err := s.db.Workspaces(t.Context())
	ok(t, err)
	if !slices.Contains(workspaces, store.WorkspaceInfo{ID: w.ID(), Name: "Acme"}) {
		t.Errorf("workspaces %v", workspaces)
	}
	ok(t, s.db.Ready(t.Context()))
	statuses, err := s.db.Migrations(t.Context())
	ok(t, err)
	if len(statuses) == 0 || statuses[0].AppliedAt.IsZero() || statuses[0].Name != "0001_tenants.sql" {
		t.Errorf("migrations %+v", statuses)
	}

	person := gateway.Person{ExternalID: "p1", Kind: "contact", Email: "a@x.example", Properties: awkward(), UpdatedAt: s.clock.Now()}
	ok(t, w.SavePerson(t.Context(), person))
	gotPerson, err := w.Person(t.Context(), "p1")
	ok(t, err)
	if !reflect.DeepEqual(gotPerson, person) {
		t.Errorf("person %+v", gotPerson)
	}
	link := gateway.Link{Kind: "person", ExternalID: "p1", Key: contact("1"), Chosen: contact("1"), Rule: "email", Reason: "matched by email", Pinned: true, By: "Ann", At: s.clock.Now()}
	ok(t, w.SaveLink(t.Context(), link))
	ok(t, w.SaveLink(t.Context(), gateway.Link{Kind: "person", ExternalID: "p2", Key: contact("1")}))
	gotLink, err := w.LinkOf(t.Context(), "person", "p1")
	ok(t, err)
	page, err := w.AllLinks(t.Context(), store.LinkToken(link), 10)
	ok(t, err)
	if gotLink != link || len(page) != 1 || page[0].ExternalID != "p2" {
		t.Errorf("link %+v, next page %+v", gotLink, page)
	}
	_, err = w.LinkOf(t.Context(), "person", "p3")
	wantCode(t, err, gateway.CodeNotFound)

	for i := range 3 {
		ok(t, w.Audit(t.Context(), gateway.AuditEntry{By: "Ann", What: fmt.Sprint("act ", i), Target: "t", Before: "b", After: "a", IP: "127.0.0.1"}))
	}
	acts, err := w.AuditLog(t.Context(), 0, 2)
	ok(t, err)
	older, err := w.AuditLog(t.Context(), acts[1].ID, 2)
	ok(t, err)
	if len(acts) != 2 || acts[0].What != "act 2" || len(older) != 1 || older[0].What != "act 0" || older[0].IP != "127.0.0.1" {
		t.Errorf("acts %+v, older %+v", acts, older)
	}
	health(t, s, w)
	exceptions(t, s, w)
}

func health(t *testing.T, s *suite, w *store.Workspace) {
	want := gateway.ObjectStatus{
		Object: "Contact", Label: "Contacts", State: gateway.StateRepairing, Reason: "why", Transport: "stream", LastEvent: s.clock.Now(),
		Lag: time.Second, RowsThere: -1, CountedAt: s.clock.Now(), Backfilled: true,
	}
	ok(t, w.SaveObjectStatus(t.Context(), want))
	s.clock.Advance(time.Second)
	newest := s.clock.Now()
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.TouchObjects(ctx, map[string]store.ObjectTouch{"Contact": {LastEvent: newest, Lag: 2 * time.Second}, "Lead": {LastEvent: newest}})
	})
	ok(t, w.SaveObjectStatus(t.Context(), want)) // with an older LastEvent
	save(t, w, gateway.Record{Key: contact("1")}, gateway.Record{Key: contact("2"), Deleted: true})
	enqueue(t, w, change("1", 1, nil))
	got, err := w.ObjectStatuses(t.Context())
	ok(t, err)
	want.LastEvent, want.Lag, want.RowsHere, want.Pending = newest, 2*time.Second, 1, 1
	if len(got) != 2 || got[0] != want || got[1].Object != "Lead" {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}

	b := gateway.Backfill{Object: "Contact", State: "running", Anchor: "17", LastID: "003x", Rows: 5, Total: -1, StartedAt: s.clock.Now(), Note: "n"}
	_, err = w.Backfill(t.Context(), "Contact")
	wantCode(t, err, gateway.CodeNotFound)
	ok(t, w.SaveBackfill(t.Context(), b))
	b.Rows = 6
	ok(t, w.SaveBackfill(t.Context(), b))
	b.Run, b.UpdatedAt = 2, s.clock.Now()
	gotB, err := w.Backfill(t.Context(), "Contact")
	ok(t, err)
	all, err := w.Backfills(t.Context())
	ok(t, err)
	if gotB != b || len(all) != 1 {
		t.Errorf("backfill %+v, all %+v", gotB, all)
	}
}

func exceptions(t *testing.T, s *suite, w *store.Workspace) {
	bad := gateway.Quarantined{Channel: "/data/ChangeEvents", ReplayID: "9", Raw: []byte{'{', 0, 0xff}, Reason: "not JSON", Object: "Contact", RecordID: "1"}
	conflict := gateway.Conflict{
		Key: contact("1"), Field: "Title", Base: gateway.Text("a"), Theirs: gateway.Text("b"), Ours: gateway.Null,
		TheirsAt: gateway.Version{CommitAt: 1, CommitNumber: 2, Sequence: 3}, TheirsBy: "005", OursAt: s.clock.Now(), OursBy: "m1",
		Winner: gateway.WinnerAsk, Reason: "r", Kept: "ask",
	}
	marks := []gateway.RecordKey{contact("2"), contact("1"), contact("3")}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.SaveQuarantine(ctx, []gateway.Quarantined{bad, {Reason: "no raw"}}), tx.SaveConflicts(ctx, []gateway.Conflict{conflict}),
			tx.MarkRefetch(ctx, marks, "gap"), tx.MarkRefetch(ctx, marks[:1], "again"))
	})
	quarantined, err := w.Quarantine(t.Context(), 10)
	ok(t, err)
	bad.ID = quarantined[1].ID
	if len(quarantined) != 2 || !reflect.DeepEqual(quarantined[1], bad) {
		t.Errorf("quarantine %+v", quarantined)
	}
	for ago, want := range map[time.Duration]int{time.Hour: 2, -time.Second: 0} {
		if n, err := w.QuarantinedSince(t.Context(), s.clock.Now().Add(-ago)); err != nil || n != want {
			t.Errorf("%d since %s ago, want %d: %v", n, ago, want, err)
		}
	}
	conflicts, err := w.Conflicts(t.Context(), contact("1"), 10)
	ok(t, err)
	conflict.ID, conflict.At = conflicts[0].ID, conflicts[0].At
	if len(conflicts) != 1 || conflicts[0] != conflict {
		t.Errorf("conflicts %+v", conflicts)
	}
	end := gateway.ConflictEnd{Choice: gateway.ChoiceOther, Value: gateway.Text("c"), By: "Ada", Why: "w", At: s.clock.Now()}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		later := gateway.ConflictEnd{Choice: gateway.ChoiceOurs, By: "Eve"} // what is decided stays so
		return errors.Join(tx.EndConflicts(ctx, contact("1"), "Title", end), tx.EndConflicts(ctx, contact("1"), "Title", later))
	})
	conflicts, err = w.ConflictList(t.Context(), store.ConflictQuery{Field: "Title"})
	ok(t, err)
	if len(conflicts) != 1 || !conflicts[0].End.At.Equal(end.At) || conflicts[0].End.Choice != end.Choice || conflicts[0].End.By != "Ada" || conflicts[0].End.Value != end.Value {
		t.Errorf("ended %+v", conflicts)
	}
	due := func(want ...gateway.RecordKey) {
		t.Helper()
		got, err := w.Refetches(t.Context(), 10)
		ok(t, err)
		if !slices.Equal(got, want) {
			t.Errorf("refetches %v, want %v", got, want)
		}
	}
	due(contact("1"), contact("2"), contact("3"))
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tx.ClearRefetch(ctx, marks[:1]), tx.DeferRefetch(ctx, marks[2:], tx.Now().Add(time.Hour)))
	})
	due(contact("1"))
	s.clock.Advance(time.Hour)
	due(contact("1"), contact("3"))
}
