package handlers

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
	"tidegate/views"
)

func (v *visit) logRow(line store.LogLine, conn gateway.Connection, ends map[string]gateway.Record) views.LogRow {
	e, clk := line.Entry, v.clock()
	k, _ := kindOf(e.Key.Object)
	row := views.LogRow{
		ID: strconv.FormatInt(e.ID, 10), When: clk.at(e.At), Inbound: e.Direction == "in", Internal: e.Direction == "system",
		What: e.What, By: byLine(e.By), Kind: squareOf(e.Key.Object), Record: e.Label, RecordURL: recordURL(e.Key),
		RecordType: v.typeWords(k), Salesforce: salesforceURL(conn, e.Key), Rule: e.Rule, State: logChip(e.State),
		OpenURL: logURL(e.ID),
	}
	if note := ends[e.Key.ID]; note.Key == e.Key && note.Fields["Title"].String() != "" {
		row.Record = note.Label()
	} else if nameless(e.Key, e.Label) {
		u := ""
		if row.Record, u = namedBy(e.Key, e.Cause); u != "" {
			row.RecordURL = u
		} else if e.Key.Local() {
			row.Record = "New " + row.RecordType
		}
	}
	row.Record = unmarked(row.Record)
	nameBond(&row, e, ends)
	if line.Inbound != nil {
		v.inboundWords(&row, *line.Inbound)
	}
	if e.Direction == "out" && e.Attempt > 0 {
		row.Tries = strconv.Itoa(e.Attempt)
	}
	switch {
	case e.State == gateway.LogWaiting && conn.State == gateway.StateLimited:
		row.Next = "when Salesforce takes calls again"
	case e.State == gateway.LogWaiting && !e.NextTry.IsZero() && !e.NextTry.After(clk.now):
		row.Next = "next in its turn"
	case e.State == gateway.LogWaiting && !e.NextTry.IsZero():
		row.Next = "next " + clk.at(e.NextTry).Text
	case e.State == gateway.LogNeedsYou:
		row.Next = "no retry by itself"
	}
	return row
}

// typeWords is what people call a kind of record.
func (v *visit) typeWords(k recordKind) string {
	if k.one != k.object {
		return k.one
	}
	return v.objectWords(k.object)
}

// marker is the trace at the end of a note's title by which it is found again.
var marker = regexp.MustCompile(` \[tg-[0-9a-f]{10}\]$`)

// unmarked is a name without it.
func unmarked(name string) string { return marker.ReplaceAllString(name, "") }

// nameless reports whether all that is known of a record is its id, which says
// nothing to a reader.
func nameless(key gateway.RecordKey, label string) bool {
	return label == "" || label == key.ID || strings.HasPrefix(label, gateway.LocalPrefix)
}

// namedBy is what a record without a name goes by, and where that leads: a link
// or a relation has no name, ever, and goes by what it was made for.
func namedBy(key gateway.RecordKey, cause gateway.Cause) (words, url string) {
	if because := becauseOf(cause); len(because) > 0 {
		return "For the " + because[0].Value, because[0].URL
	}
	if key.Local() {
		return "New " + key.Object, ""
	}
	return key.ID, ""
}

func (v *visit) logDetail(line store.LogLine, open bool) (views.LogDetail, error) {
	e, clk := line.Entry, v.clock()
	d := views.LogDetail{Steps: logSteps(clk, line)}
	hidden, err := false, error(nil)
	if e.Before, err = v.s.Outbox.Replaced(v.UserContext(), v.member.Workspace, e); err != nil {
		return d, err
	}
	line.Entry = e
	d.Diff, hidden = v.diff(line, open)
	if e.Problem.What != "" || e.Problem.Said != "" {
		d.Error = &views.LogError{Happened: e.Problem.What, Who: e.Problem.Who, Said: e.Problem.Said}
		if e.Problem.Retries {
			d.Error.After = "Tidegate tries again by itself."
		}
	}
	d.Facts = append(d.Facts, becauseOf(e.Cause)...)
	d.Facts = append(d.Facts, v.saidFacts(e, open)...)
	if e.Took > 0 {
		d.Facts = append(d.Facts, views.Fact{Label: "Salesforce took", Value: duration(e.Took)})
	}
	if h := line.Inbound; h != nil {
		d.Facts = append(d.Facts, v.originFacts(*h)...)
	}
	id := strconv.FormatInt(e.ID, 10)
	if hidden {
		d.Actions = append(d.Actions, views.Action{Text: "Show personal data", URL: "/sync/log/" + id + "/reveal", Post: true})
	}
	if e.Direction == "out" && e.State == gateway.LogDone && !outbound.Created(e) {
		d.Actions = append(d.Actions, views.Action{Text: "Undo this write", URL: undoBase + "?line=" + id})
	}
	if e.Direction == "out" && e.State == gateway.LogDone {
		d.Actions = append(d.Actions, v.undoMore(e)...)
	}
	if e.Direction != "out" || e.State != gateway.LogNeedsYou {
		return d, nil
	}
	d.Retry = views.Action{Text: "Try again", URL: "/sync/log/" + id + "/retry", Post: true}
	ok, first, err := v.s.Outbox.RetryCheck(v.UserContext(), v.member.Workspace, e.ID)
	if err != nil {
		return d, err
	}
	if !ok {
		d.Retry.Closed = first
	}
	if to, ok := outbound.Existing(e.Key, e.Problem); ok {
		if r, err := v.ws.Record(v.UserContext(), to); err == nil { // else it is not here, or not for these eyes
			d.Actions = append(d.Actions, views.Action{Text: "Link " + r.Label() + " instead", URL: "/sync/log/" + id + "/link", Post: true})
		}
	}
	d.Actions = append(d.Actions, views.Action{Text: "Ignore with a reason", URL: "/sync/log/" + id + "/ignore"})
	return d, nil
}

