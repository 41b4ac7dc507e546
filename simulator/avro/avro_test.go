package avro_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	decoder "github.com/twmb/avro"

	"tidegate/simulator/avro"
	"tidegate/simulator/bus"
	"tidegate/simulator/cdc"
	"tidegate/simulator/fault"
	"tidegate/simulator/org"
)

// house is an org with its event log.
type house struct {
	t      *testing.T
	org    *org.Org
	log    *bus.Log
	cdc    *cdc.Publisher
	faults *fault.Registry
	at     time.Time
}

func build(t *testing.T) *house {
	h := &house{t: t, at: time.Date(2026, 3, 2, 10, 15, 42, 345e6, time.UTC)}
	now := func() time.Time { return h.at }
	h.faults = fault.NewRegistry(now)
	h.log = bus.New(bus.Config{Now: now})
	h.cdc = cdc.New(cdc.Config{Log: h.log, Faults: h.faults})
	h.org = org.New(org.Config{Now: now, Publisher: h.cdc, Faults: h.faults})
	return h
}

// do runs one transaction and returns the data of its one event.
func (h *house) do(fn func(*org.Tx) *org.Error) []byte {
	h.t.Helper()
	before := h.log.Len()
	caller := org.Caller{Origin: "com/salesforce/api/rest/61.0;client=tidegate"}
	if _, err := h.org.Transact(caller, func(tx *org.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return nil
	}); err != nil {
		h.t.Fatal(err)
	}
	h.at = h.at.Add(5 * time.Second)
	all := h.log.All()
	if len(all) != before+1 {
		h.t.Fatalf("%d events, want one", len(all)-before)
	}
	return all[before].Data
}

func (h *house) create(object string, values map[string]any) (id string, data []byte) {
	h.t.Helper()
	data = h.do(func(tx *org.Tx) (err *org.Error) { id, err = tx.Create(object, values); return err })
	return id, data
}

func (h *house) update(object, id string, values map[string]any) []byte {
	h.t.Helper()
	return h.do(func(tx *org.Tx) *org.Error { return tx.Update(object, id, values) })
}

// both returns an event as each transport tells it: the JSON payload, and the
// Avro datum decoded with its schema by an independent implementation.
func (h *house) both(data []byte) (fromJSON, fromAvro map[string]any) {
	h.t.Helper()
	var event struct {
		Schema  string
		Payload json.RawMessage
	}
	if err := json.Unmarshal(data, &event); err != nil {
		h.t.Fatal(err)
	}
	if err := json.Unmarshal(event.Payload, &fromJSON); err != nil {
		h.t.Fatal(err)
	}
	layout, ok := h.cdc.Layout(event.Schema)
	if !ok {
		h.t.Fatalf("no layout of schema %s", event.Schema)
	}
	schema, err := avro.Of(layout)
	if err != nil {
		h.t.Fatal(err)
	}
	var e avro.Encoder
	datum, err := e.Append(nil, schema, event.Payload)
	if err != nil {
		h.t.Fatalf("%v in %s", err, event.Payload)
	}
	return fromJSON, decode(h.t, schema, datum)
}

func decode(t testing.TB, schema *avro.Schema, datum []byte) map[string]any {
	t.Helper()
	parsed, err := decoder.Parse(schema.JSON)
	if err != nil {
		t.Fatalf("%v in %s", err, schema.JSON)
	}
	var out map[string]any
	rest, err := parsed.Decode(datum, &out)
	if err != nil || len(rest) > 0 {
		t.Fatalf("decoding: %v, %d bytes left", err, len(rest))
	}
	return out
}

func headerOf(m map[string]any) map[string]any {
	h, _ := m["ChangeEventHeader"].(map[string]any)
	return h
}

func texts(v any) []string {
	var out []string
	list, _ := v.([]any)
	for _, x := range list {
		out = append(out, fmt.Sprint(x))
	}
	return out
}

func TestS15S19CreateHasEveryFieldAndNullForTheEmpty(t *testing.T) {
	h := build(t)
	_, data := h.create("Contact", map[string]any{
		"LastName": "Moor", "FirstName": "Ada", "MailingCity": "Bern", "Birthdate": "1979-01-15", "DoNotCall": true,
	})
	_, got := h.both(data)
	for name, want := range map[string]any{
		"Name":           map[string]any{"Salutation": nil, "FirstName": "Ada", "LastName": "Moor"},
		"MailingAddress": map[string]any{"Street": nil, "City": "Bern", "State": nil, "PostalCode": nil, "Country": nil, "Latitude": nil, "Longitude": nil, "GeocodeAccuracy": nil},
		"OtherAddress":   nil, "Phone": nil, "DoNotCall": true, "HasOptedOutOfEmail": false,
		"Birthdate":   time.Date(1979, 1, 15, 0, 0, 0, 0, time.UTC).UnixMilli(),
		"CreatedDate": time.Date(2026, 3, 2, 10, 15, 42, 0, time.UTC).UnixMilli(),
		"OwnerId":     h.org.AdminID(),
	} {
		value, ok := got[name]
		if !ok || !reflect.DeepEqual(value, want) {
			t.Errorf("%s = %v (%T), want %v", name, value, value, want)
		}
	}
	header := headerOf(got)
	if header["changeType"] != "CREATE" || len(texts(header["changedFields"])) != 0 || len(texts(header["nulledFields"])) != 0 {
		t.Errorf("header %v", header)
	}
}

