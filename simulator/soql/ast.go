package soql

import (
	"strings"

	"tidegate/simulator/org"
)

// Query is a parsed SELECT statement. Names are as written; the evaluator
// checks them against the schema.
type Query struct {
	Items   []Item
	From    string
	Where   Expr // nil = everything
	GroupBy []string
	Having  Expr
	OrderBy []Order
	Limit   int // -1 = none
	Offset  int
	Scope   string // "mine", "everything" or ""
}

// Item is one thing selected: a field path, an aggregate, FIELDS(…) or a child
// query.
type Item struct {
	Path  string // "Name", "Account.Owner.Name"
	Func  string // COUNT, MIN, MAX, SUM, AVG, COUNT_DISTINCT, TOLABEL, FIELDS, CONVERTCURRENCY; "" = plain
	Alias string
	Child *Query // sub-select over a child relationship, From is its name
	Type  *TypeOf
}

// Order is one ORDER BY term.
type Order struct {
	Item       Item
	Descending bool
	NullsLast  bool
}

// Expr is a condition.
type Expr interface{ expr() }

// And, Or and Not combine conditions.
type (
	And struct{ Parts []Expr }
	Or  struct{ Parts []Expr }
	Not struct{ Inner Expr }
)

// Compare is "path op value(s)". Op is one of = != < <= > >= LIKE IN NOTIN
// INCLUDES EXCLUDES; only the last four take several values or a Semi.
type Compare struct {
	Item   Item
	Op     string
	Values []Literal
	Semi   *Query
}

func (And) expr()     {}
func (Or) expr()      {}
func (Not) expr()     {}
func (Compare) expr() {}

type literalKind int

const (
	litNull literalKind = iota
	litString
	litNumber
	litBool
	litDate
	litMoment
	litRange // date literal such as LAST_N_DAYS:7
)

// Literal is a constant of the statement.
type Literal struct {
	kind   literalKind
	text   string // as written, unescaped
	like   string // with \_ and \% kept, for LIKE
	number float64
	yes    bool
	moment org.DateTime
	n      int // of N in LAST_N_DAYS:N
}

func malformed(message string) *org.Error { return org.Refuse("MALFORMED_QUERY", message) }

// Demands lists the texts of which every match must have one in that field, as far
// as a condition says so.
func (q *Query) Demands(field string) []string {
	var texts []string
	for _, c := range demanded(q.Where) {
		if strings.EqualFold(c.Item.Path, field) {
			for _, value := range c.Values {
				texts = append(texts, value.text)
			}
		}
	}
	return texts
}
