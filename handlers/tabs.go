package handlers

import (
	"slices"

	"github.com/a-h/templ"

	"tidegate/gateway"
	"tidegate/views"
)

// destinations are the three places of AVM-13 to AVM-16, with the words of
// each.
var destinations = []struct{ value, label, effect string }{
	{"note", "Note", "Best for long-form notes and historical reference. Attached to the Lead, Contact, Account and Opportunity."},
	{"event", "Event", "Best when reps rely on timelines for context. Written to the Event's Description."},
	{"task", "Task", "Best for follow-ups or post-meeting actions. Written as comments on a Task."},
}

func readNotes(v *visit, t *tabState) {
	n := &t.settings.Notes
	v.flip("auto_events", &n.AutoEvents)
	v.choose("meeting_notes", &n.MeetingNotes)
	v.choose("call_notes", &n.CallNotes)
	if t.scope == gateway.OrgScope { // a member has nothing to lock
		v.flip("locked", &n.Locked)
		v.flip("pilot_on", &n.Pilot.On)
		v.choose("pilot_members", &n.Pilot.Members)
	}
}

// choose takes a group of checkboxes over into a setting, if the form had it.
func (v *visit) choose(name string, into *[]string) {
	if !v.shown(name) {
		return
	}
	out := []string{} // zero chosen means that notes do not go anywhere, which is not "unset"
	for _, value := range v.many(name) {
		if value != "" && !slices.Contains(out, value) {
			out = append(out, value)
		}
	}
	*into = out
}

func showNotes(v *visit, t tabState) (templ.Component, error) {
	n := t.settings.Notes
	p := views.NotesPage{
		Settings: t.common,
		Level:    v.levels(t.scope),
		AutoEvent: views.Switch{
			Name: "auto_events", Label: "Create Salesforce Events for meetings", On: n.AutoEvents, Locked: t.locked,
			Effect: "When a meeting is created through the calendar, or an impromptu external meeting is logged, an Event is created in Salesforce.",
			Meta:   t.meta(v, "auto_events", "on"),
		},
		MeetingNotes: places(t, "meeting_notes", "Where meeting notes go", n.MeetingNotes, t.meta(v, "meeting_notes", "Event")),
		CallNotes:    places(t, "call_notes", "Where call notes go", n.CallNotes, t.meta(v, "call_notes", "Task")),
	}
	if t.scope == gateway.OrgScope {
		p.Lock = &views.Switch{
			Name: "locked", Label: "Lock for everyone", On: n.Locked, Locked: t.locked, Meta: t.meta(v, "locked", "off"),
			Effect: "Nobody can deviate from what is set here. Own values saved earlier are kept and return when you unlock.",
		}
	}
	if err := v.closeNotes(t, &p); err != nil {
		return nil, err
	}
	preview, judged, err := v.notePreview(t)
	if err != nil {
		return nil, err
	}
	p.Preview = preview
	if p.Why, err = v.notesWhy(t, judged); err != nil {
		return nil, err
	}
	p.WhyLinks = []views.Link{{Text: "Meetings", URL: meetingsBase}}
	if v.admin() {
		p.WhyLinks = append(p.WhyLinks, views.Link{Text: "Connection and readiness", URL: settingsBase})
	}
	if t.scope == gateway.OrgScope {
		if p.Pilot, err = v.pilot(t); err != nil {
			return nil, err
		}
	}
	own, err := v.ws.OwnSettings(v.UserContext(), gateway.TabNotes)
	if err != nil {
		return nil, err
	}
	p.LevelText, p.SeenAs = v.levelWords(t, len(own)), seenAs(t)
	return views.Notes(p), nil
}

func places(t tabState, name, legend string, chosen []string, meta views.Meta) views.ChoiceGroup {
	g := views.ChoiceGroup{
		Name: name, Legend: legend, Hint: "Choose one or more. With none, notes stay here.", Many: true, Meta: meta,
		Locked: t.locked, Error: t.errors[name], Columns: true,
	}
	for _, d := range destinations {
		g.Choices = append(g.Choices, views.Choice{Value: d.value, Label: d.label, Effect: d.effect, Checked: slices.Contains(chosen, d.value)})
	}
	return g
}
