// Package formula understands the formulas of validation rules as far as they
// look at the record itself: its fields before and after, and the day.
package formula

import (
	"fmt"
	"strconv"
	"strings"
)

// Formula is a formula that was understood. It may be used by several at once.
type Formula struct{ root node }

// node is a part of a formula.
type node func(r Record) (any, error)

// most bounds a formula, as the platform does; deepest bounds its nesting.
const (
	most    = 5000
	deepest = 100
)

// Parse understands a formula of an object, of which has tells the name of a
// field in whatever case it is written, "" where there is none. The error says
// what is not understood.
func Parse(text string, has func(name string) string) (*Formula, error) {
	if len(text) > most {
		return nil, fmt.Errorf("it is longer than %d characters", most)
	}
	tokens, err := split(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens, has: has}
	root, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if !p.done() {
		return nil, fmt.Errorf("%q is not expected", p.peek().text)
	}
	return &Formula{root}, nil
}

type kind int

const (
	word kind = iota
	number
	quoted
	sign
)

type token struct {
	kind kind
	text string
}

// signs are the operators and brackets, longer ones first.
var signs = []string{"&&", "||", "<>", "!=", "<=", ">=", "==", "(", ")", ",", "+", "-", "*", "/", "^", "&", "=", "<", ">", "!"}

func split(s string) (out []token, err error) {
	for s = skip(s); s != ""; s = skip(s) {
		c := s[0]
		switch {
		case c == '"' || c == '\'':
			text, rest, ok := unquote(s)
			if !ok {
				return nil, fmt.Errorf("a text does not end")
			}
			out, s = append(out, token{quoted, text}), rest
		case c >= '0' && c <= '9' || c == '.' && len(s) > 1 && s[1] >= '0' && s[1] <= '9':
			n := span(s, func(c byte) bool { return c >= '0' && c <= '9' || c == '.' })
			out, s = append(out, token{number, s[:n]}), s[n:]
		case letter(c) || c == '$':
			n := span(s, func(c byte) bool { return letter(c) || c >= '0' && c <= '9' || c == '.' || c == '$' || c == ':' })
			out, s = append(out, token{word, s[:n]}), s[n:]
		default:
			found := false
			for _, one := range signs {
				if rest, ok := strings.CutPrefix(s, one); ok {
					out, s, found = append(out, token{sign, one}), rest, true
					break
				}
			}
			if !found {
				return nil, fmt.Errorf("%q is no part of a formula", []rune(s)[0])
			}
		}
	}
	return out, nil
}

