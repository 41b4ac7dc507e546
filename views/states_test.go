package views

// The pages that others lead to: what an object page, the settings tabs, the
// topics, agents, members and keys ask before they act, and what they say when
// there is nothing, when a form was refused, and when nobody is connected.

func confirmOf(title, lead string, effects, kept []string, action Action) ConfirmPage {
	return ConfirmPage{
		Shell:   shell(title, NavSettings),
		Head:    Head{Crumb: []Link{{Text: "Objects", URL: "/settings/salesforce/objects"}}, Title: title, Lead: lead},
		Effects: effects, Kept: kept, Form: Form{URL: "/settings/salesforce/objects/x"}, Action: action, Cancel: Link{Text: "Cancel", URL: "/settings/salesforce/objects"},
	}
}

// deleteStates are what the page before a record is deleted says.
func deleteStates() []page {
	ask := confirmOf("Delete “Ann Ferrow” in Salesforce", "", []string{
		"Contact “Ann Ferrow” goes to Salesforce's recycle bin, and reads as deleted here from now on.",
		"It is linked to “p-412” here: matched by e-mail, on 3 Nov 2026, 09:14. That link breaks: nothing more that the product says of it is written to this record.",
		"These name it, and Salesforce decides what becomes of them: Fernhollow renewal, " + hostile + ".",
	}, []string{"What was said in meetings, calls and chats stays here, and so does the log."}, Action{Text: "Delete contact", Style: Destructive})
	ask.Head.Crumb = []Link{{Text: "Contacts", URL: "/contacts"}, {Text: "Ann Ferrow", URL: "/contacts/0031"}}
	ask.Password = &Field{Name: "password", Label: "Your password", Type: "password", Required: true, Autocomplete: "current-password", Hint: "Asked again, because a record leaves Salesforce."}
	return []page{
		{"record-delete", Confirm(ask)},
		{"record-delete-not-ours", Error(ErrorPage{Shell: shell("Delete contact", NavContacts), Empty: Empty{
			Icon: IconLock, Title: "It is not deleted from here", Text: "This record was neither created from here nor is anything linked to it. Delete it in Salesforce.", Actions: []Action{{Text: "Back to Ann Ferrow", URL: "/contacts/0031"}},
		}})},
	}
}

func objectStates() []page {
	free := ListPage{
		Shell: shell("Add object", NavSettings), Head: Head{Title: "Add object", Lead: "Objects of the org that the connected user can read."}, Caption: "Objects",
		Filter:  Filter{URL: "/settings/salesforce/objects/add", Search: Field{ID: "q", Name: "q", Label: "Search", Value: "invoice"}},
		Columns: []Column{{Text: "Object"}, {Text: "Comes in by"}, {Text: "Add", Hidden: true}},
		Rows:    []Row{{Cells: []Cell{{Text: "Invoice", Second: "Invoice__c", Kind: KindDeal}, {Text: "Polling"}, {Action: Action{Text: "Add", About: "Invoice", URL: "/settings/salesforce/objects/add?object=Invoice__c", Small: true, Dialog: true}}}}},
	}
	none := free
	none.Rows, none.Empty = nil, Empty{Icon: IconSearch, Title: "No object matches “invoice”", Text: "Only objects that the connected user can read are listed.", Actions: []Action{{Text: "Show all", URL: "/settings/salesforce/objects/add"}}}
	mapped := ListPage{
		Shell: shell("Mapped fields", NavSettings), Head: Head{Title: "Mapped fields", Lead: "2 fields are mapped; 1 needs a look.", Actions: []Action{{Text: "Export as CSV", URL: "/settings/salesforce/mappings/export", Icon: IconDownload, Post: true}}}, Caption: "Every mapped Salesforce field",
		Filter:  Filter{URL: "/settings/salesforce/mappings", Selects: []Select{{Name: "show", Label: "Shown", Options: []Option{{Text: "All mapped fields", Selected: true}, {Value: "broken", Text: "Those that need a look"}}}}},
		Columns: []Column{{Text: "Salesforce Property"}, {Text: "Product Property"}, {Text: "Sync Direction"}, {Text: "Imported by", Wide: true}, {Text: "State"}},
		Rows: []Row{
			{Cells: []Cell{{Kind: KindContact, Text: "Title", Second: "Contact.Title", URL: "/settings/salesforce/objects/Contact"}, {Text: "Person, job title"}, {Text: "Bidirectional", Second: "It is editable here."}, {Text: "Mara Quill", Second: "3 Nov 2026"}, {Chip: StateChip(StateOK)}}},
			{Cells: []Cell{{Kind: KindDeal, Text: hostile, Second: "Opportunity.Old__c"}, {Text: "—"}, {Text: "Standing still"}, {Text: "Tidegate"}, {Chip: Chip{Attention, IconWarning, "Look at it"}, Second: "Salesforce no longer shows Old__c."}}},
		},
	}
	unmapped := mapped
	unmapped.Rows, unmapped.Empty = nil, Empty{Icon: IconSearch, Title: "Nothing is mapped yet", Text: "Open an object and import its properties.", Actions: []Action{{Text: "Open Objects", URL: "/settings/salesforce/objects"}}}
	why := ListPage{
		Shell: shell("Why", NavSettings), Caption: "What decides whether Secured can be written in Salesforce",
		Head:    Head{Title: "Secured is read-only in Salesforce", Lead: "Field-level security makes it read-only for the connected user. What is missing: field permission “Edit Access” on Contact.Secured__c.", Link: Link{Text: "Open Setup", URL: "https://example.my.salesforce.com/lightning/setup/ObjectManager/Contact/FieldsAndRelationships/view", External: true}, Actions: []Action{{Text: "Back to the fields", URL: "/settings/salesforce/objects/Contact"}, {Text: "Read again", URL: "/settings/salesforce/objects/Contact/describe", Post: true, Icon: IconAgain}}},
		Columns: []Column{{Text: "Question"}, {Text: "Holds"}, {Text: "Why"}},
		Rows:    []Row{{Cells: []Cell{{Text: "Can anybody write it?"}, {Chip: Chip{Good, IconCheck, "Yes"}}, {Text: "It is neither calculated nor kept by Salesforce."}}}, {Cells: []Cell{{Text: "Does field-level security let the connected user edit the field?"}, {Chip: Chip{Bad, IconCross, "No"}}, {Text: "Field-level security makes it read-only for the connected user."}}}},
	}
	refused := object()
	refused.Form.Errors = []FieldError{{"winner_Amount", "Amount: choose who wins a conflict."}}
	unread := object()
	unread.NoConnection = Notice{Tone: Attention, Text: "Not connected to Salesforce, so the fields are those read last.", Link: Link{Text: "Connect", URL: "/settings/salesforce"}}
	return []page{
		{"object-add", List(free)},
		{"object-add-nothing-found", List(none)},
		{"object-add-confirm", Confirm(confirmOf("Add Invoice", "Invoice__c then has a page of its own.", []string{"All its records are read once, then its changes come in."}, []string{"Nothing is written to it until you switch it on."}, Action{Text: "Add Invoice", Style: Primary}))},
		{"object-leave", Confirm(confirmOf("Remove Invoice", "Invoice__c takes no part any more.", []string{"1,204 records of it are no longer shown here."}, []string{"Nothing changes in Salesforce."}, Action{Text: "Remove Invoice", Style: Destructive}))},
		{"mapped-fields", List(mapped)},
		{"mapped-fields-empty", List(unmapped)},
		{"field-why", List(why)},
		{"settings-object-refused", Object(refused)},
		{"settings-object-unconnected", Object(unread)},
	}
}

