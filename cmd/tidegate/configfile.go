package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/settings"
	"tidegate/store"
)

// configFileMax bounds what is read as a settings file.
const configFileMax = 4 << 20

type configCmd struct {
	Export configExportCmd `cmd:"" help:"Write every setting of a workspace as one YAML file."`
	Plan   configPlanCmd   `cmd:"" help:"Say what applying a file would change, and change nothing."`
	Apply  configApplyCmd  `cmd:"" help:"Apply a file: all of it or, where something is wrong, nothing."`
}

// Help shows examples.
func (configCmd) Help() string {
	return examples(`A setting that the file does not name stays as it is; what it names is whole.`,
		"tidegate config export --workspace sandbox > settings.yaml",
		"tidegate config plan --workspace production settings.yaml",
		"tidegate config apply --workspace production settings.yaml")
}

type configExportCmd struct {
	workspaceFlag
}

// Help shows examples.
func (configExportCmd) Help() string {
	return examples("", "tidegate config export --workspace demo > settings.yaml")
}

// Run writes the file to standard output.
func (c configExportCmd) Run(ctx context.Context, out *output) error {
	return withStore(ctx, func(db *store.DB) error {
		standing, err := readConfig(ctx, db, c.id())
		if err != nil {
			return err
		}
		text, err := standing.file.YAML()
		if err != nil {
			return err
		}
		_, err = out.to.Write(text)
		return err
	})
}

type configPlanCmd struct {
	workspaceFlag
	File string `arg:"" help:"The file; - reads standard input."`
	JSON bool   `name:"json" help:"Print one JSON line a change."`
}

// Help shows examples.
func (configPlanCmd) Help() string {
	return examples("", "tidegate config plan --workspace demo settings.yaml", "tidegate config export --workspace a | tidegate config plan --workspace b -")
}

// Run prints the changes.
func (c configPlanCmd) Run(ctx context.Context, out *output) error {
	return withStore(ctx, func(db *store.DB) error {
		_, changes, err := planConfig(ctx, db, c.id(), c.File)
		if err != nil {
			return err
		}
		return printChanges(out, changes, c.JSON, "would change")
	})
}

type configApplyCmd struct {
	workspaceFlag
	File string `arg:"" help:"The file; - reads standard input."`
	JSON bool   `name:"json" help:"Print one JSON line a change."`
}

// Help shows examples.
func (configApplyCmd) Help() string {
	return examples("See what it would do first: tidegate config plan.", "tidegate config apply --workspace demo settings.yaml")
}

// Run applies the file in one transaction.
func (c configApplyCmd) Run(ctx context.Context, out *output) error {
	return withStore(ctx, func(db *store.DB) error {
		standing, changes, err := planConfig(ctx, db, c.id(), c.File)
		if err != nil {
			return err
		}
		if err := standing.apply(ctx, db.In(c.id()), changes); err != nil {
			return err
		}
		return printChanges(out, changes, c.JSON, "changed")
	})
}

func printChanges(out *output, changes []settings.FileChange, asJSON bool, verb string) error {
	for _, ch := range changes {
		if asJSON {
			if err := out.json(map[string]string{"where": ch.Where, "setting": ch.Setting, "before": ch.Before, "after": ch.After}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(out.to, "%s › %s: %s → %s\n", ch.Where, ch.Setting, ch.Before, ch.After)
	}
	if !asJSON {
		fmt.Fprintf(out.to, "%d settings %s.\n", len(changes), verb)
	}
	return nil
}

// workspaceConfig is what a workspace has now, and what a file makes of it.
type workspaceConfig struct {
	file, wanted settings.File
	org          settings.Rows
	own          map[string]gateway.SettingRow // by member id
	ids          map[string]string             // e-mail address → member id
	mappings     []gateway.Mapping
}

func readConfig(ctx context.Context, db *store.DB, ws gateway.WorkspaceID) (workspaceConfig, error) {
	w := db.In(ws)
	c := workspaceConfig{own: map[string]gateway.SettingRow{}, ids: map[string]string{}}
	members, err := w.Members(ctx)
	if err != nil {
		return c, err
	}
	emails := map[string]string{}
	for _, m := range members {
		emails[m.ID], c.ids[m.Email] = m.Email, m.ID
	}
	if c.org, err = w.Settings(ctx, gateway.OrgScope); err != nil {
		return c, err
	}
	in, err := settings.Effective(c.org, nil)
	if err != nil {
		return c, err
	}
	rows, err := w.OwnSettings(ctx, gateway.TabNotes)
	if err != nil {
		return c, err
	}
	own := map[string]gateway.NotesSettings{}
	for _, row := range rows {
		id := strings.TrimPrefix(row.Scope, "member:")
		s := in.Settings
		if err := settings.Decode(&s, gateway.TabNotes, row.Body); err != nil {
			return c, err
		}
		c.own[id], own[id] = row, s.Notes
	}
	if c.mappings, err = w.Mappings(ctx, ""); err != nil {
		return c, err
	}
	c.file = settings.NewFile(in.Settings, own, c.mappings, emails)
	return c, nil
}

// planConfig reads a file and says what it would change.
func planConfig(ctx context.Context, db *store.DB, ws gateway.WorkspaceID, path string) (workspaceConfig, []settings.FileChange, error) {
	c, err := readConfig(ctx, db, ws)
	if err != nil {
		return c, nil, err
	}
	text, err := readFileOrInput(path)
	if err != nil {
		return c, nil, err
	}
	if c.wanted, err = settings.ReadFile(text, c.file); err != nil {
		return c, nil, err
	}
	if missing := c.strangers(); len(missing) > 0 {
		return c, nil, gateway.Errorf(gateway.CodeInvalid, "The file names %s, who is no member of the workspace %s. Add the member first (tidegate user add), or take the address out of the file.",
			strings.Join(missing, ", "), ws)
	}
	changes, err := settings.PlanFile(c.file, c.wanted)
	return c, changes, err
}

// strangers are addresses of the file that are no members here.
func (c workspaceConfig) strangers() []string {
	var out []string
	for _, address := range c.wanted.Notes.Pilot.Members {
		if c.ids[address] == "" {
			out = append(out, address)
		}
	}
	for address := range c.wanted.Members {
		if c.ids[address] == "" {
			out = append(out, address)
		}
	}
	return out
}

func readFileOrInput(path string) ([]byte, error) {
	in := io.ReadCloser(os.Stdin)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, gateway.Errorf(gateway.CodeInvalid, "The file cannot be read: %v.", errors.Unwrap(err))
		}
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, configFileMax+1))
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, fmt.Errorf("reading the settings file: %w", err)
	}
	if len(text) > configFileMax {
		return nil, gateway.Errorf(gateway.CodeInvalid, "The file is larger than 4 MiB; a settings file never is.")
	}
	return text, nil
}

