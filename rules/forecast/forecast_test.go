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

func deal(category, stage, amount, probability, closes string) forecast.Deal {
	f := gateway.Fields{"Name": `"Deal"`, "ForecastCategory": gateway.Text(category), "StageName": gateway.Text(stage), "CloseDate": gateway.Text(closes)}
	if amount != "" {
		f["Amount"] = gateway.Value(amount)
	}
	if probability != "" {
		f["Probability"] = gateway.Value(probability)
	}
	return forecast.FromRecord(gateway.Record{Fields: f}, gateway.DefaultSettings().Advanced)
}

func TestWhichDealsCount_AVM37(t *testing.T) {
	byStage := gateway.ForecastSettings{CountBy: "stage", Stages: []string{"Negotiation"}}
	byCategory := gateway.ForecastSettings{CountBy: "category", Categories: []string{"Forecast", "Closed"}}
	tests := []struct {
		name   string
		deal   forecast.Deal
		s      gateway.ForecastSettings
		want   bool
		reason string
	}{
		{"chosen category", deal("Forecast", "Proposal", "1", "", "2026-11-02"), byCategory, true, "Its forecast category, Forecast, counts."},
		{"other category", deal("Omitted", "Negotiation", "1", "", "2026-11-02"), byCategory, false, "Its forecast category, Omitted, does not count."},
		{"chosen stage", deal("Omitted", "Negotiation", "1", "", "2026-11-02"), byStage, true, "Its stage, Negotiation, counts."},
		{"other stage", deal("Forecast", "Proposal", "1", "", "2026-11-02"), byStage, false, "Its stage, Proposal, does not count."},
		{"no stage", deal("Forecast", "", "1", "", "2026-11-02"), byStage, false, "Its stage, unknown, does not count."},
		{"no close date", deal("Forecast", "Negotiation", "1", "", ""), byStage, false, "It has no close date."},
	}
	for _, tt := range tests {
		if got, why := forecast.Counts(tt.deal, tt.s); got != tt.want || why != tt.reason {
			t.Errorf("%s: %v, %q", tt.name, got, why)
		}
	}
}

func TestCategoryComesFromItsNameWhereTheValueIsHidden(t *testing.T) {
	d := forecast.FromRecord(gateway.Record{Fields: gateway.Fields{"ForecastCategoryName": `"Best Case"`}}, gateway.DefaultSettings().Advanced)
	if d.Category != "BestCase" {
		t.Errorf("category %q", d.Category)
	}
}

func TestChosenFieldsAreReadEverywhere_AVM40_AVM41(t *testing.T) {
	a := gateway.AdvancedSettings{AmountField: "ARR__c", CloseDateField: "Signed_On__c"}
	d := forecast.FromRecord(gateway.Record{Fields: gateway.Fields{"Amount": "1", "ARR__c": "12.50", "CloseDate": `"2026-01-01"`, "Signed_On__c": `"2026-11-30"`}}, a)
	if d.Amount.String() != "12.5" || d.Close.Format(time.DateOnly) != "2026-11-30" {
		t.Errorf("deal %+v", d)
	}
}

func TestPeriods_AVM35(t *testing.T) {
	monthly, quarterly := gateway.ForecastSettings{Period: "monthly"}, gateway.ForecastSettings{Period: "quarterly"}
	day := func(s string) time.Time { at, _ := time.Parse(time.DateOnly, s); return at }
	tests := []struct {
		day         string
		s           gateway.ForecastSettings
		words, next string
	}{
		{"2026-11-30", monthly, "November 2026", "December 2026"},
		{"2026-12-31", monthly, "December 2026", "January 2027"},
		{"2026-11-01", quarterly, "Q4 2026", "Q1 2027"},
		{"2026-09-30", quarterly, "Q3 2026", "Q4 2026"},
		{"2026-01-01", quarterly, "Q1 2026", "Q2 2026"},
	}
	for _, tt := range tests {
		p := forecast.PeriodOf(day(tt.day), tt.s)
		if !p.Has(day(tt.day)) || p.Has(p.To) || !p.Has(p.From) || p.Words() != tt.words || p.Next(tt.s).Words() != tt.next {
			t.Errorf("%s: %s, then %s", tt.day, p.Words(), p.Next(tt.s).Words())
		}
	}
}

func TestTotalAndWeighted_AVM36(t *testing.T) {
	deals := []forecast.Deal{
		deal("Forecast", "Negotiation", "48000.10", "75", "2026-11-10"),
		deal("Pipeline", "Discovery", "100", "12.5", "2026-11-20"),
		deal("Pipeline", "Discovery", "", "50", "2026-11-20"), // hidden amount
		deal("Forecast", "Negotiation", "7", "100", "2026-12-01"),
		deal("Omitted", "Lost", "9", "0", "2026-11-20"),
	}
	s := gateway.DefaultSettings().Forecast
	p := forecast.PeriodOf(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), s)
	total := forecast.Add(deals, p, s)
	if total.Amount.String() != "48100.1" || len(total.Deals) != 3 || total.Unknown != 1 || total.By["Pipeline"].String() != "100" {
		t.Errorf("total %+v", total)
	}
	s.Amount = "weighted"
	if got := forecast.Add(deals, p, s); got.Amount.String() != "36012.575" {
		t.Errorf("weighted %s", got.Amount)
	}
}

