package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

func syncLog(t *testing.T, s *suite) {
	w := s.workspace(t)
	states := []gateway.LogState{gateway.LogDone, gateway.LogWaiting, gateway.LogNeedsYou, gateway.LogSkipped}
	outcomes := []gateway.Outcome{gateway.OutcomeApplied, gateway.OutcomeStale, gateway.OutcomeRefetch, gateway.OutcomeConfirmed}
	start := s.clock.Now()
	for i := range 20 {
		s.clock.Advance(time.Second)
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			key := contact(fmt.Sprint("r", i%4))
			_, err := tx.AppendLog(ctx, []gateway.LogEntry{{
				Direction: []string{"out", "system"}[i%5/4], Key: key, Label: fmt.Sprint("Person ", i), What: "Update Title", State: states[i%4],
			}})
			if err != nil {
				return err
			}
			return tx.AppendHistory(ctx, []gateway.HistoryEntry{{
				Key: key, Type: gateway.Update, Outcome: outcomes[i/5], Reason: "Title changed.", Label: fmt.Sprint("Person ", i),
			}})
		})
	}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.MarkRefetch(ctx, []gateway.RecordKey{contact("r1")}, "x")
	})
	for _, c := range []struct {
		name  string
		query store.LogQuery
		want  int
	}{
		{"everything", store.LogQuery{}, 40},
		{"outbound", store.LogQuery{Direction: "out"}, 16},
		{"system", store.LogQuery{Direction: "system"}, 4},
		{"inbound", store.LogQuery{Direction: "in"}, 20},
		{"one record", store.LogQuery{Object: "Contact", RecordID: "r1"}, 10},
		{"another object", store.LogQuery{Object: "Lead"}, 0},
		{"needs you", store.LogQuery{State: "needs_you"}, 5},
		{"skipped, and stale changes", store.LogQuery{State: "skipped"}, 10},
		{"waiting, and marked refetches", store.LogQuery{State: "waiting"}, 6},
		{"done", store.LogQuery{State: "done"}, 19},
		{"search", store.LogQuery{Search: "person 1"}, 22},
		{"search in inbound reasons", store.LogQuery{Search: "changed", Direction: "in"}, 20},
		{"since", store.LogQuery{Since: start.Add(11 * time.Second)}, 20},
		{"until", store.LogQuery{Until: start.Add(11 * time.Second)}, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.query.Limit = 3
			if got := walkLog(t, w, c.query); len(got) != c.want {
				t.Errorf("%d lines, want %d", len(got), c.want)
			}
		})
	}
	t.Run("a line is updated and read by id", func(t *testing.T) {
		want := gateway.LogEntry{
			At: s.clock.Now(), Direction: "out", Key: contact("u"), Label: "U", What: "Create", Rule: "r", State: gateway.LogNeedsYou, Attempt: 3,
			NextTry: s.clock.Now().Add(time.Hour), By: "Ann", Problem: gateway.Problem{Code: "c", Said: "400", Fields: []string{"Title"}},
			Fields: awkward(), Before: gateway.Fields{"Title": gateway.Null}, Took: 1234 * time.Microsecond, DoneAt: s.clock.Now(),
		}
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			ids, err := tx.AppendLog(ctx, []gateway.LogEntry{{Direction: "out", State: gateway.LogWaiting}})
			if err != nil {
				return err
			}
			want.ID = ids[0]
			return tx.UpdateLog(ctx, want)
		})
		got, err := w.LogLineByID(t.Context(), want.ID)
		ok(t, err)
		if !reflect.DeepEqual(got, store.LogLine{Entry: want}) {
			t.Errorf("got  %+v\nwant %+v", got.Entry, want)
		}
	})
	t.Run("an observed change is a line too", func(t *testing.T) {
		page, err := w.Log(t.Context(), store.LogQuery{Direction: "in", Limit: 1})
		ok(t, err)
		got, err := w.LogLineByID(t.Context(), page.Entries[0].Entry.ID)
		ok(t, err)
		if got.Inbound == nil || got.Inbound.Reason != "Title changed." || got.Entry.Direction != "in" {
			t.Errorf("line %+v", got)
		}
		_, err = w.LogLineByID(t.Context(), 1)
		wantCode(t, err, gateway.CodeNotFound)
	})
}