// offline is a tab before the first connect.
func offline(s Settings) Settings {
	s.NoConnection = Notice{Tone: Attention, Text: "Nothing is connected yet: the settings can be made, and hold from the first connect on.", Link: Link{Text: "Connect", URL: "/settings/salesforce"}}
	return s
}

func tabStates() []page {
	merge := func(url, setting string) Merge {
		return Merge{Form: Form{URL: url, Revision: "8", Bar: SaveBar{Save: "Save merged changes"}}, Who: "Ines Okabe", When: "at 14:30", KeepTo: Link{Text: "Keep Ines’s page", URL: url}, Rows: []MergeRow{{Setting: setting, Name: "x", TheirText: "Off", TheirWord: "off", YourText: hostile, YourWord: "on"}}}
	}
	contacts, advanced := contactsTab(), advancedTab()
	contacts.Form.Errors = []FieldError{{"cap_meeting", "Contacts per meeting: write a number from 1 to 200."}}
	contacts.Caps[0].Error, contacts.Caps[0].Value = "Write a number from 1 to 200.", "many"
	contacts.Past.Rows, contacts.Past.Empty = nil, Empty{Icon: IconContact, Title: "Nobody in the last 30 days", Text: "All external participants were in Salesforce already."}
	advanced.Settings = offline(advanced.Settings)
	advanced.Form.Errors = []FieldError{{"currency", "Currency label: choose one of the list."}}
	advanced.Currency.Error = "Choose one of the list."
	unconnected := notes()
	unconnected.Settings, unconnected.Why = offline(unconnected.Settings), nil
	return []page{
		{"settings-notes-unconnected", Notes(unconnected)},
		{"settings-contacts-refused", Contacts(contacts)},
		{"settings-contacts-merge-hostile", SettingsMerge(contactsTab().Settings, TabContacts, merge("/settings/salesforce/contacts", "Create contacts from meetings"))},
		{"settings-advanced-refused", Advanced(advanced)},
	}
}

