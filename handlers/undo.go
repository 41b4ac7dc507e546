package handlers

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/outbound"
	"tidegate/rules/undo"
	"tidegate/views"
)

const undoBase = "/sync/undo"

var undoPages = []route{
	{"GET", undoBase, signedIn, askUndo},
	{"POST", undoBase, signedIn, undoWrites},
	{"GET", undoCreatedBase, admins, askUndoCreated},
	{"POST", undoCreatedBase, admins, undoCreated},
}

// undoNames are what selects the writes to take back: the filters of the log,
// one line, one field of it, one day.
var undoNames = []string{"line", "field", "day"}

// undoScope reads which writes are meant. Members take back what stands on one
// line; many writes at once are for admins.
func (v *visit) undoScope(get func(string, ...string) string) (outbox.UndoScope, error) {
	q, err := v.logQuery(get)
	if err != nil {
		return outbox.UndoScope{}, err
	}
	scope := outbox.UndoScope{Lines: q, Field: get("field")}
	if line := get("line"); line != "" {
		if scope.Line, err = strconv.ParseInt(line, 10, 64); err != nil || scope.Line <= 0 {
			return scope, fiber.ErrNotFound
		}
		return scope, nil
	}
	if day := get("day"); day != "" {
		from, err := time.ParseInLocation(time.DateOnly, day, v.clock().zone)
		if err != nil {
			return scope, gateway.InvalidField("day", "Give the day as 2026-11-21.")
		}
		scope.Lines.Since, scope.Lines.Until = from, from.AddDate(0, 0, 1)
	}
	l := scope.Lines
	if l.RecordID+l.Ref+l.Rule+l.User == "" && l.Since.IsZero() {
		return scope, gateway.Errorf(gateway.CodeInvalid, "Say which writes to take back: of one line, record, meeting, rule, person or day. The sync log's filters lead here.")
	}
	if !v.admin() {
		return scope, gateway.Errorf(gateway.CodeForbidden, "Only an admin takes many writes back at once. Open one line of the sync log to take back that one.")
	}
	return scope, nil
}

// askUndo is the dry run: what would be written, and what is left and why.
func askUndo(v *visit) error {
	scope, err := v.undoScope(v.Query)
	if err != nil {
		return err
	}
	plan, more, err := v.s.Outbox.PlanUndo(v.UserContext(), v.member.Workspace, scope)
	if err != nil {
		return err
	}
	p := views.UndoPage{
		Shell: v.s.shell(v, "Undo", views.NavSyncLog),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Sync log", URL: "/sync/log"}}, Title: "Undo " + undoneWords(len(plan.Restores), len(plan.Remakes)),
			Lead: v.undoWhat(scope) + "Nothing is written yet. " + number(len(plan.Restores)+len(plan.Remakes)) + " would go back, " + number(len(plan.Left)) + " stay.",
		},
		Form:   views.Form{URL: undoBase},
		Button: "Write " + undoneWords(len(plan.Restores), len(plan.Remakes)) + " back",
		Cancel: views.Link{Text: "Leave everything as it is", URL: "/sync/log"},
	}
	for _, name := range undoNames {
		if value := v.Query(name); value != "" {
			p.Hidden = append(p.Hidden, views.Hidden{Name: name, Value: value})
		}
	}
	p.Hidden = append(p.Hidden, v.filterFields()...)
	if more {
		p.Notice = views.Notice{Tone: views.Attention, Icon: views.IconWarning, Text: "There are more writes than are taken back at once. These are the newest; come back for the others."}
	}
	p.Restores = v.restoreList(plan.Restores)
	v.addRemakes(&p.Restores, plan.Remakes)
	p.Left = v.leftList(plan.Left)
	p.Head.Link = v.createdLink(plan.Made)
	if len(plan.Restores)+len(plan.Remakes) == 0 {
		p.Button = ""
		if made := len(plan.Made); made > 0 && p.Head.Link.URL != "" {
			p.Head.Title = "Undo " + count(made, "record that was created", "records that were created")
			p.Head.Lead = "Nothing is written yet. No value goes back by itself: these writes created " + count(made, "record", "records") + ", and taking that back is deleting them."
			p.Restores.Empty.Title, p.Restores.Empty.Text = "No value goes back", "What was created is deleted whole, see above; the list below says the rest."
		}
	}
	return render(v.Ctx, views.Undo(p))
}

// undoWhat says of many writes which ones are taken back.
func (v *visit) undoWhat(scope outbox.UndoScope) string {
	var of []string
	add := func(value, words string) {
		if value != "" {
			of = append(of, words)
		}
	}
	l := scope.Lines
	add(v.Query("day"), "of "+l.Since.Format("2 January 2006"))
	add(l.Rule, "of the rule “"+l.Rule+"”")
	if l.Rule != "" {
		add(l.Object, "to "+v.objectWords(l.Object))
	}
	add(l.Ref, "of the "+saidKind(l.Kind)+" “"+l.Ref+"”")
	add(l.RecordID, "to one record")
	add(l.User, "by "+l.User)
	if scope.Line != 0 || of == nil {
		return ""
	}
	return "All writes " + strings.Join(of, ", ") + ". "
}

