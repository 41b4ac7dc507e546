package handlers

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/hint"
	"tidegate/store/storetest"
)

// hookSecret is that of every hook of the tests; sealed like a drawn one.
const hookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func hookOf(ws gateway.WorkspaceID, k gateway.HookKind) string {
	return string(k) + "-of-" + strings.ReplaceAll(string(ws), " ", "-")
}

func orgOf(ws gateway.WorkspaceID) string {
	id, _ := gateway.NormalizeID(fmt.Sprintf("00D5500000%05d", numberOf(ws)))
	return id
}

func (w *world) hook(ws gateway.WorkspaceID, k gateway.HookKind) {
	w.t.Helper()
	id := hookOf(ws, k)
	must(w.t, w.db.In(ws).CreateHook(w.t.Context(), gateway.Hook{
		ID: id, Kind: k, Name: "Hook of " + string(ws), CreatedBy: "Ada Admin",
		Sealed: w.server.Vault.Seal([]byte(hookSecret), ws, gateway.Hook{ID: id}.SealedAs()),
	}))
	must(w.t, w.db.In(ws).CreateSubscriber(w.t.Context(), gateway.Subscriber{ID: id, Name: "Product of " + string(ws), URL: "https://product.example/" + id}))
}

// salesforce is the org's side: it sends what Salesforce sends, without cookies.
func (w *world) salesforce() *browser {
	b := w.browser()
	b.header = map[string]string{}
	return b
}

