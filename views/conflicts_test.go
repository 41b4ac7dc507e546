package views

func conflictSample(value string) *ConflictView {
	return &ConflictView{
		Title: value + ": Close Date", Record: value, RecordURL: "/deals/006", Reason: "The rule for this field says that a person decides.",
		Chip:        Chip{Attention, IconWarning, "Nothing is written yet"},
		Base:        ConflictValue{Label: "Last agreed", Value: "15 Jan 2027", Text: "Both sides had the same."},
		Theirs:      ConflictValue{Label: "In Salesforce", Value: value, Text: "19 Nov 2026, 14:10. By Ines Okabe.", Choice: "theirs", Button: "Use Salesforce's value", Effect: "Salesforce stays as it is; our value is kept in the log."},
		Ours:        ConflictValue{Label: "Ours", Value: value, Text: "19 Nov 2026, 14:11. By Jonah Pryce.", Choice: "ours", Button: "Use our value", Effect: "It is written to Salesforce."},
		Log:         Link{Text: "Open the waiting write", URL: "/sync/log/2"},
		Form:        Form{URL: "/sync/conflicts"},
		Fields:      []Hidden{{"field", "CloseDate"}},
		Field:       Field{ID: "value", Name: "value", Label: "Or another value", Type: "date"},
		OtherButton: "Write this value",
		Why:         Field{ID: "why", Name: "why", Label: "Why, for those who look later (optional)"},
		Rule: ChoiceGroup{ID: "rule", Name: "rule", Legend: "From now on", Choices: []Choice{
			{Value: "once", Label: "Only this time", Effect: "The next conflict asks again.", Checked: true},
			{Value: "field", Label: "Make it the rule for Close Date on deals", Effect: "Whoever you choose above wins from now on. In the last 30 days people decided 9 conflicts of Close Date: 7 for Salesforce, 2 for ours or another value."},
		}},
	}
}

func conflictInbox(value string) ConflictsPage {
	return ConflictsPage{
		Shell: shell("Conflicts", NavSyncLog), Live: Live{URL: "/sync/conflicts?part=open-conflicts"},
		Head:    Head{Title: "Conflicts", Lead: "Both sides changed the same field since they last agreed. This week 61 were settled by rules and 3 by people; 2 wait for a person."},
		Tabs:    []Tab{{Text: "Log", URL: "/sync/log"}, {Text: "Conflicts 2", URL: "/sync/conflicts", Current: true}},
		Open:    []ConflictLine{{Kind: KindDeal, Record: value, Field: "Close Date", URL: "/sync/conflicts?field=CloseDate", When: at("14:12"), Current: true}, {Kind: KindContact, Record: "Ruth Delmas", Field: "Title", URL: "/sync/conflicts?field=Title", When: at("13:40")}},
		Settled: Link{Text: "Settled conflicts", URL: "/sync/conflicts?show=settled"},
		Chosen:  conflictSample(value),
	}
}

func conflictPages() []page {
	refused := conflictInbox("Quillmark renewal")
	refused.Chosen.Form.Errors = []FieldError{{"value", "Salesforce changed the value again while you were choosing. Look at the new one and choose again."}}
	refused.Chosen.Rule = ChoiceGroup{}
	refused.Chosen.Select, refused.Chosen.Field = &Select{ID: "value", Name: "value", Label: "Or another value", Options: []Option{{Text: "Web"}, {Text: "Partner", Selected: true}}}, Field{}
	closed := conflictInbox("Quillmark renewal")
	closed.Chosen.Ours.Button, closed.Chosen.Ours.Closed, closed.Chosen.OtherButton = "", "It cannot be written now: Sync to Salesforce is off for Opportunity.", ""
	none := conflictInbox("")
	none.Open, none.Chosen = nil, nil
	none.Empty = Empty{Icon: IconOK, Title: "No conflict waits for you", Text: "Where both sides changed a field whose rule is “Ask me”, both values appear here and you choose.", Actions: []Action{{Text: "Show settled conflicts", URL: "/sync/conflicts?show=settled"}}}
	gone := conflictInbox("Quillmark renewal")
	gone.Chosen, gone.Notice = nil, Notice{Tone: Idle, Icon: IconInfo, Strong: "That conflict waits no more.", Text: "It was decided, or our change was edited, sent or given up since."}
	settled := conflictInbox("")
	settled.Open, settled.Chosen = nil, nil
	settled.List = ListPage{
		Caption: "Settled conflicts", Columns: []Column{{Text: "Record"}, {Text: "Field"}, {Text: "Last agreed"}, {Text: "In Salesforce"}, {Text: "Ours"}, {Text: "Kept"}},
		Rows: []Row{{ID: "1", Cells: []Cell{{Kind: KindDeal, Text: "Quillmark renewal", Second: "19 Nov 2026, 14:10", URL: "/deals/006"}, {Text: "Close Date"}, {Text: "15 Jan 2027"}, {Text: "29 Jan 2027", Second: "By Ines Okabe."}, {Text: "22 Jan 2027"}, {Text: "Our value: 22 Jan 2027", Second: "Decided by Mara Quill, 19 Nov 2026, 14:20. They said so in the call."}}}},
	}
	return []page{
		{"conflicts", Conflicts(conflictInbox("Quillmark renewal"))},
		{"conflicts-refused", Conflicts(refused)},
		{"conflicts-closed", Conflicts(closed)},
		{"conflicts-empty", Conflicts(none)},
		{"conflicts-gone", Conflicts(gone)},
		{"conflicts-settled", Conflicts(settled)},
		{"conflicts-hostile", Conflicts(conflictInbox(hostile))},
	}
}
