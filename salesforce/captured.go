package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// Captured lists the objects that an admin selected for Change Data Capture, in
// one call of the Tooling API. The connected user needs "View Setup and
// Configuration" for it; without it the error is CodeSFUnavailable or the like.
func (c *Client) Captured(ctx context.Context) ([]string, error) {
	var objects []string
	soql := "SELECT SelectedEntity FROM PlatformEventChannelMember WHERE EventChannel = 'ChangeEvents'"
	err := c.query(ctx, "tooling/query", soql, func(rows []json.RawMessage) error {
		for _, row := range rows {
			var member struct{ SelectedEntity string }
			if err := json.Unmarshal(row, &member); err != nil {
				return fmt.Errorf("reading a channel member: %w", err)
			}
			objects = append(objects, capturedObject(member.SelectedEntity))
		}
		return nil
	})
	return objects, err
}

// capturedObject is the object of a change event: Contact of ContactChangeEvent,
// Berth__c of Berth__ChangeEvent.
func capturedObject(event string) string {
	name := strings.TrimSuffix(event, "ChangeEvent")
	if strings.HasSuffix(name, "__") {
		name += "c"
	}
	return name
}
