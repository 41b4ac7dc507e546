package mapping

import (
	"fmt"
	"slices"
	"strings"

	"tidegate/gateway"
)

// mostSources is how many profiles and permission sets that would give a right
// are named one by one.
const mostSources = 8

// RightField is the field whose permissions decide, "" where the object's do; ok
// is false where no permission could make the field writable.
func RightField(s gateway.Schema, name string) (field string, ok bool) {
	f, shown := s.Field(name)
	cause, closed := ReadOnlyCause(s, name)
	switch {
	case closed && cause.Permission == "":
		return "", false
	case cause.Kind == CauseProfile, shown && !f.Permissionable:
		return "", true
	}
	return name, true
}

// Rights says in one sentence which profile and permission sets of the connected
// user fall short of a field, or give it, and lists those that could give it with
// what to click in Setup (AVM-56). field is that of RightField.
func Rights(object, field string, cause Cause, sources []gateway.RightSource) (text string, cells []Cell) {
	target := object
	if field != "" {
		target += "." + field
	}
	lacks, missing := cause.Kind != "", "Edit"
	has := func(s gateway.RightSource) bool { return s.Edit }
	if cause.Kind == CauseHidden {
		missing, has = "Read", func(s gateway.RightSource) bool { return s.Read }
	}
	// The profile first, then what is assigned, then the rest, each by its name.
	sorted := slices.Clone(sources)
	slices.SortStableFunc(sorted, func(a, b gateway.RightSource) int {
		if x, y := order(a), order(b); x != y {
			return x - y
		}
		return strings.Compare(a.Label, b.Label)
	})
	others := 0
	for _, s := range sorted {
		if s.Assigned {
			if s.Profile {
				text = "The connected user’s profile " + s.Label + " has " + levelOf(s) + " on " + target + "."
			}
			cells = append(cells, Cell{kindOf(s) + " " + s.Label + ", which the connected user has", has(s), gives(s, target, has(s), lacks, missing, cause)})
			continue
		}
		if !lacks || !has(s) {
			continue
		}
		if others++; others <= mostSources {
			cells = append(cells, Cell{kindOf(s) + " " + s.Label + ", which the connected user does not have", true, "It has " + levelOf(s) + " on " + target + ". " + assign(s)})
		}
	}
	switch {
	case !lacks:
	case others == 0:
		text += " No profile or permission set of the org gives " + missing + " on it."
		if cause.Kind == CauseHidden {
			text += " Or the field was deleted."
		}
	case others > mostSources:
		text += fmt.Sprintf(" %d profiles and permission sets give %s; %d of them are listed.", others, missing, mostSources)
	default:
		text += " What could give it is listed below."
	}
	return text, cells
}

func order(s gateway.RightSource) int {
	switch {
	case s.Assigned && s.Profile:
		return 0
	case s.Assigned:
		return 1
	case !s.Profile:
		return 2
	}
	return 3
}

func kindOf(s gateway.RightSource) string {
	if s.Profile {
		return "Profile"
	}
	return "Permission set"
}

// levelOf names what a source gives.
func levelOf(s gateway.RightSource) string {
	switch {
	case s.Edit:
		return "Read and Edit"
	case s.Read:
		return "Read but not Edit"
	}
	return "neither Read nor Edit"
}

// gives says what a source of the connected user gives, and where it could give more.
func gives(s gateway.RightSource, target string, enough, lacks bool, missing string, cause Cause) string {
	text := "It has " + levelOf(s) + " on " + target + "."
	if enough || !lacks {
		return text
	}
	where, page := "Permission Sets", "Object Settings"
	if s.Profile {
		where = "Profiles"
	}
	box := "Object Permissions"
	if cause.Kind != CauseProfile {
		box = "Field Permissions"
	}
	return text + " To give it there: Setup › " + where + " › " + s.Label + " › " + page + " › " + box + ": tick “" + missing + "”."
}

// assign says how the connected user gets what a source gives.
func assign(s gateway.RightSource) string {
	if s.Profile {
		return "The connected user has another profile, and a user has one only."
	}
	return "To assign it: Setup › Permission Sets › " + s.Label + " › Manage Assignments › Add Assignment: the connected user."
}
