package sosl

import (
	"errors"
	"testing"

	"tidegate/simulator/org"
)

// FuzzSearchesAreAnsweredOrRefused wants of every text either results or a
// refusal in the platform's form.
func FuzzSearchesAreAnsweredOrRefused(f *testing.F) {
	for _, text := range []string{
		`FIND {acme}`, `FIND {"a b" AND NOT (c* OR d?)} IN NAME FIELDS RETURNING Contact(Id WHERE Name = 'x\'y' LIMIT 2 OFFSET 1), Account LIMIT 3`,
		`FIND {\{\}} WITH DIVISION = 'x' LIMIT 5`, `FIND {a} RETURNING`, `FIND {((((}`, "FIND{ab}WITH \xff\xff\xffLIMIT", `FIND {ab} RETURNING Contact((`, "FIND {\xff\xfe}",
	} {
		f.Add(text)
	}
	o := org.New(org.Config{})
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err == nil {
			o.Read(func(v org.View) { _, err = s.Run(v) })
		}
		var refused *org.Error
		if err != nil && !errors.As(err, &refused) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
