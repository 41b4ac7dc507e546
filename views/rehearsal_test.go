package views

func rehearsalSample(why string) RehearsalPage {
	return RehearsalPage{
		Shell: shell("Rehearsal", NavSettings),
		Head:  Head{Crumb: []Link{{Text: "Salesforce settings", URL: "/settings/salesforce/advanced"}}, Title: "Rehearsal", Lead: "Plays faults to these settings on a simulated org."},
		Live:  Live{URL: "/settings/salesforce/rehearsal?part=rehearsal"}, Command: "tidegate rehearse --workspace demo",
		Begin: Action{Text: "Begin a rehearsal", URL: "/settings/salesforce/rehearsal", Style: Primary, Post: true},
		Score: "97 of 100", Summary: "161 plays: 154 recovered by themselves, 7 were kept for a person, 0 failed.", Reckoned: "What recovers by itself counts a point.",
		Weak: ListPage{
			Caption: "Weak spots", Columns: []Column{{Text: "Fault"}, {Text: "What met it"}, {Text: "Outcome"}, {Text: "What was seen"}, {Text: "What to do"}},
			Rows: []Row{{Cells: []Cell{{Text: "An owner who left"}, {Text: "a meeting"}, {Chip: Chip{Tone: Attention, Icon: IconWarning, Text: "Waits for a person"}}, {Text: why}, {Text: "Choose on the Advanced tab who gets what belongs to somebody who left."}}}},
		},
		Notes: []string{"Validation rules of the org that were rehearsed: Contact.Title_short."},
	}
}

func rehearsalPages() []page {
	running := rehearsalSample("The owner is not active.")
	running.Begin = Action{}
	running.Notice = Notice{Tone: UnderWay, Icon: IconAgain, Text: "3 of 24 faults are played; now: gap events.", Link: Link{Text: "Look again", URL: "/settings/salesforce/rehearsal"}}
	none := rehearsalSample("")
	none.Score, none.Weak, none.Notes = "", ListPage{}, nil
	return []page{
		{"rehearsal", Rehearsal(rehearsalSample("The owner is not active."))},
		{"rehearsal-running", Rehearsal(running)},
		{"rehearsal-none", Rehearsal(none)},
		{"rehearsal-hostile", Rehearsal(rehearsalSample(hostile))},
	}
}
