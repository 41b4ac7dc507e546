package gateway

import "time"

// Traffic is how many rows came in from Salesforce and went out to it in a
// span of time.
type Traffic struct {
	// At is the beginning of the span.
	At time.Time
	// In are changes of records that were observed; Out are writes that
	// Salesforce took; Failed are those that needed a person.
	In, Out, Failed int
	// Calls is how many of the org's API calls of the day were used by all its
	// integrations, as last seen in the span; -1 when that is not known.
	Calls int
}
