// Package forecast decides which deals count in a forecast, in which period,
// and with what amount. It only adds up what the mirror has; nothing here is
// ever written to Salesforce (AVM-39).
package forecast

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tidegate/gateway"
)

// Deal is an Opportunity as a forecast looks at it.
type Deal struct {
	Key      gateway.RecordKey
	Name     string
	Owner    string // Salesforce user id
	Stage    string
	Category string // API value of ForecastCategory: Pipeline, BestCase, Forecast, Closed, Omitted
	Closed   bool
	Won      bool
	Close    time.Time // the date at 00:00 UTC, zero when it has none
	// Amount is the chosen amount field; Known is false where it is empty or
	// hidden, which counts as nothing but is told.
	Amount      decimal.Decimal
	Known       bool
	Probability decimal.Decimal // percent
}

// FromRecord reads a deal from the mirror's record by the chosen fields: one
// choice for pipelines, forecasts, win/loss and reports alike (AVM-40, AVM-41).
func FromRecord(r gateway.Record, a gateway.AdvancedSettings) Deal {
	d := Deal{
		Key: r.Key, Name: r.Label(), Owner: r.Fields["OwnerId"].String(), Stage: r.Fields["StageName"].String(),
		Category: r.Fields["ForecastCategory"].String(), Closed: r.Fields["IsClosed"] == "true", Won: r.Fields["IsWon"] == "true",
	}
	if d.Category == "" {
		// ForecastCategoryName carries the label, which is the value but for a
		// blank where the label is the standard one.
		d.Category = strings.ReplaceAll(r.Fields["ForecastCategoryName"].String(), " ", "")
	}
	d.Close, _ = time.Parse(time.DateOnly, r.Fields[a.CloseDateField].String()) // none stays zero
	if amount, err := decimal.NewFromString(r.Fields[a.AmountField].String()); err == nil {
		d.Amount, d.Known = amount, true
	}
	d.Probability, _ = decimal.NewFromString(r.Fields["Probability"].String()) // none is 0 %
	return d
}

// Counted returns the deal's amount as it is added up: total, or weighted by
// its probability (AVM-36). It is exact.
func (d Deal) Counted(s gateway.ForecastSettings) decimal.Decimal {
	if s.Amount == "weighted" {
		return d.Amount.Mul(d.Probability).Shift(-2)
	}
	return d.Amount
}

// Counts answers whether a deal is in the forecast at all, and why (AVM-37).
func Counts(d Deal, s gateway.ForecastSettings) (ok bool, reason string) {
	if d.Close.IsZero() {
		return false, "It has no close date."
	}
	if s.CountBy == "stage" {
		if slices.Contains(s.Stages, d.Stage) {
			return true, "Its stage, " + d.Stage + ", counts."
		}
		return false, "Its stage, " + orUnknown(d.Stage) + ", does not count."
	}
	if slices.Contains(s.Categories, d.Category) {
		return true, "Its forecast category, " + d.Category + ", counts."
	}
	return false, "Its forecast category, " + orUnknown(d.Category) + ", does not count."
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}

// Period is the span that a forecast adds up: From inclusive, To exclusive,
// both at 00:00 UTC.
type Period struct{ From, To time.Time }

// PeriodOf returns the period in which a day lies (AVM-35).
func PeriodOf(day time.Time, s gateway.ForecastSettings) Period {
	months := 1
	month := day.Month()
	if s.Period == "quarterly" {
		months = 3
		month -= (month - 1) % 3
	}
	from := time.Date(day.Year(), month, 1, 0, 0, 0, 0, time.UTC)
	return Period{from, from.AddDate(0, months, 0)}
}

// Next returns the period after p.
func (p Period) Next(s gateway.ForecastSettings) Period { return PeriodOf(p.To, s) }

// Words names the period: "November 2026" or "Q4 2026".
func (p Period) Words() string {
	if p.To.Equal(p.From.AddDate(0, 3, 0)) {
		return fmt.Sprintf("Q%d %d", (int(p.From.Month())-1)/3+1, p.From.Year())
	}
	return p.From.Format("January 2006")
}

// Has reports whether a day lies in p.
func (p Period) Has(day time.Time) bool { return !day.Before(p.From) && day.Before(p.To) }

