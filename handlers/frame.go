package handlers

import (
	"context"
	"fmt"

	"tidegate/gateway"
	"tidegate/rules/settings"
	"tidegate/store"
)

// frame is what every page reads besides its own matter: the settings that hold
// for the visitor, what is owed to Salesforce, and the connection. It is read
// beside the page's matter: a busy database makes each look wait, and one after
// the other the waits add up (F-73).
type frame struct {
	read chan struct{} // closed when the rest may be looked at

	inForce    settings.InForce
	inForceErr error
	pending    map[string]store.PendingCounts
	pendingErr error
	conn       gateway.Connection
	connErr    error
}

// readFrame begins to read the frame. It keeps nothing of the request, so it may
// end after the answer.
func readFrame(ctx context.Context, ws *store.Workspace, m gateway.Member) *frame {
	f := &frame{read: make(chan struct{})}
	go func() {
		defer close(f.read)
		f.inForce, f.inForceErr = settingsFor(ctx, ws, m)
		f.pending, f.pendingErr = ws.PendingByObject(ctx)
		f.conn, f.connErr = ws.Connection(ctx)
	}()
	return f
}

// aroundPage waits for the frame. A page that changed something before it is
// drawn has none yet, and sees what holds now.
func (v *visit) aroundPage() *frame {
	if v.frame == nil {
		v.frame = readFrame(v.UserContext(), v.ws, v.member)
	}
	<-v.frame.read
	return v.frame
}

// inForce resolves the settings that hold for the visitor. While a GET is
// answered, which changes none of them, they are read once.
func (v *visit) inForce() (settings.InForce, error) {
	if v.frame == nil {
		return settingsFor(v.UserContext(), v.ws, v.member)
	}
	<-v.frame.read
	return v.frame.inForce, v.frame.inForceErr
}

func settingsFor(ctx context.Context, ws *store.Workspace, m gateway.Member) (settings.InForce, error) {
	rows, err := ws.SettingsOf(ctx, gateway.OrgScope, memberScope(m.ID))
	if err != nil {
		return settings.InForce{}, fmt.Errorf("reading the settings of a member: %w", err)
	}
	return settings.Effective(rows[gateway.OrgScope], rows[memberScope(m.ID)])
}
