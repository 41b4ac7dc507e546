package views

func settings(lead string) Settings {
	return Settings{
		Shell: shell("Salesforce settings", NavSettings), Lead: lead, Base: "/settings/salesforce",
		State: StateChip(StateConnected), ConnectURL: "/settings/salesforce",
		Form: Form{URL: "/settings/salesforce/x", Revision: "7", Bar: SaveBar{Save: "Save changes", Hint: "Nothing changes in Salesforce before you save.", DiscardURL: "/settings/salesforce/x"}},
	}
}

func destinations(id, legend string, checked string, locked string) ChoiceGroup {
	note := Choice{Value: "note", Label: "Note", Effect: "Best for long-form notes and historical reference. One Enhanced Note attached to Lead, Contact, Account and Opportunity at once."}
	event := Choice{Value: "event", Label: "Event", Effect: "Best when reps rely on timelines for context. Written to the Event’s description."}
	task := Choice{Value: "task", Label: "Task", Effect: "Best for follow-ups or post-meeting actions. Added as comments on a Task."}
	g := ChoiceGroup{Name: id, Legend: legend, Hint: "Choose one or more. With none, they stay here.", Many: true, Locked: locked, Choices: []Choice{note, event, task}, Meta: Meta{Default: "none", Changed: "Changed by Mara Quill, 3 Nov 2026."}}
	for i := range g.Choices {
		g.Choices[i].Checked = g.Choices[i].Value == checked
	}
	return g
}

func notes() NotesPage {
	meeting := destinations("meeting_notes", "Meeting notes go to", "note", "")
	meeting.Choices[0].Warning, meeting.Choices[0].WarningLink = "Waits: Enhanced Notes is off in Salesforce.", Link{Text: "What to click", URL: "/settings/salesforce#notes"}
	return NotesPage{
		Settings:     settings("Where meeting and call notes go in Salesforce, and who may decide it."),
		Level:        Segments{Label: "Level", Items: []Segment{{Text: "Organization", URL: "?level=organization", Current: true, Icon: IconLock}, {Text: "You", URL: "?level=you"}, {Text: "Members", URL: "?level=members"}}},
		LevelText:    "Setting for all 84 users. 6 people have their own values, set aside while locked.",
		Lock:         &Switch{Name: "lock", Label: "Lock for everyone", Effect: "Nobody can deviate from what is set here. Own values saved earlier are kept and return when you unlock.", On: true, Meta: Meta{Default: "off", Changed: "Locked by Mara Quill, 3 Nov 2026. Recommended before rollout."}},
		AutoEvent:    Switch{Name: "auto_event", Label: "Create Events automatically", Effect: "A Salesforce Event is made when a meeting comes in from the calendar or an impromptu external meeting is logged.", On: true, Meta: Meta{Default: "off", Changed: "Changed by Mara Quill, 3 Nov 2026."}},
		MeetingNotes: meeting,
		CallNotes:    destinations("call_notes", "Call notes go to", "task", ""),
		Preview: &NotePreview{
			Meeting:   SaidPreview{Lead: "From a real meeting of yesterday, with these settings.", Kind: KindDeal, Record: "Fernhollow Logistics, 40 seats", EventTitle: "Pricing review", EventText: "45 min with Ann Ferrow, Tomas Rell. Outcome: second meeting agreed.", EventWhen: at("18 Nov"), NotesTitle: "Pricing review, 18 Nov", NotesText: "Also on Ann Ferrow, Tomas Rell and Fernhollow Logistics", Omitted: []string{"Meeting notes go to the Event, and this meeting has none."}},
			Call:      SaidPreview{Lead: "From an example call, with the values on this page.", Kind: KindContact, Record: "Ann Ferrow", TaskTitle: "Outbound call to +44 20 7946 0123", TaskComment: "From: +44 20 7946 0100. Duration: 4:12. She asks for a price for 40 seats."},
			UpdateURL: "/settings/salesforce/notes/preview",
		},
		Pilot: &Pilot{
			Ring: "Syncing runs for everybody. Limit it to a few members first?", Open: true,
			Switch:    Switch{Name: "pilot_on", Label: "Limit syncing to a pilot group", Effect: "Only meetings of these members are written.", Meta: Meta{Default: "off"}},
			Members:   ChoiceGroup{Name: "pilot_members", Legend: "In the pilot group", Many: true, Columns: true, Hint: "1 member is in it.", Choices: []Choice{{Value: "5", Label: "Jonah Pryce", Effect: "Sales", Checked: true}, {Value: "6", Label: "Ines Okabe"}}},
			SearchURL: "/settings/salesforce/notes", Search: Field{ID: "pilot", Name: "pilot", Label: "Name, e-mail or team", Type: "search"}, Text: "84 members; the first 12 are offered above.",
		},
		Why: []Check{
			{Title: "Enhanced Notes is off: 2 notes wait for it"},
			{Title: "Organization lock: in force, same value", Pass: true},
			{Title: "At least one destination chosen", Pass: true},
			{Title: "Meeting has a Salesforce record: 4 of the last 212 have none", Warn: true},
		},
		WhyLinks: []Link{{Text: "Open Notes Settings", URL: "https://example.my.salesforce.com/setup", External: true}},
	}
}

