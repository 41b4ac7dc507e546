package store_test

import (
	"encoding/json"
	"maps"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// AIM-02: since Accounts of agents obey the object's switch, it is on where an
// agent writes them, so that such a workspace goes on as it did. Nothing else of
// Account begins to be written by that, and other workspaces stay as they were.
func TestUpgradeGoesOnWritingAccountsOfAgents_AIM02(t *testing.T) {
	const upgrade = "Upgrade: an agent writes Accounts"
	all := map[string]bool{"Account": true, "Contact": true, "Lead": true, "Opportunity": true}
	spaces := map[gateway.WorkspaceID]struct {
		saved   string // of the Objects tab, "" = never
		objects []string
		want    map[string]bool // the switches
		by      string
	}{
		"never-saved":    {"", []string{"Lead", "Account"}, all, upgrade},
		"not-mentioned":  {`{"added":["Plan__c"]}`, []string{"Account"}, all, upgrade},
		"switched-off":   {`{"writeback":{"Account":false,"Lead":true},"added":["Plan__c"]}`, []string{"Account"}, map[string]bool{"Account": true, "Lead": true}, upgrade},
		"switched-on":    {`{"writeback":{"Account":true}}`, []string{"Account"}, map[string]bool{"Account": true}, "Ann"},
		"other-objects":  {`{"writeback":{"Lead":true}}`, []string{"Lead", "Contact"}, map[string]bool{"Lead": true}, "Ann"},
		"no-agent-saved": {`{"writeback":{"Lead":true}}`, nil, map[string]bool{"Lead": true}, "Ann"},
	}
	storetest.Engines(t, func(t *testing.T, url string) {
		db, ctx := storetest.Open(t, url, store.Options{}), t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		for id, space := range spaces {
			must(db.CreateWorkspace(ctx, id, string(id)))
			ws := db.In(id)
			if space.saved != "" {
				_, err := ws.SaveSetting(ctx, gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabObjects, Body: []byte(space.saved), By: "Ann"}, 0)
				must(err)
			}
			if a := gateway.DefaultAgents()[0]; space.objects != nil {
				a.Objects = space.objects
				must(ws.SaveAgent(ctx, a))
			}
			must(ws.SaveMapping(ctx, gateway.Mapping{Object: "Account", Field: "Plan__c", Editable: true, By: "Ann"}))
		}
		tab := func(id gateway.WorkspaceID) (gateway.SettingRow, bool) {
			t.Helper()
			rows, err := db.In(id).Settings(ctx, gateway.OrgScope)
			must(err)
			fields, err := db.In(id).Mappings(ctx, "Account")
			must(err)
			return rows[gateway.TabObjects], fields[0].Editable
		}
		must(db.MigrateDown(ctx, 58))
		for range 2 { // also after it was taken back
			must(db.Migrate(ctx))
			for id, space := range spaces {
				is := gateway.ObjectsSettings{}
				row, editable := tab(id)
				must(json.Unmarshal(row.Body, &is))
				if !maps.Equal(is.Writeback, space.want) || row.By != space.by || editable != (space.by != upgrade) {
					t.Errorf("%s: switches %v by %q, a field that people may edit: %v", id, is.Writeback, row.By, editable)
				}
			}
			must(db.MigrateDown(ctx, 58))
			for id, space := range spaces {
				if row, editable := tab(id); string(row.Body) != space.saved || !editable {
					t.Errorf("%s, taken back: %s %v", id, row.Body, editable)
				}
			}
		}
	})
}
