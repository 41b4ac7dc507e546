package salesforce

import (
	"strings"

	"tidegate/gateway"
)

// verdict is one row of the table Salesforce's answer → our code. A row
// matches when its word is "" or stands in the message; the first that matches
// counts. Source of the codes: REST API Developer Guide, "Status Codes and
// Error Responses", and recorded answers.
type verdict struct {
	errorCode string
	word      string
	code      gateway.Code
	message   string
}

// The sentences that several rows share: what happened, and who must act.
const (
	sayStolen     = "Salesforce has ended the access. Its token changes at every use, so this may be a possible theft: somebody else may have used a copy. It may also be an admin who revoked it, or an answer that was lost on the way. Before connecting again, look in Salesforce Setup: 1. Login History of the connected user, for addresses that you do not know. 2. Connected Apps OAuth Usage, for sessions that you did not start; revoke them. 3. If in doubt, freeze the user and change the secret of the app."
	saySession    = "Salesforce no longer accepts the session. An admin must connect Salesforce again."
	sayPolicy     = "A policy of the Salesforce org blocks this connection. A Salesforce admin must allow the app for the connected user."
	sayDaily      = "The Salesforce org has used up its API calls for the day. Tidegate goes on when calls are free again; nobody needs to act."
	sayStale      = "The record changed in Salesforce meanwhile. Tidegate reads it again and compares; nobody needs to act."
	sayBusy       = "Salesforce is busy with other work on the same records. Tidegate tries again; nobody needs to act."
	sayDown       = "Salesforce did not answer properly. Tidegate tries again; nobody needs to act."
	sayValidation = "Salesforce refused the values. Change them, or ask a Salesforce admin to change the rule."
	sayField      = "The connected Salesforce user may not write a field, or the field is gone. An admin must correct the mapping or the field permissions."
	sayPermission = "The connected Salesforce user has no access to the record. A Salesforce admin must grant it."
	sayGone       = "The record no longer exists in Salesforce, or is hidden from the connected user. Check the record in Salesforce."
	sayDuplicate  = "Salesforce already has such a record. Link the existing record, or change the values."
	sayFeature    = "The object or feature is not available in this Salesforce org. A Salesforce admin must turn it on."
	sayRequest    = "Tidegate sent a request that Salesforce could not read. This is an error of Tidegate; report it to your Tidegate operator."
	sayStorage    = "The Salesforce org is out of storage. A Salesforce admin must free some."
	sayTrigger    = "An automation in the Salesforce org failed on this record. A Salesforce admin must look at it."
	sayOther      = "Salesforce refused the request for a reason that Tidegate does not know. Read what Salesforce said."
)

