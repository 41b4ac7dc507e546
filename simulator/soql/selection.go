package soql

import (
	"fmt"
	"strings"

	"tidegate/simulator/org"
)

var aggregates = map[string]bool{"COUNT": true, "COUNT_DISTINCT": true, "MIN": true, "MAX": true, "SUM": true, "AVG": true}

// selection checks the select list and decides what kind of answer it is.
func (e *eval) selection(res *Result) error {
	grouped := len(e.query.GroupBy) > 0
	for _, item := range e.query.Items {
		if item.Func == "COUNT" && item.Path == "" && !grouped && len(e.query.Items) == 1 {
			res.CountOnly = true
			return nil
		}
		grouped = grouped || aggregates[item.Func]
	}
	if grouped {
		res.Aggregate = []Group{}
	}
	unnamed := 0
	for _, item := range e.query.Items {
		if err := e.selectItem(res, item, &unnamed); err != nil {
			return err
		}
	}
	if !grouped {
		res.shape = shapeOf(res.columns)
	}
	return nil
}

func (e *eval) selectItem(res *Result, item Item, unnamed *int) error {
	switch {
	case item.Type != nil && res.Aggregate == nil:
		return e.selectTypeOf(res, item.Type)
	case item.Child != nil:
		return e.selectChild(res, item)
	case item.Func == "FIELDS":
		return e.selectAll(res, item.Path)
	case res.Aggregate != nil && item.Func == "" && !e.isGrouped(item.Path):
		return malformed(fmt.Sprintf("Field must be grouped or aggregated: %s", item.Path))
	}
	c := column{name: item.Alias, fn: item.Func}
	if j, ok := e.list(item); ok {
		c.name, c.via = j.Name, func(v org.View, r org.Record) any { return v.Listed(r, j) }
		res.columns = append(res.columns, c)
		return nil
	}
	if item.Path != "" {
		p, err := resolve(e.view, e.object, item.Path)
		if err != nil {
			return err
		}
		c.path = p
	}
	if item.Func == convertCurrency {
		if err := e.convert(res, &c); err != nil {
			return err
		}
	}
	if c.path.part != nil && res.Aggregate == nil {
		return malformed("date functions can be selected with GROUP BY only: " + item.Path)
	}
	if c.name == "" && (aggregates[item.Func] || c.path.part != nil) {
		c.name = fmt.Sprintf("expr%d", *unnamed)
		*unnamed++
	} else if c.name == "" {
		c.name = c.path.name
	}
	res.columns = append(res.columns, c)
	return nil
}

func (e *eval) isGrouped(path string) bool {
	for _, g := range e.query.GroupBy {
		if strings.EqualFold(g, path) {
			return true
		}
	}
	return false
}

func (e *eval) selectAll(res *Result, which string) error {
	which = strings.ToUpper(which)
	if which != "ALL" && which != "STANDARD" && which != "CUSTOM" {
		return malformed("FIELDS takes ALL, STANDARD or CUSTOM")
	}
	if which != "STANDARD" && (e.query.Limit < 0 || e.query.Limit > 200) {
		return malformed("The SOQL FIELDS function must have a LIMIT of at most 200")
	}
	for i, f := range e.object.Fields {
		if which == "ALL" || f.Custom == (which == "CUSTOM") {
			res.columns = append(res.columns, column{name: f.Name, path: path{object: e.object, field: f, index: i, name: f.Name}})
		}
	}
	return nil
}

// childRows are the answers to one child query, by parent id.
type childRows struct {
	name   string
	lookup *org.Field  // on the child
	list   *org.Object // of activities, instead of a child with a lookup
	query  *Query
	rows   map[string]*Result
}

func (e *eval) selectChild(res *Result, item Item) error {
	for _, o := range e.view.Objects() {
		for _, f := range o.Fields {
			if f.ChildName == "" || !strings.EqualFold(f.ChildName, item.Child.From) || !pointsTo(f, e.object.Name) {
				continue
			}
			child := *item.Child
			child.From = o.Name
			res.children = append(res.children, &childRows{name: f.ChildName, lookup: f, query: &child})
			return nil
		}
	}
	if list, name := e.view.ActivityList(e.object, item.Child.From); list != nil {
		child := *item.Child
		child.From = list.Name
		res.children = append(res.children, &childRows{name: name, list: list, query: &child})
		return nil
	}
	return org.Refuse("INVALID_TYPE", fmt.Sprintf("Didn't understand relationship '%s' in FROM part of query call.", item.Child.From))
}

func pointsTo(f *org.Field, object string) bool {
	for _, name := range f.ReferenceTo {
		if name == object {
			return true
		}
	}
	return false
}

// loadChildren runs each child query once over all parents and deals the rows
// out; a LIMIT holds for each parent.
func (e *eval) loadChildren(res *Result) error {
	for _, c := range res.children {
		if c.list != nil {
			if err := e.loadActivities(res, c); err != nil {
				return err
			}
			continue
		}
		limit := c.query.Limit
		c.query.Limit = -1
		all, err := Run(e.view, c.query, e.all)
		if err != nil {
			return err
		}
		c.rows = map[string]*Result{}
		for _, r := range all.Rows {
			parent, _ := r.Value(c.lookup.Name).(string)
			part := c.rows[parent]
			if part == nil {
				copied := *all
				copied.Rows = nil
				part = &copied
				c.rows[parent] = part
			}
			if limit < 0 || len(part.Rows) < limit {
				part.Rows = append(part.Rows, r)
				part.Total = len(part.Rows)
			}
		}
	}
	return nil
}

// loadActivities answers a child query of activities, parent by parent.
func (e *eval) loadActivities(res *Result, c *childRows) error {
	if err := e.checkActivities(res, c); err != nil {
		return err
	}
	var ids []string
	for _, r := range res.Rows {
		ids = append(ids, r.ID())
	}
	c.rows = map[string]*Result{}
	for id, rows := range e.view.ActivitiesOf(c.list, e.object, ids) {
		if rows == nil {
			rows = []org.Record{}
		}
		part, err := run(&eval{view: e.view, object: c.list, query: c.query, all: e.all, rows: rows})
		if err != nil {
			return err
		}
		c.rows[id] = part
	}
	return nil
}
