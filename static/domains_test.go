package static

import (
	"slices"
	"testing"
)

func TestPublicDomainsAreKnown_AVM33(t *testing.T) {
	if Check() != nil {
		t.Fatal(Check())
	}
	for _, domain := range []string{"gmail.com", "yahoo.com", "outlook.com", "gmx.de", "proton.me", "hey.com", "tuta.com", "privaterelay.appleid.com"} {
		if !PublicDomain(domain) {
			t.Errorf("%s is not public", domain)
		}
	}
	for _, domain := range []string{"", "example.com", "salesforce.com", "Gmail.com", "acme.example"} {
		if PublicDomain(domain) {
			t.Errorf("%q is public", domain)
		}
	}
	n, url := PublicDomains()
	if _, ok := Lookup(url); n < 10000 || !ok || !slices.IsSorted(publicDomains()) {
		t.Errorf("%d domains at %s", n, url)
	}
}