// walkLog reads all pages forward and back, and checks order, total, counts.
func walkLog(t *testing.T, w *store.Workspace, q store.LogQuery) []int64 {
	t.Helper()
	var forward, backward []int64
	var last store.LogPage
	for {
		page, err := w.Log(t.Context(), q)
		ok(t, err)
		forward = append(forward, lineIDs(page)...)
		if last = page; page.Next == 0 {
			break
		}
		q.After = page.Next
	}
	sum := 0
	for state, n := range last.Counts {
		if q.State == "" || q.State == string(state) {
			sum += n
		}
	}
	if last.Total != len(forward) || sum != last.Total {
		t.Errorf("total %d, counts %v, but %d lines", last.Total, last.Counts, len(forward))
	}
	if !slices.IsSortedFunc(forward, func(a, b int64) int { return int(min(1, max(-1, b-a))) }) {
		t.Errorf("not newest first: %v", forward)
	}
	backward = lineIDs(last)
	for last.Prev != 0 {
		q.After, q.Before = 0, last.Prev
		page, err := w.Log(t.Context(), q)
		ok(t, err)
		backward = append(lineIDs(page), backward...)
		last = page
	}
	if !slices.Equal(forward, backward) {
		t.Errorf("forward %v\nback    %v", forward, backward)
	}
	return forward
}

func lineIDs(p store.LogPage) []int64 {
	var out []int64
	for _, l := range p.Entries {
		out = append(out, l.Entry.ID)
	}
	return out
}

