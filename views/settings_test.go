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
		Preview:      &NotePreview{Lead: "From a real meeting of yesterday, with these settings.", Kind: KindDeal, Record: "Fernhollow Logistics, 40 seats", EventTitle: "Pricing review", EventText: "45 min with Ann Ferrow, Tomas Rell. Outcome: second meeting agreed.", EventWhen: at("18 Nov"), NotesTitle: "Pricing review, 18 Nov", NotesText: "Also on Ann Ferrow, Tomas Rell and Fernhollow Logistics"},
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
	locked.Level.Items = []Segment{{Text: "You", URL: "?level=you", Current: true}}
	locked.AutoEvent.Locked = "locked by organization"
	locked.MeetingNotes = destinations("meeting_notes", "Meeting notes go to", "note", "locked by organization")
	locked.CallNotes = destinations("call_notes", "Call notes go to", "task", "locked by organization")
	locked.SeenAs = &Choice{Label: "Task", Effect: "Your own choice (Note) is kept and returns when the lock is lifted. Ask Mara Quill to change it."}
	members := notes()
	members.Form.URL = ""
	members.Members = []Row{{ID: "5", Cells: []Cell{{Text: "Jonah Pryce", Second: "Sales"}, {Text: "Event"}, {Text: "Task"}, {Text: "Mara Quill", Second: "3 Nov"}, {Link: Link{Text: "Change", URL: "?member=5"}}}}}
	bad := notes()
	bad.LevelText, bad.Lock.Meta.Changed, bad.Preview.Record, bad.Why[0].Title, bad.AutoEvent.Error = hostile, hostile, hostile, hostile, hostile
	bad.MeetingNotes.Error = "Enhanced Notes is off; choose Event or Task, or switch it on first."
	bad.Form.Errors = []FieldError{{"auto_event", hostile}, {"meeting_notes", "Meeting notes: Note cannot be chosen now."}}
	merge := Merge{Form: Form{URL: "/settings/salesforce/notes", Revision: "8", Bar: SaveBar{Save: "Save merged changes"}}, Who: "Ines Okabe", When: "at 14:30", KeepTo: Link{Text: "Keep Ines’s page", URL: "/settings/salesforce/notes"}, Rows: []MergeRow{{Setting: "Create Events automatically", Name: "auto_event", TheirText: "Off", TheirWord: "off", YourText: "On", YourWord: "on"}}}
	return []page{
		{"settings-notes", Notes(notes())},
		{"settings-notes-locked", Notes(locked)},
		{"settings-notes-members", Notes(members)},
		{"settings-notes-hostile", Notes(bad)},
		{"settings-notes-merge", SettingsMerge(notes().Settings, TabNotes, merge)},
	}
}

func objects() ObjectsPage {
	line := func(kind, label, api, mapped, in, out string) ObjectLine {
		return ObjectLine{Kind: kind, Label: label, APIName: api, URL: "/settings/salesforce/objects/" + api, Transport: "Stream", Mapped: mapped, In: in, Out: out, State: StateChip(StateOK), ChangedBy: "M. Quill", ChangedAt: "12 Nov", Sync: Switch{Name: "sync_" + api, Label: label + ", sync to Salesforce", On: true}}
	}
	broken := line(KindDeal, "Opportunity", "Opportunity", "11 of 64", "64", "5")
	broken.MappedDetail, broken.State = "3 topics", Chip{Attention, IconWarning, "1 broken"}
	custom := line(KindCustom, "Renewal Plan", "Renewal_Plan__c", "4 of 19", "19", "0")
	custom.Transport, custom.Polled, custom.State, custom.Sync.On = "Poll, 60 s", true, Chip{Idle, IconPause, "Sync to Salesforce off"}, false
	event := line(KindEvent, "Event", "Event", "9 of 30", "0", "9")
	event.Sync.Locked = "always on"
	return ObjectsPage{
		Settings: settings("Which Salesforce objects take part, and how their fields are mapped. Open one to change it."),
		Broken:   Notice{Tone: Attention, Strong: "1 mapping is broken", Text: "since Salesforce changed on 16 Nov: one field lost its edit permission.", Link: Link{Text: "Show broken fields", URL: "/settings/salesforce/objects/Opportunity?part=broken"}},
		Objects:  []ObjectLine{broken, line(KindLead, "Lead", "Lead", "14 of 41", "41", "14"), line(KindContact, "Contact", "Contact", "12 of 38", "38", "12"), event, custom},
		Cards:    []TextCard{{Title: "Start small", Text: "Map Next Steps, Pain Points, Competitors and Objections first.", Link: Link{Text: "Open Opportunity", URL: "/settings/salesforce/objects/Opportunity"}}},
	}
}

