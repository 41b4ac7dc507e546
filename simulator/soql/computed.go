package soql

import (
	"strings"

	"tidegate/simulator/org"
)

// Columns that are more than a field: lists of ids, and converted amounts.

const convertCurrency = "CONVERTCURRENCY"

// list finds the JunctionIdList that an item names, such as TaskWhoIds.
func (e *eval) list(item Item) (org.Junction, bool) {
	if item.Func != "" || item.Path == "" {
		return org.Junction{}, false
	}
	for _, j := range e.object.Junctions() {
		if strings.EqualFold(j.Name, strings.TrimPrefix(item.Path, e.object.Name+".")) && e.view.Object(j.Child) != nil {
			return j, true
		}
	}
	return org.Junction{}, false
}

// convert makes the column that of the amount in the reader's own currency.
func (e *eval) convert(res *Result, c *column) error {
	switch {
	case res.Aggregate != nil:
		return malformed("convertCurrency cannot be used together with GROUP BY or aggregate functions")
	case !e.view.HasCurrencies():
		return malformed("convertCurrency is not supported: multiple currencies are not enabled")
	case c.path.field == nil || c.path.field.Type != org.TypeCurrency:
		return malformed("convertCurrency takes a currency field: " + c.path.name)
	}
	c.via = func(v org.View, r org.Record) any { return v.Converted(r, c.path.name) }
	return nil
}

// longPage is how many rows a page has at most where two or more custom long
// texts are selected.
const longPage = 200

// PageLimit is how many rows a page of the answer may have, at most the most.
func (res *Result) PageLimit(most int) int {
	long := 0
	for _, c := range res.columns {
		if f := c.path.field; f != nil && f.Custom && f.Type == org.TypeTextArea && f.Length > 255 {
			long++
		}
	}
	if long > 1 {
		return min(longPage, most)
	}
	return most
}

// value reads the column from a row of the answer.
func (c *column) value(v org.View, r org.Record) any {
	if c.via == nil {
		return c.path.value(v, r)
	}
	if at, ok := c.path.follow(v, r); ok {
		return c.via(v, at)
	}
	return nil
}

// appendComputed appends what a computed column has: a value, or a list of them,
// which is null where nothing is in it.
func appendComputed(dst []byte, value any) []byte {
	list, ok := value.([]any)
	if !ok || len(list) == 0 {
		if ok {
			value = nil
		}
		return org.AppendValue(dst, value)
	}
	dst = append(dst, '[')
	for i, one := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = org.AppendValue(dst, one)
	}
	return append(dst, ']')
}
