package faults

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// The Notes tab says what each destination is good for, and the topics page what
// to map first, by the org's own fields; who follows the advice finds the notes in
// those fields of the org (AVM-52).
func TestAdviceWhatToMapFirstFollowsTheOrg_AVM52(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	c, a := w.company("advised", map[string]any{}), w.admin()
	says := func(path string, words ...string) {
		t.Helper()
		page := a.reads(path)
		for _, want := range words {
			if !strings.Contains(page, want) {
				t.Errorf("AVM-52: %s does not say %q: %s", path, want, page)
			}
		}
	}
	says(tabs+"notes", "Best for long-form notes", "Best when reps rely on timelines for context")
	const topics, none = "/settings/topics", "Opportunity has no text field of this name."
	says(topics, "Next Steps ← Action Items", "Your org has a field for it: Next Step.", "Pain Points ← Pain Points", "Competitor ← Competitors", "Objections ← Objections", none)

	// An admin makes the field that is missing in Setup; the advice follows.
	w.sim(http.MethodPost, "/fields", map[string]any{"op": "add", "object": "Opportunity", "field": map[string]any{"name": "Doubts__c", "label": "Objections", "type": "textarea", "length": 4000}}, nil)
	a.described("Opportunity", "Doubts__c")
	says(topics, "Your org has a field for it: Pain Points.", "Your org has a field for it: Competitor.", "Your org has a field for it: Objections.")
	if page := a.reads(topics); strings.Contains(page, none) {
		t.Errorf("AVM-52: a field is still missing: %s", page)
	}

	// The advice is followed on the page that it leads to.
	change := url.Values{"switch_writeback": {"on"}}
	mapped := map[string]string{"NextStep": "action-items", "Pain_Points__c": "pain-points", "Competitor__c": "competitors", "Doubts__c": "objections"}
	for field, topic := range mapped {
		change["product_"+field], change["editable_"+field] = []string{"topic:" + topic}, []string{"on"}
	}
	if !strings.Contains(a.get(topics), `href="`+tabs+`objects/Opportunity"`) {
		t.Error("AVM-52: the advice leads to no page of fields")
	}
	a.saves(tabs+"objects/Opportunity?show=all", change)
	for field := range mapped {
		says(topics, "Written to Opportunity."+field+".")
	}
	noted := map[string]any{}
	for _, topic := range mapped {
		noted[topic] = []map[string]any{{"text": "Said about " + topic, "at_seconds": 10}}
	}
	w.meets("advised", map[string]any{"topics": noted}, c.email)
	w.quiet()
	deal := w.truth("Opportunity")[c.deals[0]]
	for field, topic := range mapped {
		if !strings.Contains(deal.text(field), "Said about "+topic) {
			t.Errorf("AVM-52: %s of the deal holds %q", field, deal.text(field))
		}
	}
	w.mirrorEqualsOrg()
}
