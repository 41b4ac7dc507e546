package salesforce

import (
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tidegate/gateway"
)

// The rows are those of the error table of the REST API fact sheet (§2.9).
func TestEveryKnownAnswerHasItsCode(t *testing.T) {
	cases := []struct {
		status    int
		errorCode string
		message   string
		want      gateway.Code
	}{
		{401, "INVALID_SESSION_ID", "Session expired or invalid", gateway.CodeSFAuth},
		{401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API", gateway.CodeSFPolicy},
		{401, "INVALID_SESSION_ID", "Connected app is not attached to Agent", gateway.CodeSFPolicy},
		{401, "INVALID_AUTH_HEADER", "INVALID_JWT_FORMAT", gateway.CodeSFAuth},
		{403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", gateway.CodeSFLimit},
		{403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", gateway.CodeSFBusy},
		{403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.", gateway.CodeSFPolicy},
		{403, "API_CURRENTLY_DISABLED", "", gateway.CodeSFPolicy},
		{403, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "password expired", gateway.CodeSFPolicy},
		{403, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", gateway.CodeSFPermission},
		{400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", gateway.CodeSFPermission},
		{400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights on cross-reference id: 0018", gateway.CodeSFPermission},
		{400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "T1: execution of BeforeUpdate", gateway.CodeSFValidation},
		{500, "APEX_ERROR", "System.NullPointerException", gateway.CodeSFValidation},
		{400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "T1: caused by: UNABLE_TO_LOCK_ROW", gateway.CodeSFBusy},
		{400, "CANNOT_EXECUTE_FLOW_TRIGGER", "We can't save this record", gateway.CodeSFValidation},
		{400, "CANNOT_EXECUTE_FLOW_TRIGGER", "UNABLE_TO_LOCK_ROW: unable to obtain", gateway.CodeSFBusy},
		{400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", gateway.CodeSFBusy},
		{500, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", gateway.CodeSFBusy},
		{503, "SERVER_UNAVAILABLE", "", gateway.CodeSFDown},
		{500, "UNKNOWN_EXCEPTION", "An unexpected error occurred", gateway.CodeSFDown},
		{500, "", "", gateway.CodeSFDown},
		{502, "", "", gateway.CodeSFDown},
		{503, "", "", gateway.CodeSFDown},
		{500, "NEVER_SEEN", "x", gateway.CodeSFDown},
		{400, "QUERY_TIMEOUT", "", gateway.CodeSFBusy},
		{400, "INVALID_QUERY_LOCATOR", "", gateway.CodeSFReplay},
		{503, "REQUEST_RUNNING_TOO_LONG", "", gateway.CodeSFBusy},
		{400, "TOO_MANY_APEX_REQUESTS", "", gateway.CodeSFBusy},
		{404, "NOT_FOUND", "The requested resource does not exist", gateway.CodeSFGone},
		{404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: X", gateway.CodeSFGone},
		{404, "ENTITY_IS_DELETED", "entity is deleted", gateway.CodeSFGone},
		{400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", gateway.CodeSFValidation},
		{400, "MALFORMED_ID", "Account ID: id value of incorrect type: 0019", gateway.CodeSFRequest},
		{400, "MALFORMED_QUERY", "unexpected token", gateway.CodeSFRequest},
		{400, "MALFORMED_SEARCH", "", gateway.CodeSFRequest},
		{400, "INVALID_TYPE", "sObject type 'ContentNote' is not supported.", gateway.CodeSFUnavailable},
		{400, "INVALID_FIELD", "No such column 'foo' on sobject of type Bar", gateway.CodeSFField},
		{400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: A, B.", gateway.CodeSFField},
		{400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", gateway.CodeSFValidation},
		{400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Close date is in the past", gateway.CodeSFValidation},
		{400, "FIELD_INTEGRITY_EXCEPTION", "", gateway.CodeSFValidation},
		{400, "STRING_TOO_LONG", "First Name: data value too large", gateway.CodeSFValidation},
		{400, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: x", gateway.CodeSFValidation},
		{400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value", gateway.CodeSFValidation},
		{400, "NUMBER_OUTSIDE_VALID_RANGE", "", gateway.CodeSFValidation},
		{400, "JSON_PARSER_ERROR", "", gateway.CodeSFRequest},
		{400, "INVALID_TYPE_ON_FIELD_IN_RECORD", "", gateway.CodeSFRequest},
		{400, "DUPLICATE_VALUE", "duplicate value found: Ext__c duplicates value on record with id: 001", gateway.CodeSFDuplicate},
		{400, "DUPLICATES_DETECTED", "Use one of these records?", gateway.CodeSFDuplicate},
		{400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", gateway.CodeSFConverted},
		{400, "ENTITY_IS_LOCKED", "", gateway.CodeSFPermission},
		{400, "INACTIVE_OWNER_OR_USER", "operation performed with inactive user", gateway.CodeSFOwner},
		{400, "STORAGE_LIMIT_EXCEEDED", "", gateway.CodeSFValidation},
		{400, "LIMIT_EXCEEDED", "", gateway.CodeSFValidation},
		{400, "TRANSFER_REQUIRES_READ", "", gateway.CodeSFPermission},
		{400, "DELETE_FAILED", "", gateway.CodeSFValidation},
		{400, "EXCEEDED_ID_LIMIT", "", gateway.CodeSFRequest},
		{400, "INVALID_REPLICATION_DATE", "", gateway.CodeSFRequest},
		{400, "OPERATION_TOO_LARGE", "", gateway.CodeSFRequest},
		{405, "METHOD_NOT_ALLOWED", "", gateway.CodeSFRequest},
		{400, "NEVER_SEEN", "new in Winter '99", gateway.CodeSFOther},
		{300, "", "", gateway.CodeSFDuplicate},
		{302, "", "", gateway.CodeSFDown},
		{401, "", "", gateway.CodeSFAuth},
		{403, "", "", gateway.CodeSFPermission},
		{404, "", "", gateway.CodeSFGone},
		{409, "", "", gateway.CodeSFBusy},
		{410, "", "", gateway.CodeSFUnavailable},
		{412, "", "", gateway.CodeSFStale},
		{412, "SOME_PRECONDITION", "", gateway.CodeSFStale},
		{413, "", "", gateway.CodeSFRequest},
		{414, "", "", gateway.CodeSFRequest},
		{415, "", "", gateway.CodeSFRequest},
		{420, "", "", gateway.CodeSFDown},
		{428, "", "", gateway.CodeSFRequest},
		{429, "", "", gateway.CodeSFBusy},
		{431, "", "", gateway.CodeSFRequest},
	}
	for _, test := range cases {
		body := `<h1>Bad Message</h1>`
		if test.errorCode != "" {
			body = `[{"message":` + string(gateway.Text(test.message)) + `,"errorCode":"` + test.errorCode + `"}]`
		}
		e := errorOf(test.status, http.Header{}, []byte(body), time.Time{})
		if e.Code != test.want {
			t.Errorf("%d %s %q: %s; want %s", test.status, test.errorCode, test.message, e.Code, test.want)
		}
		if e.Status != test.status || test.errorCode != "" && !strings.Contains(e.Said, test.errorCode+": "+test.message) {
			t.Errorf("%d %s: said %q", test.status, test.errorCode, e.Said)
		}
	}
}

func TestEverySentenceSaysWhatHappenedAndWhoActs(t *testing.T) {
	all := map[string]bool{}
	for _, table := range []map[string][]verdict{verdicts, oauthVerdicts} {
		for _, rows := range table {
			for _, row := range rows {
				all[row.message] = true
			}
		}
	}
	for _, row := range byStatus {
		all[row.message] = true
	}
	for sentence := range all {
		lower := strings.ToLower(sentence)
		for _, word := range []string{"please", "oops", "sorry", "error occurred", "http", "json"} {
			if strings.Contains(lower, word) {
				t.Errorf("%q has %q in it", sentence, word)
			}
		}
		if strings.Count(sentence, ".") < 2 || !strings.HasSuffix(sentence, ".") {
			t.Errorf("%q does not say both what happened and who must act", sentence)
		}
	}
}

func TestErrorBodyOfAnyShapeIsRead(t *testing.T) {
	cases := []struct {
		name, body string
		code       gateway.Code
		said       string
		fields     string
		record     string
	}{
		{"array", `[{"message":"bad","errorCode":"FIELD_INTEGRITY_EXCEPTION","fields":["A","B"]}]`, gateway.CodeSFValidation, "400 FIELD_INTEGRITY_EXCEPTION: bad", "A,B", ""},
		{"several", `[{"message":"m1","errorCode":"REQUIRED_FIELD_MISSING","fields":["A"]},{"message":"m2","errorCode":"STRING_TOO_LONG","fields":["B"]}]`, gateway.CodeSFValidation, "400 REQUIRED_FIELD_MISSING: m1; 400 STRING_TOO_LONG: m2", "A,B", ""},
		{"object", `{"message":"bad","errorCode":"INVALID_FIELD"}`, gateway.CodeSFField, "400 INVALID_FIELD: bad", "", ""},
		{"status code", `[{"message":"bad","statusCode":"INVALID_FIELD","fields":[]}]`, gateway.CodeSFField, "400 INVALID_FIELD: bad", "", ""},
		{"unknown code", `[{"message":"Neu.","errorCode":"BRAND_NEW"}]`, gateway.CodeSFOther, "400 BRAND_NEW: Neu.", "", ""},
		{"html", "<html><head><style>b{}</style><title>T</title></head><body><h1>Bad Message 414</h1><script>x</script>reason: URI Too Long</body>", gateway.CodeSFRequest, "400 Bad Request: T Bad Message 414 reason: URI Too Long", "", ""},
		{"text", "upstream\n\tconnect error", gateway.CodeSFRequest, "400 Bad Request: upstream connect error", "", ""},
		{"empty", "", gateway.CodeSFRequest, "400 Bad Request:", "", ""},
		{"cut JSON", `[{"message":"bad","errorC`, gateway.CodeSFRequest, `400 Bad Request: [{"message":"bad","errorC`, "", ""},
		{"null", `null`, gateway.CodeSFRequest, "400 Bad Request: null", "", ""},
		{"fields null", `[{"message":"m","errorCode":"INVALID_FIELD","fields":null}]`, gateway.CodeSFField, "400 INVALID_FIELD: m", "", ""},
		{"duplicate value", `[{"message":"duplicate value found: Ext__c duplicates value on record with id: 001dM00003jU9Gx","errorCode":"DUPLICATE_VALUE","fields":[]}]`, gateway.CodeSFDuplicate, "400 DUPLICATE_VALUE: duplicate value found: Ext__c duplicates value on record with id: 001dM00003jU9Gx", "", testAccount},
		{"duplicates detected, misspelled", `[{"duplicateResut":{"allowSave":true,"matchResults":[{"matchRecords":[{"record":{"attributes":{"type":"Contact"},"Id":"003dM00001wBXYDQA4"}}]}]},"errorCode":"DUPLICATES_DETECTED","message":"Use one of these records?"}]`, gateway.CodeSFDuplicate, "400 DUPLICATES_DETECTED: Use one of these records?", "", testContact},
		{"duplicates detected", `[{"duplicateResult":{"allowSave":false,"matchResults":[{"matchRecords":[]},{"matchRecords":[{"record":{"Id":"003dM00001wBXYDQA4"}}]}]},"errorCode":"DUPLICATES_DETECTED","message":"x"}]`, gateway.CodeSFDuplicate, "400 DUPLICATES_DETECTED: x", "", testContact},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			e := errorOf(400, http.Header{}, []byte(test.body), time.Time{})
			if e.Code != test.code || e.Said != test.said || strings.Join(e.Fields, ",") != test.fields || e.RecordID != test.record {
				t.Fatalf("got %s, %q, %v, %q", e.Code, e.Said, e.Fields, e.RecordID)
			}
		})
	}
}

// F-57: the fields decide which mapping turns inbound, and Salesforce often
// names them only in the text.
func TestFieldsAreReadFromTheTextWhenTheyAreNotListedF57(t *testing.T) {
	cases := []struct{ code, message, want string }{
		{"INVALID_FIELD", "No such column 'foo__c' on sobject of type Bar", "foo__c"},
		{"INVALID_FIELD", "\nSELECT X FROM Y\nERROR at Row:1:Column:8\nNo such column 'X' on entity 'Y'. If you are attempting to use a custom field", "X"},
		{"INVALID_FIELD", "The Id field should not be specified in the sobject data.", ""},
		{"INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: A__c, B. Please check the security settings of this field", "A__c,B"},
		{"REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName, Company]", "LastName,Company"},
		{"FIELD_CUSTOM_VALIDATION_EXCEPTION", "No such column 'x' on purpose", ""},
	}
	for _, test := range cases {
		for _, list := range []string{"", `,"fields":[]`} {
			body := `[{"errorCode":"` + test.code + `","message":` + string(gateway.Text(test.message)) + list + `}]`
			if got := strings.Join(errorOf(400, http.Header{}, []byte(body), time.Time{}).Fields, ","); got != test.want {
				t.Errorf("%s %q: fields %q; want %q", test.code, test.message, got, test.want)
			}
		}
	}
}

func TestExcerptIsBoundedAndHasNoTokenS39(t *testing.T) {
	body := "<p>" + accessToken + " 5Aep861canary eyJhbGciOi.canary.sig " + strings.Repeat("ü", 200_000)
	e := errorOf(502, http.Header{"X-Sfdc-Request-Id": {"abc"}}, []byte(body), time.Time{})
	if len(e.Said) > maxSaid+10 || !utf8.ValidString(e.Said) || strings.Contains(e.Error(), "canary") {
		t.Fatalf("excerpt of %d bytes: %q", len(e.Said), e.Said)
	}
	if !strings.Contains(e.Error(), "abc") {
		t.Fatal("the request id is not kept for the log")
	}
}

func TestRetryAfterInSecondsAndAsDateF50(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	cases := map[string]time.Duration{
		"":                              0,
		"120":                           2 * time.Minute,
		" 7 ":                           7 * time.Second,
		"-5":                            0,
		"soon":                          0,
		"99999999":                      24 * time.Hour,
		"Fri, 01 May 2026 12:00:30 GMT": 30 * time.Second,
		"Fri, 01 May 2026 11:00:00 GMT": 0,
	}
	for value, want := range cases {
		if got := errorOf(429, http.Header{"Retry-After": {value}}, nil, now).RetryAfter; got != want {
			t.Errorf("Retry-After %q = %v; want %v", value, got, want)
		}
	}
}

// UX 34, 36: what an admin wrote into his validation rule stands in the plain
// sentence, so that two rules are two causes, each with what to change.
func TestValidationRuleIsQuoted_UX36(t *testing.T) {
	for said, want := range map[string]string{
		"Close date is in\n the past.": "A validation rule of the Salesforce org refused the values: “Close date is in the past”. Change them, or ask a Salesforce admin to change the rule.",
		"":                             "A validation rule of the Salesforce org refused the values. Change them, or ask a Salesforce admin to change the rule.",
		strings.Repeat("ü", 300):       "A validation rule of the Salesforce org refused the values: “" + strings.Repeat("ü", 255) + "…”. Change them, or ask a Salesforce admin to change the rule.",
	} {
		if _, got := judge(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", said); got != want {
			t.Errorf("%q gives %q", said, got)
		}
	}
}
