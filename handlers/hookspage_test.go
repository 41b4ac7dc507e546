package handlers

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"tidegate/gateway"
)

var secretText = regexp.MustCompile(`<pre class="once-key" id="secret"[^>]*>([^<]+)</pre>`)

// secretOn is the secret that a page shows.
func secretOn(t *testing.T, page answered) string {
	t.Helper()
	m := secretText.FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("no secret on the page (%d): %s", page.status, brief(page.words()))
	}
	return html.UnescapeString(m[1])
}

// Making a hook shows its secret once, and its recipe works as it stands.
func TestAHookIsMadeAndItsSecretShownOnce(t *testing.T) {
	hookWorlds(t, func(t *testing.T, w *world) {
		b := w.as(home, gateway.RoleAdmin)
		page := b.post(hooksBase, url.Values{"name": {"Contacts"}, "kind": {"outbound-messages"}}).want(http.StatusOK, "shown only now", "Send Session ID", "Nothing came yet")
		address, err := url.Parse(secretOn(t, page))
		must(t, err)
		id := address.Path[strings.LastIndexByte(address.Path, '/')+1:]
		secret := address.Query().Get("secret")
		if len(id) != 20 || len(secret) != 43 || !strings.HasPrefix(address.String(), w.server.BaseURL+outboundPath) || len(address.String()) > 255 {
			t.Errorf("the address is %s", address)
		}
		for _, path := range []string{hooksBase, hooksBase + "/" + id, "/audit"} {
			if got := b.get(path).want(http.StatusOK); contains(got.body, secret) {
				t.Errorf("%s shows the secret again", path)
			}
		}
		w.salesforce().soap(id, secret, message(orgOf(home), 1, contactOf(home))).acknowledged()
		b.get(hooksBase+"/"+id).want(http.StatusOK, "1 record is still to be read", "1 Contact")

		page = b.post(hooksBase, url.Values{"name": {"Apex"}, "kind": {"events"}}).want(http.StatusOK, "TidegateHook", "webhook-signature", "Remote Site Settings")
		if signing := secretOn(t, page); !strings.HasPrefix(signing, "whsec_") || !contains(page.body, html.EscapeString(signing)) {
			t.Errorf("the secret is %s", signing)
		}
		if !w.audited(home, "Ada Admin made the webhook Contacts") {
			t.Error("not audited")
		}
		b.post(hooksBase, url.Values{"name": {""}, "kind": {"events"}}).want(http.StatusUnprocessableEntity, "Give the webhook a name")
		b.post(hooksBase, url.Values{"name": {"x"}, "kind": {"smoke-signals"}}).want(http.StatusUnprocessableEntity, "Choose what sends it")
	})
}

func TestDeletingAndRotatingAskFirst(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	hook := hooksBase + "/" + hookOf(home, gateway.HookEvents)
	b.get(hook+"/rotate").want(http.StatusOK, "24 more hours", "shown once")
	b.get(hook+"/delete").want(http.StatusOK, "takes nothing any more", "Keep it")
	b.get(hook).want(http.StatusOK, "Hook of home")
	b.post(hook+"/delete", nil).want(http.StatusSeeOther)
	b.get(hook).want(http.StatusNotFound)
	b.get(hooksBase+"?saved=hook-gone").want(http.StatusOK, "The webhook is deleted")
	if !w.audited(home, "Ada Admin deleted the webhook Hook of home") {
		t.Error("not audited")
	}
	for range mostHooks {
		b.post(hooksBase, url.Values{"name": {"One more"}, "kind": {"events"}})
	}
	b.post(hooksBase, url.Values{"name": {"Too many"}, "kind": {"events"}}).want(http.StatusUnprocessableEntity, "at most 50 webhooks")
}

// The menu leads admins to the page, and nobody else.
func TestOnlyAdminsAreLedToWebhooks(t *testing.T) {
	w := newWorld(t)
	w.as(home, gateway.RoleAdmin).get("/").want(http.StatusOK, "Webhooks")
	if got := w.as(home, gateway.RoleRep).get("/").want(http.StatusOK); contains(got.body, hooksBase) {
		t.Error("a rep is led to webhooks")
	}
}
