package handlers

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/continuity"
	"tidegate/rules/settings"
	"tidegate/views"
)

const (
	settingsBase  = "/settings/salesforce"
	connectCookie = "__Host-tidegate-connect"
	connectLife   = 15 * time.Minute
	callbackPath  = settingsBase + "/callback"
)

var loginHosts = map[gateway.Environment]string{
	gateway.Production: "https://login.salesforce.com",
	gateway.Sandbox:    "https://test.salesforce.com",
}

// connectHelp is what else somebody may look for here.
func connectHelp(c gateway.Connection) []views.Fact {
	says := "Nothing is connected yet."
	if c.ID != "" {
		says = "Each line that needs you says what to click."
	}
	return []views.Fact{
		{Label: says, Link: views.Link{Text: "Download a diagnostic bundle", URL: diagnosticsURL}, Second: "to send along when you ask for help: no tokens, no names, no texts."},
		{Label: "From a sandbox to production:", Link: views.Link{Text: "settings as a file", URL: fileBase}, Second: "can be exported, compared and applied."},
	}
}

// connectPage is /settings/salesforce: connect, readiness, disconnect.
func connectPage(v *visit) error {
	c, err := v.connection()
	if err != nil {
		return err
	}
	p := views.ConnectPage{
		Shell: v.s.shell(v, "Connection", views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Settings"}, {Text: "CRM"}, {Text: "Salesforce"}},
			Title: "Connection and readiness", Lead: connectLead(c), Chip: connectionChip(c),
		},
		Tabs: views.SettingsTabs(settingsBase, ""),
		Connect: views.ConnectCard{
			Title: "Connect", Text: "One button per environment. What will be read and written is said before you leave for Salesforce.",
			Production: views.Action{Text: "Connect Production", URL: settingsBase + "/connect/production", Style: views.Primary},
			Sandbox:    views.Action{Text: "Connect Sandbox", URL: settingsBase + "/connect/sandbox"},
		},
		Advice: views.Notice{
			Tone: views.Idle, Icon: views.IconShield, Strong: "Use a dedicated integration user.",
			Text: "Its permissions are then exactly what Tidegate may do, its name stands behind every write, and nobody's leaving ends the connection.",
		},
		Help: connectHelp(c),
	}
	if c.ID != "" {
		signed, err := v.signedOut()
		if err != nil {
			return err
		}
		// To connect another org is not what one comes for any more.
		p.Connect.Title, p.Connect.Production.Style = "Change environment", ""
		p.Org = orgCard(c, v.clock())
		p.Org.ReconnectText = joinSentences(p.Org.ReconnectText, continuity.Reconnected(signed, c.ConnectedAt))
		if p.Readiness, err = v.readiness(c); err != nil {
			return err
		}
		p.Head.Actions = []views.Action{
			{Text: "Test connection", URL: settingsBase + "?test=1", Icon: views.IconAgain},
			haltAction(c),
			{Text: "Disconnect", URL: settingsBase + "/disconnect", Style: views.Destructive},
		}
	}
	return answer(v.Ctx, views.Connect(p))
}

func haltAction(c gateway.Connection) views.Action {
	if c.Halted() {
		return views.Action{Text: "Let writing go on", URL: haltPath, Icon: views.IconResume}
	}
	return views.Action{Text: "Stop all writing", URL: haltPath, Icon: views.IconPause, Style: views.Destructive}
}

func connectLead(c gateway.Connection) string {
	if c.ID == "" {
		return "No org is connected yet."
	}
	return "Connected to " + c.OrgName + " as " + c.Username + "."
}

func connectionChip(c gateway.Connection) views.Chip {
	switch {
	case c.ID == "" || c.State == gateway.StateDisconnected:
		return views.StateChip(views.StateNotConnected)
	case c.State == gateway.StateOK:
		return views.StateChip(views.StateConnected)
	}
	return views.StateChip(string(c.State))
}

