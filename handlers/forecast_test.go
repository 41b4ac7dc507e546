package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

// closing saves n deals that close on a day, each of amount, and returns their
// keys.
func (w *world) closing(n int, day time.Time, amount, category string) []gateway.RecordKey {
	w.t.Helper()
	var keys []gateway.RecordKey
	for i := range n {
		k := key("Opportunity", "006", 1000*day.YearDay()+100*len(category)+i)
		f := gateway.Fields{
			"Name": gateway.Text(fmt.Sprintf("Deal %s %02d", category, i)), "ForecastCategory": gateway.Text(category), "StageName": gateway.Text("Prospecting"),
			"Amount": gateway.Value(amount), "Probability": "50", "CloseDate": gateway.Text(day.Format(time.DateOnly)), "OwnerId": gateway.Text(ownerOf().ID),
		}
		w.save(home, record(k, f))
		keys = append(keys, k)
	}
	return keys
}

func ownerOf() gateway.RecordKey { return key("User", "005", 1) }

// month is a fixed month that does not depend on when the test runs.
func month(m time.Month, d int) time.Time { return time.Date(2031, m, d, 0, 0, 0, 0, time.UTC) }

func TestForecastAddsUpToItsDeals(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorldOn(t, url)
		w.save(home, record(ownerOf(), gateway.Fields{"Name": gateway.Text("Olga Owner")}))
		w.closing(30, month(3, 10), "1000.50", "Pipeline")
		w.closing(2, month(3, 31), "7000", "Closed")
		w.closing(1, month(3, 1), "999999", "Omitted")
		w.closing(1, month(4, 1), "5", "Forecast")
		w.closing(1, month(3, 2), "null", "Forecast")
		rep := w.as(home, gateway.RoleRep)
		page := rep.get("/forecast?period=2031-03").want(http.StatusOK,
			"$ 44,015 in total for March 2031, from 33 deals, ", "Pipeline 30 $ 30,015", "Closed 2 $ 14,000", "Commit 1 $ 0", "1 deal has no amount here", "25 of 33", "Olga Owner", "Amounts are total, by forecast category, field Amount, close date CloseDate.")
		if strings.Contains(page.words(), "999,999") || strings.Contains(page.words(), "Forecast settings") {
			t.Error("what does not count is shown, or a rep is led to the settings")
		}
		next := page.rel("next")
		rep.get(next).want(http.StatusOK, "8 of 33", "First")
		rep.get("/forecast?period=2031-03&only=Closed").want(http.StatusOK, "2 deals Filtered by Closed", "2 of 2")
		rep.get("/forecast?period=2031-03&span=quarter").want(http.StatusOK, "for Q1 2031, from 33 deals,")
		rep.get("/forecast?period=2031-04").want(http.StatusOK, "$ 5 in total for April 2031, from 1 deal,", "March 2031: $ 44,015, 33 deals")
		rep.get("/forecast?period=2031-03&owner="+ownerOf().ID).want(http.StatusOK, "from 33 deals")
		rep.get("/forecast?period=2031-03&owner=nobody").want(http.StatusOK, "No deal counts in March 2031")
		rep.get("/forecast?period=nonsense&span=week&after=nothing&only=x").want(http.StatusOK)

		w.saveOrg(gateway.TabForecast, func(s *gateway.Settings) {
			s.Forecast.Amount, s.Forecast.CountBy, s.Forecast.Stages = "weighted", "stage", []string{"Prospecting"}
		})
		rep.get("/forecast?period=2031-03").want(http.StatusOK, "weighted for March 2031, from 34 deals,", "Stage Deals Amount Prospecting 34")
	})
}

// Who is outside gets nothing: no page, no entry, and no zeros.
func TestForecastIsHiddenFromOtherTeams_AVM38(t *testing.T) {
	w := newWorld(t)
	w.closing(1, time.Now().AddDate(0, 0, 1), "48000", "Pipeline")
	rep, admin := w.as(home, gateway.RoleRep), w.as(home, gateway.RoleAdmin)
	if !slices.Contains(rep.get("/").links(), forecastBase) {
		t.Error("the navigation has no forecast")
	}
	w.saveOrg(gateway.TabForecast, func(s *gateway.Settings) { s.Forecast.Teams = []string{"Sales"} })
	got := rep.get(forecastBase).want(http.StatusForbidden, "The forecast is shown to Sales; ask an admin")
	if strings.Contains(got.words(), "$") || slices.Contains(rep.get("/").links(), forecastBase) {
		t.Error("who is outside sees an amount or an entry")
	}
	rep.post(settingsBase+"/forecast/preview", nil).want(http.StatusForbidden)
	admin.get(forecastBase).want(http.StatusOK)
	m, err := w.db.In(home).Member(t.Context(), "home-rep")
	must(t, err)
	m.Team = "Sales"
	must(t, w.db.In(home).UpdateMember(t.Context(), m))
	rep.get(forecastBase).want(http.StatusOK)
}

