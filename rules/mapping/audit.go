package mapping

import (
	"slices"

	"tidegate/gateway"
)

// Audit says what is wrong with a mapping as Salesforce is now, "" when
// nothing is (AVM-58): its field vanished or changed its type, lost its edit
// permission, or no longer takes the default; its topic was archived.
func Audit(s gateway.Schema, m gateway.Mapping, sources []Source) string {
	f, shown := s.Field(m.Field)
	cause, closed := ReadOnlyCause(s, m.Field)
	key := SourceOf(m)
	switch {
	case m.Suspended.Cause != "":
		return m.Suspended.Why
	case !shown:
		return cause.Text
	case closed && (m.Editable || key != ""):
		return "It lost its edit permission, so nothing is written to it. " + cause.Text
	case key != "" && !slices.ContainsFunc(sources, func(s Source) bool { return s.Key == key }):
		return "What fills it is not offered any more: its topic was archived."
	}
	if m.Default != "" {
		if v, err := ParseInput(f, m.Default); err != nil {
			return "Its default is not taken any more: " + label(f) + " " + complaint(f, v)
		}
	}
	return ""
}

// Undecided lists the fields that travel both ways while nobody has chosen who
// wins, neither for the field nor for its kind of data (DEM-17).
func Undecided(s gateway.Schema, mappings []gateway.Mapping, chosen map[gateway.DataType]gateway.Winner) []string {
	var out []string
	for _, m := range mappings {
		f, _ := s.Field(m.Field)
		direction, _ := Direction(f, m)
		if w, _ := Winner(f, m, chosen); direction == Bidirectional && m.Editable && w == gateway.WinnerNone {
			out = append(out, label(f))
		}
	}
	return out
}
