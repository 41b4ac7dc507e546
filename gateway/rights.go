package gateway

// RightSource is a profile or permission set of the org and what it gives on one
// field or object.
type RightSource struct {
	ID       string // of the permission set; a profile has one of its own
	Label    string // as Setup lists it
	Profile  bool
	Assigned bool // the connected user has it
	Read     bool
	Edit     bool
}
