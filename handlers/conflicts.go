package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/conflict"
	"tidegate/rules/mapping"
	"tidegate/store"
	"tidegate/views"
)

const conflictsBase = "/sync/conflicts"

var conflictPages = []route{
	{"GET", conflictsBase, signedIn, conflicts},
	{"POST", conflictsBase, signedIn, decideConflict},
}

// mostQuestions bounds the inbox's list; the count beside it is of all.
const mostQuestions = 200

// question is one field of a waiting change that a person must decide.
type question struct {
	change gateway.Change
	field  string
}

func (q question) url() string {
	return conflictsBase + "?" + url.Values{"object": {q.change.Key.Object}, "record": {q.change.Key.ID}, "field": {q.field}}.Encode()
}

// questions are the conflicts that wait for a person, oldest first.
func (v *visit) questions() ([]question, error) {
	changes, err := v.ws.Asking(v.UserContext(), mostQuestions)
	if err != nil {
		return nil, err
	}
	var out []question
	for _, c := range changes {
		for _, field := range slices.Sorted(slices.Values(conflict.Asks(c))) {
			out = append(out, question{c, field})
		}
	}
	return out, nil
}

// logTabs are the tabs of the sync log; a count stands only at what waits for
// a person.
func (v *visit) logTabs(current string) ([]views.Tab, error) {
	open, err := v.questions()
	if err != nil {
		return nil, err
	}
	text := "Conflicts"
	if len(open) > 0 {
		text += " " + number(len(open))
	}
	out := []views.Tab{
		{Text: "Log", URL: "/sync/log", Current: current == "/sync/log"},
		{Text: text, URL: conflictsBase, Current: current == conflictsBase},
		{Text: "Explain", URL: explainBase, Current: current == explainBase},
	}
	if v.admin() {
		out = append(out, views.Tab{Text: "Sync again", URL: againBase, Current: current == againBase})
	}
	return out, nil
}

// conflicts is the inbox, or the list of what was settled.
func conflicts(v *visit) error {
	if v.Query("show") == "settled" {
		return v.showSettled()
	}
	return v.showConflicts(v.Query("object"), v.Query("record"), v.Query("field"), tried{})
}

// tried is what was posted and why it was not taken.
type tried struct {
	typed string
	why   string
	err   *gateway.Error
}

func (v *visit) showConflicts(object, record, field string, a tried) error {
	open, err := v.questions()
	if err != nil {
		return err
	}
	p := views.ConflictsPage{
		Shell: v.s.shell(v, "Conflicts", views.NavSyncLog),
		Live:  views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartConflicts})},
		Empty: views.Empty{
			Icon: views.IconOK, Title: "No conflict waits for you",
			Text:    "Where both sides changed a field whose rule is “Ask me”, both values appear here and you choose. What rules settled is kept too.",
			Actions: []views.Action{{Text: "Show settled conflicts", URL: conflictsBase + "?show=settled"}},
		},
	}
	p.Shell.StreamURL = eventsPath
	if p.Tabs, err = v.logTabs(conflictsBase); err != nil {
		return err
	}
	lead, err := v.conflictsLead(len(open))
	if err != nil {
		return err
	}
	p.Head = views.Head{Title: "Conflicts", Lead: lead}
	p.Settled = views.Link{Text: "Settled conflicts", URL: conflictsBase + "?show=settled"}
	chosen := slices.IndexFunc(open, func(q question) bool {
		return q.change.Key == (gateway.RecordKey{Object: object, ID: record}) && q.field == field
	})
	if chosen < 0 && record != "" {
		p.Notice = views.Notice{
			Tone: views.Idle, Icon: views.IconInfo, Strong: "That conflict waits no more.", Text: "It was decided, or our change was edited, sent or given up since.",
			Link: views.Link{Text: "Show settled conflicts", URL: conflictsBase + "?show=settled&record=" + url.QueryEscape(record)},
		}
	}
	if chosen < 0 && a.err != nil {
		p.Notice.Tone, p.Notice.Text = views.Attention, a.err.Message
	}
	chosen = max(chosen, 0)
	for i, q := range open {
		p.Open = append(p.Open, v.conflictLine(q, i == chosen))
	}
	if len(open) > 0 && p.Notice.Strong == "" {
		if p.Chosen, err = v.conflictView(open[chosen], a); err != nil {
			return err
		}
	}
	if a.err != nil {
		v.Status(statusOf[a.err.Code])
	}
	return answer(v.Ctx, views.Conflicts(p))
}

