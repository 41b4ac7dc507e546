package settings

import (
	"slices"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

// Danger is a change that can do harm in Salesforce which no later change here
// takes back: it is asked about with numbers, and the password once more
// (UX 20).
type Danger struct {
	What string // such as "Two-way syncing of Contact is switched on"
	// Object is the one whose records are at stake, "" = several.
	Object string
}

// Dangers lists what is dangerous about a change, in the order of the pages.
// before and after are the mappings of the objects that are changed.
func Dangers(from, to gateway.Settings, before, after []gateway.Mapping) []Danger {
	var out []Danger
	out = append(out, switchedOn("Writing to Salesforce is switched on for ", from.Objects.Writeback, to.Objects.Writeback)...)
	out = append(out, switchedOn("Creating records is switched on for ", from.Objects.CreateMissing, to.Objects.CreateMissing)...)
	out = append(out, switchedOn("Syncing updates to fields is switched on for ", from.Objects.UpdateFields, to.Objects.UpdateFields)...)
	if to.Contacts.AutoCreate && !from.Contacts.AutoCreate {
		out = append(out, Danger{"Contacts are created from meetings by themselves", "Contact"})
	}
	if to.Contacts.CreateAccounts && !from.Contacts.CreateAccounts {
		out = append(out, Danger{"Accounts are created by themselves", "Account"})
	}
	for _, t := range gateway.DataTypes {
		if to.Advanced.Conflicts[t] == gateway.WinnerProduct && from.Advanced.Conflicts[t] != gateway.WinnerProduct {
			out = append(out, Danger{What: "The product wins over Salesforce for " + string(t)})
		}
	}
	was := map[string]gateway.Mapping{}
	for _, m := range before {
		was[m.Object+"."+m.Field] = m
	}
	for _, m := range after {
		if what := harms(was[m.Object+"."+m.Field], m); what != "" {
			out = append(out, Danger{m.Object + "." + m.Field + " " + what, m.Object})
		}
	}
	return out
}

func switchedOn(what string, from, to map[string]bool) []Danger {
	var out []Danger
	for object, on := range to {
		if on && !from[object] {
			out = append(out, Danger{what + object, object})
		}
	}
	slices.SortFunc(out, func(a, b Danger) int {
		if a.Object < b.Object {
			return -1
		}
		return 1
	})
	return out
}

// harms says what is dangerous about how a field travels from now on, "" when
// nothing is.
func harms(was, is gateway.Mapping) string {
	outward := func(m gateway.Mapping) bool {
		return m.Direction == mapping.Outbound || m.Direction == mapping.Bidirectional
	}
	switch {
	case is.WriteMode == mapping.Overwrite && was.WriteMode != mapping.Overwrite:
		return "overwrites what Salesforce has"
	case was.Direction == mapping.Inbound && outward(is):
		return "travels to Salesforce too"
	case is.Winner == gateway.WinnerProduct && was.Winner != gateway.WinnerProduct:
		return "lets the product win over Salesforce"
	}
	return ""
}
