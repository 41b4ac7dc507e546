// Package sosl answers text searches of the simulated org: SOSL statements and
// searches by parameters. There is no index: every search reads the tables.
package sosl

import (
	"slices"
	"strconv"
	"strings"

	"tidegate/simulator/org"
	"tidegate/simulator/soql"
)

const (
	// overall bounds the rows of one search, perObject those of an object
	// without a condition of its own.
	overall, perObject = 2000, 250
)

// Target is an object to search and what to tell of each find.
type Target struct {
	Object string
	Fields string // as in a SELECT; "" = Id
	Clause string // WHERE …, ORDER BY …, or ""
	Limit  int    // 0 = the platform's
	Offset int
}

// Search is a parsed search.
type Search struct {
	Targets []Target // none = every searchable object
	Limit   int      // over all objects; 0 = 2,000
	// Indexed is how far the index has come: what was written from then on is not
	// found. 0 = everything is.
	Indexed org.DateTime

	find  expr
	group string // ALL, NAME, EMAIL, PHONE, SIDEBAR
}

var groups = []string{"ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR"}

// New makes a search for the terms q in a group of fields ("" = all).
func New(q, group string) (*Search, error) {
	group = strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(group)), " FIELDS")
	if group == "" {
		group = "ALL"
	}
	if !slices.Contains(groups, group) {
		return nil, malformed("unexpected token: " + group)
	}
	find, err := parseTerms(q)
	if err != nil {
		return nil, err
	}
	return &Search{find: find, group: group}, nil
}

// Searchable tells whether records of the object can be found by their words:
// those that join two others have none.
func Searchable(o *org.Object) bool {
	return o.Searchable && (o.Field("Subject") != nil || slices.ContainsFunc(o.Fields, func(f *org.Field) bool { return f.NameField }))
}

// Run answers the search, one result for each object with finds. The view must
// be valid while it runs and while the rows are written.
func (s *Search) Run(v org.View) ([]*soql.Result, error) {
	targets := s.Targets
	if len(targets) == 0 {
		for _, o := range v.Objects() {
			if Searchable(o) {
				targets = append(targets, Target{Object: o.Name})
			}
		}
	}
	left := s.Limit
	if left <= 0 || left > overall {
		left = overall
	}
	var results []*soql.Result
	for _, t := range targets {
		result, err := s.one(v, t)
		if err != nil {
			return nil, err
		}
		result.Rows = result.Rows[:min(left, len(result.Rows))]
		if left -= len(result.Rows); len(result.Rows) > 0 {
			results = append(results, result)
		}
	}
	return results, nil
}

// one searches an object. What SOQL can say of it is left to SOQL.
func (s *Search) one(v org.View, t Target) (*soql.Result, error) {
	o := v.Object(t.Object)
	if o != nil && !Searchable(o) {
		return nil, org.Refuse("INVALID_SEARCH", "entity type "+o.Name+" does not support search")
	}
	fields := t.Fields
	if strings.TrimSpace(fields) == "" {
		fields = "Id"
	}
	q, err := soql.Parse("SELECT " + fields + " FROM " + t.Object + " " + t.Clause)
	if err != nil {
		return nil, err
	}
	result, err := soql.Run(v, q, false)
	if err != nil {
		return nil, err
	}
	if result.Aggregate != nil || result.CountOnly {
		return nil, malformed("aggregates cannot be searched")
	}
	searched := s.fields(result.Object)
	result.Rows = slices.DeleteFunc(result.Rows, func(r org.Record) bool {
		at, _ := r.Value("SystemModstamp").(org.DateTime)
		return s.Indexed != 0 && at >= s.Indexed || !s.find.holds(words(r, searched))
	})
	most := t.Limit
	if most <= 0 {
		most = overall
		if t.Clause == "" {
			most = perObject
		}
	}
	result.Rows = result.Rows[min(t.Offset, len(result.Rows)):]
	result.Rows = result.Rows[:min(most, len(result.Rows))]
	return result, nil
}

// fields are those that the search looks into.
func (s *Search) fields(o *org.Object) []*org.Field {
	var list []*org.Field
	for _, f := range o.Fields {
		isName := f.NameField || f.Compound == "Name"
		var in bool
		switch s.group {
		case "NAME":
			in = isName
		case "EMAIL":
			in = f.Type == org.TypeEmail
		case "PHONE":
			in = f.Type == org.TypePhone
		case "SIDEBAR":
			in = isName || f.Type == org.TypeEmail || f.Type == org.TypePhone
		default:
			in = isText[f.Type]
		}
		if in {
			list = append(list, f)
		}
	}
	return list
}

var isText = map[org.FieldType]bool{
	org.TypeString: true, org.TypeTextArea: true, org.TypePhone: true, org.TypeEmail: true, org.TypeURL: true,
	org.TypePicklist: true, org.TypeCombobox: true,
}

func words(r org.Record, fields []*org.Field) document {
	d := make(document, 0, len(fields))
	for _, f := range fields {
		text, _ := r.Value(f.Name).(string)
		if text == "" {
			continue
		}
		list := split(text, "")
		if f.Type == org.TypePhone {
			// A number is also found when it is written without spaces.
			d = append(d, []string{strings.Join(list, "")})
		}
		d = append(d, list)
	}
	return d
}

