package org

import "strings"

const (
	base62   = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	checksum = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	// pod stands in characters 4 to 6 of every id that this org gives out.
	pod = "dG0"
)

// newID makes the 18-character id of the n-th record of a key prefix.
func newID(prefix string, n uint64) string {
	var b [15]byte
	copy(b[:], prefix)
	copy(b[3:], pod)
	for i := 14; i >= 6; i-- {
		b[i] = base62[n%62]
		n /= 62
	}
	return string(b[:]) + suffix(string(b[:]))
}

// suffix computes the three checksum characters of a 15-character id: for
// each group of five, bit j is set when the j-th character is an upper-case
// letter.
func suffix(id15 string) string {
	var out [3]byte
	for g := range 3 {
		bits := 0
		for j := range 5 {
			if c := id15[g*5+j]; c >= 'A' && c <= 'Z' {
				bits |= 1 << j
			}
		}
		out[g] = checksum[bits]
	}
	return string(out[:])
}

// NormalizeID returns the 18-character form of a 15- or 18-character id. It
// returns false for anything that is not an id, a wrong checksum included.
func NormalizeID(id string) (string, bool) {
	if len(id) != 15 && len(id) != 18 {
		return "", false
	}
	for i := range 15 {
		if strings.IndexByte(base62, id[i]) < 0 {
			return "", false
		}
	}
	want := id[:15] + suffix(id[:15])
	if len(id) == 18 && !strings.EqualFold(id[15:], want[15:]) {
		return "", false
	}
	return want, true
}

// MakeID gives the n-th id of a key prefix to those who number things that are
// not records, such as query cursors.
func MakeID(prefix string, n uint64) string { return newID(prefix, n) }
