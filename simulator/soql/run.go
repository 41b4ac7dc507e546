package soql

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tidegate/simulator/org"
)

// Result is the answer to a query. Rows keep the records as they were when the
// query ran, so that later pages do not change.
type Result struct {
	Object *org.Object
	Total  int // grand total, over all pages
	Rows   []org.Record
	// Aggregate holds the computed rows of GROUP BY and aggregate functions;
	// nil for a plain query.
	Aggregate []Group
	// CountOnly is set for SELECT COUNT(): only Total is answered.
	CountOnly bool

	columns  []column
	children []*childRows
	parents  []*parents
	shape    *node
	// within is where the rows and their parents are when that is not the org:
	// rows that were computed for the query, which nobody changes.
	within *org.View
}

// column is one selected path or aggregate.
type column struct {
	name string
	fn   string
	path path
	// via computes the value from the record that has the field; nil: it is the
	// field's own.
	via func(v org.View, r org.Record) any
}

// eval carries what a running query needs.
type eval struct {
	view   org.View
	object *org.Object
	query  *Query
	all    bool
	joins  int // semi-joins so far
	// rows, where it is not nil, are all the records there are to look at.
	rows []org.Record
}

// Run answers the query; all includes deleted records. Every error is an
// *org.Error. The view must be valid while it runs.
func Run(v org.View, q *Query, all bool) (*Result, error) {
	if strings.EqualFold(q.From, userRecordAccess) {
		return runAccess(v, q)
	}
	if name, computed := org.PermissionObject(q.From); computed && v.Object(name) == nil { // unless it asks within itself
		return runPermissions(v, q, name)
	}
	object := v.Object(q.From)
	if object == nil {
		return nil, org.Refuse("INVALID_TYPE", fmt.Sprintf("sObject type '%s' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.", q.From))
	}
	if !object.Queryable() {
		return nil, org.Refuse("INVALID_TYPE_FOR_OPERATION", "entity type "+object.Name+" does not support query")
	}
	return run(&eval{view: v, object: object, query: q, all: all})
}

func run(e *eval) (*Result, error) {
	q := e.query
	res := &Result{Object: e.object}
	if err := e.selection(res); err != nil {
		return nil, err
	}
	if err := e.restrictions(); err != nil {
		return nil, err
	}
	match := predicate(func(org.Record) bool { return true })
	var err error
	if q.Where != nil {
		if match, err = e.compile(q.Where); err != nil {
			return nil, err
		}
	}
	if match, err = e.scoped(match); err != nil {
		return nil, err
	}
	if res.CountOnly || res.Aggregate != nil {
		return res, e.aggregate(res, match)
	}
	if err := e.collect(res, match); err != nil {
		return nil, err
	}
	return res, e.loadChildren(res)
}

// scoped leaves what the scope asks for: everything, or what the reader owns.
func (e *eval) scoped(match predicate) (predicate, error) {
	switch {
	case e.query.Scope == "" || e.query.Scope == "everything":
		return match, nil
	case e.query.Scope != "mine" || e.object.Field("OwnerId") == nil:
		return nil, malformed("filterScope '" + e.query.Scope + "' is not supported for entity " + e.object.Name)
	}
	return func(r org.Record) bool { return r.Value("OwnerId") == e.view.User() && match(r) }, nil
}

// restrictions are the platform's own limits on what may be asked.
func (e *eval) restrictions() error {
	if e.object.Name != "ContentDocumentLink" {
		return nil
	}
	for _, field := range []string{"Id", "ContentDocumentId", "LinkedEntityId"} {
		if filtersOn(e.query.Where, field) {
			return nil
		}
	}
	return malformed("Implementation restriction: ContentDocumentLink requires a filter by a single Id on ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN operator.")
}

func filtersOn(x Expr, field string) bool {
	switch x := x.(type) {
	case And:
		return slices.ContainsFunc(x.Parts, func(p Expr) bool { return filtersOn(p, field) })
	case Compare:
		return strings.EqualFold(x.Item.Path, field) && (x.Op == "=" || x.Op == "IN")
	}
	return false
}

// collect finds, sorts and cuts the rows of a plain query.
func (e *eval) collect(res *Result, match predicate) error {
	q := e.query
	less, err := e.ordering()
	if err != nil {
		return err
	}
	enough := -1
	if q.Limit >= 0 && less == nil {
		enough = q.Limit + q.Offset
	}
	e.candidates(func(r org.Record) bool {
		if enough >= 0 && len(res.Rows) >= enough {
			return false
		}
		if (e.all || r.Value("IsDeleted") != true) && match(r) {
			res.Rows = append(res.Rows, r)
		}
		return true
	})
	if less != nil {
		slices.SortStableFunc(res.Rows, less)
	}
	res.Rows = res.Rows[min(q.Offset, len(res.Rows)):]
	if q.Limit >= 0 && len(res.Rows) > q.Limit {
		res.Rows = slices.Clone(res.Rows[:q.Limit])
	}
	res.Total = len(res.Rows)
	return nil
}

