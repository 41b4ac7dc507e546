package handlers

import (
	"encoding/json"
	"net/http"
	"testing"

	"tidegate/gateway"
)

// UX 50: the page of the connection leads to a bundle that tells how things
// stand, and nothing of what people or Salesforce wrote.
func TestDiagnosticBundleNamesNobody_UX50(t *testing.T) {
	w := newWorld(t)
	w.park(home, "Very private title")
	w.saveOrg(gateway.TabAdvanced, func(s *gateway.Settings) { s.Advanced.CurrencyLabel = "€" })
	w.org.report = CheckReport{At: w.clock.now(), Checks: []Check{
		{Title: "Sign-in", Text: "Signed in as integration@example.com.", Pass: true},
		{Title: "Enhanced Notes", Text: "Notes are off.", Setup: []string{"Setup"}},
	}}
	b := w.as(home, gateway.RoleAdmin)
	if !contains(b.get(settingsBase).want(http.StatusOK, "Need help?").body, `href="`+diagnosticsURL+`"`) {
		t.Error("no way to the bundle")
	}
	got := b.get(diagnosticsURL).want(http.StatusOK)
	for _, secret := range []string{
		"private", "@", "Ada", "Rita", "Ann", "Acme", "Org of", "Deal of", "my.salesforce.com", orgOf(home), contactOf(home).ID, password, "Signed in as",
	} {
		if contains(got.body, secret) {
			t.Errorf("the bundle holds %q:\n%s", secret, got.body)
		}
	}
	var d diagnosis
	must(t, json.Unmarshal([]byte(got.body), &d))
	if d.Version != "test" || d.Connection.State != gateway.StateOK || d.Problems[string(gateway.CodeSFValidation)] != 1 || d.Settings[gateway.TabAdvanced] != 1 {
		t.Errorf("%+v", d)
	}
	if d.Checks["failed"][0] != "Enhanced Notes" || d.Checks["passed"][0] != "Sign-in" {
		t.Errorf("checks: %v", d.Checks)
	}
	w.org.checkErr = gateway.Errorf(gateway.CodeSFDown, "Salesforce does not answer just now.")
	if got := b.get(diagnosticsURL).want(http.StatusOK); !contains(got.body, string(gateway.CodeSFDown)) {
		t.Errorf("what Salesforce did is not said: %s", got.body)
	}
	w.as(home, gateway.RoleRep).get(diagnosticsURL).want(http.StatusForbidden)
}
