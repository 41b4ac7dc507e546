package soql

import (
	"slices"
	"strconv"
	"strings"

	"tidegate/simulator/org"
)

const (
	maxStatement = 100_000
	maxLiteral   = 4_000
	maxOffset    = 2_000
	maxDepth     = 200 // parentheses; far above what a statement needs
)

// Parse reads one SELECT statement. Every error is an *org.Error.
func Parse(statement string) (*Query, error) {
	if len(statement) > maxStatement {
		return nil, org.Refuse("QUERY_TOO_COMPLICATED", "SOQL statements cannot be longer than 100000 characters.")
	}
	tokens, err := lex(statement)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	q, err := p.query()
	if err != nil {
		return nil, err
	}
	if p.peek().kind != tokEnd {
		return nil, p.unexpected()
	}
	return q, nil
}

type parser struct {
	tokens []token
	pos    int
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.pos] }

func (p *parser) peekAt(n int) token { return p.tokens[min(p.pos+n, len(p.tokens)-1)] }

func (p *parser) next() token {
	t := p.tokens[p.pos]
	if t.kind != tokEnd {
		p.pos++
	}
	return t
}

// take consumes the words when they come next, in this order.
func (p *parser) take(words ...string) bool {
	for i, w := range words {
		if !p.peekAt(i).is(w) {
			return false
		}
	}
	p.pos += len(words)
	return true
}

func (p *parser) expect(word string) error {
	if !p.take(word) {
		return p.unexpected()
	}
	return nil
}

func (p *parser) unexpected() error {
	t := p.peek()
	if t.kind == tokEnd {
		return malformed("unexpected token: <EOF>")
	}
	return malformed("unexpected token: '" + t.text + "' at position " + strconv.Itoa(t.at))
}

func (p *parser) query() (*Query, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, malformed("query is nested too deeply")
	}
	defer func() { p.depth-- }()
	if err := p.expect("SELECT"); err != nil {
		return nil, err
	}
	q := &Query{Limit: -1}
	for {
		item, err := p.item(true)
		if err != nil {
			return nil, err
		}
		q.Items = append(q.Items, item)
		if !p.take(",") {
			break
		}
	}
	if err := p.expect("FROM"); err != nil {
		return nil, err
	}
	from := p.next()
	if from.kind != tokWord {
		return nil, malformed("unexpected token: '" + from.text + "'")
	}
	q.From = from.text
	p.alias(q)
	return q, p.clauses(q)
}

var clauseWords = []string{
	"WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FOR", "WITH", "USING", "ALL", "AND", "OR", "NULLS",
}

// alias takes "FROM Account a" and strips the alias off the selected paths.
func (p *parser) alias(q *Query) {
	t := p.peek()
	if t.kind != tokWord || slices.ContainsFunc(clauseWords, t.is) {
		return
	}
	p.pos++
	for i := range q.Items {
		q.Items[i].Path = trimAlias(q.Items[i].Path, t.text)
	}
	for i := p.pos; i < len(p.tokens); i++ {
		if p.tokens[i].kind == tokWord {
			p.tokens[i].text = trimAlias(p.tokens[i].text, t.text)
		}
	}
}

func trimAlias(path, alias string) string {
	if fn, inner, ok := ofDate(path); ok {
		return fn + "(" + trimAlias(inner, alias) + ")"
	}
	if head, rest, ok := strings.Cut(path, "."); ok && strings.EqualFold(head, alias) {
		return rest
	}
	return path
}

func (p *parser) clauses(q *Query) (err error) {
	if p.take("USING", "SCOPE") {
		q.Scope = strings.ToLower(p.next().text)
	}
	if p.take("WHERE") {
		if q.Where, err = p.condition(); err != nil {
			return err
		}
	}
	if p.take("WITH") {
		p.next() // SECURITY_ENFORCED and USER_MODE change nothing here
	}
	if p.take("GROUP", "BY") {
		for {
			item, err := p.item(false)
			if err != nil {
				return err
			}
			if item.Func != "" {
				return malformed("unexpected token in GROUP BY")
			}
			q.GroupBy = append(q.GroupBy, item.Path)
			if !p.take(",") {
				break
			}
		}
		if p.take("HAVING") {
			if q.Having, err = p.condition(); err != nil {
				return err
			}
		}
	}
	if err := p.ordering(q); err != nil {
		return err
	}
	return p.bounds(q)
}

func (p *parser) ordering(q *Query) error {
	if !p.take("ORDER", "BY") {
		return nil
	}
	for {
		item, err := p.item(false)
		if err != nil {
			return err
		}
		o := Order{Item: item, Descending: p.take("DESC")}
		if !o.Descending {
			p.take("ASC")
		}
		// Without the words, empty values come first ascending and last
		// descending.
		o.NullsLast = o.Descending
		if p.take("NULLS", "FIRST") {
			o.NullsLast = false
		} else if p.take("NULLS", "LAST") {
			o.NullsLast = true
		}
		q.OrderBy = append(q.OrderBy, o)
		if !p.take(",") {
			return nil
		}
	}
}

