package mapping

import (
	"slices"

	"tidegate/gateway"
)

// peopleFields are the fields that say who somebody is and how he is reached.
var peopleFields = []string{"Name", "FirstName", "LastName", "Salutation", "MiddleName", "Suffix", "Title", "Department", "Company"}

// DataType returns the kind of data that a field holds, for the question who
// wins (DEM-17).
func DataType(f gateway.Field, m gateway.Mapping) gateway.DataType {
	switch {
	case m.Topic != "":
		return gateway.DataOutcomes
	case f.Name == "OwnerId":
		return gateway.DataOwnership
	case f.Name == "StageName", f.Name == "ForecastCategoryName", f.Name == "Status":
		return gateway.DataStages
	case f.Type == gateway.TypeCurrency, f.Name == "CloseDate", f.Name == "Probability":
		return gateway.DataAmounts
	case f.Type == gateway.TypeEmail, f.Type == gateway.TypePhone, f.Type == gateway.TypeAddress,
		f.CompoundName != "", slices.Contains(peopleFields, f.Name):
		return gateway.DataPeople
	default:
		return gateway.DataOther
	}
}

// Winner returns the conflict rule in force for a field, and why: the field's
// own choice, else that for its kind of data, else nobody has chosen.
func Winner(f gateway.Field, m gateway.Mapping, chosen map[gateway.DataType]gateway.Winner) (w gateway.Winner, reason string) {
	if m.Winner != gateway.WinnerNone {
		return m.Winner, "An admin chose it for this field."
	}
	if w = chosen[DataType(f, m)]; w != gateway.WinnerNone {
		return w, "An admin chose it for this kind of data."
	}
	return gateway.WinnerNone, "Nobody has chosen, so the most recent wins."
}
