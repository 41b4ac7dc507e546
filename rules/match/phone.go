package match

import (
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"tidegate/gateway"
)

// phoneFields are the fields of people that hold a number to know them by.
var phoneFields = [...]string{"MobilePhone", "Phone", "HomePhone", "OtherPhone"}

// defaultRegion stands in where nobody said in which country numbers without a
// country code are.
const defaultRegion = "US"

// Region returns the region of a setting ("GB") or of a locale ("en_GB"), as
// phone numbers know it; false for one that they do not know.
func Region(text string) (string, bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	if i := strings.LastIndexAny(text, "_-"); i >= 0 {
		text = text[i+1:]
	}
	return text, phonenumbers.GetCountryCodeForRegion(text) != 0
}

// Regions returns the first of these that names a region, else the default one.
func Regions(choices ...string) string {
	for _, text := range choices {
		if region, ok := Region(text); ok {
			return region
		}
	}
	return defaultRegion
}

// E164 returns a number as the whole world dials it ("+442079460018"), without
// its extension; false for what is no number. One without a country code is of
// the region.
func E164(text, region string) (string, bool) {
	n, err := phonenumbers.Parse(text, region)
	if err != nil || !phonenumbers.IsPossibleNumber(n) {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// SamePhone reports whether two notations are of one number. What cannot be
// dialed is the same where its digits are.
func SamePhone(a, b, region string) bool {
	wa, oka := E164(a, region)
	wb, okb := E164(b, region)
	if oka && okb {
		return wa == wb
	}
	return oka == okb && digits(a) != "" && digits(a) == digits(b)
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}

// called returns those records that have a number in any of their phone fields,
// or in the one that is chosen of their object.
func called(records []gateway.Record, number, region, chosen string) []gateway.Record {
	names := phoneFields[:]
	if _, field, ok := strings.Cut(chosen, "."); ok {
		names = []string{field}
	}
	return slices.DeleteFunc(slices.Clone(records), func(r gateway.Record) bool {
		for _, name := range names {
			if v := r.Fields[name]; !v.Empty() && SamePhone(v.String(), number, region) {
				return false
			}
		}
		return true
	})
}
