package main

import (
	"testing"

	"github.com/alexedwards/argon2id"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/simulator"
	simorg "tidegate/simulator/org"
	"tidegate/simulator/seed"
	"tidegate/store"
	"tidegate/store/storetest"
)

// What the demo prints opens it, also where demo.json was deleted and drawn
// anew beside a database that stayed.
func TestDemoPrintsThePasswordThatWorks(t *testing.T) {
	db := storetest.Open(t, "sqlite://"+t.TempDir()+"/store.db", store.Options{})
	for _, password := range []string{"drawn the first time", "drawn the first time", "drawn anew, later"} {
		before, _ := db.MemberByEmail(t.Context(), "mara@tidegate.example")
		if err := keepPerson(t.Context(), db, person{demoWorkspace, "mara@tidegate.example", "Mara Quill", "admin", "UTC", password, ""}); err != nil {
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

// S-54: the rep of the demo is an active user of its org, so that a newcomer sees
// records when he signs in as him.
func TestDemoRepIsAUserOfItsOrg_S54(t *testing.T) {
	org, err := simulator.Start(t.Context(), simulator.Config{Seed: 1, Quiet: true, Sizes: seed.Sizes{Accounts: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = org.Close() }()
	access, err := drawAccess()
	if err != nil {
		t.Fatal(err)
	}
	var users []gateway.Record
	org.Engine.Read(func(v simorg.View) {
		for n := range v.Len("User") {
			name, _ := v.Nth("User", n).Value("Username").(string)
			active, _ := v.Nth("User", n).Value("IsActive").(bool)
			users = append(users, gateway.Record{Key: gateway.RecordKey{Object: "User", ID: v.Nth("User", n).ID()}, Fields: gateway.Fields{"Username": gateway.Text(name), "IsActive": gateway.Bool(active)}})
		}
	})
	if _, by := match.User(gateway.Member{Email: access.Rep.Email}, users); by != match.ByUsername {
		t.Errorf("%s is none of %d users", access.Rep.Email, len(users))
	}
}
