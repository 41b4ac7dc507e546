package effect

import (
	"time"

	"github.com/shopspring/decimal"

	"tidegate/gateway"
	"tidegate/rules/forecast"
)

// Deals is what a change of settings does to the forecast of the period in
// which now lies.
type Deals struct {
	Looked            int
	Appear, Disappear []forecast.Deal
	Before, After     decimal.Decimal
}

// AddDeal weighs one opportunity under both settings.
func (d *Deals) AddDeal(r gateway.Record, before, after gateway.Settings, now time.Time) {
	d.Looked++
	was, then := forecast.FromRecord(r, before.Advanced), forecast.FromRecord(r, after.Advanced)
	in := func(deal forecast.Deal, s gateway.ForecastSettings) bool {
		ok, _ := forecast.Counts(deal, s)
		return ok && forecast.PeriodOf(now, s).Has(deal.Close)
	}
	wasIn, thenIn := in(was, before.Forecast), in(then, after.Forecast)
	if wasIn {
		d.Before = d.Before.Add(was.Counted(before.Forecast))
	}
	if thenIn {
		d.After = d.After.Add(then.Counted(after.Forecast))
	}
	switch {
	case thenIn && !wasIn:
		d.Appear = append(d.Appear, then)
	case wasIn && !thenIn:
		d.Disappear = append(d.Disappear, was)
	}
}

// Changed reports whether the forecast would look different.
func (d *Deals) Changed() bool {
	return len(d.Appear) > 0 || len(d.Disappear) > 0 || !d.Before.Equal(d.After)
}
