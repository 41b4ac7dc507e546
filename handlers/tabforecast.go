package handlers

import (
	"reflect"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"github.com/shopspring/decimal"

	"tidegate/gateway"
	"tidegate/rules/forecast"
	"tidegate/views"
)

func readForecast(v *visit, t *tabState) {
	f := &t.settings.Forecast
	v.take("period", &f.Period)
	v.take("amount", &f.Amount)
	v.take("count_by", &f.CountBy)
	v.choose("categories", &f.Categories)
	v.choose("stages", &f.Stages)
	v.takeNames("teams", &f.Teams)
	v.takeNames("roles", &f.Roles)
}

// takeNames takes a list of names, which may have blanks: only commas and
// lines part them.
func (v *visit) takeNames(name string, into *[]string) {
	if !v.shown(name) {
		return
	}
	*into = []string{}
	for _, part := range strings.FieldsFunc(v.posted(name), func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(*into, part) {
			*into = append(*into, part)
		}
	}
}

// forecastCategories are the API values of ForecastCategory with their words.
var forecastCategories = []struct{ value, label string }{
	{"Pipeline", "Pipeline"}, {"BestCase", "Best Case"}, {"MostLikely", "Most Likely"}, {"Forecast", "Commit"}, {"Closed", "Closed"}, {"Omitted", "Omitted"},
}

func showForecast(v *visit, t tabState) (templ.Component, error) {
	f := t.settings.Forecast
	deal, err := v.schema("Opportunity")
	if err != nil {
		return nil, err
	}
	p := views.ForecastTab{
		Settings: t.common,
		Selects: []views.Select{{
			Name: "period", Label: "Forecast period", Options: choose(f.Period, "monthly", "Monthly", "quarterly", "Quarterly"),
			Hint: "The span that a forecast adds up.", Meta: t.meta(v, "period", "Monthly"), Error: t.errors["period"],
		}},
		Amounts: views.ChoiceGroup{
			Name: "amount", Legend: "Amounts are", Meta: t.meta(v, "amount", "Total"), Error: t.errors["amount"],
			Hint: "Shown and added up here only; nothing on this tab writes to Salesforce.",
			Choices: []views.Choice{
				{Value: "total", Label: "Total", Effect: "The whole amount of each deal counts.", Checked: f.Amount == "total"},
				{Value: "weighted", Label: "Weighted", Effect: "Each amount counts by its probability.", Checked: f.Amount == "weighted"},
			},
		},
		CountBy: views.ChoiceGroup{
			Name: "count_by", Legend: "Deals count by", Meta: t.meta(v, "count_by", "Forecast category"), Error: t.errors["count_by"],
			Choices: []views.Choice{
				{Value: "category", Label: "Forecast category", Effect: "As Salesforce forecasts do.", Checked: f.CountBy == "category"},
				{Value: "stage", Label: "Stage", Effect: "Whatever category the stage has.", Checked: f.CountBy == "stage"},
			},
		},
		Visibility: []views.Field{
			{Name: "teams", Label: "Teams", Value: strings.Join(f.Teams, ", "), Hint: "Separated by commas; none means every team. Who is outside sees no forecast at all.", Meta: t.meta(v, "teams", "all")},
			{Name: "roles", Label: "Roles", Value: strings.Join(f.Roles, ", "), Hint: "Such as Account Executive, as written under Members; none means every role.", Meta: t.meta(v, "roles", "all")},
		},
	}
	a := t.settings.Advanced
	p.Fields = views.TextCard{
		Text: "Adds up " + labelOf(fieldOf(deal, a.AmountField)) + " by " + labelOf(fieldOf(deal, a.CloseDateField)) + ", shown with " + a.CurrencyLabel + ".",
		Link: views.Link{Text: "Chosen on Advanced Settings", URL: settingsBase + "/advanced"},
	}
	categories := views.ChoiceGroup{
		Name: "categories", Legend: "Forecast categories that count", Many: true, Columns: true, Meta: t.meta(v, "categories", "Pipeline, Best Case, Commit and Closed"),
		Error: t.errors["categories"], Hint: "Used when deals count by forecast category.",
	}
	for _, c := range forecastCategories {
		categories.Choices = append(categories.Choices, views.Choice{Value: c.value, Label: c.label, Checked: slices.Contains(f.Categories, c.value)})
	}
	stages := views.ChoiceGroup{
		Name: "stages", Legend: "Stages that count", Many: true, Columns: true, Meta: t.meta(v, "stages", "none"), Error: t.errors["stages"],
		Hint: "Used when deals count by stage. The list is that of your org.",
	}
	for _, stage := range stagesOf(deal, f.Stages) {
		stages.Choices = append(stages.Choices, views.Choice{Value: stage, Label: stage, Checked: slices.Contains(f.Stages, stage)})
	}
	p.Counting = []views.ChoiceGroup{categories, stages}
	if p.Preview, err = v.forecastPreview(t, p.Counting); err != nil {
		return nil, err
	}
	return views.Forecast(p), nil
}

