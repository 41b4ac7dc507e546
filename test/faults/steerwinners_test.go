package faults

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"tidegate/gateway"
)

// In a workspace that has just been connected a person is asked about each
// conflict, and it is offered to decide. Who answers “ask” to every question has
// decided: the offer goes, and the rules are his (DEM-17).
func TestAnsweringAskInANewWorkspaceDecides_DEM17(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{unconnected: true})
	a := w.admin()
	w.consents("production")
	const offer, wizard = "Decide who wins", "/settings/salesforce/winners"
	if page := a.reads(tabs + "objects"); !strings.Contains(page, offer) {
		t.Fatalf("DEM-17: a new workspace offers no decision: %s", page)
	}
	answers := url.Values{}
	for _, kind := range gateway.DataTypes {
		answers.Set("decide_"+string(kind), "ask")
		answers.Set("answered", string(kind))
	}
	last := a.get(wizard + "?" + answers.Encode())
	answer, _ := a.post(tabs+"advanced", asks(t, last, tabs+"advanced"))
	if !strings.Contains(answer.Header.Get("Location"), "saved=settings") {
		t.Fatalf("DEM-17: answered with %s, %q", answer.Status, answer.Header.Get("Location"))
	}
	for _, path := range []string{tabs + "objects", "/settings/salesforce"} {
		if page := a.reads(path); strings.Contains(page, offer) || strings.Contains(page, "So every workspace begins") {
			t.Errorf("DEM-17: %s still asks to decide: %s", path, page)
		}
	}
}
