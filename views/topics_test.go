package views

func topicsPage() TopicsPage {
	chip := Chip{Idle, IconNote, "May be summarized"}
	return TopicsPage{
		List: ListPage{
			Shell: shell("Topics", NavSettings), Head: Head{Title: "Topics", Lead: "Headings under which the product notes what was said (Smart Topics)."}, Caption: "Topics",
			Columns: []Column{{Text: "Topic"}, {Text: "In the deal"}, {Text: "Written to"}, {Text: "Changed", Wide: true}},
			Rows: []Row{
				{ID: "action-items", Cells: []Cell{{Text: "Action Items", Second: "“I will send the offer by Friday”", URL: "/settings/topics/action-items"}, {Chip: Chip{UnderWay, IconClock, "Date-sensitive"}}, {Text: "Opportunity · NextStep", URL: "/settings/salesforce/objects/Opportunity", Second: "and 1 more field"}, {Text: "As delivered"}}},
				{ID: "pain-points", Cells: []Cell{{Text: "Pain Points", Second: "“Every report takes us a day”", URL: "/settings/topics/pain-points"}, {Chip: chip}, {Text: "Not written yet"}, {Time: at("3 Nov 2026, 09:14"), Second: "Mara Quill"}}},
			},
		},
		Show: Segments{Label: "Which topics", Items: []Segment{{Text: "In use", URL: "/settings/topics", Current: true}, {Text: "Archived", URL: "/settings/topics?show=archived"}}},
		First: []Check{
			{Title: "Next Steps ← Action Items", Pass: true, Text: "Written to Opportunity.NextStep."},
			{Title: "Pain Points ← Pain Points", Warn: true, Text: "Your org has a field for it: Pain Points.", SetupLink: Link{Text: "Open the fields of Opportunity", URL: "/settings/salesforce/objects/Opportunity"}},
		},
		Create: &SmallForm{
			Title: "Add a topic", Button: "Add topic", Form: Form{URL: "/settings/topics"},
			Fields: []Field{{Name: "name", Label: "Name", Required: true}, {Name: "order", Label: "Place in lists", Hint: "1 stands first."}, {Name: "examples", Label: "Examples", Lines: 3, Hint: "One a line."}}, Switches: []Switch{{Name: "date_sensitive", Label: "Date-sensitive", Effect: "Each note holds for its own day. It is never summarized."}},
		},
	}
}

func topicPages() []page {
	archived := topicsPage()
	archived.Show.Items[0].Current, archived.Show.Items[1].Current = false, true
	archived.List.Rows, archived.First, archived.Create = nil, nil, nil
	archived.List.Empty = Empty{Icon: IconNote, Title: "No archived topic", Text: "A topic that you archive appears here."}
	one := TopicPage{
		Shell: shell("Pain Points", NavSettings), Head: Head{Crumb: []Link{{Text: "Topics", URL: "/settings/topics"}}, Title: "Pain Points", Actions: []Action{{Text: "Archive", URL: "/settings/topics/pain-points/archive", Dialog: true}}},
		Form: *topicsPage().Create,
		Uses: ListPage{Caption: "Written to", Columns: []Column{{Text: "Salesforce field"}, {Text: "Is it written?"}}, Rows: []Row{{Cells: []Cell{{Kind: KindDeal, Text: "Pain Points", Second: "Opportunity.Pain_Points__c", URL: "/settings/salesforce/objects/Opportunity"}, {Text: "All three conditions hold."}}}}},
		Facts: []Fact{
			{Label: "In mappings and the API", Value: "pain-points", Mono: true},
			{Label: "In the deal", Value: "Its notes become one summary of the deal.", Link: Link{Text: "Advanced Settings", URL: "/settings/salesforce/advanced"}},
		},
	}
	bad := one
	bad.Head.Title, bad.Head.Actions = hostile, []Action{{Text: "Bring back", URL: "/settings/topics/x/restore", Post: true}}
	bad.Notice = Notice{Tone: Idle, Icon: IconInfo, Strong: "This topic is archived.", Text: "It is offered nowhere."}
	bad.Form.Form.Errors = []FieldError{{"name", hostile}}
	bad.Form.Fields = []Field{{Name: "name", Label: "Name", Value: hostile, Error: hostile}}
	bad.Uses = ListPage{Caption: "Written to", Empty: Empty{Icon: IconLink, Title: "Written to no field yet", Text: hostile}}
	bad.Facts = []Fact{{Label: "In mappings and the API", Value: hostile, Mono: true}}
	return []page{
		{"topics", Topics(topicsPage())},
		{"topics-archived", Topics(archived)},
		{"topic", Topic(one)},
		{"topic-hostile", Topic(bad)},
	}
}
