package streaming

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// Budget is what the readings of one connection share: polling, repairs,
// backfills and the proof ask it before they call Salesforce. There is one for
// each connection and process; a nil one allows everything.
type Budget struct {
	now func() time.Time
	// ask looks the org's use up, for one call; nil = it is only ever told.
	ask func(ctx context.Context) (used, limit int, err error)

	mu     sync.Mutex
	use    outbound.APIUse
	asking bool
	slow   map[outbound.Reading]*SlowedError
}

// NewBudget returns the budget of a connection. ask looks up the org's use,
// for one call, where nothing else can tell that calls are free again.
func NewBudget(now func() time.Time, ask func(ctx context.Context) (used, limit int, err error)) *Budget {
	if now == nil {
		now = time.Now
	}
	return &Budget{now: now, ask: ask, slow: map[outbound.Reading]*SlowedError{}}
}

// SlowedError says that a reading must wait, which is no fault: it goes on
// where it was. It is no *gateway.Error, because nobody has to act.
type SlowedError struct {
	Reading outbound.Reading
	Until   time.Time // when to ask again
	Why     string    // the end of a sentence
	calls   int       // that were asked for
}

// Error is a whole sentence, for pages too.
func (e *SlowedError) Error() string {
	return "Reading waits: " + e.Why + "."
}

// Saw notes what an answer of Salesforce told of the org's use.
func (b *Budget) Saw(used, limit int) {
	if b == nil || limit <= 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.use.Used, b.use.Max, b.use.SeenAt = used, limit, b.now()
}

// Heard notes how a call ended: CodeSFLimit stops all readings at once, and a
// success opens them again.
func (b *Budget) Heard(err error) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil:
		b.use.RefusedAt = time.Time{}
	case gateway.CodeOf(err) == gateway.CodeSFLimit:
		b.use.RefusedAt = b.now()
	}
}

// Keep sets the reserve, in percent of the org's limit.
func (b *Budget) Keep(reserve int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.use.Reserve = reserve
}

// Use returns what is known of the org's use.
func (b *Budget) Use() outbound.APIUse {
	if b == nil {
		return outbound.APIUse{}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.use
}

// Take asks for calls of a reading and counts them as used until Salesforce
// tells the use again. The error is a *SlowedError when there are fewer left
// than asked for, and nothing is counted then. Ask for what one step needs,
// such as a page: progress is kept between steps.
func (b *Budget) Take(ctx context.Context, r outbound.Reading, calls int) error {
	if b == nil {
		return nil
	}
	slowed := b.take(r, calls)
	if slowed == nil {
		return nil
	}
	if slowed.Until.After(b.now()) || !b.look(ctx) {
		return slowed
	}
	if slowed = b.take(r, calls); slowed == nil {
		return nil
	}
	return slowed
}

func (b *Budget) take(r outbound.Reading, calls int) *SlowedError {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := outbound.Allow(b.use, r, b.now())
	if a.Calls >= calls {
		b.use.Used += calls
		delete(b.slow, r)
		return nil
	}
	if a.Calls > 0 { // some are left, for smaller steps
		a.At = b.use.SeenAt.Add(time.Minute)
		a.Why = fmt.Sprintf("the next step takes %d API calls and %d are left for it", calls, a.Calls)
	}
	b.slow[r] = &SlowedError{Reading: r, Until: a.At, Why: a.Why, calls: calls}
	return b.slow[r]
}

// look looks the use up, one at a time. It reports whether it is worth asking
// once more.
func (b *Budget) look(ctx context.Context) bool {
	b.mu.Lock()
	if b.ask == nil || b.asking {
		b.mu.Unlock()
		return false
	}
	b.asking = true
	b.mu.Unlock()
	used, limit, err := b.ask(ctx)
	b.mu.Lock()
	b.asking = false
	b.mu.Unlock()
	b.Heard(err)
	if err != nil {
		return false
	}
	b.Saw(used, limit)
	return true
}

// Wait is Take for those who have nothing else to do: it returns when the
// calls may be made, or when ctx ends.
func (b *Budget) Wait(ctx context.Context, r outbound.Reading, calls int) error {
	for {
		err := b.Take(ctx, r, calls)
		slowed, ok := errors.AsType[*SlowedError](err)
		if !ok {
			return err
		}
		// Looked at oftener than promised, because other answers tell the use too.
		if err := rest(ctx, min(max(slowed.Until.Sub(b.now()), time.Second), 30*time.Second)); err != nil {
			return err
		}
	}
}

// Slowed returns the readings that wait, those that give way first first. One
// that would get its calls by now, because calls or a larger share were freed,
// is none of them: it goes on at its next round.
func (b *Budget) Slowed() []SlowedError {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []SlowedError
	for _, r := range outbound.Readings {
		if s := b.slow[r]; s != nil && outbound.Allow(b.use, r, b.now()).Calls < s.calls {
			out = append(out, *s)
		}
	}
	return slices.Clip(out)
}

// callsKey is where a context carries the count of the calls made under it.
type callsKey struct{}

// countCalls returns a context under which calls to Salesforce are counted.
func countCalls(ctx context.Context) context.Context {
	return context.WithValue(ctx, callsKey{}, new(atomic.Int64))
}

// callsSpent returns the calls made under ctx since it was last asked.
func callsSpent(ctx context.Context) int {
	if n, ok := ctx.Value(callsKey{}).(*atomic.Int64); ok {
		return int(n.Swap(0))
	}
	return 0
}

// CountCall is called by whoever makes a call to Salesforce under ctx.
func CountCall(ctx context.Context) {
	if n, ok := ctx.Value(callsKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}
