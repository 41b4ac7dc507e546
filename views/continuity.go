package views

// HolePage is one continuity record: what was missed, how it was repaired, and
// the certificate.
type HolePage struct {
	Shell Shell
	Head  Head
	Live  Live
	// Notice says what to do about a repair that stands still.
	Notice Notice
	Facts  []Fact
	// Columns and Rows are the objects.
	Columns []Column
	Rows    []Row
	// Certificate is empty until the hole is closed.
	Certificate []Fact
	// CertificateText says what holds, and how to check it.
	CertificateText string
	Download        Action
}

// PartHole is the part of a continuity record's page that follows by itself.
const PartHole = "hole"
