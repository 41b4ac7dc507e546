package faults

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A topic that is mapped to a field was wrong: all that it wrote goes back, from
// the line of any of them, out of writes that carried other values too, which stay;
// what somebody put there since is named in the dry run and stays.
func TestWritesOfOneTopicToAFieldGoBackInTheOrg_M4(t *testing.T) { // AVM-26, M4
	engines(t, func(t *testing.T, database string) {
		w := newWorld(t, database, options{})
		w.anchor()
		a := w.admin()
		a.saves(tabs+"objects/Opportunity?show=all", url.Values{
			"product_NextStep": {"topic:next-steps"}, "editable_NextStep": {"on"}, "product_Description": {"topic:objections"}, "editable_Description": {"on"},
			"switch_writeback": {"on"}, "switch_update_fields": {"on"},
		})
		var deals []string
		for i := range 3 {
			c := w.company(fmt.Sprint("wrong", i), map[string]any{"NextStep": fmt.Sprint("Before ", i)})
			deals = append(deals, c.deals[0])
			w.meets(fmt.Sprint("wrong-", i), map[string]any{"topics": map[string]any{
				"next-steps": []map[string]any{{"text": fmt.Sprint("Wrong ", i)}}, "objections": []map[string]any{{"text": fmt.Sprint("Right ", i)}},
			}}, c.email)
		}
		w.quiet()
		w.holds(deals, "NextStep", "Wrong 0", "Wrong 1", "Wrong 2")
		w.change(map[string]any{"object": "Opportunity", "op": "update", "id": deals[2], "values": map[string]any{"NextStep": "By somebody"}})
		w.mirrorEqualsOrg()

		line := a.get("/sync/log/" + w.lineOf(deals[0]))
		way := url.Values{"object": {"Opportunity"}, "rule": {"Topic “Next Steps” goes to Next Step"}}
		if !strings.Contains(line, strings.ReplaceAll("/sync/undo?"+way.Encode(), "&", "&amp;")) {
			t.Fatalf("M4: the line does not lead to its field's rule: %s", wordsOf(t, line))
		}
		if listed := a.reads("/sync/log?" + way.Encode()); !strings.Contains(listed, "3 lines") || !strings.Contains(listed, "Undo these writes") {
			t.Errorf("M4: the log of that rule: %.1500s", listed)
		}
		w.sim(http.MethodDelete, "/calls", nil, nil)
		page := a.get("/sync/undo?" + way.Encode())
		words := wordsOf(t, page)
		for _, want := range []string{"Undo 2 values", "Wrong 0", "Before 1", "1 stay", "Somebody changed it in Salesforce since; that stands."} {
			if !strings.Contains(words, want) {
				t.Errorf("M4: the dry run does not say %q: %s", want, words)
			}
		}
		if strings.Contains(words, "Right") || w.calls(http.MethodPatch, "") != 0 {
			t.Errorf("M4: the dry run names another rule's values, or wrote: %s", words)
		}
		if answer, body := a.post("/sync/undo", asks(t, page, "/sync/undo")); answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("M4: %s %.500s", answer.Status, body)
		}
		w.quiet()
		w.holds(deals, "NextStep", "Before 0", "Before 1", "By somebody")
		for i, id := range deals {
			if got := w.truth("Opportunity")[id].text("Description"); !strings.Contains(got, fmt.Sprint("Right ", i)) {
				t.Errorf("M4: the other topic's field of deal %d holds %q", i, got)
			}
		}
		if n := w.calls(http.MethodPatch, "Opportunity") + w.calls(http.MethodPatch, "/composite/sobjects"); n == 0 || n > 2 {
			t.Errorf("M4: %d calls took two values back", n)
		}
		if again := a.reads("/sync/undo?" + way.Encode()); !strings.Contains(again, "Undo 0 values") {
			t.Errorf("M4: a second undo would write: %.1500s", again)
		}
		w.mirrorEqualsOrg()
	})
}

// holds checks a field of deals in the org.
func (w *world) holds(deals []string, field string, want ...string) {
	w.t.Helper()
	for i, id := range deals {
		if got := w.truth("Opportunity")[id].text(field); got != want[i] {
			w.t.Errorf("M4: %s of deal %d is %q, want %q", field, i, got, want[i])
		}
	}
}
