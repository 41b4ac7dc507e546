package views

func webhooksList() WebhooksPage {
	return WebhooksPage{
		List: ListPage{
			Shell: shell("Webhooks", NavSettings), Head: Head{Title: "Webhooks", Lead: "Addresses at which Salesforce tells of changes. They only hint: Tidegate then reads the record itself."},
			Caption: "Webhooks", Columns: []Column{{Text: "Name"}, {Text: "State"}, {Text: "Last delivery"}, {Text: "Made", Wide: true}},
			Rows: []Row{
				{ID: "a", Cells: []Cell{{Text: "Contacts by Flow", Second: "Outbound message of a Flow or workflow rule", URL: "/settings/webhooks/a"}, {Chip: Chip{Good, IconOK, "Enabled"}}, {Time: at("2 s ago"), Chip: Chip{Good, IconOK, "Read"}}, {Time: at("18 Nov"), Second: "Mara Quill"}}},
				{ID: "b", Cells: []Cell{{Text: "Cases", Second: "Callout of Apex, signed", URL: "/settings/webhooks/b"}, {Chip: Chip{Idle, IconPause, "Disabled"}}, {Text: "None yet"}, {Time: at("17 Nov"), Second: "Mara Quill"}}},
			},
		},
		Create: &SmallForm{
			Title: "Make a webhook", Text: "The next page shows its secret once, and what to click in Salesforce.", Button: "Make webhook", Form: Form{URL: "/settings/webhooks"},
			Fields:  []Field{{Name: "name", Label: "Name", Required: true, MaxLength: "60", Hint: "What it tells of, such as “Contacts by Flow”."}},
			Selects: []Select{{Name: "kind", Label: "Sent by", Options: []Option{{Value: "outbound-messages", Text: "Outbound message of a Flow or workflow rule"}, {Value: "events", Text: "Callout of Apex, signed"}}, Hint: "An outbound message needs no code. Apex can tell of deleted records too."}},
		},
	}
}

func webhookPage() WebhookPage {
	return WebhookPage{
		Shell: shell("Contacts by Flow", NavSettings),
		Head: Head{
			Crumb: []Link{{Text: "Webhooks", URL: "/settings/webhooks"}}, Title: "Contacts by Flow", Lead: "Outbound message of a Flow or workflow rule.", Chip: Chip{Good, IconOK, "Enabled"},
			Actions: []Action{{Text: "Rotate secret", URL: "/settings/webhooks/a/rotate", Dialog: true}, {Text: "Disable", URL: "/settings/webhooks/a/disable", Post: true}, {Text: "Delete", URL: "/settings/webhooks/a/delete", Style: Destructive, Dialog: true}},
		},
		Facts: []Fact{{Label: "Address", Value: "https://tidegate.example/webhooks/salesforce/outbound-messages/a1B2c3D4e5F6g7H8i9J0?secret=…", Mono: true}, {Label: "Made", Value: "18 Nov 2026 by Mara Quill"}},
		Deliveries: ListPage{
			Caption: "Deliveries", Columns: []Column{{Text: "When"}, {Text: "Outcome"}, {Text: "Records"}, {Text: "What happened"}},
			Empty: Empty{Icon: IconInfo, Title: "Nothing came yet", Text: "Follow the recipe, then change a record in Salesforce. The delivery appears here within seconds; reload to see it."},
		},
		Recipe: Recipe{Title: "What to do in Salesforce", Text: "Shown for Contact.", Steps: []RecipeStep{
			{Text: "Setup, Quick Find “Outbound Messages”, New Outbound Message. Object: Contact, Next."},
			{Text: "Name it “Tidegate Contact”. Enter this Endpoint URL:", Code: "https://tidegate.example/webhooks/salesforce/outbound-messages/a1B2c3D4e5F6g7H8i9J0?secret=…"},
			{Text: "Make the class:", Code: "public class TidegateHook {\n    // many lines\n}\n"},
		}},
	}
}

func webhookPages() []page {
	none := webhooksList()
	none.List.Rows, none.List.Empty = nil, Empty{Icon: IconLink, Title: "No webhook yet", Text: "Changes come by the stream or by polling already. A webhook helps where an object has no change events."}
	none.Notice = Notice{Tone: Attention, Icon: IconWarning, Strong: "Salesforce delivers to https addresses only.", Text: "Tidegate is reached at http://127.0.0.1:8080 now."}
	refused := webhooksList()
	refused.Create.Fields[0].Error, refused.Create.Form.Errors = "Give the webhook a name of up to 60 characters.", []FieldError{{"name", "Give the webhook a name of up to 60 characters."}}
	fresh := webhookPage()
	fresh.Secret = &Once{Title: "The address with its secret", Text: "It is shown only now. Copy it before you leave this page; if it is lost, rotate it.", Value: "https://tidegate.example/webhooks/salesforce/outbound-messages/a1B2c3D4e5F6g7H8i9J0?secret=example0000000000000000000000000000000000000"}
	rows := webhookPage()
	rows.Facts = append(rows.Facts, Fact{Label: "Secret rotated", Value: "19 Nov 2026, 14:20"}, Fact{Label: "Old secret", Value: "accepted until 20 Nov 2026, 14:20"})
	rows.Retire = &Action{Text: "Refuse the old secret now", URL: "/settings/webhooks/a/retire", Post: true, Small: true}
	rows.Deliveries.Pager = Pager{OlderURL: "/settings/webhooks/a?before=7"}
	rows.Deliveries.Rows = []Row{
		{Cells: []Cell{{Time: at("1 s ago")}, {Chip: Chip{UnderWay, IconClock, "Reading"}}, {Text: "100 records", Second: "100 Contact"}, {Text: "40 records are still to be read."}}},
		{Cells: []Cell{{Time: at("2 min ago")}, {Chip: Chip{Good, IconOK, "Read"}}, {Text: "2 records", Second: "1 Contact, 1 Account"}, {Text: "All of it is read. Proven by the old secret."}}},
		{Cells: []Cell{{Time: at("3 min ago")}, {Chip: Chip{Idle, IconAgain, "Repeated"}}, {Text: "—"}, {Text: "It came before; it has no second effect."}}},
		{Cells: []Cell{{Time: at("4 min ago")}, {Chip: Chip{Idle, IconInfo, "Nothing to read"}}, {Text: "—"}, {Text: "Not mirrored here: Case."}}},
		{Cells: []Cell{{Time: at("5 min ago"), Second: "214 times within a minute"}, {Chip: Chip{Bad, IconCross, "Refused"}}, {Text: "—"}, {Text: "The secret in the address was missing or not right."}}},
	}
	bad := webhookPage()
	bad.Head.Title, bad.Facts[0].Value, bad.Recipe.Steps[1].Code, bad.Recipe.Steps[0].Text = hostile, hostile, hostile, hostile
	bad.Deliveries.Rows = []Row{{Cells: []Cell{{Text: hostile, Second: hostile}, {Chip: Chip{Bad, IconCross, hostile}}, {Text: hostile}, {Text: hostile}}}}
	return []page{
		{"webhooks", Webhooks(webhooksList())},
		{"webhooks-empty", Webhooks(none)},
		{"webhooks-refused", Webhooks(refused)},
		{"webhook-empty", Webhook(webhookPage())},
		{"webhook-secret", Webhook(fresh)},
		{"webhook-deliveries", Webhook(rows)},
		{"webhook-hostile", Webhook(bad)},
	}
}
