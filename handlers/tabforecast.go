package handlers

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"tidegate/gateway"
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
			Hint: "The span that a forecast adds up.", Meta: t.meta(v, "period", "Monthly"), Locked: t.locked, Error: t.errors["period"],
		}},
		Amounts: views.ChoiceGroup{
			Name: "amount", Legend: "Amounts are", Meta: t.meta(v, "amount", "Total"), Locked: t.locked, Error: t.errors["amount"],
			Hint: "Shown and added up here only; nothing on this tab writes to Salesforce.",
			Choices: []views.Choice{
				{Value: "total", Label: "Total", Effect: "The whole amount of each deal counts.", Checked: f.Amount == "total"},
				{Value: "weighted", Label: "Weighted", Effect: "Each amount counts by its probability.", Checked: f.Amount == "weighted"},
			},
		},
		CountBy: views.ChoiceGroup{
			Name: "count_by", Legend: "Deals count by", Meta: t.meta(v, "count_by", "Forecast category"), Locked: t.locked, Error: t.errors["count_by"],
			Choices: []views.Choice{
				{Value: "category", Label: "Forecast category", Effect: "As Salesforce forecasts do.", Checked: f.CountBy == "category"},
				{Value: "stage", Label: "Stage", Effect: "Whatever category the stage has.", Checked: f.CountBy == "stage"},
			},
		},
		Visibility: []views.Field{
			{Name: "teams", Label: "Teams", Value: strings.Join(f.Teams, ", "), Hint: "Separated by commas; none means every team. Who is outside sees no forecast at all.", Locked: t.locked, Meta: t.meta(v, "teams", "all")},
			{Name: "roles", Label: "Roles", Value: strings.Join(f.Roles, ", "), Hint: "Such as Account Executive, as written under Members; none means every role.", Locked: t.locked, Meta: t.meta(v, "roles", "all")},
		},
	}
	categories := views.ChoiceGroup{
		Name: "categories", Legend: "Forecast categories that count", Many: true, Columns: true, Meta: t.meta(v, "categories", "Pipeline, Best Case, Commit and Closed"),
		Locked: t.locked, Error: t.errors["categories"], Hint: "Used when deals count by forecast category.",
	}
	for _, c := range forecastCategories {
		categories.Choices = append(categories.Choices, views.Choice{Value: c.value, Label: c.label, Checked: slices.Contains(f.Categories, c.value)})
	}
	stages := views.ChoiceGroup{
		Name: "stages", Legend: "Stages that count", Many: true, Columns: true, Meta: t.meta(v, "stages", "none"), Locked: t.locked, Error: t.errors["stages"],
		Hint: "Used when deals count by stage. The list is that of your org.",
	}
	for _, stage := range stagesOf(deal, f.Stages) {
		stages.Choices = append(stages.Choices, views.Choice{Value: stage, Label: stage, Checked: slices.Contains(f.Stages, stage)})
	}
	p.Counting = []views.ChoiceGroup{categories, stages}
	return views.Forecast(p), nil
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
