package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/backfill"
)

// meter shows how far readings are: a bar on a terminal, that moves; lines now
// and then where nobody looks; JSON lines for programs.
type meter struct {
	out  *output
	json bool
	tty  io.Writer // nil = no terminal
	told map[string]time.Time
	wide int // of the line on the terminal
}

// tellEvery is how often a line is printed where there is no terminal.
const tellEvery = 10 * time.Second

func newMeter(out *output, asJSON bool) *meter {
	m := &meter{out: out, json: asJSON, told: map[string]time.Time{}}
	if info, err := os.Stderr.Stat(); !asJSON && err == nil && info.Mode()&os.ModeCharDevice != 0 {
		m.tty = os.Stderr
	}
	return m
}

// step is the progress of one object as JSON.
type step struct {
	Object      string  `json:"object"`
	State       string  `json:"state"`
	Way         string  `json:"way"`
	Rows        int     `json:"rows"`
	Total       int     `json:"total"`
	RowsPerSec  float64 `json:"rows_per_second"`
	SecondsLeft float64 `json:"seconds_left"`
	Calls       int     `json:"calls"`
	Paused      bool    `json:"paused"`
}

func stepOf(b gateway.Backfill) step {
	p := backfill.Of(b)
	return step{b.Object, b.State, b.Way, b.Rows, b.Total, p.Rate, p.Left.Seconds(), b.Calls, b.Paused}
}

// show tells how far the readings under way are.
func (m *meter) show(under []gateway.Backfill, now time.Time) error {
	if m.tty != nil && len(under) > 0 {
		return m.draw(line(under[0], len(under)-1))
	}
	for _, b := range under {
		every := tellEvery
		if m.json {
			every = time.Second
		}
		if now.Sub(m.told[b.Object]) < every {
			continue
		}
		m.told[b.Object] = now
		if m.json {
			if err := m.out.json(stepOf(b)); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintln(os.Stderr, words(b)); err != nil {
			return err
		}
	}
	return nil
}

// draw replaces the line on the terminal.
func (m *meter) draw(text string) error {
	_, err := fmt.Fprintf(m.tty, "\r%-*s", m.wide, text)
	m.wide = len(text)
	return err
}

// end tells how a reading came out, on standard output.
func (m *meter) end(b gateway.Backfill) error {
	if m.json {
		return m.out.json(stepOf(b))
	}
	if m.tty != nil {
		if err := m.draw(""); err != nil {
			return err
		}
		fmt.Fprint(m.tty, "\r")
	}
	text := fmt.Sprintf("%s: %d rows read", b.Object, b.Rows)
	switch {
	case b.Paused:
		text = fmt.Sprintf("%s: paused at %d rows; go on with it by --resume", b.Object, b.Rows)
	case b.State == gateway.BackfillCanceled:
		text = fmt.Sprintf("%s: canceled at %d rows, which stay", b.Object, b.Rows)
	case b.Way != "":
		text += fmt.Sprintf(" in %s, %s, %d calls", b.Spent.Round(time.Second/10), wayWords[b.Way], b.Calls)
	}
	_, err := fmt.Fprintln(m.out.to, text+".")
	return err
}

// line is the bar of one reading, and how many others are under way.
func line(b gateway.Backfill, others int) string {
	p := backfill.Of(b)
	text := fmt.Sprintf("%s %s %s", b.Object, bar(p.Share), counted(b, p))
	if others > 0 {
		text += fmt.Sprintf(", %d more to do", others)
	}
	return text
}

func words(b gateway.Backfill) string { return b.Object + ": " + counted(b, backfill.Of(b)) }

// counted says rows, rate and time left, as far as they are known.
func counted(b gateway.Backfill, p backfill.Progress) string {
	var parts []string
	switch {
	case b.State == gateway.BackfillRepairing:
		return "reading what changed meanwhile"
	case b.Rows == 0 && b.Job != "":
		return "Salesforce prepares the rows"
	case b.Total >= 0:
		parts = append(parts, fmt.Sprintf("%d of %d rows", b.Rows, b.Total))
	default:
		parts = append(parts, fmt.Sprintf("%d rows", b.Rows))
	}
	if p.Rate > 0 {
		parts = append(parts, fmt.Sprintf("%.0f rows/s", p.Rate))
	}
	if p.Left > 0 {
		parts = append(parts, p.Left.Round(time.Second).String()+" left")
	}
	return strings.Join(parts, ", ")
}

// bar draws a share for a terminal.
func bar(share float64) string {
	const width = 30
	filled := int(max(share, 0) * width)
	return "[" + strings.Repeat("#", filled) + strings.Repeat(".", width-filled) + "]"
}
