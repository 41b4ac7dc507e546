package streaming

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"tidegate/gateway"
)

var testSchemas = []gateway.Schema{
	{Object: "Account", Fields: []gateway.Field{
		{Name: "Id"},
		{Name: "Name", Type: "string"},
		{Name: "Phone", Type: gateway.TypePhone},
		{Name: "Rating", Type: gateway.TypePicklist},
		{Name: "LastModifiedDate", Type: gateway.TypeDatetime},
		{Name: "AnnualRevenue", Type: gateway.TypeCurrency},
		{Name: "BillingAddress", Type: gateway.TypeAddress},
		{Name: "BillingCity", CompoundName: "BillingAddress"},
		{Name: "BillingStreet", CompoundName: "BillingAddress"},
		{Name: "BillingPostalCode", CompoundName: "BillingAddress"},
		{Name: "Description", Type: gateway.TypeTextarea},
		{Name: "Region__c"},
		{Name: "Score__c", Calculated: true},
	}},
	{Object: "Contact", Fields: []gateway.Field{
		{Name: "Id"},
		{Name: "Name"},
		{Name: "FirstName", CompoundName: "Name"},
		{Name: "LastName", CompoundName: "Name"},
		{Name: "Salutation", CompoundName: "Name"},
		{Name: "Title"},
		{Name: "LastModifiedDate", Type: gateway.TypeDatetime},
		{Name: "MailingAddress", Type: gateway.TypeAddress},
		{Name: "MailingCity", CompoundName: "MailingAddress"},
		{Name: "Spot__c", Type: "location"},
		{Name: "Spot__Latitude__s", CompoundName: "Spot__c"},
		{Name: "Spot__Longitude__s", CompoundName: "Spot__c"},
	}},
}

// message builds the data part of one event.
func message(object, typ, body, changed string) json.RawMessage {
	if body != "" {
		body += ","
	}
	return json.RawMessage(fmt.Sprintf(`{"schema":"V2MGwDA2aIP0yQS98S2L6Q","payload":{%s"ChangeEventHeader":{"entityName":%q,`+
		`"recordIds":["001ZM000001n4n5YAA"],"changeType":%q,"changeOrigin":"com/salesforce/api/rest/61.0;client=acme-gateway",`+
		`"transactionKey":"0001ae4b-7024-a64a-87f0-f2c8cebdca76","sequenceNumber":1,"commitTimestamp":1772446542000,`+
		`"commitNumber":1725357365187780609,"commitUser":"005ZM000000M6o1YAC","changedFields":[%s]}},"event":{"replayId":37904281}}`,
		body, object, typ, changed))
}

func decodeOne(t *testing.T, raw json.RawMessage) gateway.ChangeEvent {
	t.Helper()
	b := NewDecoder(testSchemas).Decode("/data/ChangeEvents", []json.RawMessage{raw})
	if len(b.Unreadable) > 0 || len(b.Events) != 1 {
		t.Fatalf("decoded %d events, unreadable: %+v", len(b.Events), b.Unreadable)
	}
	return b.Events[0]
}

func TestHeaderKeepsEveryDigit(t *testing.T) {
	e := decodeOne(t, message("Account", "UPDATE", `"Phone":"1"`, `"Phone"`))
	e.Fields = nil
	want := gateway.ChangeEvent{
		Object: "Account", RecordIDs: []string{"001ZM000001n4n5YAA"}, Type: gateway.Update,
		Version:        gateway.Version{CommitAt: 1772446542000, CommitNumber: 1725357365187780609, Sequence: 1},
		TransactionKey: "0001ae4b-7024-a64a-87f0-f2c8cebdca76", User: "005ZM000000M6o1YAC",
		Origin: "com/salesforce/api/rest/61.0;client=acme-gateway", ReplayID: "37904281",
	}
	if !reflect.DeepEqual(e, want) {
		t.Errorf("got  %+v\nwant %+v", e, want)
	}
}