var verdicts = index([]verdict{
	{"INVALID_SESSION_ID", "not valid for use with the rest api", gateway.CodeSFPolicy, sayPolicy},
	{"INVALID_SESSION_ID", "not attached to agent", gateway.CodeSFPolicy, sayPolicy},
	{"INVALID_SESSION_ID", "", gateway.CodeSFAuth, saySession},
	{"INVALID_AUTH_HEADER", "", gateway.CodeSFAuth, saySession},
	{"REQUEST_LIMIT_EXCEEDED", "concurrent", gateway.CodeSFBusy, "Too many Salesforce calls run at the same time. Tidegate tries again; nobody needs to act."},
	{"REQUEST_LIMIT_EXCEEDED", "", gateway.CodeSFLimit, sayDaily},
	{"API_DISABLED_FOR_ORG", "", gateway.CodeSFPolicy, "The API is turned off for this org or user. A Salesforce admin must turn it on."},
	{"API_CURRENTLY_DISABLED", "", gateway.CodeSFPolicy, "The API is turned off for this org or user. A Salesforce admin must turn it on."},
	{"INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "", gateway.CodeSFPolicy, "The password of the connected Salesforce user has expired. That user must set a new one in Salesforce."},
	{"INSUFFICIENT_ACCESS_OR_READONLY", "", gateway.CodeSFPermission, sayPermission},
	{"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "", gateway.CodeSFPermission, "The connected Salesforce user has no access to a related record, or it is gone. A Salesforce admin must grant it."},
	{"INSUFFICIENT_ACCESS", "", gateway.CodeSFPermission, sayPermission},
	{"TRANSFER_REQUIRES_READ", "", gateway.CodeSFPermission, "The new owner may not read the record. Choose another owner, or ask a Salesforce admin to grant access."},
	{"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "unable_to_lock_row", gateway.CodeSFBusy, sayBusy},
	{"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "", gateway.CodeSFValidation, sayTrigger},
	{"CANNOT_EXECUTE_FLOW_TRIGGER", "unable_to_lock_row", gateway.CodeSFBusy, sayBusy},
	{"CANNOT_EXECUTE_FLOW_TRIGGER", "", gateway.CodeSFValidation, sayTrigger},
	{"APEX_ERROR", "unable_to_lock_row", gateway.CodeSFBusy, sayBusy},
	{"APEX_ERROR", "", gateway.CodeSFValidation, sayTrigger},
	{"UNABLE_TO_LOCK_ROW", "", gateway.CodeSFBusy, sayBusy},
	{"SERVER_UNAVAILABLE", "", gateway.CodeSFDown, sayDown},
	{"UNKNOWN_EXCEPTION", "", gateway.CodeSFDown, sayDown},
	{"QUERY_TIMEOUT", "", gateway.CodeSFBusy, "A Salesforce query ran too long. Tidegate tries again with a smaller one; nobody needs to act."},
	{"REQUEST_RUNNING_TOO_LONG", "", gateway.CodeSFBusy, sayBusy},
	{"TOO_MANY_APEX_REQUESTS", "", gateway.CodeSFBusy, sayBusy},
	{"INVALID_QUERY_LOCATOR", "", gateway.CodeSFReplay, "The place in a long Salesforce query is no longer valid. Tidegate starts again from the last row read; nobody needs to act."},
	{"NOT_FOUND", "external id field does not exist", gateway.CodeSFGone, sayGone},
	{"NOT_FOUND", "", gateway.CodeSFGone, sayGone},
	{"ENTITY_IS_DELETED", "", gateway.CodeSFGone, "The record was deleted in Salesforce. Restore it there, or discard the change."},
	{"INVALID_CROSS_REFERENCE_KEY", "", gateway.CodeSFValidation, "A related record or record type is gone, or not open to the connected user. Choose another one, or correct the mapping."},
	{"MALFORMED_ID", "", gateway.CodeSFRequest, sayRequest},
	{"MALFORMED_QUERY", "", gateway.CodeSFRequest, sayRequest},
	{"MALFORMED_SEARCH", "", gateway.CodeSFRequest, sayRequest},
	{"INVALID_SEARCH", "", gateway.CodeSFRequest, sayRequest},
	{"INVALID_TYPE", "", gateway.CodeSFUnavailable, sayFeature},
	{"INVALIDENTITY", "", gateway.CodeSFUnavailable, sayFeature},
	{"INVALID_FIELD", "", gateway.CodeSFField, sayField},
	{"INVALID_FIELD_FOR_INSERT_UPDATE", "", gateway.CodeSFField, sayField},
	{"REQUIRED_FIELD_MISSING", "", gateway.CodeSFValidation, "Salesforce requires a field that is empty. Fill it in, or map it."},
	{"FIELD_CUSTOM_VALIDATION_EXCEPTION", "", gateway.CodeSFValidation, "A validation rule of the Salesforce org refused the values. Change them, or ask a Salesforce admin to change the rule."},
	{"FIELD_INTEGRITY_EXCEPTION", "", gateway.CodeSFValidation, sayValidation},
	{"STRING_TOO_LONG", "", gateway.CodeSFValidation, "A text is longer than its Salesforce field. Shorten it, or map it to a longer field."},
	{"INVALID_EMAIL_ADDRESS", "", gateway.CodeSFValidation, "Salesforce refused the e-mail address. Correct it."},
	{"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "", gateway.CodeSFValidation, "Salesforce does not allow the value in this picklist. Choose an allowed value, or ask a Salesforce admin to add it."},
	{"INVALID_CURRENCY_ISO", "", gateway.CodeSFValidation, "Salesforce does not know the currency. Choose another one, or ask a Salesforce admin to add it."},
	{"INVALID_PERSON_ACCOUNT_OPERATION", "", gateway.CodeSFValidation, sayValidation},
	{"NUMBER_OUTSIDE_VALID_RANGE", "", gateway.CodeSFValidation, "A number is too large or too small for its Salesforce field. Correct it."},
	{"JSON_PARSER_ERROR", "", gateway.CodeSFRequest, sayRequest},
	{"INVALID_TYPE_ON_FIELD_IN_RECORD", "", gateway.CodeSFRequest, sayRequest},
	{"DUPLICATE_VALUE", "", gateway.CodeSFDuplicate, sayDuplicate},
	{"DUPLICATES_DETECTED", "", gateway.CodeSFDuplicate, sayDuplicate},
	{"CANNOT_UPDATE_CONVERTED_LEAD", "", gateway.CodeSFConverted, "The lead was converted, and Salesforce no longer allows changes to it. Make the change on the contact."},
	{"ENTITY_IS_LOCKED", "", gateway.CodeSFPermission, "The record is locked in Salesforce, usually by an approval. Finish the approval, or ask a Salesforce admin to unlock it."},
	{"INACTIVE_OWNER_OR_USER", "", gateway.CodeSFOwner, "The owner of the record is not an active Salesforce user. Choose another owner."},
	{"STORAGE_LIMIT_EXCEEDED", "", gateway.CodeSFValidation, sayStorage},
	{"LIMIT_EXCEEDED", "", gateway.CodeSFValidation, "A limit of the Salesforce org is reached. A Salesforce admin must look at it."},
	{"DELETE_FAILED", "", gateway.CodeSFValidation, "Salesforce does not allow the record to be deleted. Remove what depends on it first."},
	{"EXCEEDED_ID_LIMIT", "", gateway.CodeSFRequest, sayRequest},
	{"INVALID_REPLICATION_DATE", "", gateway.CodeSFRequest, sayRequest},
	{"OPERATION_TOO_LARGE", "", gateway.CodeSFRequest, sayRequest},
	{"METHOD_NOT_ALLOWED", "", gateway.CodeSFRequest, sayRequest},
	{"INVALID_ID_FIELD", "", gateway.CodeSFRequest, sayRequest},
	// Those of the Bulk API come in camel case; case does not count.
	{"INVALIDSESSIONID", "", gateway.CodeSFAuth, saySession},
	{"EXCEEDEDQUOTA", "", gateway.CodeSFLimit, "The Salesforce org has used up its bulk jobs for the day. Tidegate goes on when jobs are free again; nobody needs to act."},
	{"INVALIDJOBSTATE", "", gateway.CodeSFBusy, sayBusy},
	{"API_VERSION_MISMATCH", "", gateway.CodeSFReplay, "The bulk job was made with another API version. Tidegate makes a new one; nobody needs to act."},
	{"ALL_OR_NONE_OPERATION_ROLLED_BACK", "", gateway.CodeSFBusy, sayBusy},
	{"PROCESSING_HALTED", "", gateway.CodeSFBusy, sayBusy},
})

// byStatus judges an answer without a code of Salesforce: a page of an edge
// server, a proxy, an empty body.
var byStatus = map[int]verdict{
	300: {code: gateway.CodeSFDuplicate, message: "Several Salesforce records carry the same external id. A Salesforce admin must remove the surplus ones."},
	401: {code: gateway.CodeSFAuth, message: saySession},
	403: {code: gateway.CodeSFPermission, message: sayPermission},
	404: {code: gateway.CodeSFGone, message: sayGone},
	408: {code: gateway.CodeSFDown, message: sayDown},
	409: {code: gateway.CodeSFBusy, message: sayBusy},
	410: {code: gateway.CodeSFUnavailable, message: "Salesforce has retired the API version in use. A Tidegate operator must choose a newer one."},
	412: {code: gateway.CodeSFStale, message: sayStale},
	420: {code: gateway.CodeSFDown, message: "Salesforce has no org at this address; it may have moved or expired. Tidegate tries again; an admin must connect again if this lasts."},
	429: {code: gateway.CodeSFBusy, message: sayBusy},
}

func index(rows []verdict) map[string][]verdict {
	byCode := make(map[string][]verdict, len(rows))
	for _, row := range rows {
		byCode[row.errorCode] = append(byCode[row.errorCode], row)
	}
	return byCode
}

// judge finds the code and the sentence for one answer. errorCode is "" when
// Salesforce named none.
func judge(status int, errorCode, message string) (gateway.Code, string) {
	said := message
	message = strings.ToLower(message)
	for _, row := range verdicts[strings.ToUpper(errorCode)] {
		if strings.Contains(message, row.word) {
			if row.errorCode == "FIELD_CUSTOM_VALIDATION_EXCEPTION" {
				return row.code, byRule(row.message, said)
			}
			return row.code, row.message
		}
	}
	// A lock that a trigger ran into comes under many codes.
	if strings.Contains(message, "unable_to_lock_row") {
		return gateway.CodeSFBusy, sayBusy
	}
	if errorCode != "" && status < 500 && status != 401 && status != 412 && status != 429 {
		return gateway.CodeSFOther, sayOther
	}
	if row, ok := byStatus[status]; ok {
		return row.code, row.message
	}
	switch {
	case status >= 500:
		return gateway.CodeSFDown, sayDown
	case status >= 400 && status != 402:
		return gateway.CodeSFRequest, sayRequest
	case status >= 301 && status < 400:
		return gateway.CodeSFDown, "Salesforce points to another address, which Tidegate does not follow. An admin must connect again with the My Domain address if this lasts."
	default:
		return gateway.CodeSFOther, sayOther
	}
}

// byRule adds to a sentence what an admin of the org wrote for those whom his
// validation rule refuses: it tells one rule from another, and what to change.
func byRule(sentence, said string) string {
	said = strings.TrimRight(strings.Join(strings.Fields(said), " "), ". ")
	if said == "" {
		return sentence
	}
	if runes := []rune(said); len(runes) > mostOfRule {
		said = string(runes[:mostOfRule]) + "…"
	}
	return strings.Replace(sentence, ".", ": “"+said+"”.", 1)
}

// mostOfRule is how much is shown of it, in characters; Salesforce keeps 255.
const mostOfRule = 255
