package handlers

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// changes applies an observed change of a deal, as the way in does: the
// mirror's row and its history together.
func (w *world) changes(k gateway.RecordKey, at time.Time, kind gateway.ChangeType, fields gateway.Fields) {
	w.t.Helper()
	r, err := w.db.In(home).Record(w.t.Context(), k)
	if gateway.CodeOf(err) != gateway.CodeNotFound {
		must(w.t, err)
	}
	e := gateway.HistoryEntry{Key: k, Version: gateway.Version{CommitAt: at.UnixMilli(), CommitNumber: at.UnixNano()}, Type: kind, Outcome: gateway.OutcomeApplied, Fields: fields, Before: gateway.Fields{}, At: at}
	if r.Fields == nil {
		r = gateway.Record{Key: k, Fields: gateway.Fields{}}
	}
	for name := range fields {
		e.Before[name] = r.Fields[name]
	}
	r.Fields, r.Version, r.Deleted, r.ObservedAt = r.Fields.Overlay(fields), e.Version, kind == gateway.Delete, at
	must(w.t, w.db.In(home).InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.AppendHistory(ctx, []gateway.HistoryEntry{e}); err != nil {
			return err
		}
		return tx.SaveRecords(ctx, []gateway.Record{r})
	}))
}

// seenAt makes records that the mirror has had since a moment.
func (w *world) seenAt(at time.Time, keys []gateway.RecordKey) {
	w.t.Helper()
	for _, k := range keys {
		r, err := w.db.In(home).Record(w.t.Context(), k)
		must(w.t, err)
		r.Version, r.ObservedAt = gateway.Version{CommitAt: at.UnixMilli()}, at
		r.Fields["CreatedDate"], r.Fields["LastModifiedDate"] = gateway.Instant(at), gateway.Instant(at)
		w.save(home, r)
	}
}

// Each cause is on the page, the causes add up to the difference, and each
// leads to its deals.
func TestForecastSaysWhatChangedSinceADay_AVM35_AVM39(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, db string) {
		w := newWorldOn(t, db)
		now := w.clock.now()
		old := now.AddDate(0, 0, -30)
		w.save(home, record(ownerOf(), gateway.Fields{"Name": gateway.Text("Olga Owner")}))
		keys := w.closing(5, month(3, 10), "1000", "Pipeline")
		w.seenAt(old, keys)
		day := now.AddDate(0, 0, -3)
		w.changes(keys[0], day, gateway.Update, gateway.Fields{"Amount": "1500"})
		w.changes(keys[1], day, gateway.Update, gateway.Fields{"CloseDate": gateway.Text("2031-04-02")})
		w.changes(keys[2], day, gateway.Update, gateway.Fields{"StageName": gateway.Text("Closed Lost"), "ForecastCategory": gateway.Text("Omitted"), "IsClosed": "true", "IsWon": "false"})
		w.changes(keys[3], day, gateway.Delete, gateway.Fields{})
		fresh := key("Opportunity", "006", 777)
		w.changes(fresh, day, gateway.Create, gateway.Fields{"Name": gateway.Text("=New"), "ForecastCategory": gateway.Text("Pipeline"), "Amount": "40", "Probability": "50", "CloseDate": gateway.Text("2031-03-05"), "CreatedDate": gateway.Instant(day), "OwnerId": gateway.Text(ownerOf().ID)})

		rep := w.as(home, gateway.RoleRep)
		since := now.AddDate(0, 0, -7).Format("2 Jan")
		page := rep.get("/forecast?period=2031-03").want(http.StatusOK,
			"$ 2,540 in total for March 2031, from 3 deals, $ 2,460 less than on "+since, "What changed since "+since, "▼ $ 2,460", "It was $ 5,000 at the end of that day.",
			"New deals 1 ▲ $ 40", "Amount raised 1 ▲ $ 500", "Moved to another period 1 ▼ $ 1,000", "Lost 1 ▼ $ 1,000", "Deleted in Salesforce 1 ▼ $ 1,000",
			"As of "+since, "amount was $ 1,000", "no change", "3 deals, 2 of them changed; 3 left", "$ 2,540 more than February 2031.")
		if strings.Contains(page.words(), "first seen") {
			t.Error("deals seen long ago are said to be new here")
		}
		rep.get("/forecast?period=2031-03&why=moved").want(http.StatusOK, "Moved to another period since "+since, "was to close 10 Mar 2031", "1 of 1")
		rep.get("/forecast?period=2031-03&why=raised&only=Closed").want(http.StatusOK, "No deal changed like this")
		// Compared with the day before yesterday nothing changed, as of a week ago everything was as it was.
		recent := now.AddDate(0, 0, -2).Format(time.DateOnly)
		rep.get("/forecast?period=2031-03&with="+recent).want(http.StatusOK, "No difference", "the same as on")
		week := now.AddDate(0, 0, -7).Format(time.DateOnly)
		rep.get("/forecast?period=2031-03&as_of="+week).want(http.StatusOK, "$ 5,000 in total for March 2031, from 5 deals, the same as on", "As of the end of "+since)
		rep.get("/forecast?period=2031-03&amounts=weighted").want(http.StatusOK, "$ 1,270 weighted for March 2031")
		rep.get("/forecast?period=2031-03&owner="+ownerOf().ID).want(http.StatusOK, "$ 2,460 less than")
		rep.get("/forecast?period=2031-03&with=nonsense&as_of=2999-01-01").want(http.StatusOK, "$ 2,460 less than")
	})
}

