// Package settings decides which settings are in force for a person and says
// where each comes from: the organization, the member himself, or the default.
package settings

import (
	"fmt"
	"slices"
	"time"

	"tidegate/gateway"
)

// Rows are the newest saved rows of one scope, by tab.
type Rows map[gateway.Tab]gateway.SettingRow

// Origin says where the settings of one tab come from.
type Origin struct {
	Scope   string // gateway.OrgScope or the member's
	By      string // display name of who saved, "" for a default
	At      time.Time
	Default bool // nobody has saved this tab
	// Locked is true when the organization locked the tab: a member's own
	// row is kept but not in force (AVM-09).
	Locked bool
}

// InForce is what holds for one person.
type InForce struct {
	gateway.Settings
	Origins map[gateway.Tab]Origin
}

// Effective lays the member's rows over the organization's. Only the Notes tab
// has a member level; rows of other tabs are not looked at. A nil member means
// the organization's own view. It fails only when a saved body is unreadable.
func Effective(org, member Rows) (InForce, error) {
	in := InForce{Settings: gateway.DefaultSettings(), Origins: make(map[gateway.Tab]Origin, len(gateway.Tabs))}
	for _, tab := range gateway.Tabs {
		row, saved := org[tab]
		in.Origins[tab] = Origin{Scope: gateway.OrgScope, By: row.By, At: row.At, Default: !saved}
		if !saved {
			continue
		}
		if err := Decode(&in.Settings, tab, row.Body); err != nil {
			return InForce{}, fmt.Errorf("reading the organization's %s settings: %w", tab, err)
		}
	}
	origin := in.Origins[gateway.TabNotes]
	origin.Locked = in.Notes.Locked
	in.Origins[gateway.TabNotes] = origin
	if row, saved := member[gateway.TabNotes]; saved && !in.Notes.Locked {
		in.Origins[gateway.TabNotes] = Origin{Scope: row.Scope, By: row.By, At: row.At}
	}
	var err error
	in.Settings, err = ForMember(in.Settings, member)
	return in, err
}

// ForMember lays a member's rows over settings of the organization, saved or
// not. It fails only when a saved body is unreadable.
func ForMember(org gateway.Settings, member Rows) (gateway.Settings, error) {
	row, saved := member[gateway.TabNotes]
	if !saved || org.Notes.Locked {
		return org, nil
	}
	pilot := org.Notes.Pilot
	if err := Decode(&org, gateway.TabNotes, row.Body); err != nil {
		return gateway.Settings{}, fmt.Errorf("reading the member's notes settings: %w", err)
	}
	// The organization's alone; a row may still have what held when it was saved.
	org.Notes.Locked, org.Notes.Pilot = false, pilot
	return org, nil
}

// MaySave refuses a save that the scope has no right to: a member has only the
// Notes tab, and that only while the organization has not locked it (AVM-08).
// The error is CodeForbidden.
func MaySave(org gateway.Settings, scope string, tab gateway.Tab) error {
	switch {
	case scope == gateway.OrgScope:
		return nil
	case tab != gateway.TabNotes:
		return gateway.Errorf(gateway.CodeForbidden, "The %s settings belong to the organization. Ask an admin to change them.", tab.Title())
	case org.Notes.Locked:
		return gateway.Errorf(gateway.CodeForbidden, "The organization has locked the Notes settings. Ask an admin to unlock them.")
	}
	return nil
}

// Mirrored returns the objects that a workspace mirrors, by what is saved for
// the organization: those of the Objects tab, and those of the e-mails that are
// read (AVM-49).
func Mirrored(org Rows) ([]string, error) {
	in, err := Effective(org, nil)
	objects := in.Objects.Mirrored()
	for _, object := range in.Advanced.EmailsRead().Mirrored() {
		if !slices.Contains(objects, object) {
			objects = append(objects, object)
		}
	}
	return objects, err
}
