package avro_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"tidegate/simulator/avro"
)

func platformSchema(t testing.TB) *avro.Schema {
	s, err := avro.New("id", "Order__e", []avro.Field{
		{Name: "CreatedDate", Kind: avro.Moment, Required: true},
		{Name: "Text__c"},
		{Name: "Flag__c", Kind: avro.Boolean},
		{Name: "Number__c", Kind: avro.Number},
		{Name: "Day__c", Kind: avro.Date},
		{Name: "Count__c", Kind: avro.Integer},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What is written from JSON is read back as it was.
func TestS22DatumOfAPlatformEventIsReadAsItWasWritten(t *testing.T) {
	s := platformSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		maybe := func(v any) any {
			if rapid.Bool().Draw(t, "empty") {
				return nil
			}
			return v
		}
		given := map[string]any{
			"CreatedDate": "2026-03-02T10:15:42.345Z",
			"Text__c":     maybe(rapid.String().Draw(t, "text")), "Flag__c": maybe(rapid.Bool().Draw(t, "flag")),
			"Number__c": maybe(rapid.Float64Range(-1e9, 1e9).Draw(t, "number")), "Day__c": maybe("2026-05-01"),
			"Count__c": maybe(rapid.IntRange(-1000, 1000).Draw(t, "count")),
		}
		payload, err := json.Marshal(given)
		if err != nil {
			t.Fatal(err)
		}
		var e avro.Encoder
		datum, err := e.Append(nil, s, payload)
		if err != nil {
			t.Fatal(err)
		}
		values, err := s.Decode(datum)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range given {
			got, err := json.Marshal(values[name])
			if err != nil {
				t.Fatal(err)
			}
			if wanted, _ := json.Marshal(want); !sameJSON(t, got, wanted) {
				t.Fatalf("%s = %s, want %s", name, got, wanted)
			}
		}
	})
}

func sameJSON(t *rapid.T, a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		t.Fatalf("%s or %s", a, b)
	}
	return x == y
}

// Whatever a client sends is refused or read, never more.
func FuzzDecode(f *testing.F) {
	s := platformSchema(f)
	f.Add([]byte{0, 0, 0, 0, 0, 0})
	f.Add([]byte{2, 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, datum []byte) {
		if values, err := s.Decode(datum); err == nil {
			if _, err := json.Marshal(values); err != nil {
				t.Fatal(err)
			}
		}
	})
}
