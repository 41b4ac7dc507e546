package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"

	"tidegate/gateway"
)

// ErrNested is returned when InTx, or a write on the Workspace handle, is
// called inside InTx: on SQLite the one writing connection would wait for
// itself. Use the Tx.
var ErrNested = errors.New("store: a transaction is already open in this context")

// wrap gives err the code that tells the caller what to do. A canceled
// context stays what it is; one that ran out while waiting for the database
// means that the database cannot be used.
func (d *dialect) wrap(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*gateway.Error](err); ok || errors.Is(err, ErrNested) {
		return err
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("%s: %w", doing, context.Canceled)
	}
	cause := fmt.Errorf("%s: %w", doing, err)
	switch d.classify(ctx, err) {
	case gateway.CodeUnavailable:
		return &gateway.Error{
			Code:    gateway.CodeUnavailable,
			Message: "Tidegate cannot use its database right now. Please try again in a moment.",
			Cause:   cause,
		}
	case gateway.CodeConflict:
		return &gateway.Error{
			Code:    gateway.CodeConflict,
			Message: "Somebody else saved this meanwhile. Please reload and try again.",
			Cause:   cause,
		}
	}
	return cause
}

func (d *dialect) classify(ctx context.Context, err error) gateway.Code {
	if code := d.code(err); code != "" {
		return code
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded),
		errors.Is(err, sql.ErrConnDone), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		strings.Contains(err.Error(), "database is closed"): // database/sql does not export this one
		return gateway.CodeUnavailable
	}
	return ""
}

func notFound(format string, args ...any) error {
	return gateway.Errorf(gateway.CodeNotFound, format, args...)
}

func fenced(format string, args ...any) error {
	return gateway.Errorf(gateway.CodeFenced, format, args...)
}
