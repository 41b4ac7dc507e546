package handlers

import (
	"maps"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/forecast"
	"tidegate/views"
)

// deals lists the deals behind a sum, in the order of their close dates, so
// that every number of the page can be followed to its records.
func (o outlook) deals(p *views.ForecastPage, sum forecast.Sum, owners map[string]bool) error {
	names, err := o.ownerNames(owners)
	if err != nil {
		return err
	}
	only := o.Query("only")
	rows := slices.DeleteFunc(slices.Clone(sum.Deals), func(d forecast.Deal) bool {
		return only != "" && partKey(forecast.PartOf(d, o.settings)) != only
	})
	p.DealsTitle = "Deals that close in " + sum.Period.Words()
	p.DealsText = count(len(rows), "deal", "deals")
	p.Deals = views.ListPage{
		Filter:  o.dealsFilter(only, names),
		Columns: []views.Column{{Text: "Deal"}, {Text: "Stage"}, {Text: "Category"}, {Text: "Close date"}, {Text: "Amount", Number: true}, {Text: "Weighted", Number: true}},
		Empty: views.Empty{
			Icon: views.IconDeal, Title: "No deal counts in " + sum.Period.Words(),
			Text:    "Deals appear here by their close date, once their " + countsBy(o.settings) + " counts. The bars above show the periods around it.",
			Actions: []views.Action{{Text: "Show all deals", URL: "/deals"}},
		},
	}
	shown := o.cut(rows, &p.Deals.Pager)
	for _, d := range shown {
		p.Deals.Rows = append(p.Deals.Rows, o.dealRow(d, names))
	}
	p.Foot = "Amounts are " + o.settings.Amount + ", by " + countsBy(o.settings) + ", field " + o.advanced.AmountField + ", close date " + o.advanced.CloseDateField + "."
	if o.admin() {
		p.FootLink = views.Link{Text: "Forecast settings", URL: settingsBase + "/forecast"}
	}
	return nil
}

func countsBy(s gateway.ForecastSettings) string {
	if s.CountBy == "stage" {
		return "stage"
	}
	return "forecast category"
}

// cut takes the page that begins after the deal named in the address. A deal
// that is gone meanwhile begins at the first one.
func (o outlook) cut(rows []forecast.Deal, pager *views.Pager) []forecast.Deal {
	all := len(rows)
	if after := o.Query("after"); after != "" {
		if i := slices.IndexFunc(rows, func(d forecast.Deal) bool { return d.Key.ID == after }); i >= 0 {
			rows = rows[i+1:]
			pager.NewerURL, pager.NewerText = withQuery(o.Ctx, map[string]string{"after": ""}), "First"
		}
	}
	if len(rows) > pageSize {
		rows = rows[:pageSize]
		pager.OlderURL, pager.OlderText = withQuery(o.Ctx, map[string]string{"after": rows[pageSize-1].Key.ID}), "Next"
	}
	pager.Text = number(len(rows)) + " of " + number(all)
	return rows
}

func (o outlook) dealRow(d forecast.Deal, names map[string]string) views.Row {
	amount, weighted := views.Cell{Text: "—", Second: "empty or hidden"}, views.Cell{Text: "—"}
	if d.Known {
		amount = views.Cell{Text: o.money(d.Amount)}
		weighted = views.Cell{Text: o.money(d.Counted(gateway.ForecastSettings{Amount: "weighted"})), Second: d.Probability.String() + " %"}
	}
	owner := names[d.Owner]
	return views.Row{ID: d.Key.ID, Cells: []views.Cell{
		{Text: d.Name, Second: owner, URL: recordURL(d.Key), Kind: views.KindDeal},
		{Text: orDash(d.Stage)},
		{Text: orDash(partWords(gateway.ForecastSettings{}, d.Category))},
		{Text: d.Close.Format("2 Jan 2006")},
		amount, weighted,
	}}
}

// ownerNames are the Salesforce users who own deals of these periods.
func (o outlook) ownerNames(owners map[string]bool) (map[string]string, error) {
	names := map[string]string{}
	for id := range owners {
		r, err := o.ws.Record(o.UserContext(), gateway.RecordKey{Object: "User", ID: id})
		switch {
		case err == nil:
			names[id] = r.Label()
		case gateway.CodeOf(err) != gateway.CodeNotFound:
			return nil, err
		}
	}
	return names, nil
}

func (o outlook) dealsFilter(only string, names map[string]string) views.Filter {
	f := views.Filter{URL: forecastBase, Button: "Show"}
	for _, keep := range []string{"span", "period", "only"} {
		if value := o.Query(keep); value != "" {
			f.Keep = append(f.Keep, views.Hidden{Name: keep, Value: value})
		}
	}
	owner := views.Select{Name: "owner", Label: "Owner", Options: []views.Option{{Text: "Everybody", Selected: o.Query("owner") == ""}}}
	byName := slices.SortedFunc(maps.Keys(names), func(a, b string) int { return strings.Compare(names[a]+a, names[b]+b) })
	for _, id := range byName {
		owner.Options = append(owner.Options, views.Option{Value: id, Text: names[id], Selected: o.Query("owner") == id})
	}
	f.Selects = []views.Select{owner}
	if only != "" {
		part := only
		if part == noPart {
			part = ""
		}
		f.Active = append(f.Active, views.Link{Text: partWords(o.settings, part), URL: withQuery(o.Ctx, map[string]string{"only": "", "after": ""})})
	}
	if name := names[o.Query("owner")]; name != "" {
		f.Active = append(f.Active, views.Link{Text: name, URL: withQuery(o.Ctx, map[string]string{"owner": "", "after": ""})})
	}
	return f
}