func object() ObjectPage {
	products := func(name, chosen string) *Select {
		return &Select{Name: "product_" + name, Label: "Product Property of " + name, Small: true, Options: []Option{{Value: "", Text: "Not mapped", Selected: chosen == ""}, {Value: "action_items", Text: "Action Items", Selected: chosen == "action_items", Group: "Smart Topics"}, {Value: "pain", Text: "Pain Points", Selected: chosen == "pain", Group: "Smart Topics"}}}
	}
	editable := func(name string, on bool) *Switch {
		return &Switch{Name: "editable_" + name, Label: name + ", editable", On: on}
	}
	s := settings("")
	return ObjectPage{
		Settings: s,
		Head: Head{
			Crumb: []Link{{Text: "Settings"}, {Text: "CRM"}, {Text: "Salesforce"}, {Text: "Objects", URL: "/settings/salesforce/objects"}},
			Title: "Opportunity", Mono: "Opportunity", Kind: KindDeal, Aside: "Permissions read 14:30",
			Actions: []Action{{Text: "Read again", URL: "/settings/salesforce/objects/Opportunity/describe", Post: true, Icon: IconAgain}},
		},
		Switches: []Switch{
			{Name: "sync", Label: "Sync to Salesforce", Effect: "Edits made here are written back to Opportunity. Off: nothing of this object is written, notes and tasks still are.", On: true, Meta: Meta{Default: "off", Changed: "Switched on by Mara Quill, 3 Nov 2026."}},
			{Name: "updates", Label: "Sync updates to object fields", Effect: "Later changes go to mapped fields of linked records.", Meta: Meta{Default: "on"}},
		},
		Gate:       &Gate{Field: "Pain Points", Rows: []GateRow{{"Sync to Salesforce", "on", "on", true}, {"Editable", "yes", "no", false}, {"Salesforce field", "set", "set", true}}, Text: "Field-level security of the integration user forbids editing.", Link: Link{Text: "What to click in Setup", URL: "/settings/salesforce"}},
		FieldsText: "4 of 64 shown, most used first",
		Search:     Field{Name: "q", Label: "Find a field", Placeholder: "Label or API name"},
		Parts:      Segments{Label: "Which fields", Items: []Segment{{Text: "All 64", URL: "?part=all", Current: true}, {Text: "Mapped 11", URL: "?part=mapped"}, {Text: "Broken 1", URL: "?part=broken"}}},
		Fields: []FieldLine{
			{ID: "NextStep", Label: "Next Step", APIName: "NextStep", Type: "Text, 255", Changed: true, Product: products("NextStep", "action_items"), Direction: DirectionOut, Why: "mapped to a topic", CanEdit: true, Access: "Can edit", Editable: editable("NextStep", true), ImportedBy: "M. Quill", ImportedAt: "3 Nov", Examples: []string{"Send price for 40 seats", "Book security call", "Intro to Ruth Delmas"}},
			{ID: "Pain_Points__c", Label: "Pain Points", APIName: "Pain_Points__c", Type: "Long text, 32,768", Product: products("Pain_Points__c", "pain"), Broken: "Broken since 16 Nov: lost edit permission", Direction: DirectionIn, Why: "mapped, but read-only wins", Access: "Read-only", WhyURL: "?why=Pain_Points__c", EditableText: "No: Salesforce forbids it", ImportedBy: "M. Quill", ImportedAt: "3 Nov", Examples: []string{"Handovers get lost", "Manual CRM entry", "—"}},
			{ID: "StageName", Label: "Stage", APIName: "StageName", Type: "Picklist, required", Product: products("StageName", ""), Direction: DirectionBoth, Why: "editable, not mapped", CanEdit: true, Access: "Can edit", Editable: editable("StageName", true), ImportedBy: "Default", Examples: []string{"Proposal", "Negotiation", "Discovery"}},
			{ID: "ExpectedRevenue", Label: "Expected Revenue", APIName: "ExpectedRevenue", Type: "Currency, formula", ProductText: "Formula fields take no value", Direction: DirectionIn, Why: "Salesforce computes it", Access: "Read-only", EditableText: "No: computed", ImportedBy: "Default", Examples: []string{"28,800.00", "10,000.00", "19,250.00"}},
		},
		Pager: Pager{Text: "1 to 4 of 64", OlderURL: "?after=ExpectedRevenue", OlderText: "Next 8"},
	}
}

