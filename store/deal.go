package store

import (
	"context"
	"time"

	"tidegate/gateway"
)

// DealsClosing returns the live Opportunities whose field dateField, a date,
// lies from the day from on and before the day to, by id. It reads through all
// Opportunities: nothing is indexed by a date that an admin may choose anew.
func (w *Workspace) DealsClosing(ctx context.Context, dateField string, from, to time.Time) ([]gateway.Record, error) {
	closes := "fields" + w.db.dialect.jsonText
	return w.read.records(ctx, "reading deals", `SELECT `+recordColumns+` FROM records
		WHERE workspace_id = ? AND object = 'Opportunity' AND NOT deleted AND `+closes+` >= ? AND `+closes+` < ?
		ORDER BY record_id`, w.id, dateField, from.Format(time.DateOnly), dateField, to.Format(time.DateOnly))
}
