package outbox

import (
	"testing"

	"tidegate/gateway"
)

// F-55: writes that found their parent locked are tried again one call at a time
// for each parent; what is under another parent, and what was not refused, goes on.
func TestLockedParentIsWrittenUnderOneByOne_F55(t *testing.T) {
	under := func(n int, account string, code gateway.Code) gateway.Change {
		return gateway.Change{Key: key(n), Fields: gateway.Fields{"AccountId": gateway.Text(account)}, Problem: gateway.Problem{Code: string(code)}}
	}
	call := func(id gateway.WorkspaceID, changes ...gateway.Change) batch {
		return batch{ws: id, changes: changes, barred: map[gateway.RecordKey]*gateway.Error{}, parents: parentsOf(changes, nil)}
	}
	o := &Outbox{}
	leave := o.oneByOne(call(ws, under(1, "001A", gateway.CodeSFBusy), under(2, "001A", gateway.CodeSFBusy)))
	second := call(ws, under(3, "001A", gateway.CodeSFBusy), under(4, "001B", gateway.CodeSFBusy), under(5, "001A", ""))
	leaveSecond := o.oneByOne(second)
	for n, waits := range map[int]bool{3: true, 4: false, 5: false} {
		if err := second.barred[key(n)]; (err != nil) != waits || waits && err.Code != gateway.CodeReference {
			t.Errorf("record %d beside the first call: %v", n, err)
		}
	}
	elsewhere := call("another", under(6, "001A", gateway.CodeSFBusy))
	o.oneByOne(elsewhere)()
	same(t, "another workspace waits for nobody", len(elsewhere.barred), 0)
	leave()
	leaveSecond()
	third := call(ws, under(3, "001A", gateway.CodeSFBusy), under(4, "001B", gateway.CodeSFBusy))
	o.oneByOne(third)()
	same(t, "afterwards", len(third.barred), 0)
}
