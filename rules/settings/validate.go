package settings

import (
	"slices"
	"strings"

	"tidegate/gateway"
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
		bad.Fields = append(bad.Fields, f.field)
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
	for name := range s.Writeback {
		if !apiName(name) {
			return []fault{{"writeback", "\"" + name + "\" is not the API name of an object."}}
		}
	}
	return nil
}

func contacts(s gateway.ContactsSettings) []fault {
	var faults []fault
	if slices.ContainsFunc(s.Teams, func(team string) bool { return strings.TrimSpace(team) == "" }) {
		faults = append(faults, fault{"teams", "A team needs a name."})
	}
	if s.AutoCreate && len(s.Teams) == 0 {
		faults = append(faults, fault{"teams", "Choose at least one team, or switch creating contacts off."})
	}
	for _, domain := range s.AllowDomains {
		if !domainName(domain) {
			faults = append(faults, fault{"allow_domains", "\"" + domain + "\" is not an e-mail domain such as example.com."})
		}
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
	return faults
}

// currencyLabelMax is what fits before an amount in a table cell.
const currencyLabelMax = 8

func advanced(s gateway.AdvancedSettings) []fault {
	var faults []fault
	if n := len([]rune(strings.TrimSpace(s.CurrencyLabel))); n == 0 || n > currencyLabelMax {
		faults = append(faults, fault{"currency_label", "The currency label has one to eight characters."})
	}
	if !apiName(s.AmountField) {
		faults = append(faults, fault{"amount_field", "Choose the field that holds the amount."})
	}
	if !apiName(s.CloseDateField) {
		faults = append(faults, fault{"close_date_field", "Choose the field that holds the close date."})
	}
	return faults
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