func TestBodyByOperation(t *testing.T) {
	tests := []struct {
		name, object, typ, body, changed string
		fields                           gateway.Fields
		refetch                          bool
	}{
		{"F-20 explicit null", "Account", "UPDATE", `"Rating":null,"Phone":"+41 44"`, `"Rating","Phone"`, gateway.Fields{"Rating": gateway.Null, "Phone": `"+41 44"`}, false},
		{"F-19 what did not change is left out", "Account", "UPDATE", `"Rating":null,"Phone":"+41 44"`, `"Phone"`, gateway.Fields{"Phone": `"+41 44"`}, false},
		{"an update without changedFields keeps all", "Account", "UPDATE", `"Rating":null,"Phone":"1"`, ``, gateway.Fields{"Rating": gateway.Null, "Phone": `"1"`}, false},
		{"F-21 address parts", "Account", "UPDATE", `"BillingAddress":{"City":"Bern","PostalCode":"3000"}`, `"BillingAddress.City","BillingAddress.PostalCode"`, gateway.Fields{"BillingCity": `"Bern"`, "BillingPostalCode": `"3000"`}, false},
		{"F-21 a part listed but not sent is empty", "Account", "UPDATE", `"BillingAddress":{"City":"Bern"}`, `"BillingAddress.City","BillingAddress.Street"`, gateway.Fields{"BillingCity": `"Bern"`, "BillingStreet": gateway.Null}, false},
		{"F-21 a part sent but not listed is left out", "Account", "UPDATE", `"BillingAddress":{"City":"Bern","Street":"A 1"}`, `"BillingAddress.City"`, gateway.Fields{"BillingCity": `"Bern"`}, false},
		{"an emptied address", "Account", "UPDATE", `"BillingAddress":null`, `"BillingAddress"`, gateway.Fields{"BillingCity": gateway.Null, "BillingStreet": gateway.Null, "BillingPostalCode": gateway.Null}, false},
		{"one part emptied with the address null", "Account", "UPDATE", `"BillingAddress":null`, `"BillingAddress.City"`, gateway.Fields{"BillingCity": gateway.Null}, false},
		{"a person's name", "Contact", "CREATE", `"Name":{"FirstName":"Ada","LastName":"Byron"},"Title":"Countess"`, ``, gateway.Fields{"FirstName": `"Ada"`, "LastName": `"Byron"`, "Title": `"Countess"`}, false},
		{"a name part removed", "Contact", "UPDATE", `"Name":{"LastName":"Byron"}`, `"Name.FirstName"`, gateway.Fields{"FirstName": gateway.Null}, false},
		{"an account's name is text", "Account", "CREATE", `"Name":"Acme"`, ``, gateway.Fields{"Name": `"Acme"`}, false},
		{"a custom geolocation", "Contact", "UPDATE", `"Spot__c":{"Latitude":47.5,"Longitude":8.0}`, `"Spot__c.Latitude","Spot__c.Longitude"`, gateway.Fields{"Spot__Latitude__s": "47.5", "Spot__Longitude__s": "8"}, false},
		{"an object that nobody described", "Site__c", "UPDATE", `"Spot__c":{"Latitude":1.5},"MailingAddress":{"City":"Bern"},"Address":{"City":"Basel"}`, ``, gateway.Fields{"Spot__Latitude__s": "1.5", "MailingCity": `"Bern"`, "City": `"Basel"`}, false},
		{"numbers have one form", "Account", "UPDATE", `"AnnualRevenue":119.0,"A":-0.50,"B":1e3,"C":123456789012345678,"D":0,"E":0.0,"F":-0`, ``, gateway.Fields{"AnnualRevenue": "119", "A": "-0.5", "B": "1000", "C": "123456789012345678", "D": "0", "E": "0", "F": "0"}, false},
		{"datetimes have one form", "Account", "UPDATE", `"LastModifiedDate":"2026-03-02T11:15:42.000+0100"`, ``, gateway.Fields{"LastModifiedDate": `"2026-03-02T10:15:42.000Z"`}, false},
		{"a datetime in milliseconds", "Account", "UPDATE", `"LastModifiedDate":1772446542000`, ``, gateway.Fields{"LastModifiedDate": `"2026-03-02T10:15:42.000Z"`}, false},
		{"texts have one spelling", "Account", "UPDATE", `"Phone":"a\u0062c","Rating":"<b>&","Description":"Zürich\n"`, ``, gateway.Fields{"Phone": `"abc"`, "Rating": gateway.Text("<b>&"), "Description": `"Zürich\n"`}, false},
		{"an empty text is null", "Account", "UPDATE", `"Phone":""`, ``, gateway.Fields{"Phone": gateway.Null}, false},
		{"F-22 a text difference is read instead", "Account", "UPDATE", `"Description":{"diff":"--- \n+++ ab\n@@ -1 +1 @@"},"Phone":"1"`, `"Description","Phone"`, gateway.Fields{"Phone": `"1"`}, true},
		{"a change whose value was not sent is read", "Account", "UPDATE", `"Phone":"1"`, `"Phone","Region__c"`, gateway.Fields{"Phone": `"1"`}, true},
		{"a change hidden from us is no reason to read", "Account", "UPDATE", `"Phone":"1"`, `"Phone","Secret__c"`, gateway.Fields{"Phone": `"1"`}, false},
		{"a field added mid-stream is kept", "Account", "UPDATE", `"New__c":true`, `"New__c"`, gateway.Fields{"New__c": "true"}, false},
		{"preferences are kept verbatim", "Account", "CREATE", `"Prefs":["a","b"]`, ``, gateway.Fields{"Prefs": `["a","b"]`}, false},
		{"a delete has no fields, even enriched", "Account", "DELETE", `"Phone":"1"`, ``, nil, false},
		{"a gap has none", "Account", "GAP_UPDATE", ``, ``, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := decodeOne(t, message(tt.object, tt.typ, tt.body, tt.changed))
			if !maps.Equal(e.Fields, tt.fields) || (e.Refetch != "") != tt.refetch {
				t.Errorf("fields %v, refetch %q; want %v, %v", e.Fields, e.Refetch, tt.fields, tt.refetch)
			}
		})
	}
}

