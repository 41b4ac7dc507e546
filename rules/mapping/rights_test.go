package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

// AVM-56: the profile is named with what it has and lacks, and who could give it.
func TestWhatGivesARightIsNamed_AVM56(t *testing.T) {
	schema := gateway.Schema{Object: "Account", Updateable: true, Fields: []gateway.Field{
		{Name: "Open", Updateable: true, Permissionable: true},
		{Name: "Name", Updateable: true},
		{Name: "Rating", Permissionable: true},
		{Name: "Formula", Calculated: true, Permissionable: true},
		{Name: "CreatedDate"},
	}}
	closed := schema
	closed.Updateable = false
	mine := gateway.RightSource{Label: "System Administrator", Profile: true, Assigned: true, Read: true}
	set := gateway.RightSource{Label: "Notes", Assigned: true}
	full := gateway.RightSource{Label: "Account Full Access", Read: true, Edit: true}
	other := gateway.RightSource{Label: "Standard User", Profile: true, Read: true, Edit: true}
	reads := gateway.RightSource{Label: "Readers", Read: true}
	blind, all := mine, mine
	blind.Read, all.Edit = false, true
	for _, tt := range []struct {
		name, field string
		schema      gateway.Schema
		asked       string
		sources     []gateway.RightSource
		text        string
		cells       []string // parts of each line, in order
	}{
		{
			"read but not edit", "Rating", schema, "Rating",
			[]gateway.RightSource{other, reads, full, set, mine},
			"profile System Administrator has Read but not Edit on Account.Rating. What could give it is listed below.",
			[]string{"Profile System Administrator, which the connected user has|false|Setup › Profiles › System Administrator › Object Settings › Field Permissions: tick “Edit”", "Permission set Notes, which|false|neither Read nor Edit", "Permission set Account Full Access, which the connected user does not have|true|Setup › Permission Sets › Account Full Access › Manage Assignments", "Profile Standard User|true|another profile"},
		},
		{
			"nobody gives it", "Rating", schema, "Rating",
			[]gateway.RightSource{mine},
			"No profile or permission set of the org gives Edit on it.",
			[]string{"|false|"},
		},
		{
			"the object", "Rating", closed, "",
			[]gateway.RightSource{mine, full},
			"has Read but not Edit on Account. What",
			[]string{"|false|Object Permissions: tick “Edit”", "|true|Read and Edit on Account."},
		},
		{
			"hidden", "Secret__c", schema, "Secret__c",
			[]gateway.RightSource{blind, reads},
			"has neither Read nor Edit on Account.Secret__c.",
			[]string{"|false|tick “Read”", "Permission set Readers|true|"},
		},
		{"hidden or gone", "Secret__c", schema, "Secret__c", []gateway.RightSource{blind}, "Or the field was deleted.", []string{"|false|"}},
		{"may be edited", "Open", schema, "Open", []gateway.RightSource{all, full}, "has Read and Edit on Account.Open.", []string{"|true|It has Read and Edit on Account.Open."}},
		{"without security of its own", "Name", schema, "", []gateway.RightSource{all}, "has Read and Edit on Account.", []string{"|true|"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			field, ok := mapping.RightField(tt.schema, tt.field)
			if field != tt.asked || !ok {
				t.Fatalf("asked about %q, %v", field, ok)
			}
			cause, _ := mapping.ReadOnlyCause(tt.schema, tt.field)
			text, cells := mapping.Rights("Account", field, cause, tt.sources)
			if !strings.Contains(text, tt.text) || len(cells) != len(tt.cells) {
				t.Fatalf("%q, %d lines: %+v", text, len(cells), cells)
			}
			for i, want := range tt.cells {
				parts := strings.Split(want, "|")
				if c := cells[i]; !strings.Contains(c.Question, parts[0]) || fmt.Sprint(c.Pass) != parts[1] || !strings.Contains(c.Why, parts[2]) {
					t.Errorf("line %d: %+v, want %s", i, c, want)
				}
			}
		})
	}
	for _, name := range []string{"Formula", "CreatedDate"} {
		if _, ok := mapping.RightField(schema, name); ok {
			t.Errorf("%s: no permission makes it writable", name)
		}
	}
	many := []gateway.RightSource{mine}
	for i := range 30 {
		many = append(many, gateway.RightSource{Label: fmt.Sprint("Set ", i), Read: true, Edit: true})
	}
	cause, _ := mapping.ReadOnlyCause(schema, "Rating")
	if text, cells := mapping.Rights("Account", "Rating", cause, many); len(cells) != 9 || !strings.Contains(text, "30 profiles and permission sets give Edit; 8 of them are listed.") {
		t.Errorf("of many: %q, %d", text, len(cells))
	}
}
