package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/handlers"
	"tidegate/rules/mapping"
	"tidegate/salesforce"
	"tidegate/store"
	"tidegate/streaming"
)

// scopes are what the consent page at Salesforce shows.
const scopes = "api refresh_token id"

// connecting joins the pages with the Salesforce side.
type connecting struct {
	orgs       *orgs
	supervisor *supervisor
	candidates *candidates
}

// Begin returns the address at Salesforce to which the browser goes.
func (c connecting) Begin(ctx context.Context, ws gateway.WorkspaceID, g handlers.Grant) (string, error) {
	if _, err := c.orgs.guard.CheckURL(g.LoginURL); err != nil {
		return "", gateway.InvalidField("login_url",
			"%q is no Salesforce sign-in host. Use https://login.salesforce.com, https://test.salesforce.com or your My Domain, such as https://acme.my.salesforce.com.", g.LoginURL)
	}
	app, err := c.app(ctx, ws, g)
	if err != nil {
		return "", err
	}
	return c.orgs.oauth.AuthorizeURL(app, g.RedirectURL, g.State, g.Verifier, scopes)
}

// app takes key and secret from the form, or those of the connection in use.
func (c connecting) app(ctx context.Context, ws gateway.WorkspaceID, g handlers.Grant) (salesforce.App, error) {
	app := salesforce.App{LoginURL: g.LoginURL, ClientID: g.ClientID, ClientSecret: g.ClientSecret}
	if app.ClientID != "" {
		return app, nil
	}
	conn, err := c.orgs.db.In(ws).Connection(ctx)
	if err == nil {
		var kept gateway.Secrets
		if kept, err = c.orgs.secrets(ctx, c.orgs.db.In(ws), conn.ID); err == nil && kept.ClientID != "" {
			app.ClientID, app.ClientSecret = kept.ClientID, kept.ClientSecret
			return app, nil
		}
	}
	return app, gateway.InvalidField("client_id", "Give the consumer key of the external client app or connected app in your org.")
}

// Finish exchanges the code, stores the connection and starts it.
func (c connecting) Finish(ctx context.Context, ws gateway.WorkspaceID, g handlers.Grant, code string) error {
	app, err := c.app(ctx, ws, g)
	if err != nil {
		return err
	}
	grant, err := c.orgs.oauth.Exchange(ctx, app, code, g.RedirectURL, g.Verifier)
	if err != nil {
		return err
	}
	return c.establish(ctx, ws, establishing{environment: g.Environment, flow: "web", app: app, grant: grant, by: g.By})
}

// establishing is a grant on its way to becoming the workspace's connection.
type establishing struct {
	environment gateway.Environment
	flow        string
	app         salesforce.App
	grant       salesforce.Grant
	by          string
	// winner is who wins from the first connect on, where nobody decided; "" = a
	// person is asked.
	winner gateway.Winner
}

