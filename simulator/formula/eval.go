package formula

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Record is what a formula looks at. Values are nil, string, float64, bool, Date
// or time.Time.
type Record interface {
	Value(field string) any
	// Prior is the value before; that of now where the record is made.
	Prior(field string) any
	New() bool
	Now() time.Time
}

// Date is a day, at its beginning in UTC.
type Date struct{ time.Time }

// True reports whether the formula holds for the record.
func (f *Formula) True(r Record) (bool, error) {
	v, err := f.root(r)
	return truth(v), err
}

func truth(v any) bool { b, _ := v.(bool); return b }

func blank(v any) bool { return v == nil || v == "" }

// aboutFields are the functions of a field itself.
var aboutFields = map[string]func(r Record, field string) any{
	"ISCHANGED":  func(r Record, field string) any { return !r.New() && !same(r.Value(field), r.Prior(field)) },
	"PRIORVALUE": func(r Record, field string) any { return r.Prior(field) },
}

type function struct {
	least, most int // arguments; most -1 = any number
	run         func(r Record, args []node) (any, error)
}

// of is a function whose arguments are all looked at first.
func of(least, most int, f func(r Record, v []any) (any, error)) function {
	return function{least, most, func(r Record, args []node) (any, error) {
		values := make([]any, len(args))
		for i, arg := range args {
			var err error
			if values[i], err = arg(r); err != nil {
				return nil, err
			}
		}
		return f(r, values)
	}}
}

func texts(least int, f func(s []string) any) function {
	return of(least, least, func(_ Record, v []any) (any, error) {
		s := make([]string, len(v))
		for i := range v {
			s[i] = text(v[i])
		}
		return f(s), nil
	})
}

// numbers is a function of numbers, which gives nothing where one is missing.
func numbers(least, most int, f func(n []float64) any) function {
	return of(least, most, func(_ Record, v []any) (any, error) {
		n := make([]float64, len(v))
		for i := range v {
			var ok bool
			if n[i], ok = v[i].(float64); !ok {
				return nil, nil //nolint:nilnil // nothing stays nothing
			}
		}
		return f(n), nil
	})
}

var functions map[string]function

func init() { // they refer to one another
	functions = map[string]function{
		"AND": junction(false), "OR": junction(true),
		"NOT":       of(1, 1, func(_ Record, v []any) (any, error) { return !truth(v[0]), nil }),
		"IF":        {3, 3, choose},
		"CASE":      {4, -1, pick},
		"ISBLANK":   of(1, 1, func(_ Record, v []any) (any, error) { return blank(v[0]), nil }),
		"ISNULL":    of(1, 1, func(_ Record, v []any) (any, error) { return v[0] == nil, nil }),
		"ISNEW":     of(0, 0, func(r Record, _ []any) (any, error) { return r.New(), nil }),
		"ISPICKVAL": of(2, 2, func(_ Record, v []any) (any, error) { return text(v[0]) == text(v[1]), nil }),
		"INCLUDES": of(2, 2, func(_ Record, v []any) (any, error) {
			return slices.Contains(strings.Split(text(v[0]), ";"), text(v[1])), nil
		}),
		"BLANKVALUE": of(2, 2, instead), "NULLVALUE": of(2, 2, instead),
		"ISNUMBER":   of(1, 1, func(_ Record, v []any) (any, error) { _, ok := parsed(text(v[0])); return ok, nil }),
		"TEXT":       of(1, 1, func(_ Record, v []any) (any, error) { return text(v[0]), nil }),
		"VALUE":      of(1, 1, func(_ Record, v []any) (any, error) { n, ok := parsed(text(v[0])); return maybe(n, ok), nil }),
		"LEN":        texts(1, func(s []string) any { return float64(len([]rune(s[0]))) }),
		"TRIM":       texts(1, func(s []string) any { return strings.TrimSpace(s[0]) }),
		"UPPER":      texts(1, func(s []string) any { return strings.ToUpper(s[0]) }),
		"LOWER":      texts(1, func(s []string) any { return strings.ToLower(s[0]) }),
		"CONTAINS":   texts(2, func(s []string) any { return strings.Contains(s[0], s[1]) }),
		"BEGINS":     texts(2, func(s []string) any { return strings.HasPrefix(s[0], s[1]) }),
		"SUBSTITUTE": texts(3, func(s []string) any { return strings.ReplaceAll(s[0], s[1], s[2]) }),
		"FIND":       of(2, 3, find),
		"LEFT":       of(2, 2, func(_ Record, v []any) (any, error) { return part(text(v[0]), 0, v[1]), nil }),
		"RIGHT":      of(2, 2, right),
		"MID":        of(3, 3, middle),
		"REGEX":      of(2, 2, matches),
		"ABS":        numbers(1, 1, func(n []float64) any { return math.Abs(n[0]) }),
		"FLOOR":      numbers(1, 1, func(n []float64) any { return math.Floor(n[0]) }),
		"CEILING":    numbers(1, 1, func(n []float64) any { return math.Ceil(n[0]) }),
		"MOD":        numbers(2, 2, func(n []float64) any { return math.Mod(n[0], n[1]) }),
		"ROUND":      numbers(2, 2, func(n []float64) any { f := math.Pow(10, n[1]); return math.Round(n[0]*f) / f }),
		"MAX":        numbers(1, -1, func(n []float64) any { return slices.Max(n) }),
		"MIN":        numbers(1, -1, func(n []float64) any { return slices.Min(n) }),
		"TODAY":      of(0, 0, func(r Record, _ []any) (any, error) { return day(r.Now()), nil }),
		"NOW":        of(0, 0, func(r Record, _ []any) (any, error) { return r.Now(), nil }),
		"DATE": numbers(3, 3, func(n []float64) any {
			return Date{time.Date(int(n[0]), time.Month(int(n[1])), int(n[2]), 0, 0, 0, 0, time.UTC)}
		}),
		"DATEVALUE": of(1, 1, dateOf),
		"YEAR":      ofDay(func(d time.Time) int { return d.Year() }),
		"MONTH":     ofDay(func(d time.Time) int { return int(d.Month()) }),
		"DAY":       ofDay(func(d time.Time) int { return d.Day() }),
		"WEEKDAY":   ofDay(func(d time.Time) int { return int(d.Weekday()) + 1 }),
	}
}

