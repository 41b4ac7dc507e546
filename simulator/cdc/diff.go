package cdc

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf8"

	"tidegate/simulator/org"
)

const (
	// diffFrom is the length in characters from which a changed text goes out as what
	// changed in it, where that is short.
	diffFrom    = 1000
	diffContext = 3 // lines around a change
)

// difference returns the unified diff from one text to the next, or false where
// the platform sends the whole text: when it is short, when more than half of
// its length or a quarter of its lines changed, or when the diff is no shorter.
func difference(before, after any) (string, bool) {
	old, okOld := before.(string)
	now, okNow := after.(string)
	if !okOld || !okNow || utf8.RuneCountInString(old) < diffFrom || utf8.RuneCountInString(now) < diffFrom {
		return "", false
	}
	a, b := strings.Split(old, "\n"), strings.Split(now, "\n")
	head := 0
	for head < min(len(a), len(b)) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < min(len(a), len(b))-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	gone, come := a[head:len(a)-tail], b[head:len(b)-tail]
	if 4*max(len(gone), len(come)) > len(b) || 2*max(size(gone), size(come)) > len(now) {
		return "", false
	}
	from := max(0, head-diffContext)
	until := min(len(a), len(a)-tail+diffContext) // in the old text
	sum := sha256.Sum256([]byte(now))
	var d strings.Builder
	fmt.Fprintf(&d, "--- \n+++ %s\n@@ -%d,%d +%d,%d @@", hex.EncodeToString(sum[:]),
		from+1, until-from, from+1, until-from-len(gone)+len(come))
	for _, part := range []struct {
		sign  string
		lines []string
	}{{" ", a[from:head]}, {"-", gone}, {"+", come}, {" ", a[len(a)-tail : until]}} {
		for _, line := range part.lines {
			d.WriteString("\n" + part.sign + line)
		}
	}
	return d.String(), d.Len() < len(now)
}

func size(lines []string) int {
	n := 0
	for _, line := range lines {
		n += len(line) + 1
	}
	return n
}

// appendText appends the new value of a changed text, or what changed in it.
func appendText(dst []byte, c *org.Change, at int) []byte {
	if d, ok := difference(c.Before.At(at), c.After.At(at)); ok {
		return append(org.AppendString(append(dst, `{"diff":`...), d), '}')
	}
	return appendValue(dst, c.After.At(at))
}
