package handlers

import (
	"strings"

	"tidegate/gateway"
	"tidegate/views"
)

// What is said before the browser goes to Salesforce (UX 2, AVC-02). It names
// all that the product can do there: who agrees has nowhere else to look.
var (
	leaveReads = []string{
		"Users, accounts, contacts, leads, opportunities with their contact roles, events and tasks, and each object that you add under Objects: every field that the connected user may read.",
		"E-mails that Salesforce holds, once they are switched on under Advanced Settings.",
		"How objects and fields are described, who may see them, and the limits of the org.",
		"Changes to all of these, as Salesforce announces them.",
	}
	leavePersonal = []string{
		"Names, e-mail addresses and phone numbers of your contacts, leads and users are copied into this workspace's database and travel back with edits.",
		"What people said goes to Salesforce: notes, summaries, e-mails and texts, with who took part.",
		"Disconnecting ends both; what was copied until then stays here.",
	}
	connectScopes = []views.Fact{
		{Label: "api", Value: "read and write records"},
		{Label: "refresh_token", Value: "stay connected until you disconnect"},
		{Label: "id", Value: "know which user and org this is"},
	}
)

// leaveWrites names what may be written, and what is from the first moment on
// by the settings as they are.
func leaveWrites(n gateway.NotesSettings) []string {
	now := "Now meeting notes go to " + placesWords(n.MeetingNotes) + ", and call notes to " + placesWords(n.CallNotes) + "."
	if n.AutoEvents {
		now += " Meetings of the calendar become Events."
	}
	return []string{
		"Meetings, calls, chats, texts and e-mails as Events, Tasks, e-mails and notes of the people who took part. " + now,
		"Edits made here, and what Smart Topics and other properties fill, in fields that are Editable, where “Sync to Salesforce” of the object is on.",
		"Contacts, leads and accounts for people who are not in Salesforce yet, where Contacts or an agent asks for it.",
		"Everything as the connected user, listed in the sync log, and to be stopped at once.",
	}
}

// scopesAsked are the scopes by their names at Salesforce.
func scopesAsked() string {
	names := make([]string, len(connectScopes))
	for i, s := range connectScopes {
		names[i] = s.Label
	}
	return strings.Join(names, " ")
}

func leaveUser(c gateway.Connection) views.Notice {
	n := views.Notice{
		Tone: views.Idle, Icon: views.IconShield, Strong: "Sign in as your integration user.",
		Text: "Tidegate can do exactly what that user may do, and every write carries that name.",
	}
	if c.ID != "" {
		n.Text += " Until now that was " + c.Username + "."
	}
	return n
}

func leaveWords(v *visit, env gateway.Environment, c gateway.Connection, notes gateway.NotesSettings) views.LeavePage {
	host := loginHosts[env]
	if c.Environment == env && c.LoginURL != "" {
		host = c.LoginURL
	}
	value := func(name, fallback string) string {
		if typed := v.posted(name); typed != "" { // only typed here: a link must not choose the host
			return typed
		}
		return fallback
	}
	name := "Production"
	if env == gateway.Sandbox {
		name = "Sandbox"
	}
	return views.LeavePage{
		Shell:    v.s.shell(v, "Connect "+name, views.NavSettings),
		Head:     views.Head{Crumb: []views.Link{{Text: "Connection", URL: settingsBase}}, Title: "Connect " + name, Lead: "What happens when you go on."},
		Reads:    leaveReads,
		Writes:   leaveWrites(notes),
		Personal: leavePersonal,
		Scopes:   connectScopes,
		User:     leaveUser(c),
		Fields: []views.Field{
			{ID: "login_url", Name: "login_url", Label: "Sign-in host", Value: value("login_url", host), Hint: "Your My Domain, or the usual host of the environment.", Required: true, Type: "url"},
			{ID: "client_id", Name: "client_id", Label: "Consumer key", Value: v.posted("client_id"), Hint: clientHint(c), Autocomplete: "off"},
			{ID: "client_secret", Name: "client_secret", Label: "Consumer secret", Hint: "Sealed before it is stored; never shown again.", Type: "password", Autocomplete: "off"},
		},
		FormURL:  settingsBase + "/connect/" + string(env),
		Continue: views.Action{Text: "Go to Salesforce", Style: views.Primary},
		Cancel:   views.Link{Text: "Stay here", URL: settingsBase},
		Text:     "You sign in there and come back here.",
	}
}

func clientHint(c gateway.Connection) string {
	if c.ID != "" {
		return "Of the connected app. Empty keeps the one in use."
	}
	return "Of the external client app or connected app in your org."
}
