package handlers

import (
	"maps"
	"slices"
	"time"

	"tidegate/gateway"
	"tidegate/rules/forecast"
	"tidegate/rules/inbound"
	"tidegate/rules/past"
)

// comparedBefore is how many days lie between a forecast and what it is
// compared with, unless the address names a day.
const comparedBefore = 7

// dealsThen tells which deals there were at a moment: the mirror's, with what
// changed since taken back.
type dealsThen struct {
	advanced gateway.AdvancedSettings
	live     map[gateway.RecordKey]gateway.Record
	changed  map[gateway.RecordKey]past.Input
}

// dealsThen reads what is needed for any moment since the given one. Records
// are those that close in the periods looked at, as the mirror has them.
func (v *visit) dealsThen(records []gateway.Record, a gateway.AdvancedSettings, since time.Time) (dealsThen, error) {
	d := dealsThen{advanced: a, live: make(map[gateway.RecordKey]gateway.Record, len(records))}
	for _, r := range records {
		d.live[r.Key] = r
	}
	changed, histories, err := v.ws.DealsChanged(v.UserContext(), since)
	if err != nil {
		return d, err
	}
	schema, err := v.schema("Opportunity")
	if err != nil {
		return d, err
	}
	silent := inbound.Silent(schema)
	d.changed = make(map[gateway.RecordKey]past.Input, len(changed))
	for _, r := range changed {
		replaced, err := v.replaced(v.ws, r.Key, histories[r.Key.ID])
		if err != nil {
			return d, err
		}
		d.changed[r.Key] = past.Input{Now: r, Entries: histories[r.Key.ID], Replaced: replaced, Silent: func(name string) bool { return silent[name] }}
		delete(d.live, r.Key)
	}
	return d, nil
}

// at returns the deals of a moment, by close date; zero is now. Late are those
// that nobody had seen yet then: they are as they were first seen.
func (d dealsThen) at(moment time.Time) (deals []forecast.Deal, late map[gateway.RecordKey]bool) {
	late = map[gateway.RecordKey]bool{}
	for _, r := range d.live {
		deals = append(deals, forecast.FromRecord(r, d.advanced))
	}
	for _, in := range d.changed {
		r := in.Now
		if !moment.IsZero() {
			reading := past.At(in, moment)
			if reading.State == past.Unborn {
				continue
			}
			if reading.State == past.Before {
				late[r.Key] = true
				reading = past.At(in, reading.Since)
			}
			r = reading.Record
		}
		if !r.Deleted {
			deals = append(deals, forecast.FromRecord(r, d.advanced))
		}
	}
	slices.SortFunc(deals, byClose)
	return deals, late
}

// endOf is the last moment of a day of the address, not after now; zero where
// the text names none.
func (k clock) endOf(day string) time.Time {
	from, err := time.ParseInLocation(time.DateOnly, day, k.zone)
	if err != nil || from.After(k.now) {
		return time.Time{}
	}
	end := from.AddDate(0, 0, 1).Add(-time.Millisecond)
	if !end.Before(k.now) {
		return time.Time{}
	}
	return end
}

// comparison is a forecast beside the one of an earlier day.
type comparison struct {
	at     time.Time // zero = there is none
	sums   []forecast.Sum
	steps  []forecast.Step // of the chosen period
	by     map[gateway.RecordKey][]forecast.Step
	late   int    // deals of the chosen period that nobody had seen yet at that day
	refuse string // why there is none
}

// days are the moments that the address asks for: the forecast's (zero = now)
// and the one to compare with, which lies before it.
func (v *visit) forecastDays() (asOf, with time.Time) {
	clk := v.clock()
	asOf = clk.endOf(v.Query("as_of"))
	shown := asOf
	if asOf.IsZero() {
		shown = clk.now
	}
	if with = clk.endOf(v.Query("with")); with.IsZero() || !with.Before(shown) {
		with = clk.endOf(shown.In(clk.zone).AddDate(0, 0, -comparedBefore).Format(time.DateOnly))
	}
	return asOf, with
}

// compare adds up the periods by the deals of the address's days.
func (o *outlook) compare(records []gateway.Record, first forecast.Period) error {
	asOf, with := o.forecastDays()
	o.asOf = asOf
	then, err := o.dealsThen(records, o.advanced, with)
	if problem, ok := gatewayError(err); ok && problem.Code == gateway.CodeInvalid {
		o.asOf, o.then.refuse = time.Time{}, problem.Message
		o.add(ofRecords(records, o.advanced), first, barsAll)
		return nil
	} else if err != nil {
		return err
	}
	now, _ := then.at(asOf)
	before, late := then.at(with)
	owners := make(map[gateway.RecordKey]string, len(now))
	for _, d := range now {
		owners[d.Key] = d.Owner
	}
	// A deal belongs to who has it now, so that a new owner explains nothing.
	for i, d := range before {
		if owner, ok := owners[d.Key]; ok {
			before[i].Owner = owner
		}
	}
	o.add(now, first, barsAll)
	before = slices.DeleteFunc(before, o.drops)
	o.then = comparison{at: with, sums: forecast.Series(before, first, barsAll, o.settings)}
	for _, d := range o.then.sums[barsBefore].Deals {
		if late[d.Key] {
			o.then.late++
		}
	}
	o.then.steps = forecast.Compare(before, slices.DeleteFunc(now, o.drops), o.sums[barsBefore].Period, o.settings)
	o.then.by = make(map[gateway.RecordKey][]forecast.Step, len(o.then.steps))
	for _, step := range o.then.steps {
		o.then.by[step.Key()] = append(o.then.by[step.Key()], step)
	}
	return nil
}

// left are the deals that counted then and do not now, by close date.
func (c comparison) left() []forecast.Deal {
	found := map[gateway.RecordKey]forecast.Deal{}
	for _, step := range c.steps {
		switch step.Cause {
		case forecast.CauseMoved, forecast.CauseLost, forecast.CauseStopped:
			found[step.Key()] = step.Now
		case forecast.CauseDeleted:
			found[step.Key()] = step.Then
		}
	}
	return slices.SortedFunc(maps.Values(found), byClose)
}
