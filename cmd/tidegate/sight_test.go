package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/simulator"
	simorg "tidegate/simulator/org"
	"tidegate/store"
)

// asUser asks the org with a user's own token.
func (p *proven) asUser(username string) func(path string) (int, []byte) {
	p.t.Helper()
	form := url.Values{
		"grant_type": {"password"}, "username": {username}, "password": {simulator.DefaultPassword},
		"client_id": {p.org.ClientID}, "client_secret": {p.org.ClientSecret},
	}
	resp, err := http.PostForm(p.org.URL+"/services/oauth2/token", form)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&token); err != nil || token.AccessToken == "" {
		p.t.Fatalf("signing in as %s: %v", username, err)
	}
	return func(path string) (int, []byte) {
		req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.org.URL+"/services/data/v66.0"+path, nil)
		if err != nil {
			p.t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token.AccessToken)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			p.t.Fatal(err)
		}
		defer resp.Body.Close()
		var body json.RawMessage
		_ = json.NewDecoder(resp.Body).Decode(&body) // not every refusal has one
		return resp.StatusCode, body
	}
}

// S-54 (M7): over users, records and fields with rights drawn at random, what we
// take for readable is what the org shows that user with his own token.
func TestWhatAUserMaySeeIsWhatTheOrgShowsHim_S54(t *testing.T) {
	p := newProven(t, "sqlite://"+filepath.Join(t.TempDir(), "t.db"), 60)
	rng := rand.New(rand.NewPCG(54, 54))
	objects := []string{"Account", "Contact", "Opportunity"}
	ids, users := map[string][]string{}, [][2]string{}
	p.org.Engine.Read(func(v simorg.View) {
		for n := 1; n < min(4, v.Len("User")); n++ {
			users = append(users, [2]string{v.Nth("User", n).ID(), fmt.Sprint(v.Nth("User", n).Value("Username"))})
		}
		for _, object := range objects {
			for range 12 {
				ids[object] = append(ids[object], v.Nth(object, rng.IntN(v.Len(object))).ID())
			}
		}
	})
	yes, no := true, false
	for _, user := range users {
		for _, object := range objects {
			fields := map[string]string{}
			for _, f := range p.org.Engine.Object(object).Fields {
				if f.Permissionable() && f.Compound == "" && rng.IntN(4) == 0 {
					fields[f.Name] = "hidden"
				}
			}
			perm := simorg.Permission{User: user[0], Object: object, Fields: fields, ViewAll: &no, Read: &yes}
			if rng.IntN(5) == 0 {
				perm.Read = &no
			}
			if rng.IntN(3) == 0 {
				perm.ViewAll = &yes
			}
			if err := p.org.Engine.Permit(perm); err != nil {
				t.Fatal(err)
			}
		}
	}
	shown, hidden := 0, 0
	for _, user := range users {
		get := p.asUser(user[1])
		for _, object := range objects {
			sight, err := p.app.connecting.Sight(t.Context(), acme, user[0], object)
			if err != nil {
				t.Fatal(err)
			}
			readable, err := p.app.connecting.Readable(t.Context(), acme, user[0], ids[object])
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range ids[object] {
				status, body := get("/sobjects/" + object + "/" + id)
				ours := sight.Readable && readable[id]
				if ours != (status == http.StatusOK) {
					t.Errorf("%s %s to %s: readable %v, the org answers %d", object, id, user[1], ours, status)
				}
				if !ours {
					hidden++
					continue
				}
				shown++
				var row map[string]json.RawMessage
				if err := json.Unmarshal(body, &row); err != nil {
					t.Fatal(err)
				}
				delete(row, "attributes")
				for name := range row {
					if !sight.Fields[name] {
						t.Errorf("%s.%s is hidden here, and the org shows it to %s", object, name, user[1])
					}
				}
				for name := range sight.Fields {
					if _, there := row[name]; !there {
						t.Errorf("%s.%s is shown here, and the org hides it from %s", object, name, user[1])
					}
				}
			}
		}
	}
	if shown < 5 || hidden < 20 {
		t.Errorf("%d shown and %d hidden prove little", shown, hidden)
	}

	checkNamesRepsWithoutUser(t, p, users[0])

	// 450 ids of two objects are asked for in few calls.
	before := p.calls()
	many := []string{}
	for n := range 400 {
		id, _ := gateway.NormalizeID(fmt.Sprintf("003%012d", n))
		many = append(many, id)
	}
	if _, err := p.app.connecting.Readable(t.Context(), acme, users[0][0], append(many, ids["Account"]...)); err != nil {
		t.Fatal(err)
	}
	if calls := p.calls() - before; calls != 3 {
		t.Errorf("%d calls for 400 contacts and a few accounts, want 3", calls)
	}
	p.org.Faults.Clear()
	if _, err := p.app.connecting.Sight(t.Context(), acme, users[0][0], strings.Repeat("x'", 3)); err == nil {
		t.Error("an object name that is none is asked for")
	}
}

// checkNamesRepsWithoutUser goes through the readiness line: no rep, reps whom
// Salesforce does not know, all known, switched off.
func checkNamesRepsWithoutUser(t *testing.T, p *proven, user [2]string) {
	t.Helper()
	one, err := p.app.orgs.of(t.Context(), acme)
	if err != nil {
		t.Fatal(err)
	}
	want := func(pass, warn bool, part string) {
		t.Helper()
		if got := sightCheck(t.Context(), one); got.Pass != pass || got.Warn != warn || !strings.Contains(got.Text, part) {
			t.Errorf("%+v, want %q", got, part)
		}
	}
	member := func(id, email string, role gateway.Role) gateway.Member {
		return gateway.Member{ID: id, Workspace: acme, Email: email, Name: id, Role: role}
	}
	want(true, false, "There are no reps yet")
	err = p.ws.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveRecords(ctx, []gateway.Record{{Key: gateway.RecordKey{Object: "User", ID: user[0]}, Fields: gateway.Fields{"Username": gateway.Text(user[1]), "IsActive": gateway.Bool(true)}}})
	})
	for _, m := range []gateway.Member{member("m1", user[1], gateway.RoleRep), member("m2", "nobody@acme.example", gateway.RoleRep), member("m3", "boss@acme.example", gateway.RoleAdmin)} {
		err = errors.Join(err, p.ws.CreateMember(t.Context(), m))
	}
	if err != nil {
		t.Fatal(err)
	}
	want(true, true, "1 of 2 reps have no Salesforce user yet")
	gone := member("m2", "nobody@acme.example", gateway.RoleRep)
	gone.Disabled = true
	if err := p.ws.UpdateMember(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	want(true, false, "The one rep is a Salesforce user")
	off := gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabAdvanced, Body: []byte(`{"own_sight":false}`), By: "Ann"}
	saved, err := p.ws.Settings(t.Context(), gateway.OrgScope)
	if err == nil {
		_, err = p.ws.SaveSetting(t.Context(), off, saved[gateway.TabAdvanced].Revision)
	}
	if err != nil {
		t.Fatal(err)
	}
	want(true, true, "Switch it on under Advanced Settings")
}
