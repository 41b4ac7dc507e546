package handlers

import (
	"cmp"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"tidegate/gateway"
	"tidegate/rules/forecast"
	"tidegate/views"
)

const (
	forecastBase = "/forecast"
	// The chart shows periods around the chosen one.
	barsBefore, barsAll = 2, 6
	monthLayout         = "2006-01"
	noPart              = "-" // deals whose stage or category is unknown, in an address
)

// forecastLayers name the layers of the bars.
var forecastLayers = [3]string{"Closed", "Commit", "Best case and pipeline"}

// outlook is what the forecast pages gather: deals of some periods, as the
// settings add them up.
type outlook struct {
	*visit
	settings gateway.ForecastSettings
	advanced gateway.AdvancedSettings
	sums     []forecast.Sum
	stages   []string // of the org, in order
	clk      clock
	asOf     time.Time // zero = now
	then     comparison
	owner    string          // whose deals count; "" = everybody's
	owners   map[string]bool // of all deals looked at
	count    func(forecast.Deal)
}

// outlook reads the deals that close in n periods from the one of day on, and
// shows each of them to count.
func (v *visit) outlook(s gateway.ForecastSettings, a gateway.AdvancedSettings, first forecast.Period, n int, count func(forecast.Deal)) (outlook, error) {
	o, err := v.newOutlook(s, a)
	if err != nil {
		return o, err
	}
	o.count = count
	records, err := o.closing(first, n)
	if err != nil {
		return o, err
	}
	o.add(ofRecords(records, a), first, n)
	return o, nil
}

func (v *visit) newOutlook(s gateway.ForecastSettings, a gateway.AdvancedSettings) (outlook, error) {
	o := outlook{visit: v, settings: s, advanced: a, clk: v.clock(), owners: map[string]bool{}}
	schema, err := v.schema("Opportunity")
	o.stages = stagesOf(schema, nil)
	return o, err
}

// closing reads the deals that close in n periods.
func (o outlook) closing(first forecast.Period, n int) ([]gateway.Record, error) {
	last := first
	for range n - 1 {
		last = last.Next(o.settings)
	}
	return o.ws.DealsClosing(o.UserContext(), o.advanced.CloseDateField, first.From, last.To)
}

// add sums deals up, in the order of their close dates.
func (o *outlook) add(deals []forecast.Deal, first forecast.Period, n int) {
	kept := make([]forecast.Deal, 0, len(deals))
	for _, d := range deals {
		o.owners[d.Owner] = true
		if o.count != nil {
			o.count(d)
		}
		if !o.drops(d) {
			kept = append(kept, d)
		}
	}
	slices.SortFunc(kept, byClose)
	o.sums = forecast.Series(kept, first, n, o.settings)
}

func (o outlook) drops(d forecast.Deal) bool { return o.owner != "" && d.Owner != o.owner }

func ofRecords(records []gateway.Record, a gateway.AdvancedSettings) []forecast.Deal {
	deals := make([]forecast.Deal, 0, len(records))
	for _, r := range records {
		deals = append(deals, forecast.FromRecord(r, a))
	}
	return deals
}

func byClose(x, y forecast.Deal) int {
	return cmp.Or(x.Close.Compare(y.Close), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Key.ID, y.Key.ID))
}

// today is the reader's day, at 00:00 UTC as close dates are.
func (v *visit) today() time.Time {
	now := v.clock().now
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
}

// money shows a sum with the currency label; the label changes no digit
// (AVM-45).
func (o outlook) money(d decimal.Decimal) string {
	return money(d.Round(2).String(), o.advanced.CurrencyLabel)
}

// short is an amount for a bar: "950", "412 k", "1.5 M".
func short(d decimal.Decimal) string {
	for _, unit := range []struct {
		exp    int32
		suffix string
	}{{9, " G"}, {6, " M"}, {3, " k"}} {
		if d.Abs().Cmp(decimal.New(1, unit.exp)) >= 0 {
			places := int32(0)
			if d.Abs().Cmp(decimal.New(10, unit.exp)) < 0 && unit.exp > 3 {
				places = 1
			}
			return d.Shift(-unit.exp).Round(places).String() + unit.suffix
		}
	}
	return d.Round(0).String()
}

// amountWords say how amounts count, in a sentence's middle.
func amountWords(s gateway.ForecastSettings) string {
	if s.Amount == "weighted" {
		return "weighted"
	}
	return "in total"
}

// partWords is a category or stage as people call it.
func partWords(s gateway.ForecastSettings, part string) string {
	if part == "" {
		return "Unknown"
	}
	if s.CountBy == "stage" {
		return part
	}
	for _, c := range forecastCategories {
		if c.value == part {
			return c.label
		}
	}
	return part
}

// order is in which order parts stand: the surest first.
func (o outlook) order() []string {
	if o.settings.CountBy == "stage" {
		return o.stages
	}
	return []string{"Closed", "Forecast", "MostLikely", "BestCase", "Pipeline", "Omitted"}
}

