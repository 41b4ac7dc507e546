package handlers

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/conflict"
	"tidegate/rules/mapping"
	"tidegate/rules/outbound"
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
	waiting, err := v.ws.CountUndecided(v.UserContext())
	if err != nil {
		return nil, err
	}
	people := "People"
	if n := waiting[gateway.UndecidedSeveral]; n > 0 {
		people += " " + number(n)
	}
	out := []views.Tab{
		{Text: "Log", URL: "/sync/log", Current: current == "/sync/log"},
		{Text: text, URL: conflictsBase, Current: current == conflictsBase},
		{Text: people, URL: undecidedBase, Current: current == undecidedBase},
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
	if r, err := v.ws.Record(v.UserContext(), key); err == nil && !nameless(key, r.Label()) {
		return r.Label()
	}
	if key.Object == "ContentNote" {
		if title, err := v.noteName(key); err == nil && title != "" {
			return unmarked(title)
		}
	}
	if outbound.Bond(key.Object) {
		return v.bondName(key)
	}
	label := key.ID // what is written and not mirrored goes by what was written last
	err := v.ws.Written(v.UserContext(), key, 1, func(line gateway.LogEntry) bool {
		label = gateway.Record{Key: key, Fields: line.Fields}.Label()
		return false
	})
	if err != nil {
		return key.ID
	}
	return label
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
