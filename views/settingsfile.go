package views

// SettingsFilePage is /settings/salesforce/file: all settings as one file, and
// a form that applies another.
type SettingsFilePage struct {
	Shell    Shell
	Head     Head
	Download Link
	Facts    []Fact // what the file holds
	Form     Form   // posts a file, or its text
	File     Field
	Text     Field
}
