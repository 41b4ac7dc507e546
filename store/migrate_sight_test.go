package store_test

import (
	"encoding/json"
	"errors"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// S-54: reps see what Salesforce shows them in a workspace that is made from now
// on. One that is there keeps what it had, saved or not.
func TestUpgradeKeepsWhatRepsSaw_S54(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		db := storetest.Open(t, url, store.Options{})
		if err := db.MigrateDown(t.Context(), 53); err != nil {
			t.Fatal(err)
		}
		bodies := map[gateway.WorkspaceID]string{"silent": `{"currency_label":"€"}`, "off": `{"own_sight":false,"amount_field":"A__c"}`, "on": `{"own_sight":true}`, "never": ""}
		for id, body := range bodies {
			err := db.CreateWorkspace(t.Context(), id, string(id))
			if err == nil && body != "" {
				_, err = db.In(id).SaveSetting(t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabAdvanced, Body: []byte(body), By: "Ann"}, 0)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // also after it was taken back
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			for id, body := range bodies {
				rows, err := db.In(id).Settings(t.Context(), gateway.OrgScope)
				if err != nil {
					t.Fatal(err)
				}
				was, is := map[string]any{"own_sight": false}, map[string]any{}
				if body != "" {
					err = json.Unmarshal([]byte(body), &was)
				}
				if err := errors.Join(err, json.Unmarshal(rows[gateway.TabAdvanced].Body, &is)); err != nil || is["own_sight"] != (id == "on") {
					t.Errorf("%s has %s: %v", id, rows[gateway.TabAdvanced].Body, err)
				}
				for name, value := range was {
					if is[name] != value {
						t.Errorf("%s: %s is %v", id, name, is[name])
					}
				}
				if rows[gateway.TabAdvanced].Revision != 1 {
					t.Errorf("%s: revision %d", id, rows[gateway.TabAdvanced].Revision)
				}
			}
			if err := db.MigrateDown(t.Context(), 53); err != nil {
				t.Fatal(err)
			}
			rows, err := db.In("never").Settings(t.Context(), gateway.OrgScope)
			if _, there := rows[gateway.TabAdvanced]; err != nil || there {
				t.Errorf("taken back: %v %v", rows, err)
			}
		}
	})
}
