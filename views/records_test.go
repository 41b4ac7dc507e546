package views

func contactsList() ListPage {
	s := shell("Contacts", NavContacts)
	s.StreamURL = "/live?topics=contacts"
	row := func(id, name, title, account, mail string) Row {
		return Row{ID: id, Cells: []Cell{
			{Kind: KindContact, Text: name, URL: "/contacts/" + id, Second: title},
			{Text: account, URL: "/accounts/001"},
			{Text: mail},
			{Text: "+49 30 23125 100"},
			{Text: "Jonah Pryce"},
			{Time: at("2 min ago")},
		}}
	}
	return ListPage{
		Shell: s, Live: Live{URL: "/contacts?part=list"},
		Head:    Head{Title: "Contacts", Lead: "48,112 people from Salesforce, newest change first."},
		Caption: "Contacts",
		Filter: Filter{
			URL:    "/contacts",
			Search: Field{Name: "q", Label: "Name, e-mail or phone", Placeholder: "Name, e-mail or phone"},
			Selects: []Select{
				{Name: "owner", Label: "Owner", Options: []Option{{Value: "", Text: "Anybody", Selected: true}, {Value: "005", Text: "Jonah Pryce"}}},
				{Name: "sort", Label: "Order", Options: []Option{{Value: "changed", Text: "Newest change", Selected: true}, {Value: "name", Text: "Name"}}},
			},
		},
		Columns: []Column{{Text: "Name"}, {Text: "Account"}, {Text: "E-mail"}, {Text: "Phone"}, {Text: "Owner"}, {Text: "Changed"}},
		Rows: []Row{
			row("0031", "Ann Ferrow", "Head of Operations", "Fernhollow Logistics", "ann.ferrow@example.com"),
			row("0032", "Tomas Rell", "IT lead", "Fernhollow Logistics", "tomas.rell@example.com"),
			row("0033", "Ruth Delmas", "Editor in chief", "Quillmark Press", "ruth.delmas@example.org"),
		},
		Pager: Pager{Text: "1 to 3 of 48,112", NewerURL: "/contacts?before=x", OlderURL: "/contacts?after=y"},
	}
}

func listPages() []page {
	none := contactsList()
	none.Rows = nil
	none.Empty = Empty{Icon: IconContact, Title: "No contacts yet", Text: "They appear once the first load from Salesforce is done: 31 %, about 4 minutes.", Actions: []Action{{Text: "Follow the load", URL: "/"}}}
	missed := contactsList()
	missed.Rows = nil
	missed.Filter.Search.Value = "Ferow"
	missed.Filter.Active = []Link{{Text: "Owner: Jonah Pryce", URL: "/contacts?q=Ferow"}, {Text: "Name: “Ferow”", URL: "/contacts?owner=005"}}
	missed.Filter.Clear = Link{Text: "Clear all", URL: "/contacts"}
	missed.Empty = Empty{Icon: IconSearch, Title: "No contact matches both filters", Text: "Without the owner there is 1: Ann Ferrow.", Actions: []Action{{Text: "Drop the owner filter", URL: "/contacts?q=Ferow"}, {Text: "Clear all", URL: "/contacts"}}}
	closed := contactsList()
	closed.Filter, closed.Rows = Filter{}, nil
	closed.Empty = Empty{Icon: IconLock, Title: "Contacts are not open to you", Text: "Salesforce does not let you see this object. Your Salesforce admin can change it: Permission Sets, Contacts, Read."}
	bad := contactsList()
	bad.Rows[0].Cells[0].Text, bad.Rows[0].Cells[0].Second, bad.Rows[0].Cells[1].URL = hostile, hostile, "javascript:alert(1)"
	bad.Filter.Search.Value, bad.Pager.Text = hostile, hostile
	return []page{
		{"contacts", List(contactsList())},
		{"contacts-empty", List(none)},
		{"contacts-nothing-found", List(missed)},
		{"contacts-no-permission", List(closed)},
		{"contacts-hostile", List(bad)},
		{"search", List(found())},
		{"search-asks", List(searched("", Empty{Icon: IconSearch, Title: "What are you looking for?", Text: "Type a part of a name."}))},
		{"search-nothing-found", List(searched("zzz", Empty{
			Icon: IconSearch, Title: "Nothing found", Filters: []string{"“zzz”"}, Text: "Nobody, no deal and no meeting here has that in its name. Try a part of it.",
			Actions: []Action{{Text: "Search the sync log for “zzz”", URL: "/sync/log?q=zzz"}},
		}))},
		{"search-hostile", List(searched(hostile, Empty{Icon: IconSearch, Title: "Nothing found", Filters: []string{hostile}}))},
	}
}

