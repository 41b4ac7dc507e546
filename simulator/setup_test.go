package simulator_test

import (
	"fmt"
	"strings"
	"testing"

	"tidegate/simulator"
	"tidegate/simulator/org"
)

// typeInfos are the names of an object's record types, with the default one's
// behind an arrow.
func (c *client) typeInfos(object string) string {
	c.t.Helper()
	var d struct {
		RecordTypeInfos []struct {
			Name                                                string
			Active, Available, Master, DefaultRecordTypeMapping bool
			RecordTypeID                                        string
		}
	}
	c.want(200, "GET", v+"/sobjects/"+object+"/describe", "").into(c.t, &d)
	var parts []string
	standard := ""
	for _, r := range d.RecordTypeInfos {
		parts = append(parts, r.Name)
		if r.DefaultRecordTypeMapping {
			standard = r.Name
		}
	}
	return strings.Join(parts, ",") + "→" + standard
}

func TestR8R11RecordTypesShowInDescribeAndAreChecked(t *testing.T) {
	dir := t.TempDir()
	o, c := start(t, simulator.Config{DataDir: dir})
	old := c.made("Opportunity", `{"Name":"Old","StageName":"Prospecting","CloseDate":"2026-12-31"}`)
	c.steps(step{"GET", "/query?q=SELECT+RecordTypeId+FROM+Opportunity", "", 400, []string{"INVALID_FIELD"}})
	if got := c.typeInfos("Opportunity"); got != "Master→Master" {
		t.Errorf("at first %s", got)
	}
	for _, spec := range []string{
		`{"object":"Opportunity","op":"record_type","record_type":{"name":"New Business","default":true}}`,
		`{"object":"Opportunity","op":"record_type","record_type":{"name":"Renewal"}}`,
		`{"object":"Opportunity","op":"record_type","record_type":{"name":"Retired","inactive":true}}`,
		`{"object":"Account","op":"record_type","record_type":{"name":"Partner","developer_name":"Partner_Account"}}`,
	} {
		c.want(200, "POST", "/_sim/fields", spec)
	}
	c.want(400, "POST", "/_sim/fields", `{"object":"OpportunityStage","op":"record_type","record_type":{"name":"X"}}`)
	ids := map[string]string{}
	var types struct{ Records []map[string]any }
	c.want(200, "GET", soql("SELECT Id, DeveloperName, SobjectType, IsActive FROM RecordType WHERE SobjectType IN ('Account', 'Opportunity')"), "").into(t, &types)
	for _, r := range types.Records {
		ids[fmt.Sprint(r["DeveloperName"])] = fmt.Sprint(r["Id"])
	}
	if len(ids) != 4 || !strings.HasPrefix(ids["Renewal"], "012") || ids["Partner_Account"] == "" {
		t.Fatalf("record types %v", ids)
	}
	deal := `{"Name":"D","StageName":"Prospecting","CloseDate":"2026-12-31"`
	fresh := c.made("Opportunity", deal+"}")
	if got := c.row("Opportunity", fresh)["RecordTypeId"]; got != ids["New_Business"] || c.row("Opportunity", old)["RecordTypeId"] != nil {
		t.Errorf("a new deal is of %v", got)
	}
	for _, wrong := range []string{ids["Retired"], ids["Partner_Account"]} {
		c.steps(step{"POST", "/sobjects/Opportunity", deal + `,"RecordTypeId":"` + wrong + `"}`, 400, []string{
			"INVALID_CROSS_REFERENCE_KEY", "Record Type ID: this ID value isn't valid for the user: " + wrong, `"fields":["RecordTypeId"]`,
		}})
	}
	c.steps(
		step{"PATCH", "/sobjects/Opportunity/" + fresh, `{"RecordTypeId":"` + ids["Renewal"] + `"}`, 204, nil},
		step{"GET", "/query?q=SELECT+RecordType.DeveloperName+FROM+Opportunity+WHERE+RecordType.Name='Renewal'", "", 200, []string{`"totalSize":1`, `"DeveloperName":"Renewal"`}},
		step{"PATCH", "/sobjects/Opportunity/" + fresh, `{"RecordTypeId":"` + org.MasterRecordType + `"}`, 204, nil},
	)
	const want = "New Business,Renewal,Retired,Master→New Business"
	if got := c.typeInfos("Opportunity"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	layout := o.Engine.Object("Account")
	if at := layout.Fields; at[len(at)-1].Name == "RecordTypeId" || layout.Field("RecordTypeId") == nil {
		t.Error("RecordTypeId of accounts is missing, or stands last")
	}
	for range 2 { // from the log, then from the snapshot
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
		if o, c = start(t, simulator.Config{DataDir: dir}); c.typeInfos("Opportunity") != want {
			t.Errorf("after a restart %s", c.typeInfos("Opportunity"))
		}
		c.wantIDs("record types after a restart", c.ids("Id", "SELECT Id FROM RecordType"), ids["New_Business"], ids["Renewal"], ids["Retired"], ids["Partner_Account"])
	}
}

func TestR8LayoutsNameFieldsAndRecordTypes(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.want(200, "POST", "/_sim/fields", `{"object":"Contact","op":"record_type","record_type":{"name":"Doctor"}}`)
	id := c.ids("Id", "SELECT Id FROM RecordType")[0]
	c.steps(
		step{"GET", "/sobjects/Contact/describe/layouts", "", 200, []string{`"detailLayoutSections"`, `"recordTypeMappings"`, `"recordTypeSelectorRequired":[true]`, `"value":"Email"`, `"picklistName":"LeadSource"`, `"layoutId":"00h`}},
		step{"GET", "/sobjects/Contact/describe/layouts/" + id, "", 200, []string{`"editLayoutSections"`, `"required":true`}},
		step{"GET", "/sobjects/Contact/describe/layouts/" + org.MasterRecordType, "", 200, nil},
		step{"GET", "/sobjects/Account/describe/layouts/" + id, "", 404, []string{"NOT_FOUND"}},
		step{"GET", "/sobjects/OpportunityStage/describe/layouts", "", 404, nil},
		step{"GET", "/sobjects/Contact/describe/compactLayouts", "", 200, []string{`"compactLayouts"`, `"recordTypeCompactLayoutMappings"`, `"name":"SYSTEM"`, `"objectType":"Contact"`}},
		step{"GET", "/sobjects/Contact/describe/compactLayouts/primary", "", 200, []string{`"fieldItems"`}},
	)
}

func TestR8UsersHaveProfiles(t *testing.T) {
	_, c := start(t, simulator.Config{})
	c.steps(
		step{"GET", "/query?q=SELECT+Profile.Name,UserRole.Name+FROM+User+WHERE+Alias='admin'", "", 200, []string{`"Name":"System Administrator"`, `"UserRole":null`}},
		step{"GET", "/query?q=SELECT+COUNT(Id)+n,Profile.Name+FROM+User+GROUP+BY+Profile.Name", "", 200, []string{`"Name":"Standard User"`}},
		step{"GET", "/query?q=SELECT+Name,ParentRole.Name+FROM+UserRole+WHERE+DeveloperName='VP_Sales'", "", 200, []string{`"Name":"CEO"`}},
		step{"POST", "/sobjects/Profile", `{"Name":"Mine"}`, 405, nil},
		step{"GET", "/sobjects/RecordType/describe", "", 200, []string{`"keyPrefix":"012"`}},
	)
}

func TestR11MoneyIsInOneOfSeveralCurrencies(t *testing.T) {
	o, c := start(t, simulator.Config{Features: org.Features{Currencies: true, Products: true}})
	deal := `{"Name":"D","StageName":"Prospecting","CloseDate":"2026-12-31","Amount":5`
	own, euro := c.made("Opportunity", deal+"}"), c.made("Opportunity", deal+`,"CurrencyIsoCode":"EUR"}`)
	if a, b := c.row("Opportunity", own)["CurrencyIsoCode"], c.row("Opportunity", euro)["CurrencyIsoCode"]; a != "CHF" || b != "EUR" {
		t.Errorf("currencies %v and %v", a, b)
	}
	c.steps(
		step{"POST", "/sobjects/Opportunity", deal + `,"CurrencyIsoCode":"XXX"}`, 400, []string{"INVALID_CURRENCY_ISO", `"fields":["CurrencyIsoCode"]`}},
		step{"GET", "/query?q=SELECT+IsoCode,ConversionRate,IsCorporate+FROM+CurrencyType+WHERE+IsActive=true+ORDER+BY+IsoCode", "", 200, []string{`"totalSize":3`, `"IsoCode":"CHF","ConversionRate":1.0,"IsCorporate":true`}},
		step{"GET", "/query?q=SELECT+ConversionRate+FROM+DatedConversionRate+WHERE+IsoCode='EUR'+AND+StartDate<=TODAY", "", 200, []string{`"totalSize":1`}},
		step{"GET", "/query?q=SELECT+DefaultCurrencyIsoCode+FROM+User+WHERE+Id='" + o.Engine.AdminID() + "'", "", 200, []string{"CHF"}},
		step{"GET", "/sobjects/Task/describe", "", 200, nil},
	)
	_, single := start(t, simulator.Config{})
	single.steps(
		step{"GET", "/query?q=SELECT+CurrencyIsoCode+FROM+Opportunity", "", 400, []string{"INVALID_FIELD"}},
		step{"GET", "/sobjects/CurrencyType/describe", "", 404, nil},
	)
}
