package handlers

import (
	"net/url"
	"strings"

	"tidegate/store"
	"tidegate/views"
)

const (
	searchBase = "/search"
	// searchShown is how many of each kind one search shows; its list has the rest.
	searchShown = 5
)

// search looks through records, what was said, and leads to the lines of the log.
// Each kind is found as its own list finds it, and a rep finds what his lists show
// him.
func search(v *visit) error {
	q := strings.TrimSpace(v.Query("q"))
	p := views.ListPage{
		Shell:   v.s.shell(v, "Search", ""),
		Head:    views.Head{Title: "Search", Lead: "People, accounts, deals, meetings, calls and the sync log."},
		Caption: "What was found",
		Filter: views.Filter{
			URL: searchBase, Button: "Search",
			Search: views.Field{ID: "q", Name: "q", Label: "Name, e-mail, phone or title", Value: q, Type: "search"},
		},
		Columns: []views.Column{{Text: "Name"}, {Text: "What"}, {Text: "When"}},
		Empty:   views.Empty{Icon: views.IconSearch, Title: "What are you looking for?", Text: "Type a part of a name, an e-mail address, a phone number or a title."},
	}
	p.Shell.Search.Text = q
	if q == "" {
		return answer(v.Ctx, views.List(p))
	}
	for _, k := range recordKinds {
		rows, err := v.searchRecords(k, q)
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, rows...)
	}
	for _, l := range saidLists()[:2] { // meetings and calls; the others have their lists
		rows, err := v.searchSaid(l, q)
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, rows...)
	}
	log := views.Action{Text: "Search the sync log for “" + q + "”", URL: "/sync/log?" + url.Values{"q": {q}}.Encode()}
	if len(p.Rows) > 0 {
		p.Rows = append(p.Rows, views.Row{Cells: []views.Cell{{Text: log.Text, URL: log.URL}, {}, {}}})
	}
	p.Empty = views.Empty{
		Icon: views.IconSearch, Title: "Nothing found", Filters: []string{"“" + q + "”"},
		Text:    "Nobody, no deal and no meeting here has that in its name. Try a part of it.",
		Actions: []views.Action{log},
	}
	return answer(v.Ctx, views.List(p))
}

func (v *visit) searchRecords(k recordKind, q string) (rows []views.Row, err error) {
	page, err := v.ws.Records(v.UserContext(), store.RecordQuery{Object: k.object, Search: q, Limit: searchShown})
	if err != nil || len(page.Records) == 0 {
		return nil, err
	}
	schema, err := v.schema(k.object)
	if err != nil {
		return nil, err
	}
	clk, currency := v.clock(), v.currency()
	for _, r := range page.Records {
		var about []string
		for _, name := range k.key {
			if text := clk.display(fieldOf(schema, name), r.Fields[name], currency); text != "" {
				about = append(about, text)
			}
		}
		rows = append(rows, views.Row{ID: r.Key.ID, Cells: []views.Cell{
			{Text: r.Label(), Second: strings.Join(about, " · "), URL: recordURL(r.Key), Kind: k.kind},
			{Text: k.one},
			{Time: clk.ago(r.Version.Time())},
		}})
	}
	return v.andMore(rows, page.Next != "", k.path, k.many, q), nil
}

func (v *visit) searchSaid(l saidList, q string) (rows []views.Row, err error) {
	page, err := l.rows(v, store.SaidQuery{Search: q, Limit: searchShown})
	if err != nil {
		return nil, err
	}
	clk := v.clock()
	for _, r := range page.rows {
		rows = append(rows, views.Row{ID: r.id, Cells: []views.Cell{
			{Text: r.title, Second: r.second, URL: saidURL(l.base, r.id), Kind: l.icon},
			{Text: capital(l.one)},
			{Time: clk.ago(r.at)},
		}})
	}
	return v.andMore(rows, page.next != "", l.base, l.title, q), nil
}

// andMore leads from the last one shown to the list with all.
func (v *visit) andMore(rows []views.Row, more bool, path, many, q string) []views.Row {
	if more {
		last := &rows[len(rows)-1].Cells[1]
		last.Link = views.Link{Text: "All " + strings.ToLower(many) + " with “" + q + "”", URL: path + "?" + url.Values{"q": {q}}.Encode()}
	}
	return rows
}
