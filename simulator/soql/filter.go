package soql

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tidegate/simulator/org"
)

// predicate tells whether a record meets a condition.
type predicate func(org.Record) bool

func (e *eval) compile(x Expr) (predicate, error) {
	switch x := x.(type) {
	case And:
		return e.combine(x.Parts, false)
	case Or:
		return e.combine(x.Parts, true)
	case Not:
		inner, err := e.compile(x.Inner)
		if err != nil {
			return nil, err
		}
		return func(r org.Record) bool { return !inner(r) }, nil
	case Compare:
		return e.compare(x)
	}
	return nil, malformed("condition expected")
}

// combine ends at the first part that decides: true for OR, false for AND.
func (e *eval) combine(parts []Expr, decisive bool) (predicate, error) {
	list := make([]predicate, len(parts))
	for i, part := range parts {
		p, err := e.compile(part)
		if err != nil {
			return nil, err
		}
		list[i] = p
	}
	return func(r org.Record) bool {
		for _, p := range list {
			if p(r) == decisive {
				return decisive
			}
		}
		return !decisive
	}, nil
}

func (e *eval) compare(c Compare) (predicate, error) {
	p, err := resolve(e.view, e.object, c.Item.Path)
	if err != nil {
		return nil, err
	}
	if f := p.field; f != nil && (f.Type == org.TypeTextArea && f.Length > 255 || f.Type == org.TypeBase64 || f.IsCompound()) {
		return nil, org.Refuse("INVALID_FIELD", fmt.Sprintf("field '%s' can not be filtered in a query call", f.Name))
	}
	if c.Semi != nil {
		return e.semiJoin(p, c)
	}
	tests := make([]func(any) bool, len(c.Values))
	for i, lit := range c.Values {
		if tests[i], err = e.test(p, c.Op, lit); err != nil {
			return nil, err
		}
	}
	if set, ok := textSet(p, c); ok {
		negate := c.Op == "NOTIN"
		return func(r org.Record) bool {
			s, isText := p.value(e.view, r).(string)
			return (isText && set[strings.ToLower(s)]) != negate
		}, nil
	}
	// NOT IN and EXCLUDES must hold for every value, the others for one.
	all := c.Op == "NOTIN" || c.Op == "EXCLUDES"
	return func(r org.Record) bool {
		v := p.value(e.view, r)
		for _, test := range tests {
			if test(v) != all {
				return !all
			}
		}
		return all
	}, nil
}

// textSet turns a long IN list of text into a set.
func textSet(p path, c Compare) (map[string]bool, bool) {
	if !strings.HasSuffix(c.Op, "IN") || len(c.Values) < 4 || (p.field != nil && p.field.Type == org.TypeReference) {
		return nil, false
	}
	set := make(map[string]bool, len(c.Values))
	for _, lit := range c.Values {
		if lit.kind != litString || lit.text == "" {
			return nil, false
		}
		text := lit.text
		if p.field != nil && p.field.Type == org.TypeID {
			text, _ = org.NormalizeID(text)
		}
		set[strings.ToLower(text)] = true
	}
	return set, true
}

// maxJoins is how many semi-joins a query may have, and notJoined are the objects
// that they may not select from.
const maxJoins = 2

var notJoined = []string{"Task", "Event", "Note"}

func (e *eval) semiJoin(p path, c Compare) (predicate, error) {
	inner, err := Run(e.view, c.Semi, false)
	if err != nil {
		return nil, err
	}
	if e.joins++; e.joins > maxJoins {
		return nil, malformed("maximum 2 semi join sub-selects are allowed in one query")
	}
	if slices.Contains(notJoined, inner.Object.Name) {
		return nil, malformed("Entity '" + inner.Object.Name + "' is not supported for semi join inner selects")
	}
	if len(inner.columns) != 1 || inner.Aggregate != nil {
		return nil, malformed("semi join sub-selects must select exactly one field")
	}
	set := make(map[any]bool, len(inner.Rows))
	for _, r := range inner.Rows {
		set[inner.columns[0].path.value(e.view, r)] = true
	}
	delete(set, nil)
	negate := c.Op == "NOTIN"
	return func(r org.Record) bool { return set[p.value(e.view, r)] != negate }, nil
}

// test makes the comparison of one literal with a value.
func (e *eval) test(p path, op string, lit Literal) (func(any) bool, error) {
	t := org.TypeString
	if p.field != nil {
		t = p.field.Type
	}
	if lit.kind == litNull || lit.kind == litString && lit.text == "" {
		return nullTest(op), nil
	}
	wrong := func(want string) error {
		return org.Refuse("INVALID_FIELD", fmt.Sprintf("value of filter criterion for field '%s' must be of type %s", p.name, want))
	}
	switch t {
	case org.TypeBoolean:
		if lit.kind != litBool || (op != "=" && op != "!=") {
			return nil, wrong("boolean and should not be enclosed in quotes")
		}
		return func(v any) bool { return (v == lit.yes) == (op == "=") }, nil
	case org.TypeInt, org.TypeDouble, org.TypeCurrency, org.TypePercent:
		if lit.kind != litNumber {
			return nil, wrong(string(t) + " and should not be enclosed in quotes")
		}
		return ordered(op, func(v any) (int, bool) { return cmpNumber(v, lit.number) }), nil
	case org.TypeDate:
		return e.dateTest(op, lit, wrong)
	case org.TypeDateTime:
		return e.momentTest(op, lit, wrong)
	}
	if lit.kind != litString {
		return nil, wrong("string and should be enclosed in quotes")
	}
	return textTest(p, t, op, lit)
}

