package streaming

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"tidegate/gateway"
	"tidegate/rules/proof"
	"tidegate/store"
)

// ProverConfig says which objects are proven by themselves, and how often.
// VerifyConfig and Objects are required.
type ProverConfig struct {
	VerifyConfig
	Objects []string
	// Crew tells of requests of other processes; nil = they are looked for.
	Crew *Crew
	// Every is how long one cycle over all objects may take; default 24 h.
	Every time.Duration
	// Look is how often it is looked whether a slice is due, or another process
	// asked for one; default 15 s, and 1 min with a Crew.
	Look time.Duration
	// First is how long after the start the first slice is compared, unless
	// somebody asks; default 1 min.
	First   time.Duration
	Logger  *slog.Logger
	Metrics *Metrics
	Now     func() time.Time
}

// Prover compares the mirror of one connection with Salesforce all the time,
// slowly: one slice of one object after another, spread over a period.
type Prover struct {
	cfg     ProverConfig
	store   *store.Workspace
	running atomic.Pointer[loop] // nil before Start
	failed  map[string]time.Time // when an object that failed is tried again
	begun   time.Time
}

// ProverChannel is the row of positions whose lease says which process proves
// a connection.
const ProverChannel = "/verify"

// proverLease is how long another process waits for one that was killed.
const proverLease = time.Minute

// NewProver checks the config and returns a prover that does nothing until Run or Start.
func NewProver(cfg ProverConfig) (*Prover, error) {
	if cfg.DB == nil || cfg.Org == nil || cfg.Connection.ID == "" || len(cfg.Objects) == 0 {
		return nil, errors.New("streaming: DB, Org, Connection and Objects are required")
	}
	cfg.Holder = cmp.Or(cfg.Holder, "this-process")
	cfg.Every = cmp.Or(cfg.Every, 24*time.Hour)
	if cfg.Look == 0 && cfg.Crew != nil {
		cfg.Look = time.Minute
	}
	cfg.Look = cmp.Or(cfg.Look, 15*time.Second)
	cfg.First = cmp.Or(cfg.First, time.Minute)
	cfg.BucketRows = cmp.Or(cfg.BucketRows, 10_000)
	cfg.PageRows = cmp.Or(cfg.PageRows, 2000)
	cfg.Logger = cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Gentle, cfg.DryRun = true, false
	return &Prover{
		cfg: cfg, store: cfg.DB.In(cfg.Connection.Workspace), failed: map[string]time.Time{},
	}, nil
}

// Poke makes the prover look for requests now.
func (p *Prover) Poke() {
	if running := p.running.Load(); running != nil {
		running.wake()
	}
}

// Run compares until ctx ends, and returns nil then. Trouble is waited out.
func (p *Prover) Run(ctx context.Context) error {
	wait := p.Start(ctx)
	<-ctx.Done()
	wait()
	return nil
}

// Start is Run without a goroutine that waits: of a thousand idle connections
// each has a prover. It returns at once; wait returns when ctx has ended and
// nothing of it is under way.
func (p *Prover) Start(ctx context.Context) (wait func()) {
	p.begun = p.cfg.Now()
	l := newLoops(ctx)
	one := &loop{do: func(ctx context.Context) (time.Duration, error) {
		pause, err := p.turn(ctx)
		if err != nil && ctx.Err() == nil {
			p.cfg.Logger.DebugContext(ctx, "the proof waits", "error", err)
			pause = p.cfg.Look
		}
		return max(min(pause, p.cfg.Look), time.Millisecond), nil
	}}
	p.running.Store(one)
	l.begin(one, 0)
	end := p.cfg.Crew.prove(p)
	return func() {
		l.open.Wait()
		end()
		p.release(ctx)
	}
}

// turn compares one slice if it is time, and returns how long to wait.
func (p *Prover) turn(ctx context.Context) (time.Duration, error) {
	conn, err := p.store.Connection(ctx)
	if err != nil || conn.State != gateway.StateOK && conn.State != gateway.StatePolling {
		return p.cfg.Look, err
	}
	all, err := p.store.Proofs(ctx)
	if err != nil {
		return 0, err
	}
	standing, err := p.standings(ctx, all)
	if err != nil {
		return 0, err
	}
	next := proof.Next(p.cfg.Now(), p.cfg.Every, standing)
	if next.Object == "" || next.Wait > 0 {
		return next.Wait, nil
	}
	if _, ours, err := p.store.AcquireLease(ctx, conn.ID, ProverChannel, p.cfg.Holder, proverLease); err != nil || !ours {
		return p.cfg.Look, err
	}
	under := gateway.Proof{}
	if !next.Fresh {
		under = of(all, next.Object).Running
	}
	return time.Millisecond, p.slice(ctx, next.Object, under)
}

