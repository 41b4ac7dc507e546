package cdc_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/simulator/bus"
	"tidegate/simulator/cdc"
	"tidegate/simulator/fault"
	"tidegate/simulator/org"
)

// house is an org whose transactions become events.
type house struct {
	t      *testing.T
	org    *org.Org
	log    *bus.Log
	pub    *cdc.Publisher
	faults *fault.Registry
	at     time.Time
	seen   []org.Transaction
}

// Publish keeps the transaction for comparing and passes it on.
func (h *house) Publish(t org.Transaction) {
	h.seen = append(h.seen, t)
	h.pub.Publish(t)
}

func build(t *testing.T, change func(*cdc.Config)) *house {
	h := &house{t: t, at: time.Date(2026, 3, 2, 10, 15, 42, 345e6, time.UTC)}
	now := func() time.Time { return h.at }
	h.faults = fault.NewRegistry(now)
	h.log = bus.New(bus.Config{Now: now})
	cfg := cdc.Config{Log: h.log, Faults: h.faults}
	if change != nil {
		change(&cfg)
	}
	h.pub = cdc.New(cfg)
	h.org = org.New(org.Config{Now: now, Publisher: h, Faults: h.faults})
	return h
}

// do runs one transaction and returns its events.
func (h *house) do(fn func(*org.Tx)) []event {
	h.t.Helper()
	cursor, err := h.log.Open(bus.Everything, bus.Tip)
	if err != nil {
		h.t.Fatal(err)
	}
	caller := org.Caller{Origin: "com/salesforce/api/rest/61.0;client=tidegate"}
	if _, err := h.org.Transact(caller, func(tx *org.Tx) error { fn(tx); return nil }); err != nil {
		h.t.Fatal(err)
	}
	var out []event
	for _, e := range cursor.Next(1_000_000, 1<<30) {
		out = append(out, h.decode(e))
	}
	h.at = h.at.Add(5 * time.Second)
	return out
}

func (h *house) create(object string, values map[string]any) (id string, events []event) {
	h.t.Helper()
	events = h.do(func(tx *org.Tx) { id = h.must(tx.Create(object, values)) })
	return id, events
}

func (h *house) update(object, id string, values map[string]any) []event {
	h.t.Helper()
	return h.do(func(tx *org.Tx) { h.ok(tx.Update(object, id, values)) })
}

func (h *house) must(id string, err *org.Error) string {
	h.t.Helper()
	h.ok(err)
	return id
}

