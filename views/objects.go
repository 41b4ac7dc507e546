package views

// ObjectPage is the page of one object's fields.
type ObjectPage struct {
	Settings
	Head Head
	Live Live
	// Load is how far the object is loaded, nil while it cannot be.
	Load     *Load
	Notices  []Notice
	Switches []Switch
	// Advice stands below the switches: fields that nothing uses, conflict
	// winners that nobody chose.
	Advice []TextCard
	// Gate is the truth table of one field, the failing cell marked.
	Gate *Gate
	// Capability are the tests that activities can go to this object.
	Capability *Gate
	FieldsText string
	Search     Field
	// Parts are All, Mapped, Unmapped, Broken with their counts.
	Parts Segments
	Keep  []Hidden
	// Base carries what the form was made from.
	Base   []Hidden
	Fields []FieldLine
	Empty  Empty
	Pager  Pager
}

// Gate answers "why does a field write back?".
type Gate struct {
	// Title asks another question than that.
	Title string
	Field string
	Rows  []GateRow
	Text  string
	Link  Link
}

// GateRow is one condition.
type GateRow struct {
	Condition, Needs, Is string
	OK                   bool
}

// Directions of a field line.
const (
	DirectionIn   = "in"
	DirectionOut  = "out"
	DirectionBoth = "both"
	DirectionNone = ""
)

// FieldLine is one Salesforce field. A control that could have no effect is
// text: leave Product, Editable, Mode or Winner nil and give the words.
type FieldLine struct {
	ID, Label, APIName, Type string
	// Help is Salesforce's own help text of the field.
	Help string
	// Changed marks what this form has changed since it was saved.
	Changed bool
	Product *Select
	// ProductText stands instead of the control; Broken in red below it, with the
	// way out; Warning says what the field does not take.
	ProductText, Broken, Warning string
	BrokenLink                   Link
	// Direction is one of the Direction… keys, Why its reason in words.
	Direction, Why string
	// Access is "Can edit" or "Read-only"; WhyURL leads to the cause.
	CanEdit  bool
	Access   string
	WhyURL   string
	Editable *Switch
	// EditableText stands instead of the switch.
	EditableText string
	// Mode and Winner are the rules of writing; RulesText stands instead.
	Mode, Winner *Select
	RulesText    string
	// More are the rare choices, folded away: direction, name here, default.
	MoreSelects            []Select
	More                   []Field
	MoreLinks              []Link
	ImportedBy, ImportedAt string
	Examples               []string
}

// folded reports whether the line has choices that are folded away.
func (f FieldLine) folded() bool { return len(f.More)+len(f.MoreSelects) > 0 }

// opened reports whether one of them was refused, so that it must be seen.
func (f FieldLine) opened() bool {
	for _, m := range f.More {
		if m.Error != "" {
			return true
		}
	}
	return false
}