func notesPages() []page {
	locked := notes()
	locked.Shell = sandboxShell("Salesforce settings", NavSettings)
	locked.Lock, locked.Form.ReadOnly = nil, true
	// As a rep sees it, who has his own settings alone (AVM-02).
	locked.Title, locked.Base, locked.ConnectURL, locked.Level.Items = "Your settings", "", "", nil
	locked.LevelText = "The organization has locked these settings: its values hold for everybody."
	locked.AutoEvent.Locked = "locked by organization"
	locked.MeetingNotes = destinations("meeting_notes", "Meeting notes go to", "note", "locked by organization")
	locked.CallNotes = destinations("call_notes", "Call notes go to", "task", "locked by organization")
	locked.Pilot = nil
	closed := notes()
	closed.Pilot.Open = false
	closed.MeetingNotes.Choices[0] = Choice{Value: "note", Label: "Note", Effect: "Best for long-form notes.", Closed: "Enhanced Notes is off in Salesforce, so notes cannot be written there."}
	locked.SeenAs = &Choice{Label: "Task", Effect: "Your own choice (Note) is kept and returns when the lock is lifted. Ask Mara Quill to change it."}
	members := notes()
	members.Form.URL, members.Pilot = "", nil
	members.Members = []Row{{ID: "5", Cells: []Cell{{Text: "Jonah Pryce", Second: "Sales"}, {Text: "Event"}, {Text: "Task"}, {Text: "Mara Quill", Second: "3 Nov"}, {Link: Link{Text: "Change", URL: "?member=5"}}}}}
	bad := notes()
	bad.LevelText, bad.Lock.Meta.Changed, bad.Preview.Meeting.Record, bad.Why[0].Title, bad.AutoEvent.Error = hostile, hostile, hostile, hostile, hostile
	bad.MeetingNotes.Error = "Enhanced Notes is off; choose Event or Task, or switch it on first."
	bad.Form.Errors = []FieldError{{"auto_event", hostile}, {"meeting_notes", "Meeting notes: Note cannot be chosen now."}}
	merge := Merge{Form: Form{URL: "/settings/salesforce/notes", Revision: "8", Bar: SaveBar{Save: "Save merged changes"}}, Who: "Ines Okabe", When: "at 14:30", KeepTo: Link{Text: "Keep Ines’s page", URL: "/settings/salesforce/notes"}, Rows: []MergeRow{{Setting: "Create Events automatically", Name: "auto_event", TheirText: "Off", TheirWord: "off", YourText: "On", YourWord: "on"}}}
	return []page{
		{"settings-notes", Notes(notes())},
		{"settings-notes-closed", Notes(closed)},
		{"settings-notes-locked", Notes(locked)},
		{"settings-notes-members", Notes(members)},
		{"settings-notes-hostile", Notes(bad)},
		{"settings-notes-merge", SettingsMerge(notes().Settings, TabNotes, merge)},
	}
}

