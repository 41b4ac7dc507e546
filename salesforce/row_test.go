package salesforce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tidegate/gateway"
)

var accountSchema = gateway.Schema{Object: "Account", Fields: []gateway.Field{
	{Name: "Id", Type: "id"},
	{Name: "Name", Type: "string"},
	{Name: "AnnualRevenue", Type: "currency"},
	{Name: "NumberOfEmployees", Type: "int"},
	{Name: "IsActive__c", Type: "boolean"},
	{Name: "CreatedDate", Type: "datetime"},
	{Name: "SystemModstamp", Type: "datetime"},
	{Name: "LastActivityDate", Type: "date"},
	{Name: "BillingAddress", Type: "address"},
	{Name: "BillingCity", Type: "string"},
	{Name: "OwnerId", Type: "reference"},
	{Name: "IsDeleted", Type: "boolean"},
}}

func TestRowBecomesARecord(t *testing.T) {
	raw := `{ "attributes" : {"type":"Account","url":"/services/data/v66.0/sobjects/Account/001"},
	 "Id":"001dM00003jU9Gx","Name":"A \"quoted\" \u00e4, {braces} & [brackets]","AnnualRevenue":300.0,"NumberOfEmployees":12345678901234567890,
	 "IsActive__c":false,"CreatedDate":"2026-05-01T07:25:37.000+0000","SystemModstamp":"2026-05-02T07:25:37.000+0000",
	 "LastActivityDate":"2026-04-30","BillingAddress":{"city":"Köln","street":null},"BillingCity":"Köln",
	 "Owner":{"attributes":{"type":"User"},"Name":"Eve"},"Parent":null,"OwnerId":null,"IsDeleted":true,"Contacts":{"records":[]},"Ids":["a"] }`
	got, err := DecodeRow(accountSchema, []byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	want := gateway.Fields{
		"Name": gateway.Text(`A "quoted" ä, {braces} & [brackets]`), "AnnualRevenue": "300",
		"NumberOfEmployees": "12345678901234567890", "IsActive__c": "false",
		"CreatedDate": `"2026-05-01T07:25:37.000Z"`, "LastActivityDate": `"2026-04-30"`,
		"BillingCity": gateway.Text("Köln"), "OwnerId": gateway.Null,
	}
	if string(got.Fields.JSON()) != string(want.JSON()) {
		t.Errorf("fields:\n%s\nwant\n%s", got.Fields.JSON(), want.JSON())
	}
	if got.Key != (gateway.RecordKey{Object: "Account", ID: testAccount}) || !got.Deleted {
		t.Errorf("key %v, deleted %v", got.Key, got.Deleted)
	}
	if got.Version.CommitAt != 1777706737000 || got.ReadAt != 1777706737000 {
		t.Errorf("version %+v, read at %d", got.Version, got.ReadAt)
	}
}

func TestDatetimeFormsBecomeOneForm(t *testing.T) {
	cases := map[string]string{
		`"2026-05-01T07:25:37.000+0000"`: `"2026-05-01T07:25:37.000Z"`,
		`"2026-05-01T07:25:37.120Z"`:     `"2026-05-01T07:25:37.120Z"`,
		`"2026-05-01T07:25:37Z"`:         `"2026-05-01T07:25:37.000Z"`,
		`"2026-05-01T09:25:37.000+0200"`: `"2026-05-01T07:25:37.000Z"`,
		`"2026-05-01T09:25:37.5+02:00"`:  `"2026-05-01T07:25:37.500Z"`,
		`null`:                           `null`,
		`"yesterday"`:                    "",
	}
	for raw, want := range cases {
		got, err := canonical(gateway.TypeDatetime, []byte(raw))
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %s, %v; want %s", raw, got, err, want)
		}
	}
}

func TestRowThatIsNoneIsAnError(t *testing.T) {
	for _, raw := range []string{
		``, `null`, `[]`, `{}`, `{"Name":"no id"}`, `{"Id":null}`, `{"Id":"001"}`, `{"Id":"001dM00003jU9GxQAX"}`,
		`{"Id":"001dM00003jU9Gx","SystemModstamp":"never"}`, `{"Id":"001dM00003jU9Gx","CreatedDate":"x"}`, `{"Id":`,
	} {
		if got, err := DecodeRow(accountSchema, []byte(raw)); err == nil {
			t.Errorf("DecodeRow(%s) = %v; want an error", raw, got)
		}
	}
}

// The scanner must see what encoding/json sees in any valid object, and end
// without panic in anything else.
func FuzzScannerAgreesWithEncodingJSON(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1}`, ` { "a" : [1,{"b":"}"}] , "c":"\"" } `, `{"a\u0062":null,"x":-1.5e3}`, `{"a":{"b":{}}}`,
		`{"a"`, `{"a":`, `{"a":"`, `[1]`, `{"":""}`, `{"a":true,}`, `{1:2}`, `{"a":}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := map[string]string{}
		err := eachMember(raw, func(key, value []byte) error {
			got[strings.ToValidUTF8(string(key), "\uFFFD")] = string(value)
			return nil
		})
		var want map[string]json.RawMessage
		if json.Unmarshal(raw, &want) != nil || want == nil || !bytes.Equal(raw, bytes.ToValidUTF8(raw, nil)) {
			return
		}
		if err != nil || len(got) != len(want) {
			t.Fatalf("%s: %v, %v; want %v", raw, got, err, want)
		}
		for key, value := range want {
			if got[key] != string(value) {
				t.Fatalf("%s: member %q = %q; want %q", raw, key, got[key], value)
			}
		}
	})
}

func BenchmarkDecodeRow(b *testing.B) {
	schema := gateway.Schema{Object: "Account"}
	var row strings.Builder
	row.WriteString(`{"attributes":{"type":"Account"},"Id":"001dM00003jU9GxQAK","SystemModstamp":"2026-05-02T07:25:37.000+0000"`)
	for i := range 60 {
		name := fmt.Sprintf("Field_%d__c", i)
		schema.Fields = append(schema.Fields, gateway.Field{Name: name, Type: "string"})
		fmt.Fprintf(&row, `,%q:"some value %d"`, name, i)
	}
	row.WriteString("}")
	decoder, raw := NewRowDecoder(schema), []byte(row.String())
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decoder.Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}