// candidates visits the records that may match: by id or by an indexed field
// where the condition demands one, else all.
func (e *eval) candidates(visit func(org.Record) bool) {
	if e.rows != nil {
		for _, r := range e.rows {
			if !visit(r) {
				return
			}
		}
		return
	}
	for _, c := range demanded(e.query.Where) {
		f := e.object.FieldFold(c.Item.Path)
		if f == nil {
			continue
		}
		if f.Type == org.TypeID {
			e.byID(c, visit)
			return
		}
		if f.Type == org.TypeReference && !hasEmpty(c) && e.view.Linked(e.object.Name, f.Name) {
			e.byLink(f, c, visit)
			return
		}
		if !e.all && c.Op == "=" && c.Values[0].text != "" && (f.Unique || f.ExternalID || f.IDLookup) {
			for _, r := range e.view.ByKey(e.object.Name, f.Name, c.Values[0].text) {
				if !visit(r) {
					return
				}
			}
			return
		}
	}
	e.view.Scan(e.object.Name, visit)
}

func (e *eval) byID(c Compare, visit func(org.Record) bool) {
	seen := map[string]bool{}
	for _, lit := range c.Values {
		id, ok := org.NormalizeID(lit.text)
		if !ok || seen[id] {
			continue
		}
		seen[id] = true
		if r, found := e.view.Get(e.object.Name, id); found && !visit(r) {
			return
		}
	}
}

// hasEmpty reports whether the comparison is also met by records without a value.
func hasEmpty(c Compare) bool {
	return slices.ContainsFunc(c.Values, func(l Literal) bool { return l.text == "" })
}

// byLink visits the records that a lookup leads to these ids from.
func (e *eval) byLink(f *org.Field, c Compare, visit func(org.Record) bool) {
	var ids []string
	for _, lit := range c.Values {
		if id, ok := org.NormalizeID(lit.text); ok {
			ids = append(ids, id)
		}
	}
	for _, r := range e.view.Referring(e.object.Name, f.Name, ids...) {
		if !visit(r) {
			return
		}
	}
}

// demanded lists the comparisons with constants that every match must meet.
func demanded(x Expr) []Compare {
	switch x := x.(type) {
	case And:
		var list []Compare
		for _, part := range x.Parts {
			list = append(list, demanded(part)...)
		}
		return list
	case Compare:
		isText := !slices.ContainsFunc(x.Values, func(l Literal) bool { return l.kind != litString })
		if (x.Op == "=" || x.Op == "IN") && x.Semi == nil && isText && x.Item.Func == "" {
			return []Compare{x}
		}
	}
	return nil
}

func (e *eval) ordering() (func(a, b org.Record) int, error) {
	if len(e.query.OrderBy) == 0 {
		return nil, nil
	}
	paths := make([]path, len(e.query.OrderBy))
	for i, o := range e.query.OrderBy {
		if o.Item.Func != "" {
			return nil, malformed("aggregate in ORDER BY needs GROUP BY")
		}
		p, err := resolve(e.view, e.object, o.Item.Path)
		if err != nil {
			return nil, err
		}
		paths[i] = p
	}
	return func(a, b org.Record) int {
		for i, o := range e.query.OrderBy {
			if n := compareOrder(paths[i].value(e.view, a), paths[i].value(e.view, b), o, paths[i].exact()); n != 0 {
				return n
			}
		}
		return 0
	}, nil
}

func compareOrder(a, b any, o Order, exact bool) int {
	if a == nil || b == nil {
		if a == nil && b == nil {
			return 0
		}
		if (a == nil) == o.NullsLast {
			return 1
		}
		return -1
	}
	n := compareValues(a, b, exact)
	if o.Descending {
		return -n
	}
	return n
}

// compareValues orders two values of one field: text without letter case
// first, then with; exact text (ids) by bytes, as "Id > 'last'" does.
func compareValues(a, b any, exact bool) int {
	switch x := a.(type) {
	case string:
		y, _ := b.(string)
		if !exact {
			if n := strings.Compare(strings.ToLower(x), strings.ToLower(y)); n != 0 {
				return n
			}
		}
		return strings.Compare(x, y)
	case int64:
		y, _ := b.(int64)
		return cmp.Compare(x, y)
	case float64:
		y, _ := b.(float64)
		return cmp.Compare(x, y)
	case org.DateTime:
		y, _ := b.(org.DateTime)
		return cmp.Compare(x, y)
	case bool:
		y, _ := b.(bool)
		if x == y {
			return 0
		}
		if !x {
			return -1
		}
		return 1
	}
	return 0
}
