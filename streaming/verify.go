package streaming

import (
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
	// Calls bounds the calls for one object in one cycle; default 200.
	Calls int
	// BucketRows is how many rows one aggregate covers; default 10,000.
	BucketRows int
	// PageRows is how many records one reading by id asks for; default and most
	// is 2,000.
	PageRows int
	Notify   func(ws gateway.WorkspaceID, keys []gateway.RecordKey)
}

// ObjectProof is what one cycle found of one object.
type ObjectProof struct {
	Object    string `json:"object"`
	RowsHere  int    `json:"rows_here"`  // before repairs
	RowsThere int    `json:"rows_there"` // as far as the buckets were asked for
	// Buckets are spans of days, Unequal those whose totals differed.
	Buckets int `json:"buckets"`
	Asked   int `json:"buckets_asked"`
	Unequal int `json:"buckets_unequal"`
	// Suspects are records singled out by their timestamps.
	Suspects int `json:"suspects"`
	Compared int `json:"rows_compared"` // records compared field by field
	// Records differ in a field that events carry, or in being there.
	Records int `json:"records_differing"`
	Cells   int `json:"cells_differing"`
	// Newer are those of which Salesforce has a later change than the mirror:
	// it was lost, or is on its way.
	Newer  int `json:"newer_there"`
	Absent int `json:"missing_here"`
	Gone   int `json:"missing_there"`
	Silent int `json:"formula_cells_differing"` // change without events, counted apart
	// Repaired are records that were made equal; Marked ones are read again by
	// the process that holds the stream.
	Repaired int `json:"repaired"`
	Marked   int `json:"marked"`
	Calls    int `json:"calls"`
	// Covered is the part of the rows that was compared field by field, 0 to 1.
	Covered float64 `json:"covered"`
	// Equal: everything was looked at, and nothing differed.
	Equal bool      `json:"equal"`
	AsOf  time.Time `json:"as_of"`
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
	orElse(&cfg.Holder, "this-process")
	orElse(&cfg.OwnClient, "tidegate")
	orElse(&cfg.Calls, 200)
	orElse(&cfg.BucketRows, 10_000)
	orElse(&cfg.PageRows, 2000)
	v := &Verifier{cfg: cfg, store: cfg.DB.In(cfg.Connection.Workspace)}
	v.rules = &rules{store: v.store, objects: objects}
	if err := v.rules.read(ctx); err != nil {
		return nil, err
	}
	v.apply = &Applier{
		Store: v.store, OwnClient: cfg.OwnClient, Winner: v.rules.winner, Carried: v.rules.carried, Named: v.rules.named,
		Notify: cfg.Notify,
	}
	return v, nil
}

// Verify runs one cycle for one object. CodeConflict when another process
// verifies it now, or when it is being read from the start.
func (v *Verifier) Verify(ctx context.Context, object string) (found ObjectProof, err error) {
	c := &cycle{v: v, object: object, seen: map[string]bool{}}
	c.proof = ObjectProof{Object: object, AsOf: time.Now().UTC()}
	if c.schema, err = v.schema(ctx, object); err != nil {
		return c.proof, err
	}
	c.shape, c.names = newShape(c.schema), MirroredFields(c.schema)
	c.numbers = proof.Numbers(c.schema, aggregated)
	if err := c.settled(ctx); err != nil {
		return c.proof, err
	}
	release, err := c.take(ctx)
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
	if err := v.store.SaveSchemas(ctx, []gateway.Schema{s}); err != nil {
		return s, fmt.Errorf("saving schemas: %w", err)
	}
	return s, v.rules.read(ctx)
}

// settled refuses an object of which a first reading is under way: everything
// that is yet to come would count as missing.
func (c *cycle) settled(ctx context.Context) error {
	b, err := c.v.store.Backfill(ctx, c.object)
	switch {
	case err != nil && gateway.CodeOf(err) == gateway.CodeNotFound:
		return nil
	case err != nil:
		return fmt.Errorf("reading backfills: %w", err)
	case b.State == BackfillRunning:
		return gateway.Errorf(gateway.CodeConflict, "%s is being read from the start. Verify it when that is done.", c.object)
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