func orgCard(c gateway.Connection, k clock) *views.Org {
	env := "Production"
	if c.Environment == gateway.Sandbox {
		env = "Sandbox"
	}
	return &views.Org{
		Facts: []views.Fact{
			{Label: "Organization", Value: c.OrgName},
			{Label: "Environment", Value: env},
			{Label: "Organization id", Value: c.OrgID, Mono: true},
			{Label: "Connected user", Value: c.Username},
			{Label: "Connected", Value: k.full(c.ConnectedAt).Text, Second: "by " + c.ConnectedBy},
			{Label: "Scopes", Value: scopesAsked(), Mono: true},
			{Label: "API version", Value: c.APIVersion},
		},
		Reconnect:     views.Action{Text: "Reconnect", URL: settingsBase + "/connect/" + string(c.Environment)},
		ReconnectText: "Reconnecting keeps all settings, mappings and the position in the stream.",
	}
}

func environmentOf(v *visit) (gateway.Environment, error) {
	env := gateway.Environment(v.Params("environment"))
	if _, ok := loginHosts[env]; !ok {
		return "", fiber.ErrNotFound
	}
	return env, nil
}

// leavePage says, before the browser goes to Salesforce, what will happen.
func leavePage(v *visit) error { return showLeave(v, nil) }

func showLeave(v *visit, problem *gateway.Error) error {
	env, err := environmentOf(v)
	if err != nil {
		return err
	}
	c, err := v.connection()
	if err != nil {
		return err
	}
	org, err := v.ws.Settings(v.UserContext(), gateway.OrgScope)
	if err != nil {
		return err
	}
	in, err := settings.Effective(org, nil)
	if err != nil {
		return err
	}
	p := leaveWords(v, env, c, in.Notes)
	if problem != nil {
		for i := range p.Fields {
			for _, name := range problem.Fields {
				if p.Fields[i].Name == name {
					p.Fields[i].Error = problem.Message
				}
			}
		}
		p.Errors = []views.FieldError{{FieldID: problem.Fields[0], Text: problem.Message}}
		v.Status(fiber.StatusUnprocessableEntity)
	}
	return render(v.Ctx, views.Leave(p))
}

// beginConnect sends the browser to Salesforce. State and PKCE verifier
// travel in a sealed cookie, bound to this session and workspace (S-07, S-08).
func beginConnect(v *visit) error {
	env, err := environmentOf(v)
	if err != nil {
		return err
	}
	g := Grant{
		Environment: env, LoginURL: strings.TrimRight(strings.TrimSpace(v.posted("login_url")), "/"),
		ClientID: strings.TrimSpace(v.posted("client_id")), ClientSecret: strings.TrimSpace(v.posted("client_secret")),
		RedirectURL: v.s.BaseURL + callbackPath, State: newToken(), Verifier: newToken(), By: v.member.Name,
	}
	target, err := v.s.Org.Begin(v.UserContext(), v.member.Workspace, g)
	if e, ok := gatewayError(err); ok && e.Code == gateway.CodeInvalid && len(e.Fields) > 0 {
		return showLeave(v, e)
	}
	if err != nil {
		return err
	}
	sealed, err := v.sealGrant(g)
	if err != nil {
		return err
	}
	cookie := v.s.cookie(connectCookie, sealed)
	cookie.MaxAge = int(connectLife / time.Second)
	v.Cookie(cookie)
	v.s.audit(v, "began to connect "+string(env), g.LoginURL)
	// Our policy lets forms lead to ourselves only, and browsers hold redirects
	// of a form to it. So the answer is a page that goes on by itself.
	v.Set("Refresh", "0; url="+target)
	return render(v.Ctx, views.Error(views.ErrorPage{Shell: v.s.shell(v, "Going to Salesforce", views.NavSettings), Empty: views.Empty{
		Icon: views.IconOut, Title: "Going to Salesforce", Text: "You sign in there and come back here.",
		Actions: []views.Action{{Text: "Go now", URL: target, Style: views.Primary}},
	}}))
}

// pendingGrant is what the cookie seals.
type pendingGrant struct {
	Grant   Grant
	Session string // hash of the session that began
	Until   time.Time
}

func (v *visit) sealGrant(g Grant) (string, error) {
	body, err := json.Marshal(pendingGrant{g, v.session.TokenHash, v.s.Now().Add(connectLife)})
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(v.s.Vault.Seal(body, v.member.Workspace, connectCookie)), nil
}

