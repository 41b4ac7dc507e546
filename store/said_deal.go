package store

import (
	"context"

	"tidegate/gateway"
)

// SaveDealsOf saves which opportunities something said belongs to, in place of
// those from before.
func (tx *Tx) SaveDealsOf(ctx context.Context, kind, externalID string, dealIDs []string) error {
	_, err := tx.exec(ctx, "forgetting whose deal it was", `DELETE FROM said_of_deals WHERE workspace_id = ? AND kind = ? AND external_id = ?`,
		tx.ws, kind, externalID)
	for _, id := range dealIDs {
		if err != nil {
			return err
		}
		_, err = tx.exec(ctx, "saving whose deal it is", `INSERT INTO said_of_deals (workspace_id, deal_id, kind, external_id) VALUES (?, ?, ?, ?)`,
			tx.ws, id, kind, externalID)
	}
	return err
}

// SaidOfDeal returns up to n things with topics that belong to an opportunity,
// the newest first, without messages.
func (w *Workspace) SaidOfDeal(ctx context.Context, deal gateway.RecordKey, n int) ([]Said, error) {
	return w.said(ctx, `EXISTS (SELECT 1 FROM said_of_deals d WHERE d.workspace_id = said.workspace_id AND d.deal_id = ?
			AND d.kind = said.kind AND d.external_id = said.external_id)
		ORDER BY at DESC, kind, external_id LIMIT ?`, deal.ID, n)
}
