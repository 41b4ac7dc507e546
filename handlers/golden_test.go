package handlers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// goldens says under which names the states of a page are kept as golden files,
// which are also what Chromium looks at; "" is for answers that are no pages.
var goldens = map[string]string{
	"/login": "login login-failed login-hostile", "/": "health health-empty health-loading health-hostile", eventsPath: "", "/sync": "", "/settings": "",
	forecastBase: "forecast forecast-empty forecast-same forecast-too-much forecast-no-permission forecast-hostile",
	"/sync/log":  "log log-empty log-groups log-nothing-found log-searched-back log-hostile", "/sync/lines/ignore": "topic-archive", "/sync/log/:id": "log-row log-row-done log-row-hostile", "/sync/log/:id/ignore": "topic-archive",
	holesBase: "holes", holesBase + "/:id": "hole hole-failed hole-repairing hole-hostile", holesBase + "/:id/certificate": "",
	settingsBase: "connect connect-first connect-untested connect-hostile", haltPath: "connect-halt", settingsBase + "/connect/:environment": "connect-leave connect-leave-hostile",
	callbackPath: "", settingsBase + "/disconnect": "connect-disconnect",
	mappingsURL: "mapped-fields mapped-fields-empty", addURL: "object-add object-add-nothing-found object-add-confirm",
	settingsBase + "/objects/:object/leave": "object-leave", settingsBase + "/objects/:object": "settings-object settings-object-loading settings-object-nothing-found settings-object-suspended settings-object-refused settings-object-unconnected settings-object-hostile",
	settingsBase + "/objects/:object/properties": "settings-import settings-import-empty settings-import-hostile", settingsBase + "/objects/:object/remove": "object-leave",
	settingsBase + "/objects/:object/why": "field-why", settingsBase + "/objects/:object/import": "object-add-confirm",
	"/settings/you": "settings-notes-locked settings-notes", "/settings/you/account": "you", "/settings/members": "members members-refused members-hostile", "/settings/members/:id": "member-refused", "/settings/members/:id/notes": "settings-notes-members settings-notes-locked",
	apiPath: "api", "/settings/keys": "keys keys-created keys-empty", auditPath: "audit audit-changed",
	"/settings/webhooks": "webhooks webhooks-empty webhooks-refused", "/settings/webhooks/:id": "webhook-empty webhook-secret webhook-deliveries webhook-hostile", "/settings/webhooks/:id/rotate": "topic-archive", "/settings/webhooks/:id/delete": "topic-archive",
	"/settings/webhooks/product": "webhooks", "/settings/webhooks/product/:id": "webhook-deliveries", "/settings/webhooks/product/:id/delete": "topic-archive",
	"/settings/topics": "topics topics-archived topics-empty", "/settings/topics/:slug": "topic topic-hostile", "/settings/topics/:slug/archive": "topic-archive",
	"/settings/agents": "agents agents-empty", "/settings/agents/:id": "agent agent-hostile",
	"/sync/conflicts":            "conflicts conflicts-closed conflicts-empty conflicts-gone conflicts-refused conflicts-settled conflicts-hostile",
	"/pause/:object":             "connect-disconnect",
	"/settings/salesforce/pause": "connect-disconnect",
	costURL:                      "cost cost-hostile",
	rehearsalURL:                 "rehearsal rehearsal-running rehearsal-none rehearsal-hostile",
	"/sync/undo/created":         "connect-disconnect",
	"/sync/people":               "people people-empty people-hostile", "/sync/people/decide": "people-decide people-decide-nothing-found", "/emails/salesforce/:id": "email-from-salesforce",
	"/sync/undo": "undo undo-nothing undo-hostile", "/sync/again": "again again-check again-nothing again-hostile", backtestBase: "backtest backtest-proposed backtest-same backtest-hostile", "/sync/explain": "explain explain-empty explain-no-lines explain-hostile",
	WinnersURL: "wizard wizard-missing wizard-end wizard-hostile", settingsBase + "/file": "settings-file settings-file-hostile", settingsBase + "/file/settings.yaml": "", diagnosticsURL: "",
	searchBase:  "search search-asks search-nothing-found search-hostile",
	"/meetings": "meetings meetings-empty", "/meetings/:id": "meeting meeting-quiet meeting-hostile", "/conversations": "meetings", "/conversations/:id": "meeting", "/calls": "calls", "/calls/:id": "meeting", "/emails": "emails emails-empty emails-nothing-found", "/emails/:id": "meeting", customBase: "custom-records", customBase + "/:kind/:id": "custom-record",
	settingsBase + "/notes" + defaultsPath: "review", settingsBase + "/contacts" + defaultsPath: "review", settingsBase + "/forecast" + defaultsPath: "review", settingsBase + "/advanced" + defaultsPath: "review",
	settingsBase + "/notes":    "settings-notes settings-notes-closed settings-notes-locked settings-notes-merge settings-notes-unconnected settings-notes-hostile",
	settingsBase + "/objects":  "settings-objects settings-objects-empty settings-objects-hostile",
	settingsBase + "/contacts": "settings-contacts settings-contacts-refused settings-contacts-merge-hostile settings-contacts-hostile",
	settingsBase + "/forecast": "settings-forecast settings-forecast-hostile", settingsBase + "/advanced": "settings-advanced settings-advanced-refused settings-advanced-hostile",
	recordsBase + ":object": "contacts contacts-empty contacts-nothing-found contacts-no-permission contacts-hostile", recordsBase + ":object/:id": "contact contact-editing contact-empty contact-refused contact-hostile", recordsBase + ":object/:id/why": "field-why", recordsBase + ":object/:id/delete": "record-delete record-delete-not-ours",
}

// The kinds of records share their pages.
var kindGoldens = map[string]string{
	"": "contacts contacts-empty contacts-nothing-found contacts-no-permission contacts-hostile", "/:id": "contact contact-editing contact-empty contact-picklist contact-needs-you contact-refused contact-hostile deal past past-unknown",
	"/:id/why": "field-why", "/:id/link": "contact-link-broken contacts", "/:id/unlink": "object-leave", "/:id/delete": "record-delete record-delete-not-ours",
}

// Who adds a page adds its states; nobody has to remember (UX-49).
func TestEveryPageHasItsStatesAsGoldenFiles(t *testing.T) {
	for _, p := range pages {
		if p.method != "GET" {
			continue
		}
		names, ok := goldens[p.path]
		for _, k := range recordKinds {
			if rest, found := strings.CutPrefix(p.path, k.path); !ok && found {
				names, ok = kindGoldens[rest]
			}
		}
		if !ok {
			t.Errorf("no golden file is named for %s", p.path)
		}
		for name := range strings.FieldsSeq(names) {
			if _, err := os.Stat(filepath.Join("..", "views", "testdata", name+".golden.html")); err != nil {
				t.Errorf("%s: %v", p.path, err)
			}
		}
	}
}
