package sosl

import (
	"slices"
	"strings"
	"unicode"

	"tidegate/simulator/org"
)

// expr is a condition on the words of a record.
type expr interface{ holds(d document) bool }

type (
	all    struct{ parts []expr }
	either struct{ parts []expr }
	not    struct{ inner expr }
	// phrase is words that follow each other in one field; * and ? stand for
	// any characters and for one.
	phrase struct{ words []string }
)

func (a all) holds(d document) bool {
	return !slices.ContainsFunc(a.parts, func(p expr) bool { return !p.holds(d) })
}

func (e either) holds(d document) bool {
	return slices.ContainsFunc(e.parts, func(p expr) bool { return p.holds(d) })
}

func (n not) holds(d document) bool { return !n.inner.holds(d) }

func (p phrase) holds(d document) bool {
	for _, field := range d {
		for at := 0; at+len(p.words) <= len(field); at++ {
			found := true
			for i, pattern := range p.words {
				found = found && glob([]rune(pattern), []rune(field[at+i]))
			}
			if found {
				return true
			}
		}
	}
	return false
}

// glob matches without recursion, as LIKE does.
func glob(pattern, s []rune) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// document is the words of a record, field by field.
type document [][]string

// split makes lower-case words of a text; keep says what besides letters and
// digits belongs to a word.
func split(text string, keep string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(keep, r)
	})
}

const (
	maxDepth    = 50
	shortest    = 2 // characters of a search term
	tooShort    = "search term must be longer than one character: "
	missingTerm = "No search term found. The search term must be enclosed in braces."
)

// terms parses what stands between the braces of FIND.
type terms struct {
	tokens []string
	at     int
	depth  int
}

// parseTerms reads words, "phrases", AND, OR, AND NOT and parentheses. Words
// side by side must all be found.
func parseTerms(text string) (expr, error) {
	plain := strings.NewReplacer(`\`, "", "*", "", "?", "", `"`, "").Replace(text)
	if strings.TrimSpace(plain) == "" {
		return nil, malformed(missingTerm)
	}
	if len([]rune(strings.TrimSpace(plain))) < shortest {
		return nil, malformed(tooShort + text)
	}
	t := &terms{tokens: tokenize(text)}
	e, err := t.or()
	if err == nil && t.at < len(t.tokens) {
		err = malformed("unexpected token: " + t.tokens[t.at])
	}
	return e, err
}

// tokenize splits at spaces and parentheses; a phrase keeps its quotes.
func tokenize(text string) []string {
	var tokens []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			tokens = append(tokens, word.String())
			word.Reset()
		}
	}
	quoted, escaped := false, false
	for _, r := range text {
		switch {
		case escaped:
			// An escaped character stands for itself, which separates words.
			word.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '"':
			word.WriteRune(r)
			if quoted {
				flush()
			}
			quoted = !quoted
		case quoted:
			word.WriteRune(r)
		case unicode.IsSpace(r):
			flush()
		case r == '(' || r == ')':
			flush()
			tokens = append(tokens, string(r))
		default:
			word.WriteRune(r)
		}
	}
	flush()
	return tokens
}

func (t *terms) peek() string {
	if t.at < len(t.tokens) {
		return t.tokens[t.at]
	}
	return ""
}

func (t *terms) take(word string) bool {
	if strings.EqualFold(t.peek(), word) && t.at < len(t.tokens) {
		t.at++
		return true
	}
	return false
}

func (t *terms) or() (expr, error) {
	if t.depth++; t.depth > maxDepth {
		return nil, malformed("search is nested too deeply")
	}
	defer func() { t.depth-- }()
	var parts []expr
	for {
		part, err := t.and()
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		if !t.take("OR") {
			return either{parts}, nil
		}
	}
}

func (t *terms) and() (expr, error) {
	var parts []expr
	for {
		negate := t.take("NOT")
		part, err := t.term()
		if err != nil {
			return nil, err
		}
		if negate {
			part = not{part}
		}
		parts = append(parts, part)
		if t.take("AND") {
			continue
		}
		if next := t.peek(); next == "" || next == ")" || strings.EqualFold(next, "OR") {
			return all{parts}, nil
		}
	}
}

func (t *terms) term() (expr, error) {
	if t.take("(") {
		inner, err := t.or()
		if err == nil && !t.take(")") {
			err = malformed("missing closing parenthesis")
		}
		return inner, err
	}
	token := t.peek()
	if token == "" || token == ")" {
		return nil, malformed("unexpected end of the search")
	}
	t.at++
	return phrase{split(token, "*?")}, nil
}

func malformed(message string) *org.Error { return org.Refuse("MALFORMED_SEARCH", message) }
