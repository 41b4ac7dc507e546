package streaming

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/avro"

	"tidegate/gateway"
	"tidegate/streaming/pubsub"
)

const typedHeader = `{"name":"ChangeEventHeader","type":{"type":"record","name":"ChangeEventHeader","fields":[
 {"name":"entityName","type":"string"},{"name":"recordIds","type":{"type":"array","items":"string"}},
 {"name":"changeType","type":{"type":"enum","name":"ChangeType","symbols":["CREATE","UPDATE","DELETE","UNDELETE","GAP_CREATE","GAP_UPDATE","GAP_DELETE","GAP_UNDELETE","GAP_OVERFLOW","SNAPSHOT"]}},
 {"name":"changeOrigin","type":"string"},{"name":"transactionKey","type":"string"},{"name":"sequenceNumber","type":"int"},
 {"name":"commitTimestamp","type":"long"},{"name":"commitNumber","type":"long"},{"name":"commitUser","type":"string"},
 {"name":"nulledFields","type":{"type":"array","items":"string"}},{"name":"diffFields","type":{"type":"array","items":"string"}},
 {"name":"changedFields","type":{"type":"array","items":"string"}}]}}`

// The places: 1 Name (a text or a person's name), 2 MailingAddress, 3 Email,
// 4 Score__c, 5 Birthdate, 6 Due__c, 7 At__c, 8 Flag__c, 9 Count__c,
// 10 Where__c, 11 Tags__c, 12 Notes__c.
const typedSchema = `{"type":"record","name":"ContactChangeEvent","fields":[` + typedHeader + `,
 {"name":"Name","type":["null","string",{"type":"record","name":"Switchable_PersonName","fields":[
  {"name":"FirstName","type":["null","string"]},{"name":"LastName","type":["null","string"]}]}]},
 {"name":"MailingAddress","type":["null",{"type":"record","name":"Address","fields":[
  {"name":"Street","type":["null","string"]},{"name":"City","type":["null","string"]},{"name":"Latitude","type":["null","double"]}]}]},
 {"name":"Email","type":["null","string"],"doc":"Data:Email"},
 {"name":"Score__c","type":["null","double"],"doc":"Data:Double:00N000"},
 {"name":"Birthdate","type":["null","long"],"doc":"Data:DateOnly"},
 {"name":"Due__c","type":["null","long"],"doc":"Data:DateTime:00N000"},
 {"name":"At__c","type":["null","long"],"doc":"Data:TimeOnly:00N000"},
 {"name":"Flag__c","type":["null","boolean"]},
 {"name":"Count__c","type":["null","int"],"doc":"Data:Integer:00N000"},
 {"name":"Where__c","type":["null",{"type":"record","name":"Location","fields":[
  {"name":"Latitude","type":["null","double"]},{"name":"Longitude","type":["null","double"]}]}]},
 {"name":"Tags__c","type":["null",{"type":"array","items":"string"}]},
 {"name":"Notes__c","type":["null","string"]}]}`

// typedEvent encodes an event; body and header are laid over an event in which
// everything is empty.
func typedEvent(t testing.TB, body, header map[string]any) pubsub.Event {
	t.Helper()
	reference, err := avro.Parse(typedSchema)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := pubsub.ParseSchema("s1", typedSchema)
	if err != nil {
		t.Fatal(err)
	}
	head := map[string]any{
		"entityName": "Contact", "recordIds": []any{"003000000000001AAA"}, "changeType": "UPDATE", "changeOrigin": "com/salesforce/api/rest/66.0;client=other",
		"transactionKey": "k1", "sequenceNumber": int32(2), "commitTimestamp": int64(1772446542000), "commitNumber": int64(1725357365187780609),
		"commitUser": "005000000000001AAA", "nulledFields": []any{}, "diffFields": []any{}, "changedFields": []any{},
	}
	maps.Copy(head, header)
	all := map[string]any{"ChangeEventHeader": head}
	for _, f := range schema.Top.Fields[1:] {
		all[f.Name] = nil
	}
	maps.Copy(all, body)
	payload, err := reference.Encode(all)
	if err != nil {
		t.Fatal(err)
	}
	return pubsub.Event{SchemaID: "s1", Schema: schema, Payload: payload, ReplayID: []byte{0, 0, 0, 0, 2, 0x42, 0x5f, 0x98}}
}

func contactSchema() gateway.Schema {
	return gateway.Schema{Object: "Contact", Fields: []gateway.Field{
		{Name: "Name", Type: "string", CompoundName: "Name"},
		{Name: "FirstName", Type: "string", CompoundName: "Name"},
		{Name: "LastName", Type: "string", CompoundName: "Name"},
		{Name: "MailingAddress", Type: gateway.TypeAddress},
		{Name: "MailingStreet", Type: gateway.TypeTextarea, CompoundName: "MailingAddress"},
		{Name: "MailingCity", Type: "string", CompoundName: "MailingAddress"},
		{Name: "MailingLatitude", Type: gateway.TypeDouble, CompoundName: "MailingAddress"},
		{Name: "Email", Type: gateway.TypeEmail},
	}}
}

