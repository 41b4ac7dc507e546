package views

func connected() ConnectPage {
	return ConnectPage{
		Shell: sandboxShell("Connection and readiness", NavSettings),
		Head: Head{
			Crumb: []Link{{Text: "Settings"}, {Text: "CRM"}, {Text: "Salesforce"}}, Title: "Connection and readiness",
			Lead:    "Connected to a sandbox. Two of nine checks need a change in Salesforce Setup.",
			Actions: []Action{{Text: "Test connection", URL: "/settings/salesforce/test", Post: true, Icon: IconAgain}, {Text: "Disconnect", URL: "/settings/salesforce/disconnect", Style: Destructive, Dialog: true}},
		},
		Tabs: SettingsTabs("/settings/salesforce", ""),
		Readiness: &Readiness{
			Lead: "Tested Thu 19 Nov, 14:30:12; took 1.8 s. What needs you comes first.", Failed: "2 failed", Limited: "1 with a limit", Passed: "6 passed",
			Checks: []Check{
				{Title: "Enhanced Notes is off", Text: "Meeting notes with the destination “Note” cannot be written. 12 are waiting.", Setup: []string{"Quick Find “Notes Settings”", "tick Enable Notes", "Save."}, SetupLink: Link{Text: "Open Notes Settings in Salesforce", URL: "https://example.my.salesforce.com/lightning/setup/NotesSettings/home", External: true}},
				{Title: "Field permission missing: Opportunity, Pain Points", Text: "The integration user may read Pain_Points__c but not edit it, so its mapping stays inbound.", Setup: []string{"Permission Sets", "Tidegate Integration", "Object Settings", "Opportunities", "tick Edit beside Pain Points", "Save."}},
				{Title: "Change Data Capture", Text: "4 of 5 entities chosen: Account, Contact, Lead, Opportunity.", Pass: true, Warn: true},
				{Title: "API Enabled", Text: "The user may call the API.", Pass: true},
				{Title: "API budget", Text: "12 % of 15,000 calls used today.", Pass: true},
			},
		},
		Org: &Org{
			Facts: []Fact{
				{Label: "State", Chip: StateChip(StateConnected)},
				{Label: "Environment", Value: "Sandbox, named uat"},
				{Label: "Organization", Value: "Lindenmoor", Second: "00D0000000EXAMPLE2"},
				{Label: "User", Value: "tidegate.integration@lindenmoor.example.com.uat"},
				{Label: "Scopes", Value: "api refresh_token id", Mono: true},
				{Label: "Since", Value: "Mon 9 Nov, 11:20, by Mara Quill"},
			},
			Reconnect: Action{Text: "Reconnect", URL: "/settings/salesforce/connect?environment=sandbox", Small: true}, ReconnectText: "Reconnecting keeps settings, mappings and position.",
		},
		Connect: ConnectCard{Title: "Change environment", Text: "Moves the link to another org. You will see what is read and written, and that personal data is transferred, before leaving for Salesforce.", Production: Action{Text: "Connect Production", URL: "/settings/salesforce/connect?environment=production"}, Sandbox: Action{Text: "Connect Sandbox", URL: "/settings/salesforce/connect?environment=sandbox"}},
		Help:    []Fact{{Label: "Each line above that needs you says what to click.", Link: Link{Text: "Download a diagnostic bundle", URL: "/settings/salesforce/diagnostics"}, Second: "to send along when you ask for help: no tokens, no names, no texts."}},
	}
}

