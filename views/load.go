package views

// Load is how far the loading of one object from Salesforce is.
type Load struct {
	Kind, Name string
	State      Chip
	// Share is 0 to 1000 (per mille), for the bar only; -1 where it is not known
	// how many rows there are.
	Share int
	// Bar names the bar to a screen reader; "" means how much of Name is loaded.
	Bar string
	// Text is "412,000 of 1,000,000 rows"; Second tells rate, time left and way.
	Text, Second string
	Actions      []Action
}

// underWay reports whether a person may be waiting for it, or must act.
func (l *Load) underWay() bool { return l != nil && (l.Share >= 0 || l.State.Tone != Good) }

// PartLoad is the part of an object's page that tells of loading.
const PartLoad = "load"