// standings tells the rule what is known of each object.
func (p *Prover) standings(ctx context.Context, all []gateway.ProofStatus) ([]proof.Standing, error) {
	loads, err := p.store.Backfills(ctx)
	if err != nil {
		return nil, err
	}
	idle := map[string]bool{}
	for _, b := range loads {
		idle[b.Object] = b.State == BackfillDone
	}
	var out []proof.Standing
	for _, object := range p.cfg.Objects {
		s := of(all, object)
		one := proof.Standing{
			Object: object, Begun: s.Running.BegunAt, LastBegun: s.Last.BegunAt, Requested: s.RequestedAt,
			Busy: !idle[object], NotBefore: p.failed[object], // never read is busy too
			Slices: 1 + max(s.Last.RowsHere, s.Running.RowsHere)/p.cfg.PageRows,
		}
		if !one.Begun.IsZero() {
			one.Sliced = s.UpdatedAt
		}
		if first := p.begun.Add(p.cfg.First); one.Requested.IsZero() && one.NotBefore.Before(first) {
			one.NotBefore = first // right after the start there is more urgent work
		}
		out = append(out, one)
	}
	return out, nil
}

func of(all []gateway.ProofStatus, object string) gateway.ProofStatus {
	for _, s := range all {
		if s.Object == object {
			return s
		}
	}
	return gateway.ProofStatus{}
}

// slice compares one slice and says what became of it. A failure concerns the
// object alone and is shown with it.
func (p *Prover) slice(ctx context.Context, object string, under gateway.Proof) error {
	v, err := NewVerifier(ctx, p.cfg.VerifyConfig, p.cfg.Objects)
	if err != nil {
		return err
	}
	found, done, err := v.Slice(ctx, object, under)
	p.cfg.Metrics.proved(p.cfg.Connection.ID, under, found, done)
	if done && err == nil {
		p.announce(object)
		p.cfg.Logger.InfoContext(ctx, "an object was compared with Salesforce", "object", object, "rows", found.RowsHere,
			"differing", found.Records, "repaired", found.Repaired, "calls", found.Calls)
	}
	return p.after(ctx, object, err)
}

// after notes when an object that could not be compared is tried again.
func (p *Prover) after(ctx context.Context, object string, err error) error {
	delete(p.failed, object)
	slowed, waits := errors.AsType[*SlowedError](err)
	switch {
	case err == nil || ctx.Err() != nil:
		return nil
	case waits:
		p.failed[object] = slowed.Until
	case gateway.CodeOf(err) == gateway.CodeConflict || isFenced(err):
		p.failed[object] = p.cfg.Now().Add(time.Minute) // another process has it, or it is being read
		return nil
	case unreachable(err):
		p.failed[object] = p.cfg.Now().Add(time.Hour) // until somebody changes permissions
	default:
		p.failed[object] = p.cfg.Now().Add(5 * time.Minute)
	}
	p.announce(object)
	return errors.Join(err, p.store.SaveProofProblem(ctx, object, problemOf(err)))
}

// problemOf is what a page may say of an error.
func problemOf(err error) string {
	if slowed, ok := errors.AsType[*SlowedError](err); ok {
		return slowed.Error()
	}
	if e, ok := errors.AsType[*gateway.Error](err); ok {
		return e.Message
	}
	return "It could not be compared; the log of the program says why. It is tried again by itself."
}

// announce makes pages of the object look again.
func (p *Prover) announce(object string) {
	if p.cfg.Notify != nil {
		p.cfg.Notify(p.store.ID(), []gateway.RecordKey{{Object: object}})
	}
}

// release gives the lease back, also while the program ends.
func (p *Prover) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	at, err := p.store.Position(ctx, p.cfg.Connection.ID, ProverChannel)
	if err != nil || at.Lease.Holder != p.cfg.Holder {
		return
	}
	if err := p.store.ReleaseLease(ctx, at.Lease); err != nil && !isFenced(err) {
		p.cfg.Logger.DebugContext(ctx, "the lease of the proof is not given back; it runs out", "error", err)
	}
}
