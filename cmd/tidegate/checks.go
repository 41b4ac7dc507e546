package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/handlers"
	"tidegate/rules/continuity"
	"tidegate/salesforce"
)

// Check runs the readiness list against the connected org.
func (c connecting) Check(ctx context.Context, id gateway.WorkspaceID) (handlers.CheckReport, error) {
	started := time.Now()
	one, err := c.orgs.of(ctx, id)
	if err != nil {
		return handlers.CheckReport{}, err
	}
	report := handlers.CheckReport{At: started}
	who, err := one.client.Userinfo(ctx)
	if err != nil {
		report.Checks = append(report.Checks, signInCheck(err))
		report.Took = time.Since(started)
		return report, nil //nolint:nilerr // the failure is the check's outcome
	}
	report.Checks = append(report.Checks,
		handlers.Check{Title: "Sign-in", Pass: true, Text: "Signed in as " + who.Username + "."},
		handlers.Check{Title: "API Enabled", Pass: true, Text: "The connected user may use the API."})
	objects, err := one.client.DescribeGlobal(ctx)
	if gateway.CodeOf(err) == gateway.CodeSFPolicy { // who may sign in need not have the API (DEM-03)
		report.Checks[1] = signInCheck(err)
		report.Took = time.Since(started)
		return report, nil
	}
	if err != nil {
		return report, err
	}
	conn, err := one.ws.Connection(ctx) // its state now, not when the client was made
	if err != nil {
		return report, err
	}
	if err := c.learnNotes(ctx, id, one, objects); err != nil {
		return report, err
	}
	mirrors, err := mirrored(ctx, one.ws)
	if err != nil {
		return report, err
	}
	report.Checks = append(report.Checks, editionCheck(ctx, one, conn))
	report.Checks = append(report.Checks, objectChecks(objects, mirrors)...)
	report.Checks = append(report.Checks, writeChecks(objects)...)
	report.Checks = append(report.Checks, notesCheck(objects), changeDataCheck(conn), selectedCheck(ctx, one, mirrors), feedCheck(objects))
	report.Checks = append(report.Checks, fieldChecks(ctx, one, mirrors)...)
	report.Checks = append(report.Checks, lockCheck(ctx, one), winnerCheck(ctx, one), sightCheck(ctx, one))
	limits, err := one.client.Limits(ctx)
	if err != nil {
		return report, err
	}
	report.Checks = append(report.Checks, budgetCheck(limits))
	report.Took = time.Since(started)
	return report, nil
}

func signInCheck(err error) handlers.Check {
	check := handlers.Check{
		Title: "Sign-in", Text: "Salesforce did not accept the session.",
		Setup: []string{"Setup", "Manage Connected Apps", "the app of Tidegate", "its policies; then Reconnect on this page"}, SetupPath: "/lightning/setup/ConnectedApplication/home",
	}
	if gateway.CodeOf(err) == gateway.CodeSFPolicy {
		check.Title, check.Text = "API Enabled", "The user has no API access, so nothing can be read or written. A Salesforce admin gives it by a permission set."
		check.Setup = []string{"Setup", "Users", "Permission Sets", "System Permissions", "API Enabled"}
		check.SetupPath = "/lightning/setup/PermSets/home"
	}
	return check
}

func find(objects []salesforce.ObjectInfo, name string) (salesforce.ObjectInfo, bool) {
	i := slices.IndexFunc(objects, func(o salesforce.ObjectInfo) bool { return o.Name == name })
	if i < 0 {
		return salesforce.ObjectInfo{}, false
	}
	return objects[i], true
}

// objectChecks have a line of its own for what the user may not read, and one
// for all the rest.
func objectChecks(objects []salesforce.ObjectInfo, mirrors []string) []handlers.Check {
	var out []handlers.Check
	var readable []string
	for _, name := range mirrors {
		if o, ok := find(objects, name); ok && o.Queryable {
			readable = append(readable, name)
			continue
		}
		out = append(out, handlers.Check{
			Title: name + " cannot be read", Text: "The connected user may not read " + name + ", so it cannot be mirrored.",
			Setup: []string{"Setup", "Permission Sets", "Object Settings", name, "Read"}, SetupPath: "/lightning/setup/PermSets/home",
		})
	}
	return append(out, permitted("Objects can be read", "The connected user may read ", readable)...)
}

