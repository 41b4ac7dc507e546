package views

func objects() ObjectsPage {
	line := func(kind, label, api, mapped, in, out string) ObjectLine {
		return ObjectLine{Kind: kind, Label: label, APIName: api, URL: "/settings/salesforce/objects/" + api, Transport: "Stream", Mapped: mapped, In: in, Out: out, State: StateChip(StateOK), ChangedBy: "M. Quill", ChangedAt: "12 Nov", Sync: Switch{Name: "sync_" + api, Label: label + ", sync to Salesforce", On: true}}
	}
	broken := line(KindDeal, "Opportunity", "Opportunity", "11 of 64", "64", "5")
	broken.MappedDetail, broken.State = "3 topics", Chip{Attention, IconWarning, "1 broken"}
	custom := line(KindCustom, "Renewal Plan", "Renewal_Plan__c", "4 of 19", "19", "0")
	custom.Transport, custom.Polled, custom.State, custom.Sync.On = "Poll, 60 s", true, Chip{Idle, IconPause, "Sync to Salesforce off"}, false
	event := line(KindEvent, "Event", "Event", "9 of 30", "0", "9")
	event.Sync.Locked = "always on"
	return ObjectsPage{
		Settings: settings("Which Salesforce objects take part, and how their fields are mapped. Open one to change it."),
		Broken:   Notice{Tone: Attention, Strong: "1 mapping is broken", Text: "since Salesforce changed on 16 Nov: one field lost its edit permission.", Link: Link{Text: "Show broken fields", URL: "/settings/salesforce/objects/Opportunity?part=broken"}},
		Objects:  []ObjectLine{broken, line(KindLead, "Lead", "Lead", "14 of 41", "41", "14"), line(KindContact, "Contact", "Contact", "12 of 38", "38", "12"), event, custom},
		Cards:    []TextCard{{Title: "Start small", Text: "Map Next Steps, Pain Points, Competitors and Objections first.", Link: Link{Text: "Open Opportunity", URL: "/settings/salesforce/objects/Opportunity"}}},
	}
}

