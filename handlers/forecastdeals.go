package handlers

import (
	"maps"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/forecast"
	"tidegate/views"
)

// deals lists the deals behind a sum, in the order of their close dates, so
// that every number of the page can be followed to its records.
func (o outlook) deals(p *views.ForecastPage, sum forecast.Sum, names map[string]string) {
	rows := o.listed(sum)
	p.DealsTitle = "Deals that close in " + sum.Period.Words()
	p.Deals = views.ListPage{
		Filter:  views.Filter{Active: o.active(names)},
		Columns: []views.Column{{Text: "Deal"}, {Text: "Stage"}, {Text: "Category"}, {Text: "Close date"}, {Text: "Amount", Number: true}, {Text: "Weighted", Number: true}},
		Empty: views.Empty{
			Icon: views.IconDeal, Title: "No deal counts in " + sum.Period.Words(),
			Text:    "Deals appear here by their close date, once their " + countsBy(o.settings) + " counts. The bars above show the periods around it.",
			Actions: []views.Action{{Text: "Show all deals", URL: "/deals"}},
		},
	}
	p.DealsText = count(len(rows), "deal", "deals")
	if why := forecast.Cause(o.Query("why")); why != "" && o.compares() {
		p.DealsTitle = o.causeWords(why) + " since " + o.dayWords(o.then.at)
		p.Deals.Empty.Title = "No deal changed like this"
	} else if left := len(o.then.left()); len(o.then.by) > 0 {
		p.DealsText += ", " + number(len(o.then.by)-left) + " of them changed; " + number(left) + " left"
	}
	if o.compares() {
		p.Deals.Columns = append(p.Deals.Columns, views.Column{Text: "Since " + o.dayWords(o.then.at), Number: true})
	}
	shown := o.cut(rows, &p.Deals.Pager)
	for _, d := range shown {
		p.Deals.Rows = append(p.Deals.Rows, o.dealRow(d, names))
	}
	p.Foot = "Amounts are " + o.settings.Amount + ", by " + countsBy(o.settings) + ", field " + o.advanced.AmountField + ", close date " + o.advanced.CloseDateField + "."
	if o.admin() {
		p.FootLink = views.Link{Text: "Forecast settings", URL: settingsBase + "/forecast"}
	}
}

// listed are the deals that the address asks for: all that count, those of one
// part of the sum, or those that changed for one cause.
func (o outlook) listed(sum forecast.Sum) []forecast.Deal {
	rows := slices.Clone(sum.Deals)
	if why := forecast.Cause(o.Query("why")); why != "" && o.compares() {
		rows = slices.DeleteFunc(append(rows, o.then.left()...), func(d forecast.Deal) bool {
			return !slices.ContainsFunc(o.then.by[d.Key], func(s forecast.Step) bool { return s.Cause == why })
		})
		slices.SortFunc(rows, byClose)
	}
	only := o.Query("only")
	return slices.DeleteFunc(rows, func(d forecast.Deal) bool {
		return only != "" && partKey(forecast.PartOf(d, o.settings)) != only
	})
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
	row := views.Row{ID: d.Key.ID, Cells: []views.Cell{
		{Text: d.Name, Second: owner, URL: recordURL(d.Key), Kind: views.KindDeal},
		{Text: orDash(d.Stage)},
		{Text: orDash(partWords(gateway.ForecastSettings{}, d.Category))},
		{Text: d.Close.Format("2 Jan 2006")},
		amount, weighted,
	}}
	if o.compares() {
		row.Cells = append(row.Cells, o.changeCell(d.Key))
	}
	return row
}

// ownerNames are the Salesforce users who own deals of these periods.
func (o outlook) ownerNames() (map[string]string, error) {
	names := map[string]string{}
	for id := range o.owners {
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

// filter chooses the day, the day to compare with, the owner and the amounts.
func (o outlook) filter(names map[string]string) views.Filter {
	f := views.Filter{URL: forecastBase, Button: "Show"}
	for _, keep := range []string{"span", "period", "only", "why"} {
		if value := o.Query(keep); value != "" {
			f.Keep = append(f.Keep, views.Hidden{Name: keep, Value: value})
		}
	}
	shown := o.asOf
	if shown.IsZero() {
		shown = o.clk.now
	}
	_, with := o.forecastDays()
	day := func(name, label string, at time.Time) views.Field {
		return views.Field{Name: name, Label: label, Type: "date", Value: at.In(o.clk.zone).Format(time.DateOnly)}
	}
	f.Fields = []views.Field{day("as_of", "As of", shown), day("with", "Compared with", with)}
	owner := views.Select{Name: "owner", Label: "Owner", Options: []views.Option{{Text: "Everybody", Selected: o.owner == ""}}}
	byName := slices.SortedFunc(maps.Keys(names), func(a, b string) int { return strings.Compare(names[a]+a, names[b]+b) })
	for _, id := range byName {
		owner.Options = append(owner.Options, views.Option{Value: id, Text: names[id], Selected: o.owner == id})
	}
	f.Selects = []views.Select{owner, {Name: "amounts", Label: "Amounts", Options: choose(o.settings.Amount, "total", "Total", "weighted", "Weighted")}}
	return f
}

// active are the filters of the list of deals, each with the address that
// drops it.
func (o outlook) active(names map[string]string) (out []views.Link) {
	drop := func(text, name string) {
		out = append(out, views.Link{Text: text, URL: withQuery(o.Ctx, map[string]string{name: "", "after": ""})})
	}
	if only := o.Query("only"); only != "" {
		drop(partWords(o.settings, strings.TrimPrefix(only, noPart)), "only")
	}
	if why := forecast.Cause(o.Query("why")); why != "" && o.compares() {
		drop(o.causeWords(why), "why")
	}
	if name := names[o.owner]; name != "" {
		drop(name, "owner")
	}
	return out
}