// chart draws the sums; to gives the address of a period.
func (o outlook) chart(name string, current int, to func(forecast.Period) string) *views.ForecastChart {
	highest := decimal.New(1, 0)
	for _, s := range slices.Concat(o.sums, o.then.sums) {
		highest = decimal.Max(highest, s.Amount)
	}
	c := &views.ForecastChart{Name: name, Legend: forecastLayers}
	height := func(d decimal.Decimal) int { return int(d.Mul(decimal.New(1000, 0)).Div(highest).IntPart()) }
	if len(o.then.sums) > 0 {
		c.Then = "As of " + o.dayWords(o.then.at)
	}
	for i, s := range o.sums {
		bar := views.ForecastBar{
			Label: periodLabel(s.Period), Amount: short(s.Amount), Current: i == current,
			Words: s.Period.Words() + ": " + o.money(s.Amount) + ", " + count(len(s.Deals), "deal", "deals"),
		}
		if to != nil {
			bar.URL = to(s.Period)
		}
		for l, amount := range s.Layers(o.settings) {
			bar.Layers[l] = height(amount)
		}
		if i < len(o.then.sums) {
			then := o.then.sums[i].Amount
			bar.Then = height(then)
			bar.Words += "; as of " + o.dayWords(o.then.at) + " " + o.money(then)
		}
		c.Bars = append(c.Bars, bar)
	}
	return c
}

// periodLabel stands below a bar: "Nov", or "Q4".
func periodLabel(p forecast.Period) string {
	if p.To.Equal(p.From.AddDate(0, 1, 0)) {
		return p.From.Format("Jan")
	}
	return p.Words()[:2]
}

// seesForecast refuses who is outside; he gets nothing, not zeros (AVM-38).
func (v *visit) seesForecast() (gateway.Settings, error) {
	in, err := v.inForce()
	if err != nil {
		return gateway.Settings{}, err
	}
	if ok, why := forecast.Visible(v.member, in.Forecast); !ok {
		return gateway.Settings{}, gateway.Errorf(gateway.CodeForbidden, "%s", why)
	}
	return in.Settings, nil
}

// forecastPage is one period of the forecast with the periods around it.
func forecastPage(v *visit) error {
	o, err := v.askedOutlook()
	if err != nil {
		return err
	}
	p, err := o.page()
	if err != nil {
		return err
	}
	return answer(v.Ctx, views.ForecastOf(p))
}

// askedOutlook reads the forecast that the address asks for.
func (v *visit) askedOutlook() (outlook, error) {
	in, err := v.seesForecast()
	if err != nil {
		return outlook{}, err
	}
	s := in.Forecast
	switch v.Query("span") {
	case "month":
		s.Period = "monthly"
	case "quarter":
		s.Period = "quarterly"
	}
	if amount := v.Query("amounts"); amount == "total" || amount == "weighted" {
		s.Amount = amount
	}
	chosen := forecast.PeriodOf(v.today(), s)
	if day, err := time.Parse(monthLayout, v.Query("period")); err == nil {
		chosen = forecast.PeriodOf(day, s)
	}
	first := chosen
	for range barsBefore {
		first = first.Before(s)
	}
	o, err := v.newOutlook(s, in.Advanced)
	if err != nil {
		return o, err
	}
	o.owner = v.Query("owner")
	records, err := o.closing(first, barsAll)
	if err != nil {
		return o, err
	}
	return o, o.compare(records, first)
}

func (o outlook) page() (views.ForecastPage, error) {
	sum := o.sums[barsBefore]
	span, title := "month", "By month"
	if o.settings.Period == "quarterly" {
		span, title = "quarter", "By quarter"
	}
	with := func(pairs ...string) string {
		set := map[string]string{"after": "", "only": "", "why": ""}
		for i := 0; i+1 < len(pairs); i += 2 {
			set[pairs[i]] = pairs[i+1]
		}
		return withQuery(o.Ctx, set)
	}
	at := func(p forecast.Period) string { return with("period", p.From.Format(monthLayout)) }
	names, err := o.ownerNames()
	if err != nil {
		return views.ForecastPage{}, err
	}
	p := views.ForecastPage{
		Shell:  o.s.shell(o.visit, "Forecast", views.NavForecast),
		Live:   views.Live{URL: withQuery(o.Ctx, map[string]string{"part": views.PartForecast})},
		Head:   views.Head{Title: "Forecast", Lead: o.lead(sum), Actions: o.exportActions()},
		Filter: o.filter(names),
		Spans: views.Segments{Label: "Period", Items: []views.Segment{
			{Text: "Month", URL: with("span", "month"), Current: span == "month"},
			{Text: "Quarter", URL: with("span", "quarter"), Current: span == "quarter"},
		}},
		Earlier: views.Link{Text: "Earlier", URL: at(sum.Period.Before(o.settings))},
		Later:   views.Link{Text: "Later", URL: at(sum.Period.Next(o.settings))},
		Title:   title, Period: sum.Period.Words(), Amount: o.money(sum.Amount),
		Text:   count(len(sum.Deals), "deal", "deals") + ", " + amountWords(o.settings) + ". " + o.against() + " As of " + o.asOfWords() + ".",
		Chart:  o.chart("Forecast "+title, barsBefore, at),
		Change: o.change(),
	}
	p.Shell.StreamURL = "/events?object=Opportunity"
	if sum.Unknown > 0 {
		p.Notice = views.Notice{Tone: views.Attention, Text: count(sum.Unknown, "deal has", "deals have") + " no amount here, or Salesforce hides it; they add nothing."}
	}
	p.PartsColumn = "Forecast category"
	if o.settings.CountBy == "stage" {
		p.PartsColumn = "Stage"
	}
	for _, part := range sum.Parts(o.settings, o.order()) {
		p.Parts = append(p.Parts, views.Row{Cells: []views.Cell{
			{Text: partWords(o.settings, part.Name), URL: with("only", partKey(part.Name))},
			{Text: number(part.Deals)},
			{Text: o.money(part.Amount)},
		}})
	}
	o.deals(&p, sum, names)
	return p, nil
}

func partKey(part string) string {
	if part == "" {
		return noPart
	}
	return part
}
