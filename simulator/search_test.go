package simulator_test

import (
	"net/url"
	"strings"
	"testing"

	"tidegate/simulator"
)

func TestSearchFindsWordsWhereTold(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.made("Account", `{"Name":"Acme Rockets","Website":"https://acme.example","Phone":"+41 44 555 01 02"}`)
	c.made("Contact", `{"FirstName":"Ada","LastName":"Moser","Email":"ada@acme.example","Description":"likes rockets"}`)
	c.made("Contact", `{"FirstName":"Bo","LastName":"Acmeson","Title":"CTO"}`)
	gone := c.made("Contact", `{"LastName":"Acme"}`)
	c.want(204, "DELETE", v+"/sobjects/Contact/"+gone, "")
	for statement, want := range map[string]int{
		`FIND {acme}`: 2,
		`FIND {acme*} RETURNING Contact, Account(Id,Name)`:                                                      3,
		`FIND {acme*} IN NAME FIELDS RETURNING Contact(LastName WHERE Title = 'CTO' ORDER BY LastName LIMIT 5)`: 1,
		`FIND {acme} IN EMAIL FIELDS RETURNING Account,Contact`:                                                 1,
		`FIND {+41445550102} IN PHONE FIELDS`:                                                                   1,
		`FIND {"likes rockets"}`:                                                                                1,
		`FIND {"rockets likes"}`:                                                                                0,
		`FIND {rockets AND NOT likes}`:                                                                          1,
		`FIND {moser OR acmeson}`:                                                                               2,
		`FIND {(moser OR acmeson) ada}`:                                                                         1,
		`FIND {acme*} LIMIT 1`:                                                                                  1,
		`FIND {ada\@acme.example}`:                                                                              1,
		`FIND {mos?r} WITH DIVISION = 'Global' LIMIT 5`:                                                         1,
	} {
		var out struct{ SearchRecords []map[string]any }
		c.want(200, "GET", v+"/search?q="+url.QueryEscape(statement), "").into(t, &out)
		if len(out.SearchRecords) != want {
			t.Errorf("%s: %d, want %d: %v", statement, len(out.SearchRecords), want, out.SearchRecords)
		}
	}
	c.arm(`{"kind":"late_search","ms":60000}`)
	if r := c.want(200, "GET", v+"/search?q=FIND+%7Bmoser%7D", ""); string(r.body) != `{"searchRecords":[]}` {
		t.Errorf("found before the index had it: %s", r.body)
	}
	c.want(204, "DELETE", "/_sim/faults", "")
	old := c.want(200, "GET", strings.Replace(v, "66", "36", 1)+"/search/?q="+url.QueryEscape("FIND {moser}"), "")
	if !strings.HasPrefix(string(old.body), `[{"attributes":{"type":"Contact"`) {
		t.Errorf("before 37.0: %s", old.body)
	}
}

func TestSearchRefusals(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for statement, code := range map[string]string{
		``: "MALFORMED_SEARCH", `FIND acme`: "MALFORMED_SEARCH", `FIND {acme`: "MALFORMED_SEARCH", `FIND {}`: "MALFORMED_SEARCH",
		`FIND {a}`: "MALFORMED_SEARCH", `FIND {a*}`: "MALFORMED_SEARCH", `FIND {acme} IN TOES FIELDS`: "MALFORMED_SEARCH",
		`FIND {(acme}`: "MALFORMED_SEARCH", `FIND {acme} RETURNING`: "MALFORMED_SEARCH", `FIND {acme} LIMIT x`: "MALFORMED_SEARCH",
		`FIND {acme AND}`: "MALFORMED_SEARCH", `FIND {acme} nonsense`: "MALFORMED_SEARCH", `FIND {acme} RETURNING Contact(Id`: "MALFORMED_SEARCH",
		`FIND {acme} RETURNING Nothing`: "INVALID_TYPE", `FIND {acme} RETURNING Contact(Nope)`: "INVALID_FIELD",
		`FIND {acme} RETURNING OpportunityStage`: "INVALID_SEARCH",
	} {
		if r := c.want(400, "GET", v+"/search?q="+url.QueryEscape(statement), ""); r.code(t) != code {
			t.Errorf("%s: %s", statement, r.body)
		}
	}
}

func TestParameterizedSearchTellsWhatIsAsked(t *testing.T) {
	_, c := start(t, simulator.Config{})
	for _, name := range []string{"Acme One", "Acme Two", "Acme Three"} {
		c.made("Account", `{"Name":"`+name+`"}`)
	}
	c.made("Contact", `{"LastName":"Acme","Title":"CTO"}`)
	var out struct{ SearchRecords []map[string]any }
	c.want(200, "GET", v+"/parameterizedSearch?q=acme&sobject=Account&Account.fields=id,name&Account.limit=2&sobject=Contact", "").into(t, &out)
	if len(out.SearchRecords) != 3 || out.SearchRecords[0]["Name"] != "Acme One" || out.SearchRecords[2]["Name"] != nil {
		t.Errorf("GET: %v", out.SearchRecords)
	}
	c.want(200, "POST", v+"/parameterizedSearch/", `{"q":"acme","in":"NAME","fields":["Id","Name"],"overallLimit":2,"defaultLimit":1,
		"sobjects":[{"name":"Account","orderBy":"Name DESC"},{"name":"Contact","fields":["Title"],"where":"Title = 'CTO'"}]}`).into(t, &out)
	if len(out.SearchRecords) != 2 || out.SearchRecords[0]["Name"] != "Acme Two" || out.SearchRecords[1]["Title"] != "CTO" {
		t.Errorf("POST: %v", out.SearchRecords)
	}
	c.want(400, "GET", v+"/parameterizedSearch?sobject=Account", "")
}

func TestSearchDescribesItself(t *testing.T) {
	_, c := start(t, simulator.Config{})
	var scope []struct{ Type, URL string }
	c.want(200, "GET", v+"/search/scopeOrder", "").into(t, &scope)
	if len(scope) == 0 || !strings.HasPrefix(scope[0].URL, v+"/sobjects/") {
		t.Errorf("scope %v", scope)
	}
	var layouts []struct {
		ObjectType    string
		SearchColumns []struct{ Name string }
	}
	c.want(200, "GET", v+"/search/layout?q=Contact,Account", "").into(t, &layouts)
	if len(layouts) != 2 || layouts[0].ObjectType != "Contact" || len(layouts[0].SearchColumns) < 3 {
		t.Errorf("layouts %v", layouts)
	}
	c.want(400, "GET", v+"/search/layout?q=Nothing", "")
	var resources map[string]string
	c.want(200, "GET", v, "").into(t, &resources)
	if !strings.Contains(resources["identity"], "/id/00D") {
		t.Errorf("identity %q", resources["identity"])
	}
	c.want(200, "GET", v+"/composite", "")
	for _, path := range []string{"/query", "/composite/tree/Account", "/jobs/query"} {
		if r := c.want(405, "PUT", v+path, ""); r.code(t) != "METHOD_NOT_ALLOWED" {
			t.Errorf("PUT %s: %s", path, r.body)
		}
	}
	if r := c.want(404, "PUT", v+"/nothing", ""); r.code(t) != "NOT_FOUND" {
		t.Errorf("PUT nothing: %s", r.body)
	}
	for _, name := range []string{"search", "parameterizedSearch", "jobs", "composite", "sobjects"} {
		if resources[name] != v+"/"+name {
			t.Errorf("resources lack %s: %v", name, resources)
		}
	}
}
