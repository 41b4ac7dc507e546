package views

// UndoPage is the dry run of an undo.
type UndoPage struct {
	Shell  Shell
	Head   Head
	Notice Notice
	// Restores is what would be written, Left what stays and why.
	Restores, Left ListPage
	Form           Form
	Hidden         []Hidden
	// Button is empty where nothing goes back.
	Button string
	Cancel Link
}

// Written says where the value of a field came from.
type Written struct {
	Text       string
	Link, Undo Link
}
