package org

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tidegate/simulator/formula"
)

// Validation is a validation rule: where its formula holds, the write is refused.
type Validation struct {
	Name    string `json:"name"`
	Object  string `json:"object"`
	Formula string `json:"formula"`
	Message string `json:"message"`
	Field   string `json:"field"` // beside which the message stands, "" = on top of the page
	Off     bool   `json:"off,omitempty"`
	// Unread is why the formula is not understood here. Such a rule is listed with
	// the others and refuses nothing.
	Unread string `json:"unread,omitempty"`

	holds *formula.Formula
}

// SetValidation adds a rule, or replaces the one of its name. That its formula is
// not understood is the error; the rule is kept where keep is true.
func (o *Org) SetValidation(v Validation, keep bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	object := o.Object(v.Object)
	switch {
	case v.Name == "":
		return fmt.Errorf("a validation rule needs a name")
	case object == nil || IsPlatformEvent(object.Name):
		return fmt.Errorf("no such object: %q", v.Object)
	case v.Field != "" && object.fieldFold(v.Field) == nil:
		return fmt.Errorf("%s has no field %q", object.Name, v.Field)
	case v.Message == "":
		return fmt.Errorf("a validation rule needs a message")
	}
	v.Object, v.Unread = object.Name, ""
	var err error
	v.holds, err = formula.Parse(v.Formula, func(name string) string {
		if f := object.fieldFold(name); f != nil && f.Type != TypeAddress && f.Type != TypeLocation {
			return f.Name
		}
		return ""
	})
	if err != nil {
		v.Unread = err.Error()
		if !keep {
			return fmt.Errorf("its formula is not understood: %w", err)
		}
	}
	o.validations = append(slices.DeleteFunc(slices.Clone(o.validations), func(other Validation) bool {
		return other.Name == v.Name && other.Object == v.Object
	}), v)
	return nil
}

// Validations lists the validation rules in the order in which they were made.
func (o *Org) Validations() []Validation {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return slices.Clone(o.validations)
}

// ClearValidations removes every validation rule.
func (o *Org) ClearValidations() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.validations = nil
}

// validated asks the rules of the object. The platform tells the first that
// refuses.
func (w *write) validated() *Error {
	for _, v := range w.tx.org.validations {
		if v.Object != w.object.Name || v.Off || v.holds == nil {
			continue
		}
		broken, err := v.holds.True(seen{w})
		if err != nil || !broken {
			continue // a formula that fails on a value refuses nothing
		}
		e := refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", v.Message)
		if v.Field != "" {
			e.Fields = []string{v.Field}
		}
		return e
	}
	return nil
}

// seen is a record as formulas look at it.
type seen struct{ w *write }

func (s seen) Value(field string) any { return s.plain(field, s.w.get(field)) }

func (s seen) Prior(field string) any {
	if s.New() {
		return s.Value(field)
	}
	return s.plain(field, s.w.before.Value(field))
}

func (s seen) New() bool { return s.w.creating() }

func (s seen) Now() time.Time { return s.w.tx.org.now() }

// plain is a stored value as formulas know it.
func (s seen) plain(field string, v any) any {
	f := s.w.object.Field(field)
	switch one := v.(type) {
	case int64:
		return float64(one)
	case float64:
		if f != nil && f.Type == TypePercent {
			return one / 100 // a formula takes 20 % as 0.2
		}
	case DateTime:
		return time.UnixMilli(int64(one)).UTC()
	case string:
		if f != nil && f.Type == TypeDate {
			if at, err := time.Parse(time.DateOnly, strings.TrimSpace(one)); err == nil {
				return formula.Date{Time: at}
			}
		}
	}
	return v
}