// message is an outbound message of an org about records, one notification
// each; n makes its notifications' ids.
func message(org string, n int, keys ...gateway.RecordKey) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
		<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>` + org + `</OrganizationId><ActionId>04k000000000001AAA</ActionId><SessionId>` + canarySession + `</SessionId>`)
	for i, k := range keys {
		fmt.Fprintf(&b, `<Notification><Id>04l55000%07d</Id><sObject xsi:type="sf:%s" xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>%s</sf:Id><sf:Email>%s</sf:Email></sObject></Notification>`, n+i, k.Object, k.ID, canaryValue)
	}
	b.WriteString(`</notifications></soapenv:Body></soapenv:Envelope>`)
	return b.String()
}

// What must not be found anywhere afterwards.
const (
	canarySession = "00D550000000004!CANARYsessionCANARY"
	canaryValue   = "canary-value@example.com"
)

func (b *browser) soap(id, secret, body string) answered {
	b.w.t.Helper()
	target := outboundPath + id
	if secret != "" {
		target += "?secret=" + secret
	}
	return b.send(http.MethodPost, target, "text/xml; charset=utf-8", body)
}

// signed sends JSON as Standard Webhooks prescribe.
func (b *browser) signed(id, message, secret, body string) answered {
	b.w.t.Helper()
	at := strconv.FormatInt(b.w.clock.now().Unix(), 10)
	b.header[hint.HeaderID], b.header[hint.HeaderTimestamp] = message, at
	b.header[hint.HeaderSignature] = hint.Sign(secret, message, at, []byte(body))
	return b.json(http.MethodPost, signedPath+id, body)
}

func (a answered) acknowledged() answered {
	a.t.Helper()
	return a.want(http.StatusOK, "<Ack>true</Ack>")
}

// fault checks that Salesforce is answered in SOAP, and not with an Ack.
func (a answered) fault(status int, texts ...string) {
	a.t.Helper()
	a.want(status, append(texts, "soapenv:Fault")...)
	if contains(a.body, "Ack>") {
		a.t.Error("a refused message is acknowledged")
	}
}

func (w *world) marks(ws gateway.WorkspaceID) []gateway.RecordKey {
	w.t.Helper()
	marks, err := w.db.In(ws).Refetches(w.t.Context(), 1000)
	must(w.t, err)
	return marks
}

func (w *world) came(ws gateway.WorkspaceID, hook string) []gateway.HookDelivery {
	w.t.Helper()
	list, err := w.db.In(ws).HookDeliveries(w.t.Context(), hook, 0, 100)
	must(w.t, err)
	return list
}

func hookWorlds(t *testing.T, f func(t *testing.T, w *world)) {
	storetest.Engines(t, func(t *testing.T, url string) { f(t, newWorldOn(t, url)) })
}

const contactBody = `{"object":"Contact","ids":["%s"]}`

func TestForgedRequestsAreRefusedBeforeTheyAreRead_S14(t *testing.T) {
	hookWorlds(t, func(t *testing.T, w *world) {
		out, events := hookOf(home, gateway.HookOutbound), hookOf(home, gateway.HookEvents)
		good := message(orgOf(home), 1, contactOf(home))
		refusals := []answered{
			w.salesforce().soap(out, "", good), w.salesforce().soap(out, "wrong", good), w.salesforce().soap(out, hookSecret[:20], good),
			w.salesforce().soap(out, "", "<!DOCTYPE x>"), w.salesforce().soap("nowhere", hookSecret, good), w.salesforce().soap(events, hookSecret, good),
		}
		for _, got := range refusals {
			got.fault(http.StatusUnauthorized, "not proven")
			if got.body != refusals[0].body {
				t.Errorf("answers differ: %s and %s", got.body, refusals[0].body)
			}
		}
		body := fmt.Sprintf(contactBody, contactOf(home).ID)
		other := "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
		for name, got := range map[string]answered{
			"no signature":                  w.salesforce().json(http.MethodPost, signedPath+events, body),
			"wrong secret":                  w.salesforce().signed(events, "m1", other, body),
			"unreadable, and not signed":    w.salesforce().json(http.MethodPost, signedPath+events, "{"),
			"hook of no workspace":          w.salesforce().signed("nowhere", "m1", hookSecret, body),
			"hook of the other kind":        w.salesforce().signed(out, "m1", hookSecret, body),
			"signature for another message": w.missigned(events, "m1", body),
		} {
			got.want(http.StatusUnauthorized, `"unauthorized"`)
			if got.header.Get("WWW-Authenticate") != "" {
				t.Errorf("%s asks for a key of the API", name)
			}
		}
		// The secret of one workspace opens nothing in another.
		h, err := w.db.In(foreign).Hook(t.Context(), hookOf(foreign, gateway.HookEvents))
		must(t, err)
		h.Sealed = w.server.Vault.Seal([]byte(other), foreign, h.SealedAs())
		must(t, w.db.In(foreign).SaveHook(t.Context(), h))
		w.salesforce().signed(h.ID, "m1", hookSecret, body).want(http.StatusUnauthorized)
		if marks := append(w.marks(home), w.marks(foreign)...); len(marks) != 0 {
			t.Errorf("marked %v", marks)
		}
		if came := w.came(home, out); len(came) == 0 || came[0].Outcome != gateway.HookRefused || !contains(came[0].Reason, "secret in the address") {
			t.Errorf("the admin sees %+v", came)
		}
	})
}

// missigned sends a body that is not the signed one.
func (w *world) missigned(hook, message, body string) answered {
	b := w.salesforce()
	at := strconv.FormatInt(w.clock.now().Unix(), 10)
	b.header[hint.HeaderID], b.header[hint.HeaderTimestamp] = message, at
	b.header[hint.HeaderSignature] = hint.Sign(hookSecret, message, at, []byte(body+" "))
	return b.json(http.MethodPost, signedPath+hook, body)
}

func TestOddSignaturesAreRefused_S15_S18(t *testing.T) {
	w := newWorld(t)
	hook, body := hookOf(home, gateway.HookEvents), fmt.Sprintf(contactBody, contactOf(home).ID)
	at := strconv.FormatInt(w.clock.now().Unix(), 10)
	signature := hint.Sign(hookSecret, "m1", at, []byte(body))
	tests := []struct {
		name                    string
		id, at, signature, body string
	}{
		{"S-15 truncated", "m1", at, signature[:len(signature)-4], body},
		{"S-15 prefix", "m1", at, signature[:8], body},
		{"S-15 a thousand signatures", "m1", at, strings.Repeat("v1,AAAA ", 1000) + signature, body},
		{"S-18 written anew", "m1", at, signature, strings.Replace(body, ":", ": ", 1)},
		{"S-18 another id", "m2", at, signature, body},
		{"S-18 another timestamp", "m1", strconv.FormatInt(w.clock.now().Unix()+1, 10), signature, body},
		{"S-16 too old", "m1", strconv.FormatInt(w.clock.now().Unix()-301, 10), hint.Sign(hookSecret, "m1", strconv.FormatInt(w.clock.now().Unix()-301, 10), []byte(body)), body},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := w.salesforce()
			b.header[hint.HeaderID], b.header[hint.HeaderTimestamp], b.header[hint.HeaderSignature] = tt.id, tt.at, tt.signature
			b.json(http.MethodPost, signedPath+hook, tt.body).want(http.StatusUnauthorized)
		})
	}
	if marks := w.marks(home); len(marks) != 0 {
		t.Errorf("marked %v", marks)
	}
}

func TestARepeatedRequestHasNoSecondEffect_S16(t *testing.T) {
	hookWorlds(t, func(t *testing.T, w *world) {
		hook, body := hookOf(home, gateway.HookEvents), fmt.Sprintf(contactBody, contactOf(home).ID)
		w.salesforce().signed(hook, "m1", hookSecret, body).want(http.StatusAccepted, `"taken"`)
		w.clock.forward(4 * time.Minute)
		w.salesforce().signed(hook, "m1", hookSecret, body).want(http.StatusAccepted, `"repeated"`)
		came := w.came(home, hook)
		if len(came) != 2 || came[1].Outcome != gateway.HookTaken || len(came[1].Records) != 1 || came[0].Outcome != gateway.HookRepeated || len(came[0].Records) != 0 {
			t.Errorf("deliveries %+v", came)
		}
		if marks := w.marks(home); len(marks) != 1 || marks[0] != contactOf(home) {
			t.Errorf("marked %v", marks)
		}
		// What is not mirrored is taken too: Salesforce need not send it again.
		w.salesforce().signed(hook, "m2", hookSecret, `{"object":"Case","ids":["500550000000004AAA"]}`).want(http.StatusAccepted, `"ignored"`, "Case")
		w.salesforce().signed(hook, "m3", hookSecret, `{"ids":[]}`).want(http.StatusBadRequest, "names no record")
		w.salesforce().signed(hook, "m4", hookSecret, `{"organizationId":"`+orgOf(foreign)+`","ids":["`+contactOf(home).ID+`"]}`).want(http.StatusForbidden, "another Salesforce org")
		w.salesforce().signed(hook, "m5", hookSecret, `{"organizationId":"`+orgOf(home)[:15]+`","recordId":"`+contactOf(home).ID[:15]+`"}`).want(http.StatusAccepted, `"taken"`)
	})
}

func TestBothSecretsProveDuringTheOverlapOnly_S19(t *testing.T) {
	hookWorlds(t, func(t *testing.T, w *world) {
		admin := w.as(home, gateway.RoleAdmin)
		events, out := hookOf(home, gateway.HookEvents), hookOf(home, gateway.HookOutbound)
		body := fmt.Sprintf(contactBody, contactOf(home).ID)
		fresh := secretOn(t, admin.post(hooksBase+"/"+events+"/rotate", nil).want(http.StatusOK, "shown only now"))
		freshAddress := secretOn(t, admin.post(hooksBase+"/"+out+"/rotate", nil))
		_, freshShown, ok := strings.Cut(freshAddress, "?secret=")
		if !ok || freshShown == "" || fresh == hookSecret {
			t.Fatalf("the new address is %s", freshAddress)
		}
		w.salesforce().signed(events, "m1", hookSecret, body).want(http.StatusAccepted)
		w.salesforce().signed(events, "m2", fresh, body).want(http.StatusAccepted)
		w.salesforce().soap(out, hookSecret, message(orgOf(home), 1, contactOf(home))).acknowledged()
		w.salesforce().soap(out, freshShown, message(orgOf(home), 2, contactOf(home))).acknowledged()
		if came := w.came(home, events); came[0].OldSecret || !came[1].OldSecret {
			t.Errorf("which secret proved: %+v", came)
		}
		admin.get(hooksBase+"/"+events).want(http.StatusOK, "Proven by the old secret", "accepted until")
		w.clock.forward(overlap + time.Minute)
		w.salesforce().signed(events, "m3", hookSecret, body).want(http.StatusUnauthorized)
		w.salesforce().signed(events, "m4", fresh, body).want(http.StatusAccepted)
		w.salesforce().soap(out, hookSecret, message(orgOf(home), 3, contactOf(home))).fault(http.StatusUnauthorized)
		// The overlap can be ended at once, and a second rotation ends the first.
		later := secretOn(t, w.as(home, gateway.RoleAdmin).post(hooksBase+"/"+events+"/rotate", nil))
		w.as(home, gateway.RoleAdmin).post(hooksBase+"/"+events+"/retire", nil).want(http.StatusSeeOther)
		w.salesforce().signed(events, "m5", fresh, body).want(http.StatusUnauthorized)
		w.salesforce().signed(events, "m6", later, body).want(http.StatusAccepted)
	})
}

func TestHostileMessagesAreRefused_S20_S21(t *testing.T) {
	w := newWorld(t)
	hook := hookOf(home, gateway.HookOutbound)
	good := message(orgOf(home), 1, contactOf(home))
	declaration := `<?xml version="1.0" encoding="UTF-8"?>`
	laughs := `<!DOCTYPE lolz [<!ENTITY a "ha">`
	for i := range 9 {
		laughs += fmt.Sprintf(`<!ENTITY a%d "%s">`, i, strings.Repeat("&a;", 10))
	}
	for name, body := range map[string]string{
		"S-20 file":             strings.Replace(good, declaration, declaration+`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`, 1),
		"S-20 http":             strings.Replace(good, declaration, declaration+`<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x">`, 1),
		"S-20 parameter entity": strings.Replace(good, declaration, declaration+`<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p">%p;]>`, 1),
		"S-21 billion laughs":   strings.Replace(good, declaration, declaration+laughs+"]>", 1),
		"S-21 quadratic":        strings.Replace(good, canaryValue, strings.Repeat("&a;", 200_000), 1),
		"S-21 nesting":          strings.Replace(good, canaryValue, strings.Repeat("<a>", 100_000), 1),
		"S-21 101":              message(orgOf(home), 1, make([]gateway.RecordKey, 101)...),
		"not XML":               "hello",
	} {
		t.Run(name, func(t *testing.T) {
			got := w.salesforce().soap(hook, hookSecret, body)
			got.fault(http.StatusBadRequest)
			if contains(got.body, "root:") || contains(got.body, "&e;") {
				t.Error("the answer repeats the message")
			}
		})
	}
	events := hookOf(home, gateway.HookEvents)
	w.salesforce().signed(events, "deep", hookSecret, `{"record":`+strings.Repeat("[", 100_000)).want(http.StatusBadRequest)
	if marks := w.marks(home); len(marks) != 0 {
		t.Errorf("marked %v", marks)
	}
	if came := w.came(home, hook); len(came) == 0 {
		t.Error("the admin sees nothing of it")
	}
}

