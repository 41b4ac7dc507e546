package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"tidegate/config"
	"tidegate/gateway"
	"tidegate/rules/continuity"
	"tidegate/store"
	"tidegate/vault"
)

type continuityCmd struct {
	List  continuityListCmd  `cmd:"" default:"withargs" help:"List the continuity records of a workspace, newest first."`
	Check continuityCheckCmd `cmd:"" help:"Check certificates: whether they are as they were signed, and by this installation."`
}

type continuityListCmd struct {
	workspaceFlag
	Object string        `help:"Only gaps in this object."`
	State  string        `enum:",open,repairing,failed,closed" default:"" help:"Only gaps that are open, repairing, failed or closed."`
	Since  time.Duration `help:"Only gaps found within this time, such as 24h."`
	Limit  int           `default:"50" help:"Most records."`
	JSON   bool          `name:"json" help:"Print one JSON line a record, with its certificate."`
}

// Help shows examples.
func (continuityListCmd) Help() string {
	return examples("A record says what was missed, how that was found out, and what was repaired.",
		"tidegate continuity --workspace demo", "tidegate continuity --workspace demo --state closed --json > certificates.jsonl")
}

// Run lists the records.
func (c continuityListCmd) Run(ctx context.Context, out *output) error {
	if c.Limit < 1 {
		return gateway.Errorf(gateway.CodeInvalid, "--limit must be at least 1")
	}
	return c.withStore(ctx, func(db *store.DB) error {
		q := store.HoleQuery{Object: c.Object, State: gateway.HoleState(c.State), Limit: c.Limit}
		if c.Since > 0 {
			q.Since = time.Now().Add(-c.Since)
		}
		holes, _, err := db.In(c.id()).Holes(ctx, q)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(out.to, 0, 4, 2, ' ', 0)
		for _, h := range holes {
			if c.JSON {
				if err := out.json(continuity.Export(h)); err != nil {
					return err
				}
				continue
			}
			span := "still going on"
			if !h.To.IsZero() {
				span = continuity.Span(h.To.Sub(h.From))
			}
			n := h.Total()
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d objects\t%d rows read\t%s\t%d calls\n", h.StartedAt.Format(time.RFC3339), h.State,
				span, continuity.Words(h.Cause), len(h.Objects), n.Read, continuity.Found(n), n.Calls)
		}
		return table.Flush()
	})
}

type continuityCheckCmd struct {
	File string `arg:"" default:"-" help:"Certificates as exported, one JSON value after the other; - is standard input."`
	Key  string `help:"Public key in base64 that must have signed; that of this installation when left out."`
}

// Help shows examples.
func (continuityCheckCmd) Help() string {
	return examples("Without --key it asks for the key of this installation, so it needs the same environment as \"tidegate serve\".",
		"tidegate continuity check certificates.jsonl", "tidegate continuity check --key 6SgWsAYO… continuity-17.json")
}

// Run checks every certificate; one that does not hold fails the command.
func (c continuityCheckCmd) Run(out *output) error {
	keys, err := c.keys()
	if err != nil {
		return err
	}
	from := io.Reader(os.Stdin)
	if c.File != "-" {
		text, err := os.ReadFile(c.File)
		if err != nil {
			return fmt.Errorf("reading certificates: %w", err)
		}
		from = bytes.NewReader(text)
	}
	bad, read := 0, 0
	for d := json.NewDecoder(from); ; read++ {
		var e continuity.Exported
		if err := d.Decode(&e); err == io.EOF {
			break
		} else if err != nil {
			return gateway.Errorf(gateway.CodeInvalid, "value %d is no exported continuity record: %v", read+1, err)
		}
		said := judge(e, keys)
		if said != asSigned {
			bad++
		}
		fmt.Fprintf(out.to, "%s\t%s\n", e.ID, said)
	}
	if bad > 0 || read == 0 {
		return fmt.Errorf("%d of %d certificates do not hold", bad, read)
	}
	return nil
}

// keys are the public keys that are trusted.
func (c continuityCheckCmd) keys() ([][]byte, error) {
	if c.Key != "" {
		key, err := base64.StdEncoding.DecodeString(c.Key)
		if err != nil {
			return nil, gateway.Errorf(gateway.CodeInvalid, "--key is not base64")
		}
		return [][]byte{key}, nil
	}
	cfg, err := config.FromEnv()
	if err != nil {
		return nil, err
	}
	current, err := vaultKey(cfg)
	if err != nil {
		return nil, err
	}
	var public [][]byte
	for _, key := range append([][]byte{current}, cfg.OtherKeys()...) {
		signer, err := vault.NewSigner(key)
		if err != nil {
			return nil, err
		}
		public = append(public, signer.PublicKey())
	}
	return public, nil
}

const asSigned = "holds"

// judge says whether a certificate holds, and if not why. What the file says
// outside of the statement must be the same as what was signed.
func judge(e continuity.Exported, keys [][]byte) string {
	if e.Certificate == nil {
		return "is not signed: the gap is not closed yet"
	}
	s, signed, err := continuity.Signed(e.Certificate.Statement)
	switch {
	case err != nil:
		return err.Error()
	case !vault.Verify(e.Certificate.Key, signed, e.Certificate.Signature):
		return "was changed after it was signed"
	case !trusted(e.Certificate.Key, keys):
		return "was signed by another installation"
	case !continuity.Same(s, e):
		return "was signed, but the record beside it was changed"
	}
	return asSigned
}

func trusted(key []byte, keys [][]byte) bool {
	for _, k := range keys {
		if bytes.Equal(k, key) {
			return true
		}
	}
	return false
}