func (v *visit) conflictsLead(open int) (string, error) {
	counts, err := v.ws.CountConflicts(v.UserContext(), store.ConflictQuery{Since: v.s.Now().Add(-7 * 24 * time.Hour)})
	if err != nil {
		return "", err
	}
	waits := number(open) + " wait for a person."
	if open == 1 {
		waits = "1 waits for a person."
	}
	return "Both sides changed the same field since they last agreed. This week " + number(counts.ByRule) + " were settled by rules and " +
		number(counts.People()) + " by people; " + waits, nil
}

func (v *visit) conflictLine(q question, current bool) views.ConflictLine {
	return views.ConflictLine{
		Kind: squareOf(q.change.Key.Object), Record: v.labelOfRecord(q.change.Key), Field: v.fieldLabel(q.change.Key.Object, q.field),
		URL: q.url(), When: v.clock().at(q.change.EnqueuedAt), Current: current,
	}
}

func (v *visit) labelOfRecord(key gateway.RecordKey) string {
	if r, err := v.ws.Record(v.UserContext(), key); err == nil {
		return r.Label()
	}
	return key.ID
}

func (v *visit) fieldLabel(object, field string) string {
	schema, err := v.schema(object)
	if err != nil {
		return field
	}
	return labelOf(fieldOf(schema, field))
}

// conflictView shows the three values of a question and the form that decides.
func (v *visit) conflictView(q question, a tried) (*views.ConflictView, error) {
	record, err := v.ws.Record(v.UserContext(), q.change.Key)
	if err != nil {
		return nil, err
	}
	schema, err := v.schema(q.change.Key.Object)
	if err != nil {
		return nil, err
	}
	met, err := v.lastMet(q)
	if err != nil {
		return nil, err
	}
	f := fieldOf(schema, q.field)
	theirs, ours := record.Fields[q.field], q.change.Fields[q.field]
	c := &views.ConflictView{
		Title: record.Label() + ": " + labelOf(f), Record: record.Label(), RecordURL: recordURL(record.Key), Reason: met.Reason,
		Chip: views.Chip{Tone: views.Attention, Icon: views.IconWarning, Text: "Nothing is written yet"},
		Log:  views.Link{Text: "Open the waiting write", URL: logURL(q.change.LogID)},
		Form: views.Form{URL: conflictsBase},
		Fields: []views.Hidden{
			{Name: "object", Value: record.Key.Object},
			{Name: "record", Value: record.Key.ID},
			{Name: "field", Value: q.field},
			{Name: "theirs", Value: fingerprint(theirs)},
			{Name: "ours", Value: fingerprint(ours)},
		},
		Why: views.Field{ID: "why", Name: "why", Label: "Why, for those who look later (optional)", Value: a.why, MaxLength: "200"},
	}
	v.conflictValues(c, f, met, theirs, ours, q.change)
	if err := v.otherValue(c, f, theirs, a); err != nil {
		return nil, err
	}
	if a.err != nil {
		c.Form.Errors = []views.FieldError{{FieldID: "value", Text: a.err.Message}}
		if c.OtherButton == "" {
			c.Form.Errors[0].FieldID = "why"
		}
	}
	c.Rule, err = v.ruleChoice(q, labelOf(f))
	return c, err
}

// lastMet is the conflict that asks the question. Where the change came from
// another record there may be none; then both values still are.
func (v *visit) lastMet(q question) (gateway.Conflict, error) {
	list, err := v.ws.ConflictList(v.UserContext(), store.ConflictQuery{Object: q.change.Key.Object, RecordID: q.change.Key.ID, Field: q.field, Limit: 1})
	if err != nil || len(list) == 0 {
		return gateway.Conflict{Reason: q.change.Problem.What, OursAt: q.change.EnqueuedAt}, err
	}
	return list[0], nil
}

func (v *visit) conflictValues(c *views.ConflictView, f gateway.Field, met gateway.Conflict, theirs, ours gateway.Value, change gateway.Change) {
	clk := v.clock()
	show := func(value gateway.Value) string { return orNone(clk.display(f, value, v.currency())) }
	c.Base = views.ConflictValue{Label: "Last agreed", Value: show(met.Base), Text: "Both sides had the same."}
	if !met.Base.Known() {
		c.Base.Value, c.Base.Text = "—", "Not known: the field was never read before our change."
	}
	c.Theirs = views.ConflictValue{
		Label: "In Salesforce", Value: show(theirs), Text: joinSentences(clk.full(met.TheirsAt.Time()).Text+".", byLine(v.userName(met.TheirsBy))),
		Choice: string(gateway.ChoiceTheirs), Button: "Use Salesforce's value", Effect: "Salesforce stays as it is; our value is kept in the log.",
	}
	if met.TheirsAt.CommitAt == 0 {
		c.Theirs.Text = ""
	}
	c.Ours = views.ConflictValue{
		Label: "Ours", Value: show(ours), Text: joinSentences(clk.full(change.EnqueuedAt).Text+".", byLine(change.Cause.Name), change.Cause.Rule),
		Choice: string(gateway.ChoiceOurs), Button: "Use our value", Effect: "It is written to Salesforce and replaces “" + excerpt(show(theirs)) + "”.",
	}
	if ok, why := v.writable(change.Key.Object, f); !ok {
		c.Ours.Button, c.Ours.Closed = "", "It cannot be written now: "+why
	}
}

