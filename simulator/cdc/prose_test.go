package cdc_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"tidegate/simulator/org"
)

// What sections 2.2 and 2.3 of the sheet about streaming say in prose, of every
// kind of event; docs/simulator.md lists which test shows which sentence.

// never are fields that no body carries: the id stands in the header, the others
// are derived, or formulas.
var never = []string{"Id", "IsDeleted", "SystemModstamp", "LastActivityDate", "PhotoUrl", "LastViewedDate", "LastReferencedDate", "Account_Summary__c"}

func TestS14S15ProseOfHeadersAndBodies(t *testing.T) {
	h := build(t, nil)
	account, _ := h.create("Account", map[string]any{"Name": "Quay"})
	values := map[string]any{"LastName": "Moor", "FirstName": "Ada", "Phone": "1", "AccountId": account}
	contact, created := h.create("Contact", values)
	updated := h.update("Contact", contact, map[string]any{"Phone": nil, "Title": "CTO"})
	deleted := h.do(func(tx *org.Tx) { h.ok(tx.Delete("Contact", contact)) })
	restored := h.do(func(tx *org.Tx) { h.ok(tx.Undelete("Contact", contact)) })
	header := "changeOrigin changeType changedFields commitNumber commitTimestamp commitUser entityName recordIds sequenceNumber transactionKey"
	keys := map[string]bool{}
	for _, step := range []struct {
		kind   string
		events []event
	}{{"CREATE", created}, {"UPDATE", updated}, {"DELETE", deleted}, {"UNDELETE", restored}} {
		e := one(t, step.events)
		if got := strings.Join(slices.Sorted(maps.Keys(e.header)), " "); got != header { // nulledFields and diffFields are for Avro and Apex
			t.Errorf("%s has the header %s", step.kind, got)
		}
		if e.header["entityName"] != "Contact" || e.header["changeType"] != step.kind || fmt.Sprint(e.header["sequenceNumber"]) != "1" || !slices.Equal(e.ids(), []string{contact}) {
			t.Errorf("%s: %v", step.kind, e.header)
		}
		if isUpdate := step.kind == "UPDATE"; (len(e.changed()) > 0) != isUpdate || isUpdate != slices.Contains(e.changed(), "LastModifiedDate") {
			t.Errorf("%s has changedFields %v", step.kind, e.changed())
		}
		for _, name := range never {
			if _, there := e.body[name]; there {
				t.Errorf("%s carries %s", step.kind, name)
			}
		}
		for name, value := range e.body {
			if (value == nil) != (step.kind == "UPDATE" && name == "Phone") {
				t.Errorf("%s carries %s = %v", step.kind, name, value)
			}
		}
		if key := fmt.Sprint(e.header["transactionKey"]); keys[key] {
			t.Errorf("two transactions share the key %s", key)
		} else {
			keys[key] = true
		}
	}
	if body := one(t, deleted).body; len(body) != 0 {
		t.Errorf("a deletion has the body %v", body)
	}
	for _, name := range []string{"Name", "AccountId", "Title", "CreatedDate", "CreatedById", "OwnerId", "LastModifiedDate"} {
		if _, there := one(t, restored).body[name]; !there {
			t.Errorf("an undelete lacks %s", name)
		}
	}

	// Emptying the recycle bin emits nothing.
	h.do(func(tx *org.Tx) { h.ok(tx.Delete("Contact", contact)) })
	before := len(h.seen)
	if err := h.org.Purge(org.Caller{}, "Contact", []string{contact}); err != nil || len(h.seen) != before {
		t.Errorf("a hard delete published %d transactions, %v", len(h.seen)-before, err)
	}
}

func TestS16ProseOfTransactions(t *testing.T) {
	h := build(t, nil)
	// Several writes of one record are one event: the first kind, the final values.
	e := one(t, h.do(func(tx *org.Tx) {
		id := h.must(tx.Create("Lead", map[string]any{"LastName": "Moor", "Company": "Quay", "Phone": "1"}))
		h.ok(tx.Update("Lead", id, map[string]any{"Phone": "2"}))
		h.ok(tx.Update("Lead", id, map[string]any{"Phone": "3"}))
	}))
	if e.header["changeType"] != "CREATE" || e.body["Phone"] != "3" || len(e.changed()) != 0 {
		t.Errorf("%v %v", e.header, e.body)
	}
	first, _ := h.create("Lead", map[string]any{"LastName": "A", "Company": "C"})
	second, _ := h.create("Lead", map[string]any{"LastName": "B", "Company": "C"})
	// The same change of several records is one event about all; others are in order.
	events := h.do(func(tx *org.Tx) {
		h.ok(tx.Update("Lead", first, map[string]any{"Rating": "Hot"}))
		h.ok(tx.Update("Lead", second, map[string]any{"Rating": "Hot"}))
	})
	if e := one(t, events); !slices.Equal(e.ids(), []string{first, second}) || e.body["Rating"] != "Hot" {
		t.Errorf("%v %v", e.header, e.body)
	}
	events = h.do(func(tx *org.Tx) {
		h.ok(tx.Update("Lead", first, map[string]any{"Rating": "Cold"}))
		h.ok(tx.Update("Lead", second, map[string]any{"Rating": "Warm"}))
	})
	if len(events) != 2 || events[0].header["transactionKey"] != events[1].header["transactionKey"] ||
		fmt.Sprint(events[0].header["sequenceNumber"]) != "1" || fmt.Sprint(events[1].header["sequenceNumber"]) != "2" {
		t.Errorf("%d events of one transaction", len(events))
	}
}
