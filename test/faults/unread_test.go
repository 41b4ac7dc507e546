package faults

import (
	"fmt"
	"net/http"
	"testing"

	"tidegate/gateway"
)

// The product tells of people and meetings while the contacts are half read.
// Whoever is there already is not created a second time, and who is new is
// created as soon as that is known.
func TestNobodyIsCreatedTwiceWhileContactsAreBeingRead(t *testing.T) { // AVM-31, DEM-24
	engines(t, func(t *testing.T, url string) {
		w := bulkWorld(t, url, afterPages(1))
		w.readTo(500)
		w.setting(gateway.TabContacts, `{"auto_create":true,"teams":[""],"cap_meeting":9,"cap_hour":9,"chain":[{"by":"email"}]}`)
		truth := w.truth("Contact")
		var there []string // in Salesforce, and not here yet
		for id, r := range truth {
			_, err := w.store().Record(t.Context(), gateway.RecordKey{Object: "Contact", ID: id})
			if gateway.CodeOf(err) == gateway.CodeNotFound && err != nil && r.text("Email") != "" && len(there) < 2 {
				there = append(there, r.text("Email"))
			}
		}
		if len(there) < 2 {
			t.Fatal("all contacts are here, so nothing is shown")
		}
		emails := append(there, "new.person@people.example", "new.guest@people.example")
		for i, email := range []string{emails[0], emails[2]} {
			w.person(fmt.Sprint("p-", i), map[string]any{"email": email, "last_name": "Told", "kind": "contact"})
		}
		var guests []map[string]any
		for _, email := range []string{emails[1], emails[3]} {
			guests = append(guests, map[string]any{"email": email, "name": "A Guest"})
		}
		w.api(http.MethodPut, "/meetings/m-1", map[string]any{
			"title": "Early", "status": "scheduled", "starts_at": "2026-05-04T09:00:00Z", "ends_at": "2026-05-04T09:30:00Z", "participants": guests,
		}, new(any))
		eventually(t, func() string { // the Event waits for nobody
			if n, _ := w.having("Event", "Subject", "Early"); n != 1 {
				return fmt.Sprintf("%d events of the meeting", n)
			}
			return ""
		})
		if made := len(w.truth("Contact")) - len(truth); made != 0 {
			t.Errorf("%d contacts were created while the contacts were half read", made)
		}
		w.lift()
		w.loaded()
		eventually(t, func() string {
			if made := len(w.truth("Contact")) - len(truth); made != 2 {
				return fmt.Sprintf("%d contacts were created, want the two who are new", made)
			}
			return ""
		})
		w.quiet()
		w.mirrorEqualsOrg()
		for _, email := range emails {
			if n, _ := w.having("Contact", "Email", email); n != 1 {
				t.Errorf("%s is there %d times", email, n)
			}
		}
		if n, event := w.having("Event", "Subject", "Early"); n != 1 || event.text("WhoId") == "" {
			t.Errorf("%d events, WhoId %q", n, event.text("WhoId"))
		}
	})
}
