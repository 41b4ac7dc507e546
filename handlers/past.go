package handlers

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/inbound"
	"tidegate/rules/past"
	"tidegate/views"
)

// momentLayout is how a moment stands in an address: to the millisecond,
// because two changes may be that near.
const momentLayout = "2006-01-02T15:04:05.000Z07:00"

// parseMoment reads a moment as the control sends it, in the reader's zone, or
// as RFC 3339.
func parseMoment(text string, zone *time.Location) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at, nil
	}
	for _, layout := range [...]string{"2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, nil
		}
	}
	return time.Time{}, gateway.InvalidField("as_of", "“%s” is not a moment. Write one such as 2026-05-01T07:25:37, or with a zone 2026-05-01T07:25:37Z.", excerpt(text))
}

// historyReader is the store of one workspace.
type historyReader interface {
	WholeHistory(ctx context.Context, key gateway.RecordKey) ([]gateway.HistoryEntry, error)
	writesReader
}

// writesReader tells what was written to a record from here.
type writesReader interface {
	Written(ctx context.Context, key gateway.RecordKey, limit int, more func(gateway.LogEntry) bool) error
}

// mostWrites is how many writes of ours to a record are looked through.
const mostWrites = 1000

// replaced is what our first write of each field of a record replaced, where
// its history does not tell.
func (r *request) replaced(ws writesReader, key gateway.RecordKey, entries []gateway.HistoryEntry) (gateway.Fields, error) {
	if !past.Echoes(entries) {
		return nil, nil
	}
	out := gateway.Fields{}
	err := ws.Written(r.UserContext(), key, mostWrites, func(line gateway.LogEntry) bool {
		maps.Copy(out, line.Before) // newest first: the oldest stays
		return true
	})
	return out, err
}

// pastOf reads everything observed of a record and tells how it was.
func (r *request) pastOf(ws historyReader, record gateway.Record, schema gateway.Schema, at time.Time) (past.Reading, error) {
	entries, err := ws.WholeHistory(r.UserContext(), record.Key)
	if err != nil {
		return past.Reading{}, err
	}
	silent := inbound.Silent(schema)
	replaced, err := r.replaced(ws, record.Key, entries)
	if err != nil {
		return past.Reading{}, err
	}
	return past.At(past.Input{
		Now: record, Entries: entries, Replaced: replaced, Named: silent["Name"], Silent: func(name string) bool { return silent[name] },
	}, at), nil
}

// showPast is the page of a record as of an earlier moment.
func (v *visit) showPast(k recordKind, key gateway.RecordKey) error {
	record, err := v.ws.Record(v.UserContext(), key)
	if err != nil {
		return err
	}
	k, err = v.shownFields(v.chosenFields(k))
	if err != nil {
		return err
	}
	b := &recordBuilder{visit: v, kind: k, record: record, clk: v.clock()}
	if err := b.load(); err != nil {
		return err
	}
	at, err := parseMoment(v.Query("as_of"), b.clk.zone)
	problem, _ := gatewayError(err)
	if problem != nil || at.After(b.clk.now) {
		at = b.clk.now
	}
	r, err := v.pastOf(v.ws, record, b.schema, at)
	if err != nil {
		return err
	}
	p, err := b.pastPage(r, at)
	if err != nil {
		return err
	}
	if problem != nil {
		p.Choose.Search.Error = problem.Message
		v.Status(statusOf[problem.Code])
	}
	return answer(v.Ctx, views.Past(p))
}

func (b *recordBuilder) pastPage(r past.Reading, at time.Time) (views.PastPage, error) {
	base := recordURL(b.record.Key)
	p := views.PastPage{
		Shell: b.s.shell(b.visit, b.record.Label(), b.kind.nav),
		Crumb: []views.Link{{Text: b.kind.many, URL: b.kind.path}, {Text: b.record.Label(), URL: base}},
		Kind:  b.kind.kind, Type: b.kind.one, Name: r.Record.Label(),
		Banner: b.pastBanner(r, at),
		Choose: views.Filter{URL: base, Button: "Show", Search: views.Field{
			ID: "as_of", Name: "as_of", Label: "As of, " + b.clk.zone.String(), Type: "datetime-local", Value: at.In(b.clk.zone).Format("2006-01-02T15:04:05"),
		}},
		Now: views.Link{Text: "Back to now", URL: base},
	}
	p.Previous = b.pastStep("Previous change: ", r.Previous)
	p.Next = b.pastStep("Next change: ", r.Next)
	if r.State != past.Known {
		p.Name = b.record.Label()
		p.Empty = views.Empty{Icon: views.IconClock, Title: p.Banner.Text, Text: "What was there before is not in the history that Tidegate keeps.", Actions: []views.Action{{Text: "Show the first known state", URL: pastURL(b.record.Key, r.Since)}}}
		if r.State == past.Unborn {
			p.Empty.Text = "There is nothing to show for a moment before that."
		}
		return p, nil
	}
	if r.Last != nil {
		p.Made, p.MadeURL = b.clk.exact(r.Last.Version.Time())+": "+b.tells(*r.Last), logURL(r.Last.ID)
	}
	return p, b.pastFields(&p, r)
}

