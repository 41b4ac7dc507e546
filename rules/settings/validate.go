package settings

import (
	"maps"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/match"
)

// Destinations are the places that notes can be written to (AVM-13).
var Destinations = []string{"note", "event", "task"}

// fault is one setting that cannot be saved, by its JSON name.
type fault struct{ field, message string }

// Validate refuses a tab that cannot be meant. The error is CodeInvalid, its
// Fields are the JSON names of the settings concerned and its Message the
// sentences about them, in the same order.
func Validate(s gateway.Settings, tab gateway.Tab) error {
	var faults []fault
	switch tab {
	case gateway.TabNotes:
		faults = append(chosen("meeting_notes", s.Notes.MeetingNotes), chosen("call_notes", s.Notes.CallNotes)...)
	case gateway.TabObjects:
		faults = objects(s.Objects)
	case gateway.TabContacts:
		faults = contacts(s.Contacts)
	case gateway.TabForecast:
		faults = forecast(s.Forecast)
	case gateway.TabAdvanced:
		faults = advanced(s.Advanced)
	default:
		return gateway.Errorf(gateway.CodeInvalid, "There is no settings tab %q.", tab)
	}
	if len(faults) == 0 {
		return nil
	}
	bad := gateway.Errorf(gateway.CodeInvalid, "%s", faults[0].message)
	for i, f := range faults {
		bad.Fields, bad.Sentences = append(bad.Fields, f.field), append(bad.Sentences, f.message)
		if i > 0 {
			bad.Message += " " + f.message
		}
	}
	return bad
}

// chosen accepts none: then notes are not written at all (AVM-13).
func chosen(field string, places []string) []fault {
	var faults []fault
	for i, place := range places {
		switch {
		case !slices.Contains(Destinations, place):
			faults = append(faults, fault{field, "Notes go to a Note, an Event or a Task, not to \"" + place + "\"."})
		case slices.Contains(places[:i], place):
			faults = append(faults, fault{field, "\"" + place + "\" is chosen twice."})
		}
	}
	return faults
}

func objects(s gateway.ObjectsSettings) []fault {
	var faults []fault
	for _, part := range []struct {
		field    string
		switches map[string]bool
	}{{"writeback", s.Writeback}, {"create_missing", s.CreateMissing}, {"update_fields", s.UpdateFields}} {
		for _, name := range slices.Sorted(maps.Keys(part.switches)) {
			if !apiName(name) {
				faults = append(faults, fault{part.field, "\"" + name + "\" is not the API name of an object."})
			}
		}
	}
	for i, name := range s.Added {
		if !apiName(name) || slices.Contains(s.Added[:i], name) || slices.Contains(gateway.ConfigurableObjects[:], name) {
			faults = append(faults, fault{"added", "\"" + name + "\" cannot be added: it is no API name of an object, or takes part already."})
		}
	}
	for _, f := range s.Filters {
		if strings.TrimSpace(f.Source) == "" || f.Object != "" && !apiName(f.Object) {
			faults = append(faults, fault{"filters", "A filter names what it looks at, such as person.company."})
		}
		if !slices.Contains(gateway.FilterOps[:], f.Op) {
			faults = append(faults, fault{"filters", "A filter compares by equals, differs, contains, set or empty."})
		}
	}
	return faults
}

// capMax keeps a typing error from creating thousands of contacts (S-53).
const capMax = 10000

func contacts(s gateway.ContactsSettings) []fault {
	var faults []fault
	if slices.ContainsFunc(s.Teams, func(team string) bool { return strings.TrimSpace(team) == "" }) {
		faults = append(faults, fault{"teams", "A team needs a name."})
	}
	if s.AutoCreate && len(s.Teams) == 0 {
		faults = append(faults, fault{"teams", "Choose at least one team, or switch creating contacts off."})
	}
	for _, domain := range s.AllowDomains {
		_, after, address := strings.Cut(domain, "@")
		if !domainName(domain) && (!address || !domainName(after)) {
			faults = append(faults, fault{"allow_domains", "\"" + domain + "\" is neither an e-mail domain such as example.com nor an address."})
		}
	}
	for _, domain := range s.OwnDomains {
		if !domainName(domain) {
			faults = append(faults, fault{"own_domains", "\"" + domain + "\" is not an e-mail domain such as example.com."})
		}
	}
	for field, n := range map[string]int{"cap_meeting": s.CapMeeting, "cap_hour": s.CapHour} {
		if n < 1 || n > capMax {
			faults = append(faults, fault{field, "A cap is a number from 1 to 10,000."})
		}
	}
	slices.SortStableFunc(faults, func(a, b fault) int { return strings.Compare(a.field, b.field) })
	return append(faults, recognizing(s)...)
}

