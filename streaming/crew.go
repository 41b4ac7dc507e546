package streaming

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// Crew is what the consumers and provers of one process do together: one look
// tells which of them has something to read or to follow, and one statement
// renews all leases. Of an idle connection nothing else is asked of the database
// from minute to minute. It works while it has hands.
type Crew struct {
	cfg CrewConfig

	mu      sync.Mutex
	hands   map[gateway.WorkspaceID]*hand
	provers map[gateway.WorkspaceID]*Prover
	working *loops // nil while there are no hands
}

// CrewConfig says for whom a crew works. DB is required.
type CrewConfig struct {
	DB       *store.DB
	Tick     time.Duration // how often it looks; default 1 s
	LeaseFor time.Duration // see Config; default 15 s
	Logger   *slog.Logger
	Now      func() time.Time
}

// followEvery is after how many ticks the crew looks for changed rules and
// asked proofs.
const followEvery = 10

// hand is a consumer that holds its lease.
type hand struct {
	c       *Consumer
	lease   gateway.Lease
	renewed time.Time
	fail    func(error) // ends what needs the lease
}

// NewCrew returns one without hands.
func NewCrew(cfg CrewConfig) *Crew {
	cfg.Tick = cmp.Or(cfg.Tick, time.Second)
	cfg.LeaseFor = cmp.Or(cfg.LeaseFor, 15*time.Second)
	cfg.Logger = cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Crew{cfg: cfg, hands: map[gateway.WorkspaceID]*hand{}, provers: map[gateway.WorkspaceID]*Prover{}}
}

// join makes a consumer a hand, which ends by leave. There is one of each
// workspace.
func (w *Crew) join(c *Consumer, lease gateway.Lease, fail func(error)) (leave func()) {
	m := &hand{c: c, lease: lease, renewed: w.cfg.Now(), fail: fail}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hands[c.store.ID()] = m
	if w.working == nil {
		w.working = newLoops(context.Background())
		w.working.begin(&loop{do: w.looking}, w.cfg.Tick)
		w.working.begin(&loop{do: w.following}, followEvery*w.cfg.Tick)
		w.working.begin(&loop{do: w.renewing}, w.cfg.LeaseFor/3)
	}
	return func() { w.leave(m) }
}

func (w *Crew) leave(m *hand) {
	w.mu.Lock()
	if ws := m.c.store.ID(); w.hands[ws] == m {
		delete(w.hands, ws)
	}
	var over *loops
	if len(w.hands) == 0 {
		over, w.working = w.working, nil
	}
	w.mu.Unlock()
	if over != nil {
		_ = over.end(nil) // its rounds have no errors
	}
}

// prove has a prover told of what people ask for, until the end.
func (w *Crew) prove(p *Prover) (end func()) {
	if w == nil {
		return func() {}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.provers[p.store.ID()] = p
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.provers[p.store.ID()] == p {
			delete(w.provers, p.store.ID())
		}
	}
}

// all are the hands of now.
func (w *Crew) all() map[gateway.WorkspaceID]*hand {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[gateway.WorkspaceID]*hand, len(w.hands))
	for ws, m := range w.hands {
		all[ws] = m
	}
	return all
}

// looking wakes the workers that have something to read and do not know it:
// another process asked for it, or its time came.
func (w *Crew) looking(ctx context.Context) (time.Duration, error) {
	unread, err := w.cfg.DB.Unread(ctx)
	if err != nil {
		w.failed(ctx, err)
	}
	all := w.all()
	for _, ws := range unread {
		if m := all[ws]; m != nil && m.c.calm.Load() {
			m.c.poke()
		}
	}
	return w.cfg.Tick, nil
}

// following has rules read again that people changed, and proofs begun that they
// asked for, in whatever process.
func (w *Crew) following(ctx context.Context) (time.Duration, error) {
	marks, err := w.cfg.DB.TermsMarks(ctx)
	if err != nil {
		w.failed(ctx, err)
		return w.cfg.Tick, nil
	}
	for ws, m := range w.all() {
		mark, some := marks[ws]
		if !some {
			continue
		}
		if err := m.c.rules.followed(ctx, mark); err != nil {
			w.failed(ctx, err)
		}
	}
	asked, err := w.cfg.DB.AskedProofs(ctx)
	if err != nil {
		w.failed(ctx, err)
	}
	for _, ws := range asked {
		w.mu.Lock()
		p := w.provers[ws]
		w.mu.Unlock()
		if p != nil {
			p.Poke()
		}
	}
	return followEvery * w.cfg.Tick, nil
}

func (w *Crew) failed(ctx context.Context, err error) {
	if ctx.Err() == nil {
		w.cfg.Logger.WarnContext(ctx, "looking for what is to be read failed, will try again", "error", err)
	}
}

// renewing keeps the leases. A hand gives up when its lease must have run out,
// so that two processes never stream at once for long; the fence keeps them
// apart even then.
func (w *Crew) renewing(ctx context.Context) (time.Duration, error) {
	all := w.all()
	leases := make(map[gateway.WorkspaceID]gateway.Lease, len(all))
	for ws, m := range all {
		leases[ws] = m.lease
	}
	renewed, err := w.cfg.DB.RenewLeases(ctx, leases, w.cfg.LeaseFor)
	var alone sync.WaitGroup
	for ws, m := range all {
		if err != nil || renewed[ws] {
			w.noteRenewal(m, err)
			continue
		}
		// Somebody else has it, or a batch is being committed. No other lease waits
		// for that.
		alone.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, w.cfg.LeaseFor/3)
			defer cancel()
			w.noteRenewal(m, m.c.store.RenewLease(ctx, m.lease, w.cfg.LeaseFor))
		})
	}
	alone.Wait()
	return w.cfg.LeaseFor / 3, nil
}

func (w *Crew) noteRenewal(m *hand, err error) {
	switch {
	case err == nil:
		m.renewed = w.cfg.Now()
	case isFenced(err), gateway.CodeOf(err) != gateway.CodeUnavailable && w.cfg.Now().Sub(m.renewed) > w.cfg.LeaseFor:
		m.fail(fmt.Errorf("renewing the lease: %w", err))
	}
}