func nullTest(op string) func(any) bool {
	switch op {
	case "=", "IN", "INCLUDES":
		return func(v any) bool { return v == nil }
	case "!=", "NOTIN", "EXCLUDES":
		return func(v any) bool { return v != nil }
	}
	return func(any) bool { return false }
}

func textTest(p path, t org.FieldType, op string, lit Literal) (func(any) bool, error) {
	want := lit.text
	switch {
	case op == "LIKE":
		pattern := likeTokens(lit.like)
		return func(v any) bool {
			s, ok := v.(string)
			return ok && likeMatch(pattern, []rune(strings.ToLower(s)))
		}, nil
	case op == "INCLUDES" || op == "EXCLUDES":
		return multiTest(op, want), nil
	case t == org.TypeID || t == org.TypeReference:
		id, ok := org.NormalizeID(want)
		if !ok {
			return nil, org.Refuse("INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: "+want)
		}
		// Ids are compared as they are: letter case matters.
		return ordered(op, func(v any) (int, bool) {
			s, isText := v.(string)
			return strings.Compare(s, id), isText
		}), nil
	}
	lower := strings.ToLower(want)
	return ordered(op, func(v any) (int, bool) {
		s, ok := v.(string)
		return strings.Compare(strings.ToLower(s), lower), ok
	}), nil
}

// multiTest holds when the value has all the ";"-joined parts of want.
func multiTest(op, want string) func(any) bool {
	parts := strings.Split(want, ";")
	return func(v any) bool {
		s, _ := v.(string)
		have := strings.Split(s, ";")
		for _, part := range parts {
			if !slices.Contains(have, part) {
				return op == "EXCLUDES"
			}
		}
		return op == "INCLUDES"
	}
}

// ordered makes a test of a three-way comparison; empty values meet only "!=".
func ordered(op string, compare func(any) (int, bool)) func(any) bool {
	return func(v any) bool {
		n, ok := compare(v)
		if !ok {
			return op == "!=" || op == "NOTIN"
		}
		return holds(op, n)
	}
}

func holds(op string, n int) bool {
	switch op {
	case "=", "IN":
		return n == 0
	case "!=", "NOTIN":
		return n != 0
	case "<":
		return n < 0
	case "<=":
		return n <= 0
	case ">":
		return n > 0
	case ">=":
		return n >= 0
	}
	return false
}

func cmpNumber(v any, want float64) (int, bool) {
	switch x := v.(type) {
	case int64:
		return cmp.Compare(float64(x), want), true
	case float64:
		return cmp.Compare(x, want), true
	}
	return 0, false
}

// rangeCompare puts a value before (-1), inside (0) or after (1) a span.
func rangeCompare[T cmp.Ordered](v, from, to T) int {
	switch {
	case v < from:
		return -1
	case v >= to:
		return 1
	}
	return 0
}

func (e *eval) dateTest(op string, lit Literal, wrong func(string) error) (func(any) bool, error) {
	switch lit.kind {
	case litDate:
		return ordered(op, func(v any) (int, bool) {
			s, ok := v.(string)
			return strings.Compare(s, lit.text), ok
		}), nil
	case litRange:
		from, to := span(lit.text, lit.n, e.view.Org().Now())
		first, end := from.Format(time.DateOnly), to.Format(time.DateOnly)
		return ordered(op, func(v any) (int, bool) {
			s, ok := v.(string)
			return rangeCompare(s, first, end), ok
		}), nil
	}
	return nil, wrong("date and should not be enclosed in quotes")
}

func (e *eval) momentTest(op string, lit Literal, wrong func(string) error) (func(any) bool, error) {
	switch lit.kind {
	case litMoment:
		return ordered(op, func(v any) (int, bool) {
			m, ok := v.(org.DateTime)
			return cmp.Compare(m, lit.moment), ok
		}), nil
	case litRange:
		from, to := span(lit.text, lit.n, e.view.Org().Now())
		return ordered(op, func(v any) (int, bool) {
			m, ok := v.(org.DateTime)
			return rangeCompare(int64(m), from.UnixMilli(), to.UnixMilli()), ok
		}), nil
	}
	return nil, wrong("dateTime and should not be enclosed in quotes")
}

// likeToken is one element of a LIKE pattern.
type likeToken struct {
	r        rune
	any, one bool // % and _
}

func likeTokens(pattern string) []likeToken {
	var list []likeToken
	escaped := false
	for _, r := range strings.ToLower(pattern) {
		switch {
		case escaped:
			list, escaped = append(list, likeToken{r: r}), false
		case r == '\\':
			escaped = true
		default:
			list = append(list, likeToken{r: r, any: r == '%', one: r == '_'})
		}
	}
	return list
}

// likeMatch matches without recursion: on a mismatch it goes back to the last
// %, so a hostile pattern costs at most len(pattern)·len(s).
func likeMatch(pattern []likeToken, s []rune) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p].any:
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p].one || pattern[p].r == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p].any {
		p++
	}
	return p == len(pattern)
}
