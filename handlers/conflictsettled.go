package handlers

import (
	"slices"
	"strconv"

	"tidegate/gateway"
	"tidegate/rules/conflict"
	"tidegate/store"
	"tidegate/views"
)

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
		kept = views.Cell{Text: "Waits no more", Second: "Our change was edited, sent or given up since.", URL: "/sync/log?object=" + c.Key.Object + "&record=" + c.Key.ID}
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
