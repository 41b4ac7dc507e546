package formula

import (
	"strings"
	"testing"
	"time"
)

type record struct {
	now, prior map[string]any
	made       bool
}

func (r record) Value(field string) any { return r.now[field] }

func (r record) Prior(field string) any {
	if r.made {
		return r.now[field]
	}
	return r.prior[field]
}

func (r record) New() bool      { return r.made }
func (r record) Now() time.Time { return time.Date(2026, 5, 31, 15, 0, 0, 0, time.UTC) }

func date(y int, m time.Month, d int) Date { return Date{time.Date(y, m, d, 0, 0, 0, 0, time.UTC)} }

var deal = record{
	now: map[string]any{
		"Name": "Atlas", "Amount": 5000.0, "StageName": "Closed Won", "CloseDate": date(2026, 6, 1), "IsPrivate": false, "NextStep": nil,
		"Phone": "+1 212 555 0100", "Discount__c": nil, "Kinds__c": "New;Renewal",
	},
	prior: map[string]any{"Name": "Atlas", "Amount": 4000.0, "StageName": "Negotiation"},
}

func has(name string) string {
	for field := range deal.now {
		if strings.EqualFold(field, name) {
			return field
		}
	}
	return ""
}

func TestFormulasHoldOrNot(t *testing.T) {
	tests := []struct {
		formula string
		want    bool
	}{
		{`TRUE`, true},
		{`Amount > 4999.5 && Amount <= 5000`, true},
		{`amount < 5000 || isprivate`, false},
		{`AND(ISPICKVAL(StageName, "Closed Won"), ISBLANK(NextStep))`, true},
		{`AND(ISCHANGED(StageName), TEXT(PRIORVALUE(StageName)) = "Negotiation")`, true},
		{`ISCHANGED(Name)`, false},
		{`ISNEW()`, false},
		{`NOT(ISNEW()) && !IsPrivate`, true},
		{`CloseDate < TODAY()`, false},
		{`CloseDate - TODAY() = 1`, true},
		{`TODAY() + 1 = CloseDate`, true},
		{`YEAR(CloseDate) * 100 + MONTH(CloseDate) = 202606`, true},
		{`Discount__c > 10`, false},
		{`Discount__c <> 10`, true},
		{`BLANKVALUE(Discount__c, 0) = 0`, true},
		{`LEN(Name) = 5 & ""`, false},
		{`CONTAINS(Name, "tla") && BEGINS(Name, "At")`, true},
		{`LEFT(Name, 2) & RIGHT(Name, 2) = "Atas"`, true},
		{`MID(Name, 2, 3) = "tla"`, true},
		{`FIND("a", Name) = 4`, true},
		{`REGEX(Phone, "\\+[0-9 ]+")`, true},
		{`NOT(REGEX(Phone, "[0-9]{10}"))`, true},
		{`IF(Amount > 1000, "big", "small") == 'big'`, true},
		{`CASE(StageName, "Prospecting", 1, "Closed Won", 2, 0) = 2`, true},
		{`INCLUDES(Kinds__c, "Renewal")`, true},
		{`/* a comment */ Amount / 0 > 1`, false},
		{`-Amount + 2 ^ 3 * 2 = -4984`, true},
		{`ROUND(10 / 3, 2) = 3.33 && MOD(7, 2) = 1 && MAX(1, 3, 2) = 3`, true},
		{`PRIORVALUE(Amount) * 1.2 < Amount`, true},
	}
	for _, tt := range tests {
		f, err := Parse(tt.formula, has)
		if err != nil {
			t.Errorf("%s: %v", tt.formula, err)
			continue
		}
		if got, err := f.True(deal); err != nil || got != tt.want {
			t.Errorf("%s is %v, %v", tt.formula, got, err)
		}
	}
	made := deal
	made.made = true
	f, err := Parse(`ISNEW() && NOT(ISCHANGED(Amount)) && PRIORVALUE(Amount) = Amount`, has)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.True(made); !got || err != nil {
		t.Errorf("of a new record: %v, %v", got, err)
	}
}

// What is not understood is said, never taken for something else.
func TestWhatIsNotUnderstoodIsSaid(t *testing.T) {
	for formula, want := range map[string]string{
		`Account.Industry = "Energy"`:     "Account.Industry is not of the record itself",
		`$Profile.Name = "Sales"`:         "$Profile.Name is not of the record itself",
		`VLOOKUP($ObjectType.A__c, 1, 2)`: "VLOOKUP is not understood",
		`Region__c = "x"`:                 "there is no field Region__c",
		`AND(TRUE`:                        `"the end" stands between`,
		`(TRUE`:                           "where a bracket closes",
		`LEFT(Name)`:                      "LEFT has 1 arguments",
		`Name = "open`:                    "a text does not end",
		`Amount # 3`:                      `'#' is no part of a formula`,
		`TRUE TRUE`:                       `"TRUE" is not expected`,
		``:                                "ends too early",
		`ISCHANGED("Name")`:               "takes one field", `ISCHANGED(Nothing)`: "there is no field",
		`ISCHANGED(Account.Name)`:          "is not of the record itself",
		`ISCHANGED(Name, Amount)`:          "takes one field",
		strings.Repeat("(", 200) + "1":     "nested more than",
		strings.Repeat("-", 200) + "1":     "nested more than",
		strings.Repeat(" ", most) + "TRUE": "longer than",
		`1.2.3 = 1`:                        "is no number",
		`ISCHANGED(`:                       "takes one field",
	} {
		if _, err := Parse(formula, has); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %q", formula, err, want)
		}
	}
	f, err := Parse(`REGEX(Name, "(?=x)")`, has)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.True(deal); err == nil {
		t.Error("a pattern that is not understood holds or not")
	}
}

// Whatever is written as a formula, parsing ends without a fall.
func FuzzParse(f *testing.F) {
	f.Add(`AND(ISPICKVAL(StageName, "Closed Won"), ISBLANK(NextStep))`)
	f.Add(`/* x */ -Amount ^ 2 <> 'y\'z'`)
	f.Fuzz(func(_ *testing.T, text string) {
		if one, err := Parse(text, has); err == nil {
			_, _ = one.True(deal) // what comes out is not looked at
		}
	})
}
