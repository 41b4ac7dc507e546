package main

import (
	"context"
	"fmt"

	"tidegate/gateway"
	"tidegate/handlers"
	"tidegate/rules/match"
	"tidegate/rules/settings"
	"tidegate/store"
)

// Sight tells what a user of Salesforce may read of an object.
func (c connecting) Sight(ctx context.Context, id gateway.WorkspaceID, user, object string) (gateway.ObjectSight, error) {
	one, err := c.orgs.of(ctx, id)
	if err != nil {
		return gateway.ObjectSight{}, err
	}
	return one.client.SightOf(ctx, user, object)
}

// Readable returns those of the records, by id, that a user may read.
func (c connecting) Readable(ctx context.Context, id gateway.WorkspaceID, user string, ids []string) (map[string]bool, error) {
	one, err := c.orgs.of(ctx, id)
	if err != nil {
		return nil, err
	}
	return one.client.ReadableBy(ctx, user, ids)
}

// Rights tells what gives the connected user a right on a field, or on an object.
func (c connecting) Rights(ctx context.Context, id gateway.WorkspaceID, object, field string) ([]gateway.RightSource, error) {
	one, err := c.orgs.of(ctx, id)
	if err != nil {
		return nil, err
	}
	return one.client.RightsTo(ctx, object, field)
}

// repUsers is what is known of the reps of a workspace who can sign in.
type repUsers struct {
	reps, unknown int    // how many; how many of them are no Salesforce user
	one           string // the id of a user that one of them is, "" = none
}

func repsOf(ctx context.Context, ws *store.Workspace) (out repUsers, err error) {
	members, err := ws.Members(ctx)
	if err != nil {
		return out, err
	}
	users, err := ws.SalesforceUsers(ctx)
	for _, m := range members {
		if m.Role != gateway.RoleRep || m.Disabled {
			continue
		}
		out.reps++
		if user, _ := match.User(m, users); user.Key.ID != "" {
			out.one = user.Key.ID
		} else {
			out.unknown++
		}
	}
	return out, err
}

// sightCheck tells how many reps have no Salesforce user yet and therefore see no
// record, and whether Salesforce tells what the others may see (S-54).
func sightCheck(ctx context.Context, one *org) handlers.Check {
	check := handlers.Check{Title: "Reps see only what Salesforce shows them", Pass: true, Warn: true}
	rows, err := one.ws.Settings(ctx, gateway.OrgScope)
	var in settings.InForce
	if err == nil {
		in, err = settings.Effective(rows, nil)
	}
	var who repUsers
	if err == nil {
		who, err = repsOf(ctx, one.ws)
	}
	switch {
	case err != nil:
		check.Text = "It could not be looked up just now. Run the checks again."
		return check
	case !in.Advanced.OwnSight:
		check.Text = "Switched off: reps see all that the connected user sees, also what Salesforce hides from them. Switch it on under Advanced Settings."
		if who.unknown > 0 {
			check.Text += fmt.Sprintf(" Before, choose under Members the users of %d reps whom Salesforce does not know.", who.unknown)
		}
		check.Setup, check.Page = []string{"Tidegate", "Salesforce settings", "Advanced Settings", check.Title}, "/settings/salesforce/advanced"
		return check
	case who.one != "":
		_, err = one.client.SightOf(ctx, who.one, "Contact")
	}
	switch {
	case err != nil:
		check.Pass = false
		check.Text = "Salesforce does not tell what reps may see, so nothing is shown to them. The connected user needs View Setup and Configuration."
		check.Setup = []string{"Setup", "Permission Sets", "System Permissions", "View Setup and Configuration"}
		check.SetupPath = "/lightning/setup/PermSets/home"
	case who.unknown > 0:
		check.Text = fmt.Sprintf("%d of %d reps have no Salesforce user yet and are shown no records: no active user, or several, have their address. Choose their users under Members.", who.unknown, who.reps)
		check.Setup, check.Page = []string{"Tidegate", "Members", "the member", "Salesforce user"}, "/settings/members"
	case who.reps == 0:
		check.Warn, check.Text = false, "There are no reps yet. Each will be the Salesforce user who has his address."
	case who.reps == 1:
		check.Warn, check.Text = false, "The one rep is a Salesforce user."
	default:
		check.Warn, check.Text = false, fmt.Sprintf("Each of %d reps is a Salesforce user.", who.reps)
	}
	return check
}