func (b *recordBuilder) pastBanner(r past.Reading, at time.Time) views.Notice {
	n := views.Notice{Tone: views.UnderWay, Icon: views.IconClock, Strong: "As of " + b.clk.exact(at) + " (read-only)"}
	switch {
	case r.State == past.Unborn:
		n.Text = "It did not exist yet; it was created on " + b.clk.exact(r.Since) + "."
		if born, ok := b.record.Fields["CreatedDate"].Time(); ok {
			n.Text = "It did not exist yet; it was created on " + b.clk.exact(born) + "."
		}
	case r.State == past.Before:
		n.Text = "Not known before " + b.clk.exact(r.Since) + "."
	case r.Record.Deleted:
		n.Text = "It was deleted in Salesforce at this moment; these are its last values."
	}
	return n
}

func (b *recordBuilder) pastStep(text string, e *gateway.HistoryEntry) views.Link {
	if e == nil {
		return views.Link{}
	}
	return views.Link{Text: text + b.clk.exact(e.Version.Time()), URL: pastURL(b.record.Key, e.Version.Time())}
}

// pastURL is our page of a record as of a moment.
func pastURL(key gateway.RecordKey, at time.Time) string {
	return recordURL(key) + "?as_of=" + at.UTC().Format(momentLayout)
}

// pastFields sets the usual fields, and whatever else differs, beside what
// they are now. Only fields that Salesforce shows to the connected user count.
func (b *recordBuilder) pastFields(p *views.PastPage, r past.Reading) error {
	changed := r.Changed(b.record)
	names := b.detailFields()
	for _, name := range changed {
		if _, ok := b.schema.Field(name); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	refs := []gateway.Record{b.record, r.Record}
	people, err := b.namesOf(refs, names)
	if err != nil {
		return err
	}
	differ := 0
	for _, name := range names {
		f, ok := b.schema.Field(name)
		if !ok {
			continue
		}
		row := views.PastField{
			Label: labelOf(f), Then: fieldCell(b.clk, f, r.Record.Fields[name], people, b.money).Text,
			Now: fieldCell(b.clk, f, b.record.Fields[name], people, b.money).Text, Changed: slices.Contains(changed, name),
		}
		if row.Changed {
			differ++
		}
		p.Fields = append(p.Fields, row)
	}
	p.Lead = "Nothing of it has changed since."
	if differ > 0 {
		p.Lead = count(differ, "field differs", "fields differ") + " from now."
	}
	return nil
}

// exact is date and time to the second: "3 Nov 2026, 09:14:02".
func (k clock) exact(t time.Time) string { return t.In(k.zone).Format("2 Jan 2006, 15:04:05") }

// tells says in one line what an observed change was, by whom and through what.
func (v *visit) tells(h gateway.HistoryEntry) string {
	var row views.LogRow
	v.inboundWords(&row, h)
	return joinSentences(row.What+".", v.provenance(h))
}

// ownClient is how Salesforce names our own writes in the origin of a change.
const ownClient = "tidegate"

// provenance says who made a change and through which client.
func (v *visit) provenance(h gateway.HistoryEntry) string {
	user := h.User
	if user == "" {
		user = h.Fields["LastModifiedById"].String()
	}
	_, client, _ := strings.Cut(h.Origin, ";client=")
	through := ""
	switch {
	case h.Type == gateway.Snapshot:
		through = "Found by reading the record: " + h.Reason
	case client == ownClient:
		through = "Written by us."
	case strings.HasPrefix(client, "SfdcInternalAPI"):
		through = "In Salesforce’s own pages."
	case client != "":
		through = "Through " + strings.TrimSuffix(client, "/") + "."
	}
	return joinSentences(byLine(v.userName(user)), through)
}