func (v *visit) openGrant() (Grant, bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(v.Cookies(connectCookie))
	if err != nil || len(sealed) == 0 {
		return Grant{}, false
	}
	body, err := v.s.Vault.Unseal(sealed, v.member.Workspace, connectCookie)
	if err != nil {
		return Grant{}, false
	}
	var p pendingGrant
	if err := json.Unmarshal(body, &p); err != nil {
		return Grant{}, false
	}
	mine := subtle.ConstantTimeCompare([]byte(p.Session), []byte(v.session.TokenHash)) == 1
	return p.Grant, mine && v.s.Now().Before(p.Until)
}

// callback is the way back from Salesforce.
func callback(v *visit) error {
	g, ok := v.openGrant()
	gone := v.s.cookie(connectCookie, "")
	gone.MaxAge, gone.Expires = -1, time.Unix(1, 0)
	v.Cookie(gone) // one attempt, one way back
	want, got := sha256.Sum256([]byte(g.State)), sha256.Sum256([]byte(v.Query("state")))
	if !ok || subtle.ConstantTimeCompare(want[:], got[:]) != 1 || !v.s.grants.take(g.State, v.s.Now(), v.s.Now().Add(connectLife)) {
		v.s.audit(v, "refused a connect that did not begin in this session", "")
		return gateway.Errorf(gateway.CodeForbidden,
			"This sign-in did not begin here, or took longer than %d minutes. Nothing was stored. Begin again under Settings, Connection.", int(connectLife/time.Minute))
	}
	if refusal := v.Query("error"); refusal != "" {
		return gateway.Errorf(gateway.CodeForbidden,
			"Salesforce did not grant access (%s). Nothing was stored. Begin again, or ask your Salesforce admin to allow the app.", excerpt(refusal))
	}
	if v.Query("code") == "" {
		return gateway.Errorf(gateway.CodeForbidden, "Salesforce sent no code back. Nothing was stored. Begin again under Settings, Connection.")
	}
	was, err := v.connection()
	if err != nil {
		return err
	}
	if err := v.s.Org.Finish(v.UserContext(), v.member.Workspace, g, v.Query("code")); err != nil {
		return err
	}
	v.s.audit(v, "connected "+string(g.Environment), g.LoginURL)
	now, err := v.ws.Connection(v.UserContext())
	if err != nil {
		return err
	}
	news := "connected"
	if was.ID != "" && was.OrgID == now.OrgID {
		news = "reconnected" // UX 6: nothing begins anew
	}
	return v.Redirect(settingsBase+"?saved="+news, fiber.StatusSeeOther)
}

// askDisconnect asks with numbers before the tokens go.
func askDisconnect(v *visit) error { return v.showDisconnect("") }

func (v *visit) showDisconnect(problem string) error {
	waiting, err := v.waiting()
	if err != nil {
		return err
	}
	p := views.ConfirmPage{
		Shell: v.s.shell(v, "Disconnect", views.NavSettings),
		Head:  views.Head{Crumb: []views.Link{{Text: "Connection", URL: settingsBase}}, Title: "Disconnect Salesforce"},
		Effects: []string{
			"Access is revoked at Salesforce and the tokens are erased here.",
			"Nothing is read or written until somebody connects again; " + count(waiting, "write waits", "writes wait") + ".",
		},
		Kept:   []string{"All settings and mappings, the mirror, the log, and the position in the stream."},
		Form:   views.Form{URL: settingsBase + "/disconnect"},
		Action: views.Action{Text: "Disconnect Salesforce", Style: views.Destructive},
		Cancel: views.Link{Text: "Stay connected", URL: settingsBase},
		Password: &views.Field{
			Name: "password", Label: "Your password", Type: "password", Required: true, Autocomplete: "current-password", Error: problem,
			Hint: "Asked again, because everybody's work with Salesforce stops.",
		},
	}
	if problem != "" {
		p.Form.Errors = []views.FieldError{{FieldID: "password", Text: problem}}
		v.Status(fiber.StatusUnprocessableEntity)
	}
	return render(v.Ctx, views.Confirm(p))
}

func disconnect(v *visit) error {
	if problem := v.confirmPassword(v.posted("password")); problem != "" {
		return v.showDisconnect(problem)
	}
	if err := v.s.Org.Disconnect(v.UserContext(), v.member.Workspace); err != nil {
		return err
	}
	v.s.audit(v, "disconnected Salesforce", "")
	return v.Redirect(settingsBase+"?saved=disconnected", fiber.StatusSeeOther)
}