func objectsPages() []page {
	none := objects()
	none.Objects, none.Broken, none.Cards = nil, Notice{}, nil
	none.Empty = Empty{Icon: IconCustom, Title: "No objects yet", Text: "They are listed once Salesforce is connected.", Actions: []Action{{Text: "Connect Salesforce", URL: "/settings/salesforce", Style: Primary}}}
	found := object()
	found.Fields, found.Pager, found.Gate = nil, Pager{}, nil
	found.Empty = Empty{Icon: IconSearch, Title: "No field matches “nex”", Text: "Search looks at label and API name.", Actions: []Action{{Text: "Show all 64", URL: "?"}}}
	suspended := object()
	suspended.Parts.Items[2].Current, suspended.Parts.Items[0].Current = true, false
	suspended.Fields = []FieldLine{
		{ID: "Hull__c", Label: "Hull__c", APIName: "Hull__c", Type: "string", ProductText: "Not mapped", Broken: "Suspended since 16 Nov 2026, 09:12. Salesforce no longer shows Hull__c to the connected user: it was deleted, renamed or hidden. Restore it or give the user access, and it goes on by itself.", Why: "Suspended; the other fields go on.", Access: "Not shown by Salesforce", EditableText: "Not possible", ImportedBy: "M. Quill", ImportedAt: "3 Nov"},
		{ID: "Keel__c", Label: "Keel", APIName: "Keel__c", Type: "double", ProductText: "Not mapped", Broken: "Suspended since 16 Nov 2026, 09:12. In Salesforce Keel changed its type from string to double. Change it back, or import the field again to take the new type.", BrokenLink: Link{Text: "Import Keel__c again", URL: "/settings/salesforce/objects/Opportunity/import?field=Keel__c"}, Why: "Suspended; the other fields go on.", CanEdit: true, Access: "Can edit", Editable: &Switch{ID: "editable_Keel__c", Name: "editable_Keel__c", Label: "Editable", On: true}, ImportedBy: "M. Quill", ImportedAt: "3 Nov"},
	}
	suspended.Pager = Pager{}
	under := object()
	under.Load, under.Live = &loadSamples()[0], Live{URL: "/settings/salesforce/objects/Contact?part=load"}
	found.Load = &Load{
		Kind: KindContact, Name: "Contact", State: StateChip(StateOK), Share: -1, Text: "All Contact records are here: 48,112.",
		Second:  "Loading them again takes about 8 API calls. Nothing is emptied meanwhile, and nothing is written to Salesforce.",
		Actions: []Action{{Text: "Load again", URL: "/settings/salesforce/objects/Contact/load", Icon: IconAgain, Post: true, About: " all records of Contact"}},
	}
	bad := object()
	bad.Fields[0].Label, bad.Fields[0].Examples[0], bad.Fields[1].Broken, bad.Gate.Text = hostile, hostile, hostile, hostile
	bad.Fields[0].Product.Options[1].Text = hostile
	list := objects()
	list.Objects[0].Label, list.Objects[0].ChangedBy = hostile, hostile
	return []page{
		{"settings-objects", Objects(objects())},
		{"settings-objects-empty", Objects(none)},
		{"settings-objects-hostile", Objects(list)},
		{"settings-object", Object(object())},
		{"settings-object-loading", Object(under)},
		{"settings-object-nothing-found", Object(found)},
		{"settings-object-suspended", Object(suspended)},
		{"settings-object-hostile", Object(bad)},
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
		Visibility: []Field{{Name: "roles", Label: "Roles", Value: "Account Executive", Hint: "None means every role."}},
		Preview:    &ForecastPreview{Lead: "With the saved values.", Amount: "€ 1,455,000", Text: "143 deals, weighted, next three months. As of 14:32.", Difference: Notice{Text: "With Total it would be € 2,310,000."}},
	}
}

func advancedTab() AdvancedTab {
	return AdvancedTab{
		Settings: settings("Purposes, outcomes, e-mail and how Salesforce data appears here."),
		Deals: []Select{
			{Name: "amount_field", Label: "Deal amount field", Options: []Option{{Value: "Amount", Text: "Amount", Selected: true}}, Hint: "Used in pipelines, forecasts, win/loss and reports.", Meta: Meta{Default: "Amount"}},
			{Name: "close_field", Label: "Deal close date field", Options: []Option{{Value: "CloseDate", Text: "Close Date", Selected: true}}, Locked: "locked by organization"},
		},
		Switches:   []Switch{{Name: "emails_task", Label: "E-mails from Task objects", Effect: "For orgs that log e-mail as tasks.", Meta: Meta{Default: "off"}}},
		Emails:     []Switch{{Name: "emails_from_messages", Label: "From EmailMessage objects", Effect: "For orgs with Enhanced Email.", On: true, Meta: Meta{Changed: "Changed by Ines Okabe, 9 Nov 2026."}}},
		Conflicts:  []Select{{Name: "conflicts_ownership", Label: "Ownership", Options: []Option{{Text: "Not decided: most recent wins", Selected: true}, {Value: "salesforce", Text: "Salesforce wins"}}}},
		Activities: []ActivityCard{{ID: "purpose-title", Title: "Meeting purposes", Text: "Event and Task are mapped independently.", Fields: []Select{{Name: "purpose_field_event", Label: "Event field", Options: []Option{{Value: "Type", Text: "Type", Selected: true}}}, {Name: "purpose_field_task", Label: "Task field", Options: []Option{{Text: "Not written", Selected: true}}}}, Rows: []ActivityRow{{"Sales", ActivityControl{Select: &Select{Name: "purpose_event_0", Label: "Sales on the Event", Small: true, Options: []Option{{Value: "Meeting", Text: "Meeting", Selected: true}}}}, ActivityControl{Text: "—"}}, {"CSM", ActivityControl{Field: &Field{Name: "purpose_event_1", Label: "CSM on the Event", Value: "Review"}}, ActivityControl{Text: "—"}}}}},
		Currency:   Select{Name: "currency", Label: "Currency label", Options: []Option{{Value: "EUR", Text: "€ (EUR)", Selected: true}, {Value: "USD", Text: "$ (USD)"}}, Hint: "Changes the symbol only. No amount is converted.", Meta: Meta{Default: "€ (EUR)"}},
		Sample:     "€ 48,000",
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
