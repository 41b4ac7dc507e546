package simulator_test

import (
	"testing"

	"tidegate/simulator"
)

func TestR8DependentPicklistsAreDescribed(t *testing.T) {
	_, c := start(t, simulator.Config{DataDir: t.TempDir()})
	c.want(200, "POST", "/_sim/fields", `{"op":"add","object":"Account","field":{"name":"Harbor__c","type":"picklist","restricted":true,"values":["North","South","West"]}}`)
	c.want(200, "POST", "/_sim/fields", `{"op":"add","object":"Account","field":{"name":"Port__c","type":"picklist","restricted":true,"values":["Bergen","Genoa","Cadiz","Nowhere"],
		"controller":"Harbor__c","valid_for":{"Bergen":["North"],"Genoa":["South","West"],"Cadiz":["West"]}}}`)
	c.want(200, "POST", "/_sim/fields", `{"op":"add","object":"Contact","field":{"name":"Reason__c","type":"picklist","values":["Asked"],"controller":"DoNotCall","valid_for":{"Asked":["true"]}}}`)
	c.tooled("CustomField", "Account.Quay__c", `{"type":"Picklist","label":"Quay","valueSet":{"controllingField":"Port__c","valueSetDefinition":{"value":[{"fullName":"Q1"}]},
		"valueSettings":[{"controllingFieldValue":["Genoa"],"valueName":"Q1"}]}}`)
	c.steps(
		step{"GET", "/sobjects/Account/describe", "", 200, []string{
			`"controllerName":"Harbor__c"`, `"controllerName":"Port__c"`, `"dependentPicklist":true`,
			`"label":"Bergen","validFor":"gAAA"`, `"label":"Genoa","validFor":"YAAA"`, `"label":"Cadiz","validFor":"IAAA"`, `"label":"Nowhere","validFor":"AAAA"`,
			`"label":"Q1","validFor":"QAAA"`, `"label":"North","validFor":null`,
		}},
		step{"GET", "/sobjects/Contact/describe", "", 200, []string{`"controllerName":"DoNotCall"`, `"label":"Asked","validFor":"QAAA"`}},
		step{"GET", "/ui-api/object-info/Account/picklist-values/012000000000000AAA/Port__c", "", 200, []string{
			`"controllerValues":{"North":0,"South":1,"West":2}`, `"label":"Genoa","validFor":[1,2]`, `"label":"Nowhere","validFor":[]`,
		}},
		step{"GET", "/ui-api/object-info/Contact/picklist-values/012000000000000AAA/Reason__c", "", 200, []string{`"controllerValues":{"false":0,"true":1}`, `"validFor":[1]`}},
		step{"GET", "/ui-api/object-info/Account/picklist-values/012000000000000AAA/Harbor__c", "", 200, []string{`"controllerValues":{}`, `"validFor":[]`}},
		// People are not offered the pair, but the API takes it.
		step{"POST", "/sobjects/Account", `{"Name":"A","Harbor__c":"North","Port__c":"Genoa"}`, 201, nil},
		step{"POST", "/sobjects/Account", `{"Name":"A","Port__c":"Atlantis"}`, 400, []string{"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"}},
	)
	for _, bad := range []string{
		`{"op":"add","object":"Account","field":{"name":"A__c","type":"picklist","values":["X"],"controller":"Phone"}}`,
		`{"op":"add","object":"Account","field":{"name":"A__c","type":"string","controller":"Harbor__c"}}`,
		`{"op":"add","object":"Account","field":{"name":"A__c","type":"picklist","values":["X"],"controller":"Harbor__c","valid_for":{"X":["East"]}}}`,
		`{"op":"add","object":"Account","field":{"name":"A__c","type":"picklist","values":["X"],"controller":"Harbor__c","valid_for":{"Y":["North"]}}}`,
		`{"op":"add","object":"Account","field":{"name":"A__c","type":"picklist","values":["X"],"valid_for":{"X":["North"]}}}`,
		`{"op":"remove","object":"Account","field":{"name":"Harbor__c"}}`,
	} {
		c.want(400, "POST", "/_sim/fields", bad)
	}
}