// apply saves what differs, and the audit row, in one transaction. A setting
// that somebody saved since the file was compared ends it as CodeConflict.
func (c workspaceConfig) apply(ctx context.Context, w *store.Workspace, changes []settings.FileChange) error {
	if len(changes) == 0 {
		return nil
	}
	const by = "command line"
	return w.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		wanted := c.wanted.Settings()
		wanted.Notes.Pilot.Members = []string{}
		for _, address := range c.wanted.Notes.Pilot.Members {
			wanted.Notes.Pilot.Members = append(wanted.Notes.Pilot.Members, c.ids[address])
		}
		for _, tab := range gateway.Tabs {
			if err := saveIfChanged(ctx, tx, c.org[tab], gateway.OrgScope, tab, wanted, by); err != nil {
				return err
			}
		}
		for address, notes := range c.wanted.Members {
			id, s := c.ids[address], wanted
			s.Notes = notes
			if err := saveIfChanged(ctx, tx, c.own[id], "member:"+id, gateway.TabNotes, s, by); err != nil {
				return err
			}
		}
		if err := c.applyFields(ctx, tx, by); err != nil {
			return err
		}
		words := make([]string, 0, len(changes))
		for _, ch := range changes {
			words = append(words, ch.Where+" › "+ch.Setting+": "+ch.Before+" → "+ch.After)
		}
		return tx.Audit(ctx, gateway.AuditEntry{By: by, What: "applied a settings file", Target: gateway.OrgScope, After: strings.Join(words, "\n")})
	})
}

// saveIfChanged saves a tab as its next revision, unless it says the same as
// the row that is in force.
func saveIfChanged(ctx context.Context, tx *store.Tx, row gateway.SettingRow, scope string, tab gateway.Tab, wanted gateway.Settings, by string) error {
	before, after := gateway.DefaultSettings(), wanted
	if row.Revision > 0 {
		if err := settings.Decode(&before, tab, row.Body); err != nil {
			return err
		}
	}
	from, err := settings.Encode(before, tab)
	if err != nil {
		return err
	}
	to, err := settings.Encode(after, tab)
	if err != nil {
		return err
	}
	differences, err := settings.Diff(tab, from, to)
	if err != nil || len(differences) == 0 {
		return err
	}
	_, err = tx.SaveSetting(ctx, gateway.SettingRow{Scope: scope, Tab: tab, Body: to, By: by, At: time.Time{}}, row.Revision)
	return err
}

// applyFields makes the mappings those of the file.
func (c workspaceConfig) applyFields(ctx context.Context, tx *store.Tx, by string) error {
	standing := map[[2]string]gateway.Mapping{}
	for _, m := range c.mappings {
		standing[[2]string{m.Object, m.Field}] = m
		if _, ok := c.wanted.Fields[m.Object][m.Field]; !ok {
			if err := tx.DropMapping(ctx, m.Object, m.Field); err != nil {
				return err
			}
		}
	}
	for object, fields := range c.wanted.Fields {
		for name, f := range fields {
			if c.file.Fields[object][name] == f {
				if _, ok := standing[[2]string{object, name}]; ok {
					continue
				}
			}
			m, ok := standing[[2]string{object, name}]
			if !ok {
				m = gateway.Mapping{Object: object, Field: name, Imported: true, By: by}
			}
			m = f.Onto(m)
			m.ChangedBy, m.ChangedAt = by, tx.Now()
			if err := tx.SaveMapping(ctx, m); err != nil {
				return err
			}
		}
	}
	return nil
}
