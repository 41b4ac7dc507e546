package settings

import (
	"encoding/json"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/agent"
)

// shape is how the value of a setting is said.
type shape int

const (
	shapeText shape = iota
	shapeSwitch
	shapeList
	shapeNumber
	shapeSteps
	shapeValues
	shapeFilters
)

// item is what the pages call one setting.
type item struct {
	label string
	shape shape
	words map[string]string // value → words, where they differ
	none  string            // what an empty value means
}

var places = map[string]string{"note": "Note", "event": "Event", "task": "Task"}

var winners = map[string]string{
	string(gateway.WinnerSalesforce): "Salesforce wins", string(gateway.WinnerProduct): "Product wins",
	string(gateway.WinnerRecent): "Most recent wins", string(gateway.WinnerAsk): "Ask a person",
}

// items names every setting once, for the diff before saving, the audit log
// and the merge of two saves. A name that ends in "." stands for one entry a
// key, and its label is followed by that key.
var items = map[gateway.Tab]map[string]item{
	gateway.TabNotes: {
		"auto_events":   {label: "Create Events automatically", shape: shapeSwitch},
		"meeting_notes": {label: "Meeting notes go to", shape: shapeList, words: places, none: "nowhere"},
		"call_notes":    {label: "Call notes go to", shape: shapeList, words: places, none: "nowhere"},
		"locked":        {label: "Lock for everyone", shape: shapeSwitch},
		"pilot.on":      {label: "Limit syncing to a pilot group", shape: shapeSwitch},
		"pilot.members": {label: "Pilot group", shape: shapeList, none: "nobody"},
	},
	gateway.TabObjects: {
		"writeback.":      {label: "Sync to Salesforce: ", shape: shapeSwitch},
		"create_missing.": {label: "Create when missing: ", shape: shapeSwitch},
		"update_fields.":  {label: "Sync updates to object fields: ", shape: shapeSwitch},
		"filters":         {label: "Filters", shape: shapeFilters, none: "everything is sent"},
		"added":           {label: "Objects added", shape: shapeList, none: "none"},
	},
	gateway.TabContacts: {
		"auto_create":            {label: "Create contacts from meetings", shape: shapeSwitch},
		"teams":                  {label: "Teams whose meetings count", shape: shapeList, none: "none"},
		"exclude_public_domains": {label: "Exclude public e-mail domains", shape: shapeSwitch},
		"allow_domains":          {label: "Allowed all the same", shape: shapeList, none: "none"},
		"own_domains":            {label: "Our own domains", shape: shapeList, none: "those of the members"},
		"leads_first":            {label: "Look at Leads first", shape: shapeSwitch},
		"cap_meeting":            {label: "At most, per meeting", shape: shapeNumber},
		"cap_hour":               {label: "At most, per hour", shape: shapeNumber},
		"create_accounts":        {label: "Create an account when none matches", shape: shapeSwitch},
		"chain":                  {label: "How a person is recognized", shape: shapeSteps, none: "only by a link"},
		"account_match_field":    {label: "Account Match Field", none: "none"},
		"phone_region":           {label: "Country of phone numbers", none: "that of the connected user"},
		"activity_object":        {label: "Sync activity to", none: "Default (Lead or Contact)"},
		"phone_field":            {label: "Object phone field", none: "none"},
	},
	gateway.TabForecast: {
		"period":     {label: "Forecast period", words: map[string]string{"monthly": "Monthly", "quarterly": "Quarterly"}},
		"amount":     {label: "Amounts are", words: map[string]string{"total": "Total", "weighted": "Weighted"}},
		"count_by":   {label: "Deals count by", words: map[string]string{"category": "Forecast category", "stage": "Stage"}},
		"categories": {label: "Forecast categories that count", shape: shapeList, none: "none"},
		"stages":     {label: "Stages that count", shape: shapeList, none: "none"},
		"teams":      {label: "Teams that see the forecast", shape: shapeList, none: "all"},
		"roles":      {label: "Roles that see the forecast", shape: shapeList, none: "all"},
	},
	gateway.TabAdvanced: {
		"currency_label": {label: "Currency label"},
		"fallback_owner": {label: "Owner instead of an inactive one", none: "nobody: it waits for a person"},
		"opportunity_rule": {label: "Of several open opportunities, a meeting goes to", none: "the one that closes first", words: map[string]string{
			gateway.OpportunityClosing: "the one that closes first", gateway.OpportunityRecent: "the one that changed last",
			gateway.OpportunityLargest: "the one with the largest amount", gateway.OpportunityNone: "none of them",
		}},
		"own_sight":            {label: "Reps see only what Salesforce shows them", shape: shapeSwitch},
		"amount_field":         {label: "Deal amount field"},
		"close_date_field":     {label: "Deal close date field"},
		"summarize_topics":     {label: "Summarize Smart Topics in the deals dashboard", shape: shapeSwitch},
		"emails_from_tasks":    {label: "E-mails from Task objects", shape: shapeSwitch},
		"emails_from_messages": {label: "E-mails from EmailMessage objects", shape: shapeSwitch},
		"purpose_field.event":  {label: "Purpose, Event field", none: "not written"},
		"purpose_field.task":   {label: "Purpose, Task field", none: "not written"},
		"outcome_field.event":  {label: "Outcome, Event field", none: "not written"},
		"outcome_field.task":   {label: "Outcome, Task field", none: "not written"},
		"purposes":             {label: "Meeting purposes", shape: shapeValues, none: "none"},
		"outcomes":             {label: "Meeting outcomes", shape: shapeValues, none: "none"},
		"conflicts.":           {label: "Who wins: ", words: winners, none: "not decided"},
	},
}

