package faults

import (
	"fmt"
	"net/http"
	"testing"
)

// linkSeen is a link as the API shows it.
type linkSeen struct {
	Kind, Role, Object, ID, State, Reason string
	ExternalID                            string `json:"external_id"`
	Moved                                 *struct {
		Object string `json:"from_object"`
		ID     string `json:"from_id"`
		Reason string
	}
}

// linksOf are the links of a person by role.
func (w *world) linksOf(person string) map[string]linkSeen {
	w.t.Helper()
	var page struct{ Links []linkSeen }
	w.api(http.MethodGet, "/links", nil, &page)
	byRole := map[string]linkSeen{}
	for _, l := range page.Links {
		if l.ExternalID == person {
			byRole[l.Role] = l
		}
	}
	return byRole
}

// leads waits until a person's link leads to a record.
func (w *world) leads(person, id, state string) linkSeen {
	w.t.Helper()
	var l linkSeen
	eventually(w.t, func() string {
		if l = w.linksOf(person)[""]; l.ID != id || l.State != state {
			return fmt.Sprintf("%s leads to %s %s (%s), not to %s (%s)", person, l.Object, l.ID, l.State, id, state)
		}
		return ""
	})
	return l
}

// matched makes a new record of an object and a person that is matched to it by
// e-mail.
func (w *world) matched(object, person string, more map[string]any) string {
	w.t.Helper()
	email := person + "@example.com"
	values := map[string]any{"LastName": "Person " + person, "Email": email}
	for name, v := range more {
		values[name] = v
	}
	id := w.change(map[string]any{"object": object, "op": "create", "values": values})[0]
	eventually(w.t, func() string { return w.differs(object) })
	kind := map[string]string{"Lead": "lead", "Contact": "contact"}[object]
	w.person(person, map[string]any{"email": email, "kind": kind})
	w.leads(person, id, "active")
	return id
}

// A lead is converted while an edit of it waits: the person's link goes to the
// contact, account and opportunity are attached, the edit is made on the
// contact, and nothing is ever written to the converted lead.
func TestConversionTakesLinkAndEditAlong(t *testing.T) { // F-40
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		lead := w.matched("Lead", "ray", map[string]any{"Company": "Acme"})
		w.fault(map[string]any{"kind": "lock_rows", "seconds": 600})
		var done struct{ State string }
		w.api(http.MethodPatch, "/records/Lead/"+lead, map[string]any{"fields": map[string]any{"Title": "Harbor Pilot"}}, &done)
		if done.State != "queued" {
			t.Fatalf("F-40: the edit is %s", done.State)
		}
		w.change(map[string]any{"object": "Lead", "op": "convert", "id": lead})
		contact := w.truth("Lead")[lead].text("ConvertedContactId")
		l := w.leads("ray", contact, "moved")
		if l.Object != "Contact" || l.Moved == nil || l.Moved.ID != lead || l.Moved.Object != "Lead" || l.Reason != "matched by email ray@example.com" {
			t.Errorf("F-40: link %+v", l)
		}
		w.sim(http.MethodDelete, "/faults", nil, nil)
		eventually(t, func() string {
			if title := w.truth("Contact")[contact].text("Title"); title != "Harbor Pilot" {
				return "F-40: the contact's title is " + title
			}
			return ""
		})
		w.quiet()
		truth := w.truth("Lead")[lead]
		if truth.text("Title") != "" {
			t.Errorf("F-40: the converted lead was written: %q", truth.text("Title"))
		}
		all := w.linksOf("ray")
		if all["account"].ID != truth.text("ConvertedAccountId") || all["opportunity"].ID != truth.text("ConvertedOpportunityId") {
			t.Errorf("F-40: links %+v", all)
		}
		code, body := w.call(http.MethodPatch, "/records/Lead/"+lead, map[string]any{"fields": map[string]any{"Title": "Late"}})
		if code != http.StatusConflict {
			t.Errorf("F-40: an edit of the converted lead: %d %s", code, body)
		}
		w.mirrorEqualsOrg()
	})
}

// Contacts are merged, twice, one of them undeleted, and the program is killed
// in between: the link is always where the org says.
func TestMergeTakesLinksAlong(t *testing.T) { // F-39, F-41
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		loser := w.matched("Contact", "ann", nil)
		winners := w.change(map[string]any{"object": "Contact", "op": "create", "count": 2})
		w.mirrorEqualsOrg()
		merge := func(id, into string) {
			w.change(map[string]any{"object": "Contact", "op": "merge", "id": id, "into": into})
		}
		merge(loser, winners[0])
		if l := w.leads("ann", winners[0], "moved"); l.Moved == nil || l.Moved.ID != loser {
			t.Errorf("F-41: link %+v", l)
		}
		w.kill()
		merge(winners[0], winners[1])
		w.start()
		w.leads("ann", winners[1], "moved")
		w.mirrorEqualsOrg()

		w.change(map[string]any{"object": "Contact", "op": "undelete", "id": loser})
		w.leads("ann", loser, "active")
		w.change(map[string]any{"object": "Contact", "op": "delete", "id": loser})
		w.leads("ann", loser, "broken")
		w.change(map[string]any{"object": "Contact", "op": "undelete", "id": loser}) // F-39
		w.leads("ann", loser, "active")
		w.mirrorEqualsOrg()
	})
}