func object() ObjectPage {
	products := func(name, chosen string) *Select {
		return &Select{Name: "product_" + name, Label: "Product Property of " + name, Small: true, Options: []Option{{Value: "", Text: "Not mapped", Selected: chosen == ""}, {Value: "action_items", Text: "Action Items", Selected: chosen == "action_items", Group: "Smart Topics"}, {Value: "pain", Text: "Pain Points", Selected: chosen == "pain", Group: "Smart Topics"}}}
	}
	editable := func(name string, on bool) *Switch {
		return &Switch{Name: "editable_" + name, Label: name + ", editable", On: on}
	}
	mode := func(name, chosen string) *Select {
		return &Select{Name: "mode_" + name, Label: "Write mode of " + name, Small: true, Options: []Option{{Text: "Overwrite (default)", Selected: chosen == ""}, {Value: "fill", Text: "Fill only if empty", Selected: chosen == "fill"}}}
	}
	winner := func(name string) *Select {
		return &Select{Name: "winner_" + name, Label: "Conflict winner of " + name, Small: true, Options: []Option{{Text: "Winner not chosen", Selected: true}, {Value: "salesforce", Text: "Salesforce wins"}}}
	}
	more := func(f FieldLine) FieldLine {
		f.Mode, f.Winner = mode(f.ID, ""), winner(f.ID)
		f.MoreSelects = []Select{{Name: "direction_" + f.ID, Label: "Sync Direction", Options: []Option{{Text: "By the rules", Selected: true}, {Value: "inbound", Text: "Inbound"}}}}
		f.More = []Field{{Name: "display_" + f.ID, Label: "Display name here", Placeholder: f.Label, Hint: "Salesforce keeps its own label."}, {Name: "default_" + f.ID, Label: "Default value", Hint: "Written where the product has no value."}}
		f.MoreLinks = []Link{{Text: "Import " + f.ID + " again", URL: "/settings/salesforce/objects/Opportunity/import?field=" + f.ID}, {Text: "Remove " + f.ID, URL: "/settings/salesforce/objects/Opportunity/remove?field=" + f.ID}}
		return f
	}
	s := settings("")
	return ObjectPage{
		Settings: s,
		Head: Head{
			Crumb: []Link{{Text: "Settings"}, {Text: "CRM"}, {Text: "Salesforce"}, {Text: "Objects", URL: "/settings/salesforce/objects"}},
			Title: "Opportunity", Mono: "Opportunity", Kind: KindDeal, Aside: "Permissions read 14:30",
			Actions: []Action{{Text: "Read again", URL: "/settings/salesforce/objects/Opportunity/describe", Post: true, Icon: IconAgain}, {Text: "Import Properties", URL: "/settings/salesforce/objects/Opportunity/properties", Icon: IconDown}},
		},
		Switches: []Switch{
			{Name: "sync", Label: "Sync to Salesforce", Effect: "Edits made here are written back to Opportunity. Off: nothing of this object is written, notes and tasks still are.", On: true, Meta: Meta{Default: "off", Changed: "Switched on by Mara Quill, 3 Nov 2026."}},
			{Name: "updates", Label: "Sync updates to object fields", Effect: "Later changes go to mapped fields of linked records.", Meta: Meta{Default: "on"}},
		},
		Gate:       &Gate{Field: "Pain Points", Rows: []GateRow{{"Sync to Salesforce", "on", "on", true}, {"Editable", "yes", "no", false}, {"Salesforce field", "set", "set", true}}, Text: "Field-level security of the integration user forbids editing.", Link: Link{Text: "What to click in Setup", URL: "/settings/salesforce"}},
		Advice:     []TextCard{{Title: "2 mapped fields are used by nothing", Text: "They cost about 60 changes a day.", Link: Link{Text: "Review them", URL: "/settings/salesforce/objects/Opportunity?show=unused"}}},
		Base:       []Hidden{{Name: "base", Value: `{"fields":{}}`}},
		FieldsText: "4 of 64 shown, most used first",
		Search:     Field{Name: "q", Label: "Find a field", Placeholder: "Label or API name"},
		Parts:      Segments{Label: "Which fields", Items: []Segment{{Text: "All 64", URL: "?part=all", Current: true}, {Text: "Mapped 11", URL: "?part=mapped"}, {Text: "Broken 1", URL: "?part=broken"}}},
		Fields: []FieldLine{
			more(FieldLine{ID: "NextStep", Help: "What happens next, in one line.", Warning: "It keeps 255 characters. What is longer is not written.", Label: "Next Step", APIName: "NextStep", Type: "Text, 255", Changed: true, Product: products("NextStep", "action_items"), Direction: DirectionOut, Why: "mapped to a topic", CanEdit: true, Access: "Can edit", Editable: editable("NextStep", true), ImportedBy: "M. Quill", ImportedAt: "3 Nov", Examples: []string{"Send price for 40 seats", "Book security call", "Intro to Ruth Delmas"}}),
			{ID: "Pain_Points__c", Label: "Pain Points", APIName: "Pain_Points__c", Type: "Long text, 32,768", Product: products("Pain_Points__c", "pain"), Broken: "Broken since 16 Nov: lost edit permission", Direction: DirectionIn, Why: "mapped, but read-only wins", Access: "Read-only", WhyURL: "?why=Pain_Points__c", EditableText: "No: Salesforce forbids it", RulesText: "Never written, so no conflict is possible", ImportedBy: "M. Quill", ImportedAt: "3 Nov", Examples: []string{"Handovers get lost", "Manual CRM entry", "—"}},
			more(FieldLine{ID: "StageName", Label: "Stage", APIName: "StageName", Type: "Picklist, 9 values, required", Product: products("StageName", ""), Direction: DirectionBoth, Why: "editable, not mapped", CanEdit: true, Access: "Can edit", Editable: editable("StageName", true), ImportedBy: "Default", Examples: []string{"Proposal", "Negotiation", "Discovery"}}),
			{ID: "ExpectedRevenue", Label: "Expected Revenue", APIName: "ExpectedRevenue", Type: "Currency, formula", ProductText: "Formula fields take no value", Direction: DirectionIn, Why: "Salesforce computes it", Access: "Read-only", EditableText: "No: computed", ImportedBy: "Default", Examples: []string{"28,800.00", "10,000.00", "19,250.00"}},
		},
		Pager: Pager{Text: "1 to 4 of 64", OlderURL: "?after=ExpectedRevenue", OlderText: "Next 8"},
	}
}

func importing() ImportPage {
	return ImportPage{
		Shell: shell("Import Properties", NavSettings), Head: Head{Title: "Import Properties", Lead: "Fields of Opportunity that are not here yet. They appear in the table at once, with their values."},
		URL: "/settings/salesforce/objects/Opportunity/properties", CancelURL: "/settings/salesforce/objects/Opportunity",
		Found: "3 fields", Hint: "A field that is missing here is hidden from the connected user.",
		Search: Field{ID: "import-q", Name: "q", Label: "Find a field", Placeholder: "Label or API name", Type: "search"},
		Type:   Select{ID: "import-type", Name: "type", Label: "Type", Options: []Option{{Text: "All types", Selected: true}, {Value: "picklist", Text: "Picklist"}}},
		Cost:   "Their values are here already, so importing costs no API call. Importer: you.",
		Fields: []ImportLine{
			{Label: "Decision Maker", APIName: "Decision_Maker__c", Type: "Lookup (Contact)", CanEdit: true, Access: "Can edit", Checked: true, Examples: []string{"Ruth Delmas", "Jonah Pryce"}},
			{Label: "Renewal Risk", APIName: "Renewal_Risk__c", Type: "Picklist, 3 values", CanEdit: true, Access: "Can edit", Examples: []string{"Low", "Low", "High"}},
			{Label: "Health Score", APIName: "Health_Score__c", Type: "Number, formula", Access: "Read-only: inbound", Examples: []string{"no value in the last 3"}},
		},
	}
}