func searched(q string, nothing Empty) ListPage {
	s := shell("Search", "")
	s.Search = SearchBox{URL: "/search", Text: q}
	return ListPage{
		Shell: s, Head: Head{Title: "Search", Lead: "People, accounts, deals, meetings, calls and the sync log."}, Caption: "What was found",
		Filter:  Filter{URL: "/search", Button: "Search", Search: Field{ID: "q", Name: "q", Label: "Name, e-mail, phone or title", Value: q, Type: "search"}},
		Columns: []Column{{Text: "Name"}, {Text: "What"}, {Text: "When"}}, Empty: nothing,
	}
}

func found() ListPage {
	p := searched("fern", Empty{})
	p.Rows = []Row{
		{ID: "0031", Cells: []Cell{
			{Kind: KindContact, Text: "Ann Ferrow", URL: "/contacts/0031", Second: "Head of Operations · ann.ferrow@example.com"},
			{Text: "Contact", Link: Link{Text: "All contacts with “fern”", URL: "/contacts?q=fern"}},
			{Time: at("2 min ago")},
		}},
		{ID: "0061", Cells: []Cell{{Kind: KindDeal, Text: "Fernhollow Logistics, 40 seats", URL: "/deals/0061", Second: "Negotiation · € 84,000"}, {Text: "Opportunity"}, {Time: at("1 h ago")}}},
		{Cells: []Cell{{Text: "Search the sync log for “fern”", URL: "/sync/log?q=fern"}, {}, {}}},
	}
	return p
}

