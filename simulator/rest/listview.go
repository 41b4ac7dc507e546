package rest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tidegate/simulator/org"
	"tidegate/simulator/soql"
)

// List views: every object that has pages comes with one of all its records and,
// where they have owners, one of the caller's own.

const (
	listViewKey         = "00B"
	viewRows, viewsMost = 25, 2000 // rows of a list without a limit, and with one
)

func addListViews(add func(string, func(*call) error)) {
	add("GET /sobjects/{object}/listviews", (*call).listViews)
	add("GET /sobjects/{object}/listviews/{$}", (*call).listViews)
	add("GET /sobjects/{object}/listviews/{id}/describe", (*call).listViewDescribe)
	add("GET /sobjects/{object}/listviews/{id}/results", (*call).listViewResults)
}

// listView is one list of an object.
type listView struct {
	id, name, label, scope string
	object                 *org.Object
}

func (c *call) viewsOf(o *org.Object) []listView {
	n := 2 * c.ordinal(o)
	list := []listView{{org.MakeID(listViewKey, n), "All" + strings.ReplaceAll(o.LabelPlural, " ", ""), "All " + o.LabelPlural, "everything", o}}
	if o.Field("OwnerId") != nil {
		list = append(list, listView{org.MakeID(listViewKey, n+1), "My" + strings.ReplaceAll(o.LabelPlural, " ", ""), "My " + o.LabelPlural, "mine", o})
	}
	return list
}

func (l *listView) entry(base string) map[string]any {
	path := base + "/sobjects/" + l.object.Name + "/listviews/" + l.id
	return map[string]any{
		"describeUrl": path + "/describe", "developerName": l.name, "id": l.id, "label": l.label,
		"resultsUrl": path + "/results", "soqlCompatible": true, "url": path,
	}
}

func (c *call) listViews() error {
	o, _, err := c.laidOut()
	if err != nil {
		return err
	}
	list := []any{}
	for _, l := range c.viewsOf(o) {
		list = append(list, l.entry(c.base()))
	}
	c.json(http.StatusOK, map[string]any{
		"done": true, "listviews": list, "nextRecordsUrl": nil, "size": len(list), "sobjectType": o.Name,
	})
	return nil
}

// viewOfPath finds the list that the path names.
func (c *call) viewOfPath() (listView, error) {
	o, _, err := c.laidOut()
	if err != nil {
		return listView{}, err
	}
	return c.viewByID(o, c.r.PathValue("id"))
}

func (c *call) viewByID(o *org.Object, id string) (listView, error) {
	full, _ := org.NormalizeID(id)
	views := c.viewsOf(o)
	if i := slices.IndexFunc(views, func(l listView) bool { return l.id == full }); i >= 0 {
		return views[i], nil
	}
	return listView{}, org.NotFound("The requested resource does not exist")
}

// listView answers …/listviews/{id}, which has the form of a record by its key.
func (c *call) listView() error {
	o, _, err := c.laidOut()
	if err != nil {
		return err
	}
	l, err := c.viewByID(o, c.r.PathValue("value"))
	if err != nil {
		return err
	}
	c.json(http.StatusOK, l.entry(c.base()))
	return nil
}

// shown are the fields of a list in their order, and how many of them are not hidden.
func (l *listView) shown() (fields []*org.Field, visible int) {
	if f := nameField(l.object); f != nil {
		fields = append(fields, f)
	}
	for _, name := range []string{"Title", "Company", "StageName", "Status", "Amount", "CloseDate", "Email", "Phone", "OwnerId"} {
		if f := l.object.Field(name); f != nil {
			fields = append(fields, f)
		}
	}
	visible = len(fields)
	for _, name := range []string{"Id", "CreatedDate", "LastModifiedDate", "SystemModstamp"} {
		fields = append(fields, l.object.Field(name))
	}
	return fields, visible
}

