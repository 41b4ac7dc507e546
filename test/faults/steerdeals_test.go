package faults

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// What a purpose and an outcome become stands in the Event's field and in the
// Task's, each as chosen for it on the tab (AVM-42, AVM-43); the label of the
// currency changes the symbol on pages, and nothing in the org (AVM-44, AVM-45).
func TestPurposesGoToTheFieldsOfTheTab_AVM42_AVM43_AVM45(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	c := w.company("purpose", map[string]any{"Amount": 48_000})
	a := w.admin()
	a.saves(tabs+"notes", url.Values{"meeting_notes": {"event", "task"}})
	a.saves(tabs+"advanced", url.Values{"purpose_field_event": {"Location"}, "purpose_field_task": {"CallType"}, "outcome_field_task": {"CallDisposition"}})
	a.saves(tabs+"advanced", url.Values{"purpose_event_0": {"Sold in a meeting"}, "purpose_task_0": {"Outbound"}, "outcome_task_0": {"Agreed to meet"}})
	w.meets("sold", map[string]any{"purpose": "Sales", "outcome": "Next meeting agreed"}, c.email)
	w.quiet()
	_, event := w.having("Event", "Subject", "Meeting sold")
	_, task := w.having("Task", "Subject", "Meeting: Meeting sold")
	if got := fmt.Sprint(event.text("Location"), "|", task.text("CallType"), "|", task.text("CallDisposition")); got != "Sold in a meeting|Outbound|Agreed to meet" {
		t.Errorf("AVM-42, AVM-43: the fields hold %q", got)
	}

	before, writes := w.truth("Opportunity")[c.deals[0]], w.writesSoFar()
	dollars := a.reads("/deals/" + c.deals[0])
	a.saves(tabs+"advanced", url.Values{"currency_label": {"€"}})
	euros := a.reads("/deals/" + c.deals[0])
	if !strings.Contains(dollars, "$ 48,000") || !strings.Contains(euros, "€ 48,000") || strings.Contains(euros, "$ 48,000") {
		t.Errorf("AVM-44: the deal says before and after: %s\n%s", dollars, euros)
	}
	w.quiet()
	after := w.truth("Opportunity")[c.deals[0]]
	if string(after.fields["Amount"]) != string(before.fields["Amount"]) || after.text("LastModifiedDate") != before.text("LastModifiedDate") || w.writesSoFar() != writes {
		t.Errorf("AVM-45: the amount is %s, was %s; %d writes", after.fields["Amount"], before.fields["Amount"], w.writesSoFar()-writes)
	}
}
