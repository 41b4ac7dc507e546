package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"tidegate/gateway"
)

// maxSources is how many profiles and permission sets that give one right are
// looked at.
const maxSources = 200

// setRow is a permission set as PermissionSet has it, and as a row that refers to it.
type setRow struct {
	ID               string `json:"Id"`
	Label            string
	IsOwnedByProfile bool
	Profile          *struct{ Name string }
}

// source is whose the rights are. The set of a profile has an id for its label;
// the profile itself is named as Setup names it.
func (r setRow) source() gateway.RightSource {
	out := gateway.RightSource{ID: r.ID, Label: r.Label, Profile: r.IsOwnedByProfile}
	if r.Profile != nil {
		out.Label = r.Profile.Name
	}
	return out
}

// RightsTo tells which profile and permission sets the connected user has, with
// what each gives on a field, and which others give something on it; field ""
// asks about the object itself. It takes two or three calls. The connected user
// needs "View Setup and Configuration" for them.
func (c *Client) RightsTo(ctx context.Context, object, field string) ([]gateway.RightSource, error) {
	if !validName(object) || field != "" && !validName(field) {
		return nil, badName("field", object+"."+field)
	}
	me, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	var sources []gateway.RightSource
	err = rowsOf(ctx, c, "SELECT PermissionSetId, PermissionSet.Id, PermissionSet.Label, PermissionSet.IsOwnedByProfile, PermissionSet.Profile.Name FROM PermissionSetAssignment WHERE AssigneeId = "+Quote(me),
		func(row struct{ PermissionSet setRow }) {
			one := row.PermissionSet.source()
			one.Assigned = true
			sources = append(sources, one)
		})
	if err != nil {
		return nil, err
	}
	soql := "SELECT ParentId, PermissionsRead, PermissionsEdit FROM ObjectPermissions WHERE SobjectType = " + Quote(object)
	if field != "" {
		soql = "SELECT ParentId, PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE SobjectType = " + Quote(object) + " AND Field = " + Quote(object+"."+field)
	}
	at := map[string]int{}
	for i, s := range sources {
		at[s.ID] = i
	}
	var others []string
	err = rowsOf(ctx, c, fmt.Sprintf("%s LIMIT %d", soql, maxSources), func(row struct {
		ParentID                         string `json:"ParentId"`
		PermissionsRead, PermissionsEdit bool
	},
	) {
		i, known := at[row.ParentID]
		if !known {
			i = len(sources)
			at[row.ParentID], others = i, append(others, Quote(row.ParentID))
			sources = append(sources, gateway.RightSource{ID: row.ParentID})
		}
		sources[i].Read, sources[i].Edit = row.PermissionsRead, row.PermissionsEdit
	})
	if err != nil || len(others) == 0 {
		return sources, err
	}
	err = rowsOf(ctx, c, "SELECT Id, Label, IsOwnedByProfile, Profile.Name FROM PermissionSet WHERE Id IN ("+strings.Join(others, ",")+")", func(row setRow) {
		if i, known := at[row.ID]; known {
			named := row.source()
			sources[i].Label, sources[i].Profile = named.Label, named.Profile
		}
	})
	return sources, err
}

// rowsOf gives each row of a query's answer to use.
func rowsOf[T any](ctx context.Context, c *Client, soql string, use func(T)) error {
	return c.query(ctx, "query", soql, func(rows []json.RawMessage) error {
		for _, row := range rows {
			var one T
			if err := json.Unmarshal(row, &one); err != nil {
				return fmt.Errorf("reading a row of %s: %w", selected(soql), err)
			}
			use(one)
		}
		return nil
	})
}
