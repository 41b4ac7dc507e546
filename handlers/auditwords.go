package handlers

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/settings"
)

// auditWords says what an act changed, as "setting: before → after". An act
// without a before and an after says nothing more.
func auditWords(e gateway.AuditEntry) string {
	switch {
	case e.Before == "" && e.After == "":
		return ""
	case e.Before == "":
		return strings.ReplaceAll(e.After, "\n", "; ")
	}
	for _, tab := range gateway.Tabs {
		if e.What != "changed "+tab.Title()+" settings" {
			continue
		}
		differences, err := settings.Diff(tab, []byte(e.Before), []byte(e.After))
		if err != nil {
			break // kept as it was written, by a version that wrote otherwise
		}
		var parts []string
		for _, d := range differences {
			parts = append(parts, settings.Label(tab, d.Name)+": "+settings.Words(tab, d.Name, d.Before)+" → "+settings.Words(tab, d.Name, d.After))
		}
		return strings.Join(parts, "; ")
	}
	if words, ok := mapWords(e.Before, e.After); ok {
		return words
	}
	return e.Before + " → " + e.After
}

// mapWords puts two objects of JSON side by side, where that is what they are.
func mapWords(before, after string) (string, bool) {
	var was, is map[string]string
	if json.Unmarshal([]byte(before), &was) != nil || json.Unmarshal([]byte(after), &is) != nil {
		return "", false
	}
	names := map[string]bool{}
	for name := range was {
		names[name] = true
	}
	for name := range is {
		names[name] = true
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if was[name] != is[name] {
			parts = append(parts, name+": "+orNone(was[name])+" → "+orNone(is[name]))
		}
	}
	return strings.Join(parts, "; "), true
}
