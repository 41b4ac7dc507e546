package main

import (
	"context"
	"fmt"
	"log/slog"

	"tidegate/gateway"
	"tidegate/store"
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
	if sealed, err = o.resealHooks(ctx); err != nil {
		logger.WarnContext(ctx, "secrets of webhooks could not be sealed anew", "err", err)
	}
	if sealed > 0 {
		logger.InfoContext(ctx, "secrets of webhooks are sealed with the current key now", "webhooks", sealed)
	}
}

// resealHooks does the same for the secrets of webhooks, in either direction. A rotation that comes
// between wins.
func (o *orgs) resealHooks(ctx context.Context) (sealed int, err error) {
	all, err := o.db.Workspaces(ctx)
	if err != nil {
		return 0, err
	}
	for _, w := range all {
		ws := o.db.In(w.ID)
		hooks, err := ws.Hooks(ctx)
		if err != nil {
			return sealed, err
		}
		for _, h := range hooks {
			done, err := o.resealHook(ctx, ws, h)
			if err != nil {
				return sealed, err
			}
			if done {
				sealed++
			}
		}
		told, err := o.resealSubscribers(ctx, ws)
		sealed += told
		if err != nil {
			return sealed, err
		}
		if _, err := ws.SwapAuditKey(ctx, o.resealAudit(w.ID)); err != nil {
			return sealed, err
		}
	}
	return sealed, nil
}

// resealAudit returns the key of an audit chain under the current key, or nil
// where it is.
func (o *orgs) resealAudit(ws gateway.WorkspaceID) func([]byte) ([]byte, error) {
	return func(sealed []byte) ([]byte, error) {
		if o.vault.Current(sealed, ws, store.SealedAsAudit) {
			return nil, nil
		}
		plain, err := o.vault.Unseal(sealed, ws, store.SealedAsAudit)
		if err != nil {
			return nil, fmt.Errorf("opening the key of the audit chain: %w", err)
		}
		return o.vault.Seal(plain, ws, store.SealedAsAudit), nil
	}
}

// resealSubscribers does the same for the secrets by which the host product
// knows us.
func (o *orgs) resealSubscribers(ctx context.Context, ws *store.Workspace) (sealed int, err error) {
	all, err := ws.Subscribers(ctx)
	if err != nil {
		return 0, err
	}
	for _, s := range all {
		if o.vault.Current(s.Sealed, ws.ID(), s.SealedAs()) {
			continue
		}
		plain, err := o.vault.Unseal(s.Sealed, ws.ID(), s.SealedAs())
		if err != nil {
			return sealed, err
		}
		done, err := ws.SwapSubscriberSecret(ctx, s.ID, s.Sealed, o.vault.Seal(plain, ws.ID(), s.SealedAs()))
		if err != nil {
			return sealed, err
		}
		if done {
			sealed++
		}
	}
	return sealed, nil
}

func (o *orgs) resealHook(ctx context.Context, ws *store.Workspace, was gateway.Hook) (done bool, err error) {
	now, stale := was, false
	for _, secret := range []*[]byte{&now.Sealed, &now.OldSealed} {
		if len(*secret) == 0 || o.vault.Current(*secret, ws.ID(), was.SealedAs()) {
			continue
		}
		plain, err := o.vault.Unseal(*secret, ws.ID(), was.SealedAs())
		if err != nil {
			return false, err
		}
		*secret, stale = o.vault.Seal(plain, ws.ID(), was.SealedAs()), true
	}
	if !stale {
		return false, nil
	}
	return ws.SwapHookSecrets(ctx, was, now)
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