// writable is the truth table of a field as the settings stand.
func (v *visit) writable(object string, f gateway.Field) (bool, string) {
	in, err := v.inForce()
	if err != nil {
		return false, "the settings cannot be read just now."
	}
	mappings, err := v.mappingsOf(object)
	if err != nil {
		return false, "the mapping cannot be read just now."
	}
	m := mappings[f.Name]
	m.Object, m.Field = object, f.Name
	ok, _, why := mapping.Writable(in.Objects.Writeback[object], m, f)
	return ok, why
}

// otherValue is the control for a third value, where the field may be written.
func (v *visit) otherValue(c *views.ConflictView, f gateway.Field, theirs gateway.Value, a tried) error {
	if c.Ours.Button == "" {
		return nil
	}
	typed, problem := a.typed, ""
	if a.err != nil && a.err.Code == gateway.CodeInvalid {
		problem = a.err.Message
	}
	if f.Type == gateway.TypePicklist && typed == "" {
		typed = theirs.String()
	}
	c.Field, c.Select = fieldControl(f, typed, problem)
	c.OtherButton, c.Field.Label = "Write this value", "Or another value"
	if c.Select != nil {
		c.Select.Label = "Or another value"
	}
	return nil
}

// ruleChoice asks whether the choice is the rule from now on; only admins make
// rules.
func (v *visit) ruleChoice(q question, label string) (views.ChoiceGroup, error) {
	if !v.admin() {
		return views.ChoiceGroup{}, nil
	}
	counts, err := v.ws.CountConflicts(v.UserContext(), store.ConflictQuery{
		Object: q.change.Key.Object, Field: q.field, Since: v.s.Now().Add(-30 * 24 * time.Hour),
	})
	if err != nil {
		return views.ChoiceGroup{}, err
	}
	past := "In the last 30 days nobody decided a conflict of " + label + "."
	if n := counts.People(); n > 0 {
		theirs := counts.ByChoice[gateway.ChoiceTheirs]
		past = "In the last 30 days people decided " + count(n, "conflict", "conflicts") + " of " + label + ": " +
			number(theirs) + " for Salesforce, " + number(n-theirs) + " for ours or another value."
	}
	k, _ := kindOf(q.change.Key.Object)
	return views.ChoiceGroup{ID: "rule", Name: "rule", Legend: "From now on", Choices: []views.Choice{
		{Value: "once", Label: "Only this time", Effect: "The next conflict asks again.", Checked: true},
		{Value: "field", Label: "Make it the rule for " + label + " on " + strings.ToLower(k.many), Effect: "Whoever you choose above wins from now on. " + past},
	}}, nil
}

// decideConflict takes the choice.
func decideConflict(v *visit) error {
	key := gateway.RecordKey{Object: v.posted("object"), ID: v.posted("record")}
	a := outbox.Answer{Key: key, Why: strings.TrimSpace(v.posted("why")), IP: v.IP(), Rule: v.posted("rule") == "field" && v.admin()}
	a.Field, a.Choice = v.posted("field"), gateway.Choice(v.posted("choice"))
	a.By = gateway.Cause{Kind: "conflict", Rule: "Conflict decided", By: v.member.ID, Name: v.member.Name}
	back := tried{typed: v.posted("value"), why: a.Why}
	refuse := func(err error) error {
		e, ok := gatewayError(err)
		if !ok || e.Code != gateway.CodeConflict && e.Code != gateway.CodeInvalid && e.Code != gateway.CodeForbidden {
			return err
		}
		back.err = e
		return v.showConflicts(key.Object, key.ID, a.Field, back)
	}
	record, err := v.ws.Record(v.UserContext(), key)
	if err != nil {
		return err
	}
	if err := v.readAnswer(&a, record, back.typed); err != nil {
		return refuse(err)
	}
	receipt, err := v.s.Outbox.Answer(v.UserContext(), v.member.Workspace, a)
	if err != nil {
		return refuse(err)
	}
	v.deliver(receipt)
	return v.Redirect(conflictsBase+"?saved=decided", fiber.StatusSeeOther)
}

