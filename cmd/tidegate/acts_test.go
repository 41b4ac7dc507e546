package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tidegate/store"
)

// S-56: what is done on the command line is in the audit log, in its chain, as
// what is done on the pages is.
func TestActsOfTheCommandLineAreInTheAuditChain_S56(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	t.Setenv("TIDEGATE_DATABASE_URL", "sqlite://"+path)
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	out := &output{to: file}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const email = "ann@example.com"
	must(userAddCmd{Email: email, Name: "Ann", Role: "admin", Zone: "UTC"}.Run(t.Context(), out))
	must(userPasswdCmd{Email: email}.Run(t.Context(), out))
	must(keyCreateCmd{Name: "Host"}.Run(t.Context(), out))
	must(withStore(t.Context(), func(db *store.DB) error {
		keys, err := db.In(defaultWorkspace).Keys(t.Context())
		if err != nil || len(keys) != 1 {
			t.Fatalf("%d keys, %v", len(keys), err)
		}
		return keyRevokeCmd{ID: keys[0].ID}.Run(t.Context())
	}))
	must(userDisableCmd{Email: email}.Run(t.Context()))
	if err := (userDisableCmd{Email: "nobody@example.com"}).Run(t.Context()); err == nil {
		t.Error("nobody was disabled")
	}

	must(withStore(t.Context(), func(db *store.DB) error {
		acts, err := db.In(defaultWorkspace).AuditLog(t.Context(), 0, 100)
		var got []string
		for _, a := range slices.Backward(acts) {
			if a.By != onCommandLine || a.Target == "" || strings.Contains(a.What, email) {
				t.Errorf("act %+v", a)
			}
			got = append(got, a.What)
		}
		want := []string{"added the member Ann as admin", "set the password of Ann", "made the API key Host", "revoked an API key", "disabled the member Ann"}
		if !slices.Equal(got, want) {
			t.Errorf("acts %q, want %q", got, want)
		}
		found, e := db.In(defaultWorkspace).CheckAudit(t.Context())
		if found.Acts != int64(len(want)) || len(found.Broken) != 0 || e != nil {
			t.Errorf("the chain has %d acts, %d breaks, %v", found.Acts, len(found.Broken), e)
		}
		return err
	}))
}
