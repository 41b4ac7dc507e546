package handlers

import (
	"context"
	"maps"
	"slices"

	"tidegate/gateway"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/views"
)

// winnerField begins the name of the choice who wins for a kind of data, in
// reviews and in the wizard.
const winnerField = "decide_"

// winnerChoices say in plain words what each rule does. None is chosen
// beforehand: what most choose is said, and decided by whoever answers (DEM-16,
// DEM-17).
var winnerChoices = []views.Choice{
	{Value: string(gateway.WinnerRecent), Label: "Most recent wins", Effect: "The later of both changes stays, by Salesforce’s clock; at the same second Salesforce’s. Suggested: most teams choose it."},
	{Value: string(gateway.WinnerSalesforce), Label: "Salesforce wins", Effect: "What somebody typed in Salesforce stays, and replaces the value here."},
	{Value: string(gateway.WinnerProduct), Label: "Product wins", Effect: "The value here stays, and replaces what somebody typed in Salesforce."},
	{Value: string(gateway.WinnerAsk), Label: "Ask a person", Effect: "Neither is overwritten: both values wait under Sync until somebody chooses."},
}

// winnerGroup asks who wins for a kind of data; chosen is "" where nobody said.
func winnerGroup(t gateway.DataType, chosen gateway.Winner, hint string) views.ChoiceGroup {
	g := views.ChoiceGroup{Name: winnerField + string(t), Legend: "Who wins for " + lowerFirst(settings.DataTypeWords[t]) + "?", Hint: hint, Columns: true}
	for _, c := range winnerChoices {
		c.Checked = c.Value == string(chosen)
		g.Choices = append(g.Choices, c)
	}
	return g
}

// postedWinner is what was chosen for a kind of data, "" when nothing was that
// can be.
func (v *visit) postedWinner(t gateway.DataType) gateway.Winner {
	value := v.posted(winnerField + string(t))
	if !slices.ContainsFunc(winnerChoices, func(c views.Choice) bool { return c.Value == value }) {
		return gateway.WinnerNone
	}
	return gateway.Winner(value)
}

// askWinners finds out for which kinds of data the change lets fields travel
// both ways undecided, and takes up what was decided on the page (DEM-17).
func (v *visit) askWinners(r *review) error {
	before, err := v.ws.Mappings(v.UserContext(), "")
	if err != nil {
		return err
	}
	after := slices.DeleteFunc(slices.Clone(before), func(m gateway.Mapping) bool { _, named := r.proposal.Mappings[m.Object]; return named })
	for _, object := range slices.Sorted(maps.Keys(r.proposal.Mappings)) {
		after = append(after, r.proposal.Mappings[object]...)
	}
	var problem error
	r.open = settings.MustDecide(r.from, r.proposal.Settings, before, after, func(object, name string) (gateway.Field, bool) {
		schema, err := v.schema(object)
		if err != nil {
			problem = err
		}
		f, _ := schema.Field(name)
		return f, len(schema.Fields) > 0
	})
	chosen := maps.Clone(r.proposal.Settings.Advanced.Conflicts)
	if chosen == nil {
		chosen = map[gateway.DataType]gateway.Winner{}
	}
	r.decided = map[gateway.DataType]gateway.Winner{}
	for _, t := range gateway.DataTypes {
		winner := v.postedWinner(t) // asking for each makes it a known field of the form
		asked := slices.ContainsFunc(r.open, func(d settings.ToDecide) bool { return d.Type == t })
		if asked && winner != gateway.WinnerNone {
			r.decided[t], chosen[t] = winner, winner
		}
	}
	r.proposal.Settings.Advanced.Conflicts = chosen
	return problem
}

// undecided are the kinds of data for which nothing was decided on the page
// either.
func (r review) undecided() []settings.ToDecide {
	return slices.DeleteFunc(slices.Clone(r.open), func(d settings.ToDecide) bool { return r.decided[d.Type] != gateway.WinnerNone })
}

// showWinners puts the choices on the page, and what is missing where somebody
// tried to save without.
func (v *visit) showWinners(r *review) {
	for _, d := range r.open {
		g := winnerGroup(d.Type, r.decided[d.Type], "These fields would travel both ways from now on, and nobody has decided yet: "+list(d.Fields)+". It is decided once, for all fields of this kind.")
		if v.posted(stepName) == stepSave && r.decided[d.Type] == gateway.WinnerNone {
			g.Error = "Choose who wins, then save."
		}
		r.page.Choices = append(r.page.Choices, g)
	}
	if missing := r.undecided(); v.posted(stepName) == stepSave && len(missing) > 0 {
		if e, ok := gatewayError(settings.RefuseUndecided(missing)); ok {
			r.page.Form.Errors = append(r.page.Form.Errors, views.FieldError{FieldID: winnerField + string(missing[0].Type), Text: e.Message})
		}
	}
}

// saveDecided saves who wins, as it was decided in the review of another change.
func (v *visit) saveDecided(ctx context.Context, tx *store.Tx, r review, row gateway.SettingRow) error {
	if len(r.decided) == 0 {
		return nil
	}
	body, err := settings.Encode(r.proposal.Settings, gateway.TabAdvanced)
	if err != nil {
		return err
	}
	_, err = tx.SaveSetting(ctx, gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabAdvanced, Body: body, By: v.member.Name, ByID: v.member.ID, At: v.s.Now()}, row.Revision)
	if err != nil {
		return err
	}
	return tx.Audit(ctx, gateway.AuditEntry{
		At: v.s.Now(), By: v.member.Name, IP: v.IP(), What: "decided who wins when both sides changed", Target: gateway.OrgScope,
		Before: settings.ConflictWords(r.from.Advanced.Conflicts), After: settings.ConflictWords(r.proposal.Settings.Advanced.Conflicts),
	})
}