// previewed is how many periods the preview adds up.
const previewed = 3

// forecastPreview adds up the next periods by the values in the form, and says
// what that changes. It also writes into the choices how many of these deals
// each would count.
func (v *visit) forecastPreview(t tabState, groups []views.ChoiceGroup) (*views.ForecastPreview, error) {
	in, err := t.effective(t.rows)
	if err != nil {
		return nil, err
	}
	typed := t.settings.Forecast
	perCategory, perStage := map[string]int{}, map[string]int{}
	o, err := v.outlook(typed, in.Advanced, forecast.PeriodOf(v.today(), typed), previewed, func(d forecast.Deal) {
		perCategory[d.Category]++
		perStage[d.Stage]++
	})
	if err != nil {
		return nil, err
	}
	for i, per := range []map[string]int{perCategory, perStage} {
		for j := range groups[i].Choices {
			groups[i].Choices[j].Effect = count(per[groups[i].Choices[j].Value], "deal", "deals")
		}
	}
	amount, deals, _ := forecast.Total(o.sums)
	p := &views.ForecastPreview{
		Lead: "With the values on the left, before saving.", Amount: o.money(amount),
		Text:  count(deals, "deal", "deals") + ", " + amountWords(typed) + ", " + o.sums[0].Period.Words() + " to " + o.sums[previewed-1].Period.Words() + ". As of " + o.clk.at(o.clk.now).Text + ".",
		Chart: o.chart("Preview", 0, nil), UpdateURL: settingsBase + "/forecast/preview",
	}
	if wrong := t.common.Form.Errors; len(wrong) > 0 {
		p.Difference = views.Notice{Tone: views.Attention, Icon: views.IconWarning, Text: wrong[0].Text}
		return p, nil
	}
	if p.Difference, err = v.forecastDifference(in, o, amount); err != nil {
		return nil, err
	}
	return p, nil
}

// forecastDifference compares the preview with what is saved.
func (v *visit) forecastDifference(in gateway.Settings, typed outlook, amount decimal.Decimal) (views.Notice, error) {
	if reflect.DeepEqual(in.Forecast, typed.settings) {
		return views.Notice{Tone: views.Idle, Icon: views.IconInfo, Text: "These are the saved settings. Nothing here writes to Salesforce."}, nil
	}
	o, err := v.outlook(in.Forecast, in.Advanced, forecast.PeriodOf(v.today(), in.Forecast), previewed, nil)
	if err != nil {
		return views.Notice{}, err
	}
	saved, deals, _ := forecast.Total(o.sums)
	difference := amount.Sub(saved)
	sign := "+"
	if difference.IsNegative() {
		sign = "" // money writes the minus
	}
	return views.Notice{
		Tone: views.Idle, Icon: views.IconInfo, Strong: "Difference " + sign + o.money(difference) + ".",
		Text: "With the saved settings (" + in.Forecast.Amount + ", " + in.Forecast.Period + ", to " + o.sums[previewed-1].Period.Words() + "): " + o.money(saved) + ", " + count(deals, "deal", "deals") + ".",
	}, nil
}

// stagesOf are the org's stages, and the chosen ones that it no longer has.
func stagesOf(deal gateway.Schema, chosen []string) []string {
	field, _ := deal.Field("StageName")
	out := slices.Clone(field.Picklist)
	for _, stage := range chosen {
		if !slices.Contains(out, stage) {
			out = append(out, stage)
		}
	}
	return out
}