func TestMessagesOfAnotherOrgAreRefused_S22(t *testing.T) {
	hookWorlds(t, func(t *testing.T, w *world) {
		hook := hookOf(home, gateway.HookOutbound)
		w.salesforce().soap(hook, hookSecret, message(orgOf(foreign), 1, contactOf(home))).fault(http.StatusForbidden, "another Salesforce org")
		w.salesforce().soap(hook, "", message(orgOf(home), 1, contactOf(home))).fault(http.StatusUnauthorized)
		w.salesforce().soap(hook, hookSecret, message("00D550000000004AAX", 1, contactOf(home))).fault(http.StatusBadRequest)
		if marks := w.marks(home); len(marks) != 0 {
			t.Errorf("marked %v", marks)
		}
		w.salesforce().soap(hook, hookSecret, message(orgOf(home)[:15], 1, contactOf(home))).acknowledged()
		// Without a connected org nobody can be checked: it comes again later.
		conn, err := w.db.In(home).Connection(t.Context())
		must(t, err)
		conn.OrgID = ""
		must(t, w.db.In(home).SaveConnection(t.Context(), conn))
		w.salesforce().soap(hook, hookSecret, message(orgOf(home), 2, contactOf(home))).fault(http.StatusServiceUnavailable, "soapenv:Server")
	})
}

