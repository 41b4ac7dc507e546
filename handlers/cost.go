package handlers

import (
	"slices"
	"strconv"

	"tidegate/gateway"
	"tidegate/rules/cost"
	"tidegate/views"
)

// costURL is where the health page's budget leads: what costs how much (M8).
const costURL = "/cost"

var costPages = []route{{"GET", costURL, admins, costPage}}

// purposeWords say for what calls were made, after their number.
var purposeWords = map[gateway.CallPurpose]string{
	gateway.CallWrite: "writing", gateway.CallFollow: "what changed", gateway.CallLoad: "first reading",
	gateway.CallProve: "comparison", gateway.CallAsk: "describes and checks",
}

func costPage(v *visit) error {
	r, err := v.reckoning()
	if err != nil {
		return err
	}
	p := views.CostPage{
		Shell: v.s.shell(v, "What costs how much", views.NavHealth),
		Head: views.Head{
			Crumb: []views.Link{{Text: "Health", URL: "/"}}, Title: "What costs how much",
			Lead: "API calls and change events of Tidegate by object, mapped field and rule, today since 00:00 UTC. Other integrations of the org are not among them.",
		},
	}
	if r.Unused > 0 {
		p.Notice = views.Notice{
			Tone: views.Attention, Icon: views.IconWarning,
			Text: "Nothing used " + count(r.Unused, "mapped field", "mapped fields") + " in " + strconv.Itoa(cost.UnusedAfter) + " days: not written, not shown to anybody, not read by a rule.",
			Link: views.Link{Text: "Show them", URL: costURL + "?show=" + showUnused},
		}
	}
	p.Tables = []views.CostTable{v.objectCosts(r), v.fieldCosts(r), ruleCosts(r)}
	return render(v.Ctx, views.Cost(p))
}

func (v *visit) reckoning() (cost.Reckoning, error) {
	in := cost.Input{Now: v.s.Now(), Schemas: map[string]gateway.Schema{}}
	var err error
	if in.Spent, err = v.ws.Spent(v.UserContext(), in.Now.AddDate(0, 0, -cost.UnusedAfter)); err != nil {
		return cost.Reckoning{}, err
	}
	force, err := v.inForce()
	if err != nil {
		return cost.Reckoning{}, err
	}
	in.Needed = neededFields(force.Settings)
	for _, object := range force.Objects.Configurable() {
		schema, err := v.schema(object)
		if err != nil {
			return cost.Reckoning{}, err
		}
		mappings, err := v.ws.Mappings(v.UserContext(), object)
		if err != nil {
			return cost.Reckoning{}, err
		}
		in.Schemas[object], in.Mappings = schema, append(in.Mappings, mappings...)
	}
	return cost.Reckon(in), nil
}

// neededFields are the fields that a rule reads whoever looks at them, with what
// for.
func neededFields(s gateway.Settings) map[string]string {
	out := map[string]string{}
	for _, name := range [...]string{s.Advanced.AmountField, s.Advanced.CloseDateField, "StageName", "Probability", "ForecastCategoryName", "OwnerId"} {
		out["Opportunity."+name] = "the forecast reads it"
	}
	out["Account."+s.Contacts.AccountMatchField] = "accounts are recognized by it"
	const people = "people are recognized by it"
	for _, step := range s.Contacts.Chain {
		names := map[string][]string{"email": {"Email"}, "phone": {"Phone", "MobilePhone"}, "field": {step.Field}}[step.By]
		for _, name := range names {
			out["Contact."+name], out["Lead."+name] = people, people
		}
	}
	if s.Contacts.ActivityObject != "" {
		out[s.Contacts.ActivityStep().Field] = people
	}
	return out
}

func (v *visit) objectCosts(r cost.Reckoning) views.CostTable {
	t := views.CostTable{
		ID: "objects", Title: "Objects", Text: "Every API call of today is in exactly one row.",
		List: views.ListPage{
			Columns: []views.Column{{Text: "Object"}, {Text: "Calls today", Number: true}, {Text: "For what"}, {Text: "Events today", Number: true}, {Text: "Changes sent", Number: true}, {Text: "Fields written", Number: true}},
			Empty:   views.Empty{Icon: views.IconHealth, Title: "Nothing counted yet", Text: "Calls and events are counted from the first connection on."},
		},
	}
	for _, o := range r.Objects {
		name := views.Cell{Kind: squareOf(o.Name), Text: o.Name}
		if o.Name == "" {
			name = views.Cell{Text: "The org as such", Second: "limits, lists of objects, checks"}
		}
		if o.Today+o.Events+o.Changes == 0 && len(o.Fields) == 0 {
			continue // of earlier days alone
		}
		var parts []string
		for _, purpose := range gateway.CallPurposes {
			if n := o.Calls[purpose]; n > 0 {
				parts = append(parts, number(n)+" "+purposeWords[purpose])
			}
		}
		t.List.Rows = append(t.List.Rows, views.Row{ID: o.Name, Cells: []views.Cell{
			name, {Text: number(o.Today)}, {Text: list(parts)}, {Text: number(o.Events)}, {Text: number(o.Changes)}, {Text: number(o.Carried)},
		}})
	}
	return t
}

