package storetest

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

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
	ann.Name, ann.Disabled, ann.Team, ann.JobRole = "Ann B", true, "Sales", "Account Executive"
	ok(t, w.UpdateMember(t.Context(), ann))
	signedIn(false)
	got, err = w.Member(t.Context(), "m1")
	ok(t, err)
	if got.Name != "Ann B" || got.PasswordHash != "h2" || !got.Disabled || got.Team != "Sales" || got.JobRole != "Account Executive" {
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

	_, err = w.SaveSetting(t.Context(), gateway.SettingRow{Scope: "member:m1", Tab: gateway.TabNotes, Body: []byte(`{"a":4}`), By: "Ann"}, 1)
	ok(t, err)
	own, err := w.OwnSettings(t.Context(), gateway.TabNotes)
	ok(t, err)
	if len(own) != 1 || own[0].Scope != "member:m1" || own[0].Revision != 2 || own[0].By != "Ann" {
		t.Errorf("own settings %+v", own)
	}

	m := gateway.Mapping{
		Object: "Contact", Field: "Title", Editable: true, Topic: "role", Direction: "inbound", WriteMode: "fill", Winner: gateway.WinnerAsk, Imported: true, By: "Ann", At: s.clock.Now(),
		DisplayName: "Role", Default: "Buyer", ChangedBy: "Bo", ChangedAt: s.clock.Now(),
	}
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

	// A mapping that somebody saved meanwhile is neither overwritten nor dropped.
	replace := func(m gateway.Mapping) error {
		return w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.ReplaceMapping(ctx, m) })
	}
	stale, source := m, m
	stale.Revision, source.Topic, source.Source = 1, "", "person.title"
	wantCode(t, replace(stale), gateway.CodeConflict)
	wantCode(t, replace(gateway.Mapping{Object: "Contact", Field: "Title"}), gateway.CodeConflict)
	wantCode(t, replace(gateway.Mapping{Object: "Contact", Field: "Fax", Revision: 3}), gateway.CodeConflict)
	ok(t, replace(source))
	source.Revision = 3
	ok(t, replace(gateway.Mapping{Object: "Contact", Field: "Fax", At: s.clock.Now()}))
	if mappings, err = w.Mappings(t.Context(), "Contact"); err != nil || len(mappings) != 2 || mappings[1] != source || mappings[0].Revision != 1 {
		t.Errorf("mappings %+v %v", mappings, err)
	}
	remove := func(field string, revision int64) error {
		return w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.RemoveMapping(ctx, "Contact", field, revision)
		})
	}
	wantCode(t, remove("Fax", 2), gateway.CodeConflict)
	ok(t, remove("Fax", 1))
	wantCode(t, remove("Fax", 1), gateway.CodeConflict)

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

// terms proves that the mark of what decisions rest on moves with each of it,
// and stays where nothing was saved.
func terms(t *testing.T, s *suite) {
	w := s.workspace(t)
	last, err := w.TermsMark(t.Context())
	ok(t, err)
	field := gateway.Mapping{Object: "Contact", Field: "Title", Imported: true}
	for _, step := range []struct {
		name string
		do   func(tx *store.Tx) error
	}{
		{"a describe", func(tx *store.Tx) error {
			return tx.SaveSchema(t.Context(), gateway.Schema{Object: "Contact"}, time.Time{})
		}},
		{"the same one later", func(tx *store.Tx) error {
			return tx.SaveSchema(t.Context(), gateway.Schema{Object: "Contact", Label: "Person"}, time.Time{})
		}},
		{"a mapping", func(tx *store.Tx) error { return tx.SaveMapping(t.Context(), field) }},
		{"its next revision", func(tx *store.Tx) error { return tx.SaveMapping(t.Context(), field) }},
		{"its suspension", func(tx *store.Tx) error {
			gone := field
			gone.Suspended = gateway.Suspension{Cause: "gone", At: s.clock.Now()}
			return tx.SuspendMappings(t.Context(), []gateway.Mapping{gone})
		}},
		{"that it goes on", func(tx *store.Tx) error { return tx.SuspendMappings(t.Context(), []gateway.Mapping{field}) }},
		{"its removal", func(tx *store.Tx) error { return tx.RemoveMapping(t.Context(), "Contact", "Title", 2) }},
	} {
		s.clock.Advance(time.Second)
		tx(t, w, func(_ context.Context, tx *store.Tx) error { return step.do(tx) })
		mark, err := w.TermsMark(t.Context())
		ok(t, err)
		again, err := w.TermsMark(t.Context())
		ok(t, err)
		if mark == last || again != mark {
			t.Errorf("after %s the mark is %q and %q, was %q", step.name, mark, again, last)
		}
		last = mark
	}
	_, err = w.SaveSetting(t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabObjects, Body: []byte("{}")}, 0)
	ok(t, err)
	if mark, err := w.TermsMark(t.Context()); err != nil || mark == last {
		t.Errorf("after a setting the mark is %q: %v", mark, err)
	}
}

