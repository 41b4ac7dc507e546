package views

func meetingPage() SaidPage {
	return SaidPage{
		Shell: shell("Weekly sync", NavMeetings),
		Head: Head{
			Crumb: []Link{{Text: "Meetings", URL: "/meetings"}}, Title: "Weekly sync", Kind: KindEvent,
			Lead: "1 Dec 2026, 14:00 to 14:45, organized by Mara Quill.", Chip: Chip{Good, IconOK, "Held"},
		},
		WritesLead: "4 written, 1 left out.", WritesLinks: []Link{{Text: "All lines in the sync log", URL: "/sync/log?meeting=m1"}, {Text: "Undo these writes", URL: "/sync/undo?meeting=m1"}},
		Writes: []Row{
			{Cells: []Cell{{Text: "Event", Kind: KindEvent}, {Chip: Chip{Good, IconOK, "Written"}}, {Link: Link{Text: "Open in Salesforce", URL: "https://lindenmoor.my.example/00U", External: true}}, {Text: "A meeting of the calendar becomes an Event."}}},
			{Cells: []Cell{{Text: "Note", Kind: KindNote}, {Chip: Chip{UnderWay, IconClock, "Waiting"}}, {Text: "—"}, {Text: "Meeting notes go to a Note."}}},
			{Cells: []Cell{{Text: "Action item", Second: "Send the offer", Kind: KindTask}, {Chip: Chip{Bad, IconWarning, "Needs you"}}, {Link: Link{Text: "Open in the sync log", URL: "/sync/log/7"}}, {Text: "A rule of the org refuses these values."}}},
			{Cells: []Cell{{Text: "Contact", Second: "new@acme.example", Kind: KindContact}, {Chip: Chip{Idle, IconPause, "Left out"}}, {Text: "—"}, {Text: "Creating contacts from meetings is off."}}},
		},
		ChecksLead: "Everything that decides it, as it is now.",
		Checks: []Check{
			{Title: "Enhanced Notes are on", Text: "Notes can be written.", Pass: true},
			{Title: "No lock or override stands in the way", Text: "The organization’s settings hold for Mara Quill.", Pass: true},
			{Title: "At least one destination is chosen", Text: "Meeting notes go to Event.", Pass: true},
			{Title: "The meeting belongs to a record in Salesforce", Text: "Nobody from outside was recognized.", Setup: []string{"Setup", "Contacts"}},
		},
		TextTitle: "What was said",
		Text:      []TextBlock{{Kind: "heading", Text: "Summary"}, {Text: "They need it soon."}, {Kind: "item", Text: "Exports are slow"}, {Strong: "Ann:", Text: "Hello"}},
		Facts:     []Fact{{Label: "Organizer", Value: "Mara Quill"}, {Label: "Recording", Value: "Open the recording", URL: "https://rec.example/1"}},
	}
}

func meetingList() ListPage {
	return ListPage{
		Shell: shell("Meetings", NavMeetings), Head: Head{Title: "Meetings", Lead: "2 meetings, the latest first."}, Caption: "Meetings",
		Filter:  Filter{URL: "/meetings", Search: Field{ID: "q", Name: "q", Label: "Title or participant", Type: "search"}},
		Columns: []Column{{Text: "Meeting"}, {Text: "State"}, {Text: "When"}, {Text: "In Salesforce"}},
		Rows: []Row{
			{ID: "m1", Cells: []Cell{{Text: "Weekly sync", URL: "/meetings/m1", Kind: KindEvent, Second: "mara@tidegate.example"}, {Chip: Chip{Good, IconOK, "Held"}}, {Time: at("1 Dec 2026, 14:00")}, {Text: "4 written, 1 left out"}}},
		},
		Pager: Pager{Text: "1 of 2", OlderURL: "/meetings?after=x", OlderText: "Next"},
	}
}

// callList is a list with tabs to the others, and without more pages.
func callList() ListPage {
	l := meetingList()
	l.Tabs = []Tab{{Text: "Meetings", URL: "/meetings"}, {Text: "Calls", URL: "/calls", Current: true}, {Text: "Conversations", URL: "/conversations"}, {Text: "E-mails", URL: "/emails"}}
	l.Shell, l.Caption, l.Pager = shell("Calls", NavMeetings), "Calls", Pager{Text: "2 of 2"}
	l.Head = Head{Title: "Calls", Lead: "2 calls, the latest first."}
	l.Filter.URL, l.Filter.Search.Label, l.Columns[0].Text = "/calls", "Number, person or outcome", "Call"
	l.Rows = []Row{
		{ID: "c1", Cells: []Cell{{Text: "Call from +1 415 555 0134", URL: "/calls/c1", Kind: KindCall, Second: "Connected"}, {Chip: Chip{Good, IconOK, "Received"}}, {Time: at("1 Dec 2026, 14:00")}, {Text: "1 written"}}},
		{ID: "c2", Cells: []Cell{{Text: hostile, URL: "/calls/c2", Kind: KindCall, Second: hostile}, {Chip: Chip{Good, IconOK, "Made"}}, {Time: at("1 Dec 2026, 13:00")}, {Text: "1 left out"}}},
	}
	return l
}

