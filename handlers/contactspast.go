package handlers

import (
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
	"tidegate/views"
)

// The bounds of the look back: somebody waits for it.
const (
	pastDays     = 30
	pastMeetings = 200
	pastShown    = 20
)

// contactsPast says whom meetings of the last days would have created by the
// saved values: the very plan of the live flow, as if nothing were written yet.
// It is made only when asked for.
func (v *visit) contactsPast(s gateway.Settings) (*views.ListPage, string, error) {
	list := &views.ListPage{
		Caption: "Whom it would have created",
		Columns: []views.Column{{Text: "Person"}, {Text: "Meeting"}},
		Empty: views.Empty{
			Icon: views.IconContact, Title: "The last " + number(pastDays) + " days", Text: "Looks through your meetings with the saved values. Nothing is created by looking.",
			Actions: []views.Action{{Text: "Look back", URL: settingsBase + "/contacts?last=30#past"}},
		},
	}
	if v.Query("last") == "" {
		return list, "", nil
	}
	page, err := v.ws.Meetings(v.UserContext(), store.SaidQuery{Limit: pastMeetings})
	if err != nil {
		return nil, "", err
	}
	on := s.Contacts.AutoCreate
	s.Contacts.AutoCreate = true // the question is who, not whether
	since, looked, people := v.s.Now().AddDate(0, 0, -pastDays), 0, map[string]bool{}
	for _, m := range page.Items {
		if m.StartsAt.Before(since) || m.StartsAt.After(v.s.Now()) {
			continue
		}
		looked++
		plan, err := v.s.Outbox.PreviewMeeting(v.UserContext(), v.member.Workspace, m, s)
		if err != nil {
			return nil, "", err
		}
		for _, o := range plan.Owed {
			who := o.Fields["Email"].String()
			if o.Key.Object != "Contact" || !o.Key.Local() || people[who] {
				continue
			}
			people[who] = true
			if len(list.Rows) < pastShown {
				list.Rows = append(list.Rows, pastRow(o, m, who, v.clock()))
			}
		}
	}
	text := count(len(people), "contact", "contacts") + " from " + count(looked, "meeting", "meetings") + " of the last " + number(pastDays) + " days."
	if !on {
		text += " Only once “Create contacts from meetings” is on."
	}
	if page.Total > pastMeetings {
		text += " Only the last " + number(pastMeetings) + " meetings were looked at."
	}
	if len(people) > pastShown {
		list.Pager.Text = number(pastShown) + " of " + number(len(people))
	}
	list.Empty = views.Empty{Icon: views.IconContact, Title: "Nobody", Text: "No external participant of these meetings would have become a contact. Try one address above to see which rule decides."}
	return list, text, nil
}

func pastRow(o outbound.Owed, m gateway.Meeting, who string, clk clock) views.Row {
	name := strings.TrimSpace(o.Fields["FirstName"].String() + " " + o.Fields["LastName"].String())
	day := m.StartsAt.In(clk.zone).Format(time.DateOnly)
	return views.Row{Cells: []views.Cell{{Kind: views.KindContact, Text: name, Second: who}, {Text: m.Title, Second: day}}}
}