func sameSettings(a, b map[gateway.Tab]gateway.SettingRow) bool { return reflect.DeepEqual(a, b) }

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
	newHook(t, mine, "isolation")
	tx(t, mine, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AppendLog(ctx, []gateway.LogEntry{{Direction: "out", Key: key}})
		return errors.Join(err, tx.AppendHistory(ctx, []gateway.HistoryEntry{{Key: key}}), tx.MarkRefetch(ctx, []gateway.RecordKey{key}, "x"))
	})
	tx(t, mine, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AddDelivery(ctx, gateway.HookDelivery{HookID: "isolation", Records: []gateway.RecordKey{key}})
		return err
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
	hooks, err8 := theirs.Hooks(t.Context())
	came, err9 := theirs.HookDeliveries(t.Context(), "", 0, 10)
	told, err10 := theirs.Hints(t.Context(), key.Object, []string{key.ID})
	_, pending, err7 := theirs.Pending(t.Context(), key)
	ok(t, errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10))
	if n := len(byKey) + len(list.Records) + list.Total + len(log.Entries) + log.Total + len(acts) + len(mappings) + len(marks) + len(hooks) + len(came) + len(told); n != 0 || pending {
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

// recent is what an object's page shows of its records: the last changed ones,
// and how often each field changed.
func recent(t *testing.T, s *suite) {
	w := s.workspace(t)
	for _, id := range []string{"1", "2", "3"} {
		save(t, w, gateway.Record{Key: contact(id), Fields: gateway.Fields{"Name": gateway.Text("Record " + id)}})
	}
	save(t, w, gateway.Record{Key: contact("4"), Fields: gateway.Fields{"Name": gateway.Text("A")}, Deleted: true})
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.AppendHistory(ctx, []gateway.HistoryEntry{
			{Key: contact("2"), Fields: gateway.Fields{"Title": gateway.Text("a"), "Phone": gateway.Text("1")}},
			{Key: contact("4"), Fields: gateway.Fields{"Title": gateway.Text("gone")}},
			{Key: contact("3"), Fields: gateway.Fields{"Title": gateway.Text("b")}},
		})
	})
	got, err := w.RecentRecords(t.Context(), "Contact", 3)
	ok(t, err)
	if len(got) != 3 || got[0].Key != contact("3") || got[1].Key != contact("2") || got[2].Key != contact("1") {
		t.Errorf("recent %+v", got)
	}
	if got, err = w.RecentRecords(t.Context(), "Contact", 1); err != nil || len(got) != 1 || got[0].Key != contact("3") {
		t.Errorf("the last one %+v %v", got, err)
	}
	if got, err = w.RecentRecords(t.Context(), "Lead", 3); err != nil || len(got) != 0 {
		t.Errorf("another object %+v %v", got, err)
	}
	changes, err := w.FieldChanges(t.Context(), "Contact", s.clock.Now().Add(-time.Hour))
	ok(t, err)
	if changes["Title"] != 3 || changes["Phone"] != 1 {
		t.Errorf("changes %v", changes)
	}
	if changes, err = w.FieldChanges(t.Context(), "Contact", s.clock.Now().Add(time.Hour)); err != nil || len(changes) != 0 {
		t.Errorf("later %v %v", changes, err)
	}
}
