package views

// KeysPage is /settings/keys: the keys of the product API.
type KeysPage struct {
	Shell Shell
	Head  Head
	// Fresh is a key that was just made; it is shown this once.
	Fresh string
	// Form makes a key named by Name.
	Form    Form
	Name    Field
	Columns []Column
	Rows    []Row
}
