package salesforce

import (
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// F-64: whatever the skew, and however long answers take, it is measured to
// less than a second, and never worse with more answers; a clock that is set is
// followed.
func TestSkewIsMeasuredOnTheAnswers_F64(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s skew
		now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		measure := func(skewed time.Duration) {
			n := rapid.IntRange(1, 30).Draw(t, "answers")
			slow := time.Duration(0)
			for range n {
				now = now.Add(time.Duration(rapid.IntRange(1, 5000).Draw(t, "gap")) * time.Millisecond)
				took := time.Duration(rapid.IntRange(1, 400).Draw(t, "took")) * time.Millisecond
				slow = max(slow, took)
				written := now.Add(time.Duration(rapid.Float64Range(0, 1).Draw(t, "within") * float64(took))).Add(skewed)
				h := http.Header{"Date": {written.UTC().Format(http.TimeFormat)}}
				s.note(h, now, now.Add(took))
				now = now.Add(took)
			}
			if off := (s.ahead() - skewed).Abs(); off > 500*time.Millisecond+slow {
				t.Fatalf("measured %v for %v after %d answers", s.ahead(), skewed, n)
			}
		}
		measure(time.Duration(rapid.IntRange(-600_000, 600_000).Draw(t, "skew")) * time.Millisecond)
		now = now.Add(forgetSkew + time.Second)
		measure(time.Duration(rapid.IntRange(-600_000, 600_000).Draw(t, "later")) * time.Millisecond)
	})
}

func TestAnswersWithoutDateMeasureNothing_F64(t *testing.T) {
	var s skew
	now := time.Now()
	s.note(http.Header{}, now, now)
	s.note(http.Header{"Date": {"yesterday"}}, now, now)
	if s.ahead() != 0 {
		t.Errorf("ahead %v", s.ahead())
	}
}
