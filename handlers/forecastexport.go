package handlers

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"tidegate/gateway"
	"tidegate/rules/forecast"
	"tidegate/views"
)

// forecastLine is one deal of a forecast as it leaves the house. The numbers
// in Counted add up to the forecast, those in Change to what changed.
type forecastLine struct {
	Period      string `json:"period"`
	ID          string `json:"deal_id"`
	Name        string `json:"deal"`
	Owner       string `json:"owner"`
	Stage       string `json:"stage"`
	Category    string `json:"forecast_category"`
	Closes      string `json:"close_date"`
	Amount      string `json:"amount"` // empty where there is none, or it is hidden
	Probability string `json:"probability"`
	Counted     string `json:"counted"`
	With        string `json:"compared_with"`
	Change      string `json:"change"`
	Why         string `json:"why"`
}

var forecastColumns = []string{
	"period", "deal_id", "deal", "owner", "stage", "forecast_category", "close_date", "amount", "probability", "counted", "compared_with", "change", "why",
}

func (l forecastLine) row() []string {
	return []string{l.Period, l.ID, l.Name, l.Owner, l.Stage, l.Category, l.Closes, l.Amount, l.Probability, l.Counted, l.With, l.Change, l.Why}
}

// exportActions are the buttons that take the shown forecast along.
func (o outlook) exportActions() []views.Action {
	url := withQuery(o.Ctx, map[string]string{"after": ""})
	url = forecastBase + "/export" + url[len(o.Path()):]
	return []views.Action{
		{Text: "Export as CSV", URL: url, Post: true, Icon: views.IconDownload, Fields: []views.Hidden{{Name: "format", Value: "csv"}}},
		{Text: "as JSON", URL: url, Post: true, About: "export", Fields: []views.Hidden{{Name: "format", Value: "json"}}},
	}
}

// exportForecast sends the deals behind the shown forecast as a file, those
// that left since the compared day among them. It is a post, because it is
// written down who took what.
func exportForecast(v *visit) error {
	o, err := v.askedOutlook()
	if err != nil {
		return err
	}
	names, err := o.ownerNames()
	if err != nil {
		return err
	}
	lines := o.lines(names)
	all := len(lines)
	lines = lines[:min(all, mostExported)]
	format := v.posted("format")
	body, kind := []byte(nil), "text/csv; charset=utf-8"
	switch format {
	case "csv":
		body, err = forecastCSV(lines)
	case "json":
		kind = "application/json"
		body, err = json.Marshal(map[string]any{"lines": lines, "total": all, "complete": all == len(lines)})
	default:
		return gateway.InvalidField("format", "Choose csv or json.")
	}
	if err != nil {
		return err
	}
	v.s.audit(v, "exported "+count(len(lines), "deal", "deals")+" of the forecast as "+format, excerpt(withQuery(v.Ctx, nil)))
	v.Set("Content-Type", kind)
	v.Set("Content-Disposition", `attachment; filename="forecast-`+o.sums[barsBefore].Period.From.Format(monthLayout)+"-"+v.s.Now().UTC().Format("20060102-150405")+"."+format+`"`)
	if all > len(lines) {
		v.Set("Tidegate-Incomplete", strconv.Itoa(len(lines))+" of "+strconv.Itoa(all))
	}
	return v.Send(body)
}

func (o outlook) lines(names map[string]string) []forecastLine {
	sum := o.sums[barsBefore]
	deals := o.listed(sum)
	counts := make(map[gateway.RecordKey]bool, len(sum.Deals))
	for _, d := range sum.Deals {
		counts[d.Key] = true
	}
	if o.Query("why") == "" && o.Query("only") == "" {
		deals = append(deals, o.then.left()...)
	}
	out := make([]forecastLine, 0, len(deals))
	for _, d := range deals {
		out = append(out, o.line(d, names, counts[d.Key]))
	}
	return out
}

func (o outlook) line(d forecast.Deal, names map[string]string, counts bool) forecastLine {
	l := forecastLine{
		Period: o.sums[barsBefore].Period.Words(), ID: d.Key.ID, Name: d.Name, Owner: names[d.Owner], Stage: d.Stage, Category: d.Category,
		Probability: d.Probability.String(), Counted: "0",
	}
	if !d.Close.IsZero() {
		l.Closes = d.Close.Format(time.DateOnly)
	}
	if d.Known {
		l.Amount = d.Amount.String()
	}
	if counts {
		l.Counted = d.Counted(o.settings).String()
	}
	if o.compares() {
		var change decimal.Decimal
		for _, s := range o.then.by[d.Key] {
			change = change.Add(s.Amount)
		}
		l.With, l.Change, l.Why = o.then.at.In(o.clk.zone).Format(time.DateOnly), change.String(), o.stepWords(o.then.by[d.Key])
	}
	return l
}

func forecastCSV(lines []forecastLine) ([]byte, error) {
	rows := [][]string{forecastColumns}
	for _, l := range lines {
		rows = append(rows, l.row())
	}
	return safeCSV(rows)
}
