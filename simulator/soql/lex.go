// Package soql reads and answers the query language of the simulated org.
package soql

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

type tokenKind int

const (
	tokEnd    tokenKind = iota
	tokWord             // identifier, dotted path, keyword
	tokString           // text holds the unescaped value
	tokNumber
	tokMoment // date or datetime literal
	tokSymbol // ( ) , = != < <= > >= :
)

type token struct {
	kind tokenKind
	text string
	at   int // byte offset, for messages
	// like keeps a string literal in which \_ and \% are still escaped.
	like string
}

func (t token) is(word string) bool {
	return (t.kind == tokWord || t.kind == tokSymbol) && strings.EqualFold(t.text, word)
}

// lex cuts the statement into tokens.
func lex(s string) ([]token, error) {
	var tokens []token
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '\'':
			t, next, err := lexString(s, i)
			if err != nil {
				return nil, err
			}
			tokens, i = append(tokens, t), next
		case isLetter(c):
			end := i
			for end < len(s) && (isLetter(s[end]) || isDigit(s[end]) || s[end] == '.') {
				end++
			}
			tokens, i = append(tokens, token{kind: tokWord, text: s[i:end], at: i}), end
		case isDigit(c) || ((c == '-' || c == '+' || c == '.') && i+1 < len(s) && isDigit(s[i+1])):
			t := lexNumber(s, i)
			tokens, i = append(tokens, t), i+len(t.text)
		default:
			t, err := lexSymbol(s, i)
			if err != nil {
				return nil, err
			}
			tokens, i = append(tokens, t), i+len(t.text)
		}
	}
	return append(tokens, token{kind: tokEnd, at: len(s)}), nil
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// lexNumber takes a number, a date or a datetime: all start with a digit.
func lexNumber(s string, at int) token {
	end := at + 1
	for end < len(s) && (isDigit(s[end]) || strings.IndexByte(".:-+TZtzeE", s[end]) >= 0) {
		end++
	}
	text := s[at:end]
	kind := tokNumber
	if len(text) >= 10 && text[4] == '-' && text[7] == '-' {
		kind = tokMoment
	}
	return token{kind: kind, text: text, at: at}
}

func lexSymbol(s string, at int) (token, error) {
	for _, symbol := range []string{"!=", "<>", "<=", ">=", "(", ")", ",", "=", "<", ">", ":"} {
		if strings.HasPrefix(s[at:], symbol) {
			return token{kind: tokSymbol, text: symbol, at: at}, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(s[at:])
	return token{}, malformed(fmt.Sprintf("unexpected token: '%c'", r))
}

var escapes = map[byte]string{
	'n': "\n", 'N': "\n", 'r': "\r", 'R': "\r", 't': "\t", 'T': "\t", 'b': "\b", 'B': "\b",
	'f': "\f", 'F': "\f", '"': `"`, '\'': "'", '\\': `\`,
}

// lexString reads a quoted literal; other backslashes than the known ones are
// errors, as the reference says.
func lexString(s string, at int) (token, int, error) {
	var plain, like strings.Builder
	for i := at + 1; i < len(s); i++ {
		switch s[i] {
		case '\'':
			return token{kind: tokString, text: plain.String(), like: like.String(), at: at}, i + 1, nil
		case '\\':
			i++
			if i >= len(s) {
				return token{}, 0, malformed("unterminated string literal")
			}
			text, width, err := unescape(s[i:])
			if err != nil {
				return token{}, 0, err
			}
			if s[i] == '_' || s[i] == '%' || s[i] == '\\' {
				like.WriteByte('\\')
			}
			plain.WriteString(text)
			like.WriteString(text)
			i += width - 1
		default:
			plain.WriteByte(s[i])
			like.WriteByte(s[i])
		}
	}
	return token{}, 0, malformed("unterminated string literal")
}

// unescape reads what follows a backslash and returns its text and width.
func unescape(s string) (string, int, error) {
	if text, ok := escapes[s[0]]; ok {
		return text, 1, nil
	}
	switch s[0] {
	case '_', '%':
		return s[:1], 1, nil
	case 'u', 'U':
		var r rune
		if len(s) >= 5 {
			if n, err := fmt.Sscanf(s[1:5], "%04x", &r); err == nil && n == 1 {
				return string(r), 5, nil
			}
		}
	}
	return "", 0, malformed(`Invalid string literal: illegal escape \` + s[:1])
}
