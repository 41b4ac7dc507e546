package handlers

import (
	"slices"
	"strconv"
	"strings"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/effect"
	"tidegate/views"
)

// backtestBase shows what the settings in force would have done lately; a
// review shows the same of a proposal, by step "backtest" of its form.
const (
	backtestBase = settingsBase + "/backtest"
	stepBacktest = "backtest"
	backtestRows = 100 // a page
)

func backtestPage(v *visit) error { return v.showBacktest(nil) }

// showBacktest shows part by part what settings would have made of what was
// said within the last days: those of a review, nil = those in force, beside
// what was really done (issue 5 point 10, M5).
func (v *visit) showBacktest(r *review) error {
	var proposal *outbox.Proposal
	if r != nil {
		proposal = &r.proposal
	}
	b, err := v.s.Outbox.Backtest(v.UserContext(), v.member.Workspace, proposal, false)
	if err != nil {
		return err
	}
	days := number(outbox.BacktestDays)
	p := views.BacktestPage{
		Shell: v.s.shell(v, "Backtest", views.NavSettings),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Salesforce settings", URL: settingsBase + "/notes"}}, Title: "What the settings would have done",
			Lead: "Meetings, calls, chats and e-mails of the last " + days + " days, planned once more by the settings in force, beside what was really done. Records are as they are now. Nothing is written by looking.",
		},
		Effects: backtestEffects(b), Notice: backtestNotice(b),
	}
	rows, n := b.Rows, 1
	if r == nil {
		n, _ = strconv.Atoi(v.Query("page"))
		all := v.Query("show") == "all"
		p.Shown = views.Segments{Label: "What is listed", Items: []views.Segment{
			{Text: "What differs", URL: withQuery(v.Ctx, map[string]string{"show": "", "page": ""}), Current: !all},
			{Text: "All rows", URL: withQuery(v.Ctx, map[string]string{"show": "all", "page": ""}), Current: all},
		}}
		if !all {
			rows = differing(rows)
		}
	} else {
		n, _ = strconv.Atoi(v.posted("page"))
		rows = differing(rows)
		p.Head.Title, p.Head.Crumb = "What your change would have done", r.page.Head.Crumb
		p.Head.Lead = "Meetings, calls, chats and e-mails of the last " + days + " days, planned once more as if they were told anew: by the settings as you want them, and by those in force. Nothing is saved."
	}
	p.List = v.backtestList(rows, &n, r != nil)
	if r != nil {
		v.backtestForms(&p, r, n, len(rows))
	} else {
		v.backtestPager(&p, n, len(rows))
	}
	return render(v.Ctx, views.Backtest(p))
}

func differing(rows []effect.Row) []effect.Row {
	return slices.DeleteFunc(slices.Clone(rows), func(r effect.Row) bool { return r.Outcome == effect.AsItWas || r.Outcome == effect.Left })
}

func backtestEffects(b *effect.Backtest) []views.Effect {
	return []views.Effect{
		{Kind: views.KindEvent, Number: number(b.Things) + " of " + number(b.Looked), Text: "conversations would have come out otherwise"},
		{Kind: views.KindContact, Number: count(len(b.Created), "contact", "contacts"), Text: "would have been created in addition"},
		{Kind: views.KindCustom, Number: count(b.Calls, "API call", "API calls"), Text: "when each of them is written as it is told"},
	}
}

func backtestNotice(b *effect.Backtest) views.Notice {
	n := views.Notice{Tone: views.Attention, Icon: views.IconInfo}
	switch {
	case b.Late:
		n.Strong = "Not all was looked at in time."
	case b.Sampled():
		n.Strong = "A sample, spread evenly over the days."
	case b.More > 0:
		n.Strong = "Only the first rows are listed."
		n.Text = number(b.More) + " more rows are in the numbers above, and not in the list."
		return n
	default:
		return views.Notice{}
	}
	n.Text = number(b.Looked) + " of " + number(b.Total) + " conversations were looked at; the others are not in these numbers."
	return n
}