func TestS18S19NumbersKeepTheirTypes(t *testing.T) {
	h := build(t)
	_, data := h.create("Account", map[string]any{
		"Name": "Harbor Works", "AnnualRevenue": json.Number("300"), "NumberOfEmployees": json.Number("250"), "BillingLatitude": json.Number("46.948090"),
	})
	_, got := h.both(data)
	place, _ := got["BillingAddress"].(map[string]any)
	if got["AnnualRevenue"] != 300.0 || place["Latitude"] != 46.94809 || fmt.Sprint(got["NumberOfEmployees"]) != "250" {
		t.Errorf("revenue %v, latitude %v, employees %v (%T)", got["AnnualRevenue"], place["Latitude"], got["NumberOfEmployees"], got["NumberOfEmployees"])
	}
	commit, ok := headerOf(got)["commitNumber"].(int64)
	if !ok || commit <= 1<<53 || !strings.Contains(string(data), fmt.Sprintf(`"commitNumber":%d,`, commit)) {
		t.Errorf("commit number %v", headerOf(got)["commitNumber"])
	}
}

func TestS14HeadersAreTheSameOnBothTransports(t *testing.T) {
	h := build(t)
	_, data := h.create("Lead", map[string]any{"LastName": "Moor", "Company": "\"Harbor\" \u2028 東京"})
	text, binary := h.both(data)
	if binary["Company"] != text["Company"] {
		t.Errorf("company %q, want %q", binary["Company"], text["Company"])
	}
	a, b := headerOf(text), headerOf(binary)
	for name := range a {
		if slices.Contains([]string{"commitNumber", "commitTimestamp", "sequenceNumber"}, name) {
			continue // compared with every digit elsewhere
		}
		if fmt.Sprint(a[name]) != fmt.Sprint(b[name]) {
			t.Errorf("%s: %v over JSON, %v over Avro", name, a[name], b[name])
		}
	}
	if b["commitTimestamp"] != h.at.Add(-5*time.Second).Truncate(time.Second).UnixMilli() || fmt.Sprint(b["sequenceNumber"]) != "1" {
		t.Errorf("header %v", b)
	}
}

func TestS15S24UpdateTellsNullsFromUnchangedByBitmaps(t *testing.T) {
	h := build(t)
	id, created := h.create("Account", map[string]any{"Name": "Harbor Works", "Rating": "Hot", "BillingCity": "Bern", "BillingStreet": "Quay 1", "ShippingCity": "Thun"})
	data := h.update("Account", id, map[string]any{"Phone": "1", "Rating": nil, "BillingCity": "Thun", "BillingStreet": nil, "ShippingCity": nil})
	var schema struct{ Schema string }
	if err := json.Unmarshal(created, &schema); err != nil {
		t.Fatal(err)
	}
	layout, _ := h.cdc.Layout(schema.Schema)
	s, err := avro.Of(layout)
	if err != nil {
		t.Fatal(err)
	}
	_, got := h.both(data)
	if got["Name"] != nil || got["Rating"] != nil || got["Phone"] != "1" || got["ShippingAddress"] != nil {
		t.Errorf("body %v", got)
	}
	header := headerOf(got)
	changed := s.Bitmap("Phone", "Rating", "LastModifiedDate", "BillingAddress.City", "BillingAddress.Street", "ShippingAddress.City")
	nulled := s.Bitmap("Rating", "BillingAddress.Street", "ShippingAddress.City")
	if !slices.Equal(texts(header["changedFields"]), changed) || !slices.Equal(texts(header["nulledFields"]), nulled) || len(texts(header["diffFields"])) > 0 {
		t.Errorf("changed %v want %v, nulled %v want %v", header["changedFields"], changed, header["nulledFields"], nulled)
	}
}

