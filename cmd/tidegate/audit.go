package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tidegate/config"
	"tidegate/gateway"
	"tidegate/store"
	"tidegate/vault"
)

type auditCmd struct {
	Check auditCheckCmd `cmd:"" default:"withargs" help:"Compare the audit log with its chain."`
}

type auditCheckCmd struct {
	workspaceFlag
	End  []string `help:"An end of the chain as this command printed it earlier; it must still be there. May be given several times."`
	JSON bool     `name:"json" help:"Print one JSON line."`
}

// Help shows examples.
func (auditCheckCmd) Help() string {
	return examples("It needs the same environment as \"tidegate serve\". Note the end that it prints outside of the database: acts that somebody removes together with the end of the chain are missed only by that.",
		"tidegate audit check --workspace demo", "tidegate audit check --end 812:3f9a0c…")
}

// Run checks; a log that is not as it was written fails the command.
func (c auditCheckCmd) Run(ctx context.Context, out *output) error {
	return c.withStore(ctx, func(db *store.DB) error {
		found, err := db.In(c.id()).CheckAudit(ctx, c.End...)
		if err != nil {
			return err
		}
		if c.JSON {
			err = out.json(map[string]any{"holds": found.Holds(), "acts": found.Acts, "older": found.Older, "end": found.End, "breaks": len(found.Broken) + found.More})
		} else {
			fmt.Fprintln(out.to, chainWords(found))
			for _, b := range found.Broken {
				fmt.Fprintf(out.to, "%s\t%d\t%s\n", b.Kind, b.N, when(b.At))
			}
		}
		if err != nil || found.Holds() {
			return err
		}
		return gateway.Errorf(gateway.CodeConflict, "The audit log of workspace %s is not as it was written: %d breaks. Compare it with a backup, and find out who can write to the database.", c.id(), len(found.Broken)+found.More)
	})
}

// chainWords is one line about the chain; an empty one has no end to note.
func chainWords(found gateway.AuditCheck) string {
	words := fmt.Sprintf("%d acts in the chain, %d older ones", found.Acts, found.Older)
	if found.End == "" {
		return words + "; nobody has done anything yet, so there is no end to note"
	}
	return words + "; it ends at " + found.End
}

func when(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// openVault opens the vault with the keys of the environment.
func openVault(cfg config.Config) (*vault.Vault, error) {
	key, err := vaultKey(cfg)
	if err != nil {
		return nil, err
	}
	return vault.Open(key, cfg.OtherKeys()...)
}

// lazyVault opens the vault when the store first needs it: most commands do
// not, and must neither ask for a key nor make one.
type lazyVault struct {
	open func() (*vault.Vault, error)
}

func newLazyVault(cfg config.Config) lazyVault {
	return lazyVault{sync.OnceValues(func() (*vault.Vault, error) { return openVault(cfg) })}
}

// Seal is vault.Vault.Seal.
func (l lazyVault) Seal(plain []byte, ws gateway.WorkspaceID, name string) ([]byte, error) {
	v, err := l.open()
	if err != nil {
		return nil, err
	}
	return v.Seal(plain, ws, name), nil
}

// Unseal is vault.Vault.Unseal.
func (l lazyVault) Unseal(sealed []byte, ws gateway.WorkspaceID, name string) ([]byte, error) {
	v, err := l.open()
	if err != nil {
		return nil, err
	}
	return v.Unseal(sealed, ws, name)
}