// establish stores a grant as the workspace's connection and starts it. A
// workspace stays with its org: another org's ids would mean other records.
func (c connecting) establish(ctx context.Context, id gateway.WorkspaceID, e establishing) error {
	ws := c.orgs.db.In(id)
	who, err := c.orgs.oauth.Userinfo(ctx, e.grant.InstanceURL, e.grant.AccessToken)
	if err != nil {
		return err
	}
	conn, err := ws.Connection(ctx)
	switch {
	case gateway.CodeOf(err) == gateway.CodeNotFound && err != nil:
		if err := c.presetWinners(ctx, ws, e); err != nil {
			return err
		}
		conn = gateway.Connection{ID: "sf-" + strings.ToLower(rand.Text()[:12]), Workspace: id}
	case err != nil:
		return err
	case conn.OrgID != "" && conn.OrgID != who.OrgID:
		return gateway.Errorf(gateway.CodeConflict,
			"This workspace mirrors the org %s (%s), but you signed in to another one (%s). Sign in to the first, or make a new workspace for the second.", conn.OrgName, conn.OrgID, who.OrgID)
	}
	conn.Environment, conn.LoginURL, conn.InstanceURL = e.environment, e.app.LoginURL, e.grant.InstanceURL
	conn.OrgID, conn.UserID, conn.Username = who.OrgID, who.UserID, who.Username
	conn.Flow, conn.Scopes, conn.ConnectedBy, conn.ConnectedAt = e.flow, e.grant.Scope, e.by, time.Now()
	conn.State, conn.StateReason, conn.StateSince = gateway.StateCatchingUp, "Just connected.", time.Now()
	if err := ws.SaveConnection(ctx, conn); err != nil {
		return err
	}
	if err := c.keepSecrets(ctx, id, conn.ID, e); err != nil {
		return err
	}
	c.orgs.forget(id)
	if err := c.learn(ctx, id, conn); err != nil {
		return err
	}
	// What waited for this sign-in need not wait out its backoff.
	if err := ws.DueNow(ctx); err != nil {
		return err
	}
	c.supervisor.restart(id)
	return nil
}

func (c connecting) keepSecrets(ctx context.Context, id gateway.WorkspaceID, connection string, e establishing) error {
	ws := c.orgs.db.In(id)
	_, generation, err := ws.SealedSecrets(ctx, connection)
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return err
	}
	return c.orgs.saveSecrets(ctx, ws, connection, gateway.Secrets{
		ClientID: e.app.ClientID, ClientSecret: e.app.ClientSecret,
		AccessToken: e.grant.AccessToken, RefreshToken: e.grant.RefreshToken, Generation: generation + 1,
	})
}

// learn reads what the org is and has: its name, API version, and the
// describe of every mirrored object, with the default mapping on top.
func (c connecting) learn(ctx context.Context, id gateway.WorkspaceID, conn gateway.Connection) error {
	one, err := c.orgs.of(ctx, id)
	if err != nil {
		return err
	}
	offered, err := one.client.Versions(ctx)
	if err != nil {
		return err
	}
	if conn.APIVersion, err = salesforce.BestVersion(offered); err != nil {
		return err
	}
	if conn.OrgName, err = orgName(ctx, one.client); err != nil {
		return err
	}
	if err := one.ws.SaveConnection(ctx, conn); err != nil {
		return err
	}
	c.orgs.forget(id) // the API version is the client's
	objects, err := mirrored(ctx, one.ws)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := c.RefreshSchema(ctx, id, object); err != nil {
			return err
		}
	}
	all, err := one.client.DescribeGlobal(ctx)
	if err != nil {
		return err
	}
	return c.learnNotes(ctx, id, one, all)
}

// Objects lists what the connected user can see in the org.
func (c connecting) Objects(ctx context.Context, id gateway.WorkspaceID) ([]gateway.ObjectInfo, error) {
	one, err := c.orgs.of(ctx, id)
	if err != nil {
		return nil, err
	}
	all, err := one.client.DescribeGlobal(ctx)
	out := make([]gateway.ObjectInfo, 0, len(all))
	for _, o := range all {
		if o.Queryable && !o.Hidden && o.KeyPrefix != "" {
			out = append(out, gateway.ObjectInfo{
				Name: o.Name, Label: o.Label, Custom: o.Custom, Createable: o.Createable, Updateable: o.Updateable,
				Searchable: o.Searchable, FeedEnabled: o.FeedEnabled, Replicateable: o.Replicateable,
			})
		}
	}
	return out, err
}

// Count asks how many records of an object there are.
func (c connecting) Count(ctx context.Context, id gateway.WorkspaceID, object string) (int, error) {
	return reader{c.orgs, id}.Count(ctx, object)
}

