package soql

import (
	"strings"
	"time"
)

// rangeNames are the date literals; true marks those with :n.
var rangeNames = map[string]bool{
	"TODAY": false, "YESTERDAY": false, "TOMORROW": false, "LAST_90_DAYS": false, "NEXT_90_DAYS": false,
	"THIS_WEEK": false, "LAST_WEEK": false, "NEXT_WEEK": false,
	"THIS_MONTH": false, "LAST_MONTH": false, "NEXT_MONTH": false,
	"THIS_QUARTER": false, "LAST_QUARTER": false, "NEXT_QUARTER": false,
	"THIS_YEAR": false, "LAST_YEAR": false, "NEXT_YEAR": false,
	"LAST_N_DAYS": true, "NEXT_N_DAYS": true, "N_DAYS_AGO": true,
}

// span returns the days [from, to) that a date literal covers, at UTC
// midnights. Weeks begin on Sunday, as in the en_US locale.
func span(name string, n int, now time.Time) (from, to time.Time) {
	now = now.UTC()
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	days := func(a, b int) (time.Time, time.Time) { return today.AddDate(0, 0, a), today.AddDate(0, 0, b) }
	switch name {
	case "TODAY":
		return days(0, 1)
	case "YESTERDAY":
		return days(-1, 0)
	case "TOMORROW":
		return days(1, 2)
	case "LAST_90_DAYS":
		return days(-90, 1)
	case "NEXT_90_DAYS":
		return days(1, 91)
	case "LAST_N_DAYS":
		return days(-n, 1) // today included
	case "NEXT_N_DAYS":
		return days(1, n+1)
	case "N_DAYS_AGO":
		return days(-n, -n+1)
	}
	which, unit, _ := strings.Cut(name, "_")
	step := map[string]int{"LAST": -1, "THIS": 0, "NEXT": 1}[which]
	month := func(m time.Month) time.Time { return time.Date(now.Year(), m, 1, 0, 0, 0, 0, time.UTC) }
	switch unit {
	case "WEEK":
		sunday := -int(today.Weekday()) + 7*step
		return days(sunday, sunday+7)
	case "MONTH":
		from = month(now.Month()).AddDate(0, step, 0)
		return from, from.AddDate(0, 1, 0)
	case "QUARTER":
		from = month((now.Month()-1)/3*3+1).AddDate(0, 3*step, 0)
		return from, from.AddDate(0, 3, 0)
	}
	from = month(time.January).AddDate(step, 0, 0)
	return from, from.AddDate(1, 0, 0)
}
