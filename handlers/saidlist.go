package handlers

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/views"
)

// saidList is one of the lists of what was said. They differ in words and in
// what a row says; paging, filters and what became of a row are the same.
type saidList struct {
	kind, base, title string
	under             string // what the pages of its rows are below; "" = base
	all               string // the whole list, without filters; "" = base
	one, many         string // "meeting", "meetings"
	head              string // of the first column
	search            string // what is looked through, as the field's label
	icon              string
	object            string // what most of them become, which the page follows
	states            []saidState
	selects           []views.Select // further filters
	empty             views.Empty
	rows              func(v *visit, q store.SaidQuery) (saidRows, error)
}

// saidState is a value of the filter, with the chip of its rows.
type saidState struct {
	status string
	chip   views.Chip
}

// saidRows is a page of a list.
type saidRows struct {
	rows       []saidRow
	next, prev string
	total      int
}

type saidRow struct {
	id, title, second, status string
	at                        time.Time
	// filed says of an e-mail that Salesforce holds as what; "" = it is of the
	// product.
	filed string
}

func rowsOf[T any](page store.SaidPage[T], err error, row func(T) saidRow) (saidRows, error) {
	out := saidRows{next: page.Next, prev: page.Prev, total: page.Total}
	for _, item := range page.Items {
		out.rows = append(out.rows, row(item))
	}
	return out, err
}

const productTells = "The product tells of them with an API key; what each becomes in Salesforce stands here then."

// The lists, in the order of their tabs. A function, because their rows lead
// back here.
func saidLists() []saidList {
	return []saidList{
		{
			kind: gateway.KindMeeting, base: meetingsBase, title: "Meetings", one: "meeting", many: "meetings", head: "Meeting",
			search: "Title or participant", icon: views.KindEvent, object: "Event", states: meetingStates,
			empty: views.Empty{Icon: views.IconEvent, Title: "Meetings will appear here", Text: "The product that records them sends them with an API key; each is then an Event in Salesforce."},
			rows: func(v *visit, q store.SaidQuery) (saidRows, error) {
				page, err := v.ws.Meetings(v.UserContext(), q)
				return rowsOf(page, err, func(m gateway.Meeting) saidRow {
					return saidRow{id: m.ExternalID, title: m.Title, second: m.Organizer, status: string(m.Status), at: m.StartsAt}
				})
			},
		},
		{
			kind: gateway.KindCall, base: callsBase, title: "Calls", one: "call", many: "calls", head: "Call",
			search: "Number, person or outcome", icon: views.KindCall, object: "Task", states: callStates,
			empty: views.Empty{Icon: views.IconEvent, Title: "Calls will appear here", Text: productTells},
			rows: func(v *visit, q store.SaidQuery) (saidRows, error) {
				page, err := v.ws.Calls(v.UserContext(), q)
				return rowsOf(page, err, func(c gateway.Call) saidRow {
					return saidRow{id: c.ExternalID, title: callTitle(c), second: c.Disposition, status: c.Direction, at: c.StartedAt}
				})
			},
		},
		{
			kind: gateway.KindConversation, base: conversationsBase, title: "Conversations", one: "conversation", many: "conversations", head: "Conversation",
			search: "Person or agent", icon: views.KindChat, object: "Task", states: conversationStates,
			empty: views.Empty{Icon: views.IconNote, Title: "Conversations will appear here", Text: productTells},
			rows: func(v *visit, q store.SaidQuery) (saidRows, error) {
				page, err := v.ws.Conversations(v.UserContext(), q)
				return rowsOf(page, err, func(c gateway.Conversation) saidRow {
					return saidRow{id: c.ExternalID, title: conversationTitle(c, c.Person), second: c.Agent, status: c.Channel, at: c.StartedAt}
				})
			},
		},
		{
			kind: gateway.KindEmail, base: emailsBase, title: "E-mails", one: "e-mail", many: "e-mails", head: "E-mail",
			search: "Subject or address", icon: views.KindEmail, object: "Task",
			empty: views.Empty{Icon: views.IconNote, Title: "E-mails will appear here", Text: productTells},
			rows:  emailRows,
		},
		customTab(),
	}
}

func saidTabs(current string) []views.Tab {
	var out []views.Tab
	for _, l := range saidLists() {
		out = append(out, views.Tab{Text: l.title, URL: l.base, Current: l.base == current})
	}
	return out
}

// saidListPage is the page of a list, the latest first.
func saidListPage(base string) func(*visit) error {
	return func(v *visit) error {
		for _, l := range saidLists() {
			if l.base == base {
				return l.page(v)
			}
		}
		return nil
	}
}

