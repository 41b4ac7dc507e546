package handlers

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/views"
)

func logURL(id int64) string { return "/sync/log/" + strconv.FormatInt(id, 10) }

var logStates = []struct {
	state gateway.LogState
	text  string
	chip  string
}{
	{gateway.LogNeedsYou, "Needs you", views.StateNeedsYou},
	{gateway.LogWaiting, "Waiting", views.StateWaiting},
	{gateway.LogDone, "Done", views.StateDone},
	{gateway.LogSkipped, "Skipped by a rule", ""},
	{gateway.LogIgnored, "Ignored", views.StateIgnored},
}

func logChip(state gateway.LogState) views.Chip {
	for _, s := range logStates {
		if s.state == state && s.chip != "" {
			return views.StateChip(s.chip)
		}
	}
	if state == gateway.LogSkipped {
		return views.Chip{Tone: views.Idle, Icon: views.IconInfo, Text: "Skipped"}
	}
	return views.StateChip(string(state))
}

// logWithin is how many lines of each kind a page of the log searches where no
// index helps: a tenth of a second's work. Behind them a link goes on. Tests
// lower it.
var logWithin = 10_000

// times are the choices of the log's time filter.
var times = []struct {
	key, text string
	span      time.Duration
}{
	{"", "Any time", 0}, {"1h", "Last hour", time.Hour}, {"24h", "Last 24 hours", 24 * time.Hour}, {"7d", "Last 7 days", 7 * 24 * time.Hour},
}

// syncLog is the list: causes first, then rows, at most one of them open.
func syncLog(v *visit) error {
	q, err := v.logQuery(v.Query)
	if err != nil {
		return err
	}
	if v.Query("group") == "cause" {
		return v.showGroups(q)
	}
	q.Within = logWithin
	page, err := v.ws.Log(v.UserContext(), q)
	if err != nil {
		return err
	}
	conn, err := v.connection()
	if err != nil {
		return err
	}
	p := views.LogPage{
		Shell: v.s.shell(v, "Sync log", views.NavSyncLog),
		Head:  views.Head{Title: "Sync log", Lead: logLead(page) + v.logSight()},
		Live:  views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartLog})},
		Pager: logPager(v, page),
		Empty: logEmpty(v, page),
	}
	if v.Query("open") == "" && q.After == 0 && q.Before == 0 {
		p.Shell.StreamURL = "/events"
	} else {
		p.Live = views.Live{}
	}
	p.Head.Actions = v.logActions(page.Total)
	if n, ok := v.triedAgain(); ok {
		p.Shell.Notices = append(p.Shell.Notices, n)
	}
	if p.Filter, err = v.logFilter(q); err != nil {
		return err
	}
	if p.Tabs, err = v.logTabs("/sync/log"); err != nil {
		return err
	}
	if p.Causes, err = v.causes(); err != nil {
		return err
	}
	ends, err := v.bondEnds(page.Entries...)
	if err != nil {
		return err
	}
	for _, line := range page.Entries {
		row := v.logRow(line, conn, ends)
		if v.Query("open") == row.ID {
			detail, err := v.logDetail(line, false)
			if err != nil {
				return err
			}
			row.Open, row.OpenURL = &detail, withQuery(v.Ctx, map[string]string{"open": ""})
		}
		p.Rows = append(p.Rows, row)
	}
	if err := v.heldLines(page.Entries, p.Rows, conn); err != nil {
		return err
	}
	return answer(v.Ctx, views.Log(p))
}

// logSight says why somebody's numbers differ from an admin's.
func (v *visit) logSight() string {
	if v.eyes == nil {
		return ""
	}
	return " Only lines of records that Salesforce shows you are listed and counted."
}

