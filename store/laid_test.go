package store

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

// anyFields draws fields with names that are parts of each other, and values
// that look like fields.
func anyFields(t *rapid.T, what string) gateway.Fields {
	value := rapid.OneOf(
		rapid.SampledFrom([]gateway.Value{gateway.Null, "true", "12.5", "-3", gateway.Text(`,"Name":"x"`), gateway.Text(`Name`), gateway.Text("a\\"), gateway.Text(`",`), "\"a\x00b\"", "\"a\xffb\""}),
		rapid.Map(rapid.String(), gateway.Text),
	)
	return rapid.MapOf(rapid.SampledFrom([]string{"Name", "LastName", "Phone", "OtherPhone", "Email", "Title", "AccountId", "N", "A__c", "Website"}), value).Draw(t, what)
}

// What is written by replacing values in the text that was loaded is what would
// be written without it, and gives the same keys and the same label.
func TestLaidFieldsAreWrittenLikeAll(t *testing.T) {
	laid := 0
	rapid.Check(t, func(t *rapid.T) {
		was, top := anyFields(t, "was"), anyFields(t, "laid")
		text := fieldsText(was)
		if rapid.Bool().Draw(t, "spaced") {
			text = fmt.Sprintf("{ %s", text[1:]) // as nobody here writes it
		}
		fields, names, err := parseText(text)
		if err != nil {
			t.Fatal(err)
		}
		before := gateway.Record{Fields: fields}
		s := &stored{text: text, names: names, laid: top, label: sortLabel(before)}
		after := gateway.Record{Fields: fields.Overlay(top)}
		if got, ok := s.withLaid(after.Fields); ok {
			laid++
			if want := fieldsText(after.Fields); got != want {
				t.Fatalf("%s\nwant %s", got, want)
			}
		}
		if got, want := s.values(allKinds), valuesOf(&before, allKinds); got != want {
			t.Fatalf("values %v, want %v", got, want)
		}
		old, now := valuesOf(&before, allKinds), valuesOf(&after, allKinds)
		if places := old.differing(&now); places&^s.keysLaid(false) != 0 {
			t.Fatalf("keys at %b differ, looked at are %b", places, s.keysLaid(false))
		}
		if s.keepsLabel() && sortLabel(after) != s.label {
			t.Fatalf("label %q, was %q", sortLabel(after), s.label)
		}
	})
	if laid == 0 {
		t.Error("no text was ever written by replacing values")
	}
}

// TestValuesAreFoundByTheirWholeName: a name that ends another one, or stands in a
// value, is not it.
func TestValuesAreFoundByTheirWholeName(t *testing.T) {
	text := `{"LastName":"Name","Name":"a \"Name\":1","Names":2,"Note":",\"Title\":3"}`
	_, names, err := parseText(text)
	if err != nil || names == nil {
		t.Fatalf("not plain: %v", err)
	}
	s := &stored{text: text, names: names}
	for name, want := range map[string]string{
		"LastName": `"Name"`, "Name": `"a \"Name\":1"`, "Names": "2", "Note": `",\"Title\":3"`, "Title": "", "Nam": "", "": "",
	} {
		if from, to := s.valueOf(name); text[from:to] != want {
			t.Errorf("%s: %s, want %s", name, text[from:to], want)
		}
	}
}
