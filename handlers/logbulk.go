package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/views"
)

// logFilters are the names of the log's filters in its address, in the order
// in which they are shown; those whose value is no word have a text.
var logFilters = []struct{ name, text string }{
	{"record", "One record"},
	{gateway.KindMeeting, "One meeting"},
	{gateway.KindCall, "One call"},
	{gateway.KindConversation, "One conversation"},
	{gateway.KindEmail, "One e-mail"},
	{customFilter, "One record of the product"},
	{"cause", "One cause"},
	{"rule", ""},
	{"q", ""},
	{"object", ""},
	{"direction", ""},
	{"who", ""},
	{"state", ""},
	{"time", ""},
}

// saidFilters are the filters that name one thing that was said. Ids of the
// product are its own for each kind.
var saidFilters = []string{gateway.KindMeeting, gateway.KindCall, gateway.KindConversation, gateway.KindEmail, customFilter}

// customFilter is the filter for one record of a kind of the product's own: its
// kind and its id, with a colon between, which no kind has.
const customFilter = "custom"

// saidFilter is the filter of one thing that was said, of whatever kind.
func saidFilter(kind, id string) url.Values {
	if own, custom := gateway.Custom(kind); custom {
		return url.Values{customFilter: {own + ":" + id}}
	}
	return url.Values{kind: {id}}
}

// mostAtOnce is how many lines one press acts on; pressed again it goes on.
const mostAtOnce = 1000

// logQuery reads the filters, from the address or from a posted form.
func (v *visit) logQuery(get func(string, ...string) string) (store.LogQuery, error) {
	q := store.LogQuery{
		Direction: get("direction"), Object: get("object"), State: get("state"), User: get("who"), Rule: get("rule"),
		RecordID: get("record"), Search: strings.TrimSpace(get("q")), Limit: pageSize,
	}
	for _, kind := range saidFilters {
		if id := get(kind); id != "" {
			q.Kind, q.Ref = kind, id
			if kind == customFilter {
				own, id, _ := strings.Cut(id, ":")
				q.Kind, q.Ref = gateway.KindCustom+own, id
			}
		}
	}
	if id, ok := gateway.NormalizeID(q.Search); ok {
		q.RecordID, q.Search = id, ""
	}
	for _, t := range times {
		if t.key == get("time") && t.span > 0 {
			q.Since = v.s.Now().Add(-t.span)
		}
	}
	// A token that is not a number is no token: the first page.
	q.After, _ = strconv.ParseInt(get("after"), 10, 64)
	q.Before, _ = strconv.ParseInt(get("before"), 10, 64)
	code, sentence, exact := strings.Cut(get("cause"), "~")
	q.Code = code
	if !exact {
		return q, nil
	}
	groups, err := v.ws.LogGroups(v.UserContext(), store.LogQuery{Code: code})
	for _, g := range groups {
		if causeKey(g.Problem) == code+"~"+sentence {
			q.What = g.Problem.What
		}
	}
	if q.What == "" {
		q.What = "no such cause" // an address that is not ours selects nothing
	}
	return q, err
}

// causeKey names a cause in an address: its class, and which sentence.
func causeKey(p gateway.Problem) string {
	sum := sha256.Sum256([]byte(p.What))
	return p.Code + "~" + hex.EncodeToString(sum[:4])
}

// whoOptions offers the people of the workspace; any other name may stand in
// the address.
func (v *visit) whoOptions() ([]views.Option, error) {
	all, err := v.ws.Members(v.UserContext())
	out := []views.Option{{Text: "Anybody", Selected: v.Query("who") == ""}}
	found := v.Query("who") == ""
	for _, m := range all {
		out = append(out, views.Option{Value: m.Name, Text: m.Name, Selected: m.Name == v.Query("who")})
		found = found || m.Name == v.Query("who")
	}
	if !found {
		out = append(out, views.Option{Value: v.Query("who"), Text: v.Query("who"), Selected: true})
	}
	return out, err
}

// filterFields carry the filters of the address into a form.
func (v *visit) filterFields() []views.Hidden {
	var out []views.Hidden
	for _, f := range logFilters {
		if value := v.Query(f.name); value != "" {
			out = append(out, views.Hidden{Name: f.name, Value: value})
		}
	}
	return out
}

// logActions are the buttons of the list: what can be done with all its lines.
func (v *visit) logActions(total int) []views.Action {
	var out []views.Action
	if v.Query("state") == string(gateway.LogNeedsYou) && total > 0 {
		out = append(out,
			views.Action{Text: "Try these again", URL: "/sync/lines/retry", Post: true, Fields: v.filterFields()},
			views.Action{Text: "Ignore these", URL: "/sync/lines/ignore?" + v.filters().Encode()})
	}
	if v.admin() && total > 0 && filtered(v, append([]string{"rule", "record", "who"}, saidFilters...)...) {
		out = append(out, views.Action{Text: "Undo these writes", URL: undoBase + "?" + v.filters().Encode()})
	}
	if v.admin() && total > 0 && v.Query("direction") != "in" {
		out = append(out, views.Action{Text: "Sync these again", URL: againBase + "?check=1&lines=1&" + v.filters().Encode(), Icon: views.IconAgain})
	}
	if v.admin() && total > 0 {
		for _, format := range [...]string{"CSV", "JSON"} {
			out = append(out, views.Action{
				Text: "Export " + format, URL: "/sync/lines/export", Post: true, Icon: views.IconDownload,
				Fields: append(v.filterFields(), views.Hidden{Name: "format", Value: strings.ToLower(format)}),
			})
		}
	}
	return out
}

