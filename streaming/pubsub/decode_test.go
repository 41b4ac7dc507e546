package pubsub

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/twmb/avro"
)

const schemaText = `{"type":"record","name":"ContactChangeEvent","namespace":"com.sforce.eventbus","fields":[
 {"name":"ChangeEventHeader","type":{"type":"record","name":"ChangeEventHeader","fields":[
  {"name":"entityName","type":"string"},
  {"name":"recordIds","type":{"type":"array","items":"string"}},
  {"name":"changeType","type":{"type":"enum","name":"ChangeType","symbols":["CREATE","UPDATE","DELETE"]}},
  {"name":"commitNumber","type":"long"},
  {"name":"changedFields","type":{"type":"array","items":"string"}}]}},
 {"name":"Name","type":["null",{"type":"record","name":"PersonName","fields":[
  {"name":"FirstName","type":["null","string"],"default":null},{"name":"LastName","type":["null","string"],"default":null}]}],"default":null},
 {"name":"MailingAddress","type":["null",{"type":"record","name":"Address","fields":[
  {"name":"City","type":["null","string"],"default":null},{"name":"Latitude","type":["null","double"],"default":null}]}],"default":null},
 {"name":"OtherAddress","type":["null","Address"],"default":null},
 {"name":"Score","type":["null","double"],"doc":"Data:Double:00N","default":null},
 {"name":"Count","type":["null","int"],"default":null},
 {"name":"Flag","type":["null","boolean"],"default":null},
 {"name":"When","type":["null","long"],"doc":"Data:DateTime","default":null},
 {"name":"Raw","type":["null","bytes"],"default":null},
 {"name":"Four","type":["null",{"type":"fixed","name":"Four","size":4}],"default":null},
 {"name":"Small","type":["null","float"],"default":null},
 {"name":"Map","type":["null",{"type":"map","values":"int"}],"default":null}]}`

func sample() map[string]any {
	return map[string]any{
		"ChangeEventHeader": map[string]any{
			"entityName": "Contact", "recordIds": []any{"003000000000001AAA", "003000000000002AAA"}, "changeType": "UPDATE",
			"commitNumber": int64(1725357365187780609), "changedFields": []any{"0x10", "1-0x01"},
		},
		"Name":           map[string]any{"FirstName": "Ada", "LastName": nil},
		"MailingAddress": nil,
		"OtherAddress":   map[string]any{"City": "Zürich", "Latitude": 47.3769},
		"Score":          0.1, "Count": int32(-7), "Flag": true, "When": int64(-1), "Raw": []byte{0, 255},
		"Four": [4]byte{1, 2, 3, 4}, "Small": float32(1.5), "Map": map[string]any{"a": int32(1)},
	}
}

func encoded(t testing.TB) (*Schema, *avro.Schema, []byte) {
	t.Helper()
	reference, err := avro.Parse(schemaText)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := reference.Encode(sample())
	if err != nil {
		t.Fatal(err)
	}
	schema, err := ParseSchema("s1", schemaText)
	if err != nil {
		t.Fatal(err)
	}
	return schema, reference, payload
}

