package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// copyChunk is how many rows are written as text while the next are made: some
// 64 to 300 KB.
const copyChunk = 256

// copier is lib/pq's statement for COPY: whole lines at once, which
// database/sql has no way to pass on.
type copier interface {
	CopyData(ctx context.Context, lines string) (driver.Result, error)
	Close() error
}

// copy copies rows into a table. It writes the text of COPY itself: a call of
// database/sql for each row, its parameters boxed, checked and locked, took as
// long as the server needs for the row.
func (r runner) copy(ctx context.Context, in insert, n int, fill func(args []any, i int) []any) error {
	if r.conn == nil {
		return errors.New("rows are copied in a transaction only")
	}
	return r.conn.Raw(func(raw any) error {
		to, err := raw.(driver.ConnPrepareContext).PrepareContext(ctx, strings.Replace(in.head, "INSERT INTO", "COPY", 1)+" FROM STDIN")
		if err != nil {
			return err
		}
		lines := to.(copier)
		var text []byte
		sent := r.inChunks(n, copyChunk, in.width, fill, func(args []any) (err error) {
			if text, err = appendLines(text[:0], args, in.width); err == nil {
				_, err = lines.CopyData(ctx, string(text))
			}
			return err
		})
		done := lines.Close() // sends what is buffered, and says what the server found
		if sent != nil {
			return sent
		}
		return done
	})
}

// appendLines appends rows of width columns as COPY reads them, but for the end
// of the last line, which CopyData adds.
func appendLines(text []byte, args []any, width int) ([]byte, error) {
	for i, v := range args {
		switch {
		case i == 0:
		case i%width == 0:
			text = append(text, '\n')
		default:
			text = append(text, '\t')
		}
		switch v := v.(type) {
		case string:
			text = appendCell(text, v)
		case int64:
			text = strconv.AppendInt(text, v, 10)
		case int32:
			text = strconv.AppendInt(text, int64(v), 10)
		case bool:
			text = strconv.AppendBool(text, v)
		default:
			return text, fmt.Errorf("a %T cannot be copied", v)
		}
	}
	return text, nil
}

// appendCell escapes what COPY would take for the end of a cell or a line. Most
// cells have nothing of it, and four quick looks tell.
func appendCell(text []byte, cell string) []byte {
	if strings.IndexByte(cell, '\\') < 0 && strings.IndexByte(cell, '\t') < 0 &&
		strings.IndexByte(cell, '\n') < 0 && strings.IndexByte(cell, '\r') < 0 {
		return append(text, cell...)
	}
	for i := range len(cell) {
		switch c := cell[i]; c {
		case '\\':
			text = append(text, '\\', c)
		case '\t':
			text = append(text, '\\', 't')
		case '\n':
			text = append(text, '\\', 'n')
		case '\r':
			text = append(text, '\\', 'r')
		default:
			text = append(text, c)
		}
	}
	return text
}
