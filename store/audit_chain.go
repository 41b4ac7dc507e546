package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"

	"tidegate/gateway"
)

// Sealer keeps the keys of audit chains out of the database: the vault.
type Sealer interface {
	Seal(plain []byte, ws gateway.WorkspaceID, name string) ([]byte, error)
	Unseal(sealed []byte, ws gateway.WorkspaceID, name string) ([]byte, error)
}

// openly stores keys as they are, where no Sealer is given: the chain then
// shows what was damaged, and not what somebody forged.
type openly struct{}

func (openly) Seal(plain []byte, _ gateway.WorkspaceID, _ string) ([]byte, error) { return plain, nil }

func (openly) Unseal(sealed []byte, _ gateway.WorkspaceID, _ string) ([]byte, error) {
	return sealed, nil
}

// SealedAsAudit is what the key of an audit chain is bound to beside its
// workspace.
const SealedAsAudit = "audit"

const (
	auditKeySize = 32
	// breaksShown bounds the breaks of a check that are named one by one.
	breaksShown = 20
	// endDigits is how much of a code stands in the name of an end.
	endDigits = 32
)

// auditHead is the end of a chain.
type auditHead struct {
	N      int64  `db:"n"`
	Mac    []byte `db:"mac"`
	Began  []byte `db:"began"`
	Sealed []byte `db:"sealed"`
}

const headQuery = `SELECT n, mac, began, sealed FROM audit_heads WHERE workspace_id = ?`

// code is what proves an act and its place: over everything that the row says
// and the code before it.
func (r auditRow) code(key, before []byte) []byte {
	h := hmac.New(sha256.New, key)
	writePart(h, string(before))
	r.write(h)
	return h.Sum(nil)
}

func (r auditRow) write(h hash.Hash) {
	for _, n := range [...]int64{r.N, r.ID, r.At} {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(n))
		h.Write(b[:])
	}
	for _, text := range [...]string{r.ByName, r.What, r.Target, r.Before, r.After, r.IP} {
		writePart(h, text)
	}
}

// writePart puts the length first, so that no text reads like two others.
func writePart(h hash.Hash, text string) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(len(text)))
	h.Write(b[:])
	h.Write([]byte(text))
}

// digestOlder sums up the acts from before the chain, and counts them.
func digestOlder(ctx context.Context, r runner, ws string) ([]byte, int64, error) {
	h, n, after := sha256.New(), int64(0), int64(-1<<63)
	for {
		rows, err := list[auditRow](ctx, r, "reading older acts", `SELECT `+auditColumns+` FROM audit
			WHERE workspace_id = ? AND n = 0 AND id > ? ORDER BY id LIMIT ?`, ws, after, pageSize)
		if err != nil || len(rows) == 0 {
			return h.Sum(nil), n, err
		}
		for _, row := range rows {
			row.write(h)
			n, after = n+1, row.ID
		}
	}
}

// CheckAudit compares the audit log with its chain. ends are ends of the chain
// that somebody noted earlier, as AuditCheck.End names them: without one, acts
// that were removed together with the end of the chain are not missed.
func (w *Workspace) CheckAudit(ctx context.Context, ends ...string) (gateway.AuditCheck, error) {
	// The end first: whatever it counts is in the log by then.
	head, began, err := one[auditHead](ctx, w.read, "reading the end of the audit chain", headQuery, w.id)
	if err != nil {
		return gateway.AuditCheck{}, err
	}
	c := chainCheck{ws: w, head: head, noted: map[string]bool{}}
	for _, end := range ends {
		c.noted[strings.TrimSpace(end)] = false
	}
	older, count, err := digestOlder(ctx, w.read, string(w.id))
	if err != nil {
		return c.found, err
	}
	c.found.Older = count
	if c.key, err = w.db.sealer.Unseal(head.Sealed, w.id, SealedAsAudit); began && (err != nil || len(c.key) != auditKeySize) {
		c.broken(gateway.AuditKey, auditRow{})
	}
	if began && !hmac.Equal(older, head.Began) {
		c.broken(gateway.AuditOlder, auditRow{})
	}
	if err := c.walk(ctx); err != nil {
		return c.found, err
	}
	for _, there := range c.noted {
		if !there {
			c.broken(gateway.AuditEnd, auditRow{})
		}
	}
	return c.found, nil
}