// recognizing checks how a person and his account are found.
func recognizing(s gateway.ContactsSettings) []fault {
	var faults []fault
	for i, step := range s.Chain {
		known := step.By == "email" || step.By == "phone" || step.By == "domain"
		switch {
		case !known && step.By != "field", step.By == "field" && !apiName(step.Field):
			faults = append(faults, fault{"chain", "A person is recognized by e-mail, phone, domain or a field."})
		case slices.Contains(s.Chain[:i], step):
			faults = append(faults, fault{"chain", "The step “" + StepWords(step) + "” stands twice."})
		}
	}
	if s.AccountMatchField != "" && !apiName(s.AccountMatchField) {
		faults = append(faults, fault{"account_match_field", "\"" + s.AccountMatchField + "\" is not the API name of a field."})
	}
	if _, known := match.Region(s.PhoneRegion); s.PhoneRegion != "" && !known {
		faults = append(faults, fault{"phone_region", "\"" + s.PhoneRegion + "\" is no country as two letters, such as US or GB."})
	}
	if s.CreateAccounts && s.AccountMatchField == "" {
		faults = append(faults, fault{"account_match_field", "Accounts can only be created with an Account Match Field: choose one, or switch creating accounts off."})
	}
	if s.ActivityObject != "" && (!apiName(s.ActivityObject) || !apiName(s.PhoneField)) {
		faults = append(faults, fault{"phone_field", "Choose the phone field by which records of the object are found."})
	}
	return faults
}

func forecast(s gateway.ForecastSettings) []fault {
	var faults []fault
	if s.Period != "monthly" && s.Period != "quarterly" {
		faults = append(faults, fault{"period", "The forecast period is monthly or quarterly."})
	}
	if s.Amount != "total" && s.Amount != "weighted" {
		faults = append(faults, fault{"amount", "The forecast amount is total or weighted."})
	}
	switch {
	case s.CountBy != "category" && s.CountBy != "stage":
		faults = append(faults, fault{"count_by", "Deals count by forecast category or by stage."})
	case s.CountBy == "category" && len(s.Categories) == 0:
		faults = append(faults, fault{"categories", "Choose at least one forecast category, else no deal counts."})
	case s.CountBy == "stage" && len(s.Stages) == 0:
		faults = append(faults, fault{"stages", "Choose at least one stage, else no deal counts."})
	}
	return faults
}

// currencyLabelMax is what fits before an amount in a table cell.
const currencyLabelMax = 8

func advanced(s gateway.AdvancedSettings) []fault {
	var faults []fault
	if n := len([]rune(strings.TrimSpace(s.CurrencyLabel))); n == 0 || n > currencyLabelMax {
		faults = append(faults, fault{"currency_label", "The currency label has one to eight characters."})
	}
	if !slices.Contains([]string{"", gateway.OpportunityClosing, gateway.OpportunityRecent, gateway.OpportunityLargest, gateway.OpportunityNone}, s.OpportunityRule) {
		faults = append(faults, fault{"opportunity_rule", "Choose closing, recent, largest or none."})
	}
	if _, domain, at := strings.Cut(s.FallbackOwner, "@"); s.FallbackOwner != "" && (!at || !domainName(domain)) {
		faults = append(faults, fault{"fallback_owner", "Choose a Salesforce user by the e-mail address."})
	}
	if !apiName(s.AmountField) {
		faults = append(faults, fault{"amount_field", "Choose the field that holds the amount."})
	}
	if !apiName(s.CloseDateField) {
		faults = append(faults, fault{"close_date_field", "Choose the field that holds the close date."})
	}
	faults = append(faults, activityFields("purpose_field", s.PurposeField)...)
	faults = append(faults, activityFields("outcome_field", s.OutcomeField)...)
	for _, t := range gateway.DataTypes {
		switch s.Conflicts[t] {
		case gateway.WinnerNone, gateway.WinnerSalesforce, gateway.WinnerProduct, gateway.WinnerRecent, gateway.WinnerAsk:
		default:
			faults = append(faults, fault{"conflicts", "Who wins is Salesforce, the product, the most recent, or a person who is asked."})
		}
	}
	return faults
}

func activityFields(name string, pair gateway.ActivityPair) []fault {
	for _, field := range []string{pair.Event, pair.Task} {
		if field != "" && !apiName(field) {
			return []fault{{name, "\"" + field + "\" is not the API name of a field."}}
		}
	}
	return nil
}

// apiName reports whether s has the form of a Salesforce API name.
func apiName(s string) bool {
	for i, r := range s {
		letter := r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= 80
}

func domainName(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 || len(s) > 253 {
		return false
	}
	for _, label := range labels {
		if label == "" || strings.ContainsAny(label, " @/:\t\r\n") {
			return false
		}
	}
	return true
}
