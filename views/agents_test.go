package views

func agentsList() AgentsPage {
	return AgentsPage{
		List: ListPage{
			Shell: shell("Agents", NavSettings), Head: Head{Title: "Agents", Lead: "The product’s conversation agents."}, Caption: "Agents",
			Columns: []Column{{Text: "Agent"}, {Text: "State"}, {Text: "Writes"}, {Text: "Filters"}, {Text: "Changed", Wide: true}},
			Rows: []Row{
				{ID: "default", Cells: []Cell{{Text: "Default agent", Second: "default", URL: "/settings/agents/default"}, {Chip: Chip{Good, IconOK, "On"}}, {Text: "Lead-first: Lead only"}, {Text: "Everything is sent"}, {Text: "As delivered"}}},
				{ID: "web", Cells: []Cell{{Text: "Web chat", Second: "web", URL: "/settings/agents/web"}, {Chip: Chip{Idle, IconPause, "Off"}}, {Text: "Nothing is sent"}, {Text: "2 conditions"}, {Time: at("3 Nov 2026, 09:14"), Second: "Mara Quill"}}},
			},
		},
		Create: &SmallForm{Title: "Add an agent", Button: "Add agent", Form: Form{URL: "/settings/agents"}, Fields: []Field{{Name: "name", Label: "Name"}, {Name: "id", Label: "Id in the product", Hint: "As the product sends it."}}},
	}
}

func agentOf() AgentPage {
	line := func(field, api, source, standard string) AgentLine {
		return AgentLine{
			Field: field, APIName: api, Name: Hidden{"Lead_field", api},
			Source:  Field{ID: "source_" + api, Name: "Lead_source", Label: "Source of " + field, Value: source, Small: true, List: SourceList},
			Default: Field{ID: "default_" + api, Name: "Lead_default", Label: "Default of " + field, Value: standard, Small: true},
		}
	}
	fresh := line("new field 1", "new", "", "")
	fresh.Choose = &Select{ID: "choose", Name: "Lead_field", Label: "New field 1 of Lead", Small: true, Options: []Option{{Text: "Add a field …", Selected: true}, {Value: "Rating", Text: "Rating"}}}
	return AgentPage{
		Shell:   shell("Web chat", NavSettings),
		Head:    Head{Crumb: []Link{{Text: "Agents", URL: "/settings/agents"}}, Title: "Web chat", Mono: "web", Lead: "What of its conversations is written to Salesforce."},
		Form:    Form{URL: "/settings/agents/web", Revision: "3", Bar: SaveBar{Save: "Save agent", DiscardURL: "/settings/agents/web"}},
		Name:    Field{Name: "name", Label: "Name", Value: "Web chat"},
		Enabled: Switch{Name: "enabled", Label: "Send its conversations to Salesforce", On: true, Effect: "Off: they stay here."},
		Objects: ChoiceGroup{Name: "objects", Legend: "Objects it writes", Many: true, Hint: "Lead first or account-based follows from this.", Choices: []Choice{{Value: "Lead", Label: "Lead", Effect: "Becomes a Lead.", Checked: true}, {Value: "Account", Label: "Account", Effect: "Matched by domain."}}},
		Match:   Select{Name: "account_match_field", Label: "Account Match Field", Options: []Option{{Text: "None"}, {Value: "Website", Text: "Website", Selected: true}}, Hint: "Needed where Accounts are written."},
		Notice:  Notice{Tone: Attention, Text: "Salesforce requires Lead.Company."},
		Parts:   []AgentPart{{Object: "Lead", Kind: KindLead, Title: "Fields of Lead", Text: "To leave a field out, empty both of its inputs.", Lines: []AgentLine{line("Last Name", "LastName", "person.last_name", ""), line("Company", "Company", "answer.company", "[not provided]"), fresh}}},
		Filters: AgentFilters{Text: "All conditions must hold.", Lines: []FilterLine{{
			Source: Field{ID: "filter_source_1", Name: "filter_source", Label: "Filter 1", Value: "answer.budget", Small: true, List: SourceList},
			Op:     Select{ID: "filter_op_1", Name: "filter_op", Label: "Comparison of filter 1", Small: true, Options: []Option{{Value: "set", Text: "has a value", Selected: true}}},
			Value:  Field{ID: "filter_value_1", Name: "filter_value", Label: "Value of filter 1", Small: true},
			Object: Select{ID: "filter_object_1", Name: "filter_object", Label: "Object of filter 1", Small: true, Options: []Option{{Text: "Everything", Selected: true}}},
		}}},
		Sources: []Option{{Value: "person.email", Text: "Person: E-mail"}, {Value: "conversation.url", Text: "Conversation: Link to the conversation"}},
		Facts:   []Fact{{Label: "Order", Value: "Lead-first: Lead only"}},
	}
}

func agentPages() []page {
	bad := agentOf()
	bad.Form.Unsaved = true
	bad.Form.Errors = []FieldError{{"account_match_field", "Choose the Account Match Field."}, {"Lead", hostile}, {"filters", hostile}}
	bad.Match.Error, bad.Parts[0].Error, bad.Filters.Error = "Choose the Account Match Field.", hostile, hostile
	bad.Head.Title, bad.Name.Value, bad.Parts[0].Lines[0].Field, bad.Parts[0].Lines[1].Default.Value, bad.Filters.Lines[0].Source.Value = hostile, hostile, hostile, hostile, hostile
	return []page{
		{"agents", Agents(agentsList())},
		{"agent", Agent(agentOf())},
		{"agent-hostile", Agent(bad)},
	}
}
