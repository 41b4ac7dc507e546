package salesforce

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"tidegate/gateway"
)

const (
	// csvBuffer is how much of a result is held at a time.
	csvBuffer = 256 << 10
	// maxCell bounds one value: the longest text of Salesforce has 131,072
	// characters, of up to four bytes each.
	maxCell = 1 << 20
)

// tableReader reads the CSV of a bulk query page by page. It holds one buffer
// and the page that is being built, whatever the size of the result.
type tableReader struct {
	in      io.Reader
	buf     []byte
	pos     int // of the next byte
	end     int // of what is in buf
	eof     bool
	object  string
	columns []csvColumn
	names   []string // of the fields, in alphabetical order
	// sized is the arena that the last page took, and refs its places, for the
	// next one.
	sized int
	refs  []cellRef
	// plain says that the last cell has only bytes that stand for themselves in
	// JSON text, see plain.
	plain bool
}

// csvColumn says where the cells of one column go.
type csvColumn struct {
	name string
	kind cellKind
	slot int // among the values of a row, -1 for those that a row holds otherwise
}

type cellKind int

const (
	cellText cellKind = iota
	cellNumber
	cellBool
	cellInstant
	cellID
	cellStamp
	cellDeleted
)

// newTableReader reads the header. Every column must be a field of the schema.
func newTableReader(in io.Reader, schema gateway.Schema) (*tableReader, error) {
	t := &tableReader{in: in, buf: make([]byte, csvBuffer), object: schema.Object, sized: csvBuffer}
	for last := false; !last; {
		raw, escaped, ends, err := t.cell()
		if err != nil {
			return nil, fmt.Errorf("reading the header of a bulk result: %w", err)
		}
		if escaped {
			return nil, errors.New("reading the header of a bulk result: a quote in a name")
		}
		column, err := columnOf(schema, strings.TrimPrefix(string(raw), "\ufeff"))
		if err != nil {
			return nil, err
		}
		t.columns, last = append(t.columns, column), ends
	}
	if t.columns[0].kind != cellID {
		return nil, errors.New("reading the header of a bulk result: the first column is not Id")
	}
	t.place()
	return t, nil
}

// place gives each field its slot, in alphabetical order, in which the mirror
// keeps fields.
func (t *tableReader) place() {
	for _, c := range t.columns {
		if c.slot == 0 {
			t.names = append(t.names, c.name)
		}
	}
	slices.Sort(t.names)
	for i := range t.columns {
		if t.columns[i].slot == 0 {
			t.columns[i].slot, _ = slices.BinarySearch(t.names, t.columns[i].name)
		}
	}
}

func columnOf(schema gateway.Schema, name string) (csvColumn, error) {
	switch name {
	case "Id":
		return csvColumn{name, cellID, -1}, nil
	case "SystemModstamp":
		return csvColumn{name, cellStamp, -1}, nil
	case "IsDeleted":
		return csvColumn{name, cellDeleted, -1}, nil
	}
	f, ok := schema.Field(name)
	if !ok {
		return csvColumn{}, fmt.Errorf("reading the header of a bulk result: %q is no field of %s", clip(name, 100), schema.Object)
	}
	kind := cellText
	switch f.Type {
	case gateway.TypeBoolean:
		kind = cellBool
	case gateway.TypeInt, gateway.TypeDouble, gateway.TypeCurrency, gateway.TypePercent, "long":
		kind = cellNumber
	case gateway.TypeDatetime:
		kind = cellInstant
	}
	return csvColumn{name, kind, 0}, nil
}

// fill reads more, keeping what begins at from. It moves that to the front, so
// from is 0 afterwards.
func (t *tableReader) fill(from int) error {
	if t.eof {
		return io.ErrUnexpectedEOF
	}
	copy(t.buf, t.buf[from:t.end])
	t.end -= from
	t.pos -= from
	if t.end == len(t.buf) {
		if len(t.buf) > maxCell {
			return fmt.Errorf("a value is longer than %d bytes", maxCell)
		}
		t.buf = append(t.buf, make([]byte, len(t.buf))...)
	}
	n, err := t.in.Read(t.buf[t.end:])
	t.end += n
	if errors.Is(err, io.EOF) {
		t.eof, err = true, nil
	}
	return err
}

// more makes sure that there is a byte at pos; false at the end of the input.
func (t *tableReader) more(from *int) (bool, error) {
	for t.pos >= t.end {
		if t.eof {
			return false, nil
		}
		if err := t.fill(*from); err != nil {
			return false, err
		}
		*from = 0
	}
	return true, nil
}