// becauseOf leads to the page of what was said for which a write is owed.
func becauseOf(c gateway.Cause) []views.Fact {
	u := thingURL(c.Kind, c.Ref)
	if u == "" {
		return nil
	}
	return []views.Fact{{Label: "Because of", Value: saidKind(c.Kind) + " " + c.Ref, URL: u}}
}

// saidFacts say of each written field which rule at which revision and which
// words made its value, where it has reasons of its own. Words of a masked
// field are masked with it.
func (v *visit) saidFacts(e gateway.LogEntry, open bool) (facts []views.Fact) {
	schema, err := v.schema(e.Key.Object)
	if err != nil {
		return nil
	}
	for _, name := range e.Fields.Names() {
		f, o := fieldOf(schema, name), e.Cause.Of[name]
		if o.Rule == "" || len(facts) == mostOrigins {
			continue
		}
		if personal(f) && !open {
			o.Said = ""
		}
		facts = append(facts, views.Fact{Label: labelOf(f) + " comes from", Value: capital(originRule(o)), URL: "/sync/log?" + fieldRule(e, o.Rule).Encode()})
	}
	return facts
}

func (v *visit) originFacts(h gateway.HistoryEntry) []views.Fact {
	var facts []views.Fact
	if h.User != "" {
		facts = append(facts, views.Fact{Label: "Changed by", Value: v.userName(h.User)})
	}
	if h.Origin != "" {
		facts = append(facts, views.Fact{Label: "Came through", Value: h.Origin, Mono: true})
	}
	if h.TransactionKey != "" {
		facts = append(facts, views.Fact{Label: "Transaction", Value: h.TransactionKey, Mono: true})
	}
	return facts
}