func (v *visit) fieldCosts(r cost.Reckoning) views.CostTable {
	only, object := v.Query("show") == showUnused, v.Query("object")
	t := views.CostTable{
		ID: "fields", Title: "Mapped fields",
		Text: "A day, on the average of " + count(r.Days, "day", "days") + " counted. A call carries many fields: a field’s part of the calls that write is its part of all that was written, " +
			"and of the calls that read it is one of all fields of the object. An event counts for each field that it carried. " +
			"Used is a field that was written, or shown on a record’s page or in a list; a program that reads whole records does not say which fields it uses, and is not counted.",
		List: views.ListPage{
			Columns: []views.Column{{Text: "Field"}, {Text: "Calls a day", Number: true}, {Text: "Events a day", Number: true}, {Text: "Written today", Number: true}, {Text: "Last used"}, {Text: "Use"}},
			Empty:   views.Empty{Icon: views.IconSearch, Title: "No such field", Text: "No mapped field is like that."},
		},
	}
	objects := []string{"", "All objects"}
	total := 0
	for _, o := range r.Objects {
		if len(o.Fields) > 0 {
			objects = append(objects, o.Name, o.Name)
		}
		for _, f := range o.Fields {
			if object != "" && object != o.Name || only && !f.Unused {
				continue
			}
			if total++; total <= shownAtOnce {
				t.List.Rows = append(t.List.Rows, v.fieldCost(o.Name, f))
			}
		}
	}
	t.List.Filter = views.Filter{URL: costURL, Selects: []views.Select{
		{Name: "object", Label: "Object", Options: choose(object, objects...)},
		{Name: "show", Label: "Shown", Options: choose(v.Query("show"), "", "All mapped fields", showUnused, "Those that nothing used")},
	}}
	if total > shownAtOnce {
		t.List.Pager.Text = "The first " + number(shownAtOnce) + " of " + number(total) + "; choose an object to see the others."
	}
	return t
}

func (v *visit) fieldCost(object string, f cost.Field) views.Row {
	last := views.Cell{Text: "—"}
	if !f.Last.IsZero() {
		last = views.Cell{Time: v.clock().full(f.Last), Second: "written"}
		if f.By != "" {
			last.Second = "shown to " + f.By
		}
	}
	use := views.Cell{Text: "Used"}
	switch {
	case f.Unused:
		use = views.Cell{
			Chip:   views.Chip{Tone: views.Attention, Icon: views.IconWarning, Text: "Unused"},
			Second: "Nothing used it in " + strconv.Itoa(cost.UnusedAfter) + " days.", Link: views.Link{Text: "Look at its mapping", URL: objectURL(object) + "?show=" + showAll + "&q=" + f.Name},
		}
	case f.Needed != "":
		use.Second = capital(f.Needed) + "."
	case f.Last.IsZero():
		use = views.Cell{Text: "Not used yet", Second: "Pointed out after " + strconv.Itoa(cost.UnusedAfter) + " days."}
	}
	return views.Row{Cells: []views.Cell{
		{Kind: squareOf(object), Text: f.Name, Second: object},
		{Text: tenths(f.Calls), Second: tenths(f.Written) + " writing, " + tenths(f.Read) + " reading"},
		{Text: tenths(f.Events)},
		{Text: number(f.Writes)},
		last, use,
	}}
}

func ruleCosts(r cost.Reckoning) views.CostTable {
	t := views.CostTable{
		ID: "rules", Title: "Rules", Text: "What led to the writes of today. A rule’s part of the calls that write is its part of the changes; a change with fields of several rules counts for each.",
		List: views.ListPage{
			Columns: []views.Column{{Text: "Rule"}, {Text: "Object"}, {Text: "Changes today", Number: true}, {Text: "Calls today", Number: true}},
			Empty:   views.Empty{Icon: views.IconOK, Title: "Nothing was written today", Text: "As soon as something is, it stands here what led to it."},
		},
	}
	for _, o := range r.Objects {
		for _, rule := range o.Rules {
			t.List.Rows = append(t.List.Rows, views.Row{Cells: []views.Cell{{Text: rule.Name}, {Text: o.Name}, {Text: number(rule.Changes)}, {Text: tenths(rule.Calls)}}})
		}
	}
	return t
}

// tenths shows parts of calls; what is less than a tenth is not nothing.
func tenths(n float64) string {
	switch {
	case n == 0:
		return "0"
	case n < 0.05:
		return "< 0.1"
	}
	return strconv.FormatFloat(n, 'f', 1, 64)
}

// sawFields counts fields of an object as shown to the visitor. A page that looks
// again by itself shows nobody anything new.
func (v *visit) sawFields(object string, fields []string) {
	if v.s.Shown != nil && v.Query("part") == "" {
		v.s.Shown(v.member.Workspace, object, slices.Compact(slices.Sorted(slices.Values(fields))), v.member.Name)
	}
}