func contactsTab() ContactsTab {
	return ContactsTab{
		Settings: settings("Who becomes a contact in Salesforce, and how people are recognized first."),
		Switches: []Switch{
			{Name: "create", Label: "Create contacts from meetings", Effect: "For each external participant who is not in Salesforce yet. Colleagues are never created.", On: true, Meta: Meta{Default: "off", Changed: "Changed by Mara Quill, 3 Nov 2026."}},
			{Name: "exclude_public", Label: "Exclude public e-mail domains", Effect: "14,130 free-mail domains create nobody unless allowed below.", Link: Link{Text: "Show the list", URL: "/settings/salesforce/contacts/domains"}, On: true, Meta: Meta{Default: "on"}, Fields: []Field{{Name: "allowed", Label: "Allowed all the same", Value: "consultant@example.net, example.org", Hint: "Addresses or domains, separated by commas."}}},
		},
		Teams:    &ChoiceGroup{Name: "teams", Legend: "Only meetings of these teams", Many: true, Columns: true, Choices: []Choice{{Value: "sales", Label: "Sales", Checked: true}, {Value: "cs", Label: "Customer Success", Checked: true}, {Value: "other", Label: "Other teams"}}, Meta: Meta{Default: "Sales and Customer Success"}},
		TryOut:   &TryOut{URL: "/settings/salesforce/contacts", Email: Field{Name: "try", Label: "E-mail of a participant", Type: "email", Value: "lena.brook@example.org"}, Checks: []Check{{Title: "External: example.org is not ours", Pass: true}, {Title: "A Lead already has this address: Lena Brook, since 4 Oct"}}, Strong: "No contact is created.", Answer: "Notes go to the Lead.", Link: Link{Text: "Open Lena Brook", URL: "/leads/00Q1"}},
		Past:     &ListPage{Caption: "Whom it would have created", Columns: []Column{{Text: "Person"}, {Text: "Meeting"}}, Rows: []Row{{Cells: []Cell{{Kind: KindContact, Text: "Nora New", Second: "nora@new.example"}, {Text: "Pricing review", Second: "2026-11-18"}}}}, Pager: Pager{Text: "1 of 24"}},
		PastText: "24 contacts from 31 meetings of the last 30 days.",
		Selects:  []Select{{Name: "match_field", Label: "Account match field", Options: []Option{{Value: "Website", Text: "Website", Selected: true}}, Meta: Meta{Default: "Website"}}},
		Chain:    []ChainRow{{Order: "1", LooksFor: "Link already chosen by a person", In: "any", Found: "38", Text: "always first"}, {Order: "2", LooksFor: "E-mail equals", In: "Lead, Contact", Found: "1,904", Fields: []Hidden{{"chain", "email"}}, Actions: []Action{{Text: "Move down", About: "e-mail", Small: true, Fields: []Hidden{{"chain_move", "down:0"}}}}}},
		AddStep:  []Select{{Name: "chain_add", Label: "Also look for", Options: []Option{{Text: "Nothing more", Selected: true}, {Value: "field", Text: "A field of your own"}}}},
		AddField: []Field{{Name: "chain_field", Label: "API name of the field", Hint: "Only for a field of your own."}},
		Caps:     []Field{{Name: "cap_meeting", Label: "Contacts per meeting", Value: "20", Meta: Meta{Default: "20"}}},
	}
}

func forecastTab() ForecastTab {
	return ForecastTab{
		Settings:   settings("How pipeline is shown and added up here. Nothing on this tab writes to Salesforce."),
		Selects:    []Select{{Name: "period", Label: "Forecast period", Options: []Option{{Value: "month", Text: "Monthly", Selected: true}, {Value: "quarter", Text: "Quarterly"}}, Hint: "Fiscal year starts in February, as in Salesforce.", Meta: Meta{Default: "Monthly"}}},
		Amounts:    ChoiceGroup{Name: "amounts", Legend: "Amounts are", Choices: []Choice{{Value: "total", Label: "Total", Effect: "The full amount of every deal counted."}, {Value: "weighted", Label: "Weighted", Effect: "Amount times the probability of its stage.", Checked: true}}, Meta: Meta{Default: "Total", Changed: "Changed by Mara Quill, 3 Nov 2026."}},
		CountBy:    ChoiceGroup{Name: "count_by", Legend: "Deals count by", Choices: []Choice{{Value: "category", Label: "Forecast category", Effect: "As Salesforce forecasts do.", Checked: true}, {Value: "stage", Label: "Stage", Effect: "Whatever category the stage has."}}},
		Counting:   []ChoiceGroup{{Name: "categories", Legend: "Forecast categories that count", Many: true, Columns: true, Choices: []Choice{{Value: "Pipeline", Label: "Pipeline", Checked: true}, {Value: "Omitted", Label: "Omitted"}}}},
		Fields:     TextCard{Text: "Adds up Amount by Close Date, shown with €.", Link: Link{Text: "Chosen on Advanced Settings", URL: "/settings/salesforce/advanced"}},
		Visibility: []Field{{Name: "roles", Label: "Roles", Value: "Account Executive", Hint: "None means every role."}},
		Preview:    &ForecastPreview{Lead: "With the saved values.", Amount: "€ 1,455,000", Text: "143 deals, weighted, next three months. As of 14:32.", Chart: forecastChart(), UpdateURL: "/settings/salesforce/forecast/preview", Difference: Notice{Text: "With Total it would be € 2,310,000."}},
	}
}

