package handlers

import (
	"tidegate/gateway"
	"tidegate/rules/settings"
)

// orgScope, ownScope and memberOfAddress name the scope that a page is about.
func orgScope(*visit) (string, error) { return gateway.OrgScope, nil }

func ownScope(v *visit) (string, error) { return memberScope(v.member.ID), nil }

func memberOfAddress(v *visit) (string, error) {
	m, err := v.ws.Member(v.UserContext(), v.Params("id"))
	return memberScope(m.ID), err
}

// previewTab shows a tab with what was typed, so that its preview follows;
// nothing is saved by it. What cannot be saved is told and no failure: somebody
// is not through with the form yet.
func previewTab(tab gateway.Tab, scopeOf func(*visit) (string, error)) func(*visit) error {
	return func(v *visit) error {
		scope, err := scopeOf(v)
		if err != nil {
			return err
		}
		state, err := v.tabState(tab, scope)
		if err != nil {
			return err
		}
		if err := v.maySave(state); err != nil {
			return err
		}
		if _, _, err := v.postedBodies(&state); err != nil {
			return v.refuseTab(state, err)
		}
		state.common.Form.Revision, state.common.Form.Unsaved = v.posted("revision"), true
		if err := settings.Validate(state.settings, tab); err != nil {
			if !state.blame(err) {
				return err
			}
		}
		return v.showTab(state)
	}
}
