package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"tidegate/handlers"
	"tidegate/store"
)

type keyCmd struct {
	Create keyCreateCmd `cmd:"" help:"Make an API key; it is printed once."`
	List   keyListCmd   `cmd:"" help:"List the API keys."`
	Revoke keyRevokeCmd `cmd:"" help:"End an API key."`
}

// Help shows examples.
func (keyCmd) Help() string { return keyCreateCmd{}.Help() }

type keyCreateCmd struct {
	workspaceFlag
	Name string `required:"" help:"What will use it."`
	JSON bool   `name:"json" help:"Print one JSON line."`
}

// Help shows examples.
func (keyCreateCmd) Help() string {
	return examples("", `tidegate key create --workspace demo --name "Host product"`)
}

// Run makes a key.
func (c keyCreateCmd) Run(ctx context.Context, out *output) error {
	return withStoreToAct(ctx, func(db *store.DB) error {
		if _, err := c.choose(ctx, db); err != nil {
			return err
		}
		if err := ensureWorkspace(ctx, db, c.id()); err != nil {
			return err
		}
		key, row := handlers.NewKey(c.Name, onCommandLine, time.Now())
		if err := db.In(c.id()).CreateKey(ctx, row); err != nil {
			return err
		}
		if err := act(ctx, db.In(c.id()), "made the API key "+row.Name, row.ID); err != nil {
			return err
		}
		if c.JSON {
			return out.json(map[string]string{"id": row.ID, "name": row.Name, "key": key})
		}
		fmt.Fprintln(out.to, key)
		return nil
	})
}

type keyListCmd struct {
	workspaceFlag
	JSON bool `name:"json" help:"Print JSON lines."`
}

// Help shows examples.
func (keyListCmd) Help() string {
	return examples("", "tidegate key list --workspace demo", "tidegate key list --json | jq .id")
}

// Run lists keys.
func (c keyListCmd) Run(ctx context.Context, out *output) error {
	return c.withStore(ctx, func(db *store.DB) error {
		all, err := db.In(c.id()).Keys(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out.to, 0, 4, 2, ' ', 0)
		for _, k := range all {
			if c.JSON {
				if err := out.json(map[string]any{"id": k.ID, "prefix": k.Prefix, "name": k.Name, "revoked": k.Revoked}); err != nil {
					return err
				}
				continue
			}
			state := "works"
			if k.Revoked {
				state = "revoked"
			}
			fmt.Fprintf(table, "%s\t%s…\t%s\t%s\n", k.ID, k.Prefix, k.Name, state)
		}
		return table.Flush()
	})
}

type keyRevokeCmd struct {
	workspaceFlag
	ID string `arg:"" help:"Id of the key, as listed."`
}

// Help shows examples.
func (keyRevokeCmd) Help() string {
	return examples("", "tidegate key revoke --workspace demo 01J9ZC…")
}

// Run revokes a key.
func (c keyRevokeCmd) Run(ctx context.Context) error {
	return withStoreToAct(ctx, func(db *store.DB) error {
		if err := c.find(ctx, db); err != nil {
			return err
		}
		if err := db.In(c.id()).RevokeKey(ctx, c.ID); err != nil {
			return err
		}
		return act(ctx, db.In(c.id()), "revoked an API key", c.ID)
	})
}
