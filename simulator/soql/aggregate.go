package soql

import (
	"fmt"
	"slices"
	"strings"

	"tidegate/simulator/org"
)

// Group is one computed row: values in the order of the select list.
type Group struct{ Values []any }

type bucket struct {
	keys  []any
	cells []cell
}

// cell accumulates one aggregate.
type cell struct {
	count    int64
	sum      float64
	min, max any
	distinct map[any]bool
}

func (c *cell) add(v any, exact bool) {
	if v == nil {
		return
	}
	c.count++
	switch x := v.(type) {
	case int64:
		c.sum += float64(x)
	case float64:
		c.sum += x
	}
	if c.min == nil || compareValues(v, c.min, exact) < 0 {
		c.min = v
	}
	if c.max == nil || compareValues(v, c.max, exact) > 0 {
		c.max = v
	}
	if c.distinct != nil {
		c.distinct[v] = true
	}
}

func (c *cell) result(fn string, whole bool) any {
	switch fn {
	case "COUNT":
		return c.count
	case "COUNT_DISTINCT":
		return int64(len(c.distinct))
	case "MIN":
		return c.min
	case "MAX":
		return c.max
	}
	if c.count == 0 {
		return nil
	}
	if fn == "AVG" {
		return c.sum / float64(c.count)
	}
	if whole {
		return int64(c.sum)
	}
	return c.sum
}

// aggregate answers COUNT() and GROUP BY.
func (e *eval) aggregate(res *Result, match predicate) error {
	groups, err := e.groupPaths()
	if err != nil {
		return err
	}
	buckets := map[string]*bucket{}
	var order []*bucket
	newBucket := func(keys []any) *bucket {
		b := &bucket{keys: keys, cells: make([]cell, len(res.columns))}
		for i, c := range res.columns {
			if c.fn == "COUNT_DISTINCT" {
				b.cells[i].distinct = map[any]bool{}
			}
		}
		order = append(order, b)
		return b
	}
	if len(groups) == 0 {
		buckets[""] = newBucket(nil) // without GROUP BY there is one row, also of nothing
	}
	e.candidates(func(r org.Record) bool {
		if (!e.all && r.Value("IsDeleted") == true) || !match(r) {
			return true
		}
		res.Total++
		keys := make([]any, len(groups))
		for i, g := range groups {
			keys[i] = g.value(e.view, r)
		}
		id := ""
		if len(groups) > 0 {
			id = fmt.Sprintf("%#v", keys)
		}
		b := buckets[id]
		if b == nil {
			b = newBucket(keys)
			buckets[id] = b
		}
		e.accumulate(res, b, r)
		return true
	})
	if res.CountOnly {
		return nil
	}
	return e.finish(res, order)
}

func (e *eval) accumulate(res *Result, b *bucket, r org.Record) {
	for i, c := range res.columns {
		switch {
		case c.fn == "COUNT" && c.path.name == "":
			b.cells[i].count++
		case aggregates[c.fn]:
			b.cells[i].add(c.path.value(e.view, r), c.path.exact())
		}
	}
}

func (e *eval) groupPaths() ([]path, error) {
	groups := make([]path, len(e.query.GroupBy))
	for i, written := range e.query.GroupBy {
		p, err := resolve(e.view, e.object, written)
		if err != nil {
			return nil, err
		}
		groups[i] = p
	}
	return groups, nil
}

// finish computes the cells, filters by HAVING, sorts and cuts.
func (e *eval) finish(res *Result, order []*bucket) error {
	for _, b := range order {
		values := make([]any, len(res.columns))
		for i, c := range res.columns {
			if aggregates[c.fn] {
				values[i] = b.cells[i].result(c.fn, c.path.field != nil && c.path.field.Type == org.TypeInt)
				continue
			}
			for k, g := range e.query.GroupBy {
				if strings.EqualFold(g, e.query.Items[i].Path) {
					values[i] = b.keys[k]
				}
			}
		}
		keep, err := e.having(values)
		if err != nil {
			return err
		}
		if keep {
			res.Aggregate = append(res.Aggregate, Group{values})
		}
	}
	if err := e.sortGroups(res); err != nil {
		return err
	}
	if e.query.Limit >= 0 && len(res.Aggregate) > e.query.Limit {
		res.Aggregate = res.Aggregate[:e.query.Limit]
	}
	res.Total = len(res.Aggregate)
	return nil
}

// at finds the selected column that an ORDER BY or HAVING item repeats.
func (e *eval) at(item Item) (int, error) {
	for i, selected := range e.query.Items {
		sameText := strings.EqualFold(selected.Path, item.Path) && selected.Func == item.Func
		if sameText || (item.Func == "" && selected.Alias != "" && strings.EqualFold(selected.Alias, item.Path)) {
			return i, nil
		}
	}
	return 0, malformed("Ordered or filtered field must be in the select list: " + item.Path)
}

func (e *eval) sortGroups(res *Result) error {
	columns := make([]int, len(e.query.OrderBy))
	for i, o := range e.query.OrderBy {
		at, err := e.at(o.Item)
		if err != nil {
			return err
		}
		columns[i] = at
	}
	slices.SortStableFunc(res.Aggregate, func(a, b Group) int {
		for i, o := range e.query.OrderBy {
			if n := compareOrder(a.Values[columns[i]], b.Values[columns[i]], o, res.columns[columns[i]].path.exact()); n != 0 {
				return n
			}
		}
		return 0
	})
	return nil
}

// having takes comparisons of selected columns with numbers, joined by AND.
func (e *eval) having(values []any) (bool, error) {
	var parts []Expr
	switch x := e.query.Having.(type) {
	case nil:
		return true, nil
	case And:
		parts = x.Parts
	default:
		parts = []Expr{x}
	}
	for _, part := range parts {
		c, ok := part.(Compare)
		if !ok || len(c.Values) != 1 || c.Values[0].kind != litNumber {
			return false, malformed("HAVING takes comparisons with numbers")
		}
		at, err := e.at(c.Item)
		if err != nil {
			return false, err
		}
		n, comparable := cmpNumber(values[at], c.Values[0].number)
		if !comparable || !holds(c.Op, n) {
			return false, nil
		}
	}
	return true, nil
}
