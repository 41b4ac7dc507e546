package simulator_test

import (
	"strings"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

func TestR8ChangeEventObjectsAreDescribedWhereThereAreEvents(t *testing.T) {
	for edition, want := range map[string]bool{"enterprise": true, "professional": false} {
		_, c := start(t, simulator.Config{Edition: edition})
		c.want(200, "POST", "/_sim/fields", `{"op":"object","object":"Visit__c"}`)
		var global struct{ Sobjects []map[string]any }
		c.want(200, "GET", v+"/sobjects", "").into(t, &global)
		listed := map[string]map[string]any{}
		for _, o := range global.Sobjects {
			name, _ := o["name"].(string)
			listed[name] = o
		}
		for _, name := range []string{"ContactChangeEvent", "Visit__ChangeEvent"} {
			o := listed[name]
			if (o != nil) != want {
				t.Errorf("%s lists %s: %v", edition, name, o != nil)
			}
			if o != nil && (o["queryable"] != false || o["createable"] != false || o["keyPrefix"] != nil) {
				t.Errorf("%s is listed as %v", name, o)
			}
		}
		if !want {
			c.want(404, "GET", v+"/sobjects/ContactChangeEvent/describe", "")
			continue
		}
		if fields := c.described("ContactChangeEvent"); fields["LastName"] == nil || fields["IsDeleted"] != nil || fields["LastName"]["updateable"] != false {
			t.Errorf("described with %d fields", len(fields))
		}
		c.want(400, "GET", soql("SELECT Id FROM ContactChangeEvent"), "")
	}
}

func TestS26LimitsShowDeliveredEvents(t *testing.T) {
	_, c := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 1}, CometDTimeout: 100 * time.Millisecond})
	s := c.stream()
	s.subscribe("/data/ContactChangeEvent", -1)
	c.made("Contact", `{"LastName":"A"}`)
	s.events()
	if body := string(c.want(200, "GET", v+"/limits", "").body); !strings.Contains(body, `"DailyDeliveredPlatformEvents":{"Max":50000,"Remaining":49999}`) {
		t.Errorf("limits %s", body)
	}
}
