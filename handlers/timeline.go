package handlers

import (
	"errors"
	"slices"
	"sort"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/views"
)

func gatewayError(err error) (*gateway.Error, bool) {
	return errors.AsType[*gateway.Error](err)
}

func joinSentences(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, " ")
}

// timeline joins Salesforce's activities of the record with what was written
// from here, newest first.
func (b *recordBuilder) timeline() ([]views.Activity, error) {
	type entry struct {
		at time.Time
		a  views.Activity
	}
	var entries []entry
	part := b.Query("from")
	if part != "here" {
		records, err := b.activities()
		if err != nil {
			return nil, err
		}
		in, err := b.inForce()
		if err != nil {
			return nil, err
		}
		for _, r := range records {
			if e, ok := gateway.Filed(r); ok {
				entries = append(entries, entry{e.At, b.filedActivity(e, in.Advanced.EmailsRead())})
				continue
			}
			at, a := b.activity(r)
			entries = append(entries, entry{at, a})
		}
		changes, err := b.ws.History(b.UserContext(), b.record.Key, timelineSize, 0)
		if err != nil {
			return nil, err
		}
		for _, h := range changes {
			entries = append(entries, entry{h.Version.Time(), b.observed(h)})
		}
	}
	if part != "salesforce" {
		page, err := b.ws.Log(b.UserContext(), store.LogQuery{Direction: "out", Object: b.record.Key.Object, RecordID: b.record.Key.ID, Limit: timelineSize})
		if err != nil {
			return nil, err
		}
		for _, line := range page.Entries {
			entries = append(entries, entry{line.Entry.At, b.written(line.Entry)})
		}
	}
	sort.SliceStable(entries, func(i, j int) bool { return entries[i].at.After(entries[j].at) })
	out := make([]views.Activity, 0, timelineSize)
	for _, e := range entries[:min(len(entries), timelineSize)] {
		out = append(out, e.a)
	}
	return out, nil
}

// observed is a change that Salesforce told: its fields, who made it, through
// what, and the way to the record as it was then.
func (b *recordBuilder) observed(h gateway.HistoryEntry) views.Activity {
	var row views.LogRow
	b.inboundWords(&row, h)
	a := views.Activity{
		Kind: b.kind.kind, Title: row.What, URL: logURL(h.ID), When: b.clk.at(h.Version.Time()), Where: "Salesforce",
		Text: joinSentences(b.oldAndNew(h), b.provenance(h)),
		Link: views.Link{Text: "As it was then", URL: pastURL(b.record.Key, h.Version.Time())},
	}
	if h.Outcome == gateway.OutcomeConfirmed {
		a.Where = "Both"
	}
	return a
}

// oldAndNew names the first few fields of a change with both values.
func (b *recordBuilder) oldAndNew(h gateway.HistoryEntry) string {
	var parts []string
	for _, name := range h.Fields.Names() {
		if slices.Contains(bookkeeping, name) || h.Type == gateway.Create || len(parts) == mostFields {
			continue
		}
		f := fieldOf(b.schema, name)
		was, is := excerpt(b.clk.display(f, h.Before[name], b.money)), excerpt(b.clk.display(f, h.Fields[name], b.money))
		if was != is {
			parts = append(parts, labelOf(f)+": "+orNone(was)+" → "+orNone(is))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + "."
}

// timelineParts lets the reader look at one system alone.
func (b *recordBuilder) timelineParts() views.Segments {
	from := b.Query("from")
	part := func(text, key string) views.Segment {
		return views.Segment{Text: text, URL: withQuery(b.Ctx, map[string]string{"from": key, "edit": ""}), Current: from == key}
	}
	return views.Segments{Label: "Activity shown", Items: []views.Segment{part("Both", ""), part("Salesforce", "salesforce"), part("Here", "here")}}
}

func (b *recordBuilder) activity(r gateway.Record) (time.Time, views.Activity) {
	a := views.Activity{
		Kind: squareOf(r.Key.Object), Title: r.Label(), Text: excerpt(r.Fields["Description"].String()),
		Where: "Salesforce", URL: salesforceURL(b.conn, r.Key),
	}
	at := r.Version.Time()
	if t, ok := r.Fields["StartDateTime"].Time(); ok {
		at = t
	} else if t, err := time.Parse(time.DateOnly, r.Fields["ActivityDate"].String()); err == nil {
		at = t
	}
	if s := r.Fields["Status"].String(); s != "" {
		a.State = views.Chip{Tone: views.Idle, Icon: views.IconTask, Text: s}
	}
	a.When = b.clk.at(at)
	return at, a
}

func (b *recordBuilder) written(e gateway.LogEntry) views.Activity {
	return views.Activity{
		Kind: b.kind.kind, Title: e.What, Text: joinSentences(byLine(e.By), e.Problem.What), URL: logURL(e.ID),
		When: b.clk.at(e.At), Where: "Here", State: logChip(e.State),
	}
}

func byLine(name string) string {
	if name == "" {
		return ""
	}
	return "By " + name + "."
}

// excerpt is the first lines of a long text.
func excerpt(text string) string {
	const most = 160
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