// Parse reads FIND {terms} [IN group FIELDS] [RETURNING object(…), …]
// [WITH …] [LIMIT n]. Every error is an *org.Error.
func Parse(statement string) (*Search, error) {
	rest, ok := cutWord(statement, "FIND")
	if !ok || !strings.HasPrefix(rest, "{") {
		return nil, malformed("unexpected token: FIND and a search term in braces are expected")
	}
	end := closing(rest)
	if end < 0 {
		return nil, malformed("missing closing brace")
	}
	find, rest := rest[1:end], strings.TrimSpace(rest[end+1:])
	group := ""
	if after, ok := cutWord(rest, "IN"); ok {
		name, tail, _ := strings.Cut(after, " ")
		if rest, ok = cutWord(tail, "FIELDS"); !ok {
			return nil, malformed("unexpected token: " + tail)
		}
		group = name
	}
	s, err := New(find, group)
	if err != nil {
		return nil, err
	}
	return s, s.tail(rest)
}

// tail reads what follows the terms and the group.
func (s *Search) tail(rest string) (err error) {
	if after, ok := cutWord(rest, "RETURNING"); ok {
		if rest, err = s.returning(after); err != nil {
			return err
		}
	}
	// WITH DATA CATEGORY and its like change nothing here.
	if after, ok := cutWord(rest, "WITH"); ok {
		rest = ""
		if at := wordAt(after, "LIMIT"); at >= 0 {
			rest = after[at:]
		}
	}
	if after, ok := cutWord(rest, "LIMIT"); ok {
		if s.Limit, err = strconv.Atoi(after); err != nil || s.Limit < 1 {
			return malformed("unexpected token: " + after)
		}
		rest = ""
	}
	if rest != "" {
		return malformed("unexpected token: " + rest)
	}
	return nil
}

// returning reads the objects and gives back what follows them.
func (s *Search) returning(rest string) (string, error) {
	for {
		end := strings.IndexFunc(rest, func(r rune) bool { return strings.ContainsRune("(, \t\n", r) })
		if end < 0 {
			end = len(rest)
		}
		t := Target{Object: rest[:end]}
		if t.Object == "" {
			return "", malformed("unexpected end of RETURNING")
		}
		rest = strings.TrimSpace(rest[end:])
		if strings.HasPrefix(rest, "(") {
			end := closing(rest)
			if end < 0 {
				return "", malformed("missing closing parenthesis")
			}
			if err := t.inside(rest[1:end]); err != nil {
				return "", err
			}
			rest = strings.TrimSpace(rest[end+1:])
		}
		s.Targets = append(s.Targets, t)
		if !strings.HasPrefix(rest, ",") {
			return rest, nil
		}
		rest = strings.TrimSpace(rest[1:])
	}
}

// inside reads "Id, Name WHERE … ORDER BY … LIMIT 5 OFFSET 2".
func (t *Target) inside(text string) (err error) {
	text, t.Offset, err = number(text, "OFFSET")
	if err != nil {
		return err
	}
	if text, t.Limit, err = number(text, "LIMIT"); err != nil {
		return err
	}
	at := len(text)
	for _, word := range []string{"USING", "WHERE", "ORDER"} {
		if i := wordAt(text, word); i >= 0 {
			at = min(at, i)
		}
	}
	t.Fields, t.Clause = strings.TrimSpace(text[:at]), text[at:]
	return nil
}

// number cuts "WORD n" off the end of a text.
func number(text, word string) (string, int, error) {
	at := wordAt(text, word)
	if at < 0 {
		return text, 0, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text[at+len(word):]))
	if err != nil || n < 0 {
		return "", 0, malformed("unexpected token after " + word)
	}
	return text[:at], n, nil
}

// wordAt finds a word outside of quotes, letter case ignored; -1 without.
func wordAt(text, word string) int {
	quoted := false
	for i := range len(text) {
		switch {
		case text[i] == '\\':
		case text[i] == '\'' && (i == 0 || text[i-1] != '\\'):
			quoted = !quoted
		case !quoted && len(text)-i >= len(word) && strings.EqualFold(text[i:i+len(word)], word) &&
			edge(text, i-1) && edge(text, i+len(word)):
			return i
		}
	}
	return -1
}

func edge(text string, i int) bool {
	return i < 0 || i >= len(text) || strings.ContainsRune(" \t\n(),", rune(text[i]))
}

// cutWord takes a leading word off a text, letter case ignored.
func cutWord(text, word string) (string, bool) {
	text = strings.TrimSpace(text)
	if len(text) < len(word) || !strings.EqualFold(text[:len(word)], word) {
		return text, false
	}
	rest := text[len(word):]
	if rest != "" && !strings.ContainsRune(" \t\n{", rune(rest[0])) {
		return text, false
	}
	return strings.TrimSpace(rest), true
}

// closing finds the brace or parenthesis that closes the first one; -1
// without. A backslash takes the meaning of the next character away.
func closing(text string) int {
	shut := map[byte]byte{'{': '}', '(': ')'}[text[0]]
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[0] == '(' && text[i] == '\'':
			quoted = !quoted
		case quoted:
		case text[i] == text[0]:
			depth++
		case text[i] == shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