func ann() RecordPage {
	s := shell("Ann Ferrow", NavContacts)
	s.StreamURL = "/live?topics=record:0031"
	return RecordPage{
		Shell: s, Live: Live{URL: "/contacts/0031?part=record"},
		Kind: KindContact, Type: "Contact", Name: "Ann Ferrow",
		Actions: []Action{{Text: "Open in Salesforce", URL: "https://example.my.salesforce.com/0031", Icon: IconOut}},
		Delete:  Link{Text: "Delete this contact", URL: "/contacts/0031/delete"},
		Facts: []Fact{
			{Label: "Title", Value: "Head of Operations"},
			{Label: "Account", Value: "Fernhollow Logistics", URL: "/accounts/001"},
			{Label: "E-mail", Value: "ann.ferrow@example.com", URL: "mailto:ann.ferrow@example.com"},
			{Label: "Phone", Value: "+49 30 23125 100"},
			{Label: "Owner", Value: "Jonah Pryce"},
		},
		AsOf: "As in Salesforce at 14:31:40. You see what Salesforce lets you see; 2 fields are hidden from you.",
		Objects: []CRMObject{
			{Kind: KindContact, Name: "Ann Ferrow", Type: "Contact", Salesforce: "https://example.my.salesforce.com/0031", Key: "Head of Operations", Why: "Matched by e-mail ann.ferrow@example.com. Salesforce converted the lead to this record.", AsOf: at("14:31:40")},
			{Kind: KindAccount, Name: "Fernhollow Logistics", Type: "Account", URL: "/accounts/001", Salesforce: "https://example.my.salesforce.com/001", Key: "Customer, 240 people", AsOf: at("14:20:02")},
			{Kind: KindDeal, Name: "Fernhollow, 40 seats", Type: "Opportunity", URL: "/deals/006", Salesforce: "https://example.my.salesforce.com/006", Key: "Proposal, € 48,000, 18 Dec", AsOf: at("14:32:05")},
		},
		Details: []Detail{
			{ID: "MobilePhone", Label: "Mobile", Value: "+49 30 23125 142", EditURL: "/contacts/0031?edit=MobilePhone", Progress: &Progress{Step: 2, SavedAt: at("14:32:01"), RefreshURL: "/contacts/0031"}},
			{ID: "Title", Label: "Title", Value: "Head of Operations", EditURL: "/contacts/0031?edit=Title", Progress: &Progress{Step: 3, WrittenAt: at("14:31:40")}},
			{ID: "Department", Label: "Department", Value: "Logistics", EditURL: "/contacts/0031?edit=Department"},
			{ID: "LeadSource", Label: "Lead source", Value: "Web chat", Reason: "Read-only", WhyURL: "/settings/salesforce/objects/Contact#LeadSource"},
			{ID: "DoNotCall", Label: "Do not call", Value: "No", Reason: "Read-only"},
			{ID: "Birthdate", Label: "Birthdate", Value: "", Reason: "Hidden by Salesforce"},
			{ID: "Score__c", Label: "Score", Value: "71", Reason: "Read-only", Note: "Changes in Salesforce without telling; read again when the record changes and at least every 24 h, last 3 Nov 2026, 14:20."},
		},
		DetailsAsOf: Link{Text: "As it was before", URL: "/contacts/0031?as_of=2026-11-21T13:32:05.000Z"},
		DetailsFoot: "Something looks wrong?", DetailsLink: Link{Text: "Why did this not sync?", URL: "/sync/explain?record=0031"},
		Evidence: []Evidence{{
			Strong: "Matched by e-mail", Text: "ann.ferrow@example.com, step 2 of the match chain, on 4 Oct 2026, 09:14.",
			More: "Stays on this record even if e-mail or phone change.", Link: Link{Text: "See the Lead", URL: "/leads/00Q"},
			Actions: []Action{{Text: "Choose another record", URL: "/contacts/0031/link"}, {Text: "Unlink", URL: "/contacts/0031/unlink", Icon: IconUnlink}},
			Moves: []EvidenceMove{
				{Text: "Matched by e-mail ann.ferrow@example.com.", When: at("4 Oct, 09:14")},
				{Text: "Salesforce converted the lead to this record.", From: Link{Text: "Lead 00Q", URL: "/leads/00Q"}, To: Link{Text: "Contact 0031", URL: "/contacts/0031"}, When: at("9 Oct, 16:40")},
			},
		}},
		TimelineParts: Segments{Label: "Activity from", Items: []Segment{{Text: "Both", URL: "?from=both", Current: true}, {Text: "Here", URL: "?from=here"}, {Text: "Salesforce", URL: "?from=salesforce"}}},
		Timeline: []Activity{
			{Kind: KindCall, Title: "Call, 12 min", Text: "She has budget approval. Wants the security sheet.", When: at("14:31"), Where: "Here", State: Chip{Good, IconOK, "Written as Task"}},
			{Kind: KindEvent, Title: "Pricing review", URL: "/meetings/1", Text: "45 min with Tomas Rell. Second meeting agreed.", When: at("18 Nov"), Where: "Both", State: Chip{Bad, IconPause, "Note needs you"}},
			{Kind: KindTask, Title: "Send price for 40 seats", Text: "Open, due 25 Nov. Jonah Pryce.", When: at("18 Nov"), Where: "Salesforce"},
			{Kind: KindEmail, Title: "Re: rollout dates", Text: "“We would like to begin in January, starting with the Hamburg…”", When: at("16 Nov"), Where: "Salesforce"},
			{Kind: KindContact, Title: "Changed Title", URL: "/sync/log/12", Text: "Title: Operations lead → Head of Operations. By Jonah Pryce. In Salesforce’s own pages.", When: at("12 Nov"), Where: "Salesforce", Link: Link{Text: "As it was then", URL: "/contacts/0031?as_of=2026-11-12T08:00:00.000Z"}},
			{Kind: KindLead, Title: "Lead converted", Text: "To this contact, by Jonah Pryce.", When: at("4 Oct"), Where: "Salesforce"},
		},
		TimelineOlder: Link{Text: "Older activity", URL: "?older=1"},
	}
}

func editing(value, problem string) RecordPage {
	p := ann()
	p.Details[2].Form = &DetailForm{
		URL: "/contacts/0031", Revision: "42", CancelURL: "/contacts/0031",
		Field:  Field{Name: "Department", Label: "Department", Value: value, MaxLength: "80", Error: problem},
		Effect: "Written to Salesforce at once; both sides keep their history.",
	}
	return p
}