func TestForecastIsShownByTeamAndRole_AVM38(t *testing.T) {
	rep := gateway.Member{Role: gateway.RoleRep, Team: "Sales", JobRole: "Account Executive"}
	tests := []struct {
		name   string
		member gateway.Member
		s      gateway.ForecastSettings
		want   bool
	}{
		{"nobody chosen means all", rep, gateway.ForecastSettings{}, true},
		{"his team", rep, gateway.ForecastSettings{Teams: []string{"Sales"}}, true},
		{"another team", rep, gateway.ForecastSettings{Teams: []string{"Support"}}, false},
		{"his team, another role", rep, gateway.ForecastSettings{Teams: []string{"Sales"}, Roles: []string{"Manager"}}, false},
		{"no team", gateway.Member{Role: gateway.RoleRep}, gateway.ForecastSettings{Teams: []string{"Sales"}}, false},
		{"an admin outside", gateway.Member{Role: gateway.RoleAdmin}, gateway.ForecastSettings{Teams: []string{"Sales"}}, true},
	}
	for _, tt := range tests {
		if got, why := forecast.Visible(tt.member, tt.s); got != tt.want || why == "" {
			t.Errorf("%s: %v, %q", tt.name, got, why)
		}
	}
}

// Every deal that counts is in exactly one period, and the parts add up to the
// whole, to the last digit.
func TestNothingIsCountedTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := gateway.DefaultSettings().Forecast
		s.Period = rapid.SampledFrom([]string{"monthly", "quarterly"}).Draw(t, "period")
		s.Amount = rapid.SampledFrom([]string{"total", "weighted"}).Draw(t, "amount")
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var deals []forecast.Deal
		want := decimal.Zero
		for range rapid.IntRange(0, 12).Draw(t, "deals") {
			d := deal(rapid.SampledFrom([]string{"Pipeline", "BestCase", "Omitted"}).Draw(t, "category"), "S",
				decimal.New(rapid.Int64Range(0, 1e12).Draw(t, "amount"), -2).String(), rapid.SampledFrom([]string{"0", "12.5", "33", "100"}).Draw(t, "probability"),
				start.AddDate(0, 0, rapid.IntRange(0, 364).Draw(t, "day")).Format(time.DateOnly))
			deals = append(deals, d)
			if ok, _ := forecast.Counts(d, s); ok {
				want = want.Add(d.Counted(s))
			}
		}
		got, parts, seen := decimal.Zero, decimal.Zero, 0
		for p := forecast.PeriodOf(start, s); p.From.Year() == 2026; p = p.Next(s) {
			sum := forecast.Add(deals, p, s)
			got, seen = got.Add(sum.Amount), seen+len(sum.Deals)
			for _, part := range sum.By {
				parts = parts.Add(part)
			}
		}
		if !got.Equal(want) || !parts.Equal(want) {
			t.Fatalf("periods add up to %s, parts to %s, deals to %s", got, parts, want)
		}
	})
}

func TestPartsAndLayersAddUpToTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := gateway.DefaultSettings().Forecast
		s.Amount = rapid.SampledFrom([]string{"total", "weighted"}).Draw(t, "amount")
		s.CountBy = rapid.SampledFrom([]string{"category", "stage"}).Draw(t, "count by")
		s.Period = rapid.SampledFrom([]string{"monthly", "quarterly"}).Draw(t, "period")
		s.Stages = []string{"A", "B"}
		var deals []forecast.Deal
		for range rapid.IntRange(0, 12).Draw(t, "deals") {
			deals = append(deals, deal(
				rapid.SampledFrom([]string{"Pipeline", "Forecast", "Closed", "Omitted", ""}).Draw(t, "category"),
				rapid.SampledFrom([]string{"A", "B", "C", ""}).Draw(t, "stage"),
				rapid.SampledFrom([]string{"", "0.10", "48000", "12.345"}).Draw(t, "amount"), rapid.SampledFrom([]string{"", "10", "33.3"}).Draw(t, "probability"),
				rapid.SampledFrom([]string{"2026-10-31", "2026-11-01", "2026-12-31", "2027-01-31", ""}).Draw(t, "closes")))
		}
		first := forecast.PeriodOf(time.Date(2026, 10, 20, 0, 0, 0, 0, time.UTC), s)
		sums := forecast.Series(deals, first, 4, s)
		var amount decimal.Decimal
		n := 0
		for i, sum := range sums {
			if i > 0 && (sum.Period.From != sums[i-1].Period.To || sum.Period.Before(s) != sums[i-1].Period) {
				t.Fatalf("period %d is %v after %v", i, sum.Period, sums[i-1].Period)
			}
			var parts, layers decimal.Decimal
			for _, p := range sum.Parts(s, []string{"Closed", "B"}) {
				parts, n = parts.Add(p.Amount), n+p.Deals
			}
			for _, l := range sum.Layers(s) {
				layers = layers.Add(l)
			}
			if !parts.Equal(sum.Amount) || !layers.Equal(sum.Amount) {
				t.Fatalf("%s: parts %s, layers %s, sum %s", sum.Period.Words(), parts, layers, sum.Amount)
			}
			amount = amount.Add(sum.Amount)
		}
		if total, deals, _ := forecast.Total(sums); !total.Equal(amount) || deals != n {
			t.Fatalf("total %s of %d, want %s of %d", total, deals, amount, n)
		}
	})
}

func TestPartsKeepTheOrderGiven(t *testing.T) {
	s := gateway.DefaultSettings().Forecast
	sum := forecast.Add([]forecast.Deal{
		deal("Pipeline", "", "1", "", "2026-11-02"), deal("Closed", "", "2", "", "2026-11-02"), deal("BestCase", "", "3", "", "2026-11-02"), deal("Closed", "", "4", "", "2026-11-03"),
	}, forecast.PeriodOf(time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC), s), s)
	var got string
	for _, p := range sum.Parts(s, []string{"Closed", "Forecast", "Pipeline"}) {
		got += p.Name + "=" + p.Amount.String() + "/" + strconv.Itoa(p.Deals) + " "
	}
	if got != "Closed=6/2 Pipeline=1/1 BestCase=3/1 " {
		t.Errorf("parts %s", got)
	}
}