func connection(t *testing.T, s *suite) {
	w := s.workspace(t)
	_, err := w.Connection(t.Context())
	wantCode(t, err, gateway.CodeNotFound)
	want := gateway.Connection{
		ID: "c1", Workspace: w.ID(), Environment: gateway.Sandbox, LoginURL: "https://login.example", InstanceURL: "https://i.example",
		OrgID: "00D000000000001AAA", OrgName: "Acme", UserID: "005", Username: "u@example.com", Flow: "web", APIVersion: "66.0",
		Scopes: "api refresh_token", State: gateway.StateCatchingUp, StateReason: "reading", StateSince: s.clock.Now(),
		Transport: "websocket", APIUsed: 7, APIMax: 100, APISeenAt: s.clock.Now(), ConnectedAt: s.clock.Now(), ConnectedBy: "Ann",
	}
	ok(t, w.SaveConnection(t.Context(), want))
	got, err := w.Connection(t.Context())
	ok(t, err)
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	t.Run("the state's time moves only with the state", func(t *testing.T) {
		s.clock.Advance(time.Minute)
		for i, state := range []gateway.ConnectionState{gateway.StateCatchingUp, gateway.StateOK, gateway.StateOK} {
			changed, err := w.SetConnectionState(t.Context(), "c1", state, fmt.Sprint("why ", i))
			ok(t, err)
			if changed != (i == 1) {
				t.Errorf("%d: changed %v", i, changed)
			}
		}
		ok(t, w.SetAPIUse(t.Context(), "c1", 8, 200))
		ok(t, w.SetTransport(t.Context(), "c1", "polling"))
		got, err := w.Connection(t.Context())
		ok(t, err)
		if got.State != gateway.StateOK || got.StateReason != "why 2" || !got.StateSince.Equal(s.clock.Now()) ||
			got.APIUsed != 8 || got.APIMax != 200 || got.Transport != "polling" {
			t.Errorf("got %+v", got)
		}
		wantCode(t, w.SetTransport(t.Context(), "nobody", "polling"), gateway.CodeNotFound)
	})
	t.Run("secrets follow their generation", func(t *testing.T) {
		_, _, err := w.SealedSecrets(t.Context(), "c1")
		wantCode(t, err, gateway.CodeNotFound)
		wantCode(t, w.SaveSecrets(t.Context(), "c1", []byte("x"), 2), gateway.CodeConflict)
		ok(t, w.SaveSecrets(t.Context(), "c1", []byte{0, 1, 255}, 1))
		wantCode(t, w.SaveSecrets(t.Context(), "c1", []byte("x"), 1), gateway.CodeConflict)
		wantCode(t, w.SaveSecrets(t.Context(), "c1", []byte("x"), 3), gateway.CodeConflict)
		ok(t, w.SaveSecrets(t.Context(), "c1", []byte{0, 2, 255}, 2))
		sealed, generation, err := w.SealedSecrets(t.Context(), "c1")
		ok(t, err)
		if !slices.Equal(sealed, []byte{0, 2, 255}) || generation != 2 {
			t.Errorf("%v %d", sealed, generation)
		}
		ok(t, w.EraseSecrets(t.Context(), "c1"))
		_, _, err = w.SealedSecrets(t.Context(), "c1")
		wantCode(t, err, gateway.CodeNotFound)
	})
	t.Run("one refresh at a time", func(t *testing.T) {
		var inside, worst, runs atomic.Int32
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				err := w.LockRefresh(t.Context(), "c1", func(context.Context) error {
					worst.Store(max(worst.Load(), inside.Add(1)))
					time.Sleep(time.Millisecond) // lets the others try
					inside.Add(-1)
					runs.Add(1)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if worst.Load() != 1 || runs.Load() != 5 {
			t.Errorf("%d at once, %d runs", worst.Load(), runs.Load())
		}
		boom := errors.New("boom")
		if err := w.LockRefresh(t.Context(), "c1", func(context.Context) error { return boom }); !errors.Is(err, boom) {
			t.Errorf("error %v", err)
		}
		wantCode(t, w.LockRefresh(t.Context(), "nobody", func(context.Context) error { return nil }), gateway.CodeNotFound)
	})
	t.Run("a refresh that died is taken over", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		held := make(chan struct{})
		done := make(chan error)
		go func() {
			done <- w.LockRefresh(ctx, "c1", func(ctx context.Context) error {
				close(held)
				<-ctx.Done()
				return nil
			})
		}()
		<-held
		s.clock.Advance(time.Minute) // its lease is over
		ok(t, w.LockRefresh(t.Context(), "c1", func(context.Context) error { return nil }))
		cancel()
		ok(t, <-done)
	})
}

func people(t *testing.T, s *suite) {
	w := s.workspace(t)
	email := func(name string) string { return name + "@" + s.db.Engine() + ".people.example" }
	ann := gateway.Member{
		ID: "m1", Workspace: w.ID(), Email: email("ann"), Name: "Ann", Role: gateway.RoleAdmin, Zone: "Europe/Berlin", PasswordHash: "h1", CreatedAt: s.clock.Now(),
	}
	ok(t, w.CreateMember(t.Context(), ann))
	other := ann
	other.ID = "m2"
	wantCode(t, s.db.In("elsewhere").CreateMember(t.Context(), other), gateway.CodeConflict)
	got, err := s.db.MemberByEmail(t.Context(), "ANN"+email("")[0:]) // any case
	ok(t, err)
	if got != ann {
		t.Errorf("got %+v", got)
	}
	_, err = s.db.MemberByEmail(t.Context(), "nobody@example.com")
	wantCode(t, err, gateway.CodeNotFound)

	session := gateway.Session{TokenHash: "tok", MemberID: "m1", Workspace: w.ID(), CreatedAt: s.clock.Now(), ExpiresAt: s.clock.Now().Add(time.Hour)}
	signIn := func() {
		t.Helper()
		ok(t, w.CreateSession(t.Context(), session))
	}
	signedIn := func(want bool) {
		t.Helper()
		got, member, err := s.db.SessionByToken(t.Context(), "tok")
		if want && (err != nil || got != session || member.ID != "m1") {
			t.Errorf("session %+v of %+v: %v", got, member, err)
		}
		if !want {
			wantCode(t, err, gateway.CodeNotFound)
		}
	}
	signIn()
	signedIn(true)
	ok(t, w.EndSession(t.Context(), "tok"))
	signedIn(false)
	signIn()
	ok(t, w.SetPassword(t.Context(), "m1", "h2"))
	signedIn(false)
	signIn()
	ok(t, w.EndSessions(t.Context(), "m1"))
	signedIn(false)
	signIn()
	ann.Name, ann.Disabled = "Ann B", true
	ok(t, w.UpdateMember(t.Context(), ann))
	signedIn(false)
	got, err = w.Member(t.Context(), "m1")
	ok(t, err)
	if got.Name != "Ann B" || got.PasswordHash != "h2" || !got.Disabled {
		t.Errorf("member %+v", got)
	}
	ann.Disabled = false
	ok(t, w.UpdateMember(t.Context(), ann))
	signIn()
	s.clock.Advance(2 * time.Hour)
	signedIn(false)
	all, err := w.Members(t.Context())
	ok(t, err)
	if len(all) != 1 {
		t.Errorf("%d members", len(all))
	}
	wantCode(t, w.SetPassword(t.Context(), "nobody", "h"), gateway.CodeNotFound)
	apiKeys(t, s, w)
}

func apiKeys(t *testing.T, s *suite, w *store.Workspace) {
	hash := "hash-" + s.db.Engine()
	want := gateway.APIKey{ID: "k1", Workspace: w.ID(), Name: "host", Hash: hash, Prefix: "tg_ab", Scopes: []string{"a", "b"}, CreatedAt: s.clock.Now(), CreatedBy: "Ann"}
	ok(t, w.CreateKey(t.Context(), want))
	got, err := s.db.KeyByHash(t.Context(), hash)
	ok(t, err)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	ok(t, w.TouchKey(t.Context(), "k1"))
	all, err := w.Keys(t.Context())
	ok(t, err)
	if len(all) != 1 || !all[0].LastUsed.Equal(s.clock.Now()) {
		t.Errorf("keys %+v", all)
	}
	ok(t, w.RevokeKey(t.Context(), "k1"))
	_, err = s.db.KeyByHash(t.Context(), hash)
	wantCode(t, err, gateway.CodeNotFound)
	wantCode(t, w.RevokeKey(t.Context(), "k2"), gateway.CodeNotFound)
}

func settings(t *testing.T, s *suite) {
	w := s.workspace(t)
	first, err := w.SaveSetting(t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabNotes, Body: []byte(`{"a":1}`), By: "Ann", ByID: "m1"}, 0)
	ok(t, err)
	_, err = w.SaveSetting(t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabNotes, Body: []byte(`{}`)}, 0)
	wantCode(t, err, gateway.CodeConflict)
	second, err := w.SaveSetting(t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabNotes, Body: []byte(`{"a":2}`)}, first.Revision)
	ok(t, err)
	_, err = w.SaveSetting(t.Context(), gateway.SettingRow{Scope: "member:m1", Tab: gateway.TabNotes, Body: []byte(`{"a":3}`)}, 0)
	ok(t, err)
	got, err := w.Settings(t.Context(), gateway.OrgScope)
	ok(t, err)
	if want := map[gateway.Tab]gateway.SettingRow{gateway.TabNotes: second}; !sameSettings(got, want) || first.Revision != 1 || second.Revision != 2 {
		t.Errorf("got %+v", got)
	}
	all, err := w.SettingHistory(t.Context(), gateway.OrgScope, gateway.TabNotes)
	ok(t, err)
	if len(all) != 2 || string(all[1].Body) != `{"a":1}` || all[1].By != "Ann" {
		t.Errorf("history %+v", all)
	}

	m := gateway.Mapping{Object: "Contact", Field: "Title", Editable: true, Topic: "role", Direction: "inbound", WriteMode: "fill", Winner: gateway.WinnerAsk, Imported: true, By: "Ann", At: s.clock.Now()}
	ok(t, w.SaveMapping(t.Context(), m))
	m.Editable = false
	ok(t, w.SaveMapping(t.Context(), m))
	ok(t, w.SaveMapping(t.Context(), gateway.Mapping{Object: "Lead", Field: "Title"}))
	mappings, err := w.Mappings(t.Context(), "Contact")
	ok(t, err)
	m.Revision = 2
	if !slices.Equal(mappings, []gateway.Mapping{m}) {
		t.Errorf("mappings %+v", mappings)
	}

	schema := gateway.Schema{Object: "Contact", Label: "Contact", Fields: []gateway.Field{{Name: "Title", Length: 128, Picklist: []string{"a"}}}}
	ok(t, w.SaveSchemas(t.Context(), []gateway.Schema{{Object: "Account"}, schema}))
	gotSchema, err := w.Schema(t.Context(), "Contact")
	ok(t, err)
	if !reflect.DeepEqual(gotSchema, schema) {
		t.Errorf("schema %+v", gotSchema)
	}
	schemas, err := w.Schemas(t.Context())
	ok(t, err)
	if len(schemas) != 2 || schemas[0].Object != "Account" {
		t.Errorf("schemas %+v", schemas)
	}
	_, err = w.Schema(t.Context(), "Lead")
	wantCode(t, err, gateway.CodeNotFound)
}