// diff shows what the fields were and are. Outbound: base and ours; inbound:
// before and now. Personal data is masked unless open; hidden reports whether
// anything was.
func (v *visit) diff(line store.LogLine, open bool) (d *views.Diff, hidden bool) {
	e := line.Entry
	if len(e.Fields) == 0 {
		return nil, false
	}
	schema, err := v.schema(e.Key.Object)
	if err != nil {
		return nil, false
	}
	d = &views.Diff{Title: "What changed", Columns: []string{"Field", "Before", "Now"}}
	if e.Direction == "out" {
		d.Title, d.Columns[2] = "What we write", "Ours"
	}
	for _, name := range e.Fields.Names() {
		f := fieldOf(schema, name)
		was, is := v.valueWords(f, e.Before[name]), v.valueWords(f, e.Fields[name])
		if !open && personal(f) && was+is != "" {
			was, is, hidden = masked(was), masked(is), true
		}
		d.Rows = append(d.Rows, views.DiffRow{Field: labelOf(f), Values: []string{orNone(was), orNone(is)}, New: 1})
	}
	v.addNow(d, line, schema, open)
	return d, hidden
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func logSteps(clk clock, line store.LogLine) []views.LogStep {
	e := line.Entry
	if h := line.Inbound; h != nil {
		return []views.LogStep{
			{Icon: views.IconEdit, Tone: views.Idle, Text: "Committed in Salesforce", When: clk.at(h.Version.Time())},
			{Icon: views.IconOK, Tone: views.Good, Text: joinSentences("Written down here.", h.Reason), When: clk.at(h.At)},
		}
	}
	steps := []views.LogStep{{Icon: views.IconEdit, Tone: views.Idle, Text: "Saved here. " + byLine(e.By), When: clk.at(e.At)}}
	switch e.State {
	case gateway.LogDone:
		steps = append(steps, views.LogStep{Icon: views.IconOK, Tone: views.Good, Text: "Written in Salesforce, " + count(max(e.Attempt, 1), "try", "tries"), When: clk.at(e.DoneAt)})
	case gateway.LogWaiting:
		steps = append(steps, views.LogStep{Icon: views.IconClock, Tone: views.UnderWay, Text: strings.TrimSpace("Waiting. " + e.Problem.What), When: clk.at(e.NextTry)})
	case gateway.LogNeedsYou:
		steps = append(steps, views.LogStep{Icon: views.IconPause, Tone: views.Bad, Text: "Parked: a retry cannot succeed without a change"})
	case gateway.LogIgnored, gateway.LogSkipped:
		steps = append(steps, views.LogStep{Icon: views.IconInfo, Tone: views.Idle, Text: e.Problem.What, When: clk.at(e.DoneAt)})
	}
	return steps
}

// retryLine wakes a parked write.
func retryLine(v *visit) error {
	id, err := strconv.ParseInt(v.Params("id"), 10, 64)
	if err != nil {
		return fiber.ErrNotFound
	}
	if err := v.seesLine(id); err != nil {
		return err
	}
	if err := v.s.Outbox.Retry(v.UserContext(), v.member.Workspace, id); err != nil {
		return err
	}
	v.s.audit(v, "tried a parked write again", logURL(id))
	return v.Redirect(logURL(id)+"?saved=retried", fiber.StatusSeeOther)
}

// linkExisting makes whoever a refused create is about the record that
// Salesforce has already (F-56).
func linkExisting(v *visit) error {
	id, err := strconv.ParseInt(v.Params("id"), 10, 64)
	if err != nil {
		return fiber.ErrNotFound
	}
	line, err := v.ws.LogLineByID(v.UserContext(), id)
	if err != nil {
		return err
	}
	if to, ok := outbound.Existing(line.Entry.Key, line.Entry.Problem); ok { // what he does not see he cannot choose
		if _, err := v.ws.Record(v.UserContext(), to); err != nil {
			return err
		}
	}
	to, err := v.s.Outbox.TakeExisting(v.UserContext(), v.member.Workspace, id, v.member.Name)
	if err != nil {
		return err
	}
	v.s.audit(v, "linked the record that Salesforce has already", to.Object+" "+to.ID)
	return v.Redirect(recordURL(to)+"?saved=linked", fiber.StatusSeeOther)
}

// askIgnore asks for the reason before a write is given up.
func askIgnore(v *visit) error {
	return v.showIgnore("", "")
}

func (v *visit) showIgnore(reason, problem string) error {
	id, err := strconv.ParseInt(v.Params("id"), 10, 64)
	if err != nil {
		return fiber.ErrNotFound
	}
	line, err := v.ws.LogLineByID(v.UserContext(), id)
	if err != nil {
		return err
	}
	if s := line.Entry.State; line.Inbound != nil || s != gateway.LogWaiting && s != gateway.LogNeedsYou {
		return gateway.Errorf(gateway.CodeConflict, "Nothing waits behind this line any more.")
	}
	p := views.ConfirmPage{
		Shell:    v.s.shell(v, "Ignore a write", views.NavSyncLog),
		Head:     views.Head{Crumb: []views.Link{{Text: "Sync log", URL: "/sync/log"}}, Title: "Ignore this write", Lead: line.Entry.What + ", " + line.Entry.Label},
		Effects:  []string{"1 write will not reach Salesforce: " + v.keeps(line.Entry) + " what Salesforce has."},
		Kept:     []string{"The line stays in the log, with your name and your reason."},
		Form:     views.Form{URL: logURL(id) + "/ignore"},
		Password: &views.Field{Name: "reason", Label: "Reason", Value: reason, Required: true, MaxLength: "200", Error: problem},
		Action:   views.Action{Text: "Ignore this write", Style: views.Destructive},
		Cancel:   views.Link{Text: "Keep it waiting", URL: logURL(id)},
	}
	if problem != "" {
		p.Form.Errors = []views.FieldError{{FieldID: "reason", Text: problem}}
		v.Status(fiber.StatusUnprocessableEntity)
	}
	return render(v.Ctx, views.Confirm(p))
}

// keeps names the fields of a write, with their verb.
func (v *visit) keeps(e gateway.LogEntry) string {
	schema, err := v.schema(e.Key.Object)
	if err != nil {
		schema = gateway.Schema{} // API names are better than no page
	}
	labels := make([]string, 0, len(e.Fields))
	for _, name := range e.Fields.Names() {
		labels = append(labels, labelOf(fieldOf(schema, name)))
	}
	if len(labels) == 1 {
		return labels[0] + " keeps"
	}
	return list(labels) + " keep"
}

// ignoreLine gives a write up, with the reason.
func ignoreLine(v *visit) error {
	id, err := strconv.ParseInt(v.Params("id"), 10, 64)
	if err != nil {
		return fiber.ErrNotFound
	}
	reason := strings.TrimSpace(v.posted("reason"))
	if reason == "" || utf8.RuneCountInString(reason) > 200 {
		return v.showIgnore(reason, "Say in up to 200 characters why this write is not needed.")
	}
	if err := v.seesLine(id); err != nil {
		return err
	}
	if err := v.s.Outbox.Ignore(v.UserContext(), v.member.Workspace, id, reason, v.member.Name); err != nil {
		return err
	}
	v.s.audit(v, "ignored a parked write", logURL(id))
	return v.Redirect(logURL(id)+"?saved=ignored", fiber.StatusSeeOther)
}