func bits(list string) []any {
	out := []any{}
	for _, b := range strings.Fields(list) {
		out = append(out, b)
	}
	return out
}

func TestTypedEventStatesWhatItsBitmapsName(t *testing.T) {
	full := map[string]any{
		"Name": map[string]any{"FirstName": "Ada", "LastName": "Byron"}, "Email": "ada@example.com", "Score__c": 0.1,
		"MailingAddress": map[string]any{"Street": nil, "City": "Bern", "Latitude": 46.948}, "Birthdate": int64(-4860691200000),
		"Due__c": int64(1772446542123), "At__c": int64(37_815_000), "Flag__c": false, "Count__c": int32(-7),
		"Where__c": map[string]any{"Latitude": 1.0, "Longitude": -2.5}, "Tags__c": []any{"a", "b\"c"},
	}
	tests := []struct {
		name    string
		body    map[string]any
		change  string // type
		changed string
		nulled  string
		diff    string
		want    string // fields in order
		refetch bool
	}{
		{
			"create has what is not empty", full, "CREATE", "", "", "",
			`At__c="10:30:15.000Z" Birthdate="1815-12-22" Count__c=-7 Due__c="2026-03-02T10:15:42.123Z" Email="ada@example.com" ` +
				`FirstName="Ada" Flag__c=false LastName="Byron" MailingCity="Bern" MailingLatitude=46.948 Score__c=0.1 Tags__c=["a","b\"c"] ` +
				`Where__Latitude__s=1 Where__Longitude__s=-2.5`, false,
		},
		{"F-19 what is not named keeps its value", map[string]any{"Email": "new@example.com"}, "UPDATE", "0x08", "", "", `Email="new@example.com"`, false},
		{"C14 a named null is empty", nil, "UPDATE", "0x18", "", "", `Email=null Score__c=null`, false},
		{"F-20 nulled", map[string]any{"Email": "x@example.com"}, "UPDATE", "0x08", "0x10", "", `Email="x@example.com" Score__c=null`, false},
		{
			"F-21 parts of compounds",
			map[string]any{"MailingAddress": map[string]any{"Street": "s", "City": nil, "Latitude": 1.5}},
			"UPDATE", "2-0x06", "", "", `MailingCity=null MailingLatitude=1.5`, false,
		},
		{"a part of an empty compound", nil, "UPDATE", "2-0x02", "", "", `MailingCity=null`, false},
		{"a nulled part only", nil, "UPDATE", "", "2-0x02", "", `MailingCity=null`, false},
		{"a compound named whole", nil, "UPDATE", "0x04", "", "", `MailingCity=null MailingLatitude=null MailingStreet=null`, false},
		{"a name that is a text", map[string]any{"Name": "Acme"}, "UPDATE", "0x02", "", "", `Name="Acme"`, false},
		{
			"a name that is a person's",
			map[string]any{"Name": map[string]any{"FirstName": nil, "LastName": "Byron"}},
			"UPDATE", "1-0x03", "", "",
			`FirstName=null LastName="Byron"`, false,
		},
		{"F-22 a text difference", map[string]any{"Notes__c": "--- \n+++ x\n"}, "UPDATE", "0x1008", "", "0x1000", `Email=null`, true},
		{"an update that names nothing", map[string]any{"Email": "x@example.com"}, "UPDATE", "", "", "", ``, true},
		{"delete", full, "DELETE", "", "", "", ``, false},
		{"gap", full, "GAP_UPDATE", "", "", "", ``, false},
		{"an unknown change", full, "SNAPSHOT", "", "", "", ``, true},
	}
	d := NewDecoder([]gateway.Schema{contactSchema()})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := typedEvent(t, tt.body, map[string]any{
				"changeType": tt.change, "changedFields": bits(tt.changed), "nulledFields": bits(tt.nulled), "diffFields": bits(tt.diff),
			})
			b := d.DecodeTyped(Channel, pubsub.Batch{Events: []pubsub.Event{e}, Position: e.ReplayID})
			if len(b.Events) != 1 {
				t.Fatalf("unreadable: %+v", b.Unreadable)
			}
			got := b.Events[0]
			said := make([]string, 0, len(got.Fields))
			for _, name := range got.Fields.Names() {
				said = append(said, name+"="+string(got.Fields[name]))
			}
			if text := strings.Join(said, " "); text != tt.want {
				t.Errorf("fields\n%s, want\n%s", text, tt.want)
			}
			if (got.Refetch != "") != tt.refetch {
				t.Errorf("refetch: %q", got.Refetch)
			}
			if want := (gateway.Version{CommitAt: 1772446542000, CommitNumber: 1725357365187780609, Sequence: 2}); got.Version != want {
				t.Errorf("version %+v", got.Version)
			}
			if got.ReplayID != "pubsub:AAAAAAJCX5g=" || b.Position != got.ReplayID {
				t.Errorf("replay id %s, position %s", got.ReplayID, b.Position)
			}
		})
	}
}

