package simulator_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tidegate/simulator"
	"tidegate/simulator/org"
	"tidegate/simulator/seed"
)

// calendar lists the child events there are, by their owner.
func (c *client) calendar() map[string]map[string]any {
	c.t.Helper()
	byOwner := map[string]map[string]any{}
	for _, id := range c.ids("Id", "SELECT Id FROM Event WHERE IsChild = true") {
		row := c.row("Event", id)
		byOwner[fmt.Sprint(row["OwnerId"])] = row
	}
	return byOwner
}

func TestR23InvitedUsersHaveACopyOfTheEvent(t *testing.T) {
	for name, features := range map[string]org.Features{"": {}, "shared activities": {Shared: true}} {
		t.Run(name, func(t *testing.T) {
			var ahead atomic.Int64
			now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
			cfg := simulator.Config{DataDir: t.TempDir(), Features: features, Now: now, Seed: 1, Sizes: seed.Sizes{Accounts: 1}}
			o, c := start(t, cfg)
			users := c.ids("Id", "SELECT Id FROM User WHERE Username != 'admin@tidegate.example' AND IsActive = true LIMIT 2")
			contact := c.made("Contact", `{"LastName":"Guest"}`)
			event := c.made("Event", `{"Subject":"Review","StartDateTime":"2026-05-04T10:00:00Z","DurationInMinutes":30,"IsReminderSet":true}`)
			invite := func(who string) string {
				return c.made("EventRelation", `{"EventId":"`+event+`","RelationId":"`+who+`"}`)
			}
			invite(contact)
			if got := c.calendar(); len(got) != 0 {
				t.Errorf("a contact has no calendar here: %v", got)
			}
			from := o.Log.Last()
			first := invite(users[0])
			invite(users[1])
			_, data := feed(t, o, from)
			if n := strings.Count(data, `"changeType":"CREATE"`); n != 2 || !strings.Contains(data, `"IsChild":true`) {
				t.Errorf("%d events of creation in %s", n, data)
			}
			child := c.calendar()[users[0]]
			if child["Subject"] != "Review" || child["IsReminderSet"] != false || child["IsGroupEvent"] != true || child["GroupEventType"] != "1" {
				t.Errorf("the copy: %v", child)
			}
			path := "/sobjects/Event/" + fmt.Sprint(child["Id"])
			c.steps(
				step{"PATCH", path, `{"Subject":"Mine"}`, 400, []string{"FIELD_INTEGRITY_EXCEPTION", "Subject"}},
				step{"PATCH", path, `{"IsReminderSet":true}`, 204, nil},
				step{"PATCH", "/sobjects/Event/" + event, `{"Subject":"Retrospective","StartDateTime":"2026-05-05T10:00:00Z"}`, 204, nil},
				step{"POST", "/sobjects/EventRelation", `{"EventId":"` + fmt.Sprint(child["Id"]) + `","RelationId":"` + contact + `"}`, 400, []string{"FIELD_INTEGRITY_EXCEPTION"}},
			)
			for user, row := range c.calendar() {
				if row["Subject"] != "Retrospective" || row["StartDateTime"] != "2026-05-05T10:00:00.000+0000" || row["IsReminderSet"] != (user == users[0]) {
					t.Errorf("the copy of %s did not follow: %v", user, row)
				}
			}
			c.steps(step{"DELETE", "/sobjects/EventRelation/" + first, "", 204, nil})
			if got := c.calendar(); got[users[0]] != nil || got[users[1]] == nil {
				t.Errorf("after the first was uninvited: %v", got)
			}

			ahead.Add(int64(time.Minute)) // what was taken off before comes not back with the event
			// Which event a copy is of survives a restart, and a deletion takes it along.
			if err := o.Close(); err != nil {
				t.Fatal(err)
			}
			_, c = start(t, cfg)
			c.steps(step{"PATCH", "/sobjects/Event/" + event, `{"Location":"Bern"}`, 204, nil})
			if got := c.calendar()[users[1]]; got["Location"] != "Bern" {
				t.Errorf("after a restart: %v", got)
			}
			c.steps(step{"DELETE", "/sobjects/Event/" + event, "", 204, nil})
			if got := c.calendar(); len(got) != 0 {
				t.Errorf("after the deletion: %v", got)
			}
			c.want(200, "POST", "/_sim/changes", `{"object":"Event","op":"undelete","id":"`+event+`"}`)
			if got := c.calendar(); len(got) != 1 || got[users[1]]["Subject"] != "Retrospective" {
				t.Errorf("after the undelete: %v", got)
			}
		})
	}
}