func recordPages() []page {
	refused := editing("Logistics and a very long name of a department", "At most 80 characters fit into Department in Salesforce; this has 83.")
	refused.Errors = []FieldError{{FieldID: "Department", Text: "Department: at most 80 characters fit; this has 83."}}
	picklist := ann()
	picklist.Details[3].Form = &DetailForm{URL: "/contacts/0031", Revision: "42", CancelURL: "/contacts/0031", Select: &Select{Name: "LeadSource", Label: "Lead source", Options: []Option{{Value: "", Text: "None"}, {Value: "Web", Text: "Web chat", Selected: true}}}}
	parked := ann()
	parked.Details[0].Progress = &Progress{NeedsYou: "Salesforce did not accept the number: a rule there asks for the country first. Your value is kept here.", Link: Link{Text: "See what Salesforce said", URL: "/sync/log/17"}}
	broken := ann()
	broken.Evidence[0].Text = "to “p-1” here: matched by e-mail ann.ferrow@example.com, on 4 Oct 2026, 09:14."
	broken.Evidence[0].More = "The link does not hold: The record was deleted in Salesforce. The link holds again when it is restored there."
	none := ann()
	none.Objects, none.Timeline, none.Evidence, none.TimelineParts, none.TimelineOlder = nil, nil, nil, Segments{}, Link{}
	none.ObjectsEmpty = Empty{Icon: IconLink, Title: "Linked to nothing yet", Text: "Salesforce records appear here once one has this e-mail address or phone number."}
	none.TimelineEmpty = Empty{Icon: IconEvent, Title: "No activity yet", Text: "Meetings, calls and messages appear here as soon as the first one is logged on either side."}
	bad := ann()
	bad.Name, bad.Facts[0].Value, bad.Facts[1].URL, bad.AsOf = hostile, hostile, "javascript:alert(1)", hostile
	bad.Objects[0].Name, bad.Details[0].Value, bad.Timeline[0].Text, bad.Evidence[0].Text = hostile, hostile, hostile, hostile
	bad.Evidence[0].Moves[0].Text, bad.Evidence[0].Moves[1].From.Text, bad.Objects[1].Why = hostile, hostile, hostile
	bad.Details[2].Form = &DetailForm{URL: "/contacts/0031", CancelURL: "/contacts/0031", Field: Field{Name: "Department", Label: "Department", Value: hostile, Error: hostile}}
	return []page{
		{"contact", Record(ann())},
		{"contact-editing", Record(editing("Logistics", ""))},
		{"contact-refused", Record(refused)},
		{"contact-picklist", Record(picklist)},
		{"contact-needs-you", Record(parked)},
		{"contact-empty", Record(none)},
		{"contact-link-broken", Record(broken)},
		{"contact-hostile", Record(bad)},
		{"deal", Record(deal())},
		{"deal-topics", Record(dealTopicsSample("Nobody trusts the numbers."))},
		{"deal-topics-hostile", Record(dealTopicsSample(hostile))},
	}
}

func deal() RecordPage {
	p := ann()
	p.Shell = sandboxShell("Fernhollow Logistics, 40 seats", NavDeals)
	p.Kind, p.Type, p.Name = KindDeal, "Deal", "Fernhollow Logistics, 40 seats"
	p.Facts = []Fact{{Label: "Amount", Value: "€ 48,000", Big: true}, {Label: "Weighted, 60 %", Value: "€ 28,800", Big: true}, {Label: "Close date", Value: "18 Dec 2026"}}
	p.Path = &Path{
		Label:  "Stage",
		Stages: []Stage{{"Discovery", "done"}, {"Qualified", "done"}, {"Proposal", "current"}, {"Negotiation", ""}, {"Closed won", ""}},
		Text:   "In Proposal for 9 days. Stage changes go both ways.",
		Next:   Action{Text: "Move to Negotiation", URL: "/deals/006/stage", Post: true},
	}
	return p
}

func dealTopicsSample(text string) RecordPage {
	p := deal()
	p.Topics = &DealTopics{
		Lead: "What 3 conversations noted, consolidated.", Link: Link{Text: "Advanced Settings", URL: "/settings/salesforce/advanced"},
		Topics: []DealTopic{
			{Name: "Pain Points", Why: "Its notes become one summary of the deal.", More: "and 2 more.", Lines: []DealLine{
				{Text: text, Sources: []DealSource{{Text: "Pricing review", URL: "/meetings/m2", When: at("18 Nov")}, {Text: "Re: prices", When: at("12 Nov")}}},
				{Text: "Every report takes a day.", Sources: []DealSource{{Text: "First call", URL: "/meetings/m1", When: at("2 Nov")}}},
			}},
			{Name: "Action Items", Why: "It is date-sensitive, so it is never summarized.", Lines: []DealLine{{Text: "Send the offer by Friday.", Sources: []DealSource{{Text: text, URL: "/meetings/m1", When: at("2 Nov")}}}}},
		},
	}
	return p
}
