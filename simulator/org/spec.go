package org

import (
	"fmt"
	"strings"
)

// FieldSpec is what an admin says of a field. Members left out take what the
// platform's own wizard proposes.
type FieldSpec struct {
	Name       string    `json:"name"` // custom ones end in __c
	Label      string    `json:"label,omitempty"`
	Type       FieldType `json:"type,omitempty"`
	Length     int       `json:"length,omitempty"`
	Precision  int       `json:"precision,omitempty"`
	Scale      int       `json:"scale,omitempty"`
	Values     []string  `json:"values,omitempty"` // of picklists; a leading * marks the default
	Restricted bool      `json:"restricted,omitempty"`
	// Controller is the checkbox or picklist that a picklist depends on, and ValidFor
	// says with which of its values each value goes: true or false, or the picklist's.
	Controller string              `json:"controller,omitempty"`
	ValidFor   map[string][]string `json:"valid_for,omitempty"`
	Required   bool                `json:"required,omitempty"`
	Unique     bool                `json:"unique,omitempty"`
	ExternalID bool                `json:"external_id,omitempty"`
	// ReferenceTo and Children are for lookups: the targets, and the name that the
	// relationship has seen from there.
	ReferenceTo []string `json:"reference_to,omitempty"`
	Children    string   `json:"children,omitempty"`
	// Createable and Updateable are for permit; left out, they stay.
	Createable *bool `json:"createable,omitempty"`
	Updateable *bool `json:"updateable,omitempty"`
}

// field makes the field that the spec describes.
func (spec *FieldSpec) field(s *schema, object string) (*Field, error) {
	if !strings.HasSuffix(spec.Name, "__c") {
		return nil, fmt.Errorf("a custom field's name ends in __c: %q", spec.Name)
	}
	f, err := spec.typed(s, object)
	if err != nil {
		return nil, err
	}
	f.Label = or(spec.Label, f.Label)
	f.Unique, f.ExternalID, f.IDLookup = spec.Unique, spec.ExternalID, spec.ExternalID
	if spec.Required {
		f.required()
	}
	if spec.Restricted {
		f.restricted()
	}
	return f, spec.depend(f, s.object(object))
}

// typed makes the field with what its type brings along.
func (spec *FieldSpec) typed(s *schema, object string) (*Field, error) {
	length := func(otherwise int) int {
		if spec.Length > 0 {
			return spec.Length
		}
		return otherwise
	}
	switch spec.Type {
	case TypeString:
		return text(spec.Name, length(255)), nil
	case TypeTextArea:
		return area(spec.Name, length(255)), nil
	case TypePhone, TypeEmail, TypeURL:
		return sized(spec.Name, spec.Type, length(map[FieldType]int{TypePhone: 40, TypeEmail: 80, TypeURL: 255}[spec.Type])), nil
	case TypeBoolean:
		return flag(spec.Name), nil
	case TypeInt, TypeDouble, TypeCurrency, TypePercent:
		// Setup has no type for whole numbers: they are numbers without decimals.
		f := number(spec.Name, spec.Type, spec.Precision, spec.Scale)
		if f.Precision == 0 {
			f.Precision = 18
		}
		if f.Type == TypeInt {
			f.Digits, f.Precision = 9, 0
		}
		return f, nil
	case TypeDate, TypeDateTime, TypeTime:
		return field(spec.Name, spec.Type), nil
	case TypeLocation:
		return field(spec.Name, TypeLocation).readOnly(), nil
	case TypePicklist, TypeMultiPicklist:
		f := pick(spec.Name, spec.Values...)
		f.Type = spec.Type
		if f.Type == TypeMultiPicklist {
			f.Length = 4099
		}
		return f, nil
	case TypeReference:
		for _, target := range spec.ReferenceTo {
			if s.object(target) == nil && target != object {
				return nil, fmt.Errorf("%s refers to no object: %q", spec.Name, target)
			}
		}
		if len(spec.ReferenceTo) == 0 {
			return nil, fmt.Errorf("%s refers to nothing", spec.Name)
		}
		f := ref(spec.Name, spec.ReferenceTo...)
		if spec.Children != "" {
			f.children(strings.TrimSuffix(spec.Children, "__r") + "__r")
		}
		return f, nil
	}
	return nil, fmt.Errorf("a custom field cannot be of type %q", spec.Type)
}

// withParts is a custom field with the fields that it is made of: a geolocation
// has two numbers, everything else none.
func withParts(f *Field) []*Field {
	if f.Type != TypeLocation {
		return []*Field{f}
	}
	latitude, longitude := locationParts(f.Name)
	parts := []*Field{
		number(latitude, TypeDouble, 18, 15).in(f.Name, "Latitude"),
		number(longitude, TypeDouble, 18, 15).in(f.Name, "Longitude"),
	}
	for _, part := range parts {
		part.Custom = true
		part.Label = f.Label + " (" + part.Part + ")"
	}
	return append([]*Field{f}, parts...)
}
