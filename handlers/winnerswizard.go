package handlers

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/views"
)

// WinnersURL is the page of the wizard that asks who wins, a kind of data a step (UX 30).
const WinnersURL = settingsBase + "/winners"

// answeredName is the kind of data that a step of the wizard answers, backName
// the one to which somebody goes back.
const (
	answeredName = "answered"
	backName     = "back"
	// decidedName marks what comes from the wizard: it is a decision also where it
	// changes nothing.
	decidedName = "decided"
)

// winnerEffects say of each kind of data what it is about, in plain words.
var winnerEffects = map[gateway.DataType]string{
	gateway.DataOwnership: "To whom a contact, lead, account or deal belongs. Where Salesforce assigns owners by its own rules, let Salesforce win.",
	gateway.DataAmounts:   "What a deal is worth and when it closes.",
	gateway.DataStages:    "How far a deal or lead has come.",
	gateway.DataOutcomes:  "What was said under a topic and how meetings ended. It begins here, so the product often wins.",
	gateway.DataPeople:    "What somebody is called and how he is reached.",
	gateway.DataOther:     "All other fields that travel both ways, your own too.",
}

// winnersPage shows one step of the wizard, or at the end what was answered in
// one sentence. Nothing is saved on the way: the answers travel in the address,
// so Back works, and the last step goes through the review of every change.
func winnersPage(v *visit) error {
	t, err := v.tabState(gateway.TabAdvanced, gateway.OrgScope)
	if err != nil {
		return err
	}
	chosen := map[gateway.DataType]gateway.Winner{}
	for _, kind := range gateway.DataTypes {
		chosen[kind] = t.settings.Advanced.Conflicts[kind]
		if answer := v.Query(winnerField + string(kind)); knownWinner(answer) {
			chosen[kind] = gateway.Winner(answer)
		}
	}
	at, missing := nextWinner(gateway.DataType(v.Query(answeredName)), chosen)
	if i := slices.Index(gateway.DataTypes[:], gateway.DataType(v.Query(backName))); i >= 0 {
		at, missing = i, false
	}
	p := views.WizardPage{
		Shell: v.s.shell(v, "Who wins", views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Salesforce settings", URL: settingsBase + "/notes"}, {Text: gateway.TabAdvanced.Title(), URL: settingsBase + "/advanced"}},
			Title: "Who wins when both sides changed?",
			Lead:  "Somebody may change a value in Salesforce while somebody else changes it here. What holds then is decided once per kind of data, before fields travel both ways.",
		},
		Cancel: views.Link{Text: "Leave it as it is", URL: settingsBase + "/advanced"},
	}
	if at == len(gateway.DataTypes) {
		return render(v.Ctx, views.Wizard(summed(p, t, chosen)))
	}
	kind := gateway.DataTypes[at]
	p.Step = fmt.Sprintf("Step %d of %d", at+1, len(gateway.DataTypes))
	group := winnerGroup(kind, chosen[kind], winnerEffects[kind])
	p.Form = views.Form{URL: WinnersURL}
	if missing {
		group.Error = "Choose who wins, then go on."
		p.Form.Errors = []views.FieldError{{FieldID: group.Name, Text: "Choose who wins for " + lowerFirst(settings.DataTypeWords[kind]) + "."}}
	}
	p.Group, p.Next = &group, views.Action{Text: "Next", Style: views.Primary}
	p.Hidden = append(answers(chosen, kind), views.Hidden{Name: answeredName, Value: string(kind)})
	if at > 0 {
		p.Back = backTo(gateway.DataTypes[at-1], chosen)
	}
	return render(v.Ctx, views.Wizard(p))
}

// nextWinner is the step after the one that was answered; missing says that it
// was sent without an answer, and stands there again.
func nextWinner(answered gateway.DataType, chosen map[gateway.DataType]gateway.Winner) (at int, missing bool) {
	i := slices.Index(gateway.DataTypes[:], answered)
	if i >= 0 && chosen[answered] == gateway.WinnerNone {
		return i, true
	}
	for n, kind := range gateway.DataTypes[:i+1] { // an address that was made by hand skips none
		if chosen[kind] == gateway.WinnerNone {
			return n, false
		}
	}
	return i + 1, false
}

