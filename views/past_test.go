package views

func earlier() PastPage {
	return PastPage{
		Shell: shell("Ann Ferrow", NavContacts),
		Crumb: []Link{{Text: "Contacts", URL: "/contacts"}, {Text: "Ann Ferrow", URL: "/contacts/0031"}},
		Kind:  KindContact, Type: "Contact", Name: "Ann Ferro",
		Banner: Notice{Tone: UnderWay, Icon: IconClock, Strong: "As of 3 Nov 2026, 09:14:02 (read-only)"},
		Choose: Filter{URL: "/contacts/0031", Button: "Show", Search: Field{
			ID: "as_of", Name: "as_of", Label: "As of, Europe/Berlin", Type: "datetime-local", Value: "2026-11-03T09:14:02",
		}},
		Previous: Link{Text: "Previous change: 1 Nov 2026, 17:20:11", URL: "/contacts/0031?as_of=2026-11-01T16:20:11.000Z"},
		Next:     Link{Text: "Next change: 4 Nov 2026, 08:00:40", URL: "/contacts/0031?as_of=2026-11-04T07:00:40.000Z"},
		Now:      Link{Text: "Back to now", URL: "/contacts/0031"},
		Made:     "3 Nov 2026, 09:14:02: Changed Title. By Jonah Pryce. In Salesforce’s own pages.", MadeURL: "/sync/log/12",
		Lead: "2 fields differ from now.",
		Fields: []PastField{
			{Label: "Last name", Then: "Ferro", Now: "Ferrow", Changed: true},
			{Label: "Title", Then: "Head of Operations", Now: "Head of Operations"},
			{Label: "Mobile", Now: "+49 30 23125 142", Changed: true},
			{Label: "Department"},
		},
	}
}

func pastPages() []page {
	first := earlier()
	first.Previous, first.Made, first.MadeURL = Link{}, "", ""
	gone := earlier()
	gone.Banner.Text = "It was deleted in Salesforce at this moment; these are its last values."
	unknown := earlier()
	unknown.Banner.Text, unknown.Fields, unknown.Made = "Not known before 1 Nov 2026, 17:20:11.", nil, ""
	unknown.Empty = Empty{Icon: IconClock, Title: unknown.Banner.Text, Text: "What was there before is not in the history that Tidegate keeps.", Actions: []Action{{Text: "Show the first known state", URL: "/contacts/0031?as_of=2026-11-01T16:20:11.000Z"}}}
	wrong := earlier()
	wrong.Choose.Search.Error = "“yesterday” is not a moment. Write one such as 2026-05-01T07:25:37."
	bad := earlier()
	bad.Name, bad.Made, bad.Fields[0].Then, bad.Fields[0].Now, bad.Banner.Text = hostile, hostile, hostile, hostile, hostile
	bad.MadeURL = "javascript:alert(1)"
	return []page{
		{"past", Past(earlier())},
		{"past-first", Past(first)},
		{"past-deleted", Past(gone)},
		{"past-unknown", Past(unknown)},
		{"past-wrong", Past(wrong)},
		{"past-hostile", Past(bad)},
	}
}