// TestUnreadableTypedEventIsKept: raw, with as much as is known of it, and the
// position past it (F-24).
func TestUnreadableTypedEventIsKept(t *testing.T) {
	good := typedEvent(t, nil, nil)
	cut := good
	cut.Payload = good.Payload[:len(good.Payload)-3]
	noSchema := good
	noSchema.Schema = nil
	tests := []struct {
		name   string
		event  pubsub.Event
		record string
	}{
		{"cut off", cut, "003000000000001AAA"},
		{"no schema", noSchema, ""},
		{"bitmap of another schema", typedEvent(t, nil, map[string]any{"changedFields": bits("0x80000000")}), "003000000000001AAA"},
		{"a number that is none", typedEvent(t, map[string]any{"Score__c": nan()}, map[string]any{"changedFields": bits("0x10")}), "003000000000001AAA"},
		{"no record id", typedEvent(t, nil, map[string]any{"recordIds": bits("nope")}), ""},
	}
	d := NewDecoder(nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := d.DecodeTyped(Channel, pubsub.Batch{Events: []pubsub.Event{good, tt.event}, Position: good.ReplayID})
			if len(b.Events) != 1 || len(b.Unreadable) != 1 || b.Position == "" {
				t.Fatalf("batch %+v", b)
			}
			q := b.Unreadable[0]
			if q.RecordID != tt.record || !slices.Equal(q.Raw, tt.event.Payload) || q.ReplayID == "" || !strings.Contains(q.Reason, "s1") {
				t.Errorf("kept as %+v", q)
			}
		})
	}
}

// TestLargeBatchKeepsItsOrder: batches are decoded in two halves.
func TestLargeBatchKeepsItsOrder(t *testing.T) {
	var in pubsub.Batch
	for n := range 2*parallelFrom + 1 {
		in.Events = append(in.Events, typedEvent(t, nil, map[string]any{"sequenceNumber": int32(n)}))
		if n > 5 && n < 2*parallelFrom-5 {
			in.Events[n] = in.Events[5]
		}
	}
	in.Events[3].Schema = nil
	b := NewDecoder(nil).DecodeTyped(Channel, in)
	if len(b.Events) != 2*parallelFrom || len(b.Unreadable) != 1 {
		t.Fatalf("%d events, %d unreadable", len(b.Events), len(b.Unreadable))
	}
	for i := 1; i < len(b.Events); i++ {
		if b.Events[i].Version.Sequence < b.Events[i-1].Version.Sequence {
			t.Fatalf("event %d comes too late", i)
		}
	}
}

// FuzzDecodeTyped: whatever the bytes, an event is either read or kept, and the
// position is past it.
func FuzzDecodeTyped(f *testing.F) {
	f.Add(typedEvent(f, map[string]any{"Email": "a@example.com"}, map[string]any{"changedFields": bits("0x48 2-0x02")}).Payload)
	f.Add(typedEvent(f, nil, map[string]any{"changeType": "CREATE"}).Payload)
	template := typedEvent(f, nil, nil)
	d := NewDecoder([]gateway.Schema{contactSchema()})
	f.Fuzz(func(t *testing.T, payload []byte) {
		e := template
		e.Payload = payload
		b := d.DecodeTyped(Channel, pubsub.Batch{Events: []pubsub.Event{e}, Position: e.ReplayID})
		if len(b.Events)+len(b.Unreadable) != 1 || b.Position == "" {
			t.Fatalf("%x: %+v", payload, b)
		}
		for _, e := range b.Events {
			for name, v := range e.Fields {
				if !json.Valid([]byte(v)) {
					t.Errorf("%s is %s", name, v)
				}
			}
		}
	})
}

func nan() float64 {
	var zero float64
	return zero / zero
}

func BenchmarkDecodeTyped(b *testing.B) {
	e := typedEvent(b, map[string]any{"Email": "new@example.com", "Due__c": int64(1772446542123)}, map[string]any{"changedFields": bits("0x48 2-0x02")})
	in := pubsub.Batch{Events: slices.Repeat([]pubsub.Event{e}, 100), Position: e.ReplayID}
	d := NewDecoder([]gateway.Schema{contactSchema()})
	b.ReportAllocs()
	for b.Loop() {
		if got := d.DecodeTyped(Channel, in); len(got.Events) != 100 {
			b.Fatal("not read")
		}
	}
	b.ReportMetric(float64(b.N*100)/b.Elapsed().Seconds(), "events/s")
}
