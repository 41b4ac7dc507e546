package handlers

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"tidegate/gateway"
	"tidegate/rules/cost"
	"tidegate/rules/mapping"
	"tidegate/rules/settings"
	"tidegate/views"
)

// configurable reports whether an object has a page on the Objects tab: it is
// one of the usual ones, or was added.
func (v *visit) configurable(object string) (bool, error) {
	org, err := v.ws.Settings(v.UserContext(), gateway.OrgScope)
	if err != nil {
		return false, err
	}
	in, err := settings.Effective(org, nil)
	return slices.Contains(in.Objects.Configurable(), object), err
}

func readObjects(v *visit, t *tabState) {
	writeback := maps.Clone(t.settings.Objects.Writeback)
	for _, object := range t.settings.Objects.Configurable() {
		on := writeback[object]
		v.flip("writeback_"+object, &on)
		writeback[object] = on
	}
	t.settings.Objects.Writeback = writeback
}

func showObjects(v *visit, t tabState) (templ.Component, error) {
	p := views.ObjectsPage{Settings: t.common, Empty: views.Empty{
		Icon: views.IconPlug, Title: "The objects appear with the first connect", Text: "Their fields are read from your org then.",
		Actions: connectActions(v),
	}}
	statuses, err := v.ws.ObjectStatuses(v.UserContext())
	if err != nil {
		return nil, err
	}
	polled := map[string]bool{}
	for _, s := range statuses {
		polled[s.Object] = s.Transport == "poll"
	}
	notice, suspended, err := v.suspendedNotice()
	if err != nil {
		return nil, err
	}
	p.Broken = notice
	if t.common.NoConnection.Strong == "" {
		small, err := v.startSmall()
		if err != nil {
			return nil, err
		}
		p.Cards = []views.TextCard{
			small,
			{
				Title: "Quarterly audit", Link: views.Link{Text: "Look through all mapped fields", URL: mappingsURL},
				Text: "Lists every mapped field, and those whose Salesforce field changed, vanished or lost a permission.",
			},
			{
				Title: "Sync Activity to a Custom Object", Link: views.Link{Text: "Choose the object", URL: settingsBase + "/contacts#activity_object"},
				Text: "Calls, chats and texts can go to any object that passes four tests, instead of Leads and Contacts. The page of each object shows the four tests.",
			},
		}
		card, offered, err := v.winnersCard(t.settings)
		if err != nil {
			return nil, err
		}
		if offered {
			p.Cards = append([]views.TextCard{card}, p.Cards...)
		}
		p.Actions = []views.Action{{Text: "Add object", URL: addURL, Icon: views.IconPlus}}
	}
	for _, object := range t.settings.Objects.Configurable() {
		line, err := v.objectLine(t, object)
		if err != nil {
			return nil, err
		}
		if n := suspended[object]; n > 0 {
			line.State, line.MappedDetail = views.Chip{Tone: views.Attention, Icon: views.IconWarning, Text: "Partly suspended"}, count(n, "field suspended", "fields suspended")
		}
		if polled[object] {
			line.Transport, line.Polled = "Poll", true
		}
		p.Objects = append(p.Objects, line)
	}
	return views.Objects(p), nil
}

func (v *visit) objectLine(t tabState, object string) (views.ObjectLine, error) {
	schema, err := v.schema(object)
	if err != nil {
		return views.ObjectLine{}, err
	}
	mappings, err := v.mappingsOf(object)
	if err != nil {
		return views.ObjectLine{}, err
	}
	in, out := 0, 0
	for _, f := range schema.Fields {
		m, imported := mappings[f.Name]
		if !imported {
			continue
		}
		switch direction, _ := mapping.Direction(f, m); direction {
		case mapping.Inbound:
			in++
		case mapping.Outbound:
			out++
		default:
			in++
			out++
		}
	}
	label := object
	if schema.Label != "" {
		label = schema.Label
	}
	on := onOff(gateway.DefaultSettings().Objects.Writeback[object])
	changedBy, changedAt := "", "Default: "+on+"."
	if c, ok := t.changes["writeback."+object]; ok {
		changedBy, changedAt = c.By, v.clock().full(c.At).Text+". "+changedAt
	}
	return views.ObjectLine{
		ChangedBy: changedBy, ChangedAt: changedAt,
		Kind: squareOf(object), Label: label, APIName: object, URL: settingsBase + "/objects/" + object, Transport: "Stream",
		Mapped: fmt.Sprintf("%d of %d", len(mappings), len(schema.Fields)), In: number(in), Out: number(out),
		State: views.StateChip(views.StateOK),
		Sync: views.Switch{
			ID: "writeback_" + object, Name: "writeback_" + object, Label: "Sync to Salesforce", On: t.settings.Objects.Writeback[object],
			Meta:   t.meta(v, "writeback."+object, on),
			Effect: "Edits of " + label + " fields that are Editable are written to Salesforce.",
		},
	}, nil
}

// startSmall advises which fields to begin with, and leads to those that nothing
// uses, where there are any (UX 29).
func (v *visit) startSmall() (views.TextCard, error) {
	card := views.TextCard{
		Title: "Start small", Link: views.Link{Text: "Open Opportunity", URL: objectURL("Opportunity")},
		Text: "Map Next Steps, Pain Points, Competitors and Objections first. Notes are for long text, Events and Tasks for the timeline; every field more is noise, API use and harder to follow.",
	}
	r, err := v.reckoning()
	if err == nil && r.Unused > 0 {
		card.Text += " Nothing used " + count(r.Unused, "mapped field", "mapped fields") + " in " + strconv.Itoa(cost.UnusedAfter) + " days."
		card.Link = views.Link{Text: "Review unused fields", URL: costURL + "?show=" + showUnused}
	}
	return card, err
}
