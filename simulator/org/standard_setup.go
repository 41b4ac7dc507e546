package org

import "slices"

// profiles are those of every org, in the order of their ids.
var profiles = []struct{ name, description string }{
	{"System Administrator", ""},
	{"Standard User", ""},
	{"Read Only", ""},
	{"Minimum Access - Salesforce", ""},
}

// Places of a profile among them.
const (
	adminProfile    = 1
	standardProfile = 2
)

// readable is an object that integrations read and admins change in Setup.
func readable(o *Object) *Object {
	o.Createable, o.Updateable, o.Deletable, o.Undeletable, o.Searchable = false, false, false, false, false
	return o
}

func profileObject() *Object {
	return readable(newObject("Profile", "Profile", "Profiles", "00e", []*Field{
		text("Name", 255).required().named(),
		pick("UserType", "*Standard").restricted().readOnly(),
		text("Description", 255),
	}))
}

func userRoleObject() *Object {
	return readable(newObject("UserRole", "Role", "Roles", "00E", []*Field{
		text("Name", 80).required().named(),
		ref("ParentRoleId", "UserRole"),
		text("DeveloperName", 80),
		text("RollupDescription", 80),
		pick("OpportunityAccessForAccountOwner", "*Edit", "Read", "None").restricted(),
	}))
}

// fillSetup makes the profiles and the roles.
func fillSetup(tx *Tx) error {
	for _, p := range profiles {
		if err := create(tx, "Profile", map[string]any{"Name": p.name, "UserType": "Standard"}); err != nil {
			return err
		}
	}
	parent := any(nil)
	for _, role := range []string{"CEO", "VP Sales", "Account Executive"} {
		id, err := tx.Create("UserRole", map[string]any{"Name": role, "DeveloperName": labelName(role), "ParentRoleId": parent})
		if err != nil {
			return err
		}
		parent = id
	}
	return fillCurrencies(tx)
}

// labelName is a developer name of a label.
func labelName(label string) string {
	b := []byte(label)
	for i := range b {
		if b[i] == ' ' {
			b[i] = '_'
		}
	}
	return string(b)
}

// currencies are those of an org with several, the corporate one first, with what
// one of it is worth in them.
var currencies = []struct {
	code string
	rate float64
}{{"CHF", 1}, {"EUR", 1.05}, {"USD", 1.12}}

// currencyField is in records with money, and says what their amounts are in.
func currencyField(name string) *Field {
	f := pick(name).restricted().owned()
	f.Length = 3
	for _, c := range currencies {
		f.Values = append(f.Values, PicklistValue{Value: c.code, Label: c.code, Active: true})
	}
	return f
}

// withCurrencies lets records with money say in which currency it is.
func withCurrencies(list []*Object) []*Object {
	for _, o := range list {
		hasMoney := slices.ContainsFunc(o.Fields, func(f *Field) bool { return f.Type == TypeCurrency })
		var more []*Field
		if hasMoney || o.Name == "User" || o.Name == "Contact" {
			more = append(more, currencyField("CurrencyIsoCode"))
		}
		if o.Name == "User" {
			more = append(more, currencyField("DefaultCurrencyIsoCode"))
		}
		o.reshape(slices.Insert(slices.Clone(o.Fields), o.index["CreatedDate"], more...))
	}
	rate := func() *Field { return number("ConversionRate", TypeDouble, 18, 6) }
	return append(list,
		readable(newObject("CurrencyType", "Currency Type", "Currency Types", "01L", []*Field{
			text("IsoCode", 3).required().named(), rate(), whole("DecimalPlaces", 9), flag("IsActive"), flag("IsCorporate"),
		})),
		readable(newObject("DatedConversionRate", "Dated Conversion Rate", "Dated Conversion Rates", "04w", []*Field{
			text("IsoCode", 3).required().named(), date("StartDate"), date("NextStartDate"), rate(),
		})))
}

func fillCurrencies(tx *Tx) error {
	if tx.table("CurrencyType") == nil {
		return nil
	}
	for i, c := range currencies {
		if err := create(tx, "CurrencyType", map[string]any{"IsoCode": c.code, "ConversionRate": c.rate, "DecimalPlaces": 2, "IsActive": true, "IsCorporate": i == 0}); err != nil {
			return err
		}
		if err := create(tx, "DatedConversionRate", map[string]any{"IsoCode": c.code, "ConversionRate": c.rate, "StartDate": "2000-01-01", "NextStartDate": "9999-12-31"}); err != nil {
			return err
		}
	}
	return nil
}

// setupDefaults fills what an admin's settings decide: record type, profile, and
// the caller's currency.
func (tx *Tx) setupDefaults(o *Object, row []any) {
	fill := func(name string, v any) {
		if i, ok := o.index[name]; ok && row[i] == nil && v != "" {
			row[i] = v
		}
	}
	fill("RecordTypeId", tx.org.newType[o.Name])
	if o.Name == "User" {
		fill("ProfileId", newID("00e", standardProfile))
		fill("DefaultCurrencyIsoCode", currencies[0].code)
	}
	if _, ok := o.index["CurrencyIsoCode"]; ok {
		user, _ := tx.Get("User", tx.caller.UserID)
		code, _ := user.Value("DefaultCurrencyIsoCode").(string)
		fill("CurrencyIsoCode", or(code, currencies[0].code))
	}
}
