package faults

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tidegate/store"
	"tidegate/testpg"
)

// away is how long the database is away; the contract speaks of 30 s, and the
// time decides nothing here: every wait in the program has been reached.
const away = 12 * time.Second

// unready waits until the program says that it lives and cannot serve.
func (w *world) unready() {
	w.t.Helper()
	eventually(w.t, func() string {
		if code, body := w.get(w.child.url + "/readyz"); code != http.StatusServiceUnavailable {
			return fmt.Sprintf("F-69: readyz %d %s", code, body)
		}
		return ""
	})
	if code, body := w.get(w.child.url + "/healthz"); code != http.StatusOK {
		w.t.Errorf("F-69: healthz %d %s", code, body)
	}
}

// page reads a page with a cookie, as somebody does who is signed in.
func (w *world) page(path string) (int, string) {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodGet, w.child.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Cookie", "__Host-tidegate=somebody")
	answer, err := client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	var body strings.Builder
	if err := answer.Write(&body); err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, body.String()
}

// recovered checks that everything is as if nothing had been, in the same
// process.
func (w *world) recovered(before *child) {
	w.t.Helper()
	eventually(w.t, func() string {
		if code, body := w.get(w.child.url + "/readyz"); code != http.StatusOK {
			return fmt.Sprintf("F-69: readyz %d %s", code, body)
		}
		return ""
	})
	w.mirrorEqualsOrg()
	w.listening()
	select {
	case <-before.done:
		w.t.Error("F-69: the program ended")
	default:
	}
}

// changesAway makes changes in the org while nothing can be stored here.
const changesAway = 60

func (w *world) missed() {
	w.t.Helper()
	w.change(map[string]any{"object": "Contact", "op": "update", "count": changesAway, "seed": 69})
}

func TestDatabaseAwayIsWaitedOut(t *testing.T) { // F-69
	t.Parallel()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		database := testpg.URL(t)
		p := newProxy(t, database)
		w := newWorld(t, database, options{database: p.url})
		w.anchor()
		before := w.child
		p.set(true)
		w.missed()
		w.unready()
		if code, body := w.page("/contacts"); code != http.StatusServiceUnavailable || !inWords(body) {
			t.Errorf("F-69: a page gives %d: %s", code, body)
		}
		if code, body := w.call(http.MethodGet, "/records/Contact", nil); code != http.StatusServiceUnavailable || !strings.Contains(body, `"code":"unavailable"`) {
			t.Errorf("F-69: the API gives %d: %s", code, body)
		}
		time.Sleep(away)
		p.set(false)
		w.recovered(before)
		w.once("Contact", changesAway)
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
		w.anchor()
		before, id := w.child, w.contacts(1)[0]
		// Somebody else writes for a long time. What is stored can be read.
		err := w.store().InTx(t.Context(), func(context.Context, *store.Tx) error {
			w.missed()
			w.unready()
			if code, body := w.page("/login"); code != http.StatusOK {
				t.Errorf("F-69: a page that only reads gives %d: %s", code, body)
			}
			edit := map[string]any{"fields": map[string]any{"Title": "Never stored"}}
			if code, body := w.call(http.MethodPatch, "/records/Contact/"+id, edit); code != http.StatusServiceUnavailable || !strings.Contains(body, `"code":"unavailable"`) {
				t.Errorf("F-69, F-70: an edit that cannot be stored gives %d: %s", code, body)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.recovered(before)
		w.once("Contact", changesAway)
		if got := w.truth("Contact")[id].text("Title"); got == "Never stored" {
			t.Error("F-70: an edit that was refused is in the org")
		}
	})
}

// inWords reports whether a page says what is the matter without the database
// driver's words.
func inWords(body string) bool {
	lower := strings.ToLower(body)
	for _, raw := range []string{"pq:", "dial tcp", "connection refused", "eof", "sql"} {
		if strings.Contains(lower, raw) {
			return false
		}
	}
	return strings.Contains(lower, "<html") && strings.Contains(lower, "again")
}
