package views

func explainSample(value string) ExplainPage {
	return ExplainPage{
		Shell:  shell("Explain", NavSyncLog),
		Head:   Head{Title: "Why did this sync, or not?", Lead: "Every test that decides, the failing one first, asked now with the settings in force."},
		Tabs:   []Tab{{Text: "Log", URL: "/sync/log"}, {Text: "Conflicts", URL: "/sync/conflicts"}, {Text: "Explain", URL: "/sync/explain", Current: true}},
		Filter: Filter{URL: "/sync/explain", Button: "Explain", Search: Field{ID: "record", Name: "record", Label: "Record", Value: value, Placeholder: "Salesforce id", Type: "search"}},
		Fields: []Field{{ID: "person", Name: "person", Label: "Or a person, by the product's id"}, {ID: "meeting", Name: "meeting", Label: "Or a meeting, by the product's id"}},
		About:  value, Answer: "off. Set by Mara Quill, 3 Nov 2026, 09:14.",
		Checks: []Check{
			{Title: "Is Opportunity synced to Salesforce?", Text: "off. Set by Mara Quill, 3 Nov 2026, 09:14.", SetupLink: Link{Text: "Open the objects", URL: "/settings/salesforce/objects"}},
			{Pass: true, Title: "Is it here?", Text: value},
			{Pass: true, Title: "Does a write wait?", Text: "No: Salesforce has everything that was to be written."},
		},
		Lines: logFull().Rows[3:4],
	}
}

func explainPages() []page {
	asked := explainSample("")
	asked.Checks, asked.Lines = nil, nil
	silent := explainSample("Quillmark renewal")
	silent.Lines = nil
	return []page{{"explain", Explain(explainSample("Quillmark renewal"))}, {"explain-empty", Explain(asked)}, {"explain-no-lines", Explain(silent)}, {"explain-hostile", Explain(explainSample(hostile))}}
}