func besideStates() []page {
	agents := agentsList()
	agents.List.Rows, agents.List.Empty = nil, Empty{Icon: IconInfo, Title: "No agent yet", Text: "Chats go by the default mapping until one is added."}
	topics := topicsPage()
	topics.List.Rows, topics.First, topics.List.Empty = nil, nil, Empty{Icon: IconNote, Title: "No topic in use", Text: "Add one below, or bring back an archived one."}
	form := SmallForm{Title: "Add a member", Form: Form{URL: "/settings/members", Errors: []FieldError{{"email", "E-mail: somebody here has this address."}}}, Fields: []Field{{Name: "name", Label: "Name", Value: "Jonah Pryce", Required: true}, {Name: "email", Label: "E-mail", Type: "email", Value: "jonah.pryce@example.com", Error: "Somebody here has this address."}}, Selects: []Select{{Name: "role", Label: "Rights", Options: []Option{{Value: "rep", Text: "Rep", Selected: true}, {Value: "admin", Text: "Admin"}}}}, Button: "Add member"}
	list := ListPage{
		Shell: shell("Members", NavSettings), Head: Head{Title: "Members", Lead: "12 people of this workspace."}, Caption: "Members",
		Columns: []Column{{Text: "Name"}, {Text: "Rights"}, {Text: "Team"}, {Text: "State"}},
		Rows:    []Row{{Cells: []Cell{{Text: "Jonah Pryce", Second: "jonah.pryce@example.com", URL: "/settings/members/5"}, {Text: "Rep"}, {Text: "Sales", Second: "Account Executive"}, {Chip: Chip{Good, IconOK, "Can sign in"}}}}},
	}
	member := YouPage{
		Shell: shell("Jonah Pryce", NavSettings), Head: Head{Crumb: []Link{{Text: "Members", URL: "/settings/members"}}, Title: "Jonah Pryce", Link: Link{Text: "Notes settings of Jonah Pryce", URL: "/settings/members/5/notes"}}, About: "About Jonah Pryce",
		Facts: []Fact{{Label: "E-mail", Value: "jonah.pryce@example.com"}, {Label: "Since", Value: "3 Nov 2026, 09:14"}},
		Forms: []SmallForm{{Title: "Change", Button: "Save member", Form: Form{URL: "/settings/members/5", Errors: []FieldError{{"role", "Rights: the last admin stays one."}}}, Fields: []Field{{Name: "name", Label: "Name", Value: "Jonah Pryce", Required: true}}, Selects: []Select{{Name: "role", Label: "Rights", Error: "The last admin stays one.", Options: []Option{{Value: "admin", Text: "Admin", Selected: true}}}}}},
	}
	audit := ListPage{
		Shell: shell("Audit", NavSettings), Caption: "Audit", Head: Head{Title: "Audit", Lead: "Who changed what in this workspace, and what was refused, newest first.", Actions: []Action{{Text: "Check that it is whole", URL: "/audit?check=1", Icon: IconShield}}},
		Columns: []Column{{Text: "When"}, {Text: "Who"}, {Text: "What"}, {Text: "Where"}},
		Rows:    []Row{{Cells: []Cell{{Time: at("3 Nov 2026, 09:14")}, {Text: "Mara Quill"}, {Text: "exported 24 deals of the forecast as csv"}, {Text: "/forecast/export?period=2026-11", Mono: true}}}},
		Pager:   Pager{OlderURL: "/audit?before=4"},
	}
	edited := audit
	edited.Shell.Notices = []Notice{
		{Tone: Bad, Icon: IconWarning, Strong: "The audit log was changed in the database.", Text: "Compare it with a backup, and find out who can write to the database."},
		{Tone: Bad, Icon: IconWarning, Text: "Act 812 of 21 Nov 2026, 09:14 is not as it was written."},
	}
	holes := ListPage{
		Shell: shell("Continuity", NavHealth), Caption: "Gaps", Head: Head{Title: "Continuity", Lead: "Each gap in the stream, with what was repaired."},
		Columns: []Column{{Text: "When"}, {Text: "Cause"}, {Text: "Repaired"}, {Text: "Outcome"}},
		Rows:    []Row{{Cells: []Cell{{Text: "Today 14:31", URL: "/sync/continuity/3"}, {Text: "Salesforce sent a gap event"}, {Text: "412 changed, 3 deleted"}, {Chip: Chip{Good, IconOK, "Closed, equal"}}}}},
	}
	archive := confirmOf("Archive Pain Points", "It is offered nowhere any more.", []string{"It is written to 2 fields; they keep what they have."}, []string{"You can bring it back."}, Action{Text: "Archive topic", Style: Destructive})
	return []page{
		{"agents-empty", Agents(agents)},
		{"topics-empty", Topics(topics)},
		{"topic-archive", Confirm(archive)},
		{"members", Members(MembersPage{List: list, Create: &SmallForm{Title: "Add a member", Form: Form{URL: "/settings/members"}, Fields: []Field{{Name: "name", Label: "Name", Required: true}}, Button: "Add member"}})},
		{"members-refused", Members(MembersPage{List: list, Create: &form})},
		{"member-refused", You(member)},
		{"audit", List(audit)},
		{"audit-changed", List(edited)},
		{"holes", List(holes)},
		{"forecast-no-permission", Error(ErrorPage{Shell: shell("Not allowed", NavForecast), Empty: Empty{Icon: IconLock, Title: "Not allowed", Text: "The forecast is shown to Sales, Customer Success; ask an admin to add your team under Forecast settings.", Actions: []Action{{Text: "Open Health", URL: "/"}}}})},
	}
}
