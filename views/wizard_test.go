package views

func wizardSampleA() WizardPage {
	return WizardPage{
		Shell: shell("Who wins", NavSettings),
		Head:  Head{Crumb: []Link{{Text: "Salesforce settings", URL: "/settings/salesforce/notes"}}, Title: "Who wins when both sides changed?", Lead: "Decided once per kind of data."},
		Step:  "Step 2 of 6",
		Group: &ChoiceGroup{Name: "decide_amounts", Legend: "Who wins for amounts and close dates?", Hint: "What a deal is worth and when it closes.", Columns: true, Choices: []Choice{
			{Value: "recent", Label: "Most recent wins", Effect: "The later of both changes stays. Suggested: most teams choose it."},
			{Value: "salesforce", Label: "Salesforce wins", Effect: "What somebody typed in Salesforce stays."},
		}},
		Form: Form{URL: "/settings/salesforce/winners"}, Hidden: []Hidden{{"decide_ownership", "salesforce"}, {"answered", "amounts"}},
		Next: Action{Text: "Next", Style: Primary}, Back: Link{Text: "Back", URL: "/settings/salesforce/winners?back=ownership"}, Cancel: Link{Text: "Leave it as it is", URL: "/settings/salesforce/advanced"},
	}
}

func wizardPages() []page {
	missing, end, bad := wizardSampleA(), wizardSampleA(), wizardSampleA()
	group := *missing.Group
	group.Error = "Choose who wins, then go on."
	missing.Group, missing.Form.Errors = &group, []FieldError{{FieldID: "decide_amounts", Text: "Choose who wins for amounts and close dates."}}
	end.Step, end.Group, end.Sentence, end.Post, end.Form = "Your answers", nil, "Salesforce wins for ownership; the most recent value wins for everything else.", true, Form{URL: "/settings/salesforce/advanced", Revision: "3"}
	end.Next.Text = "Review and save"
	bad.Head.Title, bad.Step, bad.Hidden[0].Value = hostile, hostile, hostile
	return []page{{"wizard", Wizard(wizardSampleA())}, {"wizard-missing", Wizard(missing)}, {"wizard-end", Wizard(end)}, {"wizard-hostile", Wizard(bad)}}
}
