package outbox

import (
	"testing"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

// F-55: writes that found their parent locked are tried again one call at a time
// for each parent, whichever process calls; what is under another parent, and what
// was not refused, goes on. What waited for such a call still waits for the next.
func TestLockedParentIsWrittenUnderOneByOne_F55(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.workspace("another")
		under := func(n int, account string, problem gateway.Problem) gateway.Change {
			return gateway.Change{Key: key(n), Fields: gateway.Fields{"AccountId": gateway.Text(account)}, Problem: problem}
		}
		call := func(id gateway.WorkspaceID, changes ...gateway.Change) batch {
			changes[0].Lease = newLease()
			return batch{ws: id, changes: changes, barred: map[gateway.RecordKey]*gateway.Error{}, parents: parentsOf(changes, nil)}
		}
		busy, waited := gateway.Problem{Code: string(gateway.CodeSFBusy)}, gateway.Problem{Code: string(gateway.CodeReference), What: underAnother}
		one, other := w.box, New(w.db, w.org, w.opts)
		leave := one.oneByOne(t.Context(), call(ws, under(1, "001A", busy), under(2, "001A", busy)))
		for _, process := range []*Outbox{one, other} {
			second := call(ws, under(3, "001A", busy), under(4, "001B", busy), under(5, "001A", gateway.Problem{}), under(6, "001A", waited))
			leaveSecond := process.oneByOne(t.Context(), second)
			for n, waits := range map[int]bool{3: true, 4: false, 5: false, 6: true} {
				if err := second.barred[key(n)]; (err != nil) != waits || waits && err.Code != gateway.CodeReference {
					t.Errorf("record %d beside the first call: %v", n, err)
				}
			}
			leaveSecond()
		}
		elsewhere := call("another", under(6, "001A", busy))
		other.oneByOne(t.Context(), elsewhere)()
		same(t, "another workspace waits for nobody", len(elsewhere.barred), 0)
		leave()
		third := call(ws, under(3, "001A", busy), under(4, "001B", busy), under(6, "001A", waited))
		other.oneByOne(t.Context(), third)()
		same(t, "afterwards", len(third.barred), 0)
	})
}