func knownWinner(value string) bool {
	return slices.ContainsFunc(winnerChoices, func(c views.Choice) bool { return c.Value == value })
}

// answers carry what was chosen to the next step, but for the kind that is
// asked there.
func answers(chosen map[gateway.DataType]gateway.Winner, but gateway.DataType) []views.Hidden {
	var out []views.Hidden
	for _, kind := range gateway.DataTypes {
		if kind != but && chosen[kind] != gateway.WinnerNone {
			out = append(out, views.Hidden{Name: winnerField + string(kind), Value: string(chosen[kind])})
		}
	}
	return out
}

// backTo is the link to an earlier step, with all that was answered.
func backTo(kind gateway.DataType, chosen map[gateway.DataType]gateway.Winner) views.Link {
	url := WinnersURL + "?" + backName + "=" + string(kind)
	for _, a := range answers(chosen, "") {
		url += "&" + a.Name + "=" + a.Value
	}
	return views.Link{Text: "Back", URL: url}
}

// summed is the last step: the sentence, and the form that goes to the review
// of the Advanced tab.
func summed(p views.WizardPage, t tabState, chosen map[gateway.DataType]gateway.Winner) views.WizardPage {
	p.Step, p.Sentence = "Your answers", settings.ConflictWords(chosen)
	p.Form = views.Form{URL: settingsBase + "/advanced", Revision: strconv.FormatInt(t.rows[gateway.TabAdvanced].Revision, 10)}
	p.Post, p.Next = true, views.Action{Text: "Review and save", Style: views.Primary}
	for _, kind := range gateway.DataTypes {
		p.Hidden = append(p.Hidden, views.Hidden{Name: "conflicts_" + string(kind), Value: string(chosen[kind])})
	}
	p.Hidden = append(p.Hidden, views.Hidden{Name: decidedName, Value: "on"})
	p.Back = backTo(gateway.DataTypes[len(gateway.DataTypes)-1], chosen)
	return p
}

// confirms reports whether a form that changes nothing answers the wizard: somebody
// lets stand what the workspace began with.
func (v *visit) confirms(tab gateway.Tab, scope string) (bool, error) {
	if v.posted(decidedName) != "on" || tab != gateway.TabAdvanced || scope != gateway.OrgScope {
		return false, nil
	}
	changes, err := v.changesOf(tab, scope)
	return settings.Preset(changes), err
}

// confirmWinners saves the settings as they are, so that who wins is decided by
// the visitor from now on.
func (v *visit) confirmWinners(p proposal) error {
	words := settings.ConflictWords(p.settings.Advanced.Conflicts)
	err := v.ws.InTx(v.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		row := gateway.SettingRow{Scope: p.scope, Tab: p.tab, Body: p.body, By: v.member.Name, ByID: v.member.ID, At: v.s.Now()}
		if _, err := tx.SaveSetting(ctx, row, p.rows[p.tab].Revision); err != nil {
			return err
		}
		return tx.Audit(ctx, gateway.AuditEntry{
			At: v.s.Now(), By: v.member.Name, IP: v.IP(), What: "decided who wins when both sides changed", Target: p.scope, Before: words, After: words,
		})
	})
	if err != nil {
		return err
	}
	return v.Redirect(v.tabURL(p.tab, p.scope)+"?saved=settings", fiber.StatusSeeOther)
}

// winnersCard offers the wizard while nobody has decided.
func (v *visit) winnersCard(s gateway.Settings) (card views.TextCard, offered bool, err error) {
	card = views.TextCard{Title: "Decide who wins", Link: views.Link{Text: "Answer in six short steps", URL: WinnersURL}}
	if open := settings.UndecidedWords(s.Advanced.Conflicts); open != "" {
		card.Text = "Nobody has decided yet what holds when both sides changed, for " + open + ". Decide it before fields travel both ways."
		return card, true, nil
	}
	changes, err := v.changesOf(gateway.TabAdvanced, gateway.OrgScope)
	card.Text = "Nobody has decided yet what holds when both sides changed. Until then a person is asked about each conflict, and neither value is overwritten."
	return card, settings.Preset(changes), err
}
