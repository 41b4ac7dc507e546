package handlers

import (
	"encoding/json"
	"runtime"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/store"
)

const diagnosticsURL = settingsBase + "/diagnostics"

// diagnosis is what whoever helps needs to see of a workspace, and nothing
// else: no token, no address, no name, and no text that a person or Salesforce
// wrote (UX 50). Each field is filled by hand; none is a record of ours.
type diagnosis struct {
	MadeAt     time.Time           `json:"made_at"`
	Version    string              `json:"version"`
	Platform   string              `json:"platform"`
	Connection diagnosedConnection `json:"connection"`
	// Checks are the titles of the readiness list by outcome; empty with
	// ChecksError where Salesforce did not answer.
	Checks      map[string][]string `json:"checks"`
	ChecksError gateway.Code        `json:"checks_error,omitempty"`
	Objects     []diagnosedObject   `json:"objects"`
	// Problems counts lines of the sync log that need somebody or failed, by code.
	Problems map[string]int `json:"problems"`
	// Settings are the revisions of the organization's tabs.
	Settings map[gateway.Tab]int64 `json:"settings"`
}

type diagnosedConnection struct {
	State       gateway.ConnectionState `json:"state"`
	Environment gateway.Environment     `json:"environment"`
	Transport   string                  `json:"transport"`
	APIVersion  string                  `json:"api_version"`
	APIUsed     int                     `json:"api_used"`
	APIMax      int                     `json:"api_max"`
	Halted      bool                    `json:"halted"`
}

type diagnosedObject struct {
	Object     string                  `json:"object"`
	State      gateway.ConnectionState `json:"state"`
	Transport  string                  `json:"transport"`
	LagSeconds float64                 `json:"lag_seconds"`
	RowsHere   int                     `json:"rows_here"`
	RowsThere  int                     `json:"rows_in_salesforce"` // -1 = not counted yet
	Waiting    int                     `json:"waiting"`
	NeedsYou   int                     `json:"needs_you"`
	Loaded     bool                    `json:"loaded"`
}

// diagnosticsFile lets an admin take the diagnosis along as a file.
func diagnosticsFile(v *visit) error {
	d := diagnosis{
		MadeAt: v.s.Now().UTC(), Version: v.s.Version, Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Checks: map[string][]string{}, Problems: map[string]int{}, Settings: map[gateway.Tab]int64{},
	}
	for _, part := range [...]func(*visit) error{d.connection, d.objects, d.problems, d.settings} {
		if err := part(v); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	v.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	v.Set(fiber.HeaderContentDisposition, `attachment; filename="tidegate-diagnostics.json"`)
	return v.Send(append(text, '\n'))
}

func (d *diagnosis) connection(v *visit) error {
	c, err := v.connection()
	if err != nil || c.ID == "" {
		d.Connection.State = gateway.StateDisconnected
		return err
	}
	d.Connection = diagnosedConnection{
		State: c.State, Environment: c.Environment, Transport: c.Transport, APIVersion: c.APIVersion,
		APIUsed: c.APIUsed, APIMax: c.APIMax, Halted: c.Halted(),
	}
	report, err := v.s.Org.Check(v.UserContext(), v.member.Workspace)
	if e, ok := gatewayError(err); ok {
		d.ChecksError = e.Code
		return nil
	}
	for _, check := range report.Checks { // the titles only: the texts name the user
		outcome := readinessWords[check.rank()]
		d.Checks[outcome] = append(d.Checks[outcome], check.Title)
	}
	return err
}

func (d *diagnosis) objects(v *visit) error {
	all, err := v.ws.ObjectStatuses(v.UserContext())
	for _, o := range all {
		d.Objects = append(d.Objects, diagnosedObject{
			Object: o.Object, State: o.State, Transport: o.Transport, LagSeconds: o.Lag.Seconds(), RowsHere: o.RowsHere, RowsThere: o.RowsThere,
			Waiting: o.Pending, NeedsYou: o.Parked, Loaded: o.Backfilled,
		})
	}
	return err
}

func (d *diagnosis) problems(v *visit) error {
	groups, err := v.ws.LogGroups(v.UserContext(), store.LogQuery{})
	for _, g := range groups {
		d.Problems[g.Problem.Code] += g.N
	}
	return err
}

func (d *diagnosis) settings(v *visit) error {
	rows, err := v.ws.Settings(v.UserContext(), gateway.OrgScope)
	for tab, row := range rows {
		d.Settings[tab] = row.Revision
	}
	return err
}