// junction is AND, or OR where until is true; it looks no further than it must.
func junction(until bool) function {
	return function{1, -1, func(r Record, args []node) (any, error) {
		for _, arg := range args {
			v, err := arg(r)
			if err != nil || truth(v) == until {
				return until, err
			}
		}
		return !until, nil
	}}
}

func choose(r Record, args []node) (any, error) {
	v, err := args[0](r)
	if err != nil {
		return nil, err
	}
	if truth(v) {
		return args[1](r)
	}
	return args[2](r)
}

func pick(r Record, args []node) (any, error) {
	value, err := args[0](r)
	if err != nil {
		return nil, err
	}
	for i := 1; i+1 < len(args); i += 2 {
		one, err := args[i](r)
		if err != nil {
			return nil, err
		}
		if same(value, one) {
			return args[i+1](r)
		}
	}
	return args[len(args)-1](r)
}

func instead(_ Record, v []any) (any, error) {
	if blank(v[0]) {
		return v[1], nil
	}
	return v[0], nil
}

func find(_ Record, v []any) (any, error) {
	from := 0
	if len(v) == 3 {
		n, _ := v[2].(float64)
		from = max(int(n)-1, 0)
	}
	in := []rune(text(v[1]))
	if from > len(in) {
		return 0.0, nil
	}
	at := strings.Index(string(in[from:]), text(v[0]))
	if at < 0 {
		return 0.0, nil
	}
	return float64(from + len([]rune(string(in[from:])[:at])) + 1), nil
}

// part is so many characters of a text.
func part(s string, from int, n any) string {
	runes := []rune(s)
	count, _ := n.(float64)
	from = min(max(from, 0), len(runes))
	return string(runes[from:min(from+max(int(count), 0), len(runes))])
}

func right(_ Record, v []any) (any, error) {
	n, _ := v[1].(float64)
	s := text(v[0])
	return part(s, len([]rune(s))-int(n), n), nil
}

func middle(_ Record, v []any) (any, error) {
	from, _ := v[1].(float64)
	return part(text(v[0]), int(from)-1, v[2]), nil
}

