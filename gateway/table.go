package gateway

// Table is a page of records of one object as a bulk query gives it: the
// columns once, and a row of values for each record. The first reading of an
// object travels in it, where a map for each of millions of rows would cost
// more than storing them.
type Table struct {
	Object string
	// Columns are field names in alphabetical order. Id, IsDeleted and
	// SystemModstamp are not among them: rows hold them in other forms.
	Columns []string
	Rows    []TableRow
}

// TableRow is one record of a table.
type TableRow struct {
	ID       string // 18 characters
	CommitAt int64  // SystemModstamp, ms since 1970 UTC
	Deleted  bool
	// Values has one value for each column. None is unknown: an empty cell is
	// Null.
	Values []Value
}

// Column returns the place of a field among the columns, or -1.
func (t *Table) Column(name string) int {
	for i, c := range t.Columns {
		if c == name {
			return i
		}
	}
	return -1
}

// Event returns a row as the event that a page of a query gives.
func (t *Table) Event(i int) ChangeEvent {
	r := &t.Rows[i]
	e := ChangeEvent{
		Object: t.Object, RecordIDs: []string{r.ID}, Type: Snapshot,
		Fields: make(Fields, len(t.Columns)), Version: Version{CommitAt: r.CommitAt},
	}
	if r.Deleted {
		e.Type = Delete
	}
	for k, name := range t.Columns {
		e.Fields[name] = r.Values[k]
	}
	return e
}