func (l *listView) columns() []any {
	fields, visible := l.shown()
	list := []any{}
	for i, f := range fields {
		column := map[string]any{
			"ascendingLabel": "Z-A", "descendingLabel": "A-Z", "fieldNameOrPath": f.Name, "hidden": i >= visible, "label": f.Label,
			"searchable": false, "selectListItem": f.Name, "sortDirection": nil, "sortIndex": nil, "sortable": i < visible, "type": f.Type,
		}
		if i == 0 {
			column["sortDirection"], column["sortIndex"] = "ascending", 0
		}
		list = append(list, column)
	}
	return list
}

// query is the statement that gives the list's records.
func (l *listView) query() string {
	fields, _ := l.shown()
	names := ""
	for i, f := range fields {
		if i > 0 {
			names += ", "
		}
		names += f.Name
	}
	return "SELECT " + names + " FROM " + l.object.Name + " USING SCOPE " + l.scope + " ORDER BY " + fields[0].Name + " ASC NULLS FIRST, Id ASC NULLS FIRST"
}

func (c *call) listViewDescribe() error {
	l, err := c.viewOfPath()
	if err != nil {
		return err
	}
	fields, _ := l.shown()
	by := func(name string) map[string]any {
		return map[string]any{"fieldNameOrPath": name, "nullsPosition": "first", "sortDirection": "ascending"}
	}
	c.json(http.StatusOK, map[string]any{
		"columns": l.columns(), "id": l.id, "orderBy": []any{by(fields[0].Name), by("Id")}, "query": l.query(), "relatedEntityId": nil,
		"scope": l.scope, "scopeEntityId": nil, "sobjectType": l.object.Name, "whereCondition": map[string]any{"conditions": []any{}, "conjunction": "and"},
	})
	return nil
}

func (c *call) listViewResults() error {
	l, err := c.viewOfPath()
	if err != nil {
		return err
	}
	limit, err := c.positive("limit", viewRows, viewsMost)
	if err != nil {
		return err
	}
	offset, err := c.positive("offset", 0, viewsMost)
	if err != nil {
		return err
	}
	parsed, err := soql.Parse(l.query())
	if err != nil {
		return err
	}
	var result *soql.Result
	c.read(func(v org.View) { result, err = soql.Run(v, parsed, false) })
	if err != nil {
		return err
	}
	rows := result.Rows[min(offset, len(result.Rows)):]
	end := min(limit, len(rows))
	fields, _ := l.shown()
	records := []any{}
	for _, r := range rows[:end] {
		cells := []any{}
		for _, f := range fields {
			cells = append(cells, map[string]any{"fieldNameOrPath": f.Name, "value": json.RawMessage(org.AppendField(nil, r, f))})
		}
		records = append(records, map[string]any{"columns": cells})
	}
	c.json(http.StatusOK, map[string]any{
		"columns": l.columns(), "developerName": l.name, "done": end == len(rows), "id": l.id, "label": l.label, "records": records, "size": end,
	})
	return nil
}

// positive reads a number of the query string.
func (c *call) positive(name string, otherwise, most int) (int, error) {
	text := c.r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > most {
		return 0, org.Refuse("NUMBER_OUTSIDE_VALID_RANGE", name+" must be between 0 and "+strconv.Itoa(most)+": "+text)
	}
	return n, nil
}

// explain answers query?explain=…, of a statement or of a list: what reading it
// would cost, by the one way that this org reads.
func (c *call) explain(what string) error {
	statement := what
	if id, ok := org.NormalizeID(what); ok && id[:3] == listViewKey {
		for _, o := range c.org.ObjectsFor(c.caller.UserID) {
			if l, err := c.viewByID(o, id); err == nil {
				statement = l.query()
			}
		}
	}
	parsed, err := soql.Parse(statement)
	if err != nil {
		return err
	}
	var result *soql.Result
	all := 0
	c.read(func(v org.View) {
		if result, err = soql.Run(v, parsed, false); err == nil {
			all = v.Len(result.Object.Name)
		}
	})
	if err != nil {
		return err
	}
	plan := map[string]any{
		"cardinality": result.Total, "fields": []any{}, "leadingOperationType": "TableScan", "notes": []any{},
		"relativeCost": 1.0, "sobjectCardinality": all, "sobjectType": result.Object.Name,
	}
	c.json(http.StatusOK, map[string]any{"plans": []any{plan}, "sourceQuery": statement})
	return nil
}