func matches(_ Record, v []any) (any, error) {
	pattern, err := regexp.Compile(`^(?:` + text(v[1]) + `)$`)
	if err != nil {
		return nil, fmt.Errorf("its pattern %q is not understood", text(v[1]))
	}
	return pattern.MatchString(text(v[0])), nil
}

func dateOf(_ Record, v []any) (any, error) {
	switch one := v[0].(type) {
	case time.Time:
		return day(one), nil
	case string:
		if at, err := time.Parse(time.DateOnly, one); err == nil {
			return Date{at}, nil
		}
	case Date:
		return one, nil
	}
	return nil, nil //nolint:nilnil // nothing stays nothing
}

func ofDay(f func(time.Time) int) function {
	return of(1, 1, func(_ Record, v []any) (any, error) {
		if d, ok := v[0].(Date); ok {
			return float64(f(d.Time)), nil
		}
		return nil, nil //nolint:nilnil // nothing stays nothing
	})
}

func day(at time.Time) Date { return Date{at.UTC().Truncate(24 * time.Hour)} }

func parsed(s string) (float64, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return n, err == nil
}

func maybe(n float64, ok bool) any {
	if !ok {
		return nil
	}
	return n
}

func text(v any) string {
	switch one := v.(type) {
	case string:
		return one
	case float64:
		return strconv.FormatFloat(one, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(one)
	case Date:
		return one.Format(time.DateOnly)
	case time.Time:
		return one.UTC().Format("2006-01-02 15:04:05Z")
	}
	return ""
}

func same(a, b any) bool {
	if blank(a) || blank(b) {
		return blank(a) && blank(b)
	}
	order, ok := compare(a, b)
	return ok && order == 0
}

// compare orders two values of one kind; false where they are of different ones.
func compare(a, b any) (int, bool) {
	switch x := a.(type) {
	case float64:
		y, ok := b.(float64)
		return int(sign2(x - y)), ok
	case string:
		y, ok := b.(string)
		return strings.Compare(x, y), ok
	case bool:
		y, ok := b.(bool)
		return map[bool]int{true: 0, false: 1}[x == y], ok
	case Date:
		y, ok := b.(Date)
		return x.Compare(y.Time), ok
	case time.Time:
		y, ok := b.(time.Time)
		return x.Compare(y), ok
	}
	return 0, false
}

func sign2(x float64) float64 {
	switch {
	case x < 0:
		return -1
	case x > 0:
		return 1
	}
	return 0
}

func binary(op string, left, right node) node {
	switch op {
	case "&&", "||":
		f := junction(op == "||")
		return func(r Record) (any, error) { return f.run(r, []node{left, right}) }
	}
	return func(r Record) (any, error) {
		a, err := left(r)
		if err != nil {
			return nil, err
		}
		b, err := right(r)
		if err != nil {
			return nil, err
		}
		return combine(op, a, b), nil
	}
}

// combine applies an operator. What is compared with, or added to, nothing gives
// nothing, as where the org treats blanks as blanks.
func combine(op string, a, b any) any {
	switch op {
	case "=", "==":
		return same(a, b)
	case "<>", "!=":
		return !same(a, b)
	case "&":
		return text(a) + text(b)
	case "<", ">", "<=", ">=":
		if blank(a) || blank(b) {
			return nil
		}
		order, ok := compare(a, b)
		return ok && (op[0] == '<' && order < 0 || op[0] == '>' && order > 0 || len(op) == 2 && order == 0)
	}
	return reckon(op, a, b)
}

func reckon(op string, a, b any) any {
	if s, ok := a.(string); ok && op == "+" {
		return s + text(b)
	}
	if d, ok := a.(Date); ok {
		return shift(op, d, b)
	}
	x, ok := a.(float64)
	y, also := b.(float64)
	if !ok || !also {
		return nil
	}
	switch op {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		if y == 0 {
			return nil
		}
		return x / y
	}
	return math.Pow(x, y)
}

// shift adds days to a date, or tells the days between two.
func shift(op string, d Date, by any) any {
	switch n := by.(type) {
	case float64:
		if op == "-" {
			n = -n
		}
		return Date{d.AddDate(0, 0, int(n))}
	case Date:
		if op == "-" {
			return d.Sub(n.Time).Hours() / 24
		}
	}
	return nil
}