func (v *visit) filters() url.Values {
	q := url.Values{}
	for _, h := range v.filterFields() {
		q.Set(h.Name, h.Value)
	}
	return q
}

// causes groups what needs a person by its reason.
func (v *visit) causes() (*views.Causes, error) {
	groups, err := v.ws.LogGroups(v.UserContext(), store.LogQuery{State: string(gateway.LogNeedsYou)})
	if err != nil || len(groups) == 0 {
		return nil, err
	}
	n := 0
	for _, g := range groups {
		n += g.N
	}
	c := &views.Causes{
		Title: count(n, "write needs you", "writes need you") + ", " + count(len(groups), "cause", "causes"),
		Views: views.Segments{Label: "What is listed", Items: []views.Segment{
			{Text: "All lines", URL: withQuery(v.Ctx, map[string]string{"group": "", "after": "", "before": ""}), Current: v.Query("group") == ""},
			{Text: "Grouped by cause", URL: withQuery(v.Ctx, map[string]string{"group": "cause", "after": "", "before": "", "open": ""}), Current: v.Query("group") == "cause"},
		}},
	}
	for _, g := range groups[:min(len(groups), 20)] {
		c.Rows = append(c.Rows, views.Cause{
			Title: g.Problem.What, Who: g.Problem.Who, Detail: v.groupWords(g, "write", "writes"),
			Action: views.Action{Text: "Open", URL: causeURL(g, gateway.LogNeedsYou), About: g.Problem.What, Small: true},
			Also:   v.fixAndRetry(g),
		})
	}
	return c, nil
}

// fixAndRetry leads to where a cause is fixed and all that it parked is tried
// again (issue 5 point 8).
func (v *visit) fixAndRetry(g store.LogGroup) views.Action {
	if !v.admin() {
		return views.Action{}
	}
	q := url.Values{"check": {"1"}, "lines": {"1"}, "state": {string(gateway.LogNeedsYou)}, "cause": {causeKey(g.Problem)}}
	return views.Action{Text: "Fix and retry all", URL: againBase + "?" + q.Encode(), About: g.Problem.What, Small: true}
}

func (v *visit) groupWords(g store.LogGroup, one, many string) string {
	clk := v.clock()
	return count(g.N, one, many) + ", newest " + clk.at(g.Newest).Text + ", oldest " + clk.at(g.Oldest).Text
}

// causeURL leads to the lines of a cause; a single one to its page.
func causeURL(g store.LogGroup, state gateway.LogState) string {
	if g.N == 1 {
		return logURL(g.NewestID)
	}
	return "/sync/log?" + url.Values{"state": {string(state)}, "cause": {causeKey(g.Problem)}}.Encode()
}

// showGroups lists the causes of the lines that the filters select.
func (v *visit) showGroups(q store.LogQuery) error {
	groups, err := v.ws.LogGroups(v.UserContext(), q)
	if err != nil {
		return err
	}
	p := views.LogPage{
		Shell: v.s.shell(v, "Sync log by cause", views.NavSyncLog),
		Head:  views.Head{Title: "Sync log by cause", Lead: "Lines that have the same reason belong together. Lines that went well have none."},
		Empty: views.Empty{Icon: views.IconOK, Title: "No cause", Text: "None of these lines has a problem.", Actions: []views.Action{{Text: "Show all lines", URL: "/sync/log"}}},
		Groups: &views.Causes{Title: count(len(groups), "cause", "causes"), Views: views.Segments{Label: "What is listed", Items: []views.Segment{
			{Text: "All lines", URL: withQuery(v.Ctx, map[string]string{"group": ""})},
			{Text: "Grouped by cause", URL: withQuery(v.Ctx, map[string]string{}), Current: true},
		}}},
	}
	if p.Filter, err = v.logFilter(q); err != nil {
		return err
	}
	if p.Tabs, err = v.logTabs("/sync/log"); err != nil {
		return err
	}
	for _, g := range groups {
		p.Groups.Rows = append(p.Groups.Rows, views.Cause{
			Title: g.Problem.What, Who: g.Problem.Who, Detail: v.groupWords(g, "line", "lines"), Retries: g.Problem.Retries,
			Action: views.Action{Text: "Open", URL: withQuery(v.Ctx, map[string]string{"group": "", "cause": causeKey(g.Problem)}), About: g.Problem.What, Small: true},
		})
		if row := &p.Groups.Rows[len(p.Groups.Rows)-1]; q.State == string(gateway.LogNeedsYou) {
			row.Also = v.fixAndRetry(g)
		}
	}
	return answer(v.Ctx, views.Log(p))
}

