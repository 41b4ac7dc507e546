package soql

import (
	"fmt"

	"tidegate/simulator/org"
)

// Matcher makes the query's condition a function of a record of its object, as
// the schema is now.
func Matcher(v org.View, q *Query) (func(org.Record) bool, error) {
	object := v.Object(q.From)
	if object == nil {
		return nil, org.Refuse("INVALID_TYPE", fmt.Sprintf("sObject type '%s' is not supported.", q.From))
	}
	if q.Where == nil {
		return func(org.Record) bool { return true }, nil
	}
	e := &eval{view: v, object: object, query: q}
	return e.compile(q.Where)
}

// Walk calls fn with every comparison of a condition, until fn returns an error.
func Walk(x Expr, fn func(Compare) error) error {
	switch x := x.(type) {
	case And:
		return walkAll(x.Parts, fn)
	case Or:
		return walkAll(x.Parts, fn)
	case Not:
		return Walk(x.Inner, fn)
	case Compare:
		return fn(x)
	}
	return nil
}

func walkAll(parts []Expr, fn func(Compare) error) error {
	for _, part := range parts {
		if err := Walk(part, fn); err != nil {
			return err
		}
	}
	return nil
}