// customList is a list of one kind among several, and customPage one of it that
// went nowhere.
func customList() ListPage {
	l := meetingList()
	l.Tabs = []Tab{{Text: "Meetings", URL: "/meetings"}, {Text: "Custom records", URL: "/custom", Current: true}}
	l.Shell, l.Caption, l.Pager = shell("Custom records", NavMeetings), "Custom records", Pager{Text: "2 of 2"}
	l.Head = Head{Title: "Custom records", Lead: "2 records, the latest first."}
	l.Filter = Filter{
		URL: "/custom", Search: Field{ID: "q", Name: "q", Label: "Id or property", Type: "search"},
		Selects: []Select{{Name: "kind", Label: "Kind", Options: []Option{{Value: "risk", Text: "risk", Selected: true}, {Value: "visit", Text: "visit"}}}},
	}
	l.Columns = []Column{{Text: "Record"}, {Text: "When"}, {Text: "In Salesforce"}}
	l.Rows = []Row{
		{ID: "r1", Cells: []Cell{{Text: "r-1", URL: "/custom/risk/r-1", Kind: KindCustom, Second: "level: 3 and what: No budget"}, {Time: at("1 Dec 2026, 14:00")}, {Text: "1 written"}}},
		{ID: "r2", Cells: []Cell{{Text: hostile, URL: "/custom/risk/r-2", Kind: KindCustom, Second: hostile}, {Time: at("1 Dec 2026, 13:00")}, {Text: "1 left out", Second: "Kept here: no field of an object is filled from records of the kind “risk”."}}},
	}
	return l
}

func customPage() SaidPage {
	return SaidPage{
		Shell:      shell("risk r-2", NavMeetings),
		Head:       Head{Crumb: []Link{{Text: "Custom records", URL: "/custom?kind=risk"}}, Title: "r-2", Kind: KindCustom, Lead: "A record of the kind “risk”, last told of 1 Dec 2026, 13:00."},
		WritesLead: "1 written, 1 left out.", WritesLinks: []Link{{Text: "All lines in the sync log", URL: "/sync/log?custom=risk%3Ar-2"}},
		Writes: []Row{
			{Cells: []Cell{{Text: "Renewal_Plan__c", Kind: KindCustom}, {Chip: Chip{Good, IconOK, "Written"}}, {Text: "Plan 7", URL: "/records/Renewal_Plan__c/a01", Link: Link{Text: "Open in Salesforce", URL: "https://lindenmoor.my.example/a01", External: true}}, {Text: "Fields of Renewal_Plan__c are filled from records of the kind “risk”."}}},
			{Cells: []Cell{{Text: "Visit__c", Kind: KindCustom}, {Chip: Chip{Idle, IconPause, "Left out"}}, {Text: "—"}, {Text: "“Create records where none matches” is off for Visit__c."}}},
		},
		TextTitle: "Its properties",
		Text:      []TextBlock{{Strong: "level:", Text: "3"}, {Strong: "what:", Text: hostile}},
		Facts:     []Fact{{Label: "Kind", Value: "risk"}, {Label: "Person", Value: "p-7", URL: "/contacts/0031"}, {Label: "Meeting", Value: "m-9", Second: "The product has not told of it yet."}, {Label: "Opportunity", Value: "Acme renewal", URL: "/deals/0061"}},
	}
}

func saidPages() []page {
	none := meetingList()
	none.Rows, none.Pager = nil, Pager{}
	none.Empty = Empty{Icon: IconEvent, Title: "Meetings will appear here", Text: "The product that records them sends them with an API key.", Actions: []Action{{Text: "Open Keys", URL: "/settings/keys"}}}
	quiet := meetingPage()
	quiet.Writes, quiet.Text, quiet.Checks = nil, nil, nil
	quiet.WritesLead, quiet.TextEmpty = "", "Nothing was written down yet."
	quiet.WritesEmpty = Empty{Icon: IconClock, Title: "Nothing is owed to Salesforce", Text: "No part of it becomes a record there."}
	bad := meetingPage()
	bad.Head.Title, bad.WritesLead, bad.ChecksLead = hostile, hostile, hostile
	bad.Writes[0].Cells[3].Text, bad.Checks[3].Text, bad.Facts[1].URL = hostile, hostile, "javascript:alert(1)"
	for i := range bad.Text {
		bad.Text[i].Text, bad.Text[i].Strong = hostile, hostile
	}
	return []page{
		{"meetings", List(meetingList())},
		{"meetings-empty", List(none)},
		{"calls", List(callList())},
		{"custom-records", List(customList())},
		{"custom-record", Said(customPage())},
		{"meeting", Said(meetingPage())},
		{"meeting-quiet", Said(quiet)},
		{"meeting-hostile", Said(bad)},
	}
}