// undoMore leads from one write to those of its rule and of its day.
func (v *visit) undoMore(e gateway.LogEntry) []views.Action {
	if !v.admin() {
		return nil
	}
	out := []views.Action{{Text: "Undo all of this day", URL: undoBase + "?" + url.Values{"day": {e.At.In(v.clock().zone).Format(time.DateOnly)}}.Encode()}}
	if rule := ruleAlone(e); rule != "" && e.Cause.Kind != gateway.KindUndo {
		out = append(out, views.Action{Text: "Undo all of this rule", URL: undoBase + "?" + url.Values{"rule": {rule}}.Encode()})
	}
	if rules := undo.Rules(e); e.Cause.Kind != gateway.KindUndo {
		for _, rule := range rules[:min(len(rules), mostRules)] {
			out = append(out, views.Action{Text: "Undo all of “" + rule + "”", URL: undoBase + "?" + fieldRule(e, rule).Encode()})
		}
	}
	if e.Cause.Ref != "" && thingURL(e.Cause.Kind, e.Cause.Ref) != "" {
		out = append(out, views.Action{Text: "Undo all of this " + saidKind(e.Cause.Kind), URL: undoBase + "?" + saidFilter(e.Cause.Kind, e.Cause.Ref).Encode()})
	}
	return out
}

// mostRules bounds the ways from one line to the rules of its single fields; what
// each field comes from leads to the lines of any.
const mostRules = 3

// fieldRule selects what a rule of single fields wrote: a label, by which the rule
// goes, may be that of fields of several objects.
func fieldRule(e gateway.LogEntry, rule string) url.Values {
	return url.Values{"rule": {rule}, "object": {e.Key.Object}}
}

// ruleAlone is the rule of a line without what it was followed for, and without why
// it was planned anew.
func ruleAlone(e gateway.LogEntry) string {
	rule, _, _ := strings.Cut(e.Rule, " Planned anew: ")
	rule, _, _ = strings.Cut(rule, ". Not written: ")
	if wasSaid := thingURL(e.Cause.Kind, e.Cause.Ref) != ""; wasSaid {
		if at := strings.LastIndex(rule, ": "); at >= 0 {
			rule = rule[at+2:]
		}
	}
	return rule
}

// saidKind is what people call something that was said.
func saidKind(kind string) string {
	if own, custom := gateway.Custom(kind); custom {
		return own
	}
	return cmp.Or(map[string]string{gateway.KindEmail: "e-mail"}[kind], kind)
}

// shownAtOnce bounds the rows of a dry run; the numbers above are of all.
const shownAtOnce = 200

func (v *visit) restoreList(all []undo.Restore) views.ListPage {
	l := views.ListPage{
		Caption: "What would be written", Columns: []views.Column{{Text: "Record"}, {Text: "Field"}, {Text: "Now in Salesforce"}, {Text: "Back to"}, {Text: "Written by"}},
		Empty: views.Empty{Icon: views.IconOK, Title: "Nothing goes back", Text: "The list below says of each value why it stays."},
	}
	clk := v.clock()
	for _, r := range all[:min(len(all), shownAtOnce)] {
		f := v.fieldOfObject(r.Key.Object, r.Field)
		from, to := apart(clk.display(f, r.From, v.currency()), clk.display(f, r.To, v.currency()))
		l.Rows = append(l.Rows, views.Row{Cells: []views.Cell{
			v.recordCell(r.Key),
			{Text: labelOf(f)},
			{Text: orNone(from)},
			{Text: orNone(to)},
			{Text: count(len(r.Lines), "write", "writes"), URL: logURL(r.Lines[0])},
		}})
	}
	return l
}

// apart are the excerpts of two texts in which a reader sees where they differ:
// of long ones that begin alike, such as a note that grew, they begin shortly before.
func apart(a, b string) (string, string) {
	const before = 40
	from, to := []rune(strings.Join(strings.Fields(a), " ")), []rune(strings.Join(strings.Fields(b), " "))
	same := 0
	for same < min(len(from), len(to)) && from[same] == to[same] {
		same++
	}
	if same <= 2*before {
		return excerpt(a), excerpt(b)
	}
	return "… " + excerpt(string(from[same-before:])), "… " + excerpt(string(to[same-before:]))
}

// undoneWords are "3 values and 1 record that was removed".
func undoneWords(values, removed int) string {
	switch {
	case removed == 0:
		return count(values, "value", "values")
	case values == 0:
		return count(removed, "record that was removed", "records that were removed")
	}
	return count(values, "value", "values") + " and " + count(removed, "record that was removed", "records that were removed")
}

// addRemakes lists what is made again, by what it relates.
func (v *visit) addRemakes(l *views.ListPage, all []undo.Write) {
	for _, w := range all[:min(len(all), shownAtOnce)] {
		var held []string
		for _, name := range w.Before.Names() {
			if text := w.Before[name].String(); text != "" {
				held = append(held, labelOf(v.fieldOfObject(w.Key.Object, name))+" "+text)
			}
		}
		l.Rows = append(l.Rows, views.Row{Cells: []views.Cell{
			v.recordCell(w.Key), {Text: "The whole record"}, {Text: "removed"}, {Text: excerpt(strings.Join(held, ", "))}, {Text: "1 write", URL: logURL(w.ID)},
		}})
	}
}

