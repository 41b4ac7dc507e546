package simulator_test

import (
	"testing"

	"tidegate/simulator"
)

// Rules with formulas refuse as the platform's do, whoever writes but the org's
// own control, and are told by the Tooling API: their names together, the
// Metadata of one row a query only. Source: ValidationRule, Tooling API.
func TestValidationRulesRefuseAndAreTold(t *testing.T) {
	dir := t.TempDir()
	o, c := start(t, simulator.Config{DataDir: dir})
	for _, bad := range []string{
		`{"name":"Other","object":"Contact","formula":"Account.Industry = \"Energy\"","message":"No."}`,
		`{"name":"Other","object":"Nothing","formula":"TRUE","message":"No."}`,
		`{"name":"Other","object":"Contact","formula":"TRUE"}`,
		`{"name":"Other","object":"Contact","formula":"TRUE","message":"No.","field":"None__c"}`,
		`{"object":"Contact","formula":"TRUE","message":"No."}`,
	} {
		c.want(400, "POST", "/_sim/validations", bad)
	}
	c.want(200, "POST", "/_sim/validations", `{"name":"Department_is_long","object":"Contact","formula":"AND(NOT(ISNEW()), ISCHANGED(Department), LEN(Department) < 3)","message":"A department has three letters.","field":"Department"}`)
	c.want(200, "POST", "/_sim/validations", `{"name":"Won_needs_step","object":"Opportunity","formula":"AND(ISPICKVAL(StageName, \"Closed Won\"), ISBLANK(NextStep), Probability = 1)","message":"What is next?"}`)
	c.want(200, "POST", "/_sim/validations", `{"name":"Asleep","object":"Contact","formula":"TRUE","message":"Never.","off":true}`)

	id := c.made("Contact", `{"LastName":"Ruled","Department":"X"}`)
	c.steps(
		step{"PATCH", "/sobjects/Contact/" + id, `{"Department":"Y"}`, 400, []string{`"errorCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION"`, `"message":"A department has three letters."`, `"fields":["Department"]`}},
		step{"PATCH", "/sobjects/Contact/" + id, `{"Department":"Yard"}`, 204, nil},
		step{"PATCH", "/sobjects/Contact/" + id, `{"Title":"Head"}`, 204, nil},
		step{"POST", "/sobjects/Opportunity", `{"Name":"Ruled","StageName":"Closed Won","CloseDate":"2026-05-01"}`, 400, []string{"What is next?"}},
		step{"POST", "/sobjects/Opportunity", `{"Name":"Ruled","StageName":"Closed Won","CloseDate":"2026-05-01","NextStep":"Kick-off"}`, 201, nil},
		step{"GET", "/tooling/query?q=SELECT+ValidationName,EntityDefinition.QualifiedApiName,ErrorMessage,ErrorDisplayField+FROM+ValidationRule+WHERE+Active+=+true+AND+EntityDefinition.QualifiedApiName+IN+('Contact','Opportunity')", "", 200, []string{`"totalSize":2`, `"ValidationName":"Department_is_long"`, `"QualifiedApiName":"Opportunity"`, `"ErrorDisplayField":"Department"`}},
		step{"GET", "/tooling/query?q=SELECT+Id,Metadata+FROM+ValidationRule", "", 400, []string{"MALFORMED_QUERY", "must specify no more than one row for retrieval. Result size: 3"}},
		step{"GET", "/tooling/query?q=SELECT+Metadata+FROM+ValidationRule+WHERE+ValidationName='Won_needs_step'", "", 200, []string{`"errorConditionFormula":"AND(ISPICKVAL(StageName, \"Closed Won\")`, `"errorDisplayField":null`, `"errorMessage":"What is next?"`}},
	)
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"update","id":"`+id+`","values":{"Department":"Z"}}`)
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	_, c = start(t, simulator.Config{DataDir: dir})
	c.steps(step{"PATCH", "/sobjects/Contact/" + id, `{"Department":"Q"}`, 400, []string{"A department has three letters."}})
	c.want(204, "DELETE", "/_sim/validations", "")
	c.steps(step{"PATCH", "/sobjects/Contact/" + id, `{"Department":"Q"}`, 204, nil})
}
