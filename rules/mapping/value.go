package mapping

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tidegate/gateway"
)

// typeMultipicklist holds several picklist values, joined by semicolons.
const typeMultipicklist gateway.FieldType = "multipicklist"

// maxDigits is the most that a Salesforce number keeps (precision 18).
const maxDigits = 18

// CheckValue says in plain words why Salesforce would refuse v in field f. It
// knows only what describe tells: type, length, restricted picklists, required
// values. The error is CodeInvalid with the field's name, nil when v is fine.
func CheckValue(f gateway.Field, v gateway.Value) error {
	if complaint := complaint(f, v); complaint != "" {
		return gateway.InvalidField(f.Name, "%s %s", label(f), complaint)
	}
	return nil
}

func label(f gateway.Field) string {
	if f.Label != "" {
		return f.Label
	}
	return f.Name
}

func complaint(f gateway.Field, v gateway.Value) string {
	if v.Empty() {
		if !f.Nillable {
			return "needs a value."
		}
		return ""
	}
	switch f.Type {
	case gateway.TypeBoolean:
		return unless(v == gateway.Bool(true) || v == gateway.Bool(false), "is either on or off.")
	case gateway.TypeInt, gateway.TypeDouble, gateway.TypeCurrency, gateway.TypePercent:
		return numberComplaint(f.Type, v)
	}
	if v[0] != '"' {
		return "is text."
	}
	if f.Length > 0 && utf8.RuneCountInString(v.String()) > f.Length {
		return "is longer than " + strconv.Itoa(f.Length) + " characters."
	}
	return textComplaint(f, v.String())
}

func numberComplaint(t gateway.FieldType, v gateway.Value) string {
	text := string(v)
	if gateway.Number(text) != v {
		return "is a number."
	}
	if t == gateway.TypeInt && strings.Contains(text, ".") {
		return "is a whole number."
	}
	return unless(len(text)-strings.Count(text, "-")-strings.Count(text, ".") <= maxDigits, "has more digits than Salesforce keeps.")
}

func textComplaint(f gateway.Field, text string) string {
	switch f.Type {
	case gateway.TypeDate:
		_, err := time.Parse(time.DateOnly, text)
		return unless(err == nil, "is a date such as 2026-05-31.")
	case gateway.TypeDatetime:
		_, err := time.Parse(time.RFC3339Nano, text)
		return unless(err == nil, "is a date with a time such as 2026-05-31T14:30:00Z.")
	case gateway.TypeEmail:
		return unless(emailAddress(text), "is an e-mail address such as ann@example.com.")
	case gateway.TypeReference:
		_, ok := gateway.NormalizeID(text)
		return unless(ok, "is the id of a Salesforce record.")
	case gateway.TypePicklist:
		return unless(!f.Restricted || slices.Contains(f.Picklist, text), "takes only one of its listed values.")
	case typeMultipicklist:
		unlisted := func(part string) bool { return !slices.Contains(f.Picklist, part) }
		return unless(!f.Restricted || !slices.ContainsFunc(strings.Split(text, ";"), unlisted), "takes only its listed values.")
	}
	return ""
}

func unless(ok bool, complaint string) string {
	if ok {
		return ""
	}
	return complaint
}

// emailAddress is looser than RFC 5321 and about as strict as Salesforce: one
// "@" with something before it and a dotted name after it.
func emailAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || strings.ContainsAny(s, " \t\r\n,;<>\"()") || strings.Contains(domain, "@") {
		return false
	}
	labels := strings.Split(domain, ".")
	return len(labels) >= 2 && !slices.Contains(labels, "")
}

// grouped is a number written with thousands separators.
var grouped = regexp.MustCompile(`^-?\d{1,3}(,\d{3})+(\.\d+)?$`)

// localTime is what an HTML datetime-local input sends.
const localTime = "2006-01-02T15:04"

// ParseInput returns the value that a person typed into a form for field f, in
// canonical form. Empty text is Null, for a checkbox it is false. A date with
// a time but no zone is UTC. The error is that of CheckValue.
func ParseInput(f gateway.Field, text string) (gateway.Value, error) {
	v := read(f.Type, strings.TrimSpace(text))
	return v, CheckValue(f, v)
}

func read(t gateway.FieldType, text string) gateway.Value {
	switch t {
	case gateway.TypeBoolean:
		return readBool(text)
	case gateway.TypeInt, gateway.TypeDouble, gateway.TypeCurrency, gateway.TypePercent:
		return readNumber(strings.TrimSpace(strings.TrimSuffix(text, "%")))
	case gateway.TypeDatetime:
		for _, layout := range [...]string{time.RFC3339Nano, localTime, localTime + ":05"} {
			if at, err := time.Parse(layout, text); err == nil {
				return gateway.Instant(at)
			}
		}
	case gateway.TypeReference:
		if id, ok := gateway.NormalizeID(text); ok {
			return gateway.Text(id)
		}
	case gateway.TypeTextarea:
		// Forms send CRLF; one spelling keeps an unchanged text equal.
		return gateway.Text(strings.ReplaceAll(text, "\r\n", "\n"))
	}
	return gateway.Text(text)
}

func readBool(text string) gateway.Value {
	switch strings.ToLower(text) {
	case "", "false", "off", "0", "no":
		return gateway.Bool(false)
	case "true", "on", "1", "yes":
		return gateway.Bool(true)
	}
	return gateway.Text(text)
}

// readNumber returns text that is no number as text, for CheckValue to refuse.
func readNumber(text string) gateway.Value {
	if grouped.MatchString(text) {
		text = strings.ReplaceAll(text, ",", "")
	}
	if v := gateway.Number(text); v != gateway.Null {
		return v
	}
	return gateway.Text(text)
}
