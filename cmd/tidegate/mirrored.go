package main

import (
	"context"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/settings"
	"tidegate/store"
)

// mirrored returns the objects that a workspace mirrors now.
func mirrored(ctx context.Context, ws *store.Workspace) ([]string, error) {
	org, err := ws.Settings(ctx, gateway.OrgScope)
	if err != nil {
		return nil, err
	}
	return settings.Mirrored(org)
}

// askedObjects returns the objects that a command names, all mirrored ones
// where it names none. The error is CodeInvalid for one that is not mirrored.
func askedObjects(ctx context.Context, ws *store.Workspace, asked []string) ([]string, error) {
	all, err := mirrored(ctx, ws)
	if err != nil || len(asked) == 0 {
		return all, err
	}
	for _, object := range asked {
		if !slices.Contains(all, object) {
			return nil, gateway.Errorf(gateway.CodeInvalid, "%s is not mirrored; mirrored are %s. Add it under Settings, Objects.", object, strings.Join(all, ", "))
		}
	}
	return asked, nil
}
