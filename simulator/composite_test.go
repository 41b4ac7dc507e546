package simulator_test

import (
	"fmt"
	"strings"
	"testing"

	"tidegate/simulator"
)

// treeAnswer is the answer of composite/tree.
type treeAnswer struct {
	HasErrors bool
	Results   []struct {
		ReferenceID, ID string
		Errors          []struct{ StatusCode string }
	}
}

func TestTreeIsPlantedWholeOrNotAtAll(t *testing.T) {
	_, c := start(t, simulator.Config{})
	body := func(email string) string {
		return `{"records":[{"attributes":{"type":"Account","referenceId":"a1"},"Name":"Acme","Contacts":{"records":[
			{"attributes":{"type":"Contact","referenceId":"c1"},"LastName":"Moser","Email":"` + email + `"},
			{"attributes":{"type":"Contact","referenceId":"c2"},"LastName":"Roth"}]}},
			{"attributes":{"type":"Account","referenceId":"a2"},"Name":"Beta"}]}`
	}
	var out treeAnswer
	c.want(400, "POST", v+"/composite/tree/Account", body("bad")).into(t, &out)
	if !out.HasErrors || len(out.Results) != 1 || out.Results[0].ReferenceID != "c1" || out.Results[0].Errors[0].StatusCode != "INVALID_EMAIL_ADDRESS" {
		t.Errorf("refused: %+v", out)
	}
	if n := strings.Count(string(c.want(200, "GET", "/_sim/truth/Account", "").body), "\n"); n != 0 {
		t.Errorf("%d accounts of a refused tree", n)
	}
	out = treeAnswer{}
	c.want(201, "POST", v+"/composite/tree/Account/", body("m@people.example")).into(t, &out)
	ids := map[string]string{}
	for _, r := range out.Results {
		ids[r.ReferenceID] = r.ID
	}
	if out.HasErrors || len(ids) != 4 {
		t.Fatalf("planted: %+v", out)
	}
	var got map[string]any
	c.want(200, "GET", v+"/sobjects/Contact/"+ids["c2"]+"?fields=AccountId", "").into(t, &got)
	if got["AccountId"] != ids["a1"] {
		t.Errorf("the child hangs below %v, want %s", got["AccountId"], ids["a1"])
	}
}

func TestTreeCaps(t *testing.T) {
	_, c := start(t, simulator.Config{})
	many := make([]string, 201)
	for i := range many {
		many[i] = fmt.Sprintf(`{"attributes":{"type":"Account","referenceId":"r%d"},"Name":"x"}`, i)
	}
	for name, body := range map[string]string{
		"201 records": `{"records":[` + strings.Join(many, ",") + `]}`, "none": `{"records":[]}`,
		"no reference":         `{"records":[{"attributes":{"type":"Account"},"Name":"x"}]}`,
		"reference twice":      `{"records":[` + many[0] + `,` + many[0] + `]}`,
		"other type":           `{"records":[{"attributes":{"type":"Contact","referenceId":"r"},"LastName":"x"}]}`,
		"unknown relationship": `{"records":[{"attributes":{"type":"Account","referenceId":"r"},"Name":"x","Toes":{"records":[` + many[0] + `]}}]}`,
		"six levels": `{"records":[` + strings.Repeat(`{"attributes":{"type":"Account","referenceId":"X"},"Name":"x","ChildAccounts":{"records":[`, 6) +
			many[0] + strings.Repeat(`]}}`, 6) + `]}`,
	} {
		for i := 0; strings.Contains(body, `"X"`); i++ {
			body = strings.Replace(body, `"X"`, fmt.Sprintf(`"x%d"`, i), 1)
		}
		if r := c.send("POST", v+"/composite/tree/Account", body); r.status != 400 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}

func TestGraphsStandEachForItself(t *testing.T) {
	_, c := start(t, simulator.Config{})
	graph := func(id, email string) string {
		return fmt.Sprintf(`{"graphId":%q,"compositeRequest":[
			{"method":"POST","url":"%s/sobjects/Account","referenceId":"acc","body":{"Name":"Of %s"}},
			{"method":"POST","url":"%s/sobjects/Contact","referenceId":"con","body":{"LastName":"X","Email":%q,"AccountId":"@{acc.id}"}}]}`, id, v, id, v, email)
	}
	var out struct {
		Graphs []struct {
			GraphID       string
			IsSuccessful  bool
			GraphResponse struct {
				CompositeResponse []struct {
					HTTPStatusCode int
					Body           any
				}
			}
		}
	}
	c.want(200, "POST", v+"/composite/graph", `{"graphs":[`+graph("one", "x@people.example")+`,`+graph("two", "bad")+`]}`).into(t, &out)
	if len(out.Graphs) != 2 || !out.Graphs[0].IsSuccessful || out.Graphs[1].IsSuccessful || out.Graphs[1].GraphID != "two" {
		t.Fatalf("graphs %+v", out)
	}
	if status := out.Graphs[1].GraphResponse.CompositeResponse[0].HTTPStatusCode; status != 400 {
		t.Errorf("the innocent node of a failed graph answered %d", status)
	}
	accounts := string(c.want(200, "GET", "/_sim/truth/Account", "").body)
	if !strings.Contains(accounts, "Of one") || strings.Contains(accounts, "Of two") {
		t.Errorf("accounts %s", accounts)
	}
	node := `{"method":"GET","url":"` + v + `/limits","referenceId":"r"}`
	for name, body := range map[string]string{
		"none": `{"graphs":[]}`, "no id": `{"graphs":[{"compositeRequest":[` + node + `]}]}`,
		"foreign address": `{"graphs":[{"graphId":"1","compositeRequest":[` + node + `]}]}`,
		"76 graphs":       `{"graphs":[` + strings.Repeat(`{"graphId":"1"},`, 75) + `{"graphId":"2"}]}`,
	} {
		if r := c.send("POST", v+"/composite/graph", body); r.status != 400 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}
