package org

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// convert turns a JSON value (as decoded with UseNumber, or a Go value) into
// what the field stores, or refuses it as the platform would. References are
// checked for form and prefix here, for existence in the transaction.
func convert(f *Field, v any) (any, *Error) {
	if v == nil {
		if f.Type == TypeBoolean {
			return nil, refuse("INVALID_TYPE_ON_FIELD_IN_RECORD", f.Label+": value not of required type: null", f.Name)
		}
		return nil, nil
	}
	switch f.Type {
	case TypeBoolean:
		return convertBool(f, v)
	case TypeInt:
		return convertInt(f, v)
	case TypeDouble, TypeCurrency, TypePercent:
		return convertNumber(f, v)
	case TypeDate:
		return convertDate(f, v)
	case TypeDateTime:
		return convertMoment(f, v)
	}
	s, ok := v.(string)
	if !ok {
		return nil, errType(f, "string", v)
	}
	if s = strings.TrimSpace(s); s == "" {
		return nil, nil
	}
	return convertText(f, s)
}

func convertText(f *Field, s string) (any, *Error) {
	if f.Type == TypeReference || f.Type == TypeID {
		return convertReference(f, s)
	}
	if f.Length > 0 && utf8.RuneCountInString(s) > f.Length {
		shown := s
		if utf8.RuneCountInString(shown) > 255 {
			shown = string([]rune(shown)[:255])
		}
		return nil, refuse("STRING_TOO_LONG", fmt.Sprintf("%s: data value too large: %s (max length=%d)", f.Label, shown, f.Length), f.Name)
	}
	switch f.Type {
	case TypeTime:
		return convertTime(f, s)
	case TypeEmail:
		if !validEmail(s) {
			return nil, refuse("INVALID_EMAIL_ADDRESS", fmt.Sprintf("%s: invalid email address: %s", f.Label, s), f.Name)
		}
	case TypePicklist:
		return convertPick(f, s)
	case TypeBase64:
		if _, err := base64.StdEncoding.DecodeString(s); err != nil {
			return nil, errType(f, "base64Binary", s)
		}
	}
	return s, nil
}

var emailForm = regexp.MustCompile(`^[^\s@<>(),;:"\[\]\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$`)

func validEmail(s string) bool {
	if !emailForm.MatchString(s) || strings.Contains(s, "..") {
		return false
	}
	_, err := mail.ParseAddress(s)
	return err == nil && strings.Contains(s[strings.LastIndexByte(s, '@'):], ".")
}

// timeForms are the spellings of a time of day that the API takes.
var timeForms = []string{"15:04:05.999Z07:00", "15:04:05.999", "15:04Z07:00", "15:04"}

func convertTime(f *Field, s string) (any, *Error) {
	for _, form := range timeForms {
		if at, err := time.Parse(form, s); err == nil {
			return at.UTC().Format("15:04:05.000Z"), nil
		}
	}
	return nil, errType(f, "time", s)
}

func convertPick(f *Field, s string) (any, *Error) {
	at := slices.IndexFunc(f.Values, func(p PicklistValue) bool { return strings.EqualFold(p.Value, s) })
	if at >= 0 {
		// The stored text is the picklist's own, so that rows share one string.
		return f.Values[at].Value, nil
	}
	if f.Name == "CurrencyIsoCode" {
		return nil, refuse("INVALID_CURRENCY_ISO", fmt.Sprintf("%s: invalid currency code: %s", f.Label, s), f.Name)
	}
	if f.Restricted {
		return nil, refuse("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
			fmt.Sprintf("%s: bad value for restricted picklist field: %s", f.Label, s), f.Name)
	}
	return s, nil
}

func convertReference(f *Field, s string) (any, *Error) {
	id, ok := NormalizeID(s)
	if !ok {
		return nil, errMalformedID(f.Label, s, f.Name)
	}
	return id, nil
}

func convertBool(f *Field, v any) (any, *Error) {
	switch b := v.(type) {
	case bool:
		return b, nil
	case string:
		if parsed, err := strconv.ParseBool(strings.ToLower(b)); err == nil {
			return parsed, nil
		}
	}
	return nil, errType(f, "boolean", v)
}