func advancedTab() AdvancedTab {
	tab := settings("Purposes, outcomes, e-mail and how Salesforce data appears here.")
	tab.Whole = []Action{{Text: "Copy settings to another workspace", URL: "/settings/salesforce/file"}, {Text: "Reset this tab to defaults", URL: "/settings/salesforce/advanced/defaults", Style: Destructive}}
	return AdvancedTab{
		Settings: tab,
		Deals: []Select{
			{Name: "amount_field", Label: "Deal amount field", Options: []Option{{Value: "Amount", Text: "Amount", Selected: true}}, Hint: "Used in pipelines, forecasts, win/loss and reports.", Meta: Meta{Default: "Amount"}},
			{Name: "close_field", Label: "Deal close date field", Options: []Option{{Value: "CloseDate", Text: "Close Date", Selected: true}}, Locked: "locked by organization"},
		},
		Switches:     []Switch{{Name: "emails_task", Label: "E-mails from Task objects", Effect: "For orgs that log e-mail as tasks.", Meta: Meta{Default: "off"}}},
		Emails:       []Switch{{Name: "emails_from_messages", Label: "From EmailMessage objects", Effect: "For orgs with Enhanced Email.", On: true, Meta: Meta{Changed: "Changed by Ines Okabe, 9 Nov 2026."}}},
		ConflictText: "Salesforce wins for deal stages; nobody has decided, so the most recent value wins, for ownership.",
		Conflicts:    []Select{{Name: "conflicts_ownership", Label: "Ownership", Options: []Option{{Text: "Not decided: most recent wins", Selected: true}, {Value: "salesforce", Text: "Salesforce wins"}}}},
		Activities:   []ActivityCard{{ID: "purpose-title", Title: "Meeting purposes", Text: "Event and Task are mapped independently.", Fields: []Select{{Name: "purpose_field_event", Label: "Event field", Options: []Option{{Value: "Type", Text: "Type", Selected: true}}}, {Name: "purpose_field_task", Label: "Task field", Options: []Option{{Text: "Not written", Selected: true}}}}, Rows: []ActivityRow{{"Sales", ActivityControl{Select: &Select{Name: "purpose_event_0", Label: "Sales on the Event", Small: true, Options: []Option{{Value: "Meeting", Text: "Meeting", Selected: true}}}}, ActivityControl{Text: "—"}}, {"CSM", ActivityControl{Field: &Field{Name: "purpose_event_1", Label: "CSM on the Event", Value: "Review"}}, ActivityControl{Text: "—"}}}}},
		Currency:     Select{Name: "currency", Label: "Currency label", Options: []Option{{Value: "EUR", Text: "€ (EUR)", Selected: true}, {Value: "USD", Text: "$ (USD)"}}, Hint: "Changes the symbol only. No amount is converted.", Meta: Meta{Default: "€ (EUR)"}},
		Sample:       "€ 48,000",
	}
}

func tabPages() []page {
	badContacts, badForecast, badAdvanced := contactsTab(), forecastTab(), advancedTab()
	badContacts.Switches[1].Fields[0].Value, badContacts.TryOut.Answer, badContacts.Chain[0].LooksFor = hostile, hostile, hostile
	badForecast.Selects[0].Options[1].Text, badForecast.Preview.Text = hostile, hostile
	badAdvanced.Deals[0].Options[0].Text, badAdvanced.Sample = hostile, hostile
	badAdvanced.Deals[0].Error = hostile
	return []page{
		{"settings-contacts", Contacts(contactsTab())},
		{"settings-contacts-hostile", Contacts(badContacts)},
		{"settings-forecast", Forecast(forecastTab())},
		{"settings-forecast-hostile", Forecast(badForecast)},
		{"settings-advanced", Advanced(advancedTab())},
		{"settings-advanced-hostile", Advanced(badAdvanced)},
	}
}