func (h *house) ok(err *org.Error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// event is a decoded event: the body by name with every number as written.
type event struct {
	raw    string
	schema string
	body   map[string]any
	header map[string]any
}

func (h *house) decode(e *bus.Event) event {
	h.t.Helper()
	var data struct {
		Schema  string
		Payload map[string]any
	}
	d := json.NewDecoder(strings.NewReader(string(e.Data)))
	d.UseNumber()
	if err := d.Decode(&data); err != nil {
		h.t.Fatalf("%v in %s", err, e.Data)
	}
	header, ok := data.Payload["ChangeEventHeader"].(map[string]any)
	if !ok {
		h.t.Fatalf("no header in %s", e.Data)
	}
	delete(data.Payload, "ChangeEventHeader")
	return event{string(e.Data), data.Schema, data.Payload, header}
}

func (e event) changed() []string { return stringsOf(e.header["changedFields"]) }
func (e event) ids() []string     { return stringsOf(e.header["recordIds"]) }

func stringsOf(v any) []string {
	var out []string
	list, _ := v.([]any)
	for _, x := range list {
		out = append(out, fmt.Sprint(x))
	}
	return out
}

func one(t *testing.T, events []event) event {
	t.Helper()
	if len(events) != 1 {
		t.Fatalf("%d events, want one", len(events))
	}
	return events[0]
}

func TestS14S18HeaderHasAllFields(t *testing.T) {
	h := build(t, nil)
	id, events := h.create("Account", map[string]any{"Name": "Harbor Works"})
	e := one(t, events)
	tx := h.seen[0]
	want := map[string]any{
		"entityName": "Account", "recordIds": []any{id}, "changeType": "CREATE",
		"changeOrigin":   "com/salesforce/api/rest/61.0;client=tidegate",
		"transactionKey": tx.Key, "sequenceNumber": json.Number("1"),
		"commitTimestamp": json.Number(fmt.Sprint(tx.CommitTimestamp)),
		"commitNumber":    json.Number(fmt.Sprint(tx.CommitNumber)),
		"commitUser":      h.org.AdminID(), "changedFields": []any{},
	}
	if !reflect.DeepEqual(e.header, want) {
		t.Errorf("header %v\nwant   %v", e.header, want)
	}
	if tx.CommitNumber <= 1<<53 || tx.CommitTimestamp%1000 != 0 {
		t.Errorf("commit %d at %d", tx.CommitNumber, tx.CommitTimestamp)
	}
	if len(e.schema) != 22 {
		t.Errorf("schema %q", e.schema)
	}
}

func TestS15CreateCarriesNonEmptyAndSystemFields(t *testing.T) {
	h := build(t, nil)
	_, events := h.create("Contact", map[string]any{"LastName": "Moor", "FirstName": "Ada", "MailingCity": "Bern", "Birthdate": "1979-01-15", "DoNotCall": true})
	e := one(t, events)
	for name, want := range map[string]any{
		"Name":           map[string]any{"FirstName": "Ada", "LastName": "Moor"},
		"MailingAddress": map[string]any{"City": "Bern"},
		"Birthdate":      "1979-01-15", "DoNotCall": true, "HasOptedOutOfEmail": false,
		"CreatedDate": "2026-03-02T10:15:42.000Z", "LastModifiedDate": "2026-03-02T10:15:42.000Z",
		"CreatedById": h.org.AdminID(), "LastModifiedById": h.org.AdminID(), "OwnerId": h.org.AdminID(),
	} {
		if !reflect.DeepEqual(e.body[name], want) {
			t.Errorf("%s = %v, want %v", name, e.body[name], want)
		}
	}
	for _, name := range []string{"Id", "IsDeleted", "SystemModstamp", "Phone", "FirstName", "MailingCity", "OtherAddress", "PhotoUrl", "Account_Summary__c"} {
		if v, ok := e.body[name]; ok {
			t.Errorf("%s = %v is sent", name, v)
		}
	}
}

func TestS15UpdateCarriesOnlyWhatChanged(t *testing.T) {
	h := build(t, nil)
	id, _ := h.create("Account", map[string]any{"Name": "Harbor Works", "Rating": "Hot", "BillingCity": "Bern", "BillingStreet": "Quay 1"})
	e := one(t, h.update("Account", id, map[string]any{"Phone": "+41 44 000 00 00", "Rating": nil, "BillingCity": "Thun", "BillingStreet": nil}))
	want := map[string]any{
		"Phone": "+41 44 000 00 00", "Rating": nil, "LastModifiedDate": "2026-03-02T10:15:47.000Z",
		"BillingAddress": map[string]any{"City": "Thun", "Street": nil},
	}
	if !reflect.DeepEqual(e.body, want) {
		t.Errorf("body %v, want %v", e.body, want)
	}
	names := e.changed()
	slices.Sort(names)
	if want := []string{"BillingAddress.City", "BillingAddress.Street", "LastModifiedDate", "Phone", "Rating"}; !slices.Equal(names, want) {
		t.Errorf("changedFields %v, want %v", names, want)
	}
}

func TestUpdateInTheSameSecondStillCarriesLastModifiedDate(t *testing.T) {
	h := build(t, nil)
	id, _ := h.create("Lead", map[string]any{"LastName": "Moor", "Company": "Harbor Works"})
	h.at = h.at.Add(-5 * time.Second)
	e := one(t, h.update("Lead", id, map[string]any{"FirstName": "Ada"}))
	if want := map[string]any{"Name": map[string]any{"FirstName": "Ada"}, "LastModifiedDate": "2026-03-02T10:15:42.000Z"}; !reflect.DeepEqual(e.body, want) {
		t.Errorf("body %v, want %v", e.body, want)
	}
}

func TestS15ModifierIsSentOnlyWhenItDiffers(t *testing.T) {
	h := build(t, nil)
	id, _ := h.create("Account", map[string]any{"Name": "Harbor Works"})
	if e := one(t, h.update("Account", id, map[string]any{"Phone": "1"})); e.body["LastModifiedById"] != nil {
		t.Errorf("same modifier: %v", e.body)
	}
	const user = "005ZM000000M6o1YAC"
	cursor, err := h.log.Open(bus.Everything, bus.Tip)
	if err != nil {
		t.Fatal(err)
	}
	caller := org.Caller{UserID: user, Origin: org.UIOrigin}
	if _, err := h.org.Transact(caller, func(tx *org.Tx) error { h.ok(tx.Update("Account", id, map[string]any{"Phone": "2"})); return nil }); err != nil {
		t.Fatal(err)
	}
	e := h.decode(cursor.Next(1, 1)[0])
	if e.body["LastModifiedById"] != user || e.header["commitUser"] != user || e.header["changeOrigin"] != org.UIOrigin {
		t.Errorf("another modifier: %s", e.raw)
	}
}

func TestS15DeleteIsHeaderOnlyAndUndeleteCarriesAll(t *testing.T) {
	h := build(t, nil)
	id, _ := h.create("Account", map[string]any{"Name": "Harbor Works", "AnnualRevenue": json.Number("300"), "NumberOfEmployees": json.Number("250")})
	e := one(t, h.do(func(tx *org.Tx) { h.ok(tx.Delete("Account", id)) }))
	if len(e.body) != 0 || e.header["changeType"] != "DELETE" || len(e.changed()) != 0 {
		t.Errorf("delete: %s", e.raw)
	}
	e = one(t, h.do(func(tx *org.Tx) { h.ok(tx.Undelete("Account", id)) }))
	if e.header["changeType"] != "UNDELETE" || e.body["Name"] != "Harbor Works" || e.body["CreatedDate"] == nil || len(e.changed()) != 0 {
		t.Errorf("undelete: %s", e.raw)
	}
	if e.body["AnnualRevenue"] != json.Number("300.0") || e.body["NumberOfEmployees"] != json.Number("250") { // S19
		t.Errorf("numbers: %v, %v", e.body["AnnualRevenue"], e.body["NumberOfEmployees"])
	}
}

func TestS16WritesOfOneRecordCollapseIntoOneEvent(t *testing.T) {
	h := build(t, nil)
	e := one(t, h.do(func(tx *org.Tx) {
		id := h.must(tx.Create("Account", map[string]any{"Name": "First"}))
		h.ok(tx.Update("Account", id, map[string]any{"Name": "Final"}))
	}))
	if e.header["changeType"] != "CREATE" || e.body["Name"] != "Final" {
		t.Errorf("event %s", e.raw)
	}
}

func TestS16EqualChangesOfOneTransactionMerge(t *testing.T) {
	h := build(t, nil)
	var ids []string
	for i := range 3 {
		id, _ := h.create("Account", map[string]any{"Name": fmt.Sprint("Account ", i)})
		ids = append(ids, id)
	}
	events := h.do(func(tx *org.Tx) {
		for i, id := range ids {
			h.ok(tx.Update("Account", id, map[string]any{"Rating": []string{"Hot", "Cold", "Hot"}[i]}))
		}
	})
	if len(events) != 2 || !slices.Equal(events[0].ids(), []string{ids[0], ids[2]}) || !slices.Equal(events[1].ids(), ids[1:2]) {
		t.Fatalf("events %v", events)
	}
	if events[0].header["transactionKey"] != events[1].header["transactionKey"] || events[1].header["sequenceNumber"] != json.Number("2") {
		t.Errorf("headers %v, %v", events[0].header, events[1].header)
	}
}

func TestS16UnselectedObjectsLeaveHolesInTheSequence(t *testing.T) {
	h := build(t, func(c *cdc.Config) { c.Selected = []string{"Account", "Opportunity"} })
	if !h.pub.Selects("Account") || h.pub.Selects("Contact") {
		t.Error("selection not as configured")
	}
	events := h.do(func(tx *org.Tx) {
		account := h.must(tx.Create("Account", map[string]any{"Name": "Harbor Works"}))
		h.must(tx.Create("Contact", map[string]any{"LastName": "Moor", "AccountId": account}))
		h.must(tx.Create("Opportunity", map[string]any{"Name": "Cranes", "AccountId": account, "StageName": "Prospecting", "CloseDate": "2026-06-30"}))
	})
	if len(events) != 2 || events[0].header["sequenceNumber"] != json.Number("1") || events[1].header["sequenceNumber"] != json.Number("3") {
		t.Errorf("events %v", events)
	}
	h.pub.Select("Contact")
	if _, events := h.create("Account", map[string]any{"Name": "Quiet"}); len(events) != 0 {
		t.Errorf("events of an object no longer selected: %v", events)
	}
}

func TestS17GapFaultTurnsTheNextEventsIntoGaps(t *testing.T) { // F-16
	h := build(t, nil)
	if _, err := h.faults.Arm(fault.Spec{Kind: fault.GapEvents, Object: "Account", Count: 1}); err != nil {
		t.Fatal(err)
	}
	id, events := h.create("Account", map[string]any{"Name": "Harbor Works"})
	if e := one(t, events); e.header["changeType"] != "GAP_CREATE" || len(e.body) != 0 || e.ids()[0] != id {
		t.Errorf("event %s", e.raw)
	}
	if e := one(t, h.update("Account", id, map[string]any{"Phone": "1"})); e.header["changeType"] != "UPDATE" {
		t.Errorf("next event %s", e.raw)
	}
}

func TestS17OverflowReplacesTheRestOfAnObject(t *testing.T) { // F-18
	h := build(t, func(c *cdc.Config) { c.OverflowAt = 4 })
	events := h.do(func(tx *org.Tx) {
		for i := range 6 {
			h.must(tx.Create("Account", map[string]any{"Name": fmt.Sprint("Account ", i)}))
		}
		h.must(tx.Create("Contact", map[string]any{"LastName": "Moor"}))
	})
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, fmt.Sprint(e.header["entityName"], " ", e.header["changeType"]))
	}
	want := []string{"Account CREATE", "Account CREATE", "Account CREATE", "Account CREATE", "Account GAP_OVERFLOW", "Contact GAP_OVERFLOW"}
	if !slices.Equal(kinds, want) {
		t.Errorf("events %v, want %v", kinds, want)
	}
	if e := events[4]; e.ids()[0] != "000000000000000AAA" || len(e.body) != 0 {
		t.Errorf("overflow %s", e.raw)
	}
}

