package streaming

import (
	"reflect"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

// F-75: people's records are the hard case, because their Name is composed
// here after events and read as it stands by queries.
func TestReadingAgainChangesNothing(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(30)
		c, _ := w.start(nil)
		w.settled()
		w.update(ids[0], map[string]any{"FirstName": "Grace"})
		w.settled()
		records := func() map[string]gateway.Record {
			out := map[string]gateway.Record{}
			for _, id := range ids {
				r, err := w.ws.Record(t.Context(), gateway.RecordKey{Object: "Contact", ID: id})
				if err != nil {
					t.Fatal(err)
				}
				out[id] = r
			}
			return out
		}
		readAgain := func() {
			asked := time.Now()
			if err := c.Reread(t.Context(), "Contact", "to see what it changes"); err != nil {
				t.Fatal(err)
			}
			w.eventually(func() string {
				b, err := w.ws.Backfill(t.Context(), "Contact")
				if err != nil || b.State != BackfillDone || b.StartedAt.Before(asked.Add(-time.Second)) {
					return "Contact is not read again yet"
				}
				return ""
			})
		}
		readAgain() // the first reading after an event notes that it was whole
		before := records()
		if name := before[ids[0]].Fields["Name"]; name != `"Grace Name 0"` {
			t.Errorf("Name is %s", name)
		}
		readAgain()
		for id, r := range records() {
			if !reflect.DeepEqual(r, before[id]) {
				t.Errorf("%s was %+v\nand is %+v", id, before[id], r)
			}
		}
	})
}