// backtestList is one page of rows; n becomes a page that there is.
func (v *visit) backtestList(rows []effect.Row, n *int, proposed bool) views.ListPage {
	pages := max(1, (len(rows)+backtestRows-1)/backtestRows)
	*n = min(max(*n, 1), pages)
	last := "Really"
	if proposed {
		last = "With the settings in force"
	}
	out := views.ListPage{
		Caption: "Part by part", Columns: []views.Column{{Text: "Conversation"}, {Text: "Part"}, {Text: "Outcome"}, {Text: "With these settings"}, {Text: last}},
		Empty: views.Empty{Icon: views.IconOK, Title: "Nothing would differ", Text: "All that was looked at would have come out the same."},
	}
	for _, r := range rows[min(len(rows), (*n-1)*backtestRows):min(len(rows), *n*backtestRows)] {
		out.Rows = append(out.Rows, v.backtestRow(r))
	}
	return out
}

var outcomeChips = map[effect.Outcome]views.Chip{
	effect.AsItWas:    {Tone: views.Idle, Icon: views.IconOK, Text: "The same"},
	effect.Otherwise:  {Tone: views.Attention, Icon: views.IconEdit, Text: "Other values"},
	effect.Elsewhere:  {Tone: views.Attention, Icon: views.IconRight, Text: "Elsewhere"},
	effect.WouldWrite: {Tone: views.Attention, Icon: views.IconEdit, Text: "Written then"},
	effect.WouldNot:   {Tone: views.Attention, Icon: views.IconCross, Text: "Not written then"},
	effect.Left:       {Tone: views.Idle, Icon: views.IconInfo, Text: "Nothing either way"},
}

func (v *visit) backtestRow(r effect.Row) views.Row {
	what := views.Cell{Text: r.Title, Second: v.clock().full(r.At).Text, Kind: views.KindEvent, URL: thingURL(r.Kind, r.ID)}
	if what.Text == "" {
		what.Text = strings.ToUpper(r.Kind[:1]) + r.Kind[1:]
	}
	then, really := backtestCell(r.Then, r.ThenWhy), backtestCell(r.Really, r.ReallyWhy)
	would, was := v.backtestValues(r)
	then.Second, really.Second = strings.TrimSpace(would+" "+then.Second), strings.TrimSpace(was+" "+really.Second)
	return views.Row{Cells: []views.Cell{what, {Text: effect.PartWords(r.Part)}, {Chip: outcomeChips[r.Outcome]}, then, really}}
}

// mostValues bounds the values that a row shows; the others are named.
const mostValues = 3

// backtestValues are the values of the fields that differ, as they would be and as
// they are, by the labels of the fields and the names of the records.
func (v *visit) backtestValues(r effect.Row) (would, was string) {
	var others []string
	for i, name := range r.Fields {
		f := v.fieldOfObject(r.Then.Object, name)
		if i >= mostValues {
			others = append(others, labelOf(f))
			continue
		}
		then, now := apart(v.valueWords(f, r.Would[name]), v.valueWords(f, r.Was[name]))
		would += labelOf(f) + ": " + orNone(then) + ". "
		was += labelOf(f) + ": " + orNone(now) + ". "
	}
	if others != nil {
		would += "Others that differ: " + list(others) + ". "
	}
	return would, was
}

// valueWords is a value as a person reads it: what a field refers to goes by its name.
func (v *visit) valueWords(f gateway.Field, value gateway.Value) string {
	switch id := value.String(); {
	case f.Type != gateway.TypeReference || len(id) < 3:
	case (gateway.RecordKey{ID: id}).Local():
		return "the new record"
	case bondKinds[id[:3]] != "":
		return v.labelOfRecord(gateway.RecordKey{Object: bondKinds[id[:3]], ID: id})
	}
	return v.clock().display(f, value, v.currency())
}

