package pubsub

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// layout builds a record type of n fields f0, f1, … of which some have a name
// and some are records of the given parts.
func layout(n int, names map[int]string, parts map[int][]string) *Type {
	t := &Type{Kind: KindRecord}
	text := &Type{Kind: KindString}
	for i := range n {
		f := Field{Name: fmt.Sprint("f", i), Type: text}
		if name := names[i]; name != "" {
			f.Name = name
		}
		if p := parts[i]; p != nil {
			record := &Type{Kind: KindRecord}
			for _, name := range p {
				record.Fields = append(record.Fields, Field{Name: name, Type: text})
			}
			// Every form in which a record hides in a union (rule 4).
			f.Type = []*Type{
				{Kind: KindUnion, Of: []*Type{{Kind: KindNull}, record}},
				{Kind: KindUnion, Of: []*Type{text, record}},
				{Kind: KindUnion, Of: []*Type{{Kind: KindNull}, text, record}},
			}[i%3]
		}
		t.Fields = append(t.Fields, f)
	}
	return t
}

var (
	addressParts = strings.Split("Street City State PostalCode Country StateCode CountryCode Latitude Longitude GeocodeAccuracy", " ")
	schemaA      = layout(43, map[int]string{
		0: "ChangeEventHeader", 1: "Name", 4: "BillingAddress", 5: "ShippingAddress", 6: "Phone", 7: "Fax", 11: "Industry",
		12: "AnnualRevenue", 16: "Description", 17: "Rating", 22: "LastModifiedDate", 23: "LastModifiedById", 42: "SLAExpirationDate__c",
	}, map[int][]string{4: addressParts, 5: addressParts})
	contact = layout(27, map[int]string{0: "ChangeEventHeader", 3: "Name", 5: "MailingAddress", 13: "Email", 26: "LastModifiedDate"},
		map[int][]string{3: {"Salutation", "FirstName", "LastName"}, 5: addressParts})
)

// TestBitmapsNameTheFields reproduces every row of the published examples
// (F-21, C14).
func TestBitmapsNameTheFields(t *testing.T) {
	tests := []struct {
		name    string
		of      *Type
		bitmaps string
		want    string
	}{
		{"four plain fields", schemaA, "0xC21000", "AnnualRevenue Rating LastModifiedDate LastModifiedById"},
		{
			"plain fields and parts of two compounds", schemaA, "0x400040 4-0x1A 5-0x0280",
			"BillingAddress.City BillingAddress.PostalCode BillingAddress.Country ShippingAddress.Latitude ShippingAddress.GeocodeAccuracy Phone LastModifiedDate",
		},
		{"beyond 32 bits", schemaA, "0x040000400000", "LastModifiedDate SLAExpirationDate__c"},
		{
			"a person's name and a whole address", contact, "0x04002000 3-0x06 5-0x03FF",
			"Name.FirstName Name.LastName MailingAddress." + strings.Join(addressParts, " MailingAddress.") + " Email LastModifiedDate",
		},
		{"parts only", schemaA, "4-0x02", "BillingAddress.City"},
		{"published sample Industry", schemaA, "0x400800", "Industry LastModifiedDate"},
		{"published sample Description", schemaA, "0x410000", "Description LastModifiedDate"},
		{"published sample diff", schemaA, "0x010000", "Description"},
		{"published sample Fax", schemaA, "0x400080", "Fax LastModifiedDate"},
		{"published sample Street", schemaA, "0x400000 4-0x01", "BillingAddress.Street LastModifiedDate"},
		{"lower case, odd digits", schemaA, "0x40", "Phone"},
		{"nothing", schemaA, "", ""},
		{"leading zeros", schemaA, "0x000000000000000000000040", "Phone"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ReadPlaces(tt.of, strings.Fields(tt.bitmaps))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(p.Names(tt.of), " "); got != tt.want {
				t.Errorf("names\n%s, want\n%s", got, tt.want)
			}
			if p.Empty() != (tt.want == "") {
				t.Errorf("Empty() = %v", p.Empty())
			}
		})
	}
}

func TestBitmapMembership(t *testing.T) {
	p, err := ReadPlaces(schemaA, []string{"0x40", "4-0x1A"})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		what string
		got  bool
		want bool
	}{
		{"Phone", p.Has(6), true},
		{"Fax", p.Has(7), false},
		{"BillingAddress as a whole", p.Has(4), false},
		{"something of BillingAddress", p.Any(4), true},
		{"something of ShippingAddress", p.Any(5), false},
		{"BillingAddress.City", p.HasPart(4, 1), true},
		{"BillingAddress.State", p.HasPart(4, 2), false},
		{"a part of a field named whole", p.HasPart(6, 3), true},
		{"far out", p.Has(4000), false},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %v, want %v", tt.what, tt.got, tt.want)
		}
	}
}

func TestBadBitmapsAreRefused(t *testing.T) {
	for _, bitmap := range []string{"40", "0xZZ", "4-", "x-0x01", "99-0x01", "-1-0x01", "6-0x01", "0x080000000000", "4-0x0400", "0x-1"} {
		if p, err := ReadPlaces(schemaA, []string{bitmap}); err == nil {
			t.Errorf("%q is read as %v", bitmap, p.Names(schemaA))
		}
	}
}

// FuzzBitmaps: whatever is read names fields that exist.
func FuzzBitmaps(f *testing.F) {
	f.Add("0x400040", "4-0x1A")
	f.Add("4-0x02", "0x")
	f.Fuzz(func(t *testing.T, a, b string) {
		p, err := ReadPlaces(schemaA, []string{a, b})
		if err != nil {
			return
		}
		names := p.Names(schemaA)
		if p.Empty() != (len(names) == 0) {
			t.Errorf("%q %q: Empty is %v of %v", a, b, p.Empty(), names)
		}
		if !slices.Equal(names, slices.Compact(slices.Clone(names))) {
			t.Errorf("%q %q names twice: %v", a, b, names)
		}
	})
}
