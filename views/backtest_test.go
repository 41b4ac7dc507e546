package views

func backtestSample(text string) BacktestPage {
	s := shell("Backtest", NavSettings)
	return BacktestPage{
		Shell: s, Head: Head{Crumb: []Link{{Text: "Salesforce settings", URL: "/settings/salesforce/notes"}}, Title: "What these settings would have done", Lead: "The last 30 days. Nothing is written by looking."},
		Effects: []Effect{{Kind: KindEvent, Number: "12 of 214", Text: "conversations would have come out otherwise"}, {Kind: KindContact, Number: "3 contacts", Text: "would have been created"}, {Kind: KindCustom, Number: "640 API calls", Text: "when each is written as it is told"}},
		Notice:  Notice{Tone: Attention, Icon: IconInfo, Strong: "A sample.", Text: "214 of 1,900 conversations were looked at."},
		Shown:   Segments{Label: "What is listed", Items: []Segment{{Text: "What differs", URL: "?", Current: true}, {Text: "All rows", URL: "?show=all"}}},
		List: ListPage{
			Caption: "Part by part", Columns: []Column{{Text: "Conversation"}, {Text: "Part"}, {Text: "With these settings"}, {Text: "Really"}},
			Rows: []Row{
				{Cells: []Cell{{Kind: KindEvent, Text: text, URL: "/meetings/m1", Second: "18 Nov 2026, 10:00"}, {Text: "Note"}, {Chip: Chip{Tone: Attention, Icon: IconEdit, Text: "Would be written"}, Text: "new ContentNote", Second: "Meeting notes go to a Note."}, {Text: "Nothing", Second: text}}},
				{Cells: []Cell{{Kind: KindEvent, Text: "Pricing review", URL: "/meetings/m2", Second: "17 Nov 2026, 10:00"}, {Text: "Event"}, {Text: "Elsewhere", Second: "WhatId: The one that closes first."}, {Text: "Event", Second: "A meeting of the calendar becomes an Event."}}},
			},
			Pager: Pager{Text: "1 to 100 of 214", OlderURL: "?page=2", OlderText: "Next"},
		},
	}
}

func backtestPages() []page {
	proposed := backtestSample("Pricing review")
	proposed.Shown, proposed.List.Pager = Segments{}, Pager{}
	proposed.Again = []BacktestForm{{URL: "/settings/salesforce/notes", Fields: []Hidden{{Name: "step", Value: "backtest"}, {Name: "page", Value: "2"}}, Button: "Next rows"}}
	proposed.Back = &BacktestForm{URL: "/settings/salesforce/notes", Fields: []Hidden{{Name: "body", Value: "{}"}}, Button: "Back to the review"}
	none := backtestSample("")
	none.Notice, none.List.Rows = Notice{}, nil
	none.List.Empty = Empty{Icon: IconOK, Title: "Nothing would differ", Text: "All would have come out as it did."}
	return []page{
		{"backtest", Backtest(backtestSample("Pricing review"))},
		{"backtest-proposed", Backtest(proposed)},
		{"backtest-same", Backtest(none)},
		{"backtest-hostile", Backtest(backtestSample(hostile))},
	}
}
