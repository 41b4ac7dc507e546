package views

func cellClass(columns []Column, i int) string {
	if i >= len(columns) {
		return ""
	}
	c := columns[i]
	return classes("number", c.Number, "only-wide", c.Wide, "cell-wide", c.Sentence, "cell-action", c.Hidden)
}

func columnText(columns []Column, i int) string {
	if i >= len(columns) || columns[i].Hidden {
		return ""
	}
	return columns[i].Text
}

func sortMark(sorted string) string {
	switch sorted {
	case "ascending":
		return " ▲"
	case "descending":
		return " ▼"
	}
	return ""
}

// diffLabel names a value's column where a phone shows it without headers.
func diffLabel(d *Diff, i int) string {
	if i+1 < len(d.Columns) {
		return d.Columns[i+1]
	}
	return ""
}
