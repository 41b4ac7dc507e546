package views

func forecastChart() *ForecastChart {
	return &ForecastChart{Name: "Forecast by month", Legend: [3]string{"Closed", "Commit", "Best case and pipeline"}, Bars: []ForecastBar{
		{Label: "Oct", Amount: "534 k", Words: "October 2026: € 534,000, 40 deals", URL: "/forecast?period=2026-10", Layers: [3]int{815, 0, 0}, Then: 815},
		{Label: "Nov", Amount: "412 k", Words: "November 2026: € 412,000, 24 deals", URL: "/forecast?period=2026-11", Current: true, Layers: [3]int{410, 150, 69}, Then: 560},
		{Label: "Dec", Amount: "655 k", Words: "December 2026: € 655,000, 31 deals", URL: "/forecast?period=2026-12", Layers: [3]int{0, 580, 420}, Then: 0},
	}}
}

func forecastOf() ForecastPage {
	return ForecastPage{
		Shell: shell("Forecast", NavForecast), Head: Head{Title: "Forecast", Lead: "€ 412,000 weighted for November 2026, from 24 deals, € 46,000 more than on 12 Nov.", Actions: []Action{{Text: "Export as CSV", URL: "/forecast/export", Post: true, Icon: IconDownload, Fields: []Hidden{{Name: "format", Value: "csv"}}}, {Text: "as JSON", About: "export", URL: "/forecast/export", Post: true, Fields: []Hidden{{Name: "format", Value: "json"}}}}},
		Live:    Live{URL: "/forecast?part=forecast"},
		Spans:   Segments{Label: "Period", Items: []Segment{{Text: "Month", URL: "?span=month", Current: true}, {Text: "Quarter", URL: "?span=quarter"}}},
		Earlier: Link{Text: "Earlier", URL: "?period=2026-10"}, Later: Link{Text: "Later", URL: "?period=2026-12"}, Title: "By month", Chart: forecastChart(),
		Period: "November 2026", Amount: "€ 412,000", Text: "24 deals, weighted. As of 14:32.",
		Notice:      Notice{Tone: Attention, Text: "2 deals have no amount here, or Salesforce hides it; they add nothing."},
		PartsColumn: "Forecast category",
		Parts:       []Row{{Cells: []Cell{{Text: "Closed", URL: "?only=Closed"}, {Text: "12"}, {Text: "€ 268,000"}}}, {Cells: []Cell{{Text: "Commit", URL: "?only=Forecast"}, {Text: "12"}, {Text: "€ 144,000"}}}},
		DealsTitle:  "Deals that close in November 2026", DealsText: "24 deals",
		Deals: ListPage{
			Filter:  Filter{Active: []Link{{Text: "Commit", URL: "?only="}}},
			Columns: []Column{{Text: "Deal"}, {Text: "Stage"}, {Text: "Category"}, {Text: "Close date"}, {Text: "Amount", Number: true}, {Text: "Weighted", Number: true}, {Text: "Since 12 Nov", Number: true}},
			Rows:    []Row{{ID: "1", Cells: []Cell{{Kind: KindDeal, Text: "Tallow Bay pilot", Second: "Sanna Oduya", URL: "/deals/1"}, {Text: "Negotiation"}, {Text: "Commit"}, {Text: "30 Nov 2026"}, {Text: "€ 96,250"}, {Text: "€ 77,000", Second: "80 %"}, {Text: "▲ € 14,000", Second: "amount was € 78,750", Tone: Good}}}},
			Pager:   Pager{Text: "1 of 24", OlderURL: "?after=1", OlderText: "Next"},
		},
		Filter: Filter{
			URL: "/forecast", Keep: []Hidden{{Name: "period", Value: "2026-11"}}, Button: "Show",
			Fields:  []Field{{Name: "as_of", Label: "As of", Type: "date", Value: "2026-11-19"}, {Name: "with", Label: "Compared with", Type: "date", Value: "2026-11-12"}},
			Selects: []Select{{Name: "owner", Label: "Owner", Options: []Option{{Text: "Everybody", Selected: true}, {Value: "005", Text: "Jonah Pryce"}}}, {Name: "amounts", Label: "Amounts", Options: []Option{{Value: "total", Text: "Total"}, {Value: "weighted", Text: "Weighted", Selected: true}}}},
		},
		Change: &ForecastChange{
			Title: "What changed since 12 Nov", Amount: Cell{Text: "▲ € 46,000", Tone: Good}, Text: "It was € 366,000 at the end of that day.",
			Rows: []Row{
				{Cells: []Cell{{Text: "New deals", URL: "?why=new"}, {Text: "5"}, {Text: "▲ € 61,000", Tone: Good}}},
				{Cells: []Cell{{Text: "Moved to another period", URL: "?why=moved"}, {Text: "2"}, {Text: "▼ € 15,000", Tone: Bad}}},
			},
			Notice: Notice{Tone: Idle, Text: "2 deals were first seen here after 12 Nov; such a deal counts as it was first seen."},
			Foot:   "Worked back from the history that is kept here; Salesforce keeps no such view.",
		},
		Foot: "Amounts are weighted, by forecast category, field Amount, close date CloseDate.", FootLink: Link{Text: "Forecast settings", URL: "/settings/salesforce/forecast"},
	}
}

func forecastPages() []page {
	none := forecastOf()
	none.Chart.Bars, none.Parts, none.Notice, none.Amount = nil, nil, Notice{}, "€ 0"
	none.Deals.Rows, none.FootLink = nil, Link{}
	none.Deals.Empty = Empty{Icon: IconDeal, Title: "No deal counts in November 2026", Text: "Deals appear here by their close date.", Actions: []Action{{Text: "Show all deals", URL: "/deals"}}}
	same, much := forecastOf(), forecastOf()
	same.Change.Amount, same.Change.Rows, same.Change.Notice = Cell{Text: "No difference"}, nil, Notice{}
	much.Change = &ForecastChange{Title: "What changed", Notice: Notice{Tone: Attention, Text: "More than 10,000 deals changed since then. Choose a later day."}}
	much.Chart.Then = ""
	bad := forecastOf()
	bad.Change.Title, bad.Change.Rows[0].Cells[0].Text, bad.Change.Foot = "Since "+hostile, hostile, hostile
	bad.Head.Lead, bad.Foot, bad.Period, bad.DealsTitle = hostile, hostile, hostile, "Deals of "+hostile
	bad.Chart.Bars[0].Words, bad.Chart.Bars[0].Label, bad.Parts[0].Cells[0].Text, bad.Deals.Rows[0].Cells[0].Text = hostile, hostile, hostile, hostile
	return []page{
		{"forecast", ForecastOf(forecastOf())},
		{"forecast-empty", ForecastOf(none)},
		{"forecast-same", ForecastOf(same)},
		{"forecast-too-much", ForecastOf(much)},
		{"forecast-hostile", ForecastOf(bad)},
	}
}