// S-23: the session id of a message, and the values of its records, are
// nowhere afterwards.
func TestNothingKeepsASessionID_S23(t *testing.T) {
	hookWorlds(t, func(t *testing.T, w *world) {
		hook := hookOf(home, gateway.HookOutbound)
		good := message(orgOf(home), 1, contactOf(home))
		w.server.Logger = slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		answers := w.salesforce().soap(hook, hookSecret, good).acknowledged().body
		answers += w.salesforce().soap(hook, "wrong", good).body
		answers += w.salesforce().soap(hook, hookSecret, strings.Replace(good, orgOf(home), canarySession, 1)).body
		answers += w.salesforce().soap(hook, hookSecret, good[:len(good)-40]).body
		answers += w.as(home, gateway.RoleAdmin).get(hooksBase + "/" + hook).body
		kept, err := json.Marshal(w.came(home, hook))
		must(t, err)
		for place, text := range map[string]string{"answers": answers, "log": w.log.String(), "deliveries": string(kept)} {
			for _, canary := range []string{"CANARY", canaryValue, hookSecret} {
				if contains(text, canary) {
					t.Errorf("%s found in %s", canary, place)
				}
			}
		}
	})
}

func TestNotificationsRepeatedAndOutOfOrderHaveOneEffect_S24(t *testing.T) {
	hookWorlds(t, func(t *testing.T, w *world) {
		hook := hookOf(home, gateway.HookOutbound)
		contact, account := contactOf(home), accountOf(home)
		w.salesforce().soap(hook, hookSecret, message(orgOf(home), 5, contact)).acknowledged()
		w.salesforce().soap(hook, hookSecret, message(orgOf(home), 4, account, contact)).acknowledged() // 4 is new, 5 is not
		w.salesforce().soap(hook, hookSecret, message(orgOf(home), 4, account, contact)).acknowledged()
		came := w.came(home, hook)
		if len(came) != 3 || came[0].Outcome != gateway.HookRepeated || len(came[1].Records) != 1 || came[1].Records[0] != account || len(came[2].Records) != 1 {
			t.Errorf("deliveries %+v", came)
		}
		if marks := w.marks(home); len(marks) != 2 {
			t.Errorf("marked %v", marks)
		}
		hundred := make([]gateway.RecordKey, hint.MaxNotifications)
		for i := range hundred {
			hundred[i] = key("Contact", "003", 100+i)
		}
		w.salesforce().soap(hook, hookSecret, message(orgOf(home), 100, hundred...)).acknowledged()
		if marks := w.marks(home); len(marks) != 102 {
			t.Errorf("%d marked", len(marks))
		}
		// Two at once: one effect all the same.
		done := make(chan answered)
		for range 4 {
			go func() { done <- w.salesforce().soap(hook, hookSecret, message(orgOf(home), 1000, contact)) }()
		}
		for range 4 {
			(<-done).acknowledged()
		}
		taken := 0
		for _, d := range w.came(home, hook)[:4] {
			if d.Outcome == gateway.HookTaken {
				taken++
			}
		}
		if taken != 1 {
			t.Errorf("%d of four had an effect", taken)
		}
	})
}