func TestForecastExportIsSafeCompleteAndAudited_UX40_S28(t *testing.T) {
	w := newWorld(t)
	now := w.clock.now()
	keys := w.closing(3, month(3, 10), "1000.50", "Pipeline")
	rep := w.as(home, gateway.RoleRep)
	later := w.closing(1, month(5, 10), "1", "Pipeline")
	w.seenAt(now.AddDate(0, 0, -1), later)
	r, err := w.db.In(home).Record(t.Context(), later[0])
	must(t, err)
	delete(r.Fields, "CreatedDate") // then nobody knows that it is new
	w.save(home, r)
	rep.get("/forecast?period=2031-05").want(http.StatusOK, "1 deal was first seen here after")
	w.seenAt(now.AddDate(0, 0, -30), keys)
	w.changes(keys[0], now.AddDate(0, 0, -1), gateway.Update, gateway.Fields{"Name": gateway.Text(`=HYPERLINK("https://evil.example")`), "Amount": "800.50"})
	w.changes(keys[1], now.AddDate(0, 0, -1), gateway.Update, gateway.Fields{"CloseDate": gateway.Text("2031-05-02")})
	address := "/forecast/export?period=2031-03"
	got := rep.post(address, url.Values{"format": {"csv"}}).want(http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	must(t, err)
	if len(rows) != 4 || strings.Join(rows[0], ",") != strings.Join(forecastColumns, ",") {
		t.Fatalf("rows %v", rows)
	}
	var counted, change decimal.Decimal
	for _, row := range rows[1:] {
		for i, into := range map[int]*decimal.Decimal{9: &counted, 11: &change} {
			d, err := decimal.NewFromString(row[i])
			must(t, err)
			*into = into.Add(d)
		}
	}
	if counted.String() != "1801" || change.String() != "-1200.5" || !strings.HasPrefix(rows[1][2], "'=") {
		t.Errorf("counted %s, changed by %s, first %v", counted, change, rows[1])
	}
	var file struct {
		Total    int
		Complete bool
		Lines    []forecastLine
	}
	must(t, json.Unmarshal([]byte(rep.post(address, url.Values{"format": {"json"}}).want(http.StatusOK).body), &file))
	if file.Total != 3 || !file.Complete || len(file.Lines) != 3 {
		t.Errorf("file %+v", file)
	}
	rep.post(address, url.Values{"format": {"xml"}}).want(http.StatusUnprocessableEntity, "Choose csv or json.")
	w.as(home, gateway.RoleAdmin).get("/audit").want(http.StatusOK, "exported 3 deals of the forecast as csv", "exported 3 deals of the forecast as json")
	w.saveOrg(gateway.TabForecast, func(s *gateway.Settings) { s.Forecast.Teams = []string{"Board"} })
	rep.post(address, url.Values{"format": {"csv"}}).want(http.StatusForbidden)
}