// One choice of the amount and close date field holds on the list, the deal,
// its linked objects and the forecast.
//
// AVM-44: the label is a word beside the number, on every page.
func TestChosenFieldsAreShownEverywhere_AVM40_AVM41_AVM45(t *testing.T) {
	w := newWorld(t)
	deal := dealOf(home)
	w.save(home, record(deal, gateway.Fields{
		"Name": gateway.Text("Chosen deal"), "AccountId": gateway.Text(accountOf(home).ID), "Amount": "111", "Forecast_Amount__c": "2222.20", "Probability": "10",
		"CloseDate": gateway.Text("2031-05-01"), "Signed_On__c": gateway.Text("2031-08-09"), "StageName": gateway.Text("Prospecting"), "ForecastCategory": gateway.Text("Pipeline"),
	}))
	w.saveOrg(gateway.TabAdvanced, func(s *gateway.Settings) {
		s.Advanced.AmountField, s.Advanced.CloseDateField, s.Advanced.CurrencyLabel = "Forecast_Amount__c", "Signed_On__c", "€"
	})
	admin := w.as(home, gateway.RoleAdmin)
	for path, says := range map[string][]string{
		"/deals":                           {"€ 2,222.20", "9 Aug 2031", "Signed On", "Forecast Amount"},
		"/deals/" + deal.ID:                {"€ 2,222.20", "9 Aug 2031", "Weighted € 222.22 10 % probability"},
		"/accounts/" + accountOf(home).ID:  {"€ 2,222.20"},
		forecastBase + "?period=2031-08":   {"€ 2,222.2", "9 Aug 2031", "field Forecast_Amount__c, close date Signed_On__c"},
		settingsBase + "/forecast":         {"€"},
		"/deals/" + deal.ID + "?as_of=now": nil,
	} {
		got := admin.get(path)
		if got.status >= 500 {
			t.Errorf("%s: %d", path, got.status)
		}
		for _, text := range says {
			if !strings.Contains(got.words(), text) {
				t.Errorf("%s does not say %q:\n%s", path, text, brief(got.words()))
			}
		}
		if strings.Contains(got.words(), "$") {
			t.Errorf("%s shows another label", path)
		}
	}
	r, err := w.db.In(home).Record(t.Context(), deal)
	must(t, err)
	if r.Fields["Forecast_Amount__c"] != "2222.20" {
		t.Errorf("the label changed the number to %s", r.Fields["Forecast_Amount__c"])
	}
}

func TestForecastPreviewShowsWhatWasTypedAndSavesNothing(t *testing.T) {
	w := newWorld(t)
	w.closing(2, time.Now().AddDate(0, 0, 1), "1000", "Pipeline")
	admin := w.as(home, gateway.RoleAdmin)
	tab := settingsBase + "/forecast"
	form := admin.get(tab).want(http.StatusOK, "Live preview", "$ 2,000", "2 deals, in total", "These are the saved settings.").form(tab)
	form.Set("amount", "weighted")
	got := admin.post(tab+"/preview", form).want(http.StatusOK, "$ 1,000", "2 deals, weighted", "Difference −$ 1,000.", "With the saved settings (total, monthly")
	if again := got.form(tab); again.Get("amount") != "weighted" || again.Get("revision") != form.Get("revision") {
		t.Errorf("the form came back as %v", again)
	}
	if w.settings(gateway.OrgScope, gateway.TabForecast).Revision != 0 {
		t.Error("the preview saved")
	}
	off(form, "categories", "Pipeline")
	admin.post(tab+"/preview", form).want(http.StatusOK, "$ 0", "0 deals")
	// Whoever has just chosen stages, and none of them yet, is told what is missing.
	form.Set("count_by", "stage")
	admin.post(tab+"/preview", form).want(http.StatusOK, "Choose at least one stage, else no deal counts.")
	form.Set("period", "weekly")
	admin.post(tab+"/preview", form).want(http.StatusOK, "2 things need another value. Nothing was saved. The forecast period is monthly or quarterly. Choose at least one stage, else no deal counts. Review changes")
}
