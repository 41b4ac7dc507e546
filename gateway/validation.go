package gateway

// ValidationRule is a rule of the org that refuses writes: those for which its
// formula holds.
type ValidationRule struct {
	Object, Name string
	Formula      string
	Message      string // what Salesforce says then
	Field        string // beside which it says so, "" = on top of the page
}
