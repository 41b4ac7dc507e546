package org

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// The org's own spelling of a moment is read by a way of its own, which must say
// what the common one says, also of what is no moment.
func TestOwnMomentsAreReadAsAllOthers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := func(most int) int { return rapid.IntRange(0, most).Draw(t, "part") }
		text := fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03d+0000", part(9999), part(14), part(33), part(25), part(61), part(61), part(999))
		if at := part(3 * len(text)); at < len(text) { // one in three is spoiled
			text = text[:at] + rapid.SampledFrom([]string{"", " ", "x", "-", ":"}).Draw(t, "spoil") + text[at+1:]
		}
		got, ok := ParseDateTime(text)
		if want, known := anyMoment(text); ok != known || got != want {
			t.Fatalf("%s is %v %v, want %v %v", text, got, ok, want, known)
		}
	})
}
