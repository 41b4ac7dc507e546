package soql

import (
	"errors"
	"strings"
	"testing"

	"tidegate/simulator/org"
)

func TestQ1TypeOfTellsAParentByWhatItIs(t *testing.T) {
	o := small(t)
	const query = "SELECT Subject, TYPEOF Who WHEN Contact THEN LastName, Account.Name WHEN Lead THEN Company END FROM Task ORDER BY Subject"
	got, _, err := ask(o, query, false)
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(got), "\n")
	for i, want := range []string{`"Company":"Delta"}}`, `"LastName":"O'Brien","Account":{`} {
		if len(rows) != 2 || !strings.Contains(strings.ReplaceAll(rows[i], `\u0027`, "'"), want) {
			t.Errorf("row %d of %s lacks %s", i, got, want)
		}
	}
	got, _, err = ask(o, "SELECT Id, TYPEOF Who WHEN Lead THEN Company ELSE Name END, TYPEOF What WHEN Account THEN Name END FROM Task WHERE Subject = 'Mail'", false)
	if err != nil || !strings.Contains(got, `"Name":"Ada O`) || !strings.Contains(got, `"What":null}`) {
		t.Errorf("%s %v", got, err)
	}
}

func TestQ1TypeOfRefusals(t *testing.T) {
	o := small(t)
	for _, query := range []string{
		"SELECT TYPEOF Who END FROM Task", "SELECT TYPEOF Who WHEN Contact THEN END FROM Task", "SELECT TYPEOF Who WHEN Contact THEN Name FROM Task",
		"SELECT TYPEOF Owner WHEN User THEN Name END FROM Task", "SELECT TYPEOF Who WHEN Account THEN Name END FROM Task",
		"SELECT TYPEOF Who WHEN Contact THEN Nope END FROM Task", "SELECT TYPEOF Who WHEN Contact THEN Name ELSE Company END FROM Task WHERE", "SELECT TYPEOF Nobody WHEN Contact THEN Name END FROM Task",
		"SELECT TYPEOF Who WHEN Contact THEN Name END, COUNT(Id) FROM Task GROUP BY WhoId",
	} {
		_, _, err := ask(o, query, false)
		var refused *org.Error
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", query, err)
		}
	}
	parsed, err := Parse("SELECT TYPEOF Who WHEN Contact THEN Name END FROM Task")
	if err != nil || parsed.ForBulk() == nil {
		t.Errorf("a bulk query took TYPEOF (%v)", err)
	}
}
