package handlers

import (
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/views"
)

// pilotShown is how many members the pilot group offers beside those who are
// in it; a search brings others.
const pilotShown = 12

// pilot is the ring of members to whom syncing can be limited at first
// (AVM-53). Who is in it always stands in the form, so that a search takes
// nobody out.
func (v *visit) pilot(t tabState) (*views.Pilot, error) {
	members, err := v.ws.Members(v.UserContext())
	if err != nil {
		return nil, err
	}
	ring, search := t.settings.Notes.Pilot, strings.TrimSpace(v.Query("pilot"))
	p := &views.Pilot{
		Ring: "Syncing runs for everybody. Limit it to a few members first?",
		Open: ring.On || len(ring.Members) > 0 || search != "" || t.errors["pilot"] != "",
		Switch: views.Switch{
			Name: "pilot_on", Label: "Limit syncing to a pilot group", On: ring.On, Locked: t.locked, Error: t.errors["pilot"], Meta: t.meta(v, "pilot.on", "off"),
			Effect: "Only meetings and calls of these members are written to Salesforce. It comes before the lock and before everybody’s own values.",
		},
		Members: views.ChoiceGroup{
			Name: "pilot_members", Legend: "In the pilot group", Many: true, Columns: true, Locked: t.locked, Meta: t.meta(v, "pilot.members", "nobody"),
			Hint: count(len(ring.Members), "member is", "members are") + " in it.",
		},
		SearchURL: settingsBase + "/notes",
		Search:    views.Field{ID: "pilot", Name: "pilot", Label: "Name, e-mail or team", Value: search, Type: "search", Autocomplete: "off"},
	}
	if ring.On {
		p.Ring = "Syncing runs for " + count(len(ring.Members), "member", "members") + " only."
	}
	found, offered := 0, 0
	for _, m := range members {
		in := slices.Contains(ring.Members, m.ID)
		match := search == "" || strings.Contains(strings.ToLower(m.Name+" "+m.Email+" "+m.Team), strings.ToLower(search))
		if match && !m.Disabled {
			found++
		}
		if !in && (!match || m.Disabled || offered >= pilotShown) {
			continue
		}
		if !in {
			offered++
		}
		p.Members.Choices = append(p.Members.Choices, views.Choice{Value: m.ID, Label: m.Name, Effect: m.Team, Checked: in})
	}
	switch {
	case search != "":
		p.Text = count(found, "member matches", "members match") + " “" + search + "”. Tick them under “In the pilot group”, then review the changes."
	case found <= pilotShown:
		p.SearchURL = "" // all of them stand in the form
	default:
		p.Text = count(found, "member", "members") + "; the first " + number(pilotShown) + " are offered above. Save what you changed before you search."
	}
	return p, nil
}

// checkPilot refuses a ring in which nobody is: then nothing would be written
// for anybody.
func checkPilot(after gateway.Settings) error {
	if after.Notes.Pilot.On && len(after.Notes.Pilot.Members) == 0 {
		return gateway.InvalidField("pilot", "Choose who is in the pilot group, or switch it off: with nobody in it nothing is written for anybody.")
	}
	return nil
}

// named puts names in the place of member ids in the words of a setting.
func (v *visit) named(setting, words string) (string, error) {
	if setting != "pilot.members" {
		return words, nil
	}
	members, err := v.ws.Members(v.UserContext())
	for _, m := range members {
		words = strings.ReplaceAll(words, m.ID, m.Name)
	}
	return words, err
}
