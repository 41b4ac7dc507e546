package handlers

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

// linkedAnn links p-1 to Ann by way of a converted lead.
func linkedAnn(w *world) {
	w.t.Helper()
	contact, lead := contactOf(home), leadOf(home)
	must(w.t, w.db.In(home).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		l := gateway.Link{
			Kind: "person", ExternalID: "p-1", Key: contact, Chosen: lead, Rule: "email", Reason: "matched by email ann@home.example",
			Moved: "Salesforce converted the lead to this record.", MovedAt: w.clock.now(), At: w.clock.now(),
		}
		if err := tx.SaveLink(ctx, l); err != nil {
			return err
		}
		beside := gateway.Link{Kind: "person", ExternalID: "p-1", Role: gateway.RoleAccount, Key: accountOf(home), Reason: "the account of the converted lead"}
		if err := tx.SaveLink(ctx, beside); err != nil {
			return err
		}
		return tx.AppendLinkMoves(ctx, []gateway.LinkMove{
			{Kind: "person", ExternalID: "p-1", Act: gateway.LinkMade, To: lead, Reason: "matched by email ann@home.example"},
			{Kind: "person", ExternalID: "p-1", Act: gateway.LinkConverted, From: lead, To: contact, Reason: "Salesforce converted the lead to this record."},
		})
	}))
}

// UX 41, 42: the page says why the record is linked and how the link came here.
func TestRecordPageShowsWhyItIsLinkedAndHowItCameHere(t *testing.T) { // F-40, UX 41, UX 42
	w := newWorld(t)
	linkedAnn(w)
	page := w.as(home, gateway.RoleRep).get(annPath).want(http.StatusOK,
		"matched by email ann@home.example", "Salesforce converted the lead to this record.", "Lead "+leadOf(home).ID, "The account of the converted lead.",
		"Choose another record", "Unlink")
	if !contains(page.body, `href="/leads/`+leadOf(home).ID+`"`) {
		t.Error("the lead that it came from cannot be opened")
	}
	w.as(home, gateway.RoleRep).get("/accounts/"+accountOf(home).ID).want(http.StatusOK, "The account of the converted lead.")
	key, _ := w.apiKey(home, "read")
	var got struct{ Links []apiLink }
	w.product(key).get("/api/v1/links").want(http.StatusOK).decode(&got)
	if len(got.Links) != 2 || got.Links[0].State != "moved" || got.Links[0].Moved == nil || got.Links[0].Moved.ID != leadOf(home).ID || got.Links[1].Role != "account" || got.Links[1].State != "active" {
		t.Errorf("links %+v", got.Links)
	}
}

// UX 42: what a person chooses wins for good, and so does unlinking.
func TestPersonChoosesOrCutsALink(t *testing.T) { // UX 42, AVC-10
	w := newWorld(t)
	linkedAnn(w)
	other := key("Contact", "003", 77)
	w.save(home, record(other, gateway.Fields{"Name": gateway.Text("Bea Other"), "LastName": gateway.Text("Other"), "Email": gateway.Text("bea@home.example")}))
	b := w.as(home, gateway.RoleRep)
	choose := annPath + "/link?kind=person&thing=p-1"
	page := b.get(choose+"&q=other").want(http.StatusOK, "Which record is", "Bea Other", "bea@home.example")
	if contains(page.words(), "Lee Lead") {
		t.Error("the search does not narrow the choice")
	}
	to := annPath + "/link?kind=person&thing=p-1&" + url.Values{"to": {"Contact/" + other.ID}}.Encode()
	b.post(to, page.form(to)).want(http.StatusSeeOther).wantLocation("/contacts/" + other.ID + "?saved=linked")
	l, err := w.db.In(home).LinkOf(t.Context(), "person", "p-1")
	must(t, err)
	if l.Key != other || l.Chosen != other || !l.Pinned || l.By != "Rita Rep" || l.Reason != "chosen by Rita Rep" || l.Moved != "" {
		t.Errorf("link %+v", l)
	}
	b.get("/contacts/"+other.ID+"?saved=linked").want(http.StatusOK, "Your choice stays", "chosen by Rita Rep", "A person chose this; it stays.")
	if got := b.get(choose); got.status != http.StatusConflict {
		t.Errorf("a link that has moved: %d", got.status)
	}

	cut := "/contacts/" + other.ID + "/unlink?kind=person&thing=p-1"
	b.post(cut, b.get(cut).want(http.StatusOK, "No rule links it again").form(cut)).want(http.StatusSeeOther)
	if l, err = w.db.In(home).LinkOf(t.Context(), "person", "p-1"); err != nil || l.State() != gateway.LinkUnlinked || !l.Pinned {
		t.Errorf("link %+v, %v", l, err)
	}
	key, _ := w.apiKey(home, "write")
	var put struct {
		Salesforce struct {
			State, Reason string
			Links         []apiLink
		}
	}
	w.product(key).json(http.MethodPut, "/api/v1/people/p-1", `{"email":"ann@home.example","last_name":"Example"}`).want(http.StatusOK).decode(&put)
	if len(put.Salesforce.Links) != 2 || put.Salesforce.Links[0].State != "unlinked" || w.caller.count() != 0 {
		t.Errorf("a rule linked what a person had cut: %+v", put)
	}
	moves, err := w.db.In(home).LinkHistory(t.Context(), "person", "p-1")
	must(t, err)
	if len(moves) != 4 || moves[2].Act != gateway.LinkChosen || moves[3].Act != gateway.LinkCut || moves[3].By != "Rita Rep" {
		t.Errorf("history %+v", moves)
	}
	for _, bad := range []string{"Contact/x", "Account/" + accountOf(home).ID, ""} {
		w.save(home)
		must(t, w.db.In(home).SaveLink(t.Context(), gateway.Link{Kind: "person", ExternalID: "p-9", Key: contactOf(home)}))
		if got := b.post(annPath+"/link?kind=person&thing=p-9&"+url.Values{"to": {bad}}.Encode(), nil); got.status != http.StatusUnprocessableEntity {
			t.Errorf("to %q: %d", bad, got.status)
		}
	}
}
