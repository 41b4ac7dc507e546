package outbox

import (
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

func TestWaitingRemovalIsTakenBack_F47(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(2)
		cause := gateway.Cause{Kind: "edit", Rule: "Delete through the API"}
		remove := func(n int) (Receipt, error) { return w.box.Remove(t.Context(), ws, key(n), cause) }
		_, err := remove(0)
		wantCode(t, err, gateway.CodeForbidden) // Salesforce does not let us
		schema := contactSchema(false)
		schema.Deletable = true
		must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{schema}))
		_, err = remove(0)
		wantCode(t, err, gateway.CodeForbidden) // nothing here is linked to it
		for n := range 2 {
			must(t, w.db.In(ws).SaveLink(t.Context(), gateway.Link{Kind: "person", ExternalID: key(n).ID, Key: key(n)}))
		}

		edit := w.submit(0, gateway.Fields{"Title": `"a"`})
		gone, err := remove(0)
		must(t, err)
		same(t, "the line of the edit", w.line(edit.LogID).State, gateway.LogSkipped)
		_, err = w.box.Submit(t.Context(), ws, Edit{Key: key(0), Fields: gateway.Fields{"Title": `"b"`}})
		wantCode(t, err, gateway.CodeConflict)
		listed := func() int {
			page, err := w.db.In(ws).Records(t.Context(), store.RecordQuery{Object: "Contact"})
			must(t, err)
			return len(page.Records)
		}
		same(t, "listed while it waits", listed(), 1)
		must(t, w.box.Ignore(t.Context(), ws, gone.LogID, "Taken back", "Ada"))
		same(t, "listed after it was taken back", listed(), 2)
		same(t, "idle", w.idle(), true)

		done, err := remove(1)
		must(t, err)
		same(t, "deleted", w.deliver(done).State, Written)
		same(t, "listed at the end", listed(), 1)
		same(t, "tombstone", w.record(key(1)).Deleted, true)
		_, err = remove(1)
		wantCode(t, err, gateway.CodeNotFound)
		links, err := w.db.In(ws).Links(t.Context(), key(1))
		must(t, err)
		if len(links) != 1 || links[0].Broken == "" {
			t.Errorf("links %+v", links)
		}
	})
}