func TestS15S17GapsAndDeletesCarryOnlyTheHeader(t *testing.T) {
	h := build(t)
	id, _ := h.create("Account", map[string]any{"Name": "Harbor Works"})
	arm := func(kind string) {
		t.Helper()
		if _, err := h.faults.Arm(fault.Spec{Kind: kind, Count: 1}); err != nil {
			t.Fatal(err)
		}
	}
	arm(fault.GapEvents)
	gap := h.update("Account", id, map[string]any{"Phone": "1"})
	arm(fault.Overflow)
	flood := h.update("Account", id, map[string]any{"Phone": "2"})
	gone := h.do(func(tx *org.Tx) *org.Error { return tx.Delete("Account", id) })
	for kind, data := range map[string][]byte{"GAP_UPDATE": gap, "GAP_OVERFLOW": flood, "DELETE": gone} {
		_, got := h.both(data)
		header := headerOf(got)
		if header["changeType"] != kind || len(texts(header["recordIds"])) != 1 {
			t.Errorf("%s: header %v", kind, header)
		}
		for name, value := range got {
			if name != "ChangeEventHeader" && value != nil {
				t.Errorf("%s carries %s = %v", kind, name, value)
			}
		}
	}
}

// payload is an event of Account in the log's form with the given body.
func payload(kind, body, changed string) []byte {
	return []byte(`{` + body + `"ChangeEventHeader":{"entityName":"Account","recordIds":["001000000000001AAA","001000000000002AAA"],"changeType":"` + kind +
		`","changeOrigin":"","transactionKey":"k","sequenceNumber":3,"commitTimestamp":1772446542000,"commitNumber":1725357365187780609,"commitUser":"005ZM000000M6o1YAC","changedFields":` + changed + `}}`)
}

func TestS17EveryChangeTypeIsEncoded(t *testing.T) {
	s := schemaOf(t, "Account", accountFields(false))
	var e avro.Encoder
	for _, kind := range []string{"CREATE", "UPDATE", "DELETE", "UNDELETE", "GAP_CREATE", "GAP_UPDATE", "GAP_DELETE", "GAP_UNDELETE", "GAP_OVERFLOW", "SNAPSHOT"} {
		datum, err := e.Append(nil, s, payload(kind, "", "[]"))
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if header := headerOf(decode(t, s, datum)); header["changeType"] != kind || len(texts(header["recordIds"])) != 2 {
			t.Errorf("%s: %v", kind, header)
		}
	}
	if _, err := e.Append(nil, s, payload("MADE_UP", "", "[]")); err == nil {
		t.Error("an unknown change type is accepted")
	}
}

func TestS19DifferencesAreFlagged(t *testing.T) {
	s := schemaOf(t, "Account", accountFields(false))
	var e avro.Encoder
	datum, err := e.Append(nil, s, payload("UPDATE", `"Description":{"diff":"--- \n+++ ab\n@@ -1 +1 @@"},`, `["Description"]`))
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, s, datum)
	if got["Description"] != "--- \n+++ ab\n@@ -1 +1 @@" || !slices.Equal(texts(headerOf(got)["diffFields"]), []string{"0x010000"}) {
		t.Errorf("description %q, diffFields %v", got["Description"], headerOf(got)["diffFields"])
	}
}

func TestS19TimesAreMillisecondsSinceMidnight(t *testing.T) {
	s := schemaOf(t, "Account", []avro.Field{{Name: "Opens__c", Kind: avro.Time}, {Name: "Score__c", Kind: avro.Number}})
	var e avro.Encoder
	datum, err := e.Append(nil, s, payload("CREATE", `"Opens__c":"07:30:00.250Z","Score__c":1.0E-7,`, "[]"))
	if err != nil {
		t.Fatal(err)
	}
	if got := decode(t, s, datum); got["Opens__c"] != int64(27_000_250) || got["Score__c"] != 1e-7 {
		t.Errorf("%v", got)
	}
}

func TestS23SchemaIsWrittenAsRealOnesAre(t *testing.T) {
	h := build(t)
	s, err := avro.Of(cdc.LayoutOf(h.org.Object("Contact")))
	if err != nil {
		t.Fatal(err)
	}
	for text, times := range map[string]int{
		`{"type":"record","name":"ContactChangeEvent","namespace":"com.sforce.eventbus","fields":[{"name":"ChangeEventHeader","type":{"type":"record","name":"ChangeEventHeader","fields":[{"name":"entityName","type":"string"},{"name":"recordIds",`: 1,
		`"symbols":["CREATE","UPDATE","DELETE","UNDELETE","GAP_CREATE","GAP_UPDATE","GAP_DELETE","GAP_UNDELETE","GAP_OVERFLOW","SNAPSHOT"]`:                                                                                                            1,
		`{"type":"record","name":"Address","fields":[{"name":"Street",`:         1,
		`"type":["null","Address"]`:                                             1,
		`{"type":"record","name":"PersonName","fields":[{"name":"Salutation",`:  1,
		`{"name":"Birthdate","type":["null","long"],"doc":"Data:DateOnly",`:     1,
		`{"name":"AccountId","type":["null","string"],"doc":"ForeignKey:`:       1,
		`{"name":"Email","type":["null","string"],"doc":"Data:Email","default"`: 1,
		`{"name":"CreatedDate","type":["null","long"],"doc":"CreatedDate:Date`:  1,
		`logicalType`: 0, `"SystemModstamp"`: 0, `"MailingCity"`: 0,
	} {
		if got := strings.Count(s.JSON, text); got != times {
			t.Errorf("%d times %s, want %d, in %s", got, text, times, s.JSON)
		}
	}
	if len(s.ID) != 22 {
		t.Errorf("id %q", s.ID)
	}
}

