package handlers

import (
	"fmt"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/views"
)

// trafficRange is a choice of the histogram: how far it reaches, how wide a
// bar is, and how a bar is labeled.
type trafficRange struct {
	key, word string
	reach     time.Duration
	bar       time.Duration
	label     string
}

var trafficRanges = []trafficRange{
	{"1h", "1 h", time.Hour, store.TrafficStep, "15:04"},
	{"24h", "24 h", 24 * time.Hour, 30 * time.Minute, "15:04"},
	{"7d", "7 d", 7 * 24 * time.Hour, 4 * time.Hour, "2 Jan 15:04"},
	{"30d", "30 d", 30 * 24 * time.Hour, 24 * time.Hour, "2 Jan"},
}

// rangeOf is the range that the address asks for, a day if none.
func rangeOf(key string) trafficRange {
	for _, r := range trafficRanges {
		if r.key == key {
			return r
		}
	}
	return trafficRanges[1]
}

// trafficFresh is how old counts may be: the page follows every change, and in
// a flood counting the last minutes is hundreds of thousands of rows.
const trafficFresh = 5 * time.Second

// trafficCounts are the last counts, for all readers of a workspace.
type trafficCounts struct {
	mu  sync.Mutex
	all map[trafficKey]countedTraffic
}

type trafficKey struct {
	ws    gateway.WorkspaceID
	reach string
}

type countedTraffic struct {
	at    time.Time
	steps []gateway.Traffic
}

// traffic reads what the histogram and the forecast to midnight need.
func (v *visit) traffic(r trafficRange) ([]gateway.Traffic, error) {
	now, key := v.s.Now(), trafficKey{v.member.Workspace, r.key}
	if steps, fresh := v.s.traffic.get(key, now); fresh {
		return steps, nil
	}
	steps, err := v.ws.Traffic(v.UserContext(), now.Add(-max(r.reach+r.bar, budgetTrend)), now)
	if err == nil {
		v.s.traffic.keep(key, countedTraffic{now, steps})
	}
	return steps, err
}

func (t *trafficCounts) get(key trafficKey, now time.Time) ([]gateway.Traffic, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	was, ok := t.all[key]
	age := now.Sub(was.at)
	return was.steps, ok && age >= 0 && age < trafficFresh
}

func (t *trafficCounts) keep(key trafficKey, counted countedTraffic) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[trafficKey]countedTraffic{}
	}
	t.all[key] = counted
}

// flow is the histogram of rows in and out.
func (v *visit) flow(r trafficRange, steps []gateway.Traffic) *views.Flow {
	bars := trafficBars(r, steps, v.clock())
	var in, out, failed int
	for _, b := range bars {
		in, out, failed = in+b.In, out+b.Out, failed+b.Failed
	}
	f := &views.Flow{
		Ranges: views.Segments{Label: "Time range"}, Bars: bars,
		InWord:  "In, " + count(in, "row", "rows") + " (up)",
		OutWord: "Out, " + count(out, "row", "rows") + " (down)",
		Summary: fmt.Sprintf("In the last %s %s came in from Salesforce and %s went out to it.", r.word, count(in, "row", "rows"), count(out, "row", "rows")),
	}
	if failed > 0 {
		f.FailedWord = number(failed) + " failed"
		f.Summary += " " + count(failed, "write", "writes") + " failed."
	}
	for _, choice := range trafficRanges {
		f.Ranges.Items = append(f.Ranges.Items, views.Segment{
			Text: choice.word, URL: withQuery(v.Ctx, map[string]string{"range": choice.key, "part": ""}), Current: choice.key == r.key,
		})
	}
	return f
}

// trafficBars adds the steps up into bars that begin at whole times of the
// reader's day.
func trafficBars(r trafficRange, steps []gateway.Traffic, k clock) []views.FlowBar {
	last := barAt(k.now, r.bar)
	n := int(r.reach / r.bar)
	bars := make([]views.FlowBar, n)
	begin := make([]time.Time, n)
	for i := range bars {
		begin[i] = barAt(last.Add(-time.Duration(n-1-i)*r.bar), r.bar)
		bars[i].Label = begin[i].Format(r.label)
	}
	at := 0
	for _, s := range steps {
		if s.At.Before(begin[0]) {
			continue
		}
		for at+1 < n && !s.At.Before(begin[at+1]) {
			at++
		}
		bars[at].In += s.In
		bars[at].Out += s.Out
		bars[at].Failed += s.Failed
	}
	return bars
}

// barAt is the beginning of the bar that t falls in: a whole multiple of its
// width since midnight of t's zone.
func barAt(t time.Time, width time.Duration) time.Time {
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
	return midnight.Add(t.Sub(midnight).Truncate(width))
}

// budgetTrend is how far back the forecast to midnight looks.
const budgetTrend = 3 * time.Hour

// callsAtMidnight continues the rise of the last hours in a straight line.
// Salesforce counts over the last 24 hours, so the line never falls below what
// is used now. known is false before there is anything to compare with.
func callsAtMidnight(steps []gateway.Traffic, used int, now time.Time) (calls int, known bool) {
	for _, s := range steps {
		end := s.At.Add(store.TrafficStep)
		if s.Calls < 0 || now.Sub(end) > budgetTrend || now.Sub(end) < store.TrafficStep {
			continue
		}
		midnight := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, now.Location())
		rise := float64(max(0, used-s.Calls)) / now.Sub(end).Seconds()
		return used + int(rise*midnight.Sub(now).Seconds()), true
	}
	return 0, false
}