func (p *parser) bounds(q *Query) (err error) {
	if p.take("LIMIT") {
		if q.Limit, err = p.count(); err != nil {
			return err
		}
	}
	if p.take("OFFSET") {
		if q.Offset, err = p.count(); err != nil {
			return err
		}
		if q.Offset > maxOffset {
			return org.Refuse("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
		}
	}
	for p.take("FOR") {
		if p.take("UPDATE") {
			return malformed("FOR UPDATE not allowed in this context")
		}
		p.next() // VIEW, REFERENCE
	}
	// Both are for Apex alone; queryAll is what the API has instead.
	if p.take("ALL", "ROWS") {
		return malformed("ALL ROWS not allowed in this context")
	}
	return nil
}

func (p *parser) count() (int, error) {
	t := p.next()
	n, err := strconv.Atoi(t.text)
	if err != nil || n < 0 || t.kind != tokNumber {
		return 0, malformed("unexpected token: '" + t.text + "'")
	}
	return n, nil
}

var functions = []string{"COUNT", "COUNT_DISTINCT", "MIN", "MAX", "SUM", "AVG", "TOLABEL", "FIELDS", convertCurrency}

// item reads a field path, a function call or (in the select list) a child
// query, with its alias.
func (p *parser) item(selecting bool) (Item, error) {
	if selecting && p.peek().is("(") && p.peekAt(1).is("SELECT") {
		p.pos++
		child, err := p.query()
		if err != nil {
			return Item{}, err
		}
		return Item{Child: child}, p.expect(")")
	}
	if selecting && p.isTypeOf() {
		p.pos++
		parent, err := p.typeOf()
		return Item{Type: parent}, err
	}
	t := p.next()
	if t.kind != tokWord || strings.HasSuffix(t.text, ".") || strings.Contains(t.text, "..") {
		p.pos--
		return Item{}, p.unexpected()
	}
	item := Item{Path: t.text}
	if p.take("(") {
		item.Func = strings.ToUpper(t.text)
		item.Path = ""
		if _, ofDate := dateFunctions[item.Func]; !ofDate && !slices.Contains(functions, item.Func) {
			return Item{}, malformed("unknown function: " + t.text)
		}
		if p.peek().kind == tokWord {
			item.Path = p.next().text
		}
		if err := p.expect(")"); err != nil {
			return Item{}, err
		}
		if item.Path == "" && item.Func != "COUNT" {
			return Item{}, malformed("field name expected in " + t.text)
		}
		if _, ofDate := dateFunctions[item.Func]; ofDate {
			// It is a path like any other from here on: "DAY_ONLY(CreatedDate)".
			item.Func, item.Path = "", item.Func+"("+item.Path+")"
		}
	}
	if next := p.peek(); selecting && next.kind == tokWord && !next.is("FROM") {
		item.Alias = p.next().text
	}
	return item, nil
}

func (p *parser) condition() (Expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, malformed("condition is nested too deeply")
	}
	defer func() { p.depth-- }()
	first, err := p.term()
	if err != nil {
		return nil, err
	}
	word := strings.ToUpper(p.peek().text)
	if p.peek().kind != tokWord || (word != "AND" && word != "OR") {
		return first, nil
	}
	parts := []Expr{first}
	for p.take(word) {
		part, err := p.term()
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	// AND and OR may not be mixed on one level without parentheses.
	if p.peek().is("AND") || p.peek().is("OR") {
		return nil, p.unexpected()
	}
	if word == "AND" {
		return And{parts}, nil
	}
	return Or{parts}, nil
}

func (p *parser) term() (Expr, error) {
	if p.take("NOT") {
		if p.depth++; p.depth > maxDepth {
			return nil, malformed("condition is nested too deeply")
		}
		defer func() { p.depth-- }()
		inner, err := p.term()
		if err != nil {
			return nil, err
		}
		return Not{inner}, nil
	}
	if p.take("(") {
		inner, err := p.condition()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	}
	return p.compare()
}

func (p *parser) compare() (Expr, error) {
	item, err := p.item(false)
	if err != nil {
		return nil, err
	}
	c := Compare{Item: item}
	op := p.next()
	switch {
	case op.is("NOT") && p.take("IN"):
		c.Op = "NOTIN"
	case op.is("IN"), op.is("LIKE"), op.is("INCLUDES"), op.is("EXCLUDES"):
		c.Op = strings.ToUpper(op.text)
	case op.is("<>"):
		c.Op = "!="
	case op.kind == tokSymbol && slices.Contains([]string{"=", "!=", "<", "<=", ">", ">="}, op.text):
		c.Op = op.text
	default:
		p.pos--
		return nil, p.unexpected()
	}
	if c.Op == "IN" || c.Op == "NOTIN" || c.Op == "INCLUDES" || c.Op == "EXCLUDES" {
		return p.list(c)
	}
	v, err := p.literal()
	c.Values = []Literal{v}
	return c, err
}

func (p *parser) list(c Compare) (Expr, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	if p.peek().is("SELECT") && strings.HasSuffix(c.Op, "IN") {
		semi, err := p.query()
		if err != nil {
			return nil, err
		}
		c.Semi = semi
		return c, p.expect(")")
	}
	for {
		v, err := p.literal()
		if err != nil {
			return nil, err
		}
		c.Values = append(c.Values, v)
		if !p.take(",") {
			return c, p.expect(")")
		}
	}
}
