package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"tidegate/simulator/bus"
	"tidegate/simulator/org"
	"tidegate/simulator/outbound"
)

// settings are what an admin set up in the org, beside the schema.
type settings struct {
	Permissions []org.Permission      `json:"permissions"`
	Captured    []string              `json:"captured"`
	Channels    []bus.Channel         `json:"channels"`
	Quota       int                   `json:"quota"`
	Outbound    []outbound.Definition `json:"outbound"`
	Flows       []org.Flow            `json:"flows,omitempty"`
	Validations []org.Validation      `json:"validations,omitempty"`
}

// settingPaths are where they are changed.
var settingPaths = []string{"/_sim/permissions", "/_sim/cdc", "/_sim/channels", "/_sim/quota", "/_sim/outbound", "/_sim/flows", "/_sim/validations"}

// keeping keeps the settings after each request that may have changed them.
func (o *Org) keeping(next http.Handler) http.Handler {
	if o.disk == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if r.Method == http.MethodGet {
			return
		}
		for _, path := range settingPaths {
			if strings.HasPrefix(r.URL.Path, path) || strings.Contains(r.URL.Path, "/tooling/sobjects/") {
				o.keepSettings()
				return
			}
		}
	})
}

func (o *Org) keepSettings() {
	most, _ := o.Log.Quota().Used()
	s := settings{Permissions: o.Engine.Permissions(), Captured: o.CDC.Captured(), Channels: o.Log.Channels(), Quota: most, Flows: o.Engine.Flows(), Validations: o.Engine.Validations()}
	for _, state := range o.outbound.States() {
		s.Outbound = append(s.Outbound, state.Definition)
	}
	encoded, err := json.Marshal(s)
	if err == nil {
		err = o.disk.SaveSettings(encoded)
	}
	if err != nil {
		o.keepErr.Store(&err)
	}
}

// loadSettings takes back what keepSettings kept.
func (o *Org) loadSettings() error {
	if o.disk == nil {
		return nil
	}
	encoded, err := o.disk.LoadSettings()
	if err != nil || encoded == nil {
		return err
	}
	var s settings
	if err := json.Unmarshal(encoded, &s); err != nil {
		return fmt.Errorf("decoding the settings: %w", err)
	}
	o.CDC.Select(s.Captured...)
	o.Log.Quota().SetMax(s.Quota)
	o.outbound.Restore(s.Outbound)
	for _, p := range s.Permissions {
		// A field or object that is gone since then takes its permission along.
		_ = o.Engine.Permit(p)
	}
	for _, f := range s.Flows {
		_ = o.Engine.SetFlow(f) // as with permissions
	}
	for _, v := range s.Validations {
		_ = o.Engine.SetValidation(v, true) // as with permissions
	}
	for _, c := range s.Channels {
		if err := o.Log.Define(c); err != nil {
			return err
		}
	}
	return nil
}