// Sum is what a forecast adds up to in one period.
type Sum struct {
	Period Period
	Amount decimal.Decimal
	// By holds the parts of Amount by forecast category or by stage, as the
	// settings count.
	By    map[string]decimal.Decimal
	Deals []Deal
	// Unknown counts the deals whose amount is empty or hidden; they add nothing.
	Unknown int
}

// Add sums the deals that count in a period. The order of deals is kept.
func Add(deals []Deal, p Period, s gateway.ForecastSettings) Sum {
	out := Sum{Period: p, By: map[string]decimal.Decimal{}}
	for _, d := range deals {
		if ok, _ := Counts(d, s); !ok || !p.Has(d.Close) {
			continue
		}
		part := PartOf(d, s)
		amount := d.Counted(s)
		out.Amount = out.Amount.Add(amount)
		out.By[part] = out.By[part].Add(amount)
		out.Deals = append(out.Deals, d)
		if !d.Known {
			out.Unknown++
		}
	}
	return out
}

// Visible answers whether a member sees the forecast: his team and his role
// are among the chosen ones; none chosen means all (AVM-38). An admin always
// sees it, because he must be able to check what he sets. Who is outside gets
// nothing, not zeros.
func Visible(m gateway.Member, s gateway.ForecastSettings) (ok bool, reason string) {
	if m.Role == gateway.RoleAdmin {
		return true, "Admins see the forecast."
	}
	if len(s.Teams) > 0 && !slices.Contains(s.Teams, m.Team) {
		return false, "The forecast is shown to " + strings.Join(s.Teams, ", ") + "; ask an admin to add your team under Forecast settings."
	}
	if len(s.Roles) > 0 && !slices.Contains(s.Roles, m.JobRole) {
		return false, "The forecast is shown to " + strings.Join(s.Roles, ", ") + "; ask an admin to add your role under Forecast settings."
	}
	return true, "Your team and role see the forecast."
}

// Before returns the period before p.
func (p Period) Before(s gateway.ForecastSettings) Period {
	return PeriodOf(p.From.AddDate(0, 0, -1), s)
}

// Series adds up n periods one after another, the first of them first.
func Series(deals []Deal, first Period, n int, s gateway.ForecastSettings) []Sum {
	out := make([]Sum, 0, n)
	for p := first; len(out) < n; p = p.Next(s) {
		out = append(out, Add(deals, p, s))
	}
	return out
}

// Total joins sums of several periods into one number, a count of deals, and
// how many of them have no amount.
func Total(sums []Sum) (amount decimal.Decimal, deals, unknown int) {
	for _, s := range sums {
		amount, deals, unknown = amount.Add(s.Amount), deals+len(s.Deals), unknown+s.Unknown
	}
	return amount, deals, unknown
}

// Part is one category or stage of a sum.
type Part struct {
	Name   string
	Amount decimal.Decimal
	Deals  int
}

// PartOf is the part that a deal is added to.
func PartOf(d Deal, s gateway.ForecastSettings) string {
	if s.CountBy == "stage" {
		return d.Stage
	}
	return d.Category
}

// Parts are the parts of a sum that have deals, in the given order; names that
// the order lacks follow by themselves. They add up to the sum.
func (s Sum) Parts(by gateway.ForecastSettings, order []string) []Part {
	found := map[string]Part{}
	for _, d := range s.Deals {
		name := PartOf(d, by)
		found[name] = Part{name, found[name].Amount.Add(d.Counted(by)), found[name].Deals + 1}
	}
	var out []Part
	for _, name := range order {
		if p, ok := found[name]; ok {
			out = append(out, p)
			delete(found, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		out = append(out, found[name])
	}
	return out
}

// Layers are the amounts of a sum by how sure they are: closed, committed, and
// the rest. They add up to the sum.
func (s Sum) Layers(by gateway.ForecastSettings) (out [3]decimal.Decimal) {
	for _, d := range s.Deals {
		i := 2
		switch {
		case d.Closed || d.Category == "Closed":
			i = 0
		case d.Category == "Forecast":
			i = 1
		}
		out[i] = out[i].Add(d.Counted(by))
	}
	return out
}
