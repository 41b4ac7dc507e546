package streaming

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"tidegate/gateway"
	"tidegate/rules/proof"
	"tidegate/store"
)

// Proofs asks Salesforce what a proof needs. Errors are *gateway.Error.
type Proofs interface {
	// Schema and Retrieve are those of Reader; Retrieve is one call.
	Schema(ctx context.Context, object string) (gateway.Schema, error)
	Retrieve(ctx context.Context, object string, ids []string) (found []gateway.ChangeEvent, missing []string, err error)
	// Totals counts and sums the records created in a span, in one call.
	Totals(ctx context.Context, object string, span proof.Span, numbers []string) (proof.Total, error)
	// Stamps returns the SystemModstamp (ms) of the records created in a span,
	// by id, and how many calls that took.
	Stamps(ctx context.Context, object string, span proof.Span) (stamps map[string]int64, calls int, err error)
}

// VerifyConfig says what is proven against what. DB, Connection and Org are
// required.
type VerifyConfig struct {
	DB         *store.DB
	Connection gateway.Connection
	Org        Proofs
	Holder     string // this process, in leases
	OwnClient  string // default "tidegate"
	DryRun     bool   // say what differs, write nothing
	// Calls bounds the calls for one object in one run; default 200.
	Calls int
	// Budget is asked before each call; nil allows everything.
	Budget *Budget
	// BucketRows is how many rows one aggregate covers; default 10,000.
	BucketRows int
	// PageRows is how many records one reading by id asks for; default and most
	// is 2,000.
	PageRows int
	Notify   func(ws gateway.WorkspaceID, keys []gateway.RecordKey)
	// Settle is how long a record that Salesforce does not have any more may
	// stay in the mirror while a stream runs; default 5 s.
	Settle time.Duration
	// Gentle makes a walk over the mirror rest as long as it reads.
	Gentle bool
}

// Verifier compares the mirror of one workspace with its org and repairs what
// differs.
type Verifier struct {
	cfg   VerifyConfig
	store *store.Workspace
	rules *rules
	apply *Applier
}

// VerifyChannel is the row of positions under which the comparison of an
// object remembers how far it came; its lease keeps two of them apart.
func VerifyChannel(object string) string { return "/verify/" + object }

// verifyLease is long, because a process that dies only delays the next proof.
const verifyLease = 5 * time.Minute

// aggregated bounds how many number fields one aggregate sums.
const aggregated = 20

// NewVerifier checks the config and reads schemas and conflict rules.
func NewVerifier(ctx context.Context, cfg VerifyConfig, objects []string) (*Verifier, error) {
	if cfg.DB == nil || cfg.Org == nil || cfg.Connection.ID == "" {
		return nil, errors.New("streaming: DB, Org and Connection are required")
	}
	cfg.Holder = cmp.Or(cfg.Holder, "this-process")
	cfg.OwnClient = cmp.Or(cfg.OwnClient, "tidegate")
	cfg.Calls = cmp.Or(cfg.Calls, 200)
	cfg.BucketRows = cmp.Or(cfg.BucketRows, 10_000)
	cfg.PageRows = cmp.Or(cfg.PageRows, 2000)
	cfg.Settle = cmp.Or(cfg.Settle, 5*time.Second)
	v := &Verifier{cfg: cfg, store: cfg.DB.In(cfg.Connection.Workspace)}
	v.rules = &rules{store: v.store}
	if err := v.rules.read(ctx); err != nil {
		return nil, err
	}
	v.apply = &Applier{
		Store: v.store, OwnClient: cfg.OwnClient, Winner: v.rules.winner, Carried: v.rules.carried, Named: v.rules.named,
		Notify: cfg.Notify,
	}
	return v, nil
}

// Verify runs one cycle for one object, as far as the calls go. CodeConflict
// when another process verifies it now, or when it is being read.
func (v *Verifier) Verify(ctx context.Context, object string) (found gateway.Proof, err error) {
	c, release, err := v.open(ctx, object)
	if err != nil {
		return c.proof, err
	}
	defer func() { err = errors.Join(err, release()) }()
	for _, step := range [...]func(context.Context) error{c.survey, c.ask, c.narrow, c.rotate, c.finish} {
		if err := step(ctx); err != nil {
			return c.proof, fmt.Errorf("verifying %s: %w", object, err)
		}
	}
	return c.proof, nil
}

