package soql

import (
	"strconv"
	"strings"
	"time"

	"tidegate/simulator/org"
)

func (p *parser) literal() (Literal, error) {
	t := p.next()
	switch t.kind {
	case tokString:
		if len([]rune(t.text)) > maxLiteral {
			return Literal{}, malformed("string literal is longer than 4000 characters")
		}
		return Literal{kind: litString, text: t.text, like: t.like}, nil
	case tokNumber:
		n, err := strconv.ParseFloat(t.text, 64)
		if err != nil {
			return Literal{}, malformed("invalid number: " + t.text)
		}
		return Literal{kind: litNumber, text: t.text, number: n}, nil
	case tokMoment:
		return momentLiteral(t.text)
	case tokWord:
		return p.wordLiteral(t)
	}
	if t.kind != tokEnd {
		p.pos--
	}
	return Literal{}, p.unexpected()
}

func momentLiteral(text string) (Literal, error) {
	if len(text) == len(time.DateOnly) {
		if _, err := time.Parse(time.DateOnly, text); err == nil {
			return Literal{kind: litDate, text: text}, nil
		}
	} else if at, ok := org.ParseDateTime(text); ok && strings.ContainsAny(text[10:], "Zz+-") {
		return Literal{kind: litMoment, text: text, moment: at}, nil
	}
	return Literal{}, malformed("invalid date or datetime: " + text)
}

func (p *parser) wordLiteral(t token) (Literal, error) {
	switch strings.ToUpper(t.text) {
	case "NULL":
		return Literal{kind: litNull, text: "null"}, nil
	case "TRUE":
		return Literal{kind: litBool, text: "true", yes: true}, nil
	case "FALSE":
		return Literal{kind: litBool, text: "false"}, nil
	}
	name := strings.ToUpper(t.text)
	takesN, known := rangeNames[name]
	if !known {
		p.pos--
		return Literal{}, p.unexpected()
	}
	lit := Literal{kind: litRange, text: name}
	if takesN {
		if err := p.expect(":"); err != nil {
			return Literal{}, err
		}
		n, err := p.count()
		if err != nil {
			return Literal{}, err
		}
		lit.n = n
	}
	return lit, nil
}
