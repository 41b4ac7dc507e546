package soql

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/simulator/org"
)

// small is an org with a handful of records that the queries below are about.
func small(t testing.TB) *org.Org {
	t.Helper()
	now := time.Date(2026, 5, 13, 12, 0, 0, 0, time.UTC) // a Wednesday
	o := org.New(org.Config{Now: func() time.Time { return now }})
	ids := map[string]string{}
	make := func(key, object string, values map[string]any) {
		for name, v := range values {
			if s, ok := v.(string); ok && strings.HasPrefix(s, "@") {
				values[name] = ids[s[1:]]
			}
		}
		if _, err := o.Transact(org.Caller{}, func(tx *org.Tx) error {
			id, refused := tx.Create(object, values)
			ids[key] = id
			if refused != nil {
				return refused
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	make("acme", "Account", map[string]any{"Name": "Acme", "Industry": "Energy", "NumberOfEmployees": 100, "AnnualRevenue": 1000.0})
	make("bolt", "Account", map[string]any{"Name": "bolt 100%", "Industry": "Energy", "NumberOfEmployees": 50})
	make("core", "Account", map[string]any{"Name": "Core_Inc", "NumberOfEmployees": 7})
	make("ada", "Contact", map[string]any{"LastName": "O'Brien", "FirstName": "Ada", "AccountId": "@acme", "Email": "ada@people.example", "Birthdate": "1990-01-02"})
	make("ben", "Contact", map[string]any{"LastName": "Moser", "FirstName": "Ben", "AccountId": "@acme"})
	make("cleo", "Contact", map[string]any{"LastName": "Keller", "FirstName": "Cleo", "DoNotCall": true})
	make("lead", "Lead", map[string]any{"LastName": "Lang", "Company": "Delta"})
	make("deal", "Opportunity", map[string]any{"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-05-20", "Amount": 10.5, "AccountId": "@acme"})
	make("late", "Opportunity", map[string]any{"Name": "Late", "StageName": "Closed Won", "CloseDate": "2026-04-30", "AccountId": "@bolt"})
	make("t1", "Task", map[string]any{"Subject": "Call", "WhoId": "@lead"})
	make("t2", "Task", map[string]any{"Subject": "Mail", "WhoId": "@ada"})
	if _, err := o.Transact(org.Caller{}, func(tx *org.Tx) error {
		if refused := tx.Delete("Contact", ids["cleo"]); refused != nil {
			return refused
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return o
}

func ask(o *org.Org, statement string, all bool) (string, int, error) {
	q, err := Parse(statement)
	if err != nil {
		return "", 0, err
	}
	var out []byte
	total := 0
	o.Read(func(v org.View) {
		var res *Result
		if res, err = Run(v, q, all); err != nil {
			return
		}
		total = res.Total
		for i := range res.Len() {
			out = append(res.AppendRow(out, v, "", i), '\n')
		}
	})
	return string(out), total, err
}

// firsts are the values of the first selected field, joined.
func firsts(t *testing.T, rows, field string) string {
	t.Helper()
	var list []string
	for line := range strings.Lines(rows) {
		var row map[string]any
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		list = append(list, fmt.Sprint(row[field]))
	}
	return strings.Join(list, ",")
}

func TestQ2ConditionsSelectTheRecords(t *testing.T) {
	o := small(t)
	for where, want := range map[string]string{
		"Account WHERE Name = 'acme'":                                                      "Acme",
		"Account WHERE Name != 'acme'":                                                     "bolt 100%,Core_Inc",
		"Account WHERE NOT Name = 'acme'":                                                  "bolt 100%,Core_Inc",
		"Account WHERE NumberOfEmployees >= 50 AND Industry = 'Energy'":                    "Acme,bolt 100%",
		"Account WHERE (Name = 'Acme' OR Name = 'Core_Inc') AND NumberOfEmployees < 50":    "Core_Inc",
		"Account WHERE Industry = null":                                                    "Core_Inc",
		"Account WHERE Industry != null":                                                   "Acme,bolt 100%",
		"Account WHERE Industry != 'Energy'":                                               "Core_Inc",
		"Account WHERE AnnualRevenue > 10":                                                 "Acme",
		`Account WHERE Name LIKE '%\%'`:                                                    "bolt 100%",
		`Account WHERE Name LIKE 'Core\_I%'`:                                               "Core_Inc",
		"Account WHERE Name LIKE '_cme'":                                                   "Acme",
		"Account WHERE Name IN ('Acme', 'Core_Inc')":                                       "Acme,Core_Inc",
		"Account WHERE Name NOT IN ('Acme','Core_Inc')":                                    "bolt 100%",
		"Account WHERE Name IN ('a','b','c','Acme')":                                       "Acme",
		`Contact WHERE LastName = 'O\'Brien'`:                                              "Ada O'Brien",
		`Contact WHERE Name = 'x\' OR Name != \''`:                                         "",
		"Contact WHERE Account.Name = 'Acme' ORDER BY Name DESC":                           "Ben Moser,Ada O'Brien",
		"Contact WHERE Birthdate = 1990-01-02":                                             "Ada O'Brien",
		"Contact WHERE Email = 'ADA@people.example'":                                       "Ada O'Brien",
		"Contact WHERE DoNotCall = true":                                                   "",
		"Contact WHERE CreatedDate = TODAY ORDER BY FirstName LIMIT 1":                     "Ada O'Brien",
		"Contact WHERE CreatedDate >= 2026-05-13T12:00:00Z ORDER BY FirstName":             "Ada O'Brien,Ben Moser",
		"Contact WHERE SystemModstamp > 2026-05-13T14:00:00+02:00":                         "",
		"Contact WHERE AccountId IN (SELECT AccountId FROM Opportunity) ORDER BY Email":    "Ben Moser,Ada O'Brien",
		"Contact ORDER BY Email DESC NULLS FIRST":                                          "Ben Moser,Ada O'Brien",
		"Contact c WHERE c.FirstName = 'Ada'":                                              "Ada O'Brien",
		"Contact ORDER BY Id LIMIT 1 OFFSET 1":                                             "Ben Moser",
		"Opportunity WHERE CloseDate = THIS_MONTH":                                         "Deal",
		"Opportunity WHERE CloseDate = LAST_MONTH":                                         "Late",
		"Opportunity WHERE CloseDate = LAST_N_DAYS:14":                                     "Late",
		"Opportunity WHERE CloseDate = NEXT_WEEK":                                          "Deal",
		"Opportunity WHERE CloseDate < TODAY AND IsWon = true":                             "Late",
		"Opportunity WHERE CloseDate >= N_DAYS_AGO:3":                                      "Deal",
		"Opportunity WHERE Account.Owner.Name = 'Integration Admin' AND Amount = 10.5":     "Deal",
		"Opportunity WHERE Account.Owner.Username LIKE 'admin%' AND StageName LIKE 'Clo%'": "Late",
	} {
		rows, _, err := ask(o, "SELECT Name FROM "+where, false)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		if got := firsts(t, rows, "Name"); got != want {
			t.Errorf("%s: %q, want %q", where, got, want)
		}
	}
}

func TestQ1Q4AnswersHaveTheShapeOfThePlatform(t *testing.T) {
	o := small(t)
	for statement, want := range map[string]string{
		"SELECT FirstName, Account.Name, Account.Owner.Alias FROM Contact WHERE FirstName = 'Ada'":                      `"FirstName":"Ada","Account":{"attributes":{"type":"Account","url":"`,
		"SELECT Name, Account.Name FROM Contact WHERE FirstName = 'Cleo'":                                               `"Account":null`,
		"SELECT Subject, Who.Name, Who.Type FROM Task WHERE Who.Type = 'Lead'":                                          `"Who":{"attributes":{"type":"Lead","url":"/sobjects/Lead/00Q`,
		"SELECT COUNT(Id) FROM Contact":                                                                                 `{"attributes":{"type":"AggregateResult"},"expr0":3}`,
		"SELECT Industry i, COUNT(Id) n, MAX(NumberOfEmployees) FROM Account GROUP BY Industry ORDER BY COUNT(Id) DESC": `{"attributes":{"type":"AggregateResult"},"i":"Energy","n":2,"expr0":100}`,
		"SELECT SUM(NumberOfEmployees), AVG(AnnualRevenue), MIN(Name) FROM Account":                                     `"expr0":157,"expr1":1000.0,"expr2":"Acme"`,
		"SELECT Industry FROM Account GROUP BY Industry HAVING COUNT(Id) > 1":                                           "!",
		"SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account WHERE Name = 'Acme'":               `"Contacts":{"totalSize":2,"done":true,"records":[{"attributes":`,
		"SELECT Name, (SELECT Id FROM Contacts) FROM Account WHERE Name = 'Core_Inc'":                                   `"Contacts":null`,
		"SELECT FIELDS(CUSTOM) FROM Account WHERE Name = 'Acme' LIMIT 1":                                                `"Region__c":null,"Tidegate_Id__c":null`,
		"SELECT Amount, CloseDate, CreatedDate, IsWon FROM Opportunity WHERE Name = 'Deal'":                             `"Amount":10.5,"CloseDate":"2026-05-20","CreatedDate":"2026-05-13T12:00:00.000+0000","IsWon":false`,
	} {
		rows, _, err := ask(o, statement, true)
		if want == "!" {
			if err == nil {
				t.Errorf("%s: was answered %s", statement, rows)
			}
			continue
		}
		if err != nil || !strings.Contains(rows, want) {
			t.Errorf("%s:\n%s (%v)\nlacks %s", statement, rows, err, want)
		}
	}
}

func TestQ4DeletedRecordsAreOnlySeenByQueryAll(t *testing.T) {
	o := small(t)
	for all, want := range map[bool]int{false: 2, true: 3} {
		if _, n, err := ask(o, "SELECT COUNT() FROM Contact", all); err != nil || n != want {
			t.Errorf("all=%v: %d, %v; want %d", all, n, err, want)
		}
	}
}

func TestQ5BadStatementsAreRefusedWithTheirCode(t *testing.T) {
	o := small(t)
	for statement, code := range map[string]string{
		"":                             "MALFORMED_QUERY",
		"SELECT":                       "MALFORMED_QUERY",
		"SELECT Id":                    "MALFORMED_QUERY",
		"SELECT Id FROM":               "MALFORMED_QUERY",
		"SELECT Id, FROM Contact":      "MALFORMED_QUERY",
		"SELECT * FROM Contact":        "MALFORMED_QUERY",
		"SELECT Id FROM Contact WHERE": "MALFORMED_QUERY",
		"SELECT Id FROM Contact WHERE Name = 'a' AND Name = 'b' OR Name = 'c'": "MALFORMED_QUERY",
		"SELECT Id FROM Contact WHERE Name = 'a":                               "MALFORMED_QUERY",
		`SELECT Id FROM Contact WHERE Name = '\q'`:                             "MALFORMED_QUERY",
		"SELECT Id FROM Contact LIMIT x":                                       "MALFORMED_QUERY",
		"SELECT Id FROM Contact; DELETE":                                       "MALFORMED_QUERY",
		"SELECT Id FROM Contact LIMIT 1 Id":                                    "MALFORMED_QUERY",
		"SELECT FIELDS(ALL) FROM Contact":                                      "MALFORMED_QUERY",
		"SELECT Id FROM ContentDocumentLink":                                   "MALFORMED_QUERY",
		"SELECT Name, COUNT(Id) FROM Contact":                                  "MALFORMED_QUERY",
		"SELECT Id FROM Contact OFFSET 2001":                                   "NUMBER_OUTSIDE_VALID_RANGE",
		"SELECT Id FROM Nothing":                                               "INVALID_TYPE",
		"SELECT Id, (SELECT Id FROM Nothings) FROM Account":                    "INVALID_TYPE",
		"SELECT Nope FROM Contact":                                             "INVALID_FIELD",
		"SELECT Account.Nope FROM Contact":                                     "INVALID_FIELD",
		"SELECT Nope.Name FROM Contact":                                        "INVALID_FIELD",
		"SELECT Id FROM Contact WHERE Nope = 1":                                "INVALID_FIELD",
		"SELECT Id FROM Contact ORDER BY Nope":                                 "INVALID_FIELD",
		"SELECT Id FROM Contact WHERE Description = 'x'":                       "INVALID_FIELD",
		"SELECT Id FROM Contact WHERE LastName = 5":                            "INVALID_FIELD",
		"SELECT Id FROM Contact WHERE DoNotCall = 'true'":                      "INVALID_FIELD",
		"SELECT Id FROM Opportunity WHERE Amount = '5'":                        "INVALID_FIELD",
		"SELECT Id FROM Opportunity WHERE CloseDate = 2026-05-20T00:00:00Z":    "INVALID_FIELD",
		"SELECT Id FROM Contact WHERE CreatedDate = 2026-05-20":                "INVALID_FIELD",
		"SELECT Id FROM Contact WHERE Id = 'nonsense'":                         "INVALID_QUERY_FILTER_OPERATOR",
	} {
		_, _, err := ask(o, statement, false)
		var refused *org.Error
		if !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("%q: %v, want %s", statement, err, code)
		}
	}
}

func TestQ3DateLiteralsCoverTheirDays(t *testing.T) {
	now := time.Date(2026, 5, 13, 23, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		name     string
		n        int
		from, to string
	}{
		{"TODAY", 0, "2026-05-13", "2026-05-14"},
		{"YESTERDAY", 0, "2026-05-12", "2026-05-13"},
		{"THIS_WEEK", 0, "2026-05-10", "2026-05-17"},
		{"LAST_WEEK", 0, "2026-05-03", "2026-05-10"},
		{"LAST_MONTH", 0, "2026-04-01", "2026-05-01"},
		{"NEXT_QUARTER", 0, "2026-07-01", "2026-10-01"},
		{"THIS_YEAR", 0, "2026-01-01", "2027-01-01"},
		{"LAST_N_DAYS", 7, "2026-05-06", "2026-05-14"},
		{"NEXT_N_DAYS", 2, "2026-05-14", "2026-05-16"},
		{"N_DAYS_AGO", 1, "2026-05-12", "2026-05-13"},
	} {
		from, to := span(c.name, c.n, now)
		if got := []string{from.Format(time.DateOnly), to.Format(time.DateOnly)}; !slices.Equal(got, []string{c.from, c.to}) {
			t.Errorf("%s: %v, want %s to %s", c.name, got, c.from, c.to)
		}
	}
}

func FuzzParseAnswersOrRefuses(f *testing.F) {
	for _, seed := range []string{
		"SELECT Id, Account.Name FROM Contact WHERE Name LIKE 'a%' AND (NOT Email = null) ORDER BY Id NULLS LAST LIMIT 5 OFFSET 1",
		"SELECT COUNT(Id) n FROM Account GROUP BY Industry HAVING COUNT(Id) > 1",
		`SELECT Id FROM Contact WHERE Name = '\u00e9\'' AND CreatedDate = LAST_N_DAYS:3`,
		"SELECT Id, (SELECT Id FROM Contacts) FROM Account WHERE Id IN (SELECT AccountId FROM Contact)",
		"SELECT FIELDS(ALL) FROM Account a USING SCOPE mine WHERE a.Name > 'x' LIMIT 200 FOR VIEW ALL ROWS",
	} {
		f.Add(seed)
	}
	o := small(f)
	f.Fuzz(func(t *testing.T, statement string) {
		rows, _, err := ask(o, statement, false)
		var refused *org.Error
		if err != nil && !errors.As(err, &refused) {
			t.Fatalf("%q: %v is not a refusal", statement, err)
		}
		for line := range strings.Lines(rows) {
			if !json.Valid([]byte(line)) {
				t.Fatalf("%q answered %s", statement, line)
			}
		}
	})
}
