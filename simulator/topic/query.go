package topic

import (
	"slices"
	"strings"
	"sync/atomic"

	"tidegate/simulator/org"
	"tidegate/simulator/soql"
)

// objects are the standard ones that a PushTopic may ask for; custom ones may be
// asked for too.
var objects = []string{"Account", "Contact", "Lead", "Opportunity", "Task"}

// Which fields decide whether an update is announced.
const (
	notifyAll        = "All"
	notifySelect     = "Select"
	notifyWhere      = "Where"
	notifyReferenced = "Referenced"
)

// query is an active PushTopic.
type query struct {
	name, object, notify string
	operations           map[org.ChangeType]bool
	parsed               *soql.Query
	selected, filtered   []string // API names
	matcher              atomic.Pointer[matcher]
}

// matcher is the condition for one state of the schema.
type matcher struct {
	object *org.Object
	match  func(org.Record) bool
}

func read(r org.Record) (*query, error) {
	text := func(name string) string { s, _ := r.Value(name).(string); return s }
	parsed, err := soql.Parse(text("Query"))
	if err != nil {
		return nil, err
	}
	q := &query{name: text("Name"), object: parsed.From, notify: text("NotifyForFields"), parsed: parsed, operations: map[org.ChangeType]bool{
		org.Create: r.Value("NotifyForOperationCreate") == true, org.Update: r.Value("NotifyForOperationUpdate") == true,
		org.Delete: r.Value("NotifyForOperationDelete") == true, org.Undelete: r.Value("NotifyForOperationUndelete") == true,
	}}
	for _, item := range parsed.Items {
		q.selected = append(q.selected, item.Path)
	}
	_ = soql.Walk(parsed.Where, func(c soql.Compare) error { // fn returns none
		q.filtered = append(q.filtered, c.Item.Path)
		return nil
	})
	return q, nil
}

// Check refuses a PushTopic whose query cannot be one. Salesforce's wording is not
// published.
func Check(v org.View, r org.Record) *org.Error {
	bad := func(message string) *org.Error { return org.Refuse("INVALID_FIELD", message, "Query") }
	q, err := read(r)
	if err != nil {
		return refusal(err)
	}
	object := v.Object(q.object)
	switch p := q.parsed; {
	case object == nil || !object.Custom && !slices.Contains(objects, object.Name):
		return org.Refuse("INVALID_TYPE", "PushTopic: sObject type '"+q.object+"' is not supported.", "Query")
	case p.Limit >= 0 || p.Offset > 0 || len(p.OrderBy) > 0 || len(p.GroupBy) > 0 || p.Having != nil:
		return bad("PushTopic: ORDER BY, GROUP BY, LIMIT and OFFSET are not supported")
	case !slices.ContainsFunc(q.selected, func(name string) bool { return strings.EqualFold(name, "Id") }):
		return bad("PushTopic: the query must select Id")
	}
	for _, item := range q.parsed.Items {
		if item.Func != "" || item.Child != nil || item.Type != nil {
			return bad("PushTopic: the query selects fields of the object only")
		}
	}
	if hasNot(q.parsed.Where) {
		return bad("PushTopic: NOT is not supported")
	}
	err = soql.Walk(q.parsed.Where, func(c soql.Compare) error {
		if c.Semi != nil || c.Item.Func != "" {
			return bad("PushTopic: semi-joins and functions are not supported")
		}
		return nil
	})
	if err != nil {
		return refusal(err)
	}
	for _, name := range append(slices.Clone(q.selected), q.filtered...) {
		if err := checkField(object, name); err != nil {
			return err
		}
	}
	if _, err := soql.Matcher(v, q.parsed); err != nil {
		return refusal(err)
	}
	return nil
}

// CheckChannel refuses a generic channel that is named otherwise.
func CheckChannel(_ org.View, r org.Record) *org.Error {
	name, _ := r.Value("Name").(string)
	if rest, ok := strings.CutPrefix(name, genericPrefix); !ok || rest == "" || strings.ContainsAny(name, "\"\\?*") {
		return org.Refuse("INVALID_FIELD", "Streaming Channel Name: must begin with /u/", "Name")
	}
	return nil
}

func checkField(o *org.Object, name string) *org.Error {
	f := o.FieldFold(name)
	switch {
	case strings.Contains(name, "."):
		return org.Refuse("INVALID_FIELD", "PushTopic: relationships are not supported: "+name, "Query")
	case f == nil:
		return org.Refuse("INVALID_FIELD", "No such column '"+name+"' on entity '"+o.Name+"'.", "Query")
	case f.Calculated || f.IsCompound():
		return org.Refuse("INVALID_FIELD", "PushTopic: formula and compound fields are not supported: "+f.Name, "Query")
	}
	return nil
}

func hasNot(x soql.Expr) bool {
	switch x := x.(type) {
	case soql.Not:
		return true
	case soql.And:
		return slices.ContainsFunc(x.Parts, hasNot)
	case soql.Or:
		return slices.ContainsFunc(x.Parts, hasNot)
	}
	return false
}

// refusal is an error of the query as one of the record that has it.
func refusal(err error) *org.Error {
	if e, ok := err.(*org.Error); ok { //nolint:errorlint // soql returns these as they are
		return e
	}
	return org.Refuse("MALFORMED_QUERY", err.Error(), "Query")
}

// concerns reports whether the topic announces a change.
func (q *query) concerns(v org.View, c *org.Change) bool {
	if !q.operations[c.Type] || c.IsWildcard() {
		return false
	}
	r := c.After
	if c.Type == org.Delete {
		r = c.Before
	}
	return (c.Type != org.Update || q.touched(c)) && q.matches(v, r)
}

// touched reports whether an update changed a field that decides.
func (q *query) touched(c *org.Change) bool {
	var fields []string
	switch {
	case q.notify == notifyAll, q.notify == notifyWhere && len(q.filtered) == 0:
		return len(c.ChangedFields) > 0
	case q.notify == notifySelect:
		fields = q.selected
	case q.notify == notifyWhere:
		fields = q.filtered
	default: // notifyReferenced
		fields = append(slices.Clone(q.selected), q.filtered...)
	}
	return slices.ContainsFunc(c.ChangedFields, func(name string) bool {
		return slices.ContainsFunc(fields, func(f string) bool { return strings.EqualFold(f, name) })
	})
}

// matches asks the query's condition. The schema may have changed since it was
// asked last.
func (q *query) matches(v org.View, r org.Record) bool {
	m := q.matcher.Load()
	if m == nil || m.object != r.Object() {
		match, err := soql.Matcher(v, q.parsed)
		if err != nil {
			return false // a field of the condition is gone
		}
		m = &matcher{r.Object(), match}
		q.matcher.Store(m)
	}
	return m.match(r)
}

// sobject is the record as a notification shows it: what the query selects, of a
// deleted one its id.
func (q *query) sobject(c *org.Change) []byte {
	b := []byte{'{'}
	for _, name := range q.selected {
		f := c.After.Object().FieldFold(name)
		if f == nil || c.Type == org.Delete && f.Name != "Id" {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), f.Name...), '"', ':')
		if at, ok := c.After.Value(f.Name).(org.DateTime); ok {
			b = append(b, stamp(at.Time())...)
			continue
		}
		b = org.AppendValue(b, c.After.Value(f.Name))
	}
	return append(b, '}')
}
