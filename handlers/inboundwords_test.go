package handlers

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/views"
)

func TestInboundLinesSayWhatChangedAndByWhom(t *testing.T) {
	fields := gateway.Fields{"Title": `"COO"`, "LastModifiedDate": `"2026-01-01T00:00:00.000Z"`}
	many := gateway.Fields{"A": "1", "B": "2", "C": "3", "D": "4"}
	w := newWorld(t)
	for _, test := range []struct {
		name     string
		h        gateway.HistoryEntry
		what, by string
	}{
		{"an update", gateway.HistoryEntry{Type: gateway.Update, Outcome: gateway.OutcomeApplied, Fields: fields, User: "u1"}, "Changed Title", "By Sade Oduya."},
		{"many fields", gateway.HistoryEntry{Type: gateway.Update, Outcome: gateway.OutcomeApplied, Fields: many, User: "u1"}, "Changed A, B and 2 more", "By Sade Oduya."},
		{"only bookkeeping", gateway.HistoryEntry{Type: gateway.Update, Outcome: gateway.OutcomeApplied, Fields: gateway.Fields{"LastModifiedDate": gateway.Null}}, "Changed", ""},
		{"a create", gateway.HistoryEntry{Type: gateway.Create, Outcome: gateway.OutcomeApplied, Fields: fields, User: "u1"}, "Created", "By Sade Oduya."},
		{"a delete", gateway.HistoryEntry{Type: gateway.Delete, Outcome: gateway.OutcomeDeleted}, "Deleted", ""},
		{"an undelete", gateway.HistoryEntry{Type: gateway.Undelete, Outcome: gateway.OutcomeRestored}, "Restored", ""},
		{"an echo", gateway.HistoryEntry{Type: gateway.Update, Outcome: gateway.OutcomeConfirmed, Fields: fields, User: "u1"}, "Echo of our own write", "Value confirmed."},
		{"a late one", gateway.HistoryEntry{Type: gateway.Update, Outcome: gateway.OutcomeStale, Fields: fields}, "Older change, already overtaken", ""},
		{"a gap", gateway.HistoryEntry{Type: gateway.GapUpdate, Outcome: gateway.OutcomeRefetch}, "Reading the record again", ""},
		{"no difference", gateway.HistoryEntry{Type: gateway.Update, Outcome: gateway.OutcomeUnchanged, Fields: fields}, "Saved in Salesforce without a difference", ""},
	} {
		w.visiting(func(v *visit) {
			v.users = map[string]string{"u1": "Sade Oduya"}
			var row views.LogRow
			test.h.Key = gateway.RecordKey{Object: "Unknown__c"}
			v.inboundWords(&row, test.h)
			if row.What != test.what || strings.TrimSpace(row.By) != test.by || row.Rule != "Change event" {
				t.Errorf("%s: %q %q %q, want %q %q", test.name, row.What, row.By, row.Rule, test.what, test.by)
			}
		})
	}
}

// visiting calls look with the visit of some request.
func (w *world) visiting(look func(*visit)) {
	w.t.Helper()
	app := fiber.New()
	app.Get("/", func(c *fiber.Ctx) error {
		look(&visit{request: request{Ctx: c}, s: w.server, ws: w.db.In("a")})
		return nil
	})
	r := httptest.NewRequest("GET", "/", nil)
	r.Host = "localhost"
	if _, err := app.Test(r); err != nil {
		w.t.Fatal(err)
	}
}
