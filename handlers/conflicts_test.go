package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/inbound"
	"tidegate/store"
)

// clash makes us and Salesforce change the contact's title, whose rule is to ask.
func (w *world) clash(ws gateway.WorkspaceID, theirs, ours string) {
	w.t.Helper()
	_, err := w.box.Submit(w.t.Context(), ws, outbox.Edit{
		Key: contactOf(ws), Fields: gateway.Fields{"Title": gateway.Text(ours)}, Cause: gateway.Cause{Kind: "edit", Rule: "Edit on the contact page", Name: "Rita Rep"},
	})
	must(w.t, err)
	w.observeTitle(ws, theirs)
}

// observeTitle brings a change of the contact's title, as the way in does.
func (w *world) observeTitle(ws gateway.WorkspaceID, title string) {
	w.t.Helper()
	must(w.t, w.db.In(ws).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		records, err := tx.LoadRecords(ctx, []gateway.RecordKey{contactOf(ws)})
		if err != nil {
			return err
		}
		record := records[contactOf(ws)]
		pending, _, err := tx.PendingFor(ctx, contactOf(ws))
		if err != nil {
			return err
		}
		at := record.Version
		at.CommitAt, at.CommitNumber = at.CommitAt+1000, at.CommitNumber+1
		d := inbound.Decide(inbound.Input{
			Current: &record, RecordID: record.Key.ID, Pending: &pending, Now: tx.Now(),
			Event:  gateway.ChangeEvent{Object: "Contact", RecordIDs: []string{record.Key.ID}, Type: gateway.Update, Fields: gateway.Fields{"Title": gateway.Text(title)}, Version: at, User: "005000000000001AAA"},
			Winner: func(string) gateway.Winner { return gateway.WinnerAsk },
		})
		if err := tx.SaveRecords(ctx, []gateway.Record{d.Record}); err != nil {
			return err
		}
		if err := tx.SaveConflicts(ctx, d.Conflicts); err != nil {
			return err
		}
		return tx.SaveChange(ctx, *d.Pending)
	}))
}

// M9: the inbox shows both values with who and when; one choice settles it,
// and as an admin the choice can become the rule.
func TestConflictIsDecidedInTheInbox_M9(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	b.get(conflictsBase).want(http.StatusOK, "No conflict waits for you")
	w.clash(home, "Chief <Buyer>", "Head Buyer")
	b.get("/sync/log").want(http.StatusOK, "Conflicts 1")
	page := b.get(conflictsBase).want(http.StatusOK, "Conflicts 1", "Last agreed", "Buyer", "In Salesforce", "Chief <Buyer>", "005000000000001AAA",
		"Ours", "Head Buyer", "By Rita Rep.", "Edit on the contact page", "Use Salesforce's value", "Use our value", "Write this value", "1 waits for a person.", "Make it the rule for Title on contacts")
	form := page.form(conflictsBase)
	form.Set("choice", "ours")
	form.Set("rule", "field")
	form.Set("why", "The customer said so.")
	b.post(conflictsBase, form).want(http.StatusSeeOther).wantLocation(conflictsBase + "?saved=decided")
	sent := w.caller.last()
	if sent.Fields["Title"] != gateway.Text("Head Buyer") {
		t.Errorf("sent %+v", sent)
	}
	mappings, err := w.db.In(home).Mappings(t.Context(), "Contact")
	must(t, err)
	for _, m := range mappings {
		if m.Field == "Title" && (m.Winner != gateway.WinnerProduct || m.By != "Ada Admin") {
			t.Errorf("mapping %+v", m)
		}
	}
	if !w.audited(home, "Ada Admin decided a conflict: ours") || !w.audited(home, "made product the winner") || w.audited(home, "fields that the form does not have") {
		t.Error("the audit lacks the decision, or complains of the form")
	}
	b.get(conflictsBase+"?show=settled").want(http.StatusOK, "Our value: Head Buyer", "Decided by Ada Admin", "The customer said so.", "Chief <Buyer>")
	b.post(conflictsBase, form).want(http.StatusConflict, "decided already")
}

func TestConflictThatMovedIsAskedAnew_M9(t *testing.T) {
	w := newWorld(t)
	w.clash(home, "Chief", "Head")
	b := w.as(home, gateway.RoleRep)
	form := b.get(conflictsBase).want(http.StatusOK).form(conflictsBase)
	if form.Has("rule") {
		t.Error("a rep is offered to make a rule")
	}
	w.observeTitle(home, "Director")
	form.Set("choice", "theirs")
	form.Set("rule", "field")
	b.post(conflictsBase, form).want(http.StatusConflict, "Salesforce changed the value again", "Director")
	if c, waiting := w.pending(contactOf(home)); !waiting || c.State != gateway.StateParked {
		t.Errorf("pending %+v", c)
	}
	form = b.get(conflictsBase).form(conflictsBase)
	long := url.Values{}
	for k, v := range form {
		long[k] = v
	}
	long.Set("choice", "other")
	long.Set("value", strings.Repeat("x", 200))
	b.post(conflictsBase, long).want(http.StatusUnprocessableEntity, "Or another value")
	form.Set("choice", "theirs")
	form.Set("rule", "field") // a rep cannot
	b.post(conflictsBase, form).want(http.StatusSeeOther)
	if _, waiting := w.pending(contactOf(home)); waiting {
		t.Error("our change still waits")
	}
	if w.audited(home, "the winner of conflicts") {
		t.Error("a rep made a rule")
	}
	rows := b.get("/sync/log?state=ignored").rows()
	if len(rows) != 1 {
		t.Fatalf("rows %v", rows)
	}
	b.get("/sync/log/"+strings.TrimPrefix(rows[0], "row-")).want(http.StatusOK, "Salesforce's value was kept.")
}

// S-34: another workspace's conflict is not here.
func TestForeignConflictIsNotHere_S34(t *testing.T) {
	w := newWorld(t)
	w.clash(foreign, "Secret", "Hidden")
	b := w.as(home, gateway.RoleAdmin)
	b.get(conflictsBase+"?object=Contact&field=Title&record="+contactOf(foreign).ID).want(http.StatusOK, "waits no more")
	b.post(conflictsBase, url.Values{"object": {"Contact"}, "record": {contactOf(foreign).ID}, "field": {"Title"}, "choice": {"theirs"}}).want(http.StatusNotFound)
	if body := b.get(conflictsBase).body; contains(body, "Secret") || contains(body, "Hidden") {
		t.Error("a foreign value is shown")
	}
}

// last is the newest change that was sent.
func (s *scriptedCaller) last() gateway.Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sent) == 0 {
		return gateway.Change{}
	}
	return s.sent[len(s.sent)-1]
}
