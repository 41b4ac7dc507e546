package salesforce

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tidegate/gateway"
)

// oauthVerdicts is the table of the token endpoint: error (and a word of its
// description) → code. What is not in it is judged by status: permanent below
// 500, transient from there.
var oauthVerdicts = index([]verdict{
	{"invalid_grant", "hasn't approved", gateway.CodeSFPolicy, "The connected Salesforce user has not approved the app. A Salesforce admin must approve it for that user."},
	{"invalid_grant", "ip restricted", gateway.CodeSFPolicy, "The Salesforce org does not allow the app from this network. A Salesforce admin must allow the address."},
	{"invalid_grant", "no client credentials user", gateway.CodeSFPolicy, "The app has no user to run as. A Salesforce admin must choose one in the app's client credentials settings."},
	{"invalid_grant", "audience", gateway.CodeSFAuth, "The login address does not belong to this Salesforce org. An admin must connect again with the right one."},
	{"invalid_grant", "inactive user", gateway.CodeSFAuth, "The connected Salesforce user is inactive. An admin must connect again as another user."},
	{"invalid_grant", "", gateway.CodeSFAuth, "Salesforce has withdrawn the access. An admin must connect Salesforce again."},
	{"invalid_client", "", gateway.CodeSFAuth, "Salesforce does not accept the client id or secret. An admin must enter them again."},
	{"invalid_client_id", "", gateway.CodeSFAuth, "Salesforce does not know the client id. An admin must enter it again."},
	{"invalid_client_credentials", "", gateway.CodeSFAuth, "Salesforce does not accept the client secret. An admin must enter it again."},
	{"invalid_app_access", "", gateway.CodeSFPolicy, "The connected Salesforce user may not use the app. A Salesforce admin must assign it to that user."},
	{"access_denied", "", gateway.CodeSFPolicy, "Salesforce denied the access. Connect again and choose Allow, or ask a Salesforce admin."},
	{"redirect_uri_mismatch", "", gateway.CodeSFAuth, "The callback address is not registered in the Salesforce app. A Salesforce admin must add it there."},
	{"invalid_scope", "", gateway.CodeSFAuth, "The Salesforce app does not allow what Tidegate asks for. A Salesforce admin must add the scopes api and refresh_token."},
	{"unsupported_grant_type", "", gateway.CodeSFAuth, "The Salesforce app does not allow this way of connecting. A Salesforce admin must turn the flow on."},
	{"inactive_org", "", gateway.CodeSFAuth, "The Salesforce org is inactive. A Salesforce admin must reactivate it."},
	{"rate_limit_exceeded", "", gateway.CodeSFBusy, "Salesforce has seen too many logins. Tidegate tries again later; nobody needs to act."},
	{"server_error", "", gateway.CodeSFDown, sayDown},
	{"temporarily_unavailable", "", gateway.CodeSFDown, sayDown},
	{"unknown_error", "retry your request", gateway.CodeSFDown, sayDown},
})

// oauthError reads error and description, as JSON or form-encoded: the revoke
// endpoint answers in form encoding. Both are "" when the body has neither.
func oauthError(body []byte) (code, description string) {
	body = bytes.TrimSpace(body)
	if bytes.HasPrefix(body, []byte("{")) {
		var wire struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		if json.Unmarshal(body, &wire) != nil {
			return "", ""
		}
		return wire.Error, wire.Description
	}
	if len(body) > 4096 || !bytes.HasPrefix(body, []byte("error")) {
		return "", ""
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", ""
	}
	return form.Get("error"), form.Get("error_description")
}

// refusal makes the Error of a login host's answer. Secrets are cut out of
// what is kept of it.
func refusal(status int, header http.Header, code, description string, body []byte, secrets ...string) *gateway.Error {
	e := &gateway.Error{Status: status, RetryAfter: retryAfter(header.Get("Retry-After"), time.Now())}
	if code != "" {
		e.Said = strings.TrimSuffix(code+": "+description, ": ")
	} else {
		e.Said = http.StatusText(status) + ": " + plainText(body)
	}
	e.Said = clip(strconv.Itoa(status)+" "+e.Said, maxSaid)
	for _, secret := range secrets {
		if secret != "" {
			e.Said = strings.ReplaceAll(e.Said, secret, "[removed]")
		}
	}
	e.Code, e.Message = judgeOAuth(status, code, description)
	if id := requestID(header); id != "" {
		e.Cause = errors.New("salesforce request id " + id)
	}
	return e
}

func judgeOAuth(status int, code, description string) (gateway.Code, string) {
	description = strings.ToLower(strings.ReplaceAll(description, "’", "'"))
	if status >= 500 || status == http.StatusTooManyRequests {
		return gateway.CodeSFDown, sayDown
	}
	for _, row := range oauthVerdicts[strings.ToLower(code)] {
		if strings.Contains(description, row.word) {
			return row.code, row.message
		}
	}
	// Without a code it was no login host that answered: keep the grant.
	if code == "" {
		return gateway.CodeSFDown, sayDown
	}
	return gateway.CodeSFAuth, "Salesforce refused to connect. Read what Salesforce said; an admin must connect again."
}

// unreadable is the error of an answer with a good status that we cannot read.
// Of a page an excerpt is kept; what begins like JSON may hold records or a
// token, and is only measured.
func unreadable(status int, body []byte, err error) *gateway.Error {
	said := plainText(body)
	if trimmed := bytes.TrimSpace(body); len(trimmed) > 0 && bytes.IndexByte([]byte(`{["`), trimmed[0]) >= 0 {
		said = strconv.Itoa(len(body)) + " bytes that are not the expected JSON"
	}
	return &gateway.Error{
		Code: gateway.CodeSFDown, Status: status, Message: sayDown,
		Said:  strings.TrimSpace(strconv.Itoa(status) + " " + said),
		Cause: errors.Join(errors.New("reading an answer of Salesforce"), err),
	}
}
