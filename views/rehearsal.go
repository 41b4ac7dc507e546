package views

// PartRehearsal is what of the page follows a rehearsal.
const PartRehearsal = "rehearsal"

// RehearsalPage begins a rehearsal and shows the last one.
type RehearsalPage struct {
	Shell   Shell
	Head    Head
	Live    Live
	Notice  Notice // how far one is, or why the last came to no result
	Begin   Action // without an address: one runs, or pages cannot begin one
	Command string // that does the same
	// Score is "97 of 100", "" while there was no whole rehearsal.
	Score, Summary, Reckoned string
	Weak                     ListPage
	Notes                    []string
}
