package views

// LoginPage is the only page without a shell.
type LoginPage struct {
	// URL receives email, password, remember ("on") and next.
	URL       string
	Workspace string
	Email     string
	// Next is the local path to go to afterwards, posted back as "next".
	Next string
	// Error is the bold half, ErrorNext what happens next: never which part
	// was wrong.
	Error     string
	ErrorNext string
	// Notice is a quiet line, such as "You are signed out."
	Notice string
	// RememberFor is "30 days"; empty draws no checkbox.
	RememberFor string
	// Hint is the line that the demo shows: how to sign in there.
	Hint string
}

// ErrorPage answers 403, 404, 500 and 503. With a zero Shell it stands alone.
type ErrorPage struct {
	Shell Shell
	Empty Empty
	// Number is the incident number that an admin can look up.
	Number string
}
