// Package mapping decides how one Salesforce field travels: its direction,
// whether an edit here may be written there and why, and what a value must
// look like.
package mapping

import (
	"fmt"

	"tidegate/gateway"
)

// The directions of a field (AVM-21).
const (
	Inbound       = "inbound"
	Outbound      = "outbound"
	Bidirectional = "bidirectional"
)

// The write modes of a field (T1).
const (
	Overwrite = "overwrite"
	Fill      = "fill" // only while Salesforce has no value
	Append    = "append"
	Never     = "never"
)

// Direction returns the direction in force and why. A field that Salesforce
// does not let us write is Inbound whatever was chosen (AVM-23); else the
// admin's choice holds, else a mapped topic or other product property makes it
// Outbound (AVM-22), else it is Bidirectional (AVM-24). Who maps a topic clears
// an earlier choice.
func Direction(f gateway.Field, m gateway.Mapping) (direction, reason string) {
	if why := readOnly(f); why != "" {
		return Inbound, why
	}
	switch {
	case m.Direction == Inbound || m.Direction == Outbound || m.Direction == Bidirectional:
		return m.Direction, "An admin chose it."
	case m.Topic != "":
		return Outbound, "A Smart Topic is mapped to it."
	case m.Source != "":
		return Outbound, "A Product Property fills it."
	case !m.Editable:
		return Bidirectional, "Nothing fills it, and edits go out once it is Editable."
	default:
		return Bidirectional, "Editable on both sides, and nothing fills it."
	}
}

// readOnly says why Salesforce refuses changes of f, "" when it takes them.
func readOnly(f gateway.Field) string {
	switch {
	case f.Name == "":
		return "Salesforce does not show this field to the connected user."
	case f.Calculated:
		return "Salesforce calculates this field."
	case f.Type == gateway.TypeAddress:
		return "The address is written through its parts."
	case !f.Updateable:
		return "The connected user may only read it in Salesforce."
	default:
		return ""
	}
}

// Cell is one condition of a truth table.
type Cell struct {
	Question string
	Pass     bool
	Why      string
}

// Writable answers whether an edit of a field here is written to Salesforce:
// the object is switched on, the field is Editable, and there is a Salesforce
// field to write to (STA-13). objectSwitch is the object's "Sync to
// Salesforce"; f is the zero Field when describe does not know m.Field. The
// reason is that of the first cell that fails.
func Writable(objectSwitch bool, m gateway.Mapping, f gateway.Field) (ok bool, cells [3]Cell, reason string) {
	cells = [3]Cell{
		{"Is “Sync to Salesforce” on for the object?", objectSwitch, "It is switched off on the object's page."},
		{"Is the field Editable?", m.Editable, "Editable is off for this field."},
		{Question: "Is there a Salesforce field to write to?", Why: noTarget(m, f)},
	}
	cells[2].Pass = cells[2].Why == ""
	passWords := [3]string{"It is on.", "It is on.", "Edits go to " + m.Field + "."}
	for i := range cells {
		if cells[i].Pass {
			cells[i].Why = passWords[i]
		}
	}
	ok, reason = verdict(cells)
	return ok, cells, reason
}

func noTarget(m gateway.Mapping, f gateway.Field) string {
	if m.Field == "" {
		return "No Salesforce field is named, so the value stays here."
	}
	if m.Suspended.Cause != "" {
		return m.Suspended.Why
	}
	if why := readOnly(f); why != "" {
		return why
	}
	switch {
	case m.Direction == Inbound:
		return "An admin chose that it only comes from Salesforce."
	case m.WriteMode == Never:
		return "Its write mode is “never”."
	default:
		return ""
	}
}

// verdict returns the reason of the first failing cell.
func verdict(cells [3]Cell) (ok bool, reason string) {
	for _, c := range cells {
		if !c.Pass {
			return false, c.Why
		}
	}
	return true, "All three conditions hold."
}

// TopicWritten answers whether a Smart Topic is written to a field: it is
// mapped to this topic, the direction is Outbound, and Salesforce takes
// changes of the field (AVM-26).
func TopicWritten(topic string, m gateway.Mapping, f gateway.Field) (ok bool, cells [3]Cell, reason string) {
	direction, why := Direction(f, m)
	locked := m.Suspended.Why
	if locked == "" {
		locked = readOnly(f)
	}
	cells = [3]Cell{
		{"Is the field mapped to this topic?", topic != "" && m.Topic == topic, mappedTo(m.Topic)},
		{"Is the direction Outbound?", direction == Outbound, fmt.Sprintf("It is %s. %s", direction, why)},
		{"Does Salesforce take changes of the field?", locked == "", locked},
	}
	if locked == "" {
		cells[2].Why = "The connected user may change it."
	}
	ok, reason = verdict(cells)
	return ok, cells, reason
}

func mappedTo(topic string) string {
	if topic == "" {
		return "No topic is mapped to it."
	}
	return "It is mapped to “" + topic + "”."
}

// FillOnly lists the fields that a person known here only ever fills in, and
// never overwrites (AVC-25).
var FillOnly = [...]string{"FirstName", "LastName", "Phone", "MobilePhone", "Company", "Email", "Rating"}

// Mode returns the write mode of a field for values that come from a person
// or a conversation; edits by hand always overwrite. An admin's choice holds,
// else the seven fields of FillOnly are filled and all others overwritten
// (AVC-25, AVC-28).
func Mode(field string, m gateway.Mapping) string {
	if m.WriteMode != "" {
		return m.WriteMode
	}
	for _, name := range FillOnly {
		if name == field {
			return Fill
		}
	}
	return Overwrite
}

// defaults are the fields that reps change most, switched on from the start
// so that a first edit arrives without a visit to the settings.
var defaults = map[string][]string{
	"Account":     {"Phone", "Website", "Industry"},
	"Contact":     {"FirstName", "LastName", "Title", "Email", "Phone", "MobilePhone", "Department"},
	"Lead":        {"FirstName", "LastName", "Title", "Company", "Email", "Phone", "MobilePhone", "Status", "Rating"},
	"Opportunity": {"StageName", "Amount", "CloseDate", "NextStep"},
}

// DefaultMappings returns what an object begins with: those of its usual
// fields that describe shows, Editable where Salesforce takes changes.
func DefaultMappings(s gateway.Schema) []gateway.Mapping {
	var out []gateway.Mapping
	for _, name := range defaults[s.Object] {
		if f, ok := s.Field(name); ok {
			out = append(out, gateway.Mapping{Object: s.Object, Field: name, Editable: readOnly(f) == "", Imported: true})
		}
	}
	return out
}
