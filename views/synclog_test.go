package views

func logDetailSample() LogDetail {
	return LogDetail{
		Error:   &LogError{Happened: "Salesforce did not accept the note because Enhanced Notes is switched off in this org.", Who: "A Salesforce admin.", How: "Setup → Notes Settings → Enable Notes.", Link: Link{Text: "Open it", URL: "https://example.my.salesforce.com/setup", External: true}, After: "We try again by ourselves once it is on.", Said: "400 INVALID_TYPE\nsObject type 'ContentNote' is not supported."},
		Diff:    &Diff{Title: "What we would write", Columns: []string{"Field", "Base", "Now in Salesforce", "Ours"}, Rows: []DiffRow{{"Title", []string{"none", "none", "Pricing review, 18 Nov"}, 2}, {"Content", []string{"none", "none", "412 words"}, 2}}},
		Steps:   []LogStep{{IconNote, Idle, "Notes finished by Jonah Pryce", at("11:48:02")}, {IconRight, UnderWay, "Queued by rule “Meeting notes go to Note”", at("11:48:02")}, {IconCross, Bad, "Refused, 0.3 s", at("11:48:03")}, {IconPause, Attention, "Parked: a retry cannot succeed without a change", at("11:48:03")}},
		Retry:   Action{Text: "Retry", Closed: "Retry opens when Enhanced Notes is on; last checked 14:30."},
		Actions: []Action{{Text: "Check again now", URL: "/sync/log/2/check", Post: true}, {Text: "Ignore with a reason", URL: "/sync/log/2/ignore"}},
	}
}

func logFull() LogPage {
	s := shell("Sync log", NavSyncLog)
	s.StreamURL = "/live?topics=log"
	row := func(id, when, what, by, kind, record, state string, inbound bool) LogRow {
		return LogRow{ID: id, When: at(when), What: what, By: by, Kind: kind, Record: record, RecordURL: "/contacts/" + id, RecordType: "Contact", Salesforce: "https://example.my.salesforce.com/" + id, Rule: "Meeting notes go to Note", State: StateChip(state), Inbound: inbound, Tries: "1", OpenURL: "/sync/log?open=" + id}
	}
	d := logDetailSample()
	opened := row("2", "11:48:03", "Create note", "Pricing review", KindDeal, "Fernhollow, 40 seats", StateNeedsYou, false)
	opened.Open, opened.OpenURL, opened.Next = &d, "/sync/log", "no retry"
	waiting := row("3", "14:32:05", "Update Next Step", "1 field", KindDeal, "Quillmark renewal", StateWaiting, false)
	waiting.Tries, waiting.Next = "2", "next 14:33:10"
	echo := row("5", "14:31:40", "Echo of our own write", "value confirmed", KindContact, "Ann Ferrow", StateDone, true)
	echo.Salesforce = ""
	return LogPage{
		Shell: s, Live: Live{URL: "/sync/log?part=log"},
		Head: Head{Title: "Sync log", Lead: "Today 8,214 writes and changes: 8,205 done, 6 waiting, 3 need you.", Actions: []Action{{Text: "Export", URL: "/sync/log/export", Icon: IconDownload}}},
		Tabs: []Tab{{Text: "Log", URL: "/sync/log", Current: true}, {Text: "Conflicts 2", URL: "/sync/conflicts"}, {Text: "Explain", URL: "/sync/explain"}},
		Causes: &Causes{
			Title: "3 writes need you, 2 causes", Views: Segments{Label: "Order", Items: []Segment{{Text: "All rows", URL: "?view=rows"}, {Text: "Causes first", URL: "?view=causes", Current: true}}},
			Rows: []Cause{{Title: "Enhanced Notes is off", Detail: "2 writes, newest 11:48, oldest 10:05", Who: "Salesforce admin: switch it on in Setup", Action: Action{Text: "What to click", URL: "/settings/salesforce", Small: true}}, {Title: "Validation rule: Close Date must be in the future", Detail: "1 write, 13:57", Who: "Jonah Pryce: choose another date on the deal", Action: Action{Text: "Open the deal", URL: "/deals/006", Small: true}}},
		},
		Filter: Filter{URL: "/sync/log", Search: Field{Name: "q", Label: "Record, person or meeting", Placeholder: "Name, address or id"}, Selects: []Select{
			{Name: "object", Label: "Object", Options: []Option{{Text: "Any", Selected: true}}},
			{Name: "direction", Label: "Direction", Options: []Option{{Text: "Both", Selected: true}}},
			{Name: "state", Label: "State", Options: []Option{{Text: "Needs you first", Selected: true}}},
			{Name: "time", Label: "Time", Options: []Option{{Text: "Today", Selected: true}}},
		}},
		Rows:  []LogRow{row("1", "13:57:20", "Update Close Date", "by Jonah Pryce", KindDeal, "Ostrander Lamps", StateNeedsYou, false), opened, waiting, row("4", "14:32:04", "Changed Stage, Amount", "2 fields", KindDeal, "Tallow Bay pilot", StateDone, true), echo},
		Pager: Pager{Text: "1 to 5 of 8,214", OlderURL: "/sync/log?before=x"},
	}
}

func logRow() LogRowPage {
	s := shell("Create note", NavSyncLog)
	r := logFull().Rows[1]
	d := *r.Open
	r.Open = nil
	return LogRowPage{Shell: s, Live: Live{URL: "/sync/log/2"}, Head: Head{Crumb: []Link{{Text: "Sync log", URL: "/sync/log"}}, Title: "Create note, Fernhollow, 40 seats"}, Row: r, Detail: d, Back: Link{Text: "Back to the log", URL: "/sync/log"}}
}

