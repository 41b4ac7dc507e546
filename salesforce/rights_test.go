package salesforce

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
)

// AVM-56: the connected user's sets first, each with what it gives; then whoever
// else gives something, by the name that Setup has for it.
func TestRightsAreToldByWhatGivesThem_AVM56(t *testing.T) {
	f := newFake(t)
	f.mux.HandleFunc("GET /services/data/v66.0/query", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query().Get("q")
		switch {
		case strings.Contains(q, "FROM PermissionSetAssignment WHERE AssigneeId = '"+testUser+"'"):
			reply(w, 200, `{"done":true,"records":[{"PermissionSetId":"0PSA","PermissionSet":{"Id":"0PSA","Label":"00ex1","IsOwnedByProfile":true,"Profile":{"Name":"Integration"}}},
				{"PermissionSetId":"0PSB","PermissionSet":{"Id":"0PSB","Label":"Notes","IsOwnedByProfile":false,"Profile":null}}]}`)
		case strings.Contains(q, "FROM FieldPermissions WHERE SobjectType = 'Account' AND Field = 'Account.Rating'"),
			strings.Contains(q, "FROM ObjectPermissions WHERE SobjectType = 'Lead'"):
			reply(w, 200, `{"done":true,"records":[{"ParentId":"0PSA","PermissionsRead":true,"PermissionsEdit":false},{"ParentId":"0PSC","PermissionsRead":true,"PermissionsEdit":true}]}`)
		case strings.Contains(q, "FROM PermissionSet WHERE Id IN ('0PSC')"):
			reply(w, 200, `{"done":true,"records":[{"Id":"0PSC","Label":"Ratings","IsOwnedByProfile":false,"Profile":null}]}`)
		default:
			reply(w, 200, `{"done":true,"records":[]}`)
		}
	})
	want := []gateway.RightSource{
		{ID: "0PSA", Label: "Integration", Profile: true, Assigned: true, Read: true},
		{ID: "0PSB", Label: "Notes", Assigned: true},
		{ID: "0PSC", Label: "Ratings", Read: true, Edit: true},
	}
	c := newClient(t, f)
	c.userID = testUser
	for _, about := range [][2]string{{"Account", "Rating"}, {"Lead", ""}} {
		before := len(f.seen)
		got, err := c.RightsTo(context.Background(), about[0], about[1])
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v: %+v, %v", about, got, err)
		}
		if asked := len(f.seen) - before; asked != 3 {
			t.Errorf("%v took %d calls", about, asked)
		}
	}
	if got, err := c.RightsTo(context.Background(), "Account", "Gone__c"); err != nil || len(got) != 2 || got[0].Read {
		t.Errorf("what nobody is given: %+v, %v", got, err)
	}
	if _, err := c.RightsTo(context.Background(), "Account", "x' OR Id != '"); err == nil {
		t.Error("a name that is none was asked about")
	}
}
