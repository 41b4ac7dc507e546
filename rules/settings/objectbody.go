package settings

import (
	"encoding/json"
	"fmt"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

// ObjectBody is everything that the page of one object saves: the object's
// switches and how its fields travel. Diff and Merge work on it as on a tab.
type ObjectBody struct {
	Switches ObjectSwitches       `json:"switches"`
	Fields   map[string]BodyField `json:"fields"` // by API name
}

// ObjectSwitches are the switches of one object.
type ObjectSwitches struct {
	Writeback     bool `json:"writeback"`
	CreateMissing bool `json:"create_missing"`
	UpdateFields  bool `json:"update_fields"`
}

// BodyField is how one field travels, as an object's page says it.
type BodyField struct {
	Imported    bool           `json:"imported"`
	Editable    bool           `json:"editable"`
	Product     string         `json:"product,omitempty"` // see mapping.SourceOf
	Direction   string         `json:"direction,omitempty"`
	WriteMode   string         `json:"write_mode,omitempty"`
	Winner      gateway.Winner `json:"winner,omitempty"`
	DisplayName string         `json:"display_name,omitempty"`
	Default     string         `json:"default,omitempty"`
}

// NewObjectBody takes what the page of an object shows from its settings and
// mappings.
func NewObjectBody(object string, s gateway.ObjectsSettings, mappings map[string]gateway.Mapping) ObjectBody {
	b := ObjectBody{
		Switches: ObjectSwitches{s.Writeback[object], s.CreateMissing[object], s.UpdateFields[object]},
		Fields:   make(map[string]BodyField, len(mappings)),
	}
	for name, m := range mappings {
		b.Fields[name] = NewBodyField(m)
	}
	return b
}

// NewBodyField says how a mapping travels.
func NewBodyField(m gateway.Mapping) BodyField {
	return BodyField{
		Imported: true, Editable: m.Editable, Product: mapping.SourceOf(m), Direction: m.Direction,
		WriteMode: m.WriteMode, Winner: m.Winner, DisplayName: m.DisplayName, Default: m.Default,
	}
}

// Onto returns the mapping with what the page says of it; the rest stays.
func (f BodyField) Onto(m gateway.Mapping) gateway.Mapping {
	m = mapping.WithSource(m, f.Product)
	m.Imported, m.Editable, m.Direction, m.WriteMode = true, f.Editable, f.Direction, f.WriteMode
	m.Winner, m.DisplayName, m.Default = f.Winner, f.DisplayName, f.Default
	return m
}

// Encode writes the body for Diff, Merge and the hidden field of a form.
func (b ObjectBody) Encode() ([]byte, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("writing an object's settings: %w", err)
	}
	return text, nil
}

// DecodeObject reads a body. Fields that are not imported are dropped. The
// error is CodeInvalid.
func DecodeObject(body []byte) (ObjectBody, error) {
	b := ObjectBody{}
	if err := decodeOne(body, &b); err != nil {
		bad := gateway.Errorf(gateway.CodeInvalid, "The form cannot be read. Open the page again and repeat your changes.")
		bad.Cause = err
		return b, bad
	}
	if b.Fields == nil {
		b.Fields = map[string]BodyField{}
	}
	for name, f := range b.Fields {
		if !f.Imported {
			delete(b.Fields, name)
		}
	}
	return b, nil
}

// fieldParts are the words of a field's settings, by their names in the body.
var fieldParts = map[string]string{
	"imported": "Imported", "editable": "Editable", "product": "Product Property", "direction": "Sync Direction", "write_mode": "Write mode",
	"winner": "Conflict winner", "display_name": "Display name", "default": "Default value",
}

var switchParts = map[string]string{
	"writeback": "Sync to Salesforce", "create_missing": "Create where none matches", "update_fields": "Sync updates to object fields",
}

// The words of choices on an object's page, by value; "" is what holds while
// nothing is chosen.
var (
	DirectionWords = map[string]string{"": "By the rules", mapping.Inbound: "Inbound", mapping.Outbound: "Outbound", mapping.Bidirectional: "Bidirectional"}
	ModeWords      = map[string]string{"": "By the rules", mapping.Overwrite: "Overwrite", mapping.Fill: "Fill if empty", mapping.Append: "Append", mapping.Never: "Never"}
	WinnerWords    = map[gateway.Winner]string{
		"": "Not chosen", gateway.WinnerSalesforce: "Salesforce", gateway.WinnerProduct: "Product", gateway.WinnerRecent: "Most recent", gateway.WinnerAsk: "Ask a person",
	}
)

// ObjectField returns the field that a name of an object's body is about, ""
// for the object's switches.
func ObjectField(name string) string {
	if rest, ok := strings.CutPrefix(name, "fields."); ok {
		field, _, _ := strings.Cut(rest, ".")
		return field
	}
	return ""
}

// ObjectLabel is what a setting of an object's body is called on the page.
func ObjectLabel(name string, s gateway.Schema) string {
	_, part, _ := strings.Cut(strings.TrimPrefix(name, "fields."), ".")
	field := ObjectField(name)
	if field == "" {
		return switchParts[part]
	}
	if f, ok := s.Field(field); ok && f.Label != "" {
		field = f.Label
	}
	return field + " › " + fieldParts[part]
}

// ObjectWords says a value of an object's body, compact JSON as Diff has it.
func ObjectWords(name, value string, sources []mapping.Source) string {
	part := name[strings.LastIndex(name, ".")+1:]
	text := decoded[string](value)
	switch part {
	case "imported", "editable", "writeback", "create_missing", "update_fields":
		if part == "imported" {
			return map[bool]string{true: "yes", false: "no"}[value == "true"]
		}
		return map[bool]string{true: "on", false: "off"}[value == "true"]
	case "product":
		return SourceWords(text, sources)
	case "direction":
		return DirectionWords[text]
	case "write_mode":
		return ModeWords[text]
	case "winner":
		return WinnerWords[gateway.Winner(text)]
	}
	if text == "" {
		return "none"
	}
	return text
}

// SourceWords is what fills a field, by its key.
func SourceWords(key string, sources []mapping.Source) string {
	if key == "" {
		return "Not mapped"
	}
	for _, s := range sources {
		if s.Key == key {
			return s.Label
		}
	}
	return strings.TrimPrefix(key, mapping.TopicPrefix)
}