func logPages() []page {
	none := logFull()
	none.Rows, none.Causes, none.Filter = nil, nil, Filter{}
	none.Head.Lead, none.Head.Actions = "", nil
	none.Empty = Empty{Icon: IconSyncLog, Title: "Nothing has been written or received yet", Text: "Every write and every change from Salesforce appears here, from the first one on."}
	groups := logFull()
	groups.Groups, groups.Causes, groups.Rows = logFull().Causes, nil, nil
	missed := logFull()
	missed.Rows, missed.Causes = nil, nil
	missed.Filter.Active, missed.Filter.Clear = []Link{{Text: "State: Needs you", URL: "/sync/log"}}, Link{Text: "Clear all", URL: "/sync/log"}
	missed.Empty = Empty{Icon: IconSearch, Title: "Nothing needs you", Text: "With this filter there is no row. Without it there are 8,214.", Actions: []Action{{Text: "Show all", URL: "/sync/log"}}}
	searching := missed
	searching.Empty = Empty{Icon: IconSearch, Title: "Nothing found back to 3 Nov 2026, 09:14", Text: "Older lines were not searched yet. Search further back, or choose an object or a shorter time above.", Actions: []Action{{Text: "Search further back", URL: "/sync/log?after=1"}, {Text: "Show everything", URL: "/sync/log"}}}
	done := logRow()
	done.Detail = LogDetail{Facts: []Fact{{Label: "Commit", Value: "8,213", Mono: true}}, Diff: &Diff{Title: "What changed", Columns: []string{"Field", "Before", "After"}, Rows: []DiffRow{{"Title", []string{"Head of Ops", "Head of Operations"}, 1}}}}
	done.Row.State, done.Row.Inbound = StateChip(StateDone), true
	own := logRow()
	own.Detail, own.Row.Record, own.Row.Kind = LogDetail{}, "Connection", ""
	own.Row.What, own.Row.Rule, own.Row.State, own.Row.Internal = "Not in sync: Salesforce needs a new sign-in", "Somebody revoked the grant.", StateChip(StateDone), true
	bad := logFull()
	bad.Rows[0].What, bad.Rows[0].Record, bad.Rows[1].Open.Error.Said, bad.Rows[1].Open.Diff.Rows[0].Values[2], bad.Causes.Rows[0].Title = hostile, hostile, hostile, hostile, hostile
	badRow := logRow()
	badRow.Head.Title, badRow.Detail.Error.Said, badRow.Detail.Steps[0].Text = hostile, hostile, hostile
	return []page{
		{"log", Log(logFull())},
		{"log-empty", Log(none)},
		{"log-nothing-found", Log(missed)},
		{"log-searched-back", Log(searching)},
		{"log-hostile", Log(bad)},
		{"log-groups", Log(groups)},
		{"log-row", LogRowView(logRow())},
		{"log-row-done", LogRowView(done)},
		{"log-row-internal", LogRowView(own)},
		{"log-row-hostile", LogRowView(badRow)},
	}
}

func accountPages() []page {
	list := ListPage{Shell: shell("Keys", ""), Head: Head{Title: "Keys", Lead: "The product calls Tidegate with one of these."}, Caption: "API keys", Columns: []Column{{Text: "Name"}, {Text: "May"}, {Text: "Last used"}, {Text: "Action", Hidden: true}}, Rows: []Row{{ID: "1", Cells: []Cell{{Text: "Meeting product", Second: "tg_…4f2a"}, {Text: "read and write"}, {Time: at("2 min ago")}, {Action: Action{Text: "Revoke", URL: "/settings/keys/1/revoke", Post: true, Small: true, Style: Destructive, About: "Meeting product"}}}}}}
	form := &SmallForm{Title: "New key", Form: Form{URL: "/settings/keys"}, Fields: []Field{{Name: "name", Label: "Name", Hint: "Who will use it.", Required: true}}, Button: "Create key"}
	none := list
	none.Rows, none.Empty = nil, Empty{Icon: IconKey, Title: "No keys yet", Text: "Create one below for the product that records your conversations."}
	people := list
	people.Shell, people.Head, people.Caption = shell("Members", ""), Head{Title: "Members", Lead: "12 people of this workspace."}, "Members"
	people.Columns = []Column{{Text: "Name"}, {Text: "Role"}, {Text: "Last seen"}, {Text: "Action", Hidden: true}}
	people.Rows = []Row{{Cells: []Cell{{Text: hostile, Second: "jonah.pryce@example.com"}, {Text: "Rep"}, {Time: at("2 min ago")}, {Action: Action{Text: "Disable", URL: "/settings/members/5/disable", Post: true, Small: true, About: hostile}}}}}
	you := YouPage{Shell: shell("You", ""), Head: Head{Title: "You"}, Facts: []Fact{{Label: "E-mail", Value: "mara.quill@example.com"}, {Label: "Role", Value: "Admin"}}, Forms: []SmallForm{{Title: "Password", Form: Form{URL: "/settings/you/password", Errors: []FieldError{{"current", "Current password: it is not right."}}}, Fields: []Field{{Name: "current", Label: "Current password", Type: "password", Error: "It is not right."}, {Name: "new", Label: "New password", Type: "password", Hint: "At least 12 characters."}}, Button: "Change password"}}}
	return []page{
		{"keys", Keys(KeysPage{List: list, Create: form})},
		{"keys-empty", Keys(KeysPage{List: none, Create: form})},
		{"keys-created", Keys(KeysPage{List: list, NewKey: "tg_example_0000000000000000"})},
		{"members-hostile", Members(MembersPage{List: people})},
		{"you", You(you)},
	}
}
