package inbound

import "tidegate/gateway"

// derived fields exist in describe and in queries, but in no change event.
// Source: "Change Event Body Fields", Change Data Capture Developer Guide.
var derived = []string{
	"Id", "IsDeleted", "SystemModstamp", "LastActivityDate", "LastViewedDate", "LastReferencedDate",
	"LastCURequestDate", "LastCUUpdateDate", "PhotoUrl", "HasOpenActivity", "HasOverdueTask",
	"Fiscal", "FiscalQuarter", "FiscalYear",
}

// Silent returns the fields of an object that change without an event (F-44):
// formulas, derived fields, and compound fields, of which events carry the
// parts.
func Silent(s gateway.Schema) map[string]bool {
	silent := make(map[string]bool, len(derived))
	for _, name := range derived {
		silent[name] = true
	}
	for _, f := range s.Fields {
		if f.Calculated {
			silent[f.Name] = true
		}
		if f.CompoundName != "" && f.CompoundName != f.Name {
			silent[f.CompoundName] = true
		}
	}
	return silent
}