// skip leaves spaces and comments out.
func skip(s string) string {
	for {
		s = strings.TrimLeft(s, " \t\r\n\u00a0")
		if !strings.HasPrefix(s, "/*") {
			return s
		}
		_, rest, ended := strings.Cut(s[2:], "*/")
		if !ended {
			return ""
		}
		s = rest
	}
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func span(s string, in func(byte) bool) int {
	n := 0
	for n < len(s) && in(s[n]) {
		n++
	}
	return n
}

func unquote(s string) (text, rest string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			switch s[i] {
			case 'n':
				b.WriteByte('\n')
			case '"', '\'', '\\':
				b.WriteByte(s[i])
			default: // of a regular expression
				b.WriteByte('\\')
				b.WriteByte(s[i])
			}
		case s[i] == s[0]:
			return b.String(), s[i+1:], true
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}

type parser struct {
	tokens []token
	at     int
	depth  int
	has    func(string) string
}

func (p *parser) done() bool { return p.at == len(p.tokens) }

func (p *parser) peek() token {
	if p.done() {
		return token{sign, "the end"}
	}
	return p.tokens[p.at]
}

// take passes over a sign if it is next.
func (p *parser) take(text string) bool {
	if t := p.peek(); p.done() || t.kind != sign || t.text != text {
		return false
	}
	p.at++
	return true
}

// levels are the operators with two sides, the loosest first.
var levels = [][]string{{"||"}, {"&&"}, {"=", "==", "<>", "!="}, {"<", ">", "<=", ">="}, {"+", "-", "&"}, {"*", "/"}, {"^"}}

func (p *parser) expression(level int) (node, error) {
	if level == len(levels) {
		return p.unary()
	}
	left, err := p.expression(level + 1)
	for err == nil {
		op := ""
		for _, one := range levels[level] {
			if p.take(one) {
				op = one
				break
			}
		}
		if op == "" {
			return left, nil
		}
		var right node
		if right, err = p.expression(level + 1); err == nil {
			left = binary(op, left, right)
		}
	}
	return nil, err
}

func (p *parser) unary() (node, error) {
	if p.depth++; p.depth > deepest {
		return nil, fmt.Errorf("it is nested more than %d deep", deepest)
	}
	defer func() { p.depth-- }()
	switch {
	case p.take("!"):
		return p.negated(func(v any) (any, error) { return !truth(v), nil })
	case p.take("-"):
		return p.negated(func(v any) (any, error) {
			if n, ok := v.(float64); ok {
				return -n, nil
			}
			return nil, nil //nolint:nilnil // nothing stays nothing
		})
	case p.take("+"):
		return p.unary()
	case p.take("("):
		inner, err := p.expression(0)
		if err == nil && !p.take(")") {
			err = fmt.Errorf("%q stands where a bracket closes", p.peek().text)
		}
		return inner, err
	}
	t := p.peek()
	if p.done() {
		return nil, fmt.Errorf("it ends too early")
	}
	p.at++
	switch t.kind {
	case quoted:
		return constant(t.text), nil
	case number:
		n, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is no number", t.text)
		}
		return constant(n), nil
	case word:
		return p.named(t.text)
	}
	return nil, fmt.Errorf("%q is not expected", t.text)
}

func (p *parser) negated(f func(any) (any, error)) (node, error) {
	inner, err := p.unary()
	return func(r Record) (any, error) {
		v, err := inner(r)
		if err != nil {
			return nil, err
		}
		return f(v)
	}, err
}

// named is a constant, a field or a function.
func (p *parser) named(name string) (node, error) {
	upper := strings.ToUpper(name)
	if p.take("(") {
		return p.call(upper)
	}
	switch upper {
	case "TRUE":
		return constant(true), nil
	case "FALSE":
		return constant(false), nil
	case "NULL":
		return constant(nil), nil
	}
	field, err := p.field(name)
	return func(r Record) (any, error) { return r.Value(field), nil }, err
}

func (p *parser) field(name string) (string, error) {
	if strings.ContainsAny(name, ".$:") {
		return "", fmt.Errorf("%s is not of the record itself", name)
	}
	field := p.has(name)
	if field == "" {
		return "", fmt.Errorf("there is no field %s", name)
	}
	return field, nil
}

func (p *parser) call(name string) (node, error) {
	if about, ok := aboutFields[name]; ok { // its argument is a field, not its value
		t := p.peek()
		if p.done() || t.kind != word {
			return nil, fmt.Errorf("%s takes one field", name)
		}
		p.at++
		field, err := p.field(t.text)
		if err == nil && !p.take(")") {
			err = fmt.Errorf("%s takes one field", name)
		}
		return func(r Record) (any, error) { return about(r, field), nil }, err
	}
	f, ok := functions[name]
	if !ok {
		return nil, fmt.Errorf("%s is not understood", name)
	}
	var args []node
	for !p.take(")") {
		if len(args) > 0 && !p.take(",") {
			return nil, fmt.Errorf("%q stands between the arguments of %s", p.peek().text, name)
		}
		arg, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
	}
	if len(args) < f.least || f.most >= 0 && len(args) > f.most {
		return nil, fmt.Errorf("%s has %d arguments", name, len(args))
	}
	return func(r Record) (any, error) { return f.run(r, args) }, nil
}

func constant(v any) node { return func(Record) (any, error) { return v, nil } }