// S-25: what claims to be packed is not unpacked, and what is too large is not
// taken.
func TestPackedAndTooLargeBodiesAreRefused_S25(t *testing.T) {
	w := newWorld(t)
	b := w.salesforce()
	b.header["Content-Encoding"] = "gzip"
	b.soap(hookOf(home, gateway.HookOutbound), hookSecret, "\x1f\x8b").fault(http.StatusUnsupportedMediaType, "Content-Encoding")
	b.signed(hookOf(home, gateway.HookEvents), "m", hookSecret, "\x1f\x8b").want(http.StatusUnsupportedMediaType)
	apiKey, _ := w.apiKey(home, "write")
	p := w.product(apiKey)
	p.header["Content-Encoding"] = "gzip"
	p.json(http.MethodPut, "/api/v1/people/p1", "\x1f\x8b").want(http.StatusUnsupportedMediaType)
}

func TestADisabledHookRefusesUntilItIsEnabled(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	hook := hookOf(home, gateway.HookOutbound)
	admin.post(hooksBase+"/"+hook+"/disable", nil).want(http.StatusSeeOther)
	w.salesforce().soap(hook, "wrong", "").fault(http.StatusUnauthorized) // says nothing to strangers
	w.salesforce().soap(hook, hookSecret, message(orgOf(home), 1, contactOf(home))).fault(http.StatusForbidden, "disabled")
	admin.post(hooksBase+"/"+hook+"/enable", nil).want(http.StatusSeeOther)
	w.salesforce().soap(hook, hookSecret, message(orgOf(home), 1, contactOf(home))).acknowledged()
}

// A database that is away is no reason to lose a message: it is not
// acknowledged, so it comes again.
func TestNothingIsAcknowledgedThatIsNotDurable(t *testing.T) {
	w := newWorld(t)
	must(t, w.db.Close())
	got := w.salesforce().soap(hookOf(home, gateway.HookOutbound), hookSecret, message(orgOf(home), 1, contactOf(home)))
	if got.status < 500 || contains(got.body, "Ack>") {
		t.Errorf("%d %s", got.status, got.body)
	}
}

func TestRefusalsAreWrittenDownSeldomAndCounted(t *testing.T) {
	w := newWorld(t)
	hook := hookOf(home, gateway.HookOutbound)
	for range 50 {
		w.salesforce().soap(hook, "wrong", "")
	}
	w.clock.forward(2 * time.Second)
	w.salesforce().soap(hook, "wrong", "")
	came, times := w.came(home, hook), 0
	for _, d := range came {
		times += d.Times
	}
	if len(came) > 3 || times != 51 {
		t.Errorf("%d rows, %d times: %+v", len(came), times, came)
	}
}
