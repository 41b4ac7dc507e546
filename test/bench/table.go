package main

import (
	"fmt"
	"io"
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
	floorRate  = 8000 // events/s, on Postgres
	floorLag   = 100 * time.Millisecond
	floorPeak  = 120 << 20
	floorReady = time.Second
	floorLoad  = 40_000 // rows/s of a first reading
)

// judge turns figures into lines, and compares those that have a floor.
func judge(found []engine) []line {
	var lines []line
	for _, e := range found {
		lines = append(lines, e.rates()...)
		if e.Lag != nil {
			lines = append(lines,
				free("lag p50 at 500 events/s", millis(e.Lag.P50)),
				line{What: "lag p99 at 500 events/s", Figure: millis(e.Lag.P99), Floor: "<= " + millis(floorLag), Passed: e.Lag.P99 <= floorLag},
				free("lag max at 500 events/s", millis(e.Lag.Max)),
				free("(changes made late, p99)", millis(e.Lag.Late)),
			)
		}
		if p := e.Process; p != nil {
			lines = append(lines,
				line{What: "serve: peak resident, backlog", Figure: mib(p.PeakBytes), Floor: "<= " + mib(floorPeak), Passed: p.PeakBytes <= floorPeak},
				free("serve: backlog, first commit to last", perSec(p.Rate)),
				line{What: "serve: ready, median of 5", Figure: millis(p.ReadyMedian), Floor: "<= " + millis(floorReady), Passed: p.ReadyMedian <= floorReady},
				free("serve: ready, best of 5", millis(p.ReadyBest)),
			)
		}
		if l := e.Load; l != nil {
			lines = append(lines,
				line{
					What: fmt.Sprintf("first reading of %d contacts, Bulk API 2.0", l.Rows), Figure: fmt.Sprintf("%.0f rows/s", l.PerSecond),
					Floor: fmt.Sprintf(">= %d rows/s", floorLoad), Passed: l.PerSecond >= floorLoad,
				},
				free("  processor time a row, org and gateway", fmt.Sprintf("%.1f µs", float64(l.CPU.Nanoseconds())/1000)))
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
	if e.Raw == nil {
		return nil
	}
	socket := free("backlog over websocket, best of 3", perSec(e.WebSocket.Best))
	polling := free("backlog over long-polling, best of 3", perSec(e.LongPolling.Best))
	if e.Name == "postgres" {
		for _, l := range []struct {
			line *line
			rate *rate
		}{{&socket, e.WebSocket}, {&polling, e.LongPolling}} {
			l.line.Floor, l.line.Passed = ">= "+perSec(floorRate), l.rate.Best >= floorRate
		}
	}
	return []line{
		socket, polling,
		free("raw upsert of the same rows, best of 3", fmt.Sprintf("%.0f rows/s", e.Raw.Best)),
		free("ratio websocket to raw", fmt.Sprintf("%.2f", e.WebSocket.Best/e.Raw.Best)),
		free("ratio long-polling to raw", fmt.Sprintf("%.2f", e.LongPolling.Best/e.Raw.Best)),
	}
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

func printMachine(to io.Writer, m machine) {
	fmt.Fprintf(to, "%s, %d cores, %s\n", m.CPU, m.Cores, m.Go)
	fmt.Fprintf(to, "%d events of contacts a backlog; org, gateway and database share this machine.\n", backlogSize)
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
