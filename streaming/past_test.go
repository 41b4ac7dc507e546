package streaming

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/inbound"
	"tidegate/rules/past"
	"tidegate/store/storetest"
)

// TestEveryMomentOfARecordIsReadBack: records of the simulated org change at
// random; afterwards each is read as of each of its changes from what is
// stored, and must be what the org held then. As of now it is the mirror.
func TestEveryMomentOfARecordIsReadBack(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		ids := w.contacts(6)
		_, stop := w.start(nil)
		defer stop()
		w.settled()
		r := rand.New(rand.NewPCG(3, 14))
		titles := map[string][]string{}
		for n := range 40 {
			id := ids[r.IntN(len(ids))]
			title := fmt.Sprint("Title ", n)
			w.update(id, map[string]any{"Title": title, "Department": fmt.Sprint("Department ", n%3)})
			titles[id] = append(titles[id], title)
		}
		w.settled()
		schema, err := w.ws.Schema(t.Context(), "Contact")
		if err != nil {
			t.Fatal(err)
		}
		silent := inbound.Silent(schema)
		for _, id := range ids {
			key := gateway.RecordKey{Object: "Contact", ID: id}
			mirror, err := w.ws.Record(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			entries, err := w.ws.WholeHistory(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			if len(entries) != len(titles[id]) {
				t.Fatalf("%s: %d changes observed, %d made", id, len(entries), len(titles[id]))
			}
			in := past.Input{Now: mirror, Entries: entries, Silent: func(name string) bool { return silent[name] }, Named: true}
			for i, e := range entries {
				if i+1 < len(entries) && entries[i+1].Version.CommitAt == e.Version.CommitAt {
					continue // of one moment; the later one counts
				}
				if got := past.At(in, e.Version.Time()).Record.Fields["Title"].String(); got != titles[id][i] {
					t.Errorf("%s after change %d: %q, want %q", id, i, got, titles[id][i])
				}
			}
			now := past.At(in, time.Now().Add(time.Hour))
			if !maps.Equal(now.Record.Fields, mirror.Fields) || now.Record.Version != mirror.Version {
				t.Errorf("%s now is %v, the mirror %v", id, now.Record.Fields, mirror.Fields)
			}
		}
	})
}
