package views

func reviewSampleA() ReviewPage {
	return ReviewPage{
		Shell:      shell("Review", NavSettings),
		Head:       Head{Crumb: []Link{{Text: "Settings"}, {Text: "CRM"}, {Text: "Salesforce"}, {Text: "Objects", URL: "/settings/salesforce/objects"}}, Title: "Review 2 changes before they take effect", Lead: "Nothing is saved yet. The effect below comes from running the new settings against the last 30 days."},
		Effects:    []Effect{{KindContact, "412 contacts would change", "in Salesforce, within about 3 minutes after saving"}, {KindEvent, "12 meetings go elsewhere", "notes move from Note to Event"}, {KindCustom, "+35 API calls a day", "14.0 % → 14.1 % of today’s budget"}},
		Overlap:    "Ines Okabe saved other settings at 14:02; they do not overlap with yours.",
		Changes:    []ReviewChange{{"Opportunity", "Next Step ← product property", "Not mapped", "Action Items", ""}, {"Contact", "Mobile, write mode", "Fill if empty", "Overwrite", "product numbers are newer"}},
		Risk:       Notice{Tone: Attention, Strong: "Overwrite can lose data.", Text: "Contact › Mobile replaces 412 numbers that people typed in Salesforce.", Link: Link{Text: "Show these 37", URL: "?risk=1"}},
		SampleLead: "A sample of 1. Values come from the mirror as of 14:32.",
		Sample:     []SampleRow{{KindContact, "Ann Ferrow", "Fernhollow Logistics", "Mobile", "+49 30 23125 100", "+49 30 23125 142", "2 Nov 2026, Jonah Pryce"}},
		Export:     "Export all 424 as CSV",
		Also:       []Fact{{Label: "Waiting edits", Value: "3 would be parked"}, {Label: "Stays as it is", Value: "1,204 people"}},
		Form:       Form{URL: "/settings/salesforce/review", Revision: "7"}, Fields: []Hidden{{"mode_Mobile", "overwrite"}},
		Password: &Field{Name: "password", Label: "Your password", Type: "password", Required: true, Autocomplete: "current-password", Hint: "Asked again, because this overwrites what people typed in Salesforce."},
		Confirm:  "I have seen that 412 contacts would change.", Note: "Can be undone as a whole for 30 days.", Back: "Back to editing",
	}
}

func reviewPages() []page {
	bad := reviewSampleA()
	bad.Changes[0].After, bad.Sample[0].Record, bad.Fields[0].Value = hostile, hostile, hostile
	return []page{{"review", Review(reviewSampleA())}, {"review-hostile", Review(bad)}}
}