// find returns what a setting is called; key is what follows a label that
// stands for several.
func find(tab gateway.Tab, name string) (found item, key string, ok bool) {
	if found, ok = items[tab][name]; ok {
		return found, "", true
	}
	if before, after, cut := strings.Cut(name, "."); cut {
		found, ok = items[tab][before+"."]
		return found, after, ok
	}
	return item{}, "", false
}

// Label returns what the pages call a setting, such as "Meeting notes go to"
// or "Sync to Salesforce: Contact".
func Label(tab gateway.Tab, name string) string {
	found, key, ok := find(tab, name)
	if !ok {
		return name
	}
	return found.label + key
}

// Words returns the value of a setting, compact JSON, as the pages say it.
func Words(tab gateway.Tab, name, value string) string {
	found, _, ok := find(tab, name)
	if !ok {
		return value
	}
	if absent(value) && found.shape != shapeSwitch {
		return found.none
	}
	switch found.shape {
	case shapeSwitch:
		if value == "true" {
			return "On"
		}
		return "Off"
	case shapeList:
		return found.join(decoded[[]string](value))
	case shapeSteps:
		return stepWords(decoded[[]gateway.MatchStep](value))
	case shapeValues:
		return valueWords(decoded[[]gateway.ActivityValue](value))
	case shapeFilters:
		return filterWords(decoded[[]gateway.Filter](value))
	case shapeNumber:
		return value
	default:
		return found.word(decoded[string](value))
	}
}

func (i item) word(value string) string {
	if said, ok := i.words[value]; ok {
		return said
	}
	return value
}

func (i item) join(values []string) string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		out = append(out, i.word(v))
	}
	return strings.Join(out, ", ")
}

// decoded reads a value that was written by Encode; anything else is its zero
// value, which is then said as none.
func decoded[T any](value string) (out T) {
	_ = json.Unmarshal([]byte(value), &out) // see above
	return out
}

func stepWords(steps []gateway.MatchStep) string {
	out := make([]string, 0, len(steps))
	for _, s := range steps {
		out = append(out, StepWords(s))
	}
	return strings.Join(out, ", then ")
}

// StepWords says what a step of the match chain looks for.
func StepWords(s gateway.MatchStep) string {
	switch s.By {
	case "email":
		return "e-mail"
	case "phone":
		return "mobile or phone"
	case "domain":
		return "e-mail domain"
	}
	return s.Field
}

func valueWords(values []gateway.ActivityValue) string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		out = append(out, v.Name+" (Event: "+orNone(v.Event)+", Task: "+orNone(v.Task)+")")
	}
	return strings.Join(out, "; ")
}

func orNone(text string) string {
	if text == "" {
		return "not written"
	}
	return text
}

func filterWords(filters []gateway.Filter) string {
	out := make([]string, 0, len(filters))
	for _, f := range filters {
		out = append(out, agent.FilterWords(f))
	}
	return strings.Join(out, " and ")
}
