package views

func againSample(name string) AgainPage {
	s := shell("Sync again", NavSyncLog)
	s.StreamURL, s.ReloadURL = "/live?topics=replan", "/sync/again"
	return AgainPage{
		Shell: s, Live: Live{URL: "/sync/again?part=again"},
		Head: Head{Title: "Sync again", Lead: "Choose what is to be tried and planned once more."},
		Tabs: []Tab{{Text: "Log", URL: "/sync/log"}, {Text: "Conflicts 2", URL: "/sync/conflicts"}, {Text: "Explain", URL: "/sync/explain"}, {Text: "Sync again", URL: "/sync/again", Current: true}},
		Jobs: []Load{
			{Name: "Sync again", Bar: "Looked at", State: StateChip(StateCatchingUp), Share: 412, Text: "4,120 of 10,000 things looked at, 212 lead to writes.", Second: "Asked for by " + name + ". About 350 things a second, about 17 s left.", Actions: []Action{{Text: "Pause", URL: "/sync/again/pause", Icon: IconPause, Post: true, Small: true, About: " Sync again"}, {Text: "Cancel", URL: "/sync/again/cancel", Icon: IconCross, Post: true, Small: true, About: " Sync again"}}},
			{Name: "After settings changed", Bar: "Looked at", State: StateChip(StateDone), Share: -1, Text: "10,000 of 10,000 things looked at, 0 lead to writes.", Second: "Through since 14:31:02."},
		},
		Choose: AgainForm{
			URL: "/sync/again", Hidden: []Hidden{{Name: "check", Value: "1"}}, Button: "Show what would happen",
			Selects: []Select{
				{ID: "again-kind", Name: "kind", Label: "What", Options: []Option{{Text: "Everything", Selected: true}, {Value: "meeting", Text: "Meetings"}}},
				{ID: "again-object", Name: "object", Label: "Only what concerns this object", Options: []Option{{Text: "Any", Selected: true}, {Value: "Contact", Text: "Contact"}}, Hint: "A meeting is planned whole."},
			},
			Fields: []Field{{ID: "again-from", Name: "from", Label: "First day", Type: "date", Hint: "Empty: any."}, {ID: "again-until", Name: "until", Label: "Last day", Type: "date"}},
		},
	}
}

func againPages() []page {
	check := againSample("Mara Quill")
	check.Check = &AgainCheck{
		Effects: []Effect{{Kind: KindContact, Number: "412 records would change", Text: "in Salesforce"}, {Kind: KindEvent, Number: "3 records would be created", Text: "where nothing matches"}, {Kind: KindCustom, Number: "4 API calls", Text: "up to 200 records of one object go in one"}},
		Notice:  Notice{Tone: Attention, Icon: IconInfo, Strong: "Phones begin with a plus.", Text: "First fix the cause: a Salesforce admin.", Link: Link{Text: "Open the fields of Contact", URL: "/settings/salesforce/objects/Contact"}},
		Also:    []Fact{{Label: "Chosen", Value: "415 things", Second: "0 are as they should be."}}, URL: "/sync/again",
		Hidden: []Hidden{{Name: "lines", Value: "1"}}, Button: "Sync these again now", SampleLead: "Values come from the mirror, as of now.",
		Sample: []SampleRow{{Kind: KindContact, Record: "Ann Ferrow", Second: "Contact", Field: "Phone", Old: "empty", New: "+1 202 555 0101", Edited: "not known"}},
	}
	check.Choose.Selects, check.Choose.Fields = nil, nil
	check.Choose.Lines, check.Choose.Leave = []Fact{{Label: "Cause", Value: "Phones begin with a plus."}}, Link{Text: "Choose something else", URL: "/sync/again"}
	none := againSample("Mara Quill")
	none.Jobs, none.Check = nil, &AgainCheck{Effects: check.Check.Effects, Also: check.Check.Also, Closed: "There is nothing to write: everything chosen is in Salesforce as the settings want it."}
	bad := againSample(hostile)
	bad.Check = &AgainCheck{Effects: check.Check.Effects, Also: []Fact{{Label: "Chosen", Value: hostile}}, Sample: []SampleRow{{Record: hostile, Field: hostile, Old: hostile, New: hostile, Edited: "not known"}}, URL: "/sync/again", Button: "Sync these again now"}
	bad.Choose.Errors, bad.Choose.Fields[1].Error = []FieldError{{"again-until", "The last day lies before the first."}}, "The last day lies before the first."
	return []page{
		{"again", Again(againSample("Mara Quill"))},
		{"again-check", Again(check)},
		{"again-nothing", Again(none)},
		{"again-hostile", Again(bad)},
	}
}
