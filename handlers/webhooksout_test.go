package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

// CONTRACT, outbound: an admin adds an address, sees its secret once, sees what
// was told and what came of it, disables, enables and deletes it. S-13: an
// address that must not be reached is refused.
func TestWebhooksToTheProduct_S13(t *testing.T) {
	w := newWorld(t)
	w.server.CheckTarget = func(address string) error {
		if strings.Contains(address, "127.0.0.1") {
			return errors.New("inside")
		}
		return nil
	}
	b := w.as(home, gateway.RoleAdmin)
	b.get(hooksBase).want(http.StatusOK, "Tell your product of changes")
	b.get(productBase).want(http.StatusOK, "Add an address")
	b.post(productBase, url.Values{"name": {"Recorder"}, "url": {"ftp://x"}}).want(http.StatusUnprocessableEntity, "Give the whole address")
	b.post(productBase, url.Values{"name": {"Recorder"}, "url": {"https://127.0.0.1/x"}}).want(http.StatusUnprocessableEntity, "does not send to this address")
	b.post(productBase, url.Values{"url": {"https://product.example/hook"}}).want(http.StatusUnprocessableEntity, "up to 60 characters")
	made := b.post(productBase, url.Values{"name": {"Recorder"}, "url": {"https://product.example/hook"}}).want(http.StatusOK, "whsec_", "Shown this once", "Nothing told yet")
	all, err := w.db.In(home).Subscribers(t.Context())
	must(t, err)
	all = slices.DeleteFunc(all, func(s gateway.Subscriber) bool { return s.Name != "Recorder" })
	if len(all) != 1 || strings.Contains(string(all[0].Sealed), "whsec_") || made.status != http.StatusOK {
		t.Fatalf("stored: %+v", all)
	}
	path := productURL(all[0].ID)
	must(t, w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.QueueTellings(ctx, all[0].ID, []gateway.Telling{
			{ID: 1, At: w.clock.now(), Key: contactOf(home), Body: "{}", State: gateway.TellingDone, Attempt: 1, Status: 204, DoneAt: w.clock.now()},
			{ID: 2, At: w.clock.now(), Key: contactOf(home), Body: "{}", State: gateway.TellingWaiting, Attempt: 3, Status: 503, Problem: "The address did not take it.", DueAt: w.clock.now()},
		})
	}))
	page := b.get(path).want(http.StatusOK, "change_1", "Taken", "change_2", "HTTP 503. The address did not take it.", "next ")
	if contains(page.words(), "whsec_") {
		t.Error("the secret is shown a second time")
	}
	b.post(path+"/secret", url.Values{}).want(http.StatusOK, "whsec_")
	b.post(path+"/disable", url.Values{}).want(http.StatusSeeOther)
	b.get(path).want(http.StatusOK, "Nothing is told.", "Enable")
	b.post(path+"/enable", url.Values{}).want(http.StatusSeeOther)
	b.get(productBase).want(http.StatusOK, "Recorder", "Enabled")
	b.get(path+"/delete").want(http.StatusOK, "Nothing is told to this address any more")
	b.post(path+"/delete", url.Values{}).want(http.StatusSeeOther)
	b.get(path).want(http.StatusNotFound)
	if !w.audited(home, "added a webhook to the product") || !w.audited(home, "deleted a webhook to the product") {
		t.Error("not audited")
	}
}