func leave() LeavePage {
	return LeavePage{
		Shell:    shell("Connect Production", NavSettings),
		Head:     Head{Crumb: []Link{{Text: "Settings"}, {Text: "CRM"}, {Text: "Salesforce", URL: "/settings/salesforce"}}, Title: "Before you leave for Salesforce", Lead: "You will sign in at login.salesforce.com and allow what stands here. Nothing is read before that."},
		Reads:    []string{"Accounts, contacts, leads, opportunities, events and tasks with the fields your user may see.", "Names of fields and their permissions."},
		Writes:   []string{"Meeting and call notes where the Notes tab sends them.", "Fields that you make editable on the Objects tab."},
		Personal: []string{"Names, e-mail addresses and phone numbers of people are transferred in both directions and kept here."},
		Scopes:   []Fact{{Label: "api", Value: "read and write records", Mono: false}, {Label: "refresh_token", Value: "stay connected without you"}, {Label: "id", Value: "see which user and org this is"}},
		User:     Notice{Tone: UnderWay, Strong: "Use a dedicated integration user.", Text: "Then permissions can be set for Tidegate alone, and a person’s leaving does not stop the sync."},
		FormURL:  "/settings/salesforce/connect",
		Fields:   []Field{{Name: "login_host", Label: "Sign-in host", Value: "login.salesforce.com", Hint: "Your My Domain, if you use one."}, {Name: "client_id", Label: "Consumer key"}, {Name: "client_secret", Label: "Consumer secret", Type: "password", Autocomplete: "off"}},
		Continue: Action{Text: "Continue to Salesforce", Fields: []Hidden{{"environment", "production"}}},
		Cancel:   Link{Text: "Cancel", URL: "/settings/salesforce"},
		Text:     "Opens login.salesforce.com in this window.",
	}
}

func connectPages() []page {
	none := connected()
	none.Shell.Environment = Environment{}
	none.Head.Actions, none.Head.Lead, none.Readiness, none.Org = nil, "Not connected yet. Choose the environment; nothing is read before you agree.", nil, nil
	none.Connect.Title = "Connect an org"
	none.Advice = Notice{Tone: UnderWay, Strong: "Use a dedicated integration user.", Text: "Permissions can then be set for Tidegate alone."}
	untested := connected()
	untested.Readiness = &Readiness{Lead: "Not tested yet.", Empty: Empty{Icon: IconGauge, Title: "No test has run", Text: "A test asks Salesforce nine things and takes about two seconds."}}
	bad := connected()
	bad.Readiness.Checks[0].Title, bad.Readiness.Checks[0].Setup[1], bad.Org.Facts[2].Value = hostile, hostile, hostile
	bad.Readiness.Checks[0].SetupLink.URL = "javascript:alert(1)"
	refused := leave()
	refused.Errors = []FieldError{{"client_id", "Consumer key: give the key of your connected app."}}
	refused.Fields[1].Error = "Give the key of your connected app; it stands in Setup, App Manager, View."
	refused.Fields[0].Value = hostile
	gone := ConfirmPage{
		Shell: shell("Disconnect", NavSettings), Head: Head{Title: "Disconnect from Lindenmoor?", Lead: "Syncing stops at once, in both directions."},
		Effects: []string{"12 waiting writes stay here and are not sent.", "The token is revoked at Salesforce."}, Kept: []string{"All settings and 4 mappings.", "The mirror of 48,112 contacts, as of now."},
		Form: Form{URL: "/settings/salesforce/disconnect", Revision: "3"}, Confirm: "I have seen that 12 writes would wait.", Password: &Field{Name: "password", Label: "Your password", Type: "password", Autocomplete: "current-password"},
		Action: Action{Text: "Disconnect Lindenmoor", Style: Destructive}, Cancel: Link{Text: "Stay connected", URL: "/settings/salesforce"},
	}
	halt := gone
	halt.Head = Head{Title: "Stop all writing to Salesforce"}
	halt.Reason = &Field{Name: "why", Label: "Reason", Value: hostile, Hint: "Shown on every page, to everybody of the workspace."}
	return []page{
		{"connect", Connect(connected())},
		{"connect-first", Connect(none)},
		{"connect-untested", Connect(untested)},
		{"connect-hostile", Connect(bad)},
		{"connect-leave", Leave(leave())},
		{"connect-leave-hostile", Leave(refused)},
		{"connect-disconnect", Confirm(gone)},
		{"connect-halt", Confirm(halt)},
	}
}