func TestUnknownChangeTypeIsAGap(t *testing.T) {
	e := decodeOne(t, message("Account", "TRANSMOGRIFY", `"Phone":"1"`, ""))
	if !e.Type.IsGap() || e.Refetch == "" || e.Fields != nil {
		t.Errorf("event %+v, want a gap that asks for the record", e)
	}
}

func TestSpecialRecordIDsSurvive(t *testing.T) {
	for _, id := range []string{"001*", "000000000000000AAA"} {
		raw := strings.Replace(string(message("Account", "GAP_UPDATE", "", "")), "001ZM000001n4n5YAA", id, 1)
		if e := decodeOne(t, json.RawMessage(raw)); e.RecordIDs[0] != id {
			t.Errorf("id %q became %q", id, e.RecordIDs[0])
		}
	}
	raw := strings.Replace(string(message("Account", "DELETE", "", "")), `"001ZM000001n4n5YAA"`, `"001ZM000001n4n5","001ZM000001n4n6YAA"`, 1)
	e := decodeOne(t, json.RawMessage(raw))
	if want := []string{"001ZM000001n4n5YAA", "001ZM000001n4n6YAA"}; !reflect.DeepEqual(e.RecordIDs, want) {
		t.Errorf("F-14: ids %q, want %q", e.RecordIDs, want)
	}
}

func TestUnreadableEventKeepsItsPlaceInTheStream(t *testing.T) {
	whole := string(message("Account", "UPDATE", `"Phone":"1"`, ""))
	tests := []struct{ name, raw, object, record string }{
		{"truncated number of fields", strings.Replace(whole, `"Phone":"1"`, `"Phone":`, 1), "", ""},
		{"no header", `{"payload":{"Phone":"1"},"event":{"replayId":37904281}}`, "", ""},
		{"no payload", `{"event":{"replayId":37904281}}`, "", ""},
		{"no record", strings.Replace(whole, `"001ZM000001n4n5YAA"`, ``, 1), "Account", ""},
		{"an id with a wrong checksum", strings.Replace(whole, `n5YAA`, `n5YAB`, 1), "Account", ""},
		{"no commit number", strings.Replace(whole, `1725357365187780609`, `0`, 1), "Account", "001ZM000001n4n5YAA"},
		{"a commit number with a fraction", strings.Replace(whole, `1725357365187780609`, `1.5`, 1), "Account", "001ZM000001n4n5YAA"},
		{"a commit number beyond 64 bits", strings.Replace(whole, `1725357365187780609`, `9223372036854775808`, 1), "Account", "001ZM000001n4n5YAA"},
		{"a field that is no value", strings.Replace(whole, `"1"`, `tru`, 1), "Account", "001ZM000001n4n5YAA"},
		{"not an object", `37904281`, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := NewDecoder(testSchemas).Decode("/data/ChangeEvents", []json.RawMessage{json.RawMessage(tt.raw)})
			if len(b.Events) != 0 || len(b.Unreadable) != 1 {
				t.Fatalf("batch %+v, want one unreadable event", b)
			}
			q := b.Unreadable[0]
			if string(q.Raw) != tt.raw || q.Reason == "" || q.Channel == "" || q.Object != tt.object || q.RecordID != tt.record {
				t.Errorf("quarantined %+v", q)
			}
			if strings.Contains(tt.raw, "replayId") && (q.ReplayID != "37904281" || b.Position != "37904281") {
				t.Errorf("replay id %q, position %q", q.ReplayID, b.Position)
			}
		})
	}
}

