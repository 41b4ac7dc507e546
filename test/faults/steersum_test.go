package faults

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// With the switch on what several meetings and e-mails noted about a deal is one
// summary, on its page and in the field that the topic is mapped to; off it is
// listed by conversation. What has a date is never summarized (AVM-46, AVM-47).
func TestSummariesOfDealsFollowTheTab_AVM46_AVM47(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	c, a := w.company("summed", map[string]any{}), w.admin()
	a.saves(tabs+"objects/Opportunity?show=all", url.Values{"product_Description": {"topic:objections"}, "editable_Description": {"on"}, "switch_writeback": {"on"}})
	a.saves(tabs+"advanced", url.Values{"summarize_topics": {"on"}})
	noted := func(topic, text string) map[string]any {
		return map[string]any{topic: []map[string]any{{"text": text, "at_seconds": 10}}}
	}
	const price, audit, offer = "The price is too high for a pilot.", "Security wants to see the audit log.", "Send the offer by Friday."
	w.meets("early", map[string]any{"topics": noted("objections", price)}, c.email)
	w.meets("dated", map[string]any{"topics": noted("action-items", offer)}, c.email)
	w.api(http.MethodPut, "/emails/late", map[string]any{
		"message_id": "<late@home.example>", "from": "rita@home.example", "to": []string{c.email}, "subject": "Audit", "text": "Hello",
		"sent_at": "2026-05-05T09:00:00Z", "topics": noted("objections", audit),
	}, new(any))
	w.quiet()
	has := w.truth("Opportunity")[c.deals[0]].text("Description")
	if !strings.Contains(has, price) || !strings.Contains(has, audit) || strings.Contains(has, offer) {
		t.Errorf("AVM-46, AVM-47: the deal says %q", has)
	}
	for _, tt := range []struct {
		on   []string
		want string
	}{{[]string{"on"}, "Its notes become one summary of the deal. " + audit}, {nil, "so it is listed per conversation. " + audit}} {
		if tt.on == nil {
			a.saves(tabs+"advanced", url.Values{"summarize_topics": nil})
		}
		page := a.reads("/deals/" + c.deals[0])
		for _, words := range []string{tt.want, price, "It is date-sensitive, so it is never summarized. " + offer} {
			if !strings.Contains(page, words) {
				t.Errorf("AVM-46, AVM-47: with the switch %v the page does not say %q: %s", tt.on, words, page)
			}
		}
	}
	w.mirrorEqualsOrg()
}
