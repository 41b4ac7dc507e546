package org

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// restMoment is how the REST API prints datetimes: milliseconds and an offset
// without a colon.
const restMoment = "2006-01-02T15:04:05.000-0700"

// String prints the instant as the REST API does.
func (d DateTime) String() string { return d.Time().Format(restMoment) }

// Time is the instant in UTC.
func (d DateTime) Time() time.Time { return time.UnixMilli(int64(d)).UTC() }

// AppendValue appends a field value in the REST API's JSON: datetimes as
// "2026-05-01T07:25:37.000+0000", doubles with a decimal point, ints without.
func AppendValue(dst []byte, v any) []byte {
	switch x := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, x)
	case int64:
		return strconv.AppendInt(dst, x, 10)
	case float64:
		return appendDouble(dst, x)
	case DateTime:
		dst = append(dst, '"')
		dst = x.Time().AppendFormat(dst, restMoment)
		return append(dst, '"')
	case string:
		return AppendString(dst, x)
	case Raw:
		return append(dst, x...)
	}
	return append(dst, "null"...)
}

// appendDouble keeps a decimal point, and writes no exponent below 10^15,
// where a real org does not either.
func appendDouble(dst []byte, x float64) []byte {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.AppendFloat(dst, x, 'f', 1, 64)
	}
	return strconv.AppendFloat(dst, x, 'f', -1, 64)
}

// AppendString appends s as a JSON string.
func AppendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(s)
			if err != nil {
				return append(dst, `""`...)
			}
			return append(dst, quoted...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// AppendField appends the value of the i-th field of the record; an address is
// put together from its parts, null when all of them are empty.
func AppendField(dst []byte, r Record, f *Field) []byte {
	if !f.IsCompound() {
		return AppendValue(dst, r.Value(f.Name))
	}
	if f.Type == TypeLocation {
		return appendLocation(dst, r, f)
	}
	start := len(dst)
	dst = append(dst, '{')
	empty := true
	for _, part := range []struct{ key, part string }{
		{"city", "City"},
		{"country", "Country"},
		{"geocodeAccuracy", "GeocodeAccuracy"},
		{"latitude", "Latitude"},
		{"longitude", "Longitude"},
		{"postalCode", "PostalCode"},
		{"state", "State"},
		{"street", "Street"},
	} {
		v := r.Value(prefixOf(f.Name) + part.part)
		empty = empty && v == nil
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), part.key...), `":`...)
		dst = AppendValue(dst, v)
	}
	if empty {
		return append(dst[:start], "null"...)
	}
	return append(dst, '}')
}

func appendLocation(dst []byte, r Record, f *Field) []byte {
	latitude, longitude := locationParts(f.Name)
	if r.Value(latitude) == nil && r.Value(longitude) == nil {
		return append(dst, "null"...)
	}
	dst = AppendValue(append(dst, `{"latitude":`...), r.Value(latitude))
	dst = AppendValue(append(dst, `,"longitude":`...), r.Value(longitude))
	return append(dst, '}')
}

// locationParts are the fields that a geolocation field is made of.
func locationParts(name string) (latitude, longitude string) {
	base := strings.TrimSuffix(name, "__c")
	return base + "__Latitude__s", base + "__Longitude__s"
}

func prefixOf(compound string) string { return compound[:len(compound)-len("Address")] }
