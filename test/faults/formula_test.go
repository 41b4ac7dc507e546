package faults

import (
	"fmt"
	"testing"
)

// A formula of contacts reads their account's name: renaming the account changes
// it, moves no stamp of the contact and sends no event of it. The mirror has the
// old value until its next reading, which here is the proof, and that reading is
// no change of anybody (F-44).
func TestFormulaThatMovesWithoutAnEventIsReadAgain(t *testing.T) { // F-44
	engines(t, func(t *testing.T, url string) {
		const formula = "Account_Summary__c"
		w := newWorld(t, url, options{})
		w.anchor()
		var contact, account string
		for id, r := range w.truth("Contact") {
			if !r.deleted && r.text("AccountId") != "" {
				contact, account = id, r.text("AccountId")
				break
			}
		}
		here := func() string {
			rows, complaint := w.mirror("Contact")
			if complaint != "" {
				t.Fatal(complaint)
			}
			return rows[contact].text(formula)
		}
		before := here()
		if before == "" || before != w.truth("Contact")[contact].text(formula) {
			t.Fatalf("F-44: the formula is %q at first", before)
		}
		w.change(map[string]any{"object": "Account", "op": "update", "id": account, "values": map[string]any{"Name": "Renamed Works"}})
		w.mirrorEqualsOrg() // the account has come; formulas are not compared
		if now := w.truth("Contact")[contact].text(formula); now == before || here() != before {
			t.Fatalf("F-44: there %q, here %q: something told of it", now, here())
		}
		w.tidegate("verify", "--workspace", string(workspace), "--object", "Contact")
		eventually(t, func() string {
			if there := w.truth("Contact")[contact].text(formula); here() != there {
				return fmt.Sprintf("F-44: after the proof %q is here, %q there", here(), there)
			}
			return ""
		})
		if lines := w.log("direction=out&record=" + contact); len(lines) != 0 {
			t.Errorf("F-44: something is written for it: %+v", lines)
		}
	})
}

// Users are in no stream unless the org selects them: they are asked for, so that
// an owner who left is known.
func TestUserWhoLeftIsKnownWithoutAnEvent(t *testing.T) { // F-62
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{env: []string{"TIDEGATE_POLL_EVERY=1s"}})
		w.anchor()
		here, complaint := w.mirror("User")
		if complaint != "" {
			t.Fatal(complaint)
		}
		for id, r := range here {
			if r.text("UserType") == "Standard" && r.text("IsActive") == "true" && r.text("ManagerId") == "" {
				w.change(map[string]any{"object": "User", "op": "update", "id": id, "values": map[string]any{"IsActive": false}})
				eventually(t, func() string {
					if now, complaint := w.mirror("User"); complaint != "" || now[id].text("IsActive") != "false" {
						return "F-62: the user is active here still " + complaint
					}
					return w.differs("User")
				})
				return
			}
		}
		t.Fatal("no user to leave")
	})
}