// chainCheck walks along one chain.
type chainCheck struct {
	ws    *Workspace
	head  auditHead
	key   []byte
	noted map[string]bool
	found gateway.AuditCheck
}

func (c *chainCheck) broken(kind gateway.AuditBreakKind, r auditRow) {
	if len(c.found.Broken) >= breaksShown {
		c.found.More++
		return
	}
	b := gateway.AuditBreak{Kind: kind, N: r.N}
	if r.At != 0 {
		b.At = fromMicros(r.At)
	}
	c.found.Broken = append(c.found.Broken, b)
}

// walk checks each act against the code that is stored of the one before, so
// that one change is one break, or two.
func (c *chainCheck) walk(ctx context.Context) error {
	before, at := c.head.Began, int64(0) // the last act that was looked at
	for last := (auditRow{}); ; {
		rows, err := list[auditRow](ctx, c.ws.read, "reading the audit chain", `SELECT `+auditColumns+` FROM audit
			WHERE workspace_id = ? AND n > 0 AND (n > ? OR n = ? AND id > ?) AND n <= ? ORDER BY n, id LIMIT ?`,
			c.ws.id, last.N, last.N, last.ID, c.head.N, pageSize)
		if err != nil {
			return err
		}
		for _, r := range rows {
			switch {
			case r.N == at:
				c.broken(gateway.AuditAdded, r)
				continue
			case r.N > at+1: // the code of the one before is gone with it
				c.broken(gateway.AuditMissing, auditRow{N: at + 1})
			case !hmac.Equal(r.Mac, r.code(c.key, before)):
				c.broken(gateway.AuditChanged, r)
			}
			before, at = r.Mac, r.N
			c.found.Acts++
			c.found.End = endOf(r)
			if _, wanted := c.noted[c.found.End]; wanted {
				c.noted[c.found.End] = true
			}
		}
		if len(rows) < pageSize {
			break
		}
		last = rows[len(rows)-1]
	}
	if at < c.head.N {
		c.broken(gateway.AuditMissing, auditRow{N: at + 1})
	} else if c.head.N > 0 && !hmac.Equal(before, c.head.Mac) {
		c.broken(gateway.AuditKey, auditRow{})
	}
	return c.beyond(ctx)
}

// beyond finds acts behind the end. Those that were written since it was read
// are before the end as it is now.
func (c *chainCheck) beyond(ctx context.Context) error {
	rows, err := list[auditRow](ctx, c.ws.read, "reading behind the audit chain", `SELECT `+auditColumns+` FROM audit
		WHERE workspace_id = ? AND n > ? ORDER BY n, id LIMIT ?`, c.ws.id, c.head.N, pageSize)
	if err != nil || len(rows) == 0 {
		return err
	}
	now, _, err := one[auditHead](ctx, c.ws.read, "reading the end of the audit chain again", headQuery, c.ws.id)
	for _, r := range rows {
		if r.N > now.N {
			c.broken(gateway.AuditAdded, r)
		}
	}
	return err
}

func endOf(r auditRow) string {
	code := hex.EncodeToString(r.Mac)
	return strconv.FormatInt(r.N, 10) + ":" + code[:min(len(code), endDigits)]
}

// SwapAuditKey seals the key of the chain anew, by what seal makes of it; nil
// leaves it. It reports whether it was sealed anew.
func (w *Workspace) SwapAuditKey(ctx context.Context, seal func(sealed []byte) ([]byte, error)) (bool, error) {
	head, found, err := one[auditHead](ctx, w.read, "reading the key of the audit chain", headQuery, w.id)
	if err != nil || !found {
		return false, err
	}
	sealed, err := seal(head.Sealed)
	if err != nil || sealed == nil {
		return false, err
	}
	n, err := w.write.exec(ctx, "sealing the key of the audit chain", `UPDATE audit_heads SET sealed = `+w.db.dialect.blob+`
		WHERE workspace_id = ? AND sealed = `+w.db.dialect.blob, sealed, w.id, head.Sealed)
	return n > 0, err
}