func TestOverflowFaultHitsOneTransaction(t *testing.T) { // F-18
	h := build(t, nil)
	if _, err := h.faults.Arm(fault.Spec{Kind: fault.Overflow}); err != nil {
		t.Fatal(err)
	}
	id, events := h.create("Account", map[string]any{"Name": "Harbor Works"})
	if e := one(t, events); e.header["changeType"] != "GAP_OVERFLOW" || strings.Contains(e.raw, id) {
		t.Errorf("event %s", e.raw)
	}
	if e := one(t, h.update("Account", id, map[string]any{"Phone": "1"})); e.header["changeType"] != "UPDATE" {
		t.Errorf("next event %s", e.raw)
	}
}

func TestHostileTextSurvives(t *testing.T) {
	h := build(t, nil)
	name := "\"</script>\\ \u2028 東京 \n%s"
	_, events := h.create("Account", map[string]any{"Name": name})
	if e := one(t, events); e.body["Name"] != name {
		t.Errorf("name %q", e.body["Name"])
	}
}

func BenchmarkPublish(b *testing.B) {
	var tx org.Transaction
	keep := publisher(func(t org.Transaction) { tx = t })
	o := org.New(org.Config{Publisher: keep})
	id := ""
	run := func(fn func(*org.Tx) *org.Error) {
		if _, err := o.Transact(org.Caller{}, func(tx *org.Tx) error {
			if err := fn(tx); err != nil {
				return err
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	run(func(tx *org.Tx) (err *org.Error) {
		id, err = tx.Create("Contact", map[string]any{"LastName": "Moor"})
		return err
	})
	run(func(tx *org.Tx) *org.Error {
		return tx.Update("Contact", id, map[string]any{"Phone": "+41 44 000 00 00", "MailingCity": "Bern", "Title": "Captain"})
	})
	p := cdc.New(cdc.Config{Log: bus.New(bus.Config{})})
	b.ReportAllocs()
	for b.Loop() {
		p.Publish(tx)
	}
}

type publisher func(org.Transaction)

func (p publisher) Publish(t org.Transaction) { p(t) }