func logLead(page store.LogPage) string {
	words, all := []string{}, 0
	for _, s := range logStates {
		if n := page.Counts[s.state]; n > 0 {
			all += n
			text := strings.ToLower(s.text)
			if s.state == gateway.LogNeedsYou && n != 1 {
				text = "need you"
			}
			words = append(words, number(n)+" "+text)
		}
	}
	if len(words) == 0 {
		return "Every write to Salesforce and every change from it, with its reason."
	}
	if page.More {
		return "At least " + count(page.Total, "line", "lines") + "; of the newest " + strings.Join(words, ", ") + "."
	}
	shown := count(page.Total, "line", "lines")
	if page.Total < all { // only some states were asked for; the counts are of all
		shown = number(page.Total) + " of " + count(all, "line", "lines")
	}
	return shown + ": " + strings.Join(words, ", ") + "."
}

func (v *visit) logFilter(q store.LogQuery) (views.Filter, error) {
	search := v.Query("q")
	f := views.Filter{
		URL:    "/sync/log",
		Search: views.Field{ID: "q", Name: "q", Label: "Record or person", Value: search, Placeholder: "Name, address or id", Type: "search"},
		Selects: []views.Select{
			{Name: "object", Label: "Object", Options: objectOptions(v, q.Object)},
			{Name: "direction", Label: "Direction", Options: choose(q.Direction, "", "Both", "out", "To Salesforce", "in", "From Salesforce", "system", "Tidegate itself")},
			{Name: "state", Label: "State", Options: stateOptions(q.State)},
			{Name: "time", Label: "Time", Options: timeOptions(v.Query("time"))},
		},
	}
	who, err := v.whoOptions()
	if err != nil {
		return f, err
	}
	f.Selects = append(f.Selects[:3:3], views.Select{Name: "who", Label: "By", Options: who}, f.Selects[3])
	for _, key := range append([]string{"record", "cause", "rule", "group"}, saidFilters...) {
		if value := v.Query(key); value != "" {
			f.Keep = append(f.Keep, views.Hidden{Name: key, Value: value})
		}
	}
	for _, key := range logFilters {
		if value := v.Query(key.name); value != "" {
			text := cmp.Or(key.text, chosenText(f.Selects, key.name), value)
			f.Active = append(f.Active, views.Link{Text: text, URL: withQuery(v.Ctx, map[string]string{key.name: "", "after": "", "before": ""})})
		}
	}
	if len(f.Active) > 0 {
		f.Clear = views.Link{Text: "Clear all", URL: "/sync/log"}
	}
	return f, nil
}

// chosenText is the text of the option that a filter has chosen, "" for none.
func chosenText(all []views.Select, name string) string {
	for _, s := range all {
		for _, o := range s.Options {
			if s.Name == name && o.Selected && o.Value != "" {
				return o.Text
			}
		}
	}
	return ""
}

func objectOptions(v *visit, chosen string) []views.Option {
	out := []views.Option{{Text: "Any", Selected: chosen == ""}}
	objects, err := mirrored(v.UserContext(), v.ws)
	if err != nil {
		objects = gateway.MirroredObjects[:] // the log itself is worth more than its filter
	}
	for _, o := range objects {
		out = append(out, views.Option{Value: o, Text: v.objectWords(o), Selected: o == chosen})
	}
	return out
}

func stateOptions(chosen string) []views.Option {
	out := []views.Option{{Text: "Any", Selected: chosen == ""}}
	for _, s := range logStates {
		out = append(out, views.Option{Value: string(s.state), Text: s.text, Selected: string(s.state) == chosen})
	}
	return out
}

func timeOptions(chosen string) []views.Option {
	var out []views.Option
	for _, t := range times {
		out = append(out, views.Option{Value: t.key, Text: t.text, Selected: t.key == chosen})
	}
	return out
}

// choose makes options of value, text pairs.
func choose(chosen string, pairs ...string) []views.Option {
	var out []views.Option
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, views.Option{Value: pairs[i], Text: pairs[i+1], Selected: pairs[i] == chosen})
	}
	return out
}

