package views

// emailList is the list of e-mails: the product's own, and one that Salesforce
// holds.
func emailList() ListPage {
	l := callList()
	l.Tabs = []Tab{{Text: "Meetings", URL: "/meetings"}, {Text: "Calls", URL: "/calls"}, {Text: "Conversations", URL: "/conversations"}, {Text: "E-mails", URL: "/emails", Current: true}, {Text: "Custom records", URL: "/custom"}}
	l.Shell, l.Caption, l.Pager = shell("E-mails", NavMeetings), "E-mails", Pager{Text: "2 of 1,204", OlderURL: "/emails?after=x", OlderText: "Earlier"}
	l.Head = Head{Title: "E-mails", Lead: "1,204 e-mails, the latest first."}
	l.Filter.URL, l.Filter.Search.Label = "/emails", "Subject or address"
	l.Columns = []Column{{Text: "E-mail"}, {Text: "When"}, {Text: "In Salesforce"}}
	l.Rows = []Row{
		{ID: "e1", Cells: []Cell{{Text: "Offer for 40 seats", URL: "/emails/e1", Kind: KindEmail, Second: "mara@tidegate.example"}, {Time: at("1 Dec 2026, 14:00")}, {Text: "2 written"}}},
		{ID: "00T1", Cells: []Cell{{Text: "Re: Offer for 40 seats", URL: "/emails/salesforce/00T1", Kind: KindEmail, Second: "ann.ferrow@example.com"}, {Time: at("1 Dec 2026, 13:00")}, {Text: "From Salesforce, logged as a Task"}}},
	}
	return l
}

// peopleList is who waits for somebody to choose his record.
func peopleList() ListPage {
	return ListPage{
		Shell: shell("People", NavSyncLog), Caption: "People to decide on",
		Head: Head{Title: "People", Lead: "2 people wait for somebody to choose the record, because several fit; 1,204 fit none. What is said with them is written as soon as it is known who they are."},
		Tabs: []Tab{{Text: "Log", URL: "/sync/log"}, {Text: "Conflicts", URL: "/sync/conflicts"}, {Text: "People", URL: "/sync/people", Current: true}},
		Filter: Filter{URL: "/sync/people", Selects: []Select{{ID: "state", Name: "state", Label: "Why they wait", Options: []Option{
			{Value: "several", Text: "Several records fit", Selected: true}, {Value: "nobody", Text: "Nobody fits"}, {Value: "ignored", Text: "Ignored"},
		}}}},
		Columns: []Column{{Text: "Who"}, {Text: "Why"}, {Text: "Since"}, {Text: "Action", Hidden: true}},
		Rows: []Row{
			{ID: "participant-ann", Cells: []Cell{{Text: "Ann Ferrow", Second: "ann.ferrow@example.com", URL: "/sync/people/decide?kind=participant&thing=ann"}, {Text: "Two contacts have the address ann.ferrow@example.com."}, {Time: at("2 h ago")}, {Action: Action{Text: "Decide", URL: "/sync/people/decide?kind=participant&thing=ann", Small: true, About: "Ann Ferrow"}}}},
			{ID: "person-p7", Cells: []Cell{{Text: "Tomas Rell", Second: "“p7” in the product", URL: "/sync/people/decide?kind=person&thing=p7"}, {Text: "A contact and a lead have the number +49 30 23125 111."}, {Time: at("3 Nov")}, {Action: Action{Text: "Decide", URL: "/sync/people/decide?kind=person&thing=p7", Small: true, About: "Tomas Rell"}}}},
		},
		Pager: Pager{OlderURL: "/sync/people?after=p7", OlderText: "More"},
	}
}

