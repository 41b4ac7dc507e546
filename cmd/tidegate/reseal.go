package main

import (
	"context"
	"log/slog"

	"tidegate/gateway"
)

// reseal seals with the current key what an older one has sealed, so that the
// older one can be taken away. A refresh that comes between wins: it has sealed
// with the current key itself.
func (o *orgs) reseal(ctx context.Context, logger *slog.Logger) {
	connections, err := o.db.Connections(ctx)
	if err != nil {
		logger.WarnContext(ctx, "stored tokens could not be looked at; what an older key sealed stays so until the next start", "err", err)
		return
	}
	sealed := 0
	for _, c := range connections {
		done, err := o.resealOne(ctx, c)
		if err != nil {
			logger.WarnContext(ctx, "stored tokens could not be sealed anew", "connection", c.ID, "err", err)
		}
		if done {
			sealed++
		}
	}
	if sealed > 0 {
		logger.InfoContext(ctx, "stored tokens are sealed with the current key now", "connections", sealed)
	}
}

func (o *orgs) resealOne(ctx context.Context, c gateway.Connection) (done bool, err error) {
	ws := o.db.In(c.Workspace)
	was, _, err := ws.SealedSecrets(ctx, c.ID)
	if err != nil || o.vault.Current(was, c.Workspace, c.ID) {
		if gateway.CodeOf(err) == gateway.CodeNotFound {
			err = nil // disconnected
		}
		return false, err
	}
	plain, err := o.vault.Unseal(was, c.Workspace, c.ID)
	if err != nil {
		return false, err
	}
	return ws.SwapSecrets(ctx, c.ID, was, o.vault.Seal(plain, c.Workspace, c.ID))
}
