package main

import (
	"context"

	"tidegate/gateway"
	"tidegate/rules/settings"
	"tidegate/store"
)

// decideWinners chooses a rule for each kind of data for which nobody has
// decided who wins (DEM-17).
func decideWinners(ctx context.Context, ws *store.Workspace, rule gateway.Winner, by string) error {
	rows, err := ws.Settings(ctx, gateway.OrgScope)
	if err != nil {
		return err
	}
	in, err := settings.Effective(rows, nil)
	if err != nil || settings.UndecidedWords(in.Advanced.Conflicts) == "" {
		return err
	}
	chosen := map[gateway.DataType]gateway.Winner{}
	for _, t := range gateway.DataTypes {
		if chosen[t] = in.Advanced.Conflicts[t]; chosen[t] == gateway.WinnerNone {
			chosen[t] = rule
		}
	}
	in.Advanced.Conflicts = chosen
	body, err := settings.Encode(in.Settings, gateway.TabAdvanced)
	if err != nil {
		return err
	}
	_, err = ws.SaveSetting(ctx, gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabAdvanced, Body: body, By: by}, rows[gateway.TabAdvanced].Revision)
	return err
}

// presetWinners lets no field travel both ways undecided from the first connect
// on: until somebody decides, a person is asked about each conflict, so that
// nothing is overwritten (DEM-17).
func (c connecting) presetWinners(ctx context.Context, ws *store.Workspace, e establishing) error {
	if e.winner != gateway.WinnerNone {
		return decideWinners(ctx, ws, e.winner, e.by)
	}
	return decideWinners(ctx, ws, gateway.WinnerAsk, settings.FirstConnect)
}