// readAnswer fills in what the person saw and typed.
func (v *visit) readAnswer(a *outbox.Answer, record gateway.Record, typed string) error {
	pending, _, err := v.ws.Pending(v.UserContext(), a.Key)
	if err != nil {
		return err
	}
	a.SawTheirs, a.SawOurs = record.Fields[a.Field], pending.Fields[a.Field]
	// A value that is not the one on the page cannot be equal to any.
	if v.posted("theirs") != fingerprint(a.SawTheirs) {
		a.SawTheirs = "changed"
	}
	if v.posted("ours") != fingerprint(a.SawOurs) {
		a.SawOurs = "changed"
	}
	if len([]rune(a.Why)) > 200 {
		return gateway.InvalidField("why", "Say it in up to 200 characters.")
	}
	if a.Choice != gateway.ChoiceOther {
		return nil
	}
	schema, err := v.schema(a.Key.Object)
	if err != nil {
		return err
	}
	f, ok := schema.Field(a.Field)
	if !ok {
		return gateway.Errorf(gateway.CodeForbidden, "Salesforce does not show this field, so no other value can be written.")
	}
	a.Other, err = mapping.ParseInput(f, typed)
	return err
}

// conflictEnds are the words for how a conflict ended.
var conflictEnds = map[gateway.Choice]string{
	gateway.ChoiceTheirs: "Salesforce's value", gateway.ChoiceOurs: "Our value", gateway.ChoiceOther: "Another value",
}

// showSettled lists what is decided, by whom or by which rule.
func (v *visit) showSettled() error {
	q := store.ConflictQuery{RecordID: v.Query("record"), Object: v.Query("object"), Limit: pageSize + 1}
	q.After, _ = strconv.ParseInt(v.Query("after"), 10, 64)
	list, err := v.ws.ConflictList(v.UserContext(), q)
	if err != nil {
		return err
	}
	open, err := v.questions()
	if err != nil {
		return err
	}
	p := views.ConflictsPage{
		Shell: v.s.shell(v, "Settled conflicts", views.NavSyncLog),
		Head:  views.Head{Crumb: []views.Link{{Text: "Conflicts", URL: conflictsBase}}, Title: "Settled conflicts", Lead: "Both values of each, who kept the field and why, newest first."},
		List: views.ListPage{
			Caption: "Settled conflicts",
			Columns: []views.Column{{Text: "Record"}, {Text: "Field"}, {Text: "Last agreed", Wide: true}, {Text: "In Salesforce"}, {Text: "Ours"}, {Text: "Kept"}},
			Empty:   views.Empty{Icon: views.IconOK, Title: "No conflict so far", Text: "When both sides change the same field, both values are kept here with who won and why."},
		},
	}
	if p.Tabs, err = v.logTabs(conflictsBase); err != nil {
		return err
	}
	if len(list) > pageSize {
		list = list[:pageSize]
		p.List.Pager.OlderURL = withQuery(v.Ctx, map[string]string{"after": strconv.FormatInt(list[pageSize-1].ID, 10)})
	}
	for _, c := range list {
		p.List.Rows = append(p.List.Rows, v.settledRow(c, open))
	}
	return answer(v.Ctx, views.Conflicts(p))
}

func (v *visit) settledRow(c gateway.Conflict, open []question) views.Row {
	clk := v.clock()
	schema, err := v.schema(c.Key.Object)
	if err != nil {
		schema = gateway.Schema{} // API names are better than no page
	}
	f := fieldOf(schema, c.Field)
	show := func(value gateway.Value) string { return excerpt(orNone(clk.display(f, value, v.currency()))) }
	kept := views.Cell{Text: map[string]string{string(conflict.Theirs): "Salesforce's value", string(conflict.Ours): "Our value"}[c.Kept], Second: c.Reason}
	switch {
	case c.End.Choice != "":
		kept.Text = conflictEnds[c.End.Choice] + ": " + show(c.End.Value)
		kept.Second = joinSentences("Decided by "+orSomebody(c.End.By)+", "+clk.full(c.End.At).Text+".", c.End.Why)
	case c.Winner != gateway.WinnerAsk:
	case slices.ContainsFunc(open, func(q question) bool { return q.change.Key == c.Key && q.field == c.Field }):
		kept = views.Cell{Text: "Waits for a person", URL: question{gateway.Change{Key: c.Key}, c.Field}.url()}
	default:
		kept = views.Cell{Text: "Waits no more", Second: "Our change was edited, sent or given up since.", URL: "/sync/log?record=" + c.Key.ID}
	}
	return views.Row{ID: strconv.FormatInt(c.ID, 10), Cells: []views.Cell{
		{Kind: squareOf(c.Key.Object), Text: v.labelOfRecord(c.Key), URL: recordURL(c.Key), Second: clk.full(c.At).Text},
		{Text: labelOf(f)},
		{Text: show(c.Base)},
		{Text: show(c.Theirs), Second: byLine(v.userName(c.TheirsBy))},
		{Text: show(c.Ours)},
		kept,
	}}
}