func (v *visit) leftList(all []undo.Left) views.ListPage {
	l := views.ListPage{Caption: "What stays, and why", Columns: []views.Column{{Text: "Record"}, {Text: "Field"}, {Text: "Why it stays", Sentence: true}}}
	last := undo.Left{}
	for _, left := range all {
		field := labelOf(v.fieldOfObject(left.Key.Object, left.Field))
		if outbound.Bond(left.Key.Object) {
			field = "The whole record"
		}
		if n := len(l.Rows); n > 0 && field == "The whole record" && left.Key == last.Key {
			continue
		}
		if n := len(l.Rows); n > 0 && left.Key == last.Key && left.Reason == last.Reason && left.Line == last.Line {
			l.Rows[n-1].Cells[1].Text += ", " + field // the same of all fields of a record is said once
			continue
		}
		if last = left; len(l.Rows) == shownAtOnce {
			break
		}
		why := views.Cell{Text: left.Reason}
		if left.Line != 0 {
			why.URL = logURL(left.Line)
		}
		l.Rows = append(l.Rows, views.Row{Cells: []views.Cell{v.recordCell(left.Key), {Text: field}, why}})
	}
	return l
}

func (v *visit) recordCell(key gateway.RecordKey) views.Cell {
	return views.Cell{Kind: squareOf(key.Object), Text: v.labelOfRecord(key), URL: recordURL(key)}
}

func (v *visit) fieldOfObject(object, name string) gateway.Field {
	schema, err := v.schema(object)
	if err != nil {
		return gateway.Field{Name: name}
	}
	f := fieldOf(schema, name)
	if object == "ContentNote" && name == "Content" {
		f.Label = "Text" // as people call it
	}
	return f
}

// undoWrites takes the writes back, through the same way out as every edit.
func undoWrites(v *visit) error {
	get := func(name string, _ ...string) string { return v.posted(name) }
	scope, err := v.undoScope(get)
	if err != nil {
		return err
	}
	done, err := v.s.Outbox.Undo(v.UserContext(), v.member.Workspace, scope, gateway.Cause{
		Rule: "Undo", Ref: undoRef(scope), By: v.member.ID, Name: v.member.Name,
	})
	if err != nil {
		return err
	}
	v.s.audit(v, "took "+undoneWords(done.Values, done.Remade)+" back; "+number(len(done.Left))+" stayed", undoBase+"?"+v.undoWords())
	if len(done.Receipts) == 1 {
		v.deliver(done.Receipts[0])
	}
	return v.Redirect("/sync/log?rule=Undo&saved=undone", fiber.StatusSeeOther)
}

// undoRef names what was taken back: a line, or the thing that caused it.
func undoRef(scope outbox.UndoScope) string {
	if scope.Line != 0 {
		return strconv.FormatInt(scope.Line, 10)
	}
	return scope.Lines.Ref
}

func (v *visit) undoWords() string {
	q := url.Values{}
	for _, name := range undoNames {
		if value := v.posted(name); value != "" {
			q.Set(name, value)
		}
	}
	return excerpt(q.Encode() + " " + v.postedFilters())
}

// writtenBy says where the value of a field came from, where it came from here,
// with the way to take it back.
func (b *recordBuilder) writtenBy(origin undo.Write, f gateway.Field) *views.Written {
	text := originWords(origin.Cause.Origin(f.Name))
	w := &views.Written{
		Text: text + ", replacing " + orNone(excerpt(b.clk.display(f, origin.Before[f.Name], b.money))) + ".",
		Link: views.Link{Text: "Open the write", URL: logURL(origin.ID)},
	}
	if !origin.Created {
		w.Undo = views.Link{Text: "Undo", URL: undoBase + "?" + url.Values{"line": {strconv.FormatInt(origin.ID, 10)}, "field": {f.Name}}.Encode()}
	}
	return w
}

// originWords say where a value came from: who, which thing, which rule at
// which revision, and the words that it was made of.
func originWords(o gateway.Origin) string {
	text := "Written from here"
	if o.Name != "" {
		text = "Written by " + o.Name
	}
	if o.Ref != "" && o.Kind != gateway.KindUndo {
		text += " from " + o.Kind + " " + o.Ref
	}
	rule := originRule(gateway.Origin{Rule: o.Rule, Revision: o.Revision})
	if rule != "" {
		text += " (" + rule + ")"
	}
	return text + originRule(gateway.Origin{Said: o.Said})
}

// originRule is the rule with its revision, and the words that it took.
func originRule(o gateway.Origin) string {
	text := o.Rule
	if o.Revision > 0 {
		text = strings.TrimSpace(text + " [rule as of revision " + strconv.FormatInt(o.Revision, 10) + "]")
	}
	if o.Said != "" {
		text += ", after “" + o.Said + "”"
	}
	return text
}
