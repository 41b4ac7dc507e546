package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// line is one figure of the table, with its floor where it has one.
type line struct {
	Engine string `json:"engine"`
	What   string `json:"what"`
	Figure string `json:"figure"`
	Floor  string `json:"floor,omitempty"`
	Passed bool   `json:"passed"`
}

// The floors that the project has set itself.
const (
	floorRate  = 15_000 // events/s, over each transport
	floorRatio = 0.2    // to the raw upsert of the same rows
	floorPeak  = 200 << 20
	floorReady = time.Second
	// floorPage is what may pass to the first byte of a page (UX-47).
	floorPage = 200 * time.Millisecond
	// floorSteady is memory while events come one after the other.
	floorSteady = 100 << 20
	floorLoad   = 40_000 // rows/s of a first reading
	// floorPublish is what the org gives two subscribers, in events/s.
	floorPublish = 20_000
)

// floorsLag are those of the lag at the highest load.
var floorsLag = struct{ p50, p99 time.Duration }{12 * time.Millisecond, 40 * time.Millisecond}

// judge turns figures into lines, and compares those that have a floor.
func judge(found []engine) []line {
	var lines []line
	for _, e := range found {
		lines = append(lines, e.rates()...)
		for _, l := range e.Lags {
			lines = append(lines, l.lines()...)
		}
		if p := e.Process; p != nil {
			lines = append(lines,
				line{What: "serve: peak resident, backlog", Figure: mib(p.PeakBytes), Floor: "<= " + mib(floorPeak), Passed: p.PeakBytes <= floorPeak},
				line{What: fmt.Sprintf("serve: peak resident at %d events/s", steadyLoad), Figure: mib(p.SteadyBytes), Floor: "<= " + mib(floorSteady), Passed: p.SteadyBytes <= floorSteady},
				free("serve: backlog, first commit to last", perSec(p.Rate)),
				line{What: "serve: ready, median of 5", Figure: millis(p.ReadyMedian), Floor: "<= " + millis(floorReady), Passed: p.ReadyMedian <= floorReady},
				free("serve: ready, best of 5", millis(p.ReadyBest)),
			)
			lines = append(lines, p.Pages.lines()...)
		}
		if l := e.Load; l != nil {
			lines = append(lines,
				line{
					What: fmt.Sprintf("first reading of %d contacts, Bulk API 2.0", l.Rows), Figure: fmt.Sprintf("%.0f rows/s", l.PerSecond),
					Floor: fmt.Sprintf(">= %d rows/s", floorLoad), Passed: l.PerSecond >= floorLoad,
				},
				free("  processor time a row, all of it", fmt.Sprintf("%.1f µs", float64(l.CPU.Nanoseconds())/1000)),
				free("  until all keys are filed too", fmt.Sprintf("%.0f rows/s", float64(l.Rows)/(float64(l.Rows)/l.PerSecond+l.Filing.Seconds()))),
				free("  processor time a row of filing them", fmt.Sprintf("%.1f µs", float64(l.FilingCPU.Nanoseconds())/1000)))
		}
		if e.Proven != nil {
			lines = append(lines, e.Proven.lines()...)
		}
		if e.Flood != nil {
			lines = append(lines, e.Flood.lines()...)
		}
		if e.Idle != nil {
			lines = append(lines, e.Idle.lines()...)
		}
		if e.Publish != nil {
			lines = append(lines, e.Publish.lines()...)
		}
		if e.Out != nil {
			lines = append(lines, e.Out.lines()...)
		}
		for _, part := range e.Failed {
			lines = append(lines, line{What: part, Figure: "no figure", Floor: "measured"})
		}
		for i := range lines {
			if lines[i].Engine == "" {
				lines[i].Engine = e.Name
			}
		}
	}
	return lines
}

func (e *engine) rates() []line {
	var lines []line
	for _, way := range []struct {
		name string
		rate *rate
	}{{"websocket", e.WebSocket}, {"long-polling", e.LongPolling}, {"Pub/Sub", e.PubSub}} {
		if way.rate == nil {
			continue
		}
		ratio := way.rate.ratio()
		lines = append(lines,
			line{What: "backlog over " + way.name + ", best of 5", Figure: perSec(way.rate.Best), Floor: ">= " + perSec(floorRate), Passed: way.rate.Best >= floorRate},
			free("  raw upsert of the same rows after each round, best of 5", fmt.Sprintf("%.0f rows/s", slices.Max(way.rate.Raw))),
			line{What: "  ratio to raw, middle of 5 pairs", Figure: fmt.Sprintf("%.2f", ratio), Floor: fmt.Sprintf(">= %.2f", floorRatio), Passed: ratio >= floorRatio},
			free("  processor time, all of it", fmt.Sprintf("%.0f µs/event", float64(way.rate.CPU.Nanoseconds())/1000)),
		)
	}
	if e.PubSub == nil || e.WebSocket == nil {
		return lines
	}
	typed := e.PubSub.Best / e.WebSocket.Best
	return append(lines, line{What: "ratio Pub/Sub to websocket", Figure: fmt.Sprintf("%.2f", typed), Floor: ">= 1.00", Passed: typed >= 1})
}

// lines has floors for the highest load only: the lower one shows how lag grows.
func (l lag) lines() []line {
	at := fmt.Sprintf(" at %d events/s", l.PerSecond)
	p50, p99 := free("lag p50"+at, millis(l.P50)), free("lag p99"+at, millis(l.P99))
	if l.PerSecond == loads[len(loads)-1] {
		p50.Floor, p50.Passed = "<= "+millis(floorsLag.p50), l.P50 <= floorsLag.p50
		p99.Floor, p99.Passed = "<= "+millis(floorsLag.p99), l.P99 <= floorsLag.p99
	}
	return []line{p50, p99, free("lag max"+at, millis(l.Max)), free("(changes made late, p99)", millis(l.Late))}
}

// free is a line without a floor.
func free(what, figure string) line { return line{What: what, Figure: figure, Passed: true} }

func perSec(v float64) string { return fmt.Sprintf("%.0f events/s", v) }

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

func mib(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

func allPassed(lines []line) bool {
	for _, l := range lines {
		if !l.Passed {
			return false
		}
	}
	return true
}

func printMachine(to io.Writer, m machine, settings []string) {
	fmt.Fprintf(to, "%s, %d cores, %s\n", m.CPU, m.Cores, m.Go)
	fmt.Fprintf(to, "%d events of contacts a backlog; org, gateway and database share this machine.\n", backlogSize)
	fmt.Fprintf(to, "Postgres: fsync on, %s.\n", cmp.Or(strings.Join(settings, ", "), "as it comes"))
	fmt.Fprintf(to, "Rates are the best of %d rounds, because machines are noisy; compare ratios, not rates.\n\n", rounds)
}

func printTable(to io.Writer, lines []line) {
	t := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "engine\tmeasured\tfigure\tfloor\t")
	for _, l := range lines {
		verdict := ""
		switch {
		case l.Floor != "" && l.Passed:
			verdict = "pass"
		case l.Floor != "":
			verdict = "FAIL"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", l.Engine, l.What, l.Figure, l.Floor, verdict)
	}
	if err := t.Flush(); err != nil {
		fmt.Fprintln(to, err)
	}
}