// decidePage offers the records that one of them may be.
func decidePage() ListPage {
	row := func(kind, id, name, object string) Row {
		return Row{ID: id, Cells: []Cell{{Text: name, URL: "/contacts/" + id, Kind: kind, Second: id}, {Text: object}, {Text: "ann.ferrow@example.com"}, {Text: "+49 30 23125 100"}, {Time: at("2 min ago")}, {Action: Action{Text: "Choose", URL: "/sync/people/decide?to=" + id, Post: true, Small: true, About: name}}}}
	}
	return ListPage{
		Shell: shell("Which record is Ann Ferrow?", NavSyncLog), Caption: "Records to choose from",
		Tabs: []Tab{{Text: "Log", URL: "/sync/log"}, {Text: "Conflicts", URL: "/sync/conflicts"}, {Text: "People", URL: "/sync/people", Current: true}},
		Head: Head{
			Crumb: []Link{{Text: "People", URL: "/sync/people"}}, Title: "Which record is Ann Ferrow?",
			Lead:    "Two contacts have the address ann.ferrow@example.com. What you decide stays, whatever e-mail or phone say later.",
			Actions: []Action{{Text: "Create a new contact", URL: "/sync/people/decide?to=new", Post: true}, {Text: "Ignore", URL: "/sync/people/decide?to=nobody", Post: true, Icon: IconUnlink}},
		},
		Filter:  Filter{URL: "/sync/people/decide", Button: "Find", Search: Field{ID: "q", Name: "q", Label: "Name, e-mail or phone", Placeholder: "Name, e-mail or phone", Type: "search"}, Keep: []Hidden{{Name: "kind", Value: "participant"}, {Name: "thing", Value: "ann"}}},
		Columns: []Column{{Text: "Name"}, {Text: "Object"}, {Text: "E-mail"}, {Text: "Phone"}, {Text: "As of"}, {Text: "Action", Hidden: true}},
		Rows:    []Row{row(KindContact, "0031", "Ann Ferrow", "Contact"), row(KindLead, "00Q1", "Ann Ferrow", "Lead")},
	}
}

// peopleStates are the lists of e-mails and of people to decide on, in every
// state that they can be in.
func peopleStates() []page {
	noMail, noMatch := emailList(), emailList()
	noMail.Rows, noMail.Pager, noMail.Head.Lead = nil, Pager{}, "0 e-mails, the latest first."
	noMail.Empty = Empty{Icon: IconNote, Title: "E-mails will appear here", Text: "The product tells of them with an API key; what each becomes in Salesforce stands here then."}
	noMatch.Rows, noMatch.Pager, noMatch.Filter.Search.Value = nil, Pager{}, "ofer"
	noMatch.Empty = Empty{Icon: IconSearch, Title: "No e-mail matches", Text: "Nothing has that subject or address.", Actions: []Action{{Text: "Show all", URL: "/emails"}}}
	filed := meetingPage()
	filed.Shell, filed.Head = shell("Re: Offer for 40 seats", NavMeetings), Head{
		Crumb: []Link{{Text: "E-mails", URL: "/emails"}}, Title: "Re: Offer for 40 seats", Kind: KindEmail,
		Lead: "Sent 1 Dec 2026, 13:00. From Salesforce, logged as a Task.",
	}
	filed.Writes, filed.WritesLead, filed.WritesLinks, filed.Checks, filed.ChecksLead = nil, "Nothing: it was read from Salesforce.", nil, nil, ""
	filed.WritesEmpty = Empty{Icon: IconEmail, Title: "From Salesforce", Text: "It is shown as Salesforce has it, and never written back."}
	filed.Facts = []Fact{{Label: "From", Value: "ann.ferrow@example.com"}, {Label: "To", Value: "mara@tidegate.example"}}
	nobody, bad, unknown := peopleList(), peopleList(), decidePage()
	nobody.Rows, nobody.Pager = nil, Pager{}
	nobody.Empty = Empty{Icon: IconOK, Title: "Nobody waits here", Text: "Where an e-mail address or a number fits several contacts or leads, nobody is guessed: who it is appears here, and you choose."}
	bad.Rows[0].Cells[0].Text, bad.Rows[0].Cells[0].Second, bad.Rows[0].Cells[1].Text, bad.Rows[0].Cells[3].Action.About = hostile, hostile, hostile, hostile
	unknown.Rows, unknown.Filter.Search.Value = nil, "Ferow"
	unknown.Empty = Empty{Icon: IconSearch, Title: "Nobody found", Text: "No contact or lead here has that. Try a part of the name, the e-mail or the phone."}
	return []page{
		{"emails", List(emailList())},
		{"emails-empty", List(noMail)},
		{"emails-nothing-found", List(noMatch)},
		{"email-from-salesforce", Said(filed)},
		{"people", List(peopleList())},
		{"people-empty", List(nobody)},
		{"people-hostile", List(bad)},
		{"people-decide", List(decidePage())},
		{"people-decide-nothing-found", List(unknown)},
	}
}