func logPager(v *visit, page store.LogPage) views.Pager {
	p := views.Pager{}
	if len(page.Entries) > 0 {
		p.Text = number(len(page.Entries)) + " of " + number(page.Total)
		if page.More {
			p.Text = number(len(page.Entries)) + " of at least " + number(page.Total)
		}
	}
	if page.Next != 0 {
		p.OlderURL = withQuery(v.Ctx, map[string]string{"after": strconv.FormatInt(page.Next, 10), "before": "", "open": ""})
	}
	if !page.Searched.IsZero() {
		p.Text, p.OlderText = p.Text+", searched back to "+v.clock().full(page.Searched).Text, searchFurther
	}
	if page.Prev != 0 {
		p.NewerURL = withQuery(v.Ctx, map[string]string{"before": strconv.FormatInt(page.Prev, 10), "after": "", "open": ""})
	}
	return p
}

// searchFurther is the link to where a search goes on that ended at its bound.
const searchFurther = "Search further back"

func logEmpty(v *visit, page store.LogPage) views.Empty {
	if !page.Searched.IsZero() {
		return views.Empty{
			Icon: views.IconSearch, Title: "Nothing found back to " + v.clock().full(page.Searched).Text,
			Text:    "Older lines were not searched yet. Search further back, or choose an object or a shorter time above.",
			Actions: []views.Action{{Text: searchFurther, URL: logPager(v, page).OlderURL}, {Text: "Show everything", URL: "/sync/log"}},
		}
	}
	if filtered(v, append([]string{"q", "object", "direction", "state", "time", "record", "who", "cause", "rule", "after", "before"}, saidFilters...)...) {
		return views.Empty{
			Icon: views.IconSearch, Title: "Nothing found", Text: "No line of the log fits these filters. Drop one above, or show everything.",
			Actions: []views.Action{{Text: "Show everything", URL: "/sync/log"}},
		}
	}
	return views.Empty{
		Icon: views.IconSyncLog, Title: "The log begins with the first change",
		Text:    "Every write to Salesforce and every change from it will appear here, with its reason.",
		Actions: connectActions(v),
	}
}

func filtered(v *visit, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return v.Query(name) != "" })
}

// logLine is the page of one line.
func logLine(v *visit) error { return v.showLine(false) }

// revealLine is the same with personal data, which is written down.
func revealLine(v *visit) error {
	v.s.audit(v, "looked at the personal data of a line", "/sync/log/"+v.Params("id"))
	return v.showLine(true)
}

func (v *visit) showLine(open bool) error {
	id, err := strconv.ParseInt(v.Params("id"), 10, 64)
	if err != nil {
		return fiber.ErrNotFound
	}
	line, err := v.ws.LogLineByID(v.UserContext(), id)
	if err != nil {
		return err
	}
	conn, err := v.connection()
	if err != nil {
		return err
	}
	ends, err := v.bondEnds(line)
	if err != nil {
		return err
	}
	rows := []views.LogRow{v.logRow(line, conn, ends)}
	if err := v.heldLines([]store.LogLine{line}, rows, conn); err != nil {
		return err
	}
	row := rows[0]
	row.OpenURL = ""
	p := views.LogRowPage{
		Shell: v.s.shell(v, row.What, views.NavSyncLog),
		Head:  views.Head{Crumb: []views.Link{{Text: "Sync log", URL: "/sync/log"}}, Title: row.What, Lead: row.Record},
		Live:  views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartLogRow})},
		Row:   row,
		Back:  views.Link{Text: "Back to the log", URL: "/sync/log"},
	}
	if p.Detail, err = v.logDetail(line, open); err != nil {
		return err
	}
	if p.Shell.StreamURL = eventsURL(line.Entry.Key); open {
		p.Shell.StreamURL, p.Live = "", views.Live{} // looking again would mask it
	}
	return answer(v.Ctx, views.LogRowView(p))
}

// connection returns the workspace's connection, the zero value before the
// first connect.
func (v *visit) connection() (gateway.Connection, error) {
	c, err := v.ws.Connection(v.UserContext())
	if err != nil && gateway.CodeOf(err) == gateway.CodeNotFound {
		return gateway.Connection{}, nil
	}
	return c, err
}
