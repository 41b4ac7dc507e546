package gateway

import (
	"strconv"
	"strings"
)

// maxExponent bounds how many zeros a number such as 1e400 may be written out
// with; Salesforce numbers have at most 18 digits.
const maxExponent = 64

// splitNumber reads a JSON number as sign, digits and power of ten.
func splitNumber(text string) (neg bool, digits string, exp int, ok bool) {
	if strings.HasPrefix(text, "-") {
		neg, text = true, text[1:]
	}
	mantissa := text
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		e, err := strconv.Atoi(strings.TrimPrefix(text[i+1:], "+"))
		if err != nil || e > maxExponent || e < -maxExponent {
			return false, "", 0, false
		}
		mantissa, exp = text[:i], e
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits = whole + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return false, "", 0, false
	}
	return neg, digits, exp - len(fraction), true
}

// trimZeros removes zeros that carry no information from both ends.
func trimZeros(digits string, exp int) (string, int) {
	digits = strings.TrimLeft(digits, "0")
	trimmed := strings.TrimRight(digits, "0")
	return trimmed, exp + len(digits) - len(trimmed)
}

// plainDecimal writes digits × 10^exp without an exponent.
func plainDecimal(digits string, exp int) string {
	if exp >= 0 {
		return digits + strings.Repeat("0", exp)
	}
	point := len(digits) + exp
	if point <= 0 {
		return "0." + strings.Repeat("0", -point) + digits
	}
	return digits[:point] + "." + digits[point:]
}
