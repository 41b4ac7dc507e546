package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

func TestTopicsAreAddedChangedAndArchived(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorldOn(t, url)
		admin := w.as(home, gateway.RoleAdmin)
		page := admin.get(topicsBase).want(http.StatusOK, "Action Items", "Date-sensitive", "Map these first", "Pain Points ← Pain Points", "Your org has a field for it: Next Step")
		form := page.form(topicsBase)
		form.Set("name", "Renewal Risk")
		form.Set("examples", "We may leave\r\n\r\n The board asks ")
		form.Add("date_sensitive", "on")
		own := topicsBase + "/renewal-risk"
		admin.post(topicsBase, form).want(http.StatusSeeOther).wantLocation(own + "?saved=topic")
		got, err := w.db.In(home).Topic(t.Context(), "renewal-risk")
		must(t, err)
		if !got.DateSensitive || !slices.Equal(got.Examples, []string{"We may leave", "The board asks"}) || got.Order != 9 || got.By != "Ada Admin" {
			t.Errorf("topic %+v", got)
		}

		form = admin.get(own).want(http.StatusOK, "Written to no field yet", "never summarized", "By Ada Admin").form(own)
		off(form, "date_sensitive", "on")
		form.Set("name", "Churn Risk")
		admin.post(own, form).want(http.StatusSeeOther)
		admin.get(topicsBase).want(http.StatusOK, "Churn Risk", "We may leave")
		if !w.audited(home, "changed the topic Churn Risk renewal-risk") {
			t.Error("not audited")
		}
		// The form from before that rests on an older revision (UX 18).
		form.Set("name", "Lost Risk")
		admin.post(own, form).want(http.StatusUnprocessableEntity, "Ada Admin saved this topic meanwhile (now named “Churn Risk”)", "Lost Risk")

		must(t, w.db.In(home).SaveMapping(t.Context(), gateway.Mapping{Object: "Opportunity", Field: "NextStep", Topic: "renewal-risk"}))
		admin.get(own).want(http.StatusOK, "Opportunity.NextStep", "All three conditions hold.")
		admin.get(own+"/archive").want(http.StatusOK, "It is in use: Opportunity.NextStep would get nothing new.")
		admin.post(own+"/archive", nil).want(http.StatusSeeOther)
		if words := admin.get(topicsBase).words(); strings.Contains(words, "Churn Risk") {
			t.Error("an archived topic is still in the list")
		}
		admin.get(topicsBase+"?show=archived").want(http.StatusOK, "Churn Risk")
		admin.get(own).want(http.StatusOK, "This topic is archived.")
		admin.post(own+"/restore", nil).want(http.StatusSeeOther)
		admin.get(topicsBase).want(http.StatusOK, "Churn Risk")
		admin.get(topicsBase + "/unheard-of").want(http.StatusNotFound)
	})
}

func TestImpossibleTopicsAreRefusedAndStayInTheForm(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	for _, tt := range []struct{ name, field, value, says string }{
		{"no name", "name", " ", "Give the topic a name"},
		{"taken name", "name", "budget", "Another topic has this name already"},
		{"no number", "order", "first", "a whole number from 1"},
		{"long example", "examples", strings.Repeat("x", 201), "up to 200 characters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			form := admin.get(topicsBase).form(topicsBase)
			form.Set("name", "Another")
			form.Set(tt.field, tt.value)
			admin.post(topicsBase, form).want(http.StatusUnprocessableEntity, tt.says)
			own := topicsBase + "/objections"
			form = admin.get(own).form(own)
			form.Set(tt.field, tt.value)
			admin.post(own, form).want(http.StatusUnprocessableEntity, tt.says)
		})
	}
	all, err := w.db.In(home).Topics(t.Context())
	must(t, err)
	if len(all) != len(gateway.DefaultTopics()) {
		t.Errorf("a refused topic was saved: %+v", all)
	}
}

func TestTopicsOfAnotherWorkspaceAreNotSeen_AVC04(t *testing.T) {
	w := newWorld(t)
	must(t, w.db.In(foreign).SaveTopic(t.Context(), gateway.Topic{Slug: "theirs", Name: "Theirs", Order: 1}))
	admin := w.as(home, gateway.RoleAdmin)
	if strings.Contains(admin.get(topicsBase).words(), "Theirs") {
		t.Error("a topic of another workspace is shown")
	}
	admin.get(topicsBase + "/theirs").want(http.StatusNotFound)
}