// permitted is the line of all objects that pass a test, none where none does.
func permitted(title, text string, objects []string) []handlers.Check {
	if len(objects) == 0 {
		return nil
	}
	return []handlers.Check{{Title: title, Pass: true, Text: text + strings.Join(objects, ", ") + "."}}
}

func notesCheck(objects []salesforce.ObjectInfo) handlers.Check {
	o, ok := find(objects, "ContentNote")
	check := handlers.Check{Title: "Enhanced Notes", Pass: ok && o.Createable, Text: "Notes can be written and attached to several records."}
	if !check.Pass {
		check.Text = "Enhanced Notes is off, so notes cannot be written as Salesforce Notes. Events and Tasks work."
		check.Setup = []string{"Setup", "Notes Settings", "Enable Notes"}
		check.SetupPath = "/lightning/setup/NotesSetupPage/home"
	}
	return check
}

// learnNotes keeps whether the org takes notes where pages and plans look: the
// describe of ContentNote, or one that takes nothing where the org has none.
func (c connecting) learnNotes(ctx context.Context, id gateway.WorkspaceID, one *org, objects []salesforce.ObjectInfo) error {
	known, err := one.ws.Schema(ctx, "ContentNote")
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return err
	}
	if o, ok := find(objects, "ContentNote"); !ok || !o.Createable {
		return one.ws.SaveSchemas(ctx, []gateway.Schema{{Object: "ContentNote", Label: "Note", Fields: []gateway.Field{{Name: "Id"}}}})
	}
	if known.Createable {
		return nil
	}
	for _, object := range [...]string{"ContentNote", "ContentDocumentLink"} {
		if err := c.RefreshSchema(ctx, id, object); err != nil {
			return err
		}
	}
	return nil
}

// changeDataCheck tells whether the org's change events reach us. Which objects
// are selected there can only be seen in Setup, so the clicks are always given.
func changeDataCheck(conn gateway.Connection) handlers.Check {
	check := handlers.Check{
		Title: "Change Data Capture", Setup: []string{"Setup", "Integrations", "Change Data Capture", "select the mirrored objects"},
		SetupPath: "/lightning/setup/CdcObjectEnablement/home",
	}
	switch {
	case conn.Transport == "":
		check.Text = "The stream of change events has not begun yet. " + conn.StateReason
	case conn.State == gateway.StateOK || conn.State == gateway.StateRepairing || conn.State == gateway.StateCatchingUp:
		check.Pass = true
		check.Text = "Listening to the org's change events by " + conn.Transport + ". Objects that are not selected in Setup do not announce their changes."
	default:
		check.Text = "Change events do not arrive. " + conn.StateReason
	}
	return check
}

// fieldChecks reports mapped fields that the connected user may not edit.
func fieldChecks(ctx context.Context, one *org, mirrors []string) []handlers.Check {
	check := handlers.Check{Title: "Field permissions", Pass: true, Text: "Every field that is Editable here may be edited by the connected user."}
	for _, object := range mirrors {
		schema, err := one.ws.Schema(ctx, object)
		if err != nil {
			continue // object without a describe; its own check says why
		}
		mappings, err := one.ws.Mappings(ctx, object)
		if err != nil {
			continue
		}
		for _, m := range mappings {
			if f, ok := schema.Field(m.Field); m.Editable && (!ok || !f.Updateable) {
				check.Pass = false
				check.Text = object + "." + m.Field + " is Editable here, but the connected user may not edit it."
				check.Setup = []string{"Setup", "Permission Sets", "Object Settings", object, "Field Permissions"}
				check.SetupPath = "/lightning/setup/PermSets/home"
			}
		}
	}
	return []handlers.Check{check}
}

func budgetCheck(limits map[string]salesforce.Limit) handlers.Check {
	l, ok := limits["DailyApiRequests"]
	if !ok {
		return handlers.Check{Title: "API budget", Pass: true, Warn: true, Text: "The org does not tell its daily limit."}
	}
	used := l.Max - l.Remaining
	check := handlers.Check{Title: "API budget", Pass: l.Remaining > l.Max/10, Text: continuity.Number(int(used)) + " of " + continuity.Number(int(l.Max)) + " calls of the rolling day are used."}
	if !check.Pass {
		check.Text += " Less than a tenth is left."
		check.Setup = []string{"Setup", "System Overview", "API Usage"}
		check.SetupPath = "/lightning/setup/SystemOverview/home"
	}
	return check
}