func TestBigBatchKeepsTheOrder(t *testing.T) {
	const n = 3 * parallelFrom
	raw := make([]json.RawMessage, n)
	for i := range raw {
		raw[i] = json.RawMessage(strings.Replace(string(message("Account", "UPDATE", "", "")), "37904281", fmt.Sprint(1000+i), 1))
	}
	b := NewDecoder(testSchemas).Decode("/data/ChangeEvents", raw)
	for i, e := range b.Events {
		if e.ReplayID != gateway.ReplayID(fmt.Sprint(1000+i)) {
			t.Fatalf("event %d has replay id %s", i, e.ReplayID)
		}
	}
	if len(b.Events) != n || b.Position != gateway.ReplayID(fmt.Sprint(1000+n-1)) {
		t.Errorf("%d events, position %s", len(b.Events), b.Position)
	}
}

func TestMirroredFieldsHoldPartsAndNamesNotCompounds(t *testing.T) {
	got := strings.Join(MirroredFields(testSchemas[1]), " ")
	want := "Name FirstName LastName Salutation Title LastModifiedDate MailingCity Spot__Latitude__s Spot__Longitude__s"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func FuzzDecode(f *testing.F) {
	for _, typ := range []string{"UPDATE", "CREATE", "DELETE", "GAP_OVERFLOW"} {
		f.Add([]byte(message("Account", typ, `"Phone":"1\u00e9","BillingAddress":{"City":"Bern"},"AnnualRevenue":1.50`, `"Phone","BillingAddress.City"`)))
	}
	f.Add([]byte(`{"payload":{"Description":{"diff":"x"}},"event":{"replayId":"7"}}`))
	d := NewDecoder(testSchemas)
	f.Fuzz(func(t *testing.T, raw []byte) {
		b := d.Decode("/data/ChangeEvents", []json.RawMessage{raw})
		if len(b.Events)+len(b.Unreadable) != 1 {
			t.Fatalf("one message became %d events and %d unreadable", len(b.Events), len(b.Unreadable))
		}
		for _, e := range b.Events {
			for name, v := range e.Fields {
				if json.Valid(raw) && !json.Valid([]byte(v)) {
					t.Fatalf("%s = %q is no JSON", name, v)
				}
				if c := v[0]; c != '[' && gateway.Scalar([]byte(v)) != v {
					t.Fatalf("%s = %q is not canonical: %q", name, v, gateway.Scalar([]byte(v)))
				}
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	body := `"LastModifiedDate":"2026-03-02T10:15:42.000Z","Phone":"+41 44 000 00 00","Rating":null,"AnnualRevenue":119000.0,"BillingAddress":{"City":"Bern","PostalCode":"3000"}`
	raw := message("Account", "UPDATE", body, `"Phone","Rating","AnnualRevenue","LastModifiedDate","BillingAddress.City","BillingAddress.PostalCode"`)
	batch := make([]json.RawMessage, 200) // below parallelFrom: the rate of one core
	for i := range batch {
		batch[i] = raw
	}
	d := NewDecoder(testSchemas)
	b.ReportAllocs()
	for b.Loop() {
		d.Decode("/data/ChangeEvents", batch)
	}
	b.ReportMetric(float64(b.N*len(batch))/b.Elapsed().Seconds(), "events/s")
}

func TestEqualDescribesShareOneShape(t *testing.T) {
	describe := func(label string) gateway.Schema {
		return gateway.Schema{Object: "Shared__c", Fields: []gateway.Field{{Name: "Name", Label: label, Type: "string", Length: 80}}}
	}
	first, second := NewDecoder([]gateway.Schema{describe("Name")}), NewDecoder([]gateway.Schema{describe("Name")})
	if first.shapes["Shared__c"] != second.shapes["Shared__c"] {
		t.Error("two shapes of one describe")
	}
	longer := describe("Name")
	longer.Fields[0].Length = 120 // not in the sum, so both are under one key
	if other := NewDecoder([]gateway.Schema{longer}).shapes["Shared__c"]; other == first.shapes["Shared__c"] || other.schema.Fields[0].Length != 120 {
		t.Error("describes that differ share a shape")
	}
	runtime.KeepAlive(first)
}
