package cdc_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tidegate/simulator/bus"
	"tidegate/simulator/cdc"
	"tidegate/simulator/org"
)

// text makes lines of 40 characters.
func text(lines int) []string {
	var list []string
	for i := range lines {
		list = append(list, fmt.Sprintf("%03d the quick brown fox and the lazy dog", i))
	}
	return list
}

// patched applies a diff of one hunk, as a subscriber would.
func patched(t *testing.T, before, diff string) string {
	t.Helper()
	lines := strings.Split(diff, "\n")
	var at, n, to, m int
	if _, err := fmt.Sscanf(lines[2], "@@ -%d,%d +%d,%d @@", &at, &n, &to, &m); err != nil || lines[0] != "--- " {
		t.Fatalf("%v in %s", err, diff)
	}
	old := strings.Split(before, "\n")
	var gone, come []string
	for _, line := range lines[3:] {
		if line[0] != '+' {
			gone = append(gone, line[1:])
		}
		if line[0] != '-' {
			come = append(come, line[1:])
		}
	}
	if !slices.Equal(gone, old[at-1:at-1+n]) || len(come) != m {
		t.Fatalf("the diff does not fit:\n%s", diff)
	}
	after := strings.Join(slices.Concat(old[:at-1], come, old[at-1+n:]), "\n")
	if sum := sha256.Sum256([]byte(after)); lines[1] != "+++ "+hex.EncodeToString(sum[:]) {
		t.Errorf("the diff makes another text than it says: %s", lines[1])
	}
	return after
}

func TestS19LongTextGoesOutAsItsDifference(t *testing.T) {
	lines := text(40)
	before := strings.Join(lines, "\n")
	edit := func(change func([]string) []string) string { return strings.Join(change(slices.Clone(lines)), "\n") }
	for _, row := range []struct {
		name, after string
		diff        bool
	}{
		{"a line in the middle", edit(func(l []string) []string { l[20] = "changed"; return l }), true},
		{"the first line", edit(func(l []string) []string { l[0] = "changed"; return l }), true},
		{"the last line", edit(func(l []string) []string { l[39] = "changed \"&<>\""; return l }), true},
		{"a line more", edit(func(l []string) []string { return slices.Insert(l, 5, "new") }), true},
		{"lines less", edit(func(l []string) []string { return slices.Delete(l, 30, 33) }), true},
		{"more than a quarter of the lines", edit(func(l []string) []string { l[5], l[25] = "a", "b"; return l }), false},
		{"one long line", strings.ReplaceAll(before, "\n", " "), false},
		{"a short text", "short", false},
		{"none", "", false},
	} {
		h := build(t, nil)
		id, _ := h.create("Account", map[string]any{"Name": "A", "Description": before})
		got := h.update("Account", id, map[string]any{"Description": row.after})[0]
		diff, _ := got.body["Description"].(map[string]any)
		if (diff != nil) != row.diff {
			t.Errorf("%s: as a difference %v, want %v", row.name, diff != nil, row.diff)
			continue
		}
		if !row.diff {
			if s, _ := got.body["Description"].(string); s != row.after {
				t.Errorf("%s: %q", row.name, s)
			}
			continue
		}
		if s, _ := diff["diff"].(string); patched(t, before, s) != row.after {
			t.Errorf("%s: the difference makes another text", row.name)
		}
	}
}

func TestS17EventAboveOneMegabyteIsAGap(t *testing.T) {
	h := build(t, nil)
	err := h.org.Alter(org.Alteration{Op: "add", Object: "Account", Field: org.FieldSpec{Name: "Book__c", Type: "textarea", Length: 2 << 20}})
	if err != nil {
		t.Fatal(err)
	}
	_, events := h.create("Account", map[string]any{"Name": "A", "Book__c": strings.Repeat("x", 1<<20)})
	if e := events[0]; e.header["changeType"] != "GAP_CREATE" || len(e.body) != 0 {
		t.Errorf("the event is a %v of %d fields", e.header["changeType"], len(e.body))
	}
}

