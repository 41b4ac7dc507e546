package bulk

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tidegate/simulator/org"
)

// FuzzUploadsAreReadOrRefused wants of every upload either rows that can be
// found again at their place, or a failure that the job can tell.
func FuzzUploadsAreReadOrRefused(f *testing.F) {
	for _, text := range []string{
		"LastName,FirstName\nA,B\n", "LastName\r\n\"a\r\nb\"\r\n", "LastName\n\n\nx\n", "\ufeffLastName\n\"a\"\"b\"\n", "LastName\n\"open", "ReportsTo.Email\n#N/A\n", "", "\n", ",",
	} {
		f.Add(text)
	}
	j := New(org.New(org.Config{}))
	f.Cleanup(j.Close)
	f.Fuzz(func(t *testing.T, text string) {
		one := &job{ingest: &ingestWork{data: []byte(text)}}
		one.Object, one.Operation, one.LineEnding, one.ColumnDelimiter = "Contact", "insert", "LF", "COMMA"
		var told *failure
		table, err := j.openTable(one)
		for done := false; err == nil && !done; {
			var lines []line
			lines, done, err = table.read(2)
			for _, l := range lines {
				again, failed := one.reader(one.ingest.data[l.from:l.to]).Read()
				if failed != nil || !slices.Equal(again, l.values) {
					t.Errorf("%q: %q at %d is read again as %q, %v", text, l.values, l.from, again, failed)
				}
			}
		}
		if err != nil && !errors.As(err, &told) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func TestR28RefusalsAreWordedAsInResultFiles(t *testing.T) {
	for want, e := range map[string]*org.Error{
		"REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --": org.Refuse("REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", "LastName"),
		"A:b:C,D --": org.Refuse("A", "b", "C", "D"),
		"A:b:--":     org.Refuse("A", "b"),
	} {
		if got := describe(e); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestR28FormatsQuoteEveryValue(t *testing.T) {
	for _, row := range []struct {
		form format
		want string
	}{
		{format{}, "\"a\",\"b\"\"c\"\n"},
		{format{"crlf", "pipe"}, "\"a\"|\"b\"\"c\"\r\n"},
		{format{"LF", "TAB"}, "\"a\"\t\"b\"\"c\"\n"},
	} {
		if err := row.form.fill(); err != nil {
			t.Fatal(err)
		}
		if got := string(row.form.line(nil, "a", `b"c`)); got != row.want {
			t.Errorf("%q, want %q", got, row.want)
		}
	}
	if err := (&format{LineEnding: "CR"}).fill(); err == nil || !strings.Contains(err.Error(), "InvalidJob") {
		t.Errorf("unknown line ending: %v", err)
	}
}