func backtestCell(key gateway.RecordKey, why string) views.Cell {
	c := views.Cell{Second: why}
	switch {
	case key.ID == "":
		c.Text = "Nothing"
	case key.Local():
		c.Text = "New " + key.Object
	default:
		c.Text, c.URL, c.Kind = key.Object, recordURL(key), squareOf(key.Object)
	}
	return c
}

func (v *visit) backtestPager(p *views.BacktestPage, n, rows int) {
	p.List.Pager.Text = rowsWords(n, rows)
	if n > 1 {
		p.List.Pager.NewerURL, p.List.Pager.NewerText = withQuery(v.Ctx, map[string]string{"page": strconv.Itoa(n - 1)}), "Earlier rows"
	}
	if n*backtestRows < rows {
		p.List.Pager.OlderURL, p.List.Pager.OlderText = withQuery(v.Ctx, map[string]string{"page": strconv.Itoa(n + 1)}), "Next rows"
	}
}

func rowsWords(n, rows int) string {
	return number(min(rows, (n-1)*backtestRows+1)) + " to " + number(min(rows, n*backtestRows)) + " of " + count(rows, "row", "rows")
}

// backtestForms carry a proposal to another page of the list, and back.
func (v *visit) backtestForms(p *views.BacktestPage, r *review, n, rows int) {
	form := func(button string, more ...views.Hidden) views.BacktestForm {
		fields := append([]views.Hidden{{Name: "revision", Value: r.page.Form.Revision}}, r.page.Fields...)
		return views.BacktestForm{URL: r.page.Form.URL, Button: button, Fields: append(fields, more...)}
	}
	p.List.Pager.Text = rowsWords(n, rows)
	to := func(n int) []views.Hidden {
		return []views.Hidden{{Name: stepName, Value: stepBacktest}, {Name: "page", Value: strconv.Itoa(n)}}
	}
	if n > 1 {
		p.Again = append(p.Again, form("Earlier rows", to(n-1)...))
	}
	if n*backtestRows < rows {
		p.Again = append(p.Again, form("Next rows", to(n+1)...))
	}
	back := form("Back to editing", views.Hidden{Name: stepName, Value: stepEdit})
	p.Back = &back
}

// addBacktest says beside a review which conversations would go elsewhere and
// whom it would create, from a small sample of the last days.
func (v *visit) addBacktest(r *review) error {
	b, err := v.s.Outbox.Backtest(v.UserContext(), v.member.Workspace, &r.proposal, true)
	if err != nil || b.Looked == 0 {
		return err
	}
	r.page.Backtest = "Show what it would have done, row by row"
	of := number(b.Looked)
	if b.Sampled() {
		of += " sampled of " + number(b.Total)
	}
	f := views.Fact{Label: "Meetings, calls, chats and e-mails of " + number(outbox.BacktestDays) + " days", Value: number(b.Things) + " of " + of + " would have come out otherwise"}
	var words []string
	for _, w := range [...]struct {
		outcome effect.Outcome
		text    string
	}{
		{effect.Elsewhere, "would go elsewhere"},
		{effect.WouldWrite, "would be written only then"},
		{effect.WouldNot, "would not be written any more"},
		{effect.Otherwise, "would have other values"},
	} {
		if n := b.Counts[w.outcome]; n > 0 {
			words = append(words, count(n, "record", "records")+" "+w.text)
		}
	}
	f.Second = list(words)
	if f.Second != "" {
		f.Second = strings.ToUpper(f.Second[:1]) + f.Second[1:] + "; about " + count(b.Calls, "API call", "API calls") + " for them in all."
	}
	r.page.Also = append(r.page.Also, f)
	if n := len(b.Created); n > 0 {
		var from []string
		for _, row := range b.Created[:min(n, 5)] {
			from = append(from, row.Person)
		}
		text := list(from)
		if n > 5 {
			text += " and " + number(n-5) + " more"
		}
		r.page.Also = append(r.page.Also, views.Fact{Label: "Whom it would have created", Value: count(n, "contact", "contacts"), Second: text + "."})
	}
	return nil
}
