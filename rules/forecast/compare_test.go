package forecast_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/forecast"
)

var november = forecast.Period{From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}

// numbered gives a deal the id that tells it from others.
func numbered(id string, d forecast.Deal) forecast.Deal {
	d.Key = gateway.RecordKey{Object: "Opportunity", ID: id}
	return d
}

func TestEachCauseOfADifference_AVM39(t *testing.T) {
	s := gateway.ForecastSettings{Period: "monthly", Amount: "weighted", CountBy: "category", Categories: []string{"Pipeline", "Closed"}}
	none := forecast.Deal{}
	was := numbered("1", deal("Pipeline", "Proposal", "100", "50", "2026-11-10"))
	with := func(change func(*forecast.Deal)) forecast.Deal { d := was; change(&d); return d }
	day := func(text string) time.Time { d, _ := time.Parse(time.DateOnly, text); return d } // always a date here
	lost := with(func(d *forecast.Deal) { d.Closed, d.Category = true, "Omitted" })
	tests := []struct {
		name      string
		then, now forecast.Deal
		want      []forecast.CauseSum
	}{
		{"new", none, was, []forecast.CauseSum{{Cause: forecast.CauseNew, Deals: 1, Amount: decimal.New(50, 0)}}},
		{"enters the period", with(func(d *forecast.Deal) { d.Close = day("2026-12-01") }), was, []forecast.CauseSum{{Cause: forecast.CauseEntered, Deals: 1, Amount: decimal.New(50, 0)}}},
		{"counts now", with(func(d *forecast.Deal) { d.Category = "Omitted" }), was, []forecast.CauseSum{{Cause: forecast.CauseCounts, Deals: 1, Amount: decimal.New(50, 0)}}},
		{"raised", was, with(func(d *forecast.Deal) { d.Amount = decimal.New(300, 0) }), []forecast.CauseSum{{Cause: forecast.CauseRaised, Deals: 1, Amount: decimal.New(100, 0)}}},
		{"lowered and likelier", was, with(func(d *forecast.Deal) { d.Amount, d.Probability = decimal.New(60, 0), decimal.New(100, 0) }), []forecast.CauseSum{{Cause: forecast.CauseLowered, Deals: 1, Amount: decimal.New(-20, 0)}, {Cause: forecast.CauseProbability, Deals: 1, Amount: decimal.New(30, 0)}}},
		{"moved", was, with(func(d *forecast.Deal) { d.Close = day("2027-01-01") }), []forecast.CauseSum{{Cause: forecast.CauseMoved, Deals: 1, Amount: decimal.New(-50, 0)}}},
		{"lost", was, lost, []forecast.CauseSum{{Cause: forecast.CauseLost, Deals: 1, Amount: decimal.New(-50, 0)}}},
		{"stopped", was, with(func(d *forecast.Deal) { d.Category = "Omitted" }), []forecast.CauseSum{{Cause: forecast.CauseStopped, Deals: 1, Amount: decimal.New(-50, 0)}}},
		{"deleted", was, none, []forecast.CauseSum{{Cause: forecast.CauseDeleted, Deals: 1, Amount: decimal.New(-50, 0)}}},
		{"another stage only", was, with(func(d *forecast.Deal) { d.Stage = "Negotiation" }), nil},
		{"never counted", lost, lost, nil},
	}
	list := func(d forecast.Deal) []forecast.Deal {
		if d.Key.ID == "" {
			return nil
		}
		return []forecast.Deal{d}
	}
	for _, tt := range tests {
		steps := forecast.Compare(list(tt.then), list(tt.now), november, s)
		got := forecast.ByCause(steps)
		if len(got) != len(tt.want) {
			t.Errorf("%s: %v", tt.name, got)
			continue
		}
		for i := range got {
			if got[i].Cause != tt.want[i].Cause || got[i].Deals != tt.want[i].Deals || !got[i].Amount.Equal(tt.want[i].Amount) || steps[i].Key() != was.Key {
				t.Errorf("%s: %v, want %v", tt.name, got[i], tt.want[i])
			}
		}
	}
}

func TestStepsAddUpToTheDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := gateway.ForecastSettings{Period: "monthly", Amount: rapid.SampledFrom([]string{"total", "weighted"}).Draw(t, "amount"), CountBy: "category", Categories: []string{"Pipeline", "Closed"}}
		one := rapid.Custom(func(t *rapid.T) forecast.Deal {
			d := deal(
				rapid.SampledFrom([]string{"Pipeline", "Closed", "Omitted"}).Draw(t, "category"), "Any",
				rapid.SampledFrom([]string{"", "0", "0.01", "99.99", "123456789.5"}).Draw(t, "value"),
				rapid.SampledFrom([]string{"", "0", "33.3", "100"}).Draw(t, "probability"),
				rapid.SampledFrom([]string{"", "2026-10-31", "2026-11-01", "2026-11-30", "2026-12-01"}).Draw(t, "closes"))
			d.Closed, d.Won = rapid.Bool().Draw(t, "closed"), rapid.Bool().Draw(t, "won")
			return numbered(strconv.Itoa(rapid.IntRange(0, 6).Draw(t, "id")), d)
		})
		deals := func(name string) []forecast.Deal {
			return rapid.SliceOfNDistinct(one, 0, 6, func(d forecast.Deal) string { return d.Key.ID }).Draw(t, name)
		}
		then, now := deals("then"), deals("now")
		var sum decimal.Decimal
		for _, c := range forecast.ByCause(forecast.Compare(then, now, november, s)) {
			sum = sum.Add(c.Amount)
		}
		want := forecast.Add(now, november, s).Amount.Sub(forecast.Add(then, november, s).Amount)
		if !sum.Equal(want) {
			t.Fatalf("the steps come to %s, the difference is %s", sum, want)
		}
	})
}
