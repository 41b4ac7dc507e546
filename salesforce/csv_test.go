package salesforce

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

var bulkSchema = gateway.Schema{Object: "Contact", Fields: []gateway.Field{
	{Name: "Id", Type: "id"},
	{Name: "SystemModstamp", Type: gateway.TypeDatetime},
	{Name: "IsDeleted", Type: gateway.TypeBoolean},
	{Name: "LastName", Type: "string"},
	{Name: "Description", Type: gateway.TypeTextarea},
	{Name: "Amount__c", Type: gateway.TypeCurrency},
	{Name: "DoNotCall", Type: gateway.TypeBoolean},
	{Name: "Birthdate", Type: gateway.TypeDate},
	{Name: "LastCURequestDate", Type: gateway.TypeDatetime},
	{Name: "MailingAddress", Type: gateway.TypeAddress},
	{Name: "MailingCity", Type: "string", CompoundName: "MailingAddress"},
}}

const bulkHeader = `"Id","SystemModstamp","IsDeleted","LastName","Amount__c","DoNotCall","Description","Birthdate","LastCURequestDate"` + "\n"

// tables reads every page of a result.
func tables(in io.Reader, chunk int) ([]*gateway.Table, error) {
	r, err := newTableReader(in, bulkSchema)
	if err != nil {
		return nil, err
	}
	var pages []*gateway.Table
	for {
		page, err := r.page(chunk)
		if errors.Is(err, io.EOF) {
			return pages, nil
		}
		if err != nil {
			return pages, err
		}
		pages = append(pages, page)
	}
}

func TestBulkRowsBecomeTheValuesOfRESTRows(t *testing.T) {
	body := bulkHeader +
		`"` + testContact + `","2026-05-01T07:25:37.000Z","false","O""Neil, <b>","1234567890123456.70","true","Line 1` + "\n" + `Line 2","1980-02-29","2026-05-01T07:25:37.000+0000"` + "\r\n" +
		`"` + testContact[:15] + `","2026-05-01T07:25:37.000Z","true","","","false","","",""` // no end of line
	for name, in := range map[string]io.Reader{"at once": strings.NewReader(body), "byte by byte": iotest.OneByteReader(strings.NewReader(body))} {
		pages, err := tables(in, 10)
		if err != nil || len(pages) != 1 || len(pages[0].Rows) != 2 {
			t.Fatalf("%s: %v %v", name, pages, err)
		}
		first, second := pages[0].Event(0), pages[0].Event(1)
		want := gateway.Fields{
			"LastName": gateway.Text(`O"Neil, <b>`), "Amount__c": "1234567890123456.7", "DoNotCall": "true", "Description": gateway.Text("Line 1\nLine 2"),
			"Birthdate": `"1980-02-29"`, "LastCURequestDate": `"2026-05-01T07:25:37.000Z"`,
		}
		if !maps.Equal(first.Fields, want) || first.Version.CommitAt != 1777620337000 || first.Type != gateway.Snapshot {
			t.Errorf("%s: %+v", name, first)
		}
		if second.RecordIDs[0] != testContact || second.Type != gateway.Delete || !second.Fields["LastName"].IsNull() || second.Fields["DoNotCall"] != "false" {
			t.Errorf("%s: %+v", name, second)
		}
	}
}

