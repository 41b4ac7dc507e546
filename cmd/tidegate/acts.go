package main

import (
	"context"

	"tidegate/gateway"
	"tidegate/store"
)

// onCommandLine is who acted, where nobody signed in.
const onCommandLine = "command line"

// act keeps what somebody did on the command line in the workspace's audit log,
// like what is done on the pages. It has happened by then; that it could not be
// kept is an error all the same.
func act(ctx context.Context, ws *store.Workspace, what, target string) error {
	return ws.Audit(ctx, gateway.AuditEntry{By: onCommandLine, What: what, Target: target})
}
