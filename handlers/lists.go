package handlers

import (
	"strings"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/views"
)

const pageSize = 25

// recordList returns the handler of one kind's list: search, account filter,
// keyset paging, everything in the address.
func recordList(k recordKind) func(*visit) error {
	return func(v *visit) error {
		k, err := v.shownFields(v.chosenFields(k))
		if err != nil {
			return err
		}
		q := store.RecordQuery{
			Object: k.object, Search: strings.TrimSpace(v.Query("q")),
			After: v.Query("after"), Before: v.Query("before"), Limit: pageSize,
		}
		if account := v.Query("account"); account != "" {
			q.Where = map[string]string{"AccountId": account}
		}
		page, err := v.ws.Records(v.UserContext(), q)
		if err != nil {
			return err
		}
		rows, err := v.rows(k, page.Records)
		if err != nil {
			return err
		}
		p := views.ListPage{
			Shell:   v.s.shell(v, k.many, k.nav),
			Head:    views.Head{Title: k.many, Lead: v.listLead(k, page.Total, q.Search)},
			Live:    views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartList})},
			Caption: k.many,
			Filter:  listFilter(v, k, q.Search),
			Columns: listColumns(v, k),
			Rows:    rows,
			Pager:   listPager(v, page),
			Empty:   listEmpty(v, k, q.Search),
		}
		if v.eyes != nil {
			if err := v.sayWhyNothing(&p); err != nil {
				return err
			}
		}
		p.Shell.StreamURL = "/events?object=" + k.object
		if len(rows) > 0 {
			v.sawFields(k.object, k.columns)
		}
		return answer(v.Ctx, views.List(p))
	}
}

func (v *visit) listLead(k recordKind, total int, search string) string {
	if v.eyes != nil {
		return "Records that Salesforce shows you, by name."
	}
	if search != "" {
		return count(total, "record matches", "records match") + " “" + search + "”."
	}
	return count(total, "record", "records") + " as in Salesforce, by name."
}

func listFilter(v *visit, k recordKind, search string) views.Filter {
	f := views.Filter{
		URL:    k.path,
		Search: views.Field{ID: "q", Name: "q", Label: "Name, e-mail or phone", Value: search, Placeholder: "Name, e-mail or phone", Type: "search"},
	}
	if search != "" {
		f.Active = []views.Link{{Text: "“" + search + "”", URL: withQuery(v.Ctx, map[string]string{"q": "", "after": "", "before": ""})}}
	}
	if account := v.Query("account"); account != "" {
		f.Keep = []views.Hidden{{Name: "account", Value: account}}
		f.Active = append(f.Active, views.Link{Text: "One account", URL: withQuery(v.Ctx, map[string]string{"account": "", "after": "", "before": ""})})
	}
	return f
}

func listColumns(v *visit, k recordKind) []views.Column {
	schema, _ := v.schema(k.object) // without a describe the API names stand
	columns := []views.Column{{Text: "Name"}}
	for _, name := range k.columns {
		f := fieldOf(schema, name)
		columns = append(columns, views.Column{Text: labelOf(f), Number: f.Type == gateway.TypeCurrency})
	}
	return append(columns, views.Column{Text: "As of"})
}

func (v *visit) rows(k recordKind, records []gateway.Record) ([]views.Row, error) {
	schema, err := v.schema(k.object)
	if err != nil {
		return nil, err
	}
	names, err := v.namesOf(records, k.columns)
	if err != nil {
		return nil, err
	}
	clk, currency := v.clock(), v.currency()
	rows := make([]views.Row, 0, len(records))
	for _, r := range records {
		cells := []views.Cell{{Text: r.Label(), URL: recordURL(r.Key), Kind: k.kind}}
		for _, name := range k.columns {
			cells = append(cells, fieldCell(clk, fieldOf(schema, name), r.Fields[name], names, currency))
		}
		rows = append(rows, views.Row{ID: r.Key.ID, Cells: append(cells, views.Cell{Time: clk.ago(r.Version.Time())})})
	}
	return rows, nil
}

func fieldCell(clk clock, f gateway.Field, value gateway.Value, names map[string]gateway.Record, currency string) views.Cell {
	if f.Type == gateway.TypeReference {
		if r, ok := names[value.String()]; ok {
			return views.Cell{Text: r.Label(), URL: recordURL(r.Key)}
		}
		return views.Cell{Text: "—"}
	}
	text := clk.display(f, value, currency)
	if text == "" {
		text = "—"
	}
	return views.Cell{Text: text}
}

func listPager(v *visit, page store.RecordPage) views.Pager {
	p := views.Pager{NewerText: "Previous", OlderText: "Next"}
	if len(page.Records) > 0 {
		p.Text = number(len(page.Records)) + " of " + number(page.Total)
		if v.eyes != nil {
			p.Text = count(len(page.Records), "record", "records")
		}
	}
	if page.Next != "" {
		p.OlderURL = withQuery(v.Ctx, map[string]string{"after": page.Next, "before": ""})
	}
	if page.Prev != "" {
		p.NewerURL = withQuery(v.Ctx, map[string]string{"before": page.Prev, "after": ""})
	}
	return p
}

func listEmpty(v *visit, k recordKind, search string) views.Empty {
	if search != "" {
		return views.Empty{
			Icon: views.IconSearch, Title: "Nothing found", Filters: []string{"“" + search + "”"},
			Text:    "No " + strings.ToLower(k.one) + " here has that in its name, e-mail or phone. Try a part of it, or drop the filter.",
			Actions: []views.Action{{Text: "Show all", URL: k.path}},
		}
	}
	if filtered(v, "account", "after", "before") {
		return views.Empty{
			Icon: views.IconSearch, Title: "Nothing found", Text: "No " + strings.ToLower(k.one) + " is on this page of the list. Drop the filter, or begin at the first page.",
			Actions: []views.Action{{Text: "Show all", URL: k.path}},
		}
	}
	return views.Empty{
		Icon: k.kind, Title: k.many + " will appear here",
		Text:    "They are read from Salesforce as soon as it is connected; the Health page shows how far that is.",
		Actions: []views.Action{{Text: "Open Health", URL: "/"}},
	}
}
