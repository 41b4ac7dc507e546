package handlers

import (
	"net/http"
	"testing"
	"time"

	"tidegate/gateway"
)

// Issue 5 point 10, M5: row by row what the settings in force would have done
// beside what was really done; and in a review, for a proposal, which
// conversations would come out otherwise and at what cost, page by page.
func TestBacktestOfSettings_M5(t *testing.T) {
	w := newWorld(t)
	for i, title := range []string{"Weekly", "Review"} {
		m := gateway.Meeting{
			ExternalID: title, Title: title, Source: gateway.FromCalendar, Status: gateway.MeetingCompleted, Organizer: email(home, gateway.RoleRep),
			StartsAt: w.clock.now().Add(-time.Duration(i+1) * 24 * time.Hour), EndsAt: w.clock.now().Add(-time.Duration(i+1)*24*time.Hour + time.Hour),
			Participants: []gateway.Participant{{Email: "ann@home.example", Name: "Ann"}}, Notes: "They want a price.",
		}
		_, err := w.box.SubmitMeeting(t.Context(), home, m)
		must(t, err)
	}
	b := w.as(home, gateway.RoleAdmin)
	b.get(againBase).want(http.StatusOK, "What the settings would have done")
	b.get(backtestBase).want(http.StatusOK, "0 of 2", "conversations would have come out otherwise", "Nothing would differ")
	b.get(backtestBase+"?show=all&page=99").want(http.StatusOK, "Weekly", "Review", "The same")
	path := settingsBase + "/notes"
	form := b.get(path).form(path)
	form["meeting_notes"] = []string{"task"}
	review := b.post(path, form).want(http.StatusOK, "Nothing is saved yet.", "2 of 2 would have come out otherwise", "Show what it would have done, row by row")
	asked := review.form(path)
	asked.Set(stepName, stepBacktest)
	rows := b.post(path, asked).want(http.StatusOK, "What your change would have done", "2 of 2", "Weekly", "Written then", "New Task", "Back to editing", "With the settings in force", "Other values", "Description: ")
	if rows.status != http.StatusOK || w.settings(gateway.OrgScope, gateway.TabNotes).Revision != 0 {
		t.Error("looking saved something")
	}
}
