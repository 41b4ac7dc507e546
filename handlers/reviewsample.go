package handlers

import (
	"fmt"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/rules/outbound"
	"tidegate/views"
)

// sampleRows is how many rows of records are shown on the page.
const sampleRows = 20

// linkable is what an id in a value can be of: the other end of a link, or an owner.
var linkable = [...]string{"Contact", "Lead", "Account", "Opportunity", "User"}

// addSample shows real records, old and new, in words: names in the place of
// ids, and of a record that only relates two others one row with both.
func (v *visit) addSample(p *views.ReviewPage, e *effect.Effect) error {
	if len(e.Lines) == 0 {
		return nil
	}
	p.Export = "Export " + count(len(e.Lines), "field as CSV", "fields as CSV")
	p.SampleLead = "Values come from the mirror, as of now."
	shown, more := sampleOf(e.Lines)
	if more {
		p.SampleLead = fmt.Sprintf("The first %d rows; the file has all. %s", len(shown), p.SampleLead)
	}
	names, err := v.sampleNames(shown)
	if err != nil {
		return err
	}
	currency, anchors := v.currency(), map[gateway.RecordKey]gateway.Fields{}
	for _, l := range e.Lines {
		if l.Label != "" && l.Label != l.Key.ID {
			names[l.Key.ID] = l.Label
		}
		if outbound.Bond(l.Key.Object) {
			if anchors[l.Key] == nil {
				anchors[l.Key] = gateway.Fields{}
			}
			anchors[l.Key][l.Field] = l.New
		}
	}
	for _, l := range shown {
		row, err := v.sampleRow(l, names, currency)
		if err != nil {
			return err
		}
		if of := outbound.Anchor(l.Key.Object, anchors[l.Key]); names[of.ID] != "" {
			row.Kind, row.Record, row.Second = squareOf(of.Object), names[of.ID], of.Object
		}
		p.Sample = append(p.Sample, row)
	}
	return nil
}

// sampleOf returns the lines that are shown: of a bond only the end that it
// reaches to.
func sampleOf(lines []effect.Line) (shown []effect.Line, more bool) {
	for _, l := range lines {
		if end := outbound.BondEnd(l.Key.Object); end != "" && l.Op != gateway.OpDelete && l.Field != end {
			continue
		}
		if len(shown) == sampleRows {
			return shown, true
		}
		shown = append(shown, l)
	}
	return shown, false
}

// sampleNames are the names of the records that values of these lines are ids of.
func (v *visit) sampleNames(lines []effect.Line) (map[string]string, error) {
	var keys []gateway.RecordKey
	for _, l := range lines {
		for _, value := range [...]gateway.Value{l.Old, l.New} {
			id, ok := gateway.NormalizeID(value.String())
			if !ok {
				continue
			}
			for _, object := range linkable {
				keys = append(keys, gateway.RecordKey{Object: object, ID: id})
			}
		}
	}
	found, err := v.ws.RecordsOf(v.UserContext(), keys)
	names := make(map[string]string, len(found))
	for key, r := range found {
		names[key.ID] = r.Label()
	}
	return names, err
}

func (v *visit) sampleRow(l effect.Line, names map[string]string, currency string) (views.SampleRow, error) {
	schema, err := v.schema(l.Key.Object)
	if err != nil {
		return views.SampleRow{}, err
	}
	f, clk := fieldOf(schema, l.Field), v.clock()
	words := func(value gateway.Value) string {
		if name := names[value.String()]; name != "" {
			return name
		}
		if value == "" || value.Empty() {
			return lineValue(value)
		}
		return excerpt(clk.display(f, value, currency))
	}
	row := views.SampleRow{
		Kind: squareOf(l.Key.Object), Record: l.Label, Second: l.Key.Object, Field: labelOf(f),
		Old: words(l.Old), New: words(l.New), Edited: "not known",
	}
	if nameless(l.Key, l.Label) {
		row.Record, _ = namedBy(l.Key, l.Cause)
	}
	if outbound.Bond(l.Key.Object) {
		row.Field = "Attached to"
	}
	switch {
	case l.Op == gateway.OpCreate:
		row.Old, row.Edited = "new record", "new record"
	case l.Op == gateway.OpDelete:
		row.Field, row.Old, row.New = "The whole record", "there", "removed"
	case !l.Edited.IsZero():
		row.Edited = clk.full(l.Edited).Text
	}
	return row, nil
}
