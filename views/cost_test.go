package views

func costSample(name string) CostPage {
	return CostPage{
		Shell:  shell("What costs how much", NavHealth),
		Head:   Head{Crumb: []Link{{Text: "Health", URL: "/"}}, Title: "What costs how much", Lead: "API calls and change events of Tidegate, today since 00:00 UTC."},
		Notice: Notice{Tone: Attention, Icon: IconWarning, Text: "Nothing used 1 mapped field in 30 days.", Link: Link{Text: "Show them", URL: "/cost?show=unused"}},
		Tables: []CostTable{
			{ID: "objects", Title: "Objects", Text: "Every API call of today is in exactly one row.", List: ListPage{
				Columns: []Column{{Text: "Object"}, {Text: "Calls today", Number: true}, {Text: "For what"}},
				Rows:    []Row{{ID: "Contact", Cells: []Cell{{Kind: KindContact, Text: "Contact"}, {Text: "1,234"}, {Text: "1,200 writing and 34 comparison"}}}},
			}},
			{ID: "fields", Title: "Mapped fields", Text: "How it is reckoned.", List: ListPage{
				Filter:  Filter{URL: "/cost", Selects: []Select{{Name: "object", Label: "Object", Options: []Option{{Text: "All objects", Selected: true}, {Value: "Contact", Text: "Contact"}}}}},
				Columns: []Column{{Text: "Field"}, {Text: "Calls a day", Number: true}, {Text: "Last used"}, {Text: "Use"}},
				Rows: []Row{{Cells: []Cell{
					{Kind: KindContact, Text: name, Second: "Contact"},
					{Text: "1.2", Second: "0.2 writing, 1.0 reading"},
					{Text: "—"},
					{Chip: Chip{Tone: Attention, Icon: IconWarning, Text: "Unused"}, Second: "Nothing used it in 30 days.", Link: Link{Text: "Look at its mapping", URL: "/settings/salesforce/objects/Contact"}},
				}}},
			}},
			{ID: "rules", Title: "Rules", Text: "What led to the writes.", List: ListPage{Empty: Empty{Icon: IconOK, Title: "Nothing was written today", Text: "As soon as something is, it stands here."}}},
		},
	}
}

func costPages() []page {
	return []page{{"cost", Cost(costSample("Department"))}, {"cost-hostile", Cost(costSample(hostile))}}
}
