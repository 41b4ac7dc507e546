package avro_test

import (
	"fmt"
	"slices"
	"testing"

	"tidegate/simulator/avro"
)

// accountFields is the published example of an account's schema; position 0 is
// the header, and what stands between the named fields does not matter.
func accountFields(withRecordType bool) []avro.Field {
	parts := named("Street", "City", "State", "PostalCode", "Country", "StateCode", "CountryCode", "Latitude", "Longitude", "GeocodeAccuracy")
	place := func(name string) avro.Field { return avro.Field{Name: name, Record: "Address", Parts: parts} }
	fields := append(named("Name", "Type"), named("ParentId")...)
	if withRecordType {
		fields = append(named("Name", "Type", "RecordTypeId"), named("ParentId")...)
	}
	fields = append(fields, place("BillingAddress"), place("ShippingAddress"))
	fields = append(fields, named("Phone", "Fax", "AccountNumber", "Website", "Sic", "Industry", "AnnualRevenue", "NumberOfEmployees",
		"Ownership", "TickerSymbol", "Description", "Rating", "Site", "OwnerId", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById")...)
	for len(fields) < 41 {
		fields = append(fields, named(fmt.Sprintf("Filler%d__c", len(fields)))...)
	}
	return append(fields, named("SLAExpirationDate__c")...)
}

// contactFields has a person's name at 3, an address at 5, Email at 13 and
// LastModifiedDate at 26.
func contactFields() []avro.Field {
	at := map[int]avro.Field{
		3:  {Name: "Name", Record: "PersonName", Parts: named("Salutation", "FirstName", "LastName")},
		5:  {Name: "MailingAddress", Record: "Address", Parts: accountFields(false)[3].Parts},
		13: {Name: "Email"}, 26: {Name: "LastModifiedDate"},
	}
	var fields []avro.Field
	for i := 1; i <= 26; i++ {
		f, ok := at[i]
		if !ok {
			f.Name = fmt.Sprintf("Filler%d", i)
		}
		fields = append(fields, f)
	}
	return fields
}

func named(names ...string) []avro.Field {
	var out []avro.Field
	for _, n := range names {
		out = append(out, avro.Field{Name: n})
	}
	return out
}

func schemaOf(t testing.TB, object string, fields []avro.Field) *avro.Schema {
	t.Helper()
	s, err := avro.New("V2MGwDA2aIP0yQS98S2L6Q", object, fields)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestS24BitmapsMatchThePublishedSamples(t *testing.T) {
	account := schemaOf(t, "Account", accountFields(false))
	contact := schemaOf(t, "Contact", contactFields())
	whole := []string{"Email", "LastModifiedDate", "Name.FirstName", "Name.LastName"}
	for _, part := range contactFields()[4].Parts {
		whole = append(whole, "MailingAddress."+part.Name)
	}
	for _, row := range []struct {
		what   string
		schema *avro.Schema
		names  []string
		want   []string
	}{
		{"four fields", account, []string{"AnnualRevenue", "Rating", "LastModifiedDate", "LastModifiedById"}, []string{"0xC21000"}},
		{"parts of two addresses", account, []string{
			"Phone", "LastModifiedDate", "BillingAddress.City", "BillingAddress.PostalCode", "BillingAddress.Country",
			"ShippingAddress.Latitude", "ShippingAddress.GeocodeAccuracy",
		}, []string{"0x400040", "4-0x1A", "5-0x0280"}},
		{"beyond 32 bits", account, []string{"SLAExpirationDate__c", "LastModifiedDate"}, []string{"0x040000400000"}},
		{"name and whole address", contact, whole, []string{"0x04002000", "3-0x06", "5-0x03FF"}},
		{"only a part", account, []string{"BillingAddress.City"}, []string{"4-0x02"}},
		{"industry", account, []string{"Industry", "LastModifiedDate"}, []string{"0x400800"}},
		{"description", account, []string{"Description", "LastModifiedDate"}, []string{"0x410000"}},
		{"description alone", account, []string{"Description"}, []string{"0x010000"}},
		{"fax", account, []string{"Fax", "LastModifiedDate"}, []string{"0x400080"}},
		{"street", account, []string{"LastModifiedDate", "BillingAddress.Street"}, []string{"0x400000", "4-0x01"}},
		{"an extra field shifts the rest", schemaOf(t, "Account", accountFields(true)), []string{"BillingAddress.City"}, []string{"5-0x02"}},
		{"order of names does not matter", account, []string{"ShippingAddress.City", "Fax", "BillingAddress.City"}, []string{"0x80", "4-0x02", "5-0x02"}},
		{"unknown names", account, []string{"Nothing", "BillingAddress.Nothing"}, []string{}},
		{"nothing", account, nil, []string{}},
	} {
		if got := row.schema.Bitmap(row.names...); !slices.Equal(got, row.want) {
			t.Errorf("%s: %v, want %v", row.what, got, row.want)
		}
	}
}
