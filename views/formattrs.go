package views

import (
	"strconv"

	"github.com/a-h/templ"
)

func errorTitle(errors []FieldError) string {
	if len(errors) == 1 {
		return "One thing needs another value. Nothing was saved."
	}
	return strconv.Itoa(len(errors)) + " things need another value. Nothing was saved."
}

func fieldAttrs(f Field) templ.Attributes {
	a := templ.Attributes{"required": f.Required}
	set(a, "maxlength", f.MaxLength)
	set(a, "placeholder", f.Placeholder)
	set(a, "autocomplete", f.Autocomplete)
	set(a, "list", f.List)
	if f.Type == "datetime-local" {
		a["step"] = "1" // moments have seconds
	}
	describe(a, f.id(), f.Hint, f.Error, f.Meta)
	return a
}

func selectAttrs(s Select) templ.Attributes {
	a := templ.Attributes{}
	describe(a, s.id(), s.Hint, s.Error, s.Meta)
	return a
}

func switchAttrs(s Switch, named bool) templ.Attributes {
	a := templ.Attributes{}
	hint := s.Effect
	if named {
		// In a table there is no effect line to point at.
		hint = ""
		a["aria-label"] = s.Label
	}
	describe(a, s.id(), hint, s.Error, s.Meta)
	if named {
		delete(a, "aria-describedby")
	}
	return a
}

func groupAttrs(g ChoiceGroup) templ.Attributes {
	a := templ.Attributes{}
	describe(a, g.id(), g.Hint, g.Error, g.Meta)
	// aria-invalid is not allowed on a group; the radio role carries it.
	delete(a, "aria-invalid")
	return a
}

func choiceAttrs(id string, c Choice) templ.Attributes {
	a := templ.Attributes{}
	set(a, "aria-describedby", described(id+"-hint", c.Effect, id+"-warning", c.Warning, id+"-closed", c.Closed))
	return a
}

// describe ties hint, error and origin to their control.
func describe(a templ.Attributes, id, hint, problem string, m Meta) {
	set(a, "aria-describedby", described(id+"-error", problem, id+"-hint", hint, id+"-meta", m.line()))
	if problem != "" {
		a["aria-invalid"] = "true"
	}
}

func set(a templ.Attributes, name, value string) {
	if value != "" {
		a[name] = value
	}
}

func choiceType(g ChoiceGroup) string {
	if g.Many {
		return "checkbox"
	}
	return "radio"
}

// choiceID gives the first choice the group's own id suffix, to which an error
// summary can link.
func choiceID(g ChoiceGroup, i int) string { return g.id() + "-" + strconv.Itoa(i) }

func mergeID(name string, row int, yours bool) string {
	if yours {
		return slug(name) + "-" + strconv.Itoa(row) + "-you"
	}
	return slug(name) + "-" + strconv.Itoa(row) + "-they"
}

func onWord(on bool) string {
	if on {
		return "On"
	}
	return "Off"
}

type optionGroup struct {
	name    string
	options []Option
}

// optionGroups folds neighbors of the same group, in their order.
func optionGroups(list []Option) []optionGroup {
	var groups []optionGroup
	for _, o := range list {
		if n := len(groups); n > 0 && groups[n-1].name == o.Group {
			groups[n-1].options = append(groups[n-1].options, o)
			continue
		}
		groups = append(groups, optionGroup{o.Group, []Option{o}})
	}
	return groups
}
