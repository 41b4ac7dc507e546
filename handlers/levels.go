package handlers

import (
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/settings"
	"tidegate/views"
)

// levels are the three levels of the Notes settings (AVM-07): for everybody,
// for oneself, and for single members. Who is no admin has his own alone (AVM-02).
func (v *visit) levels(scope string) views.Segments {
	if !v.admin() {
		return views.Segments{}
	}
	own := memberScope(v.member.ID)
	return views.Segments{Label: "Level", Items: []views.Segment{
		{Text: "Organization", URL: settingsBase + "/notes", Current: scope == gateway.OrgScope},
		{Text: "You", URL: "/settings/you", Current: scope == own},
		{Text: "Members", URL: settingsBase + "/notes?level=members", Current: scope != gateway.OrgScope && scope != own},
	}}
}

// levelWords say for whom the values hold, own of them being members with own
// values.
func (v *visit) levelWords(t tabState, own int) string {
	switch {
	case t.scope != gateway.OrgScope && t.origin.Locked:
		words := "The organization has locked these settings: its values hold for everybody."
		if t.origin.By != "" {
			words += " Ask " + t.origin.By + " to change them."
		}
		return words
	case t.scope == memberScope(v.member.ID):
		return "These values hold for you only, while the organization has not locked them."
	case t.scope != gateway.OrgScope:
		return "These values hold for this member only, while the organization has not locked them."
	case own == 0:
		return "These values hold for everybody; nobody has chosen otherwise."
	case t.settings.Notes.Locked:
		return "These values hold for everybody. " + count(own, "member has", "members have") + " own values, set aside while locked."
	}
	return "These values hold for everybody but " + count(own, "member who has", "members who have") + " own values."
}

// ownValues tell of members with values of their own whom a change of the
// organization's settings does not reach, or whose values come and go with it.
func (v *visit) ownValues(from, to gateway.Settings) ([]views.Fact, error) {
	rows, err := v.ws.OwnSettings(v.UserContext(), gateway.TabNotes)
	if err != nil {
		return nil, err
	}
	own, err := settings.Own(from, to, rows)
	if err != nil {
		return nil, err
	}
	fact := func(n int, one, many, second string) []views.Fact {
		return []views.Fact{{Label: "Members’ own values", Value: count(n, one, many), Second: second}}
	}
	switch {
	case own.Kept > 0:
		return fact(own.Kept, "member keeps own values", "members keep own values", "This change does nothing for them. Lock the Notes settings to have it hold for everybody; Members, on the Notes tab, says who they are."), nil
	case own.Aside > 0:
		return fact(own.Aside, "member’s are set aside", "members’ are set aside", "The organization’s hold for everybody while the settings are locked; theirs are kept."), nil
	case own.Back > 0:
		return fact(own.Back, "member’s hold again", "members’ hold again", "They were set aside by the lock."), nil
	}
	return nil, nil
}

// seenAs tells a member under the lock what becomes of his own choice (UX 16).
// An admin is told on the organization's level what members see.
func seenAs(t tabState) *views.Choice {
	row, saved := t.rows[gateway.TabNotes]
	if t.scope == gateway.OrgScope {
		return seenByMembers(t)
	}
	if !t.origin.Locked || !saved {
		return nil
	}
	own := gateway.DefaultSettings()
	if settings.Decode(&own, gateway.TabNotes, row.Body) != nil {
		return nil // an unreadable row is reported where it would count
	}
	text := "The own choice (" + placesWords(own.Notes.MeetingNotes) + ") is kept and returns when the lock is lifted."
	if t.origin.By != "" {
		text += " Ask " + t.origin.By + " to change it."
	}
	return &views.Choice{Label: placesWords(t.settings.Notes.MeetingNotes), Effect: text}
}

// seenByMembers is nil while nothing is locked: they see their own choice then.
func seenByMembers(t tabState) *views.Choice {
	if !t.settings.Notes.Locked {
		return nil
	}
	text := "The organization’s values, which cannot be changed there. An own choice is kept and returns when the lock is lifted."
	if c, known := t.changes["locked"]; known {
		text += " Members are told to ask " + orSomebody(c.By) + "."
	}
	return &views.Choice{Label: placesWords(t.settings.Notes.MeetingNotes), Effect: text}
}

// placesWords say where notes go: "Note and Event".
func placesWords(chosen []string) string {
	var out []string
	for _, d := range destinations {
		if slices.Contains(chosen, d.value) {
			out = append(out, d.label)
		}
	}
	if len(out) == 0 {
		return "nowhere"
	}
	return list(out)
}

// noteMembers is the level Members: who has own values, and a way to each.
func noteMembers(v *visit) error {
	t, err := v.tabState(gateway.TabNotes, gateway.OrgScope)
	if err != nil {
		return err
	}
	members, err := v.ws.Members(v.UserContext())
	if err != nil {
		return err
	}
	rows, err := v.ws.OwnSettings(v.UserContext(), gateway.TabNotes)
	if err != nil {
		return err
	}
	own := map[string]gateway.SettingRow{}
	for _, row := range rows {
		own[strings.TrimPrefix(row.Scope, memberScope(""))] = row
	}
	p := views.NotesPage{Settings: t.common, Level: v.levels(memberScope("")), LevelText: v.levelWords(t, len(own))}
	p.Form = views.Form{}
	for _, m := range members {
		line, err := v.memberNotesLine(t, m, own[m.ID])
		if err != nil {
			return err
		}
		p.Members = append(p.Members, line)
	}
	return render(v.Ctx, views.Notes(p))
}

func (v *visit) memberNotesLine(t tabState, m gateway.Member, row gateway.SettingRow) (views.Row, error) {
	in := t.settings
	set := views.Cell{Text: "Organization"}
	if row.Revision > 0 {
		set = views.Cell{Text: orSomebody(row.By), Second: v.clock().full(row.At).Text}
		if t.settings.Notes.Locked {
			set.Second += ", set aside while locked"
		} else if err := settings.Decode(&in, gateway.TabNotes, row.Body); err != nil {
			return views.Row{}, err
		}
	}
	return views.Row{ID: m.ID, Cells: []views.Cell{
		{Text: m.Name, Second: m.Team},
		{Text: placesWords(in.Notes.MeetingNotes)},
		{Text: placesWords(in.Notes.CallNotes)},
		set,
		{Link: views.Link{Text: "Change", URL: memberURL(m.ID) + "/notes"}},
	}}, nil
}
