package org

import (
	"fmt"
	"slices"
	"strings"
)

// Dependent picklists: which values people are offered depends on another field
// of the record. The API writes any value whatever the controlling one is; only
// restricted picklists refuse values, and those that they do not have at all.

// depend makes the field dependent as the spec says; it needs nothing where it
// names no controlling field.
func (spec *FieldSpec) depend(f *Field, o *Object) error {
	if spec.Controller == "" {
		if len(spec.ValidFor) > 0 {
			return fmt.Errorf("%s: valid_for needs a controller", f.Name)
		}
		return nil
	}
	controller := o.fieldFold(spec.Controller)
	offered := ControllingValues(controller)
	if f.Type != TypePicklist && f.Type != TypeMultiPicklist || offered == nil || strings.EqualFold(controller.Name, f.Name) {
		return fmt.Errorf("%s: a picklist depends on a checkbox or another picklist that is there already, not on %q", f.Name, spec.Controller)
	}
	f.Controller = controller.Name
	for value, with := range spec.ValidFor {
		at := slices.IndexFunc(f.Values, func(p PicklistValue) bool { return p.Value == value })
		if at < 0 {
			return fmt.Errorf("%s has no value %q", f.Name, value)
		}
		for _, one := range with {
			if !slices.Contains(offered, one) {
				return fmt.Errorf("%s has no value %q", controller.Name, one)
			}
		}
		f.Values[at].ValidFor = slices.Clone(with)
	}
	return nil
}

// ControllingValues are the values that a picklist may depend on, in the order of
// which describe's bitmaps have one bit each; nil where none can depend on the field.
func ControllingValues(f *Field) []string {
	switch {
	case f == nil:
		return nil
	case f.Type == TypeBoolean:
		return []string{"false", "true"}
	case f.Type != TypePicklist:
		return nil
	}
	list := make([]string, 0, len(f.Values))
	for _, p := range f.Values {
		list = append(list, p.Value)
	}
	return list
}

// Positions are the places among the controlling values with which a value goes.
func (p *PicklistValue) Positions(controlling []string) []int {
	list := []int{}
	for i, value := range controlling {
		if slices.Contains(p.ValidFor, value) {
			list = append(list, i)
		}
	}
	return list
}

// controls names a field that depends on this one, "" where there is none.
func (o *Object) controls(name string) string {
	for _, f := range o.Fields {
		if f.Controller == name {
			return f.Name
		}
	}
	return ""
}
