package views

func forecastChart() *ForecastChart {
	return &ForecastChart{Name: "Forecast by month", Legend: [3]string{"Closed", "Commit", "Best case and pipeline"}, Bars: []ForecastBar{
		{Label: "Oct", Amount: "534 k", Words: "October 2026: € 534,000, 40 deals", URL: "/forecast?period=2026-10", Layers: [3]int{815, 0, 0}},
		{Label: "Nov", Amount: "412 k", Words: "November 2026: € 412,000, 24 deals", URL: "/forecast?period=2026-11", Current: true, Layers: [3]int{410, 150, 69}},
		{Label: "Dec", Amount: "655 k", Words: "December 2026: € 655,000, 31 deals", URL: "/forecast?period=2026-12", Layers: [3]int{0, 580, 500}},
	}}
}

func forecastOf() ForecastPage {
	return ForecastPage{
		Shell: shell("Forecast", NavForecast), Head: Head{Title: "Forecast", Lead: "€ 412,000 weighted for November 2026, from 24 deals."},
		Live:    Live{URL: "/forecast?part=forecast"},
		Spans:   Segments{Label: "Period", Items: []Segment{{Text: "Month", URL: "?span=month", Current: true}, {Text: "Quarter", URL: "?span=quarter"}}},
		Earlier: Link{Text: "Earlier", URL: "?period=2026-10"}, Later: Link{Text: "Later", URL: "?period=2026-12"}, Title: "By month", Chart: forecastChart(),
		Period: "November 2026", Amount: "€ 412,000", Text: "24 deals, weighted. As of 14:32.",
		Notice:      Notice{Tone: Attention, Text: "2 deals have no amount here, or Salesforce hides it; they add nothing."},
		PartsColumn: "Forecast category",
		Parts:       []Row{{Cells: []Cell{{Text: "Closed", URL: "?only=Closed"}, {Text: "12"}, {Text: "€ 268,000"}}}, {Cells: []Cell{{Text: "Commit", URL: "?only=Forecast"}, {Text: "12"}, {Text: "€ 144,000"}}}},
		DealsTitle:  "Deals that close in November 2026", DealsText: "24 deals",
		Deals: ListPage{
			Filter:  Filter{URL: "/forecast", Keep: []Hidden{{Name: "period", Value: "2026-11"}}, Button: "Show", Selects: []Select{{Name: "owner", Label: "Owner", Options: []Option{{Text: "Everybody", Selected: true}, {Value: "005", Text: "Jonah Pryce"}}}}, Active: []Link{{Text: "Commit", URL: "?only="}}},
			Columns: []Column{{Text: "Deal"}, {Text: "Stage"}, {Text: "Category"}, {Text: "Close date"}, {Text: "Amount", Number: true}, {Text: "Weighted", Number: true}},
			Rows:    []Row{{ID: "1", Cells: []Cell{{Kind: KindDeal, Text: "Tallow Bay pilot", Second: "Sanna Oduya", URL: "/deals/1"}, {Text: "Negotiation"}, {Text: "Commit"}, {Text: "30 Nov 2026"}, {Text: "€ 96,250"}, {Text: "€ 77,000", Second: "80 %"}}}},
			Pager:   Pager{Text: "1 of 24", OlderURL: "?after=1", OlderText: "Next"},
		},
		Foot: "Amounts are weighted, by forecast category, field Amount, close date CloseDate.", FootLink: Link{Text: "Forecast settings", URL: "/settings/salesforce/forecast"},
	}
}

func forecastPages() []page {
	none := forecastOf()
	none.Chart.Bars, none.Parts, none.Notice, none.Amount = nil, nil, Notice{}, "€ 0"
	none.Deals.Rows, none.FootLink = nil, Link{}
	none.Deals.Empty = Empty{Icon: IconDeal, Title: "No deal counts in November 2026", Text: "Deals appear here by their close date.", Actions: []Action{{Text: "Show all deals", URL: "/deals"}}}
	bad := forecastOf()
	bad.Head.Lead, bad.Foot, bad.Period, bad.DealsTitle = hostile, hostile, hostile, "Deals of "+hostile
	bad.Chart.Bars[0].Words, bad.Chart.Bars[0].Label, bad.Parts[0].Cells[0].Text, bad.Deals.Rows[0].Cells[0].Text = hostile, hostile, hostile, hostile
	return []page{
		{"forecast", ForecastOf(forecastOf())},
		{"forecast-empty", ForecastOf(none)},
		{"forecast-hostile", ForecastOf(bad)},
	}
}
