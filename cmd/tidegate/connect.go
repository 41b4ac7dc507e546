package main

import (
	"context"
	"fmt"
	"strings"

	"tidegate/gateway"
	"tidegate/salesforce"
)

type connectCmd struct {
	workspaceFlag
	LoginURL     string `required:"" help:"Sign-in host: the org's My Domain for client credentials."`
	ClientID     string `required:"" help:"Consumer key of the app in the org."`
	ClientSecret string `required:"" env:"TIDEGATE_CLIENT_SECRET" help:"Consumer secret; for jwt-bearer the PEM private key. Better given by TIDEGATE_CLIENT_SECRET."`
	Flow         string `enum:"client-credentials,jwt-bearer" default:"client-credentials" help:"client-credentials or jwt-bearer."`
	Username     string `help:"Salesforce user to act as, for jwt-bearer."`
	WhoWins      string `enum:",ask,recent,salesforce,product" default:"" help:"At the first connect, who wins when both sides changed, for all kinds of data that nobody has decided: ask (a person; the default), recent, salesforce or product."`
	JSON         bool   `name:"json" help:"Print one JSON line."`
}

// Help shows examples.
func (connectCmd) Help() string {
	return examples(`A running "tidegate serve" on the same database begins to read within 5 s.`,
		"TIDEGATE_CLIENT_SECRET=… tidegate connect --workspace demo --login-url https://acme.my.salesforce.com --client-id 3MVG9…")
}

// Run connects and ends; serve does the rest.
func (c connectCmd) Run(ctx context.Context, out *output) error {
	a, err := newAppBeside(ctx)
	if err != nil {
		return err
	}
	defer a.close()
	if _, err := c.choose(ctx, a.db); err != nil {
		return err
	}
	if err := a.connectByApp(ctx, c); err != nil {
		return err
	}
	conn, err := a.db.In(c.id()).Connection(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return out.json(map[string]string{"workspace": c.Workspace, "org": conn.OrgName, "org_id": conn.OrgID, "user": conn.Username})
	}
	fmt.Fprintf(out.to, "Connected %s to %s as %s.\n", c.Workspace, conn.OrgName, conn.Username)
	return nil
}

// connectByApp connects a workspace with a grant that needs no person.
func (a *app) connectByApp(ctx context.Context, c connectCmd) error {
	app := salesforce.App{LoginURL: strings.TrimRight(c.LoginURL, "/"), ClientID: c.ClientID, ClientSecret: c.ClientSecret}
	if _, err := a.orgs.guard.CheckURL(app.LoginURL); err != nil {
		return gateway.Errorf(gateway.CodeInvalid, "--login-url: %v; add the host to TIDEGATE_ALLOWED_HOSTS if it is yours", err)
	}
	var grant salesforce.Grant
	var err error
	if c.Flow == "jwt-bearer" {
		if c.Username == "" {
			return gateway.Errorf(gateway.CodeInvalid, "--username is needed for --flow jwt-bearer")
		}
		grant, err = a.orgs.oauth.JWTBearer(ctx, app, c.Username)
	} else {
		grant, err = a.orgs.oauth.ClientCredentials(ctx, app)
	}
	if err != nil {
		return err
	}
	if err := ensureWorkspace(ctx, a.db, c.id()); err != nil { // not before the org has let us in
		return err
	}
	env := environmentOf(app.LoginURL)
	err = a.connecting.establish(ctx, c.id(), establishing{environment: env, flow: c.Flow, app: app, grant: grant, by: onCommandLine, winner: gateway.Winner(c.WhoWins)})
	if err != nil {
		return err
	}
	return act(ctx, a.db.In(c.id()), "connected "+string(env)+" by "+c.Flow, app.LoginURL)
}
