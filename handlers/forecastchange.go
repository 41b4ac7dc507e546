package handlers

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tidegate/gateway"
	"tidegate/rules/forecast"
	"tidegate/views"
)

// compares reports whether there is an earlier day to compare with.
func (o outlook) compares() bool { return !o.then.at.IsZero() }

// dayWords is a day of the comparison: "12 Nov", with its year unless it is
// this one.
func (o outlook) dayWords(at time.Time) string {
	at = at.In(o.clk.zone)
	if at.Year() != o.clk.now.In(o.clk.zone).Year() {
		return at.Format("2 Jan 2006")
	}
	return at.Format("2 Jan")
}

func (o outlook) asOfWords() string {
	if o.asOf.IsZero() {
		return o.clk.at(o.clk.now).Text
	}
	return "the end of " + o.dayWords(o.asOf)
}

// lead is the page in one sentence.
func (o outlook) lead(sum forecast.Sum) string {
	text := o.money(sum.Amount) + " " + amountWords(o.settings) + " for " + sum.Period.Words() + ", from " + count(len(sum.Deals), "deal", "deals")
	if o.compares() {
		text += ", " + o.moreOrLess(sum.Amount.Sub(o.then.sums[barsBefore].Amount)) + " on " + o.dayWords(o.then.at)
	}
	return text + "."
}

// moreOrLess is a difference in the middle of a sentence: "€ 46,000 more than".
func (o outlook) moreOrLess(d decimal.Decimal) string {
	switch d.Sign() {
	case 1:
		return o.money(d) + " more than"
	case -1:
		return o.money(d.Neg()) + " less than"
	}
	return "the same as"
}

// against compares the period with the one before it.
func (o outlook) against() string {
	before := o.sums[barsBefore-1]
	words := o.moreOrLess(o.sums[barsBefore].Amount.Sub(before.Amount)) + " " + before.Period.Words() + "."
	return strings.ToUpper(words[:1]) + words[1:]
}

// upOrDown is a difference by itself: "▲ € 14,000".
func (o outlook) upOrDown(d decimal.Decimal) views.Cell {
	switch d.Sign() {
	case 1:
		return views.Cell{Text: "▲ " + o.money(d), Tone: views.Good}
	case -1:
		return views.Cell{Text: "▼ " + o.money(d.Neg()), Tone: views.Bad}
	}
	return views.Cell{Text: o.money(d)}
}

// change explains the difference to the earlier day, cause by cause; the rows
// add up to it.
func (o outlook) change() *views.ForecastChange {
	if o.then.refuse != "" {
		return &views.ForecastChange{Title: "What changed", Notice: views.Notice{Tone: views.Attention, Text: o.then.refuse}}
	}
	if !o.compares() {
		return nil
	}
	day := o.dayWords(o.then.at)
	difference := o.sums[barsBefore].Amount.Sub(o.then.sums[barsBefore].Amount)
	c := &views.ForecastChange{
		Title: "What changed since " + day, Amount: o.upOrDown(difference),
		Text: "It was " + o.money(o.then.sums[barsBefore].Amount) + " at the end of that day.",
		Foot: "Worked back from the history that is kept here; Salesforce keeps no such view.",
	}
	if difference.IsZero() {
		c.Amount.Text = "No difference"
	}
	for _, cause := range forecast.ByCause(o.then.steps) {
		c.Rows = append(c.Rows, views.Row{Cells: []views.Cell{
			{Text: o.causeWords(cause.Cause), URL: withQuery(o.Ctx, map[string]string{"why": string(cause.Cause), "only": "", "after": ""})},
			{Text: number(cause.Deals)},
			o.upOrDown(cause.Amount),
		}})
	}
	if o.then.late > 0 {
		c.Notice = views.Notice{Tone: views.Idle, Text: count(o.then.late, "deal was", "deals were") + " first seen here after " + day + "; such a deal counts as it was first seen."}
	}
	return c
}

func (o outlook) causeWords(c forecast.Cause) string {
	switch c {
	case forecast.CauseNew:
		return "New deals"
	case forecast.CauseEntered:
		return "Moved into this period"
	case forecast.CauseCounts:
		return "Counts now by its " + countsBy(o.settings)
	case forecast.CauseRaised:
		return "Amount raised"
	case forecast.CauseLowered:
		return "Amount lowered"
	case forecast.CauseProbability:
		return "Other probability"
	case forecast.CauseMoved:
		return "Moved to another period"
	case forecast.CauseLost:
		return "Lost"
	case forecast.CauseStopped:
		return "No longer counts by its " + countsBy(o.settings)
	case forecast.CauseDeleted:
		return "Deleted in Salesforce"
	}
	return "Changed"
}

// changeCell is what became of one deal since the earlier day.
func (o outlook) changeCell(key gateway.RecordKey) views.Cell {
	steps := o.then.by[key]
	if len(steps) == 0 {
		return views.Cell{Second: "no change"}
	}
	var sum decimal.Decimal
	for _, s := range steps {
		sum = sum.Add(s.Amount)
	}
	cell := o.upOrDown(sum)
	cell.Second = o.stepWords(steps)
	return cell
}

// stepWords say what a deal was before, in few words.
func (o outlook) stepWords(steps []forecast.Step) string {
	var words []string
	for _, s := range steps {
		words = append(words, o.stepWord(s))
	}
	return list(words)
}

func (o outlook) stepWord(s forecast.Step) string {
	part := func(d forecast.Deal) string {
		return countsBy(o.settings) + " was " + orDash(partWords(o.settings, forecast.PartOf(d, o.settings)))
	}
	switch s.Cause {
	case forecast.CauseNew:
		return "new"
	case forecast.CauseEntered:
		if s.Then.Close.IsZero() {
			return "had no close date"
		}
		return "was to close " + s.Then.Close.Format("2 Jan 2006")
	case forecast.CauseRaised, forecast.CauseLowered:
		return "amount was " + o.money(s.Then.Amount)
	case forecast.CauseProbability:
		return "probability was " + s.Then.Probability.String() + " %"
	case forecast.CauseMoved:
		return "was to close " + s.Then.Close.Format("2 Jan 2006")
	case forecast.CauseLost:
		return "lost"
	case forecast.CauseDeleted:
		return "deleted"
	}
	return part(s.Then)
}
