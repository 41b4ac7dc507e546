package salesforce

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"tidegate/gateway"
)

// set takes the values that a row holds in other forms than fields.
func (b *pageBuilder) set(row *gateway.TableRow, kind cellKind, raw []byte) error {
	switch kind {
	case cellID:
		id, ok := gateway.NormalizeID(string(raw))
		if !ok {
			return fmt.Errorf("%q is no record id", clip(string(raw), 40))
		}
		row.ID = id
	case cellDeleted:
		row.Deleted = string(raw) == "true"
	case cellStamp:
		if at, ok := b.stamps[string(raw)]; ok {
			row.CommitAt = at
			return nil
		}
		at, err := parseInstant(string(raw))
		if err != nil {
			return err
		}
		row.CommitAt = at.UnixMilli()
		if len(b.stamps) < 1000 { // rows that were loaded together share theirs
			b.stamps[string(raw)] = row.CommitAt
		}
	}
	return nil
}

// The values that need no text of their own, as the end of a cellRef.
const (
	refNull  = -1
	refTrue  = -2
	refFalse = -3
)

// value appends the canonical value of a cell to the arena. An empty cell is
// null: Salesforce stores no empty texts, so nothing is lost by it.
func (b *pageBuilder) value(kind cellKind, raw []byte, escaped bool) (cellRef, error) {
	if len(raw) == 0 {
		return cellRef{end: refNull}, nil
	}
	switch kind {
	case cellBool:
		switch string(raw) {
		case "true":
			return cellRef{end: refTrue}, nil
		case "false":
			return cellRef{end: refFalse}, nil
		}
		return cellRef{}, fmt.Errorf("%q is neither true nor false", clip(string(raw), 40))
	case cellNumber:
		return b.number(raw)
	case cellInstant:
		return b.instant(raw)
	}
	return b.text(raw, escaped), nil
}

func (b *pageBuilder) add(parts ...string) cellRef {
	start := b.arena.Len()
	for _, p := range parts {
		b.arena.WriteString(p)
	}
	return cellRef{int32(start), int32(b.arena.Len())}
}

func (b *pageBuilder) number(raw []byte) (cellRef, error) {
	if plainInteger(raw) {
		start := b.arena.Len()
		b.arena.Write(raw)
		return cellRef{int32(start), int32(b.arena.Len())}, nil
	}
	v := gateway.Number(string(raw))
	if v.IsNull() {
		return cellRef{}, fmt.Errorf("%q is no number", clip(string(raw), 40))
	}
	return b.add(string(v)), nil
}

// plainInteger tells an integer that is its own canonical form.
func plainInteger(raw []byte) bool {
	digits := raw
	if digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || digits[0] == '0' && len(raw) > 1 {
		return false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// instant takes "2026-05-01T07:25:37.000Z", the form of bulk results, as it
// is, and others by way of a time.
func (b *pageBuilder) instant(raw []byte) (cellRef, error) {
	const form = "0000-00-00T00:00:00.000Z"
	if len(raw) == len(form) {
		fits := true
		for i := range len(form) {
			if form[i] == '0' && (raw[i] < '0' || raw[i] > '9') || form[i] != '0' && raw[i] != form[i] {
				fits = false
				break
			}
		}
		if fits {
			return b.quoted(raw), nil
		}
	}
	at, err := parseInstant(string(raw))
	if err != nil {
		return cellRef{}, err
	}
	return b.add(string(gateway.Instant(at))), nil
}

func (b *pageBuilder) quoted(raw []byte) cellRef {
	start := b.arena.Len()
	b.arena.WriteByte('"')
	b.arena.Write(raw)
	b.arena.WriteByte('"')
	return cellRef{int32(start), int32(b.arena.Len())}
}

// plain has the bytes that stand for themselves in canonical JSON text.
var plain = func() (is [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		is[c] = !strings.ContainsRune("\"\\<>&\x7f", c)
	}
	is[0x7f] = true
	return is
}()

// text appends a text in the one spelling that gateway.Text gives, nearly
// always without copying it first.
func (b *pageBuilder) text(raw []byte, escaped bool) cellRef {
	if b.reader.plain {
		return b.quoted(raw)
	}
	for _, c := range raw {
		if !plain[c] {
			return b.spelled(string(raw), escaped)
		}
	}
	return b.quoted(raw)
}

func (b *pageBuilder) spelled(s string, escaped bool) cellRef {
	if escaped {
		s = strings.ReplaceAll(s, `""`, `"`)
	}
	return b.add(string(gateway.Text(s)))
}

// table cuts the arena into values.
func (b *pageBuilder) table() *gateway.Table {
	text := b.arena.String()
	values := make([]gateway.Value, len(b.refs))
	for i, r := range b.refs {
		if r.end >= 0 {
			values[i] = gateway.Value(text[r.start:r.end])
		} else {
			values[i] = constant(r.end)
		}
	}
	width := len(b.reader.names)
	for i := range b.rows {
		b.rows[i].Values = values[i*width : (i+1)*width : (i+1)*width]
	}
	return &gateway.Table{Object: b.reader.object, Columns: b.reader.names, Rows: b.rows}
}

func constant(end int32) gateway.Value {
	switch end {
	case refTrue:
		return "true"
	case refFalse:
		return "false"
	}
	return gateway.Null
}
