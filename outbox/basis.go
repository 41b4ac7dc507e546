package outbox

import (
	"context"
	"errors"

	"tidegate/gateway"
	"tidegate/store"
)

// basis is under which settings something is planned. A plan is worked out
// before its transaction; somebody may save other settings in between, whose
// replan may have passed the thing by then, or not know of it. So the
// transaction asks first whether they are in force still, and the thing is
// planned again where they are not: one row is read twice for that.
type basis struct {
	run  int64 // of Workspace.SettingsRun
	last bool  // nothing is asked any more; the replan that follows mends it
}

// basisTries bounds how often one thing is planned because settings change
// again and again.
const basisTries = 5

var errSettingsMoved = errors.New("other settings were saved since this was planned")

// holds asks in the transaction of a plan, before it locks anything.
func (b basis) holds(ctx context.Context, tx *store.Tx) error {
	if b.last {
		return nil
	}
	run, err := tx.HoldSettingsRun(ctx)
	if err == nil && run != b.run {
		err = errSettingsMoved
	}
	return err
}

// under calls do, which plans and submits, until the settings stood still
// meanwhile.
func (o *Outbox) under(ctx context.Context, ws gateway.WorkspaceID, do func(basis) error) error {
	for try := 1; ; try++ {
		run, err := o.db.In(ws).SettingsRun(ctx)
		if err != nil {
			return err
		}
		err = do(basis{run, try == basisTries})
		if !errors.Is(err, errSettingsMoved) {
			return err
		}
	}
}
