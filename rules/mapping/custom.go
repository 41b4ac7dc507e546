package mapping

import (
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"tidegate/gateway"
)

// CustomPrefix begins a property of a record of the product's own kinds:
// "custom.risk.level".
const CustomPrefix = "custom."

// What a custom record says beside its properties, behind its kind:
// "custom.risk:person".
const (
	CustomID      = ":id"
	CustomPerson  = ":person"
	CustomMeeting = ":meeting"
	CustomDeal    = ":deal"
)

// customSources are what records of the product's own kinds can fill.
func customSources(kinds []gateway.CustomKind) []Source {
	var out []Source
	for _, k := range kinds {
		group, key := "Records of “"+k.Kind+"”", CustomPrefix+k.Kind
		for _, p := range k.Properties {
			kind := Kind(p.Holds)
			if kind == "" {
				kind = KindText
			}
			out = append(out, Source{key + "." + p.Name, p.Name, group, kind})
		}
		out = append(out,
			Source{key + CustomID, "Its external id", group, KindText}, Source{key + CustomPerson, "The person it is about", group, KindToPerson},
			Source{key + CustomMeeting, "The Event of its meeting", group, KindToMeeting}, Source{key + CustomDeal, "Its opportunity", group, KindToDeal})
	}
	return out
}

// CustomOf returns the kind and the rest of a source of the product's own kinds:
// "risk" and ".level", "risk" and ":person".
func CustomOf(source string) (kind, rest string, ok bool) {
	source, ok = strings.CutPrefix(source, CustomPrefix)
	if !ok {
		return "", "", false
	}
	at := strings.IndexAny(source, ".:")
	if at < 1 {
		return "", "", false
	}
	return source[:at], source[at:], true
}

// shortText is the longest line that is not taken for a text of any length.
const shortText = 255

// number is what reads like a telephone number as a whole.
var number = regexp.MustCompile(`^\+[0-9][0-9 ()./-]{6,20}$`)

// Holds says what a value of a property is, "" for none.
func Holds(v gateway.Value) Kind {
	text := v.String()
	switch {
	case v.Empty():
		return ""
	case v == gateway.Bool(true) || v == gateway.Bool(false):
		return KindSwitch
	case v[0] == '[' || v[0] == '{':
		return KindLong
	case v[0] != '"':
		return KindNumber
	case strings.Contains(text, "\n") || utf8.RuneCountInString(text) > shortText:
		return KindLong
	case moment(text):
		return KindMoment
	case emailAddress(text):
		return KindEmail
	case number.MatchString(text):
		return KindPhone
	}
	if u, err := url.Parse(text); err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") {
		return KindURL
	}
	return KindText
}

func moment(text string) bool {
	_, day := time.Parse(time.DateOnly, text)
	_, instant := time.Parse(time.RFC3339Nano, text)
	return day == nil || instant == nil
}

// Wider is what a property holds that held one kind and now another: text where
// they differ, of any length where one of them is. The order does not matter.
func Wider(a, b Kind) Kind {
	switch {
	case a == b || b == "":
		return a
	case a == "":
		return b
	case a == KindLong || b == KindLong:
		return KindLong
	}
	return KindText
}
