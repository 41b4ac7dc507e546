package salesforce

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"tidegate/gateway"
)

// Formulas are read one query each; one that a package hides is left out, and the
// field of a rule is told without its object (M6).
func TestValidationRulesAreReadOneByOne_M6(t *testing.T) {
	f := newFake(t)
	var asked []string
	f.mux.HandleFunc("GET /services/data/v66.0/tooling/query", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query().Get("q")
		asked = append(asked, q)
		switch {
		case strings.Contains(q, "'03d000000000001AAA'"):
			reply(w, 200, `{"totalSize":1,"done":true,"records":[{"Metadata":{"errorConditionFormula":"TRUE","errorMessage":"No.","errorDisplayField":"Contact.Title"}}]}`)
		case strings.Contains(q, "'03d000000000002AAA'"):
			reply(w, 200, `{"totalSize":1,"done":true,"records":[{"Metadata":null}]}`)
		default:
			reply(w, 200, `{"totalSize":2,"done":true,"records":[
				{"Id":"03d000000000001AAA","ValidationName":"One","EntityDefinition":{"QualifiedApiName":"Contact"}},
				{"Id":"03d000000000002AAA","ValidationName":"Two","EntityDefinition":{"QualifiedApiName":"Lead"}}]}`)
		}
	})
	c := newClient(t, f)
	rules, more, err := c.ValidationRules(context.Background(), []string{"Contact", "Lead"})
	want := gateway.ValidationRule{Object: "Contact", Name: "One", Formula: "TRUE", Message: "No.", Field: "Title"}
	if err != nil || more != 0 || len(rules) != 1 || rules[0] != want {
		t.Errorf("%+v, %d more, %v", rules, more, err)
	}
	if len(asked) != 3 || !strings.Contains(asked[0], "Active = true AND EntityDefinition.QualifiedApiName IN ('Contact', 'Lead')") {
		t.Errorf("asked was %q", asked)
	}
	if _, _, err := c.ValidationRules(context.Background(), []string{"Contact') OR (Id != '"}); gateway.CodeOf(err) != gateway.CodeInvalid {
		t.Errorf("a name that is none: %v", err)
	}
	if rules, _, err := c.ValidationRules(context.Background(), nil); rules != nil || err != nil || len(asked) != 3 {
		t.Errorf("of no object: %v, %v", rules, err)
	}
}
