package main

import (
	"context"

	"tidegate/gateway"
)

// Sight tells what a user of Salesforce may read of an object.
func (c connecting) Sight(ctx context.Context, id gateway.WorkspaceID, user, object string) (gateway.ObjectSight, error) {
	one, err := c.orgs.of(ctx, id)
	if err != nil {
		return gateway.ObjectSight{}, err
	}
	return one.client.SightOf(ctx, user, object)
}

// Readable returns those of the records, by id, that a user may read.
func (c connecting) Readable(ctx context.Context, id gateway.WorkspaceID, user string, ids []string) (map[string]bool, error) {
	one, err := c.orgs.of(ctx, id)
	if err != nil {
		return nil, err
	}
	return one.client.ReadableBy(ctx, user, ids)
}
