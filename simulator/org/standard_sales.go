package org

// Stage is a row of OpportunityStage: what a stage implies.
type Stage struct {
	Name        string
	Probability float64 // percent
	Category    string  // ForecastCategory API value
	Closed, Won bool
}

// Stages are the default sales process, in order.
var Stages = []Stage{
	{"Prospecting", 10, "Pipeline", false, false},
	{"Qualification", 10, "Pipeline", false, false},
	{"Needs Analysis", 20, "Pipeline", false, false},
	{"Value Proposition", 50, "Pipeline", false, false},
	{"Id. Decision Makers", 60, "Pipeline", false, false},
	{"Perception Analysis", 70, "BestCase", false, false},
	{"Proposal/Price Quote", 75, "BestCase", false, false},
	{"Negotiation/Review", 90, "Forecast", false, false},
	{"Closed Won", 100, "Closed", true, true},
	{"Closed Lost", 0, "Omitted", true, false},
}

// categoryLabels maps ForecastCategory to ForecastCategoryName: "Forecast" is
// shown as "Commit".
var categoryLabels = map[string]string{
	"Omitted": "Omitted", "Pipeline": "Pipeline", "BestCase": "Best Case",
	"MostLikely": "Most Likely", "Forecast": "Commit", "Closed": "Closed",
}

func stageByName(name string) (Stage, bool) {
	for _, s := range Stages {
		if s.Name == name {
			return s, true
		}
	}
	return Stage{}, false
}

func stageNames() []string {
	names := make([]string, len(Stages))
	for i, s := range Stages {
		names[i] = s.Name
	}
	return names
}

func opportunityObject() *Object {
	category := pick("ForecastCategory", "Omitted", "Pipeline", "BestCase", "MostLikely", "Forecast", "Closed").readOnly()
	category.Nillable = false
	closed := func(name string) *Field { return flag(name).readOnly() }
	o := newObject("Opportunity", "Opportunity", "Opportunities", "006", []*Field{
		ref("AccountId", "Account").children("Opportunities").cascade(),
		flag("IsPrivate").labeled("Private"),
		text("Name", 120).required().named(),
		area("Description", 32000),
		pick("StageName", stageNames()...).required().labeled("Stage"),
		number("Amount", TypeCurrency, 18, 2),
		number("Probability", TypePercent, 3, 0).labeled("Probability (%)"),
		number("ExpectedRevenue", TypeCurrency, 18, 2).readOnly().labeled("Expected Amount"),
		number("TotalOpportunityQuantity", TypeDouble, 18, 2).labeled("Quantity"),
		date("CloseDate").required(),
		pick("Type", "Existing Customer - Upgrade", "Existing Customer - Replacement", "Existing Customer - Downgrade", "New Customer").labeled("Opportunity Type"),
		text("NextStep", 255),
		pick("LeadSource", leadSources...),
		closed("IsClosed"),
		closed("IsWon").labeled("Won"),
		category,
		pick("ForecastCategoryName", "Omitted", "Pipeline", "Best Case", "Most Likely", "Commit", "Closed").labeled("Forecast Category").restricted(),
		closed("HasOpportunityLineItem").labeled("Has Line Item"),
		owner(""),
		whole("PushCount", 9).readOnly(),
		moment("LastStageChangeDate").readOnly(),
		whole("FiscalQuarter", 9).readOnly(),
		whole("FiscalYear", 9).readOnly(),
		text("Fiscal", 6).readOnly().labeled("Fiscal Period"),
		ref("ContactId", "Contact").createOnly(),
		closed("HasOpenActivity"),
		closed("HasOverdueTask"),
	}, viewDates(), []*Field{
		area("Pain_Points__c", 32768).helped("What hurts the customer today, in his own words."),
		text("Competitor__c", 255).helped("Who else is considered for this deal."),
		upsertKey(),
	})
	o.FeedEnabled = true
	return o
}

func contactRoleObject() *Object {
	return newObject("OpportunityContactRole", "Opportunity Contact Role", "Opportunity Contact Role", "00K", []*Field{
		ref("OpportunityId", "Opportunity").required().createOnly().children("OpportunityContactRoles").cascade(),
		ref("ContactId", "Contact").required().children("OpportunityContactRoles").cascade(),
		pick("Role", "Business User", "Decision Maker", "Economic Buyer", "Economic Decision Maker", "Evaluator",
			"Executive Sponsor", "Influencer", "Technical Buyer", "Other"),
		flag("IsPrimary").labeled("Primary"),
	})
}

// reference makes one of the read-only objects that describe a picklist.
func reference(name, label, prefix string, fields []*Field) *Object {
	base := []*Field{
		text("MasterLabel", 255).readOnly().named(),
		text("ApiName", 255).readOnly().labeled("API Name"),
		whole("SortOrder", 9).readOnly(),
	}
	o := newObject(name, label, label, prefix, base, fields)
	o.Createable, o.Updateable, o.Deletable, o.Undeletable, o.Searchable = false, false, false, false, false
	return o
}

func stageObject() *Object {
	return reference("OpportunityStage", "Opportunity Stage", "01J", []*Field{
		flag("IsActive").readOnly(),
		flag("IsClosed").readOnly(),
		flag("IsWon").readOnly(),
		number("DefaultProbability", TypePercent, 3, 0).readOnly(),
		pick("ForecastCategory", "Omitted", "Pipeline", "BestCase", "MostLikely", "Forecast", "Closed").readOnly(),
		pick("ForecastCategoryName", "Omitted", "Pipeline", "Best Case", "Most Likely", "Commit", "Closed").readOnly(),
		text("Description", 255).readOnly(),
	})
}

func leadStatusObject() *Object {
	return reference("LeadStatus", "Lead Status Value", "01J", []*Field{
		flag("IsDefault").readOnly(),
		flag("IsConverted").readOnly(),
	})
}

func taskStatusObject() *Object {
	return reference("TaskStatus", "Task Status Value", "01K", []*Field{
		flag("IsDefault").readOnly(),
		flag("IsClosed").readOnly(),
	})
}