func TestBrokenBulkRowsAreRefused(t *testing.T) {
	row := `"` + testContact + `","2026-05-01T07:25:37.000Z","false","A","1","true","","",""` + "\n"
	for name, body := range map[string]string{
		"a column that is no field": `"Id","Nothing"` + "\n",
		"no id in front":            `"LastName","Id"` + "\n",
		"a missing value":           bulkHeader + `"` + testContact + `","2026-05-01T07:25:37.000Z"` + "\n",
		"a value too many":          bulkHeader + strings.TrimSuffix(row, "\n") + `,"x"` + "\n",
		"an end inside a value":     bulkHeader + row + `"` + testContact + `","2026-05`,
		"text behind a value":       bulkHeader + `"` + testContact + `"x,` + "\n",
		"a quote in a bare value":   bulkHeader + `003"x` + "\n",
		"no id":                     bulkHeader + strings.Replace(row, testContact, "7", 1),
		"no number":                 bulkHeader + strings.Replace(row, `"1"`, `"one"`, 1),
		"no boolean":                bulkHeader + strings.Replace(row, `"true"`, `"yes"`, 1),
		"no instant":                bulkHeader + strings.Replace(row, `2026-05-01T07:25:37.000Z`, `yesterday`, 1),
		"an endless value":          bulkHeader + `"` + strings.Repeat("x", 3*maxCell),
	} {
		if _, err := tables(strings.NewReader(body), 10); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// TestBulkTextsAreSpelledLikeREST: whatever a cell holds, and however it comes
// in pieces, the value is the one that the JSON of a query gives.
func TestBulkTextsAreSpelledLikeREST(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-z"<>&\\, \x{2028}é\n]*`)), 1, 40).Draw(t, "texts")
		var body strings.Builder
		body.WriteString(bulkHeader)
		for _, s := range texts {
			fmt.Fprintf(&body, `"%s","2026-05-01T07:25:37.000Z","false","%s","","","","",""`+"\n", testContact, strings.ReplaceAll(s, `"`, `""`))
		}
		in := io.Reader(strings.NewReader(body.String()))
		if rapid.Bool().Draw(t, "halves") {
			in = iotest.HalfReader(in)
		}
		pages, err := tables(in, rapid.IntRange(1, 50).Draw(t, "chunk"))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, page := range pages {
			for i := range page.Rows {
				text, err := json.Marshal(texts[n])
				if err != nil {
					t.Fatal(err)
				}
				row := fmt.Sprintf(`{"Id":%q,"LastName":%s}`, testContact, text)
				rest, err := DecodeRow(bulkSchema, []byte(row))
				if err != nil {
					t.Fatal(err)
				}
				if got := page.Event(i).Fields["LastName"]; got != rest.Fields["LastName"] {
					t.Fatalf("%q: %s by bulk, %s by REST", texts[n], got, rest.Fields["LastName"])
				}
				n++
			}
		}
		if n != len(texts) {
			t.Fatalf("%d rows of %d", n, len(texts))
		}
	})
}

// TestEveryDigitOfBulkNumbersIsKept compares with the canonical form of JSON
// numbers.
func TestEveryDigitOfBulkNumbersIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,8})?`).Draw(t, "number")
		b := pageBuilder{}
		ref, err := b.number([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := gateway.Value(b.arena.String()[ref.start:ref.end]); got != gateway.Number(text) {
			t.Fatalf("%s is %s, want %s", text, got, gateway.Number(text))
		}
	})
}

func FuzzBulkResult(f *testing.F) {
	f.Add([]byte(bulkHeader+`"`+testContact+`","2026-05-01T07:25:37.000Z","false","O""Neil","1","true","a`+"\r\n"+`b","",""`+"\r\n"), 3)
	f.Add([]byte("\ufeffId,LastName\n"+testContact+",Bare\n"), 1)
	f.Add([]byte(`"Id"`), 2)
	f.Fuzz(func(t *testing.T, body []byte, chunk int) {
		chunk = 1 + (chunk&63+64)&63
		whole, err := tables(strings.NewReader(string(body)), chunk)
		again, errAgain := tables(iotest.OneByteReader(strings.NewReader(string(body))), chunk)
		if (err == nil) != (errAgain == nil) || len(whole) != len(again) {
			t.Fatalf("in one piece %d pages, %v; in many %d pages, %v", len(whole), err, len(again), errAgain)
		}
		for _, page := range whole {
			for i := range page.Rows {
				e := page.Event(i)
				if _, ok := gateway.NormalizeID(e.RecordIDs[0]); !ok {
					t.Fatalf("row without id: %+v", e)
				}
				for name, v := range e.Fields {
					if !json.Valid([]byte(v)) || v == `""` {
						t.Fatalf("%s is %q", name, v)
					}
				}
			}
		}
	})
}

func BenchmarkBulkRows(b *testing.B) {
	var body strings.Builder
	body.WriteString(bulkHeader)
	for i := range 1000 {
		fmt.Fprintf(&body, `"%s","2026-05-01T07:25:37.000Z","false","Lovelace %d","1000.5","true","Some words of a description","1980-02-29","2026-05-01T07:25:37.000Z"`+"\n", testContact, i)
	}
	b.SetBytes(int64(body.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tables(strings.NewReader(body.String()), 1000); err != nil {
			b.Fatal(err)
		}
	}
}
