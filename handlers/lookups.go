package handlers

import (
	"maps"
	"slices"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/store"
)

// schema returns the describe of an object; one that was never read gives an
// empty schema, so that pages show API names instead of failing.
func (v *visit) schema(object string) (gateway.Schema, error) {
	if s, ok := v.schemas[object]; ok {
		return s, nil
	}
	s, err := v.ws.Schema(v.UserContext(), object)
	if gateway.CodeOf(err) == gateway.CodeNotFound && err != nil {
		return gateway.Schema{Object: object}, nil
	}
	if err == nil && v.eyes != nil {
		s, err = v.eyes.schema(v.UserContext(), s)
	}
	if err == nil && v.Method() == fiber.MethodGet {
		if v.schemas == nil {
			v.schemas = map[string]gateway.Schema{}
		}
		v.schemas[object] = s
	}
	return s, err
}

// fieldOf is the field of that name, or one that has nothing but the name.
func fieldOf(s gateway.Schema, name string) gateway.Field {
	if f, ok := s.Field(name); ok {
		return f
	}
	return gateway.Field{Name: name}
}

// labelOf is what people call a field. Lookups lose their "ID".
func labelOf(f gateway.Field) string {
	switch {
	case f.Name == "AccountId":
		return "Account"
	case f.Name == "OwnerId":
		return "Owner"
	case f.Label != "":
		return f.Label
	}
	return f.Name
}

// namesOf reads the records that lookup fields point at, so that a page shows
// names instead of ids: all of an object at once. What is not mirrored, or hidden
// from the connected user, is absent.
func (v *visit) namesOf(records []gateway.Record, fields []string) (map[string]gateway.Record, error) {
	wanted := make(map[gateway.RecordKey]bool)
	for _, r := range records {
		for _, name := range fields {
			object, id := lookupTarget(name), r.Fields[name].String()
			if object != "" && id != "" {
				wanted[gateway.RecordKey{Object: object, ID: id}] = true
			}
		}
	}
	found, err := v.ws.RecordsOf(v.UserContext(), slices.Collect(maps.Keys(wanted)))
	if err != nil {
		return nil, err
	}
	names := make(map[string]gateway.Record, len(found))
	for key, r := range found {
		names[key.ID] = r
	}
	return names, nil
}

// lookupTarget is the mirrored object behind the lookup fields that pages
// show by name.
func lookupTarget(field string) string {
	switch field {
	case "AccountId":
		return "Account"
	case "OwnerId", "CreatedById", "LastModifiedById":
		return "User"
	case "ContactId":
		return "Contact"
	case "OpportunityId":
		return "Opportunity"
	}
	return ""
}

func memberScope(id string) string { return gateway.MemberScope(id) }

// currency is the label before amounts; the default when settings cannot be
// read, since a page is better than none.
func (v *visit) currency() string {
	in, err := v.inForce()
	if err != nil {
		return gateway.DefaultSettings().Advanced.CurrencyLabel
	}
	return in.Advanced.CurrencyLabel
}

// chosenFields puts the amount and close date fields that an admin chose in
// the place of Salesforce's own, so that lists, records and forecasts show the
// same (AVM-40, AVM-41). Without settings the standard ones stay.
func (v *visit) chosenFields(k recordKind) recordKind {
	if k.object != "Opportunity" {
		return k
	}
	in, err := v.inForce()
	if err != nil {
		return k
	}
	chosen := map[string]string{"Amount": in.Advanced.AmountField, "CloseDate": in.Advanced.CloseDateField}
	replace := func(names []string) []string {
		out := slices.Clone(names)
		for i, name := range out {
			if own := chosen[name]; own != "" {
				out[i] = own
			}
		}
		return out
	}
	k.facts, k.columns, k.key = replace(k.facts), replace(k.columns), replace(k.key)
	for _, name := range [...]string{in.Advanced.AmountField, in.Advanced.CloseDateField} {
		if name != "" && !slices.Contains(k.details, name) {
			k.details = append(slices.Clone(k.details), name)
		}
	}
	return k
}

// mappingsOf returns the mappings of an object by field.
func (v *visit) mappingsOf(object string) (map[string]gateway.Mapping, error) {
	rows, err := v.ws.Mappings(v.UserContext(), object)
	if err != nil {
		return nil, err
	}
	byField := make(map[string]gateway.Mapping, len(rows))
	for _, m := range rows {
		byField[m.Field] = m
	}
	return byField, nil
}

// related returns up to limit live records of an object whose lookup field
// holds id.
func (v *visit) related(object, field, id string, limit int) ([]gateway.Record, error) {
	page, err := v.ws.Records(v.UserContext(), store.RecordQuery{Object: object, Where: map[string]string{field: id}, Limit: limit})
	return page.Records, err
}
