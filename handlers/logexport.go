package handlers

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/views"
)

// mostExported bounds an export; the file says when there was more.
const mostExported = 10_000

// fileLine is one line of the log as it leaves the house: no values of fields,
// which may be personal, only their names.
type fileLine struct {
	ID        string   `json:"id"`
	At        string   `json:"at"`
	Direction string   `json:"direction"`
	Object    string   `json:"object"`
	Record    string   `json:"record"`
	Label     string   `json:"label"`
	What      string   `json:"what"`
	Rule      string   `json:"rule"`
	Cause     string   `json:"cause"`
	Ref       string   `json:"ref"`
	State     string   `json:"state"`
	Tries     int      `json:"tries"`
	NextTry   string   `json:"next_try"`
	By        string   `json:"by"`
	Problem   string   `json:"problem"`
	Happened  string   `json:"happened"`
	Who       string   `json:"who_must_act"`
	Said      string   `json:"salesforce_said"`
	Fields    []string `json:"fields"`
}

var exportColumns = []string{
	"id", "at", "direction", "object", "record", "label", "what", "rule", "cause", "ref", "state", "tries", "next_try", "by",
	"problem", "happened", "who_must_act", "salesforce_said", "fields",
}

func (e fileLine) row() []string {
	return []string{
		e.ID, e.At, e.Direction, e.Object, e.Record, e.Label, e.What, e.Rule, e.Cause, e.Ref, e.State, strconv.Itoa(e.Tries), e.NextTry, e.By,
		e.Problem, e.Happened, e.Who, e.Said, strings.Join(e.Fields, " "),
	}
}

func exportLine(line store.LogLine) fileLine {
	e := line.Entry
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339)
	}
	return fileLine{
		ID: strconv.FormatInt(e.ID, 10), At: stamp(e.At), Direction: e.Direction, Object: e.Key.Object, Record: e.Key.ID, Label: e.Label,
		What: e.What, Rule: e.Rule, Cause: e.Cause.Kind, Ref: e.Cause.Ref, State: string(e.State), Tries: e.Attempt, NextTry: stamp(e.NextTry),
		By: e.By, Problem: e.Problem.Code, Happened: e.Problem.What, Who: e.Problem.Who, Said: e.Problem.Said, Fields: e.Fields.Names(),
	}
}

// exportLog sends the selected lines as a file. It is a post, because it is
// written down who took what.
func exportLog(v *visit) error {
	q, err := v.logQuery(func(name string, _ ...string) string { return v.posted(name) })
	if err != nil {
		return err
	}
	q.Limit, q.After, q.Before = mostExported, 0, 0
	page, err := v.ws.Log(v.UserContext(), q)
	if err != nil {
		return err
	}
	lines := make([]fileLine, 0, len(page.Entries))
	for _, line := range page.Entries {
		lines = append(lines, exportLine(line))
	}
	format := v.posted("format")
	body, kind := []byte(nil), "text/csv; charset=utf-8"
	switch format {
	case "csv":
		body, err = exportCSV(lines)
	case "json":
		kind = "application/json"
		body, err = json.Marshal(map[string]any{"lines": lines, "total": page.Total, "complete": page.Next == 0})
	default:
		return gateway.InvalidField("format", "Choose csv or json.")
	}
	if err != nil {
		return err
	}
	v.s.audit(v, "exported "+count(len(lines), "line", "lines")+" of the sync log as "+format, "/sync/log?"+v.postedFilters())
	v.Set("Content-Type", kind)
	v.Set("Content-Disposition", `attachment; filename="sync-log-`+v.s.Now().UTC().Format("20060102-150405")+"."+format+`"`)
	if page.Next != 0 {
		v.Set("Tidegate-Incomplete", strconv.Itoa(len(lines))+" of "+strconv.Itoa(page.Total))
	}
	return v.Send(body)
}

func (v *visit) postedFilters() string {
	var words []string
	for _, f := range logFilters {
		if value := v.posted(f.name); value != "" {
			words = append(words, f.name+"="+value)
		}
	}
	return excerpt(strings.Join(words, "&"))
}

func exportCSV(lines []fileLine) ([]byte, error) {
	rows := [][]string{exportColumns}
	for _, line := range lines {
		rows = append(rows, line.row())
	}
	return safeCSV(rows)
}

// safeCSV writes rows for a spreadsheet: no cell is calculated, and a number
// keeps its minus.
func safeCSV(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = formulaSafe(cell)
			if _, err := decimal.NewFromString(cell); err == nil && strings.HasPrefix(cell, "-") {
				safe[i] = cell
			}
		}
		if err := w.Write(safe); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// formulaSafe keeps a spreadsheet from calculating what somebody typed: a cell
// that would begin a formula begins with an apostrophe (S-28).
func formulaSafe(cell string) string {
	trimmed := strings.TrimLeft(cell, " \u00a0\ufeff")
	if trimmed != "" && strings.ContainsRune("=+-@\t\r\n\x00|%", rune(trimmed[0])) || strings.ContainsAny(cell, "\x00") {
		return "'" + strings.ReplaceAll(cell, "\x00", "")
	}
	return cell
}

// personal tells the fields that a person can be recognized or reached by.
func personal(f gateway.Field) bool {
	switch f.Type {
	case gateway.TypeEmail, gateway.TypePhone:
		return true
	}
	return slices.ContainsFunc([]string{"FirstName", "LastName", "MiddleName", "Birthdate", "Street", "PostalCode"}, func(part string) bool {
		return strings.HasSuffix(f.Name, part)
	})
}

// masked leaves the first letter, so that a change can be seen to be one.
func masked(text string) string {
	for _, first := range text {
		return string(first) + "•••"
	}
	return ""
}

// addNow adds what Salesforce has now beside base and ours, for a write that
// has not ended.
func (v *visit) addNow(d *views.Diff, line store.LogLine, schema gateway.Schema, open bool) {
	e := line.Entry
	if e.Direction != "out" || e.State != gateway.LogNeedsYou && e.State != gateway.LogWaiting {
		return
	}
	record, err := v.ws.Record(v.UserContext(), e.Key)
	if err != nil {
		return // a create has none yet
	}
	clk, currency := v.clock(), v.currency()
	d.Columns = []string{"Field", "Base", "Now in Salesforce", "Ours"}
	for i, name := range e.Fields.Names() {
		f := fieldOf(schema, name)
		now := clk.display(f, record.Fields[name], currency)
		if !open && personal(f) {
			now = masked(now)
		}
		d.Rows[i].Values = slices.Insert(d.Rows[i].Values, 1, orNone(now))
		d.Rows[i].New = 2
	}
}