func toFloat(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int64:
		return float64(n), true
	case int:
		return float64(n), true
	case json.Number:
		x, err := n.Float64()
		return x, err == nil
	case string:
		x, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
		return x, err == nil
	}
	return 0, false
}

func convertInt(f *Field, v any) (any, *Error) {
	x, ok := toFloat(v)
	if !ok || x != math.Trunc(x) {
		return nil, errType(f, "int", v)
	}
	if f.Digits > 0 && math.Abs(x) >= math.Pow10(f.Digits) {
		return nil, errRange(f, v)
	}
	return int64(x), nil
}

func convertNumber(f *Field, v any) (any, *Error) {
	x, ok := toFloat(v)
	if !ok || math.IsNaN(x) || math.IsInf(x, 0) {
		return nil, errType(f, "double", v)
	}
	if f.Precision > 0 && math.Abs(x) >= math.Pow10(f.Precision-f.Scale) {
		return nil, errRange(f, v)
	}
	if f.Scale < 9 {
		unit := math.Pow10(f.Scale)
		x = math.Round(x*unit) / unit
	}
	return x, nil
}

func convertDate(f *Field, v any) (any, *Error) {
	s, ok := v.(string)
	if !ok {
		return nil, errType(f, "date", v)
	}
	if s == "" {
		return nil, nil
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return nil, errType(f, "date", v)
	}
	return s, nil
}

var momentForms = []string{
	"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05", time.DateOnly,
}

// ParseDateTime reads the spellings of a datetime that the API takes: with Z,
// with an offset with or without a colon, with or without a fraction.
func ParseDateTime(s string) (DateTime, bool) {
	if at, ok := plainMoment(s); ok {
		return at, true
	}
	return anyMoment(s)
}

func anyMoment(s string) (DateTime, bool) {
	for _, form := range momentForms {
		if t, err := time.Parse(form, s); err == nil {
			return DateTime(t.UnixMilli()), true
		}
	}
	return 0, false
}

// plainMoment reads the form that the org itself writes, which is nearly every
// moment there is: trying the forms one after another took a sixth of the time in
// which a large org is read from disk.
func plainMoment(s string) (DateTime, bool) {
	const form = "0000-00-00T00:00:00.000+0000"
	if len(s) != len(form) || s[23:] != "+0000" {
		return 0, false
	}
	for i := range 23 {
		if digit := s[i] >= '0' && s[i] <= '9'; digit != (form[i] == '0') || !digit && s[i] != form[i] {
			return 0, false
		}
	}
	number := func(from, to int) (n int) {
		for i := from; i < to; i++ {
			n = n*10 + int(s[i]-'0')
		}
		return n
	}
	month, day, hour, minute, second := number(5, 7), number(8, 10), number(11, 13), number(14, 16), number(17, 19)
	if month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(number(0, 4), time.Month(month)) || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	at := time.Date(number(0, 4), time.Month(month), day, hour, minute, second, number(20, 23)*int(time.Millisecond), time.UTC)
	return DateTime(at.UnixMilli()), true
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func convertMoment(f *Field, v any) (any, *Error) {
	switch m := v.(type) {
	case DateTime:
		return m, nil
	case time.Time:
		return DateTime(m.UnixMilli()), nil
	case string:
		if m == "" {
			return nil, nil
		}
		if at, ok := ParseDateTime(m); ok {
			return at, nil
		}
	}
	return nil, errType(f, "datetime", v)
}

func errType(f *Field, want string, v any) *Error {
	kind := "VALUE_STRING"
	switch v.(type) {
	case bool:
		kind = "VALUE_BOOLEAN"
	case json.Number, float64, int64, int:
		kind = "VALUE_NUMBER"
	case map[string]any:
		kind = "START_OBJECT"
	case []any:
		kind = "START_ARRAY"
	}
	return refuse("JSON_PARSER_ERROR", fmt.Sprintf(
		"Cannot deserialize instance of %s from %s value %v or request may be missing a required field", want, kind, v), f.Name)
}

func errRange(f *Field, v any) *Error {
	return refuse("NUMBER_OUTSIDE_VALID_RANGE", fmt.Sprintf("%s: value outside of valid range on numeric field: %v", f.Label, v), f.Name)
}
