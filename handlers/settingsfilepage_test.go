package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

// UX 21: on a page, too, the settings go out as a file, come in through the
// review of every change, and are then what the file says; one that cannot be
// applied changes nothing.
func TestSettingsGoOutAndInAsAFile_UX21(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, dbURL string) {
		w := newWorldOn(t, dbURL)
		admin := w.as(home, gateway.RoleAdmin)
		page := admin.get(fileBase).want(http.StatusOK, "Download settings.yaml", "Apply a file")
		if page.header.Get("Content-Disposition") != "" {
			t.Error("the page itself is a download")
		}
		out := admin.get(fileBase+"/settings.yaml").want(http.StatusOK, "tidegate: 1", "action-items", "Default agent")
		if !strings.Contains(out.header.Get("Content-Disposition"), "settings.yaml") {
			t.Error("not a file")
		}
		admin.post(fileBase, url.Values{"text": {out.body}}).want(http.StatusSeeOther).wantLocation(fileBase + "?saved=nothing")

		text := strings.NewReplacer("name: Next Steps", "name: Next Moves", "name: Default agent", "name: Web chat", "auto_events: true", "auto_events: false").Replace(out.body)
		text = strings.Replace(text, "            editable: true", "            editable: false", 1)
		review := admin.post(fileBase, url.Values{"text": {text}}).want(http.StatusOK, "Nothing is saved yet.", "Next Moves", "Web chat", "not editable", "Create Events automatically")
		if again := admin.get(fileBase + "/settings.yaml"); again.body != out.body {
			t.Error("a review saves")
		}
		admin.post(fileBase, agreed(review.form(fileBase))).want(http.StatusSeeOther).wantLocation(fileBase + "?saved=settings")
		if now := admin.get(fileBase + "/settings.yaml"); now.body != text {
			t.Errorf("the workspace says\n%s\nthe file\n%s", now.body, text)
		}
		if a := w.agent(gateway.DefaultAgent); a.Name != "Web chat" || a.By != "Ada Admin" {
			t.Errorf("agent %+v", a)
		}
		if !w.audited(home, "applied a settings file") {
			t.Error("not audited")
		}
		w.replanned()

		for bad, says := range map[string]string{"": "must begin with", "tidegate: 1\nnotes: 7": "cannot be read", "tidegate: 1\nmembers: {eve@example.com: {auto_events: false}}": "no member of this workspace"} {
			admin.post(fileBase, url.Values{"text": {bad}}).want(http.StatusUnprocessableEntity, says)
		}
		boundary := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"settings.yaml\"\r\n\r\n" + out.body + "\r\n--b--\r\n"
		admin.send(http.MethodPost, fileBase, "multipart/form-data; boundary=b", boundary).want(http.StatusOK, "Nothing is saved yet.", "Next Steps")
	})
}
