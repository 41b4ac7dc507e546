package control

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tidegate/simulator/org"
	"tidegate/simulator/rest"
	"tidegate/simulator/seed"
)

type sink struct{ changes []org.Change }

func (s *sink) Publish(t org.Transaction) { s.changes = append(s.changes, t.Changes...) }

func newServer(t *testing.T) (*http.ServeMux, *sink) {
	t.Helper()
	s := &sink{}
	o := org.New(org.Config{Publisher: s})
	if err := seed.Fill(o, 1, seed.Sizes{Accounts: 5, Contacts: 20, Leads: 5, Opportunities: 5, Events: 5, Tasks: 5}); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	(&Server{Org: o, Ledger: rest.NewLedger(), LastReplayID: func() int64 { return int64(len(s.changes)) }}).Register(mux)
	return mux, s
}

func post(mux http.Handler, body string) (int, string) {
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("POST", "/_sim/changes", strings.NewReader(body)))
	return w.Code, w.Body.String()
}

func TestEveryOperationMakesAsManyChangesAsOrdered(t *testing.T) {
	for _, object := range []string{"Account", "Contact", "Lead", "Opportunity", "Event", "Task"} {
		mux, s := newServer(t)
		for _, row := range []struct {
			op    string
			count int
			want  org.ChangeType
		}{{"create", 3, org.Create}, {"update", 7, org.Update}, {"delete", 2, org.Delete}, {"undelete", 2, org.Undelete}} {
			s.changes = nil
			status, body := post(mux, fmt.Sprintf(`{"object":%q,"op":%q,"count":%d,"seed":4}`, object, row.op, row.count))
			if status != 200 || !strings.HasPrefix(body, fmt.Sprintf(`{"made":%d,"last_replay_id":`, row.count)) {
				t.Errorf("%s %s: %d %s", object, row.op, status, body)
			}
			made := 0
			for _, c := range s.changes {
				if c.Object == object && c.Type == row.want {
					made++
				}
			}
			if made != row.count {
				t.Errorf("%s %s: %d changes published, want %d", object, row.op, made, row.count)
			}
		}
	}
}

func TestUpdatesNameTheirFieldsAndRepeatBySeed(t *testing.T) {
	run := func(seed int) string {
		mux, s := newServer(t)
		post(mux, fmt.Sprintf(`{"object":"Contact","op":"update","count":5,"fields":["Title","DoNotCall","Birthdate","Email"],"seed":%d}`, seed))
		var list []any
		for _, c := range s.changes {
			for _, f := range []string{"Title", "DoNotCall", "Birthdate", "Email"} {
				if c.Before.Value(f) == c.After.Value(f) {
					t.Errorf("%s did not change from %v", f, c.Before.Value(f))
				}
				list = append(list, c.RecordID, c.After.Value(f))
			}
		}
		encoded, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		return string(encoded)
	}
	if first := run(1); first != run(1) || first == run(2) {
		t.Error("the seed does not decide what changes")
	}
}

func TestBadOrdersAreRefused(t *testing.T) {
	mux, _ := newServer(t)
	for _, body := range []string{
		`{`, `{"object":"Nothing","op":"update"}`, `{"object":"Contact","op":"paint"}`, `{"object":"Contact","op":"update","count":-1}`,
		`{"object":"Contact","op":"update","fields":["Name"]}`, `{"object":"Contact","op":"update","id":"nonsense"}`,
		`{"object":"Contact","op":"undelete"}`, `{"object":"Contact","op":"create","values":{"FirstName":"x"}}`, `{"object":"Contact","typo":1}`,
	} {
		if status, answer := post(mux, body); status != 400 || !strings.Contains(answer, `"error":`) {
			t.Errorf("%s: %d %s", body, status, answer)
		}
	}
}

func TestLeadsAreConvertedAndRecordsMergedAndPurged(t *testing.T) {
	mux, s := newServer(t)
	for _, row := range []struct {
		body string
		want map[org.ChangeType]int
	}{
		{`{"object":"Lead","op":"convert","count":2}`, map[org.ChangeType]int{org.Create: 8}},
		{`{"object":"Contact","op":"merge","count":3}`, map[org.ChangeType]int{org.Delete: 3}},
		{`{"object":"Task","op":"purge","count":2}`, map[org.ChangeType]int{org.Delete: 2}},
	} {
		s.changes = nil
		if status, body := post(mux, row.body); status != 200 {
			t.Errorf("%s: %d %s", row.body, status, body)
		}
		for kind, want := range row.want {
			got := 0
			for _, c := range s.changes {
				if c.Type == kind {
					got++
				}
			}
			if got != want {
				t.Errorf("%s: %d times %s, want %d", row.body, got, kind, want)
			}
		}
	}
	if _, body := post(mux, `{"object":"Lead","op":"convert","no_opportunity":true}`); !strings.Contains(body, `"converted":[{"lead":"00Q`) || strings.Contains(body, "opportunity") {
		t.Errorf("a conversion answers %s", body)
	}
	for _, body := range []string{`{"object":"Contact","op":"convert"}`, `{"object":"Task","op":"merge"}`, `{"object":"Lead","op":"convert","count":99}`} {
		if status, text := post(mux, body); status != 400 {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
}
