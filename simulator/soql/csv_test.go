package soql

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMomentsOfBulkResultsAreWrittenAsTheLayoutSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// From before the year 0 to behind 9999.
		at := time.UnixMilli(rapid.Int64Range(-70_000_000_000_000, 260_000_000_000_000).Draw(t, "ms")).UTC()
		if got, want := string(appendMoment(nil, at)), at.Format("2006-01-02T15:04:05.000Z"); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}