func (l saidList) page(v *visit) error {
	q := store.SaidQuery{
		Search: strings.TrimSpace(v.Query("q")), Status: v.Query("status"), After: v.Query("after"), Before: v.Query("before"), Limit: pageSize,
	}
	page, err := l.rows(v, q)
	if err != nil {
		return err
	}
	p := views.ListPage{
		Shell: v.s.shell(v, l.title, views.NavMeetings), Caption: l.title, Tabs: saidTabs(l.base),
		Head:    views.Head{Title: l.title, Lead: count(page.total, l.one, l.many) + ", the latest first."},
		Live:    views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartList})},
		Filter:  l.filter(v, q),
		Columns: []views.Column{{Text: l.head}, {Text: "State"}, {Text: "When"}, {Text: "In Salesforce"}},
		Pager:   views.Pager{NewerText: "Later", OlderText: "Earlier"},
		Empty:   l.nothing(v, q),
	}
	if len(l.states) == 0 {
		p.Columns = append(p.Columns[:1:1], p.Columns[2:]...)
	}
	p.Shell.StreamURL = eventsPath + "?object=" + l.object
	if p.Rows, err = l.table(v, page.rows); err != nil {
		return err
	}
	if len(page.rows) > 0 {
		p.Pager.Text = number(len(page.rows)) + " of " + number(page.total)
	}
	if page.next != "" {
		p.Pager.OlderURL = withQuery(v.Ctx, map[string]string{"after": page.next, "before": ""})
	}
	if page.prev != "" {
		p.Pager.NewerURL = withQuery(v.Ctx, map[string]string{"before": page.prev, "after": ""})
	}
	return answer(v.Ctx, views.List(p))
}

// table says of each row what it became, read for all of them at once.
func (l saidList) table(v *visit, rows []saidRow) (out []views.Row, err error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.id
	}
	became, err := v.writesOf(l.kind, ids)
	if err != nil {
		return nil, err
	}
	clk := v.clock()
	for _, r := range rows {
		base, in := cmp.Or(l.under, l.base), views.Cell{Text: became[r.id].lead(), Second: became[r.id].whyNot()}
		if r.filed != "" {
			base, in = filedBase, views.Cell{Text: r.filed}
		}
		cells := []views.Cell{{Text: r.title, URL: saidURL(base, r.id), Kind: l.icon, Second: r.second}}
		if len(l.states) > 0 {
			cells = append(cells, views.Cell{Chip: l.chip(r.status)})
		}
		cells = append(cells, views.Cell{Time: clk.full(r.at)}, in)
		out = append(out, views.Row{ID: r.id, Cells: cells})
	}
	return out, nil
}

func (l saidList) chip(status string) views.Chip {
	for _, s := range l.states {
		if s.status == status {
			return s.chip
		}
	}
	return views.Chip{}
}

func saidURL(base, id string) string { return base + "/" + url.PathEscape(id) }

func (l saidList) filter(v *visit, q store.SaidQuery) views.Filter {
	first := map[string]string{"after": "", "before": ""}
	without := func(key string) string {
		first[key] = ""
		defer delete(first, key)
		return withQuery(v.Ctx, first)
	}
	f := views.Filter{URL: l.base, Search: views.Field{ID: "q", Name: "q", Label: l.search, Value: q.Search, Placeholder: l.search, Type: "search"}}
	if len(l.states) > 0 {
		pairs := []string{"", "Any state"}
		for _, s := range l.states {
			pairs = append(pairs, s.status, s.chip.Text)
		}
		f.Selects = []views.Select{{Name: "status", Label: "State", Options: choose(q.Status, pairs...)}}
	}
	f.Selects = append(f.Selects, l.selects...)
	if q.Search != "" {
		f.Active = append(f.Active, views.Link{Text: "“" + q.Search + "”", URL: without("q")})
	}
	if q.Status != "" {
		f.Active = append(f.Active, views.Link{Text: "State: " + cmp.Or(l.chip(q.Status).Text, q.Status), URL: without("status")})
	}
	return f
}

func (l saidList) nothing(v *visit, q store.SaidQuery) views.Empty {
	if q.Search != "" || filtered(v, "status", "after", "before") {
		return views.Empty{
			Icon: views.IconSearch, Title: "Nothing found", Text: "No " + l.one + " here fits. Try a part of it, or drop the filter.",
			Actions: []views.Action{{Text: "Show all", URL: cmp.Or(l.all, l.base)}},
		}
	}
	if v.admin() {
		l.empty.Actions = []views.Action{{Text: "Open Keys", URL: "/settings/keys"}}
	}
	return l.empty
}