func importPages() []page {
	none, bad := importing(), importing()
	none.Fields, none.Found = nil, "0 fields"
	none.Empty = Empty{Icon: IconSearch, Title: "No field fits", Text: "Everything that the connected user can see is imported, or the search leaves nothing."}
	bad.Fields[0].Label, bad.Fields[0].Examples[0] = hostile, hostile
	bad.Errors = []FieldError{{FieldID: "import-title", Text: "Tick at least one field, then import."}}
	return []page{{"settings-import", Import(importing())}, {"settings-import-empty", Import(none)}, {"settings-import-hostile", Import(bad)}}
}

func objectsPages() []page {
	none := objects()
	none.Objects, none.Broken, none.Cards = nil, Notice{}, nil
	none.Empty = Empty{Icon: IconCustom, Title: "No objects yet", Text: "They are listed once Salesforce is connected.", Actions: []Action{{Text: "Connect Salesforce", URL: "/settings/salesforce", Style: Primary}}}
	found := object()
	found.Fields, found.Pager, found.Gate = nil, Pager{}, nil
	found.Empty = Empty{Icon: IconSearch, Title: "No field matches “nex”", Text: "Search looks at label and API name.", Actions: []Action{{Text: "Show all 64", URL: "?"}}}
	suspended := object()
	suspended.Parts.Items[2].Current, suspended.Parts.Items[0].Current = true, false
	suspended.Fields = []FieldLine{
		{ID: "Hull__c", Label: "Hull__c", APIName: "Hull__c", Type: "string", ProductText: "Not mapped", Broken: "Suspended since 16 Nov 2026, 09:12. Salesforce no longer shows Hull__c to the connected user: it was deleted, renamed or hidden. Restore it or give the user access, and it goes on by itself.", Why: "Suspended; the other fields go on.", Access: "Not shown by Salesforce", EditableText: "Not possible", ImportedBy: "M. Quill", ImportedAt: "3 Nov"},
		{ID: "Keel__c", Label: "Keel", APIName: "Keel__c", Type: "double", ProductText: "Not mapped", Broken: "Suspended since 16 Nov 2026, 09:12. In Salesforce Keel changed its type from string to double. Change it back, or import the field again to take the new type.", BrokenLink: Link{Text: "Import Keel__c again", URL: "/settings/salesforce/objects/Opportunity/import?field=Keel__c"}, Why: "Suspended; the other fields go on.", CanEdit: true, Access: "Can edit", Editable: &Switch{ID: "editable_Keel__c", Name: "editable_Keel__c", Label: "Editable", On: true}, ImportedBy: "M. Quill", ImportedAt: "3 Nov"},
	}
	suspended.Pager = Pager{}
	under := object()
	under.Load, under.Live = &loadSamples()[0], Live{URL: "/settings/salesforce/objects/Contact?part=load"}
	found.Load = &Load{
		Kind: KindContact, Name: "Contact", State: StateChip(StateOK), Share: -1, Text: "All Contact records are here: 48,112.",
		Second:  "Loading them again takes about 8 API calls. Nothing is emptied meanwhile, and nothing is written to Salesforce.",
		Actions: []Action{{Text: "Load again", URL: "/settings/salesforce/objects/Contact/load", Icon: IconAgain, Post: true, About: " all records of Contact"}},
	}
	// An added object of which a field is filled from the product's own records.
	custom := object()
	custom.Head.Title, custom.Head.Mono, custom.Head.Kind = "Renewal Plan", "Renewal_Plan__c", KindCustom
	custom.Switches = append(custom.Switches, Switch{Name: "switch_create_missing", Label: "Create records where none matches", Effect: "Where no Renewal Plan is a record of your product’s own kind, a new one is made. Off: that record stays here.", Meta: Meta{Default: "off"}})
	custom.Fields, custom.Gate, custom.Advice, custom.Pager = custom.Fields[:1], nil, nil, Pager{}
	custom.Fields[0].Product.Options = append(custom.Fields[0].Product.Options, Option{Value: "custom.risk.what", Text: "what", Selected: true})
	bad := object()
	bad.Fields[0].Label, bad.Fields[0].Examples[0], bad.Fields[1].Broken, bad.Gate.Text = hostile, hostile, hostile, hostile
	bad.Fields[0].Product.Options[1].Text = hostile
	list := objects()
	list.Objects[0].Label, list.Objects[0].ChangedBy = hostile, hostile
	return []page{
		{"settings-objects", Objects(objects())},
		{"settings-objects-empty", Objects(none)},
		{"settings-objects-hostile", Objects(list)},
		{"settings-object", Object(object())},
		{"settings-object-loading", Object(under)},
		{"settings-object-nothing-found", Object(found)},
		{"settings-object-custom", Object(custom)},
		{"settings-object-suspended", Object(suspended)},
		{"settings-object-hostile", Object(bad)},
	}
}
