package main

import (
	"testing"

	"github.com/alexedwards/argon2id"

	"tidegate/store"
	"tidegate/store/storetest"
)

// What the demo prints opens it, also where demo.json was deleted and drawn
// anew beside a database that stayed.
func TestDemoPrintsThePasswordThatWorks(t *testing.T) {
	db := storetest.Open(t, "sqlite://"+t.TempDir()+"/store.db", store.Options{})
	for _, password := range []string{"drawn the first time", "drawn the first time", "drawn anew, later"} {
		before, _ := db.MemberByEmail(t.Context(), "mara@tidegate.example")
		if err := keepPerson(t.Context(), db, person{demoWorkspace, "mara@tidegate.example", "Mara Quill", "admin", "UTC", password}); err != nil {
			t.Fatal(err)
		}
		m, err := db.MemberByEmail(t.Context(), "mara@tidegate.example")
		if err != nil {
			t.Fatal(err)
		}
		if same, err := argon2id.ComparePasswordAndHash(password, m.PasswordHash); err != nil || !same {
			t.Errorf("%q does not sign in: %v", password, err)
		}
		if before.ID != "" && before.ID != m.ID {
			t.Error("another member was made")
		}
	}
}