// open prepares a cycle and makes this process the only one that verifies the
// object, until release is called.
func (v *Verifier) open(ctx context.Context, object string) (c *cycle, release func() error, err error) {
	c = &cycle{v: v, object: object, seen: map[string]bool{}}
	c.proof = gateway.Proof{Object: object, BegunAt: time.Now().UTC()}
	if c.schema, err = v.schema(ctx, object); err != nil {
		return c, nil, err
	}
	c.shape, c.names = newShape(c.schema), MirroredFields(c.schema)
	c.numbers = proof.Numbers(c.schema, aggregated)
	if err := c.settled(ctx); err != nil {
		return c, nil, err
	}
	release, err = c.take(ctx)
	return c, release, err
}

// schema is the one that the mirror was read with; an object that was never
// described is described now.
func (v *Verifier) schema(ctx context.Context, object string) (gateway.Schema, error) {
	if s := v.rules.schema(object); s.Object != "" {
		return s, nil
	}
	s, err := v.cfg.Org.Schema(ctx, object)
	if err != nil {
		return s, fmt.Errorf("describing %s: %w", object, err)
	}
	if v.cfg.DryRun {
		return s, nil
	}
	if _, err := SaveDescribe(ctx, v.store, s, time.Time{}); err != nil {
		return s, fmt.Errorf("saving schemas: %w", err)
	}
	return s, v.rules.read(ctx)
}

// settled refuses an object that is being read or repaired: everything that is
// yet to come would count as missing.
func (c *cycle) settled(ctx context.Context) error {
	if _, paused := c.v.rules.paused(c.object); paused {
		return gateway.Errorf(gateway.CodeConflict, "%s is paused. Verify it when it is resumed.", c.object)
	}
	b, err := c.v.store.Backfill(ctx, c.object)
	switch {
	case err != nil && gateway.CodeOf(err) == gateway.CodeNotFound:
		return nil
	case err != nil:
		return fmt.Errorf("reading backfills: %w", err)
	case b.State == BackfillRunning:
		return gateway.Errorf(gateway.CodeConflict, "%s is being read from the start. Verify it when that is done.", c.object)
	case b.State == BackfillRepairing:
		return gateway.Errorf(gateway.CodeConflict, "%s is being repaired. Verify it when that is done.", c.object)
	}
	return nil
}

// take makes this process the only one that verifies the object, and finds
// where the last cycle ended. A dry run only looks.
func (c *cycle) take(ctx context.Context) (release func() error, err error) {
	connection, channel := c.v.cfg.Connection.ID, VerifyChannel(c.object)
	if c.v.cfg.DryRun {
		p, err := c.v.store.Position(ctx, connection, channel)
		if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
			return nil, fmt.Errorf("reading the last proof: %w", err)
		}
		c.start = string(p.Lease.Position)
		return func() error { return nil }, nil
	}
	lease, ours, err := c.v.store.AcquireLease(ctx, connection, channel, c.v.cfg.Holder, verifyLease)
	if err != nil {
		return nil, err
	}
	if !ours {
		return nil, gateway.Errorf(gateway.CodeConflict, "%s is being verified by another process.", c.object)
	}
	c.lease, c.start = lease, string(lease.Position)
	return func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		return c.v.store.ReleaseLease(ctx, lease)
	}, nil
}

// streamed reports whether a process takes in the stream right now. It alone
// may then add records: two could both find one missing, and the older wins.
func (c *cycle) streamed(ctx context.Context) (bool, error) {
	p, err := c.v.store.Position(ctx, c.v.cfg.Connection.ID, Channel)
	if err != nil && gateway.CodeOf(err) == gateway.CodeNotFound {
		return false, nil
	}
	return err == nil && p.Lease.Until.After(time.Now()), err
}
