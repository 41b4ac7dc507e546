package faults

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
)

// The two switches for e-mails that Salesforce holds, from the tab's form in all
// four combinations: what is read of the org's EmailMessages, what stands on the
// pages of the person and of the deal and in the list, each e-mail once, and
// nothing is written for it (AVM-48 to AVM-50).
func TestSwitchesOfEmailsDecideWhatIsReadAndShown_AVM48_AVM49_AVM50(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{email: true, env: []string{"TIDEGATE_POLL_EVERY=1s"}})
	w.anchor()
	c := w.company("letters", map[string]any{})
	const asTask, asMessage = "Logged by a plug-in", "Filed by Enhanced Email"
	w.change(map[string]any{"object": "Task", "op": "create", "values": map[string]any{
		"Subject": asTask, "TaskSubtype": "Email", "Status": "Completed", "WhoId": c.contact, "WhatId": c.deals[0],
	}})
	message := w.change(map[string]any{"object": "EmailMessage", "op": "create", "values": map[string]any{
		"Subject": asMessage, "Status": "3", "MessageIdentifier": "<filed@there.example>", "FromAddress": "them@there.example",
		"ToIds": []string{c.contact}, "RelatedToId": c.deals[0], "TextBody": "Hello",
	}})[0]
	w.mirrorEqualsOrg()
	log := w.truth("Task")[w.truth("EmailMessage")[message].text("ActivityId")].text("Subject")
	if log == "" {
		t.Fatal("the org made no Task of its EmailMessage")
	}
	all, writes := len(w.truth("EmailMessage")), w.writesSoFar()
	a := w.admin()
	pages := []string{"/contacts/" + c.contact, "/deals/" + c.deals[0], "/emails"}
	for _, tt := range []struct {
		tasks, messages bool
		shown           map[string]bool
	}{
		{false, false, map[string]bool{asTask: false, asMessage: false}},
		{true, false, map[string]bool{asTask: true, log: true}},
		{false, true, map[string]bool{asTask: false, asMessage: true}},
		{true, true, map[string]bool{asTask: true, asMessage: true}},
		{false, false, map[string]bool{asTask: false, asMessage: false}},
	} {
		change := url.Values{"emails_from_tasks": nil, "emails_from_messages": nil}
		if tt.tasks {
			change["emails_from_tasks"] = []string{"on"}
		}
		if tt.messages {
			change["emails_from_messages"] = []string{"on"}
		}
		a.saves(tabs+"advanced", change)
		form := asks(t, a.get(tabs+"advanced"), tabs+"advanced")
		if form.Has("emails_from_tasks") != tt.tasks || form.Has("emails_from_messages") != tt.messages {
			t.Errorf("AVM-48, AVM-49: the tab shows %v", form)
		}
		eventually(t, func() string {
			n, err := w.store().CountRecords(t.Context(), "EmailMessage")
			if want := map[bool]int{true: all}[tt.messages]; n != want || err != nil {
				return fmt.Sprintf("%+v: %d EmailMessages are here, not %d, %v", tt, n, want, err)
			}
			for _, path := range pages {
				page := a.reads(path)
				for text, is := range tt.shown {
					if strings.Contains(page, text) != is {
						return fmt.Sprintf("%+v: %s shows %q: %v: %s", tt, path, text, !is, page)
					}
				}
			}
			list := a.reads("/emails") // what stands there twice would be named with both
			if tt.tasks && tt.messages && (strings.Count(list, asMessage) != 1 || strings.Count(list, "logged as a Task") != 1) {
				return fmt.Sprintf("AVM-49: twice in %s", list)
			}
			return ""
		})
	}
	w.quiet()
	if n := w.writesSoFar() - writes; n != 0 {
		t.Errorf("AVM-50: %d writes to the org", n)
	}
}