// cell consumes one value and the comma or line end behind it. raw is valid
// until the next call; escaped says that its quotes are doubled. last is true
// for the last one of a line.
func (t *tableReader) cell() (raw []byte, escaped, last bool, err error) {
	if raw, last, t.plain = t.plainCell(); t.plain {
		return raw, false, last, nil
	}
	from := t.pos
	ok, err := t.more(&from)
	if err != nil || !ok {
		return nil, false, true, errors.Join(err, eofUnless(ok))
	}
	if t.buf[t.pos] != '"' {
		return t.bare(from)
	}
	t.pos++
	for {
		at := bytes.IndexByte(t.buf[t.pos:t.end], '"')
		if at < 0 {
			t.pos = t.end
			if err := t.fill(from); err != nil {
				return nil, false, false, fmt.Errorf("a value has no end: %w", err)
			}
			from = 0
			continue
		}
		t.pos += at + 1
		ok, err := t.more(&from)
		if err != nil {
			return nil, false, false, err
		}
		if ok && t.buf[t.pos] == '"' { // a doubled one
			escaped = true
			t.pos++
			continue
		}
		break
	}
	inside := [2]int{from + 1, t.pos - 1}
	last, shift, err := t.behind(from)
	return t.buf[inside[0]-shift : inside[1]-shift], escaped, last, err
}

// plainCell consumes a value as nearly all are: in quotes, all of it in the buffer
// with what follows it, and with nothing in it that means anything. It looks at
// each byte once; false leaves everything to cell.
func (t *tableReader) plainCell() (raw []byte, last, ok bool) {
	buf := t.buf[t.pos:t.end]
	if len(buf) == 0 || buf[0] != '"' {
		return nil, false, false
	}
	at := 1
	for at < len(buf) && plain[buf[at]] {
		at++
	}
	if at+1 >= len(buf) || buf[at] != '"' || buf[at+1] != ',' && buf[at+1] != '\n' {
		return nil, false, false
	}
	t.pos += at + 2
	return buf[1:at], buf[at+1] == '\n', true
}

func eofUnless(ok bool) error {
	if ok {
		return nil
	}
	return io.EOF
}

// bare consumes a value without quotes.
func (t *tableReader) bare(from int) (raw []byte, escaped, last bool, err error) {
	for {
		ok, err := t.more(&from)
		if err != nil {
			return nil, false, false, err
		}
		if !ok || t.buf[t.pos] == ',' || t.buf[t.pos] == '\n' || t.buf[t.pos] == '\r' {
			break
		}
		if t.buf[t.pos] == '"' {
			return nil, false, false, errors.New("a quote inside a value that has none around it")
		}
		t.pos++
		if t.pos-from > maxCell {
			return nil, false, false, fmt.Errorf("a value is longer than %d bytes", maxCell)
		}
	}
	end := t.pos
	last, shift, err := t.behind(from)
	return t.buf[from-shift : end-shift], false, last, err
}

// behind consumes the comma or line end after a value. shift is how far the
// buffer moved meanwhile.
func (t *tableReader) behind(from int) (last bool, shift int, err error) {
	began := from
	ok, err := t.more(&from)
	shift = began - from
	if err != nil || !ok { // the last line need not have an end
		return true, shift, err
	}
	switch t.buf[t.pos] {
	case ',':
		t.pos++
		return false, shift, nil
	case '\r':
		t.pos++
		ok, err := t.more(&from)
		shift = began - from
		if err == nil && ok && t.buf[t.pos] == '\n' {
			t.pos++
		}
		return true, shift, err
	case '\n':
		t.pos++
		return true, shift, nil
	}
	return false, shift, fmt.Errorf("%q stands behind a value", t.buf[t.pos])
}

// cellRef is a value in the arena; one of the constants where end is negative.
type cellRef struct{ start, end int32 }

// page reads at most n rows, fewer at the end, io.EOF when there are none.
func (t *tableReader) page(n int) (*gateway.Table, error) {
	b := pageBuilder{reader: t, refs: slices.Grow(t.refs[:0], n*len(t.names)), rows: make([]gateway.TableRow, 0, n), stamps: map[string]int64{}}
	b.arena.Grow(t.sized)
	for len(b.rows) < n {
		ok, err := t.more(&t.pos)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		if err := b.row(); err != nil {
			return nil, fmt.Errorf("reading row %d of a bulk result: %w", len(b.rows)+1, err)
		}
		if b.arena.Len() > maxArena {
			break
		}
	}
	if len(b.rows) == 0 {
		return nil, io.EOF
	}
	t.sized, t.refs = b.arena.Len()+b.arena.Len()/8, b.refs
	return b.table(), nil
}

// maxArena bounds the text of one page, where rows are long.
const maxArena = 64 << 20

// pageBuilder gathers the values of a page in one piece of text.
type pageBuilder struct {
	reader *tableReader
	arena  strings.Builder
	refs   []cellRef
	rows   []gateway.TableRow
	stamps map[string]int64 // texts of SystemModstamp that were read already
}

func (b *pageBuilder) row() error {
	t := b.reader
	width := len(t.names)
	first := len(b.refs)
	b.refs = b.refs[:first+width]
	var row gateway.TableRow
	for i := range t.columns {
		c := &t.columns[i]
		raw, escaped, last, err := t.cell()
		if err != nil {
			return err
		}
		if last != (i == len(t.columns)-1) {
			return fmt.Errorf("it has not the %d values of the header", len(t.columns))
		}
		if c.slot >= 0 {
			b.refs[first+c.slot], err = b.value(c.kind, raw, escaped)
		} else {
			err = b.set(&row, c.kind, raw)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	b.rows = append(b.rows, row)
	return nil
}