func TestS23EveryObjectsSchemaCanBeRead(t *testing.T) {
	h := build(t)
	for _, o := range h.org.Objects() {
		s, err := avro.Of(cdc.LayoutOf(o))
		if err != nil {
			t.Fatalf("%s: %v", o.Name, err)
		}
		if _, err := decoder.Parse(s.JSON); err != nil {
			t.Errorf("%s: %v", o.Name, err)
		}
	}
	if _, err := avro.New("id", "Account", named("Name", "Name")); err == nil {
		t.Error("a field twice is accepted")
	}
}

func FuzzEncodingNeverPanics(f *testing.F) {
	f.Add(payload("UPDATE", `"Phone":"1","Rating":null,"BillingAddress":{"City":"Thun"},`, `["Phone","BillingAddress.City"]`))
	f.Add([]byte(`{"ChangeEventHeader":{"changedFields":["`))
	fields := append(accountFields(false), avro.Field{Name: "N__c", Kind: avro.Number}, avro.Field{Name: "D__c", Kind: avro.Date})
	s, err := avro.New("id", "Account", fields)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var e avro.Encoder
		if datum, err := e.Append(nil, s, text); err == nil {
			decode(t, s, datum)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	s := schemaOf(b, "Account", accountFields(false))
	text := payload("UPDATE", `"Phone":"+41 44 000 00 00","Rating":null,"BillingAddress":{"City":"Thun","Street":"Quay 1"},`, `["Phone","Rating","BillingAddress.City","BillingAddress.Street","LastModifiedDate"]`)
	var e avro.Encoder
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if out, err = e.Append(out[:0], s, text); err != nil {
			b.Fatal(err)
		}
	}
}

func TestS19S24NameOfAnAccountIsATextOrAPersons(t *testing.T) {
	h := build(t)
	h.org = org.New(org.Config{Now: func() time.Time { return h.at }, Publisher: h.cdc, Faults: h.faults, Features: org.Features{Persons: true}})
	id, data := h.create("Account", map[string]any{"Name": "Harbor Works"})
	if _, got := h.both(data); got["Name"] != "Harbor Works" {
		t.Errorf("a company's name: %v", got["Name"])
	}
	_, got := h.both(h.update("Account", id, map[string]any{"Name": "Harbor", "BillingCity": "Bern"}))
	if changed := texts(headerOf(got)["changedFields"]); len(changed) != 2 || !strings.HasPrefix(changed[0], "0x") || got["Name"] != "Harbor" {
		t.Errorf("an update of it: %v, %v", changed, got["Name"])
	}
	layout := cdc.LayoutOf(h.org.Object("Account"))
	schema, err := avro.Of(layout)
	if err != nil {
		t.Fatal(err)
	}
	payload := `{"Name":{"FirstName":"Ada","LastName":"Byron"},"ChangeEventHeader":{"entityName":"Account","recordIds":["` + id +
		`"],"changeType":"UPDATE","changeOrigin":"","transactionKey":"k","sequenceNumber":1,"commitTimestamp":1,"commitNumber":1,"commitUser":"u","changedFields":["Name.FirstName","Name.LastName"]}}`
	var e avro.Encoder
	datum, err := e.Append(nil, schema, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	person := decode(t, schema, datum)
	name, _ := person["Name"].(map[string]any)
	if inner, ok := name["Switchable_PersonName"].(map[string]any); ok {
		name = inner
	}
	if name["FirstName"] != "Ada" || name["LastName"] != "Byron" {
		t.Errorf("a person's name: %v", person["Name"])
	}
	if changed := texts(headerOf(person)["changedFields"]); !slices.Equal(changed, []string{fmt.Sprintf("%d-0x06", 1+slices.IndexFunc(layout.Members, func(m cdc.Member) bool { return m.Name == "Name" }))}) {
		t.Errorf("changed: %v", changed)
	}
}
