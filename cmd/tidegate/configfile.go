package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"tidegate/gateway"
	"tidegate/handlers"
	"tidegate/outbox"
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
	return c.withStore(ctx, func(db *store.DB) error {
		standing, err := handlers.ReadSettingsFile(ctx, db.In(c.id()))
		if err != nil {
			return err
		}
		text, err := standing.YAML()
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
	return c.withStore(ctx, func(db *store.DB) error {
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

// Run applies the file in one transaction, which also begins to plan everything
// anew, as saving on the page does (AVM-30).
func (c configApplyCmd) Run(ctx context.Context, out *output) error {
	return c.withStore(ctx, func(db *store.DB) error {
		standing, changes, err := planConfig(ctx, db, c.id(), c.File)
		if err != nil {
			return err
		}
		if len(changes) > 0 {
			// Counts, and sends nothing: a serving process finds the replan.
			things, err := outbox.New(db, nil, outbox.Options{}).CountThings(ctx, c.id())
			if err != nil {
				return err
			}
			if err := db.In(c.id()).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				return standing.Apply(ctx, tx, things, onCommandLine, "")
			}); err != nil {
				return err
			}
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

// planConfig reads a file and says what it would change.
func planConfig(ctx context.Context, db *store.DB, ws gateway.WorkspaceID, path string) (*handlers.SettingsFile, []settings.FileChange, error) {
	c, err := handlers.ReadSettingsFile(ctx, db.In(ws))
	if err != nil {
		return nil, nil, err
	}
	text, err := readFileOrInput(path)
	if err != nil {
		return nil, nil, err
	}
	changes, err := c.Plan(text)
	if err == nil {
		err = c.Undecided()
	}
	return c, changes, err
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
