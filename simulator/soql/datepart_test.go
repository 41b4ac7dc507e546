package soql

import (
	"errors"
	"strings"
	"testing"

	"tidegate/simulator/org"
)

func TestQ3DateFunctionsGroupAndFilter(t *testing.T) {
	o := small(t)
	for _, row := range []struct{ statement, want string }{
		{
			"SELECT DAY_ONLY(SystemModstamp) day, COUNT(Id) n FROM Contact GROUP BY DAY_ONLY(SystemModstamp)",
			`{"attributes":{"type":"AggregateResult"},"day":"2026-05-13","n":2}`,
		},
		{
			"SELECT CALENDAR_MONTH(CloseDate), SUM(Amount) FROM Opportunity o GROUP BY calendar_month(o.CloseDate) ORDER BY CALENDAR_MONTH(CloseDate)",
			`{"attributes":{"type":"AggregateResult"},"expr0":4,"expr1":null},{"attributes":{"type":"AggregateResult"},"expr0":5,"expr1":10.5}`,
		},
		{
			"SELECT CALENDAR_YEAR(a.CreatedDate), COUNT(Id) FROM Account a GROUP BY CALENDAR_YEAR(a.CreatedDate)",
			`{"attributes":{"type":"AggregateResult"},"expr0":2026,"expr1":3}`,
		},
		{"SELECT COUNT(Id) n FROM Contact WHERE DAY_ONLY(CreatedDate) = 2026-05-13", `{"attributes":{"type":"AggregateResult"},"n":2}`},
		{"SELECT COUNT(Id) n FROM Contact WHERE DAY_ONLY(CreatedDate) < TODAY", `{"attributes":{"type":"AggregateResult"},"n":0}`},
		{"SELECT COUNT(Id) n FROM Opportunity WHERE CALENDAR_MONTH(CloseDate) IN (4, 6)", `{"attributes":{"type":"AggregateResult"},"n":1}`},
		{"SELECT COUNT(Id) n FROM Contact WHERE Account.Name = 'Acme' AND HOUR_IN_DAY(Account.CreatedDate) = 12", `{"attributes":{"type":"AggregateResult"},"n":2}`},
	} {
		got, _, err := ask(o, row.statement, false)
		got = strings.ReplaceAll(strings.TrimSpace(got), "\n", ",")
		if err != nil || got != row.want {
			t.Errorf("%s: %s, %v", row.statement, got, err)
		}
	}
}

func TestQ3DateFunctionsRefuse(t *testing.T) {
	o := small(t)
	for _, statement := range []string{
		"SELECT DAY_ONLY(CreatedDate) FROM Contact", "SELECT COUNT(Id) FROM Contact WHERE DAY_ONLY(LastName) = 2026-05-13",
		"SELECT COUNT(Id) FROM Contact GROUP BY DAY_ONLY(Birthdate)", "SELECT COUNT(Id) FROM Contact GROUP BY COUNT(Id)",
		"SELECT COUNT(Id) FROM Contact GROUP BY DAY_ONLY()", "SELECT COUNT(Id) FROM Contact WHERE CALENDAR_YEAR(CreatedDate) = '2026'",
		"SELECT COUNT(Id) FROM Contact WHERE WEEK_OF(CreatedDate) = 3",
	} {
		_, _, err := ask(o, statement, false)
		var refused *org.Error
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", statement, err)
		}
	}
}