func TestS20EnrichedEventsOfOneChangeShareTheirReplayID(t *testing.T) {
	h := build(t, nil)
	first, _ := h.create("Contact", map[string]any{"LastName": "A", "Email": "a@people.example"})
	second, _ := h.create("Contact", map[string]any{"LastName": "B", "Department": "Sales"})
	if err := h.log.Define(bus.Channel{Name: "/data/People__chn", Members: map[string][]string{"Contact": {"Email", "Department"}}}); err != nil {
		t.Fatal(err)
	}
	h.log.EnrichBy(func(e *bus.Event, fields []string) []*bus.Event { return cdc.Enrich(h.org, e, fields) })
	cursor, err := h.log.Open("/data/People__chn", bus.Tip)
	if err != nil {
		t.Fatal(err)
	}
	h.create("Account", map[string]any{"Name": "not a member"})
	h.do(func(tx *org.Tx) {
		h.ok(tx.Update("Contact", first, map[string]any{"Title": "CTO"}))
		h.ok(tx.Update("Contact", second, map[string]any{"Title": "CTO"}))
	})
	merged := h.log.All()[len(h.log.All())-1]
	// The enriching value is the one at delivery, not the one of the change.
	h.update("Contact", first, map[string]any{"Email": "new@people.example"})

	got := cursor.Next(2, 1<<20)
	if len(got) != 2 || got[0].ReplayID != merged.ReplayID || got[1].ReplayID != merged.ReplayID {
		t.Fatalf("%d events, want two with replay id %d", len(got), merged.ReplayID)
	}
	a, b := h.decode(got[0]), h.decode(got[1])
	if !slices.Equal(a.ids(), []string{first}) || !slices.Equal(b.ids(), []string{second}) {
		t.Errorf("records %v and %v", a.ids(), b.ids())
	}
	if a.body["Email"] != "new@people.example" || b.body["Department"] != "Sales" || b.body["Email"] != nil {
		t.Errorf("enriched with %v and %v", a.body, b.body)
	}
	if !slices.Equal(a.changed(), []string{"Title", "LastModifiedDate"}) {
		t.Errorf("changedFields %v", a.changed())
	}
	h.do(func(tx *org.Tx) { h.ok(tx.Delete("Contact", first)) })
	rest := cursor.Next(10, 1<<20)
	if last := h.decode(rest[len(rest)-1]); last.header["changeType"] != "DELETE" || last.body["Email"] != "new@people.example" {
		t.Errorf("the deletion carries %v", last.body)
	}
}

func TestCustomChannelsAreChecked(t *testing.T) {
	h := build(t, nil)
	for _, c := range []bus.Channel{
		{Name: "/data/People", Members: map[string][]string{"Contact": nil}},
		{Name: "/event/People__chn", Members: map[string][]string{"Contact": nil}},
		{Name: "/data/People__chn", Members: map[string][]string{"Contact": make([]string, 11)}},
	} {
		if err := h.log.Define(c); err == nil {
			t.Errorf("%v was taken", c)
		}
	}
}

func TestS17ConversionOfAPicklistIsAGapOfEveryRecord(t *testing.T) {
	h := build(t, nil)
	alter := func(op, kind string) {
		err := h.org.Alter(org.Alteration{Op: op, Object: "Lead", Field: org.FieldSpec{Name: "Fit__c", Type: org.FieldType(kind), Values: []string{"Good", "Bad"}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	alter("add", "picklist")
	first, _ := h.create("Lead", map[string]any{"LastName": "A", "Company": "B", "Fit__c": "Good"})
	second, _ := h.create("Lead", map[string]any{"LastName": "C", "Company": "D"})
	alter("change", "multipicklist")
	all := h.log.All()
	if e := h.decode(all[len(all)-1]); e.header["changeType"] != "GAP_UPDATE" || !slices.Equal(e.ids(), []string{first, second}) || len(e.body) != 0 {
		t.Errorf("the event is %s", e.raw)
	}
	alter("change", "string")
	if n := len(h.log.All()); n != len(all) {
		t.Errorf("a conversion that loses nothing made %d events", n-len(all))
	}
}

func TestS20EnrichedPartsStandInTheirCompound(t *testing.T) {
	h := build(t, nil)
	id, _ := h.create("Contact", map[string]any{"LastName": "A", "FirstName": "B", "MailingCity": "Bern", "MailingCountry": "Switzerland", "OtherCity": "Basel"})
	fields := []string{"MailingCity", "OtherAddress", "Name", "Account_Summary__c"}
	if err := h.log.Define(bus.Channel{Name: "/data/People__chn", Members: map[string][]string{"Contact": fields}}); err != nil {
		t.Fatal(err)
	}
	h.log.EnrichBy(func(e *bus.Event, fields []string) []*bus.Event { return cdc.Enrich(h.org, e, fields) })
	cursor, err := h.log.Open("/data/People__chn", bus.Tip)
	if err != nil {
		t.Fatal(err)
	}
	h.update("Contact", id, map[string]any{"MailingCountry": nil})
	got := h.decode(cursor.Next(1, 1<<20)[0]).body
	if want := map[string]any{"City": "Bern", "Country": nil}; !reflect.DeepEqual(got["MailingAddress"], want) {
		t.Errorf("a part of what changed: %v", got["MailingAddress"])
	}
	if want := map[string]any{"City": "Basel"}; !reflect.DeepEqual(got["OtherAddress"], want) {
		t.Errorf("a whole address: %v", got["OtherAddress"])
	}
	if want := map[string]any{"FirstName": "B", "LastName": "A"}; !reflect.DeepEqual(got["Name"], want) {
		t.Errorf("a person's name: %v", got["Name"])
	}
	if _, flat := got["MailingCity"]; flat || got["Account_Summary__c"] != nil {
		t.Errorf("flat parts or formulas in %v", got)
	}
}
