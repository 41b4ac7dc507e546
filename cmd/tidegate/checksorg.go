package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/handlers"
	"tidegate/rules/settings"
	"tidegate/salesforce"
	"tidegate/store"
)

// organization is what the org says of itself.
type organization struct {
	OrganizationType string
	IsSandbox        bool
}

// apiEditions have the API from the start; others need it as an extra, which
// the sign-in has just proved.
var apiEditions = []string{"Developer", "Enterprise", "Unlimited", "Performance"}

// editionCheck tells the edition, and whether the org is what was connected: a
// sandbox behind the Production button is written to by mistake (AVC-01).
func editionCheck(ctx context.Context, one *org, conn gateway.Connection) handlers.Check {
	check := handlers.Check{Title: "Edition and environment"}
	var is organization
	err := one.client.Query(ctx, "SELECT OrganizationType, IsSandbox FROM Organization LIMIT 1", func(rows []json.RawMessage) error {
		return json.Unmarshal(rows[0], &is)
	})
	if err != nil {
		check.Pass, check.Warn = true, true
		check.Text = "The connected user cannot see which edition the org is. The API answers, so it has it."
		return check
	}
	env := gateway.Production
	if is.IsSandbox {
		env = gateway.Sandbox
	}
	check.Pass = env == conn.Environment
	check.Text = fmt.Sprintf("%s, a %s org.", is.OrganizationType, env)
	if !check.Pass {
		check.Text = fmt.Sprintf("The org is a %s org, but was connected as %s. Reconnect by the other button.", env, conn.Environment)
		check.SetupPath, check.Setup = "/lightning/setup/CompanyProfileInfo/home", []string{"Setup", "Company Information"}
		return check
	}
	if !slices.ContainsFunc(apiEditions, func(e string) bool { return strings.HasPrefix(is.OrganizationType, e) }) {
		check.Warn = true
		check.Text += " The API and Change Data Capture are extras of this edition; without the latter, changes are asked for every minute."
	}
	return check
}

// writeChecks report the objects that Tidegate creates records of, and may not.
func writeChecks(objects []salesforce.ObjectInfo) []handlers.Check {
	var out []handlers.Check
	var writable []string
	for _, name := range [...]string{"Contact", "Lead", "Event", "Task"} {
		if o, ok := find(objects, name); ok && o.Createable && o.Updateable {
			writable = append(writable, name)
			continue
		}
		out = append(out, handlers.Check{
			Title: name + " cannot be written", Text: "The connected user may not create or edit " + name + ", so nothing of it is written.",
			Setup: []string{"Setup", "Permission Sets", "Object Settings", name, "Create and Edit"}, SetupPath: "/lightning/setup/PermSets/home",
		})
	}
	return append(out, permitted("Objects can be written", "The connected user may create and edit ", writable)...)
}

// selectedCheck names the mirrored objects that announce no changes, because
// nobody selected them for Change Data Capture.
func selectedCheck(ctx context.Context, one *org, mirrors []string) handlers.Check {
	check := handlers.Check{
		Title: "Objects selected for Change Data Capture", Setup: []string{"Setup", "Integrations", "Change Data Capture", "Edit"},
		SetupPath: "/lightning/setup/CdcObjectEnablement/home",
	}
	selected, err := one.client.Captured(ctx)
	if err != nil {
		check.Pass, check.Warn = true, true
		check.Text = "The connected user may not look it up (View Setup and Configuration). What is not selected is asked for every minute."
		return check
	}
	var missing []string
	for _, name := range mirrors {
		if !slices.Contains(selected, name) {
			missing = append(missing, name)
		}
	}
	check.Pass, check.Warn = len(missing) < len(mirrors), len(missing) > 0 // polling works, later
	check.Text = "Every mirrored object announces its changes."
	if check.Warn {
		check.Text = "Not selected, and therefore asked for every minute: " + strings.Join(missing, ", ") + "."
	}
	return check
}

// feedCheck tells where Chatter feed tracking is off. Nothing needs it, so it
// is a hint.
func feedCheck(objects []salesforce.ObjectInfo) handlers.Check {
	check := handlers.Check{Title: "Feed tracking", Pass: true, Text: "It is on for accounts, contacts, leads and opportunities, so what is written here shows in their feeds."}
	var off []string
	for _, name := range [...]string{"Account", "Contact", "Lead", "Opportunity"} {
		if o, ok := find(objects, name); ok && !o.FeedEnabled {
			off = append(off, name)
		}
	}
	if len(off) > 0 {
		check.Warn = true
		check.Text = "It is off for " + strings.Join(off, ", ") + ": what is written here does not show in their feeds. Nothing else needs it."
		check.Setup = []string{"Setup", "Feed Tracking"}
		check.SetupPath = "/lightning/setup/FeedTracking/home"
	}
	return check
}

// winnerCheck asks to decide who wins before fields travel both ways (DEM-17).
func winnerCheck(ctx context.Context, one *org) handlers.Check {
	check := handlers.Check{Title: "Who wins when both sides changed", Pass: true}
	rows, err := one.ws.Settings(ctx, gateway.OrgScope)
	in := settings.InForce{Settings: gateway.DefaultSettings()}
	if err == nil {
		in, err = settings.Effective(rows, nil)
	}
	check.Text = settings.ConflictWords(in.Advanced.Conflicts)
	switch open := settings.UndecidedWords(in.Advanced.Conflicts); {
	case open != "":
		check.Text += " Decide it once per kind of data, before fields travel both ways: until then the later change replaces the earlier one."
	case err == nil && preset(ctx, one.ws):
		check.Text += " So every workspace begins; decide it once per kind of data."
	default:
		return check
	}
	check.Warn = true
	check.Setup = []string{"Tidegate", "Salesforce settings", "Who wins when both sides changed"}
	check.Page = handlers.WinnersURL
	return check
}

// preset reports whether nobody has decided since the first connect.
func preset(ctx context.Context, ws *store.Workspace) bool {
	history, err := ws.SettingHistory(ctx, gateway.OrgScope, gateway.TabAdvanced)
	if err != nil {
		return false
	}
	standard, err := settings.Encode(gateway.DefaultSettings(), gateway.TabAdvanced)
	if err != nil {
		return false
	}
	changes, err := settings.LastChanges(gateway.TabAdvanced, standard, history)
	return err == nil && settings.Preset(changes)
}

// lockCheck advises to lock the organization's settings before a rollout
// (AVM-51).
func lockCheck(ctx context.Context, one *org) handlers.Check {
	check := handlers.Check{Title: "Settings locked before rollout", Pass: true, Text: "Everybody's notes go where the organization says."}
	rows, err := one.ws.Settings(ctx, gateway.OrgScope)
	if err == nil {
		var in settings.InForce
		if in, err = settings.Effective(rows, nil); err == nil && in.Notes.Locked {
			return check
		}
	}
	check.Warn = true
	check.Text = "Members may send their notes elsewhere than the organization. Before a rollout, lock the settings on the Notes tab."
	check.Setup, check.Page = []string{"Tidegate", "Salesforce settings", "Notes", "Lock for everyone"}, "/settings/salesforce/notes"
	return check
}
