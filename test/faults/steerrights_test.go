package faults

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// “Why?” names the profile that the connected user has with what it gives, and
// the permission set that would give the rest, by the org's own account of them
// (AVM-56). Once an admin of the org gives the right, the next reading says so.
func TestWhyAFieldIsReadOnlyNamesWhatGivesTheRight_AVM56(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	a := w.admin()
	conn, err := w.store().Connection(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	users := w.truth("User")
	permit := func(rights map[string]any) {
		t.Helper()
		rights["user"] = conn.UserID
		w.sim("POST", "/permissions", rights, nil)
	}
	says := func(object, field string, want ...string) {
		t.Helper()
		a.post(tabs+"objects/"+object+"/describe", url.Values{})
		eventually(t, func() string {
			page := a.reads(tabs + "objects/" + object + "/why?field=" + field)
			for _, text := range want {
				if !strings.Contains(page, text) {
					return object + "." + field + ": not " + text + ": " + page
				}
			}
			return ""
		})
	}
	// A colleague with the same profile may do everything: a permission set gives
	// him what the profile does not.
	for id := range users {
		if id != conn.UserID {
			w.change(map[string]any{"object": "User", "op": "update", "id": id, "values": map[string]any{"ProfileId": users[conn.UserID].text("ProfileId")}})
			break
		}
	}
	says("Account", "Rating", "can be written in Salesforce", "profile System Administrator has Read and Edit on Account.Rating.")
	permit(map[string]any{"object": "Account", "fields": map[string]string{"Rating": "read", "Fax": "hidden"}})
	says("Account", "Rating", "Field-level security makes it read-only", "The connected user’s profile System Administrator has Read but not Edit on Account.Rating.",
		"Setup › Profiles › System Administrator", "Permission set Account Full Access, which the connected user does not have", "Setup › Permission Sets › Account Full Access › Manage Assignments")
	permit(map[string]any{"object": "Lead", "edit": false})
	says("Lead", "Title", "do not allow to edit Lead at all", "profile System Administrator has Read but not Edit on Lead.", "Permission set Lead Full Access")
	says("Lead", "CreatedDate", "read-only in Salesforce")
	permit(map[string]any{"object": "Account", "fields": map[string]string{"Rating": "edit", "Fax": "edit"}})
	says("Account", "Rating", "can be written in Salesforce", "profile System Administrator has Read and Edit on Account.Rating.")
}
