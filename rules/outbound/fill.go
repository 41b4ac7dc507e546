package outbound

import (
	"slices"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

// Filled is the reason why a field gives way that is only filled while empty.
const Filled = "It has a value in Salesforce by now, and is only filled while empty."

// Fills are those of the fields whose write mode is to fill what is empty.
func Fills(fields gateway.Fields, mappingOf func(field string) gateway.Mapping) (fills []string) {
	for _, name := range fields.Names() {
		if mapping.Mode(name, mappingOf(name)) == mapping.Fill {
			fills = append(fills, name)
		}
	}
	return fills
}

// Yield takes out of an entry what may only be filled while empty and has a
// value in Salesforce by now: whoever wrote that keeps it (F-65). r is the
// mirror's record. gave names what was taken out.
func Yield(c gateway.Change, r gateway.Record) (kept gateway.Change, gave []string) {
	if !c.Guarded() {
		return c, nil
	}
	for _, name := range c.Fills {
		if theirs := r.Fields[name]; c.Fields[name] != "" && !theirs.Empty() && theirs != c.Fields[name] {
			gave = append(gave, name)
		}
	}
	return Without(c, gave), gave
}

// Without returns an entry without some of its fields.
func Without(c gateway.Change, names []string) gateway.Change {
	if len(names) == 0 {
		return c
	}
	c.Fields, c.Base = c.Fields.Clone(), c.Base.Clone()
	for _, name := range names {
		delete(c.Fields, name)
		delete(c.Base, name)
	}
	c.Fills = slices.DeleteFunc(slices.Clone(c.Fills), func(name string) bool { return slices.Contains(names, name) })
	return c
}

// Reown reports whether a refused entry goes to the fallback owner: the refusal
// is about the owner whom we set, and there is another one to try (F-62).
func Reown(left gateway.Change, refusal *gateway.Error, fallback string) bool {
	owner := left.Fields["OwnerId"]
	return refusal != nil && refusal.Code == gateway.CodeSFOwner && fallback != "" && !owner.Empty() && owner != gateway.Text(fallback)
}