func TestPayloadKeepsEveryDigit(t *testing.T) {
	schema, _, payload := encoded(t)
	v, err := schema.Decode(payload)
	if err != nil {
		t.Fatal(err)
	}
	header := v.Field("ChangeEventHeader")
	tests := []struct{ name, got, want string }{
		{"commit number beyond 2^53", fmt.Sprint(header.Field("commitNumber").Int()), "1725357365187780609"},
		{"enum", header.Field("changeType").Text, "UPDATE"},
		{"array", header.Field("recordIds").Items[1].Text, "003000000000002AAA"},
		{"nested text", v.Field("Name").Field("FirstName").Text, "Ada"},
		{"nested null", fmt.Sprint(v.Field("Name").Field("LastName").IsNull()), "true"},
		{"null record", fmt.Sprint(v.Field("MailingAddress").IsNull()), "true"},
		{"record referred to by name", v.Field("OtherAddress").Field("City").Text, "Zürich"},
		{"double", fmt.Sprint(v.Field("OtherAddress").Field("Latitude").Float()), "47.3769"},
		{"double without exact binary form", fmt.Sprint(v.Field("Score").Float()), "0.1"},
		{"negative int", fmt.Sprint(v.Field("Count").Int()), "-7"},
		{"negative long", fmt.Sprint(v.Field("When").Int()), "-1"},
		{"boolean", fmt.Sprint(v.Field("Flag").Bool()), "true"},
		{"bytes", v.Field("Raw").Text, "\x00\xff"},
		{"fixed", v.Field("Four").Text, "\x01\x02\x03\x04"},
		{"float", fmt.Sprint(v.Field("Small").Float()), "1.5"},
		{"map", fmt.Sprint(v.Field("Map").Keys, v.Field("Map").Items[0].Int()), "[a] 1"},
		{"doc", schema.Top.Fields[schema.Top.Place("When")].Doc, "Data:DateTime"},
		{"no such field", fmt.Sprint(v.Field("Nope").IsNull()), "true"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

// TestCorruptPayloadIsAnErrorNotAPanic cuts and changes a payload at every
// byte; what still decodes must agree with another decoder.
func TestCorruptPayloadIsAnErrorNotAPanic(t *testing.T) { // F-24
	schema, reference, payload := encoded(t)
	for i := range payload {
		if _, err := schema.Decode(payload[:i]); err == nil {
			t.Errorf("the first %d of %d bytes decode", i, len(payload))
		}
		for _, b := range []byte{0, 1, 2, 0x7f, 0x80, 0xff} {
			broken := append([]byte(nil), payload...)
			broken[i] = b
			compare(t, schema, reference, broken)
		}
	}
	if _, err := schema.Decode(append(payload, 0)); err == nil {
		t.Error("a byte too many decodes")
	}
}

// compare decodes with both decoders.
func compare(t *testing.T, schema *Schema, reference *avro.Schema, payload []byte) {
	t.Helper()
	mine, err := schema.Decode(payload)
	if err != nil {
		return
	}
	var theirs any
	rest, refErr := reference.Decode(payload, &theirs)
	if refErr != nil || len(rest) > 0 {
		// The reference also refuses text that is not UTF-8, which streaming
		// replaces, and booleans other than 0 and 1.
		return
	}
	if complaint := differ(mine, theirs); complaint != "" {
		t.Errorf("%x: %s", payload, complaint)
	}
}

func differ(v Value, want any) string {
	switch want := want.(type) {
	case nil:
		return unless(v.IsNull(), v, want)
	case bool:
		return unless(v.Bool() == want, v, want)
	case int32:
		return unless(v.Int() == int64(want), v, want)
	case int64:
		return unless(v.Int() == want, v, want)
	case float32:
		return unless(math.Float32bits(float32(v.Float())) == math.Float32bits(want) || want != want, v, want)
	case float64:
		return unless(math.Float64bits(v.Float()) == math.Float64bits(want), v, want)
	case string:
		return unless(v.Text == want, v, want)
	case []byte:
		return unless(v.Text == string(want), v, want)
	case []any:
		for i := range want {
			if i >= len(v.Items) {
				return unless(false, v, want)
			}
			if c := differ(v.Items[i], want[i]); c != "" {
				return c
			}
		}
		return unless(len(v.Items) == len(want), v, want)
	case map[string]any:
		if v.Kind() != KindRecord {
			return ""
		}
		for i, f := range v.Type.Fields {
			if c := differ(v.Items[i], want[f.Name]); c != "" {
				return f.Name + ": " + c
			}
		}
	}
	return ""
}

func unless(ok bool, got, want any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf("%v, the reference has %v", got, want)
}

func FuzzDecode(f *testing.F) {
	schema, reference, payload := encoded(f)
	f.Add(payload)
	f.Fuzz(func(t *testing.T, payload []byte) { compare(t, schema, reference, payload) })
}

func TestSmallPayloadBuildsNoLargeTree(t *testing.T) {
	schema, err := ParseSchema("s", `{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"array","items":"null"}}]}`)
	if err != nil {
		t.Fatal(err)
	}
	bomb := []byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0}
	if _, err := schema.Decode(bomb); err == nil {
		t.Error("billions of nulls decode")
	}
	deep, err := ParseSchema("s", `{"type":"record","name":"R","fields":[{"name":"r","type":["null","R"]}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deep.Decode([]byte(strings.Repeat("\x02", 1000) + "\x00")); err == nil {
		t.Error("a thousand levels decode")
	}
}

func TestBadSchemasAreRefused(t *testing.T) {
	for _, text := range []string{"", "{}", `"string"`, `{"type":"record","name":"R","fields":[{"name":"a","type":"Nope"}]}`, "not json"} {
		if _, err := ParseSchema("s", text); err == nil {
			t.Errorf("%q is a schema", text)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	schema, reference, payload := encoded(b)
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := schema.Decode(payload); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("into any", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var v any
			if _, err := reference.Decode(payload, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}
