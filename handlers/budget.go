package handlers

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
	"tidegate/views"
)

func (v *visit) budget(c gateway.Connection, steps []gateway.Traffic) *views.Budget {
	if c.APIMax == 0 {
		return nil
	}
	used, ours := c.APIUsed*1000/c.APIMax, 100-c.APIReserve
	b := &views.Budget{
		Percent: fmt.Sprintf("%d %%", used/10), Used: number(c.APIUsed) + " of " + number(c.APIMax) + " calls",
		UsedShare: used, ForecastShare: used, OurShare: ours * 10, ShareWord: fmt.Sprintf("our share %d %%", ours), Limit: number(c.APIMax),
		Facts: []views.Fact{
			{Label: "Last seen", Value: v.clock().at(c.APISeenAt).Text},
			{Label: "Counts", Value: "all integrations of the org together, rolling 24 hours"},
			{Label: "Our readings stop at", Value: number(c.APIMax*ours/100) + " calls of all", Second: "Edits of people are written beyond that."},
		},
	}
	if calls, known := callsAtMidnight(steps, c.APIUsed, v.clock().now); known {
		expected := min(calls, c.APIMax)
		b.ForecastShare = expected * 1000 / c.APIMax
		b.Facts = append([]views.Fact{{
			Label: "At midnight", Value: fmt.Sprintf("%d %% expected, %s calls", expected*100/c.APIMax, number(expected)), Second: "If it goes on as in the last hours.",
		}}, b.Facts...)
	} else {
		b.Facts = append([]views.Fact{{Label: "At midnight", Value: "—", Second: "Known once two counts are some minutes apart."}}, b.Facts...)
	}
	b.Slowed, b.Lanes = laneWords(outbound.UseOf(c), v.clock())
	if v.admin() {
		b.More = views.Link{Text: "What costs how much", URL: costURL}
		b.Share = &views.SmallForm{
			Title: "Our share", Button: "Set share", Form: views.Form{URL: settingsBase + "/share"},
			Fields: []views.Field{{Name: "share", Label: "Our share of the org's calls, in percent", Value: fmt.Sprint(ours), Required: true, MaxLength: "3", Hint: "Reading gives way as the org comes near to it; what is left is for people's edits and for other integrations."}},
		}
	}
	return b
}

// laneWords say what waits for API calls and what goes on, as one sentence and
// lane by lane; nothing is said while nothing waits.
func laneWords(u outbound.APIUse, k clock) (sentence string, lanes []views.Fact) {
	var waits, on []string
	at := time.Time{}
	for _, l := range outbound.Lanes(u, k.now) {
		f := views.Fact{Label: l.Name, Value: "goes on"}
		if !l.Waits {
			on, lanes = append(on, uncapital(l.Name)), append(lanes, f)
			continue
		}
		f.Value, f.Second = "waits"+until(l.Until, k), "Because "+l.Why+"."
		waits, at = append(waits, uncapital(l.Name)), l.Until
		lanes = append(lanes, f)
	}
	switch {
	case len(waits) == 0:
		return "", nil
	case len(on) == 0:
		return "Everything waits: Salesforce says that the org’s API calls are used up. Nothing is lost.", lanes
	}
	verb := "waits"
	if len(waits) > 1 {
		verb = "wait"
	}
	sentence = capital(list(waits)) + " " + verb + until(at, k) + ", because " + strconv.Itoa(outbound.ShareUsed(u)) +
		" % of our share is used; " + list(on) + " go on."
	return sentence, lanes
}

func uncapital(text string) string { return strings.ToLower(text[:1]) + text[1:] }

// until is " until 14:10" for a moment to come.
func until(at time.Time, k clock) string {
	if !at.After(k.now) {
		return ""
	}
	return " until " + at.In(k.zone).Format("15:04")
}

// heldLines says on the rows of lines whose write waits for API calls until
// when and why; lines and rows are in the same order.
func (v *visit) heldLines(lines []store.LogLine, rows []views.LogRow, conn gateway.Connection) error {
	u, clk := outbound.UseOf(conn), v.clock()
	a, held := outbound.Held(u, outbound.WriteAgain, clk.now)
	if !held {
		return nil
	}
	var keys []gateway.RecordKey
	for _, l := range lines {
		if l.Entry.State == gateway.LogWaiting {
			keys = append(keys, l.Entry.Key)
		}
	}
	pending, err := v.ws.PendingOf(v.UserContext(), keys)
	if err != nil {
		return err
	}
	for i, l := range lines {
		if c := pending[l.Entry.Key]; c.LogID == l.Entry.ID && c.Lane >= outbound.LaneAgain && c.State == gateway.StateWaiting {
			rows[i].Next = "waits" + until(a.At, clk) + ", because " + a.Why + "; people’s edits and meetings go on"
		}
	}
	return nil
}

// apiLane is a lane of the budget as the API tells it.
type apiLane struct {
	Lane  string     `json:"lane"`
	Waits bool       `json:"waits"`
	Until *time.Time `json:"until"`
	Why   string     `json:"why"`
}

func apiLanes(c gateway.Connection, now time.Time) []apiLane {
	out := []apiLane{}
	for _, l := range outbound.Lanes(outbound.UseOf(c), now) {
		one := apiLane{Lane: l.Name, Waits: l.Waits, Why: l.Why}
		if !l.Until.IsZero() {
			at := l.Until.UTC()
			one.Until = &at
		}
		out = append(out, one)
	}
	return out
}
