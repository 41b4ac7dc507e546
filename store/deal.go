package store

import (
	"context"
	"slices"
	"time"

	"tidegate/gateway"
)

// DealsClosing returns the live Opportunities whose field dateField, a date,
// lies from the day from on and before the day to, by id. It reads through all
// Opportunities: nothing is indexed by a date that an admin may choose anew.
func (w *Workspace) DealsClosing(ctx context.Context, dateField string, from, to time.Time) ([]gateway.Record, error) {
	closes := "fields" + w.db.dialect.jsonText
	return w.records(ctx, "reading deals", `SELECT `+recordColumns+` FROM records
		WHERE workspace_id = ? AND object = 'Opportunity' AND NOT deleted AND `+closes+` >= ? AND `+closes+` < ?
		ORDER BY record_id`, w.id, dateField, from.Format(time.DateOnly), dateField, to.Format(time.DateOnly))
}

// MostChangedDeals bounds what DealsChanged reads.
const MostChangedDeals = 10_000

// DealsChanged returns the Opportunities, tombstones among them, that changed
// in Salesforce since a moment, by id, with everything observed of each, in the
// order in which it arrived. More than MostChangedDeals is an error of code
// CodeInvalid: who asks chooses a later moment.
func (w *Workspace) DealsChanged(ctx context.Context, since time.Time) ([]gateway.Record, map[string][]gateway.HistoryEntry, error) {
	// A record that was not found anymore keeps the version of its last change.
	records, err := w.records(ctx, "reading changed deals", `SELECT `+recordColumns+` FROM records
		WHERE workspace_id = ? AND object = 'Opportunity' AND (commit_at >= ? OR (deleted AND observed_at >= ?))
		ORDER BY record_id LIMIT ?`, w.id, since.UnixMilli(), micros(since), MostChangedDeals+1)
	if err != nil {
		return nil, nil, err
	}
	if len(records) > MostChangedDeals {
		return nil, nil, gateway.Errorf(gateway.CodeInvalid, "More than %d deals changed since then. Choose a later day.", MostChangedDeals)
	}
	ids := make([]string, 0, len(records))
	for _, r := range records {
		ids = append(ids, r.Key.ID)
	}
	histories := make(map[string][]gateway.HistoryEntry, len(records))
	for some := range slices.Chunk(ids, 1000) {
		entries, err := w.history(ctx, "reading history of deals", `SELECT `+historyColumns+` FROM `+w.db.dialect.history+`
			WHERE workspace_id = ? AND object = 'Opportunity' AND record_id`+w.db.dialect.among+w.db.dialect.eras+`
			ORDER BY record_id, id`, w.id, w.db.dialect.list(some))
		if err != nil {
			return nil, nil, err
		}
		for _, e := range entries {
			histories[e.Key.ID] = append(histories[e.Key.ID], e)
		}
	}
	return records, histories, nil
}
