package avro

import (
	"slices"

	"tidegate/simulator/bus"
	"tidegate/simulator/cdc"
	"tidegate/simulator/org"
)

// Record types of compounds, each with its parts in the order of real schemas.
const (
	address    = "Address"
	personName = "PersonName"
	location   = "Location"
	switchable = "Switchable_PersonName"
)

var partOrder = map[string][]string{
	address:    {"Street", "City", "State", "PostalCode", "Country", "StateCode", "CountryCode", "Latitude", "Longitude", "Xyz", "GeocodeAccuracy"},
	personName: {"Salutation", "FirstName", "LastName", "MiddleName", "Suffix"},
	location:   {"Latitude", "Longitude"},
	switchable: {"Salutation", "FirstName", "LastName", "MiddleName", "Suffix"},
}

// Of returns the schema of the events that have the layout.
func Of(l cdc.Layout) (*Schema, error) {
	records := map[string][]Field{}
	for _, m := range l.Members {
		if m.Parts != nil {
			name := recordOf(&m)
			records[name] = gather(records[name], m.Parts)
		}
	}
	for name, parts := range records {
		slices.SortStableFunc(parts, func(a, b Field) int {
			return slices.Index(partOrder[name], a.Name) - slices.Index(partOrder[name], b.Name)
		})
	}
	fields := make([]Field, len(l.Members))
	for i, m := range l.Members {
		fields[i] = fieldOf(&m)
		// Publishers of platform events say who and when, too.
		if bus.IsPlatformEvent(l.Object) && (m.Name == "CreatedDate" || m.Name == "CreatedById") {
			fields[i].Required, fields[i].Doc = true, map[string]string{"CreatedDate": "CreatedDate:DateTime", "CreatedById": "CreatedBy:EntityId"}[m.Name]
		}
		if m.Parts != nil {
			name := recordOf(&m)
			fields[i] = Field{Name: m.Name, Doc: "Data:" + name, Record: name, Parts: records[name], Plain: m.Field.Switchable}
		}
	}
	return New(l.Schema, l.Object, fields)
}

// gather adds the parts that are not there yet: a record type is defined once,
// with the parts of all compounds that use it.
func gather(parts []Field, more []cdc.Member) []Field {
	for _, m := range more {
		if !slices.ContainsFunc(parts, func(f Field) bool { return f.Name == m.Name }) {
			parts = append(parts, fieldOf(&m))
		}
	}
	return parts
}

func recordOf(m *cdc.Member) string {
	switch {
	case m.Field.Type == org.TypeAddress:
		return address
	case m.Field.Switchable:
		return switchable
	case m.Field.NameField:
		return personName
	}
	return location
}

func fieldOf(m *cdc.Member) Field {
	kind, doc := describe(&m.Field)
	return Field{Name: m.Name, Kind: kind, Doc: doc}
}

// describe returns how a field is written, and the note that its schema has.
func describe(f *org.Field) (Kind, string) {
	switch f.Type {
	case org.TypeBoolean:
		return Boolean, "Data:Boolean"
	case org.TypeInt:
		return Integer, "Data:Integer"
	case org.TypeDouble:
		return Number, "Data:Double"
	case org.TypeCurrency:
		return Number, "Data:Currency"
	case org.TypePercent:
		return Number, "Data:Percent"
	case org.TypeDateTime:
		if f.Name == "CreatedDate" {
			return Moment, "CreatedDate:DateTime"
		}
		return Moment, "Data:DateTime"
	case org.TypeDate:
		return Date, "Data:DateOnly"
	case "time":
		return Time, "Data:TimeOnly"
	}
	if f.Type == org.TypeReference || f.Type == org.TypeID {
		return Text, "ForeignKey:EntityId"
	}
	return Text, "Data:" + textType(f)
}

func textType(f *org.Field) string {
	switch f.Type {
	case org.TypePhone:
		return "Phone"
	case org.TypeEmail:
		return "Email"
	case org.TypeURL:
		return "Url"
	case org.TypeMultiPicklist:
		return "MultiEnum"
	case org.TypePicklist, org.TypeCombobox:
		if f.Restricted {
			return "StaticEnum"
		}
		return "DynamicEnum"
	case org.TypeTextArea:
		if f.HTML {
			return "HtmlStringPlusClob"
		}
		return "StringPlusClob"
	}
	return "Text"
}