func sameSettings(a, b map[gateway.Tab]gateway.SettingRow) bool { return reflect.DeepEqual(a, b) }

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
				return tx.RekeyRecord(ctx, local, real)
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
	link := gateway.Link{Kind: "person", ExternalID: "p1", Key: contact("1"), Reason: "matched by email", Pinned: true, Broken: "", At: s.clock.Now()}
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
	b.Rows, b.UpdatedAt = 6, s.clock.Now()
	ok(t, w.SaveBackfill(t.Context(), b))
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
		Winner: gateway.WinnerAsk, Reason: "r",
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
	conflicts, err := w.Conflicts(t.Context(), contact("1"), 10)
	ok(t, err)
	conflict.ID, conflict.At = conflicts[0].ID, conflicts[0].At
	if len(conflicts) != 1 || conflicts[0] != conflict {
		t.Errorf("conflicts %+v", conflicts)
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

// isolation fills one workspace and looks at it from another.
func isolation(t *testing.T, s *suite) {
	mine, theirs := s.db.In("isolation-mine"), s.db.In("isolation-theirs")
	key := contact("1")
	save(t, mine, gateway.Record{Key: key, Fields: gateway.Fields{"Email": gateway.Text("iso@x.example")}})
	enqueue(t, mine, change("1", 1, nil))
	ok(t, mine.SaveConnection(t.Context(), gateway.Connection{ID: "c"}))
	ok(t, mine.SaveSecrets(t.Context(), "c", []byte("s"), 1))
	ok(t, mine.SaveLink(t.Context(), gateway.Link{Kind: "person", ExternalID: "p", Key: key}))
	ok(t, mine.Audit(t.Context(), gateway.AuditEntry{What: "w"}))
	ok(t, mine.SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: "Title"}))
	tx(t, mine, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AppendLog(ctx, []gateway.LogEntry{{Direction: "out", Key: key}})
		return errors.Join(err, tx.AppendHistory(ctx, []gateway.HistoryEntry{{Key: key}}), tx.MarkRefetch(ctx, []gateway.RecordKey{key}, "x"))
	})

	_, err := theirs.Record(t.Context(), key)
	wantCode(t, err, gateway.CodeNotFound)
	_, err = theirs.Connection(t.Context())
	wantCode(t, err, gateway.CodeNotFound)
	_, _, err = theirs.SealedSecrets(t.Context(), "c")
	wantCode(t, err, gateway.CodeNotFound)
	_, err = theirs.LinkOf(t.Context(), "person", "p")
	wantCode(t, err, gateway.CodeNotFound)
	byKey, err1 := theirs.RecordsByKey(t.Context(), store.KeyEmail, "iso@x.example")
	list, err2 := theirs.Records(t.Context(), store.RecordQuery{Object: "Contact"})
	log, err3 := theirs.Log(t.Context(), store.LogQuery{})
	acts, err4 := theirs.AuditLog(t.Context(), 0, 10)
	mappings, err5 := theirs.Mappings(t.Context(), "")
	marks, err6 := theirs.Refetches(t.Context(), 10)
	_, pending, err7 := theirs.Pending(t.Context(), key)
	ok(t, errors.Join(err1, err2, err3, err4, err5, err6, err7))
	if n := len(byKey) + len(list.Records) + list.Total + len(log.Entries) + log.Total + len(acts) + len(mappings) + len(marks); n != 0 || pending {
		t.Errorf("another workspace sees %d things", n)
	}
	if got := claim(t, s, theirs, "L", 10); len(got) != 0 {
		t.Errorf("another workspace claims %v", got)
	}
	tx(t, theirs, func(ctx context.Context, tx *store.Tx) error {
		loaded, err := tx.LoadRecords(ctx, []gateway.RecordKey{key})
		deleted, err2 := tx.DeleteChange(ctx, key, 1)
		if len(loaded) != 0 || deleted {
			t.Errorf("another workspace loads %v, deletes %v", loaded, deleted)
		}
		return errors.Join(err, err2)
	})
}
