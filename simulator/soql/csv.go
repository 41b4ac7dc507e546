package soql

import (
	"strconv"
	"strings"
	"time"

	"tidegate/simulator/org"
)

// bulkRefusal words what a bulk query may not ask.
func bulkRefusal(message string) *org.Error { return org.Refuse("API_ERROR", message) }

// ForBulk tells why the statement cannot be a bulk query: no grouping, no
// aggregates, no offset, no child queries. What the select list names is
// checked by Flat.
func (q *Query) ForBulk() error {
	switch {
	case len(q.GroupBy) > 0:
		return bulkRefusal("Group By not supported in Bulk Query")
	case q.Offset > 0:
		return bulkRefusal("Offset not supported in Bulk Query")
	}
	for _, item := range q.Items {
		switch {
		case item.Child != nil:
			return bulkRefusal("Aggregate Relationships not supported in Bulk Query")
		case item.Type != nil:
			return bulkRefusal("TYPEOF not supported in Bulk Query")
		case aggregates[item.Func]:
			return bulkRefusal("Aggregate Functions not supported in Bulk Query")
		}
	}
	return nil
}

// Flat tells why the rows of a plain query cannot be lines of a table: a
// compound field has no single value, and neither has a list.
func (res *Result) Flat() error {
	for _, c := range res.columns {
		if c.path.field == nil && c.via != nil || c.path.field != nil && c.path.field.IsCompound() {
			return bulkRefusal("Selecting compound data not supported in Bulk Query")
		}
	}
	return nil
}

// Columns are the names of the selected fields in the order of the SELECT,
// with the relationships that lead to them: "Account.Name".
func (res *Result) Columns() []string {
	names := make([]string, len(res.columns))
	for i, c := range res.columns {
		for _, s := range c.path.steps {
			names[i] += s.field.RelationshipName + "."
		}
		names[i] += c.name
	}
	return names
}

// AppendLine appends the i-th row of a plain query as CSV without a line end:
// every value quoted, an empty one for null. The view must be valid.
func (res *Result) AppendLine(dst []byte, v org.View, i int, delimiter byte) []byte {
	if res.within != nil {
		v = *res.within
	}
	r := res.Rows[i]
	for k := range res.columns {
		if k > 0 {
			dst = append(dst, delimiter)
		}
		dst = append(dst, '"')
		if c := &res.columns[k]; c.via == nil && c.path.isOwn(r) { // nearly all: no lookup to follow
			dst = appendCell(dst, r.At(c.path.index))
		} else {
			dst = appendCell(dst, c.value(v, r))
		}
		dst = append(dst, '"')
	}
	return dst
}

func appendCell(dst []byte, value any) []byte {
	switch x := value.(type) {
	case nil:
		return dst
	case string:
		return AppendQuoted(dst, x)
	case int64:
		return strconv.AppendInt(dst, x, 10)
	case bool:
		return strconv.AppendBool(dst, x)
	case org.DateTime:
		return appendMoment(dst, x.Time())
	}
	return org.AppendValue(dst, value)
}

// appendMoment appends "2006-01-02T15:04:05.000Z": bulk results write UTC as Z,
// other than the JSON of the REST API. A row has three of them, and reading the
// layout for each took a seventh of the row.
func appendMoment(dst []byte, at time.Time) []byte {
	year, month, day := at.Date()
	if year < 1000 || year > 9999 {
		return at.AppendFormat(dst, "2006-01-02T15:04:05.000Z")
	}
	hour, minute, second := at.Clock()
	dst = strconv.AppendInt(dst, int64(year), 10)
	dst = appendTwo(append(dst, '-'), int(month))
	dst = appendTwo(append(dst, '-'), day)
	dst = appendTwo(append(dst, 'T'), hour)
	dst = appendTwo(append(dst, ':'), minute)
	dst = appendTwo(append(dst, ':'), second)
	thousandths := at.Nanosecond() / 1_000_000
	dst = append(dst, '.', '0'+byte(thousandths/100))
	return append(appendTwo(dst, thousandths%100), 'Z')
}

// appendTwo appends a number below 100 in two digits.
func appendTwo(dst []byte, n int) []byte { return append(dst, '0'+byte(n/10), '0'+byte(n%10)) }

// AppendQuoted appends the text as the inside of a quoted CSV value.
func AppendQuoted(dst []byte, s string) []byte {
	for {
		at := strings.IndexByte(s, '"')
		if at < 0 {
			return append(dst, s...)
		}
		dst = append(append(dst, s[:at+1]...), '"')
		s = s[at+1:]
	}
}