func orgName(ctx context.Context, client *salesforce.Client) (string, error) {
	schema, err := client.Describe(ctx, "Organization")
	if err != nil {
		return "", err
	}
	name := ""
	err = client.Records(ctx, schema, "SELECT Id, Name FROM Organization LIMIT 1", false, func(rows []gateway.Record) error {
		name = rows[0].Fields["Name"].String()
		return nil
	})
	return name, err
}

// RefreshSchema reads the describe of an object again and makes the default
// mapping where the object has none yet.
func (c connecting) RefreshSchema(ctx context.Context, id gateway.WorkspaceID, object string) error {
	one, err := c.orgs.of(ctx, id)
	if err != nil {
		return err
	}
	schema, modified, _, err := one.client.DescribeSince(ctx, object, time.Time{})
	if err != nil {
		return fmt.Errorf("reading the describe of %s: %w", object, err)
	}
	if _, err := streaming.SaveDescribe(ctx, one.ws, schema, modified); err != nil {
		return err
	}
	have, err := one.ws.Mappings(ctx, object)
	if err != nil || len(have) > 0 {
		return err
	}
	for _, m := range mapping.DefaultMappings(schema) {
		m.At = time.Now()
		if err := one.ws.SaveMapping(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// revokeWithin bounds how long Salesforce may take to confirm the end of access:
// the tokens are to be gone from here within ten seconds, whatever it does (S-52).
const revokeWithin = 5 * time.Second

// Disconnect lets nothing go out or come in any more, revokes the grant at
// Salesforce and erases the tokens here. What cannot be revoked because
// Salesforce is away is erased all the same.
func (c connecting) Disconnect(ctx context.Context, id gateway.WorkspaceID) error {
	ws := c.orgs.db.In(id)
	conn, err := ws.Connection(ctx)
	if err != nil {
		return err
	}
	end := func(reason string) error {
		_, err := ws.SetConnectionState(ctx, conn.ID, gateway.StateDisconnected, reason)
		return err
	}
	if err := end("An admin is disconnecting."); err != nil { // every process asks for the state before it writes
		return err
	}
	revoking := c.revoke(ctx, ws, conn)
	if err := ws.EraseSecrets(ctx, conn.ID); err != nil {
		return err
	}
	c.orgs.forget(id)
	c.supervisor.restart(id)
	if revoking != nil {
		return end("An admin disconnected. Salesforce did not confirm the end of access; end it there under Connected Apps OAuth Usage.")
	}
	return end("An admin disconnected; access is revoked at Salesforce.")
}

// revoke ends at Salesforce what is kept here: the grant with all its sessions,
// or the session where there is no grant.
func (c connecting) revoke(ctx context.Context, ws *store.Workspace, conn gateway.Connection) error {
	kept, err := c.orgs.secrets(ctx, ws, conn.ID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, revokeWithin)
	defer cancel()
	return c.orgs.oauth.Revoke(ctx, conn.LoginURL, cmp.Or(kept.RefreshToken, kept.AccessToken))
}

// Pause stops or resumes reading from Salesforce.
func (c connecting) Pause(ctx context.Context, id gateway.WorkspaceID, paused bool) error {
	ws := c.orgs.db.In(id)
	conn, err := ws.Connection(ctx)
	if err != nil {
		return err
	}
	state, reason := gateway.StateCatchingUp, "Resumed by an admin."
	if paused {
		state, reason = gateway.StatePaused, "An admin paused it. Changes wait in Salesforce for up to 72 hours; edits wait here."
	}
	if _, err := ws.SetConnectionState(ctx, conn.ID, state, reason); err != nil {
		return err
	}
	c.supervisor.restart(id)
	return nil
}

// environmentOf guesses production or sandbox from the sign-in host.
func environmentOf(loginURL string) gateway.Environment {
	u, err := url.Parse(loginURL)
	if err == nil && (u.Hostname() == "test.salesforce.com" || strings.Contains(u.Hostname(), ".sandbox.")) {
		return gateway.Sandbox
	}
	return gateway.Production
}
