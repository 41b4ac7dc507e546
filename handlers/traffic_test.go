package handlers

import (
	"context"
	"net/http"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

func TestBarsAddUpAndBeginAtWholeTimes_UX11(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	now := time.Date(2026, 11, 21, 14, 47, 3, 0, berlin)
	steps := []gateway.Traffic{
		{At: now.Add(-40 * 24 * time.Hour).UTC(), In: 1000}, // before every range
		{At: time.Date(2026, 11, 20, 23, 55, 0, 0, berlin).UTC(), In: 5, Out: 2, Failed: 1},
		{At: time.Date(2026, 11, 21, 14, 0, 0, 0, berlin).UTC(), In: 7},
		{At: time.Date(2026, 11, 21, 14, 45, 0, 0, berlin).UTC(), Out: 3},
	}
	tests := []struct {
		key         string
		n           int
		first, last string
		in, out     int
	}{
		{"1h", 12, "13:50", "14:45", 7, 3},
		{"24h", 48, "15:00", "14:30", 12, 5},
		{"7d", 42, "14 Nov 16:00", "21 Nov 12:00", 12, 5},
		{"30d", 30, "23 Oct", "21 Nov", 12, 5},
	}
	for _, tt := range tests {
		t.Run(tt.key, func(t *testing.T) {
			bars := trafficBars(rangeOf(tt.key), steps, clock{now: now, zone: berlin})
			in, out := 0, 0
			for _, b := range bars {
				in, out = in+b.In, out+b.Out
			}
			if len(bars) != tt.n || bars[0].Label != tt.first || bars[len(bars)-1].Label != tt.last || in != tt.in || out != tt.out {
				t.Errorf("%d bars from %q to %q, %d in, %d out; want %+v", len(bars), bars[0].Label, bars[len(bars)-1].Label, in, out, tt)
			}
			if bars[len(bars)-1].Out != 3 {
				t.Errorf("the last bar is %+v", bars[len(bars)-1])
			}
		})
	}
}

func TestCallsAreForecastToMidnight_UX10(t *testing.T) {
	now := time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC)
	seen := func(ago time.Duration, calls int) gateway.Traffic {
		return gateway.Traffic{At: now.Add(-ago - store.TrafficStep), Calls: calls}
	}
	tests := []struct {
		name  string
		steps []gateway.Traffic
		calls int
		known bool
	}{
		{"nothing to compare with", nil, 0, false},
		{"a number of this minute", []gateway.Traffic{seen(time.Minute, 900)}, 0, false},
		{"a number of yesterday", []gateway.Traffic{seen(20*time.Hour, 100)}, 0, false},
		{"an unknown number", []gateway.Traffic{seen(time.Hour, -1)}, 0, false},
		{"a steady rise", []gateway.Traffic{seen(2*time.Hour, 800), seen(time.Hour, 950)}, 1200, true},
		{"it falls as old calls no longer count", []gateway.Traffic{seen(time.Hour, 1500)}, 1000, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if calls, known := callsAtMidnight(tt.steps, 1000, now); calls != tt.calls || known != tt.known {
				t.Errorf("%d, %v; want %d, %v", calls, known, tt.calls, tt.known)
			}
		})
	}
}

func TestHealthShowsWhatCameAndWent_UX11(t *testing.T) {
	w := newWorld(t)
	must(t, w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AppendLog(ctx, []gateway.LogEntry{{Direction: "out", State: gateway.LogDone}, {Direction: "out", State: gateway.LogNeedsYou}})
		if err != nil {
			return err
		}
		return tx.AppendHistory(ctx, []gateway.HistoryEntry{{Key: contactOf(home)}, {Key: contactOf(home)}})
	}))
	b := w.as(home, gateway.RoleRep)
	for _, key := range []string{"", "1h", "24h", "7d", "30d", "nonsense"} {
		b.get("/?range="+key).want(http.StatusOK, "Rows in and out", "2 rows (up)", "1 row (down)", "1 failed", "7 d")
	}
}