// selected are the lines that need a person among those that a posted form's
// filters select, at most mostAtOnce.
func (v *visit) selected() ([]store.LogLine, error) {
	q, err := v.logQuery(func(name string, _ ...string) string { return v.posted(name) })
	if err != nil {
		return nil, err
	}
	q.Direction, q.State, q.Limit, q.After, q.Before = "out", string(gateway.LogNeedsYou), mostAtOnce, 0, 0
	page, err := v.ws.Log(v.UserContext(), q)
	return page.Entries, err
}

// retryLines wakes every selected write that can succeed.
func retryLines(v *visit) error {
	lines, err := v.selected()
	if err != nil {
		return err
	}
	tried := 0
	for _, line := range lines {
		err := v.s.Outbox.Retry(v.UserContext(), v.member.Workspace, line.Entry.ID)
		switch {
		case err == nil:
			tried++
		case gateway.CodeOf(err) != gateway.CodeConflict && gateway.CodeOf(err) != gateway.CodeNotFound:
			return err
		}
	}
	v.s.audit(v, "tried "+count(tried, "parked write", "parked writes")+" again", "/sync/log")
	to := url.Values{"tried": {strconv.Itoa(tried)}, "left": {strconv.Itoa(len(lines) - tried)}}
	return v.Redirect("/sync/log?"+to.Encode(), fiber.StatusSeeOther)
}

// triedAgain says what came of pressing "Try these again".
func (v *visit) triedAgain() (views.Notice, bool) {
	tried, err := strconv.Atoi(v.Query("tried"))
	left, bad := strconv.Atoi(v.Query("left"))
	if err != nil || bad != nil || tried < 0 || left < 0 {
		return views.Notice{}, false
	}
	n := views.Notice{Tone: views.Good, Icon: views.IconOK, Text: count(tried, "write is", "writes are") + " tried again now."}
	if left > 0 {
		n.Tone, n.Icon = views.Attention, views.IconWarning
		n.Text += " " + count(left, "cannot succeed yet; its line says", "cannot succeed yet; their lines say") + " what must change first."
	}
	return n, true
}

// askIgnoreLines asks for one reason for all selected writes.
func askIgnoreLines(v *visit) error {
	q, err := v.logQuery(v.Query)
	if err != nil {
		return err
	}
	q.Direction, q.State, q.Limit = "out", string(gateway.LogNeedsYou), 1
	page, err := v.ws.Log(v.UserContext(), q)
	if err != nil {
		return err
	}
	return v.showIgnoreLines(page.Total, v.filterFields(), "", "")
}

func (v *visit) showIgnoreLines(n int, fields []views.Hidden, reason, problem string) error {
	if n == 0 {
		return gateway.Errorf(gateway.CodeConflict, "No write that needs somebody fits these filters any more.")
	}
	p := views.ConfirmPage{
		Shell:    v.s.shell(v, "Ignore writes", views.NavSyncLog),
		Head:     views.Head{Crumb: []views.Link{{Text: "Sync log", URL: "/sync/log"}}, Title: "Ignore " + count(min(n, mostAtOnce), "write", "writes")},
		Effects:  []string{count(min(n, mostAtOnce), "write", "writes") + " will not reach Salesforce; the records keep what Salesforce has."},
		Kept:     []string{"Each line stays in the log with what it would have written, your name and your reason."},
		Form:     views.Form{URL: "/sync/lines/ignore"},
		Hidden:   fields,
		Password: &views.Field{Name: "reason", Label: "Reason", Value: reason, Required: true, MaxLength: "200", Error: problem},
		Action:   views.Action{Text: "Ignore " + count(min(n, mostAtOnce), "write", "writes"), Style: views.Destructive},
		Cancel:   views.Link{Text: "Keep them waiting", URL: "/sync/log?state=" + string(gateway.LogNeedsYou)},
	}
	if problem != "" {
		p.Form.Errors = []views.FieldError{{FieldID: "reason", Text: problem}}
		v.Status(fiber.StatusUnprocessableEntity)
	}
	return render(v.Ctx, views.Confirm(p))
}

// ignoreLines gives the selected writes up, with one reason.
func ignoreLines(v *visit) error {
	lines, err := v.selected()
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(v.posted("reason"))
	if reason == "" || utf8.RuneCountInString(reason) > 200 {
		var fields []views.Hidden
		for _, f := range logFilters {
			if value := v.posted(f.name); value != "" {
				fields = append(fields, views.Hidden{Name: f.name, Value: value})
			}
		}
		return v.showIgnoreLines(len(lines), fields, reason, "Say in up to 200 characters why these writes are not needed.")
	}
	n := 0
	for _, line := range lines {
		err := v.s.Outbox.Ignore(v.UserContext(), v.member.Workspace, line.Entry.ID, reason, v.member.Name)
		switch {
		case err == nil:
			n++
		case gateway.CodeOf(err) != gateway.CodeConflict && gateway.CodeOf(err) != gateway.CodeNotFound:
			return err
		}
	}
	v.s.audit(v, "ignored "+count(n, "parked write", "parked writes"), "/sync/log")
	return v.Redirect("/sync/log?state="+string(gateway.LogIgnored)+"&saved=ignored", fiber.StatusSeeOther)
}
