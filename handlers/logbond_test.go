package handlers

import (
	"context"
	"net/http"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// A link or a relation has no name: its line names whom it is with, also when it
// was taken away, in words that are not Salesforce's own.
func TestLineOfABondNamesWhomItIsWith_UX32(t *testing.T) {
	w := newWorld(t)
	ann := contactOf(home).ID
	made := gateway.Change{Key: gateway.RecordKey{Object: "EventRelation", ID: "0RE000000000001AAA"}, Op: gateway.OpCreate}
	gone := gateway.Change{Key: gateway.RecordKey{Object: "ContentDocumentLink", ID: "06A000000000001AAA"}, Op: gateway.OpDelete}
	must(t, w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AppendLog(ctx, []gateway.LogEntry{
			{Direction: "out", State: gateway.LogDone, Key: made.Key, What: outbound.Words(made, nil), Fields: gateway.Fields{"RelationId": gateway.Text(ann)}},
			{Direction: "out", State: gateway.LogDone, Key: gone.Key, What: outbound.Words(gone, nil), Before: gateway.Fields{"LinkedEntityId": gateway.Text(ann)}},
		})
		return err
	}))
	w.as(home, gateway.RoleAdmin).get("/sync/log?object=EventRelation").want(http.StatusOK, "Create participant", "Ann Example", "Participant, Contact")
	w.as(home, gateway.RoleAdmin).get("/sync/log?object=ContentDocumentLink").want(http.StatusOK, "Delete note link", "Ann Example", "Note link, Contact")
}
