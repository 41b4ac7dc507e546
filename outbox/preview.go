package outbox

import (
	"context"
	"errors"
	"time"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/rules/mapping"
	"tidegate/store"
)

// Proposal is what somebody wants the settings and the mappings to be.
type Proposal struct {
	Settings gateway.Settings
	// Mappings are all mappings of each object that is named; those of the
	// others stay.
	Mappings map[string][]gateway.Mapping
	// Agents are all of them, nil = as they are.
	Agents []gateway.Agent
}

// The bounds of a preview: it is asked for while somebody waits.
const (
	previewThings = 10_000
	previewFor    = 6 * time.Second
	previewPage   = 500
)

// Preview says what saving a proposal would do: it walks over all things and
// plans each by the rules of the live flow, under the terms in force and under
// those proposed, and saves nothing. It looks at no more than 10,000 things and
// takes no longer than a few seconds; Effect.Whole says whether that was all.
func (o *Outbox) Preview(ctx context.Context, ws gateway.WorkspaceID, p Proposal) (*effect.Effect, error) {
	now, err := o.Terms(ctx, ws)
	if err != nil {
		return nil, err
	}
	things, err := o.countThings(ctx, ws, o.sources())
	if err != nil {
		return nil, err
	}
	view := preview{o: o, now: now, then: now.With(p.Settings, p.Mappings).WithAgents(p.Agents), effect: effect.New(things), at: o.opts.Now()}
	if err := view.walk(ctx, o.db.In(ws), o.sources()); err != nil {
		return nil, err
	}
	return view.effect, view.lookBeyond(ctx, o.db.In(ws), p)
}

func (o *Outbox) countThings(ctx context.Context, ws gateway.WorkspaceID, sources []source) (int, error) {
	total := 0
	for _, s := range sources {
		n, err := s.count(ctx, o.db.In(ws))
		if err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// preview adds up one walk.
type preview struct {
	o         *Outbox
	now, then Terms
	effect    *effect.Effect
	at        time.Time
	// again is set where the terms do not change: each thing is planned once.
	again *gateway.ReplanScope
}

// walk plans all things and adds up what that leads to. When the time runs out
// the effect says so.
func (v *preview) walk(ctx context.Context, w *store.Workspace, sources []source) error {
	within, stop := context.WithTimeout(ctx, previewFor)
	defer stop()
	if err := v.walkAll(within, w, sources); err != nil {
		if ctx.Err() != nil || !errors.Is(within.Err(), context.DeadlineExceeded) {
			return err
		}
		v.effect.Late = true
	}
	v.effect.Sum()
	return nil
}

func (v *preview) walkAll(ctx context.Context, w *store.Workspace, sources []source) error {
	for _, s := range sources {
		after := ""
		for more := true; more; {
			n := min(previewPage, previewThings-v.effect.Looked)
			if n <= 0 {
				return nil
			}
			page, err := s.page(ctx, w, after, n)
			if err != nil {
				return err
			}
			for _, t := range page {
				if err := v.add(t); err != nil {
					return err
				}
				after = t.id
			}
			more = len(page) == n
		}
	}
	return nil
}

func (v *preview) add(t thing) error {
	if v.again != nil {
		return v.addAgain(t)
	}
	before, err := t.plan(v.now, nothingOwed, v.at)
	if err != nil {
		return err
	}
	writesNow := false
	for _, p := range before {
		writesNow = writesNow || p.Writes()
	}
	// Two things may write to one record: the second folds into what the first left.
	then, err := t.plan(v.then, v.effect.Owed, v.at)
	if err != nil {
		return err
	}
	v.effect.Add(then, writesNow, v.at.Sub(t.at) < effect.Days*24*time.Hour)
	return nil
}

func (v *preview) addAgain(t thing) error {
	if t.outside {
		v.effect.Skip()
		return nil
	}
	plans, err := t.plan(v.then, v.effect.Owed, v.at)
	switch {
	case err != nil:
		return err
	case !concerns(plans, v.again.Object):
		v.effect.Skip()
	default:
		v.effect.Add(plans, false, false)
	}
	return nil
}

func nothingOwed(gateway.RecordKey) (*gateway.Change, bool) { return nil, false }

// lookBeyond adds what does not come from things: calls a day, the forecast,
// and conflicts that would have ended otherwise.
func (v *preview) lookBeyond(ctx context.Context, w *store.Workspace, p Proposal) error {
	var err error
	if v.effect.Written, err = w.CountWritten(ctx, v.at.AddDate(0, 0, -effect.Days)); err != nil {
		return err
	}
	if err := v.lookAtDeals(ctx, w); err != nil {
		return err
	}
	if len(p.Mappings) == 0 && sameWinners(v.now.Settings, v.then.Settings) {
		return nil
	}
	conflicts, err := w.Conflicts(ctx, gateway.RecordKey{}, previewPage)
	if err != nil {
		return err
	}
	for _, c := range conflicts {
		v.effect.Conflicts.AddConflict(c, v.now.winner, v.then.winner, v.at)
	}
	return nil
}

// lookAtDeals weighs all deals under both settings.
func (v *preview) lookAtDeals(ctx context.Context, w *store.Workspace) error {
	for after, more := "", true; more && v.effect.Deals.Looked < previewThings; {
		page, err := w.RecordsAfter(ctx, "Opportunity", after, previewPage)
		if err != nil {
			return err
		}
		for _, r := range page {
			after = r.Key.ID
			if !r.Deleted {
				v.effect.Deals.AddDeal(r, v.now.Settings, v.then.Settings, v.at)
			}
		}
		more = len(page) == previewPage
	}
	return nil
}

func sameWinners(a, b gateway.Settings) bool {
	for _, t := range gateway.DataTypes {
		if a.Advanced.Conflicts[t] != b.Advanced.Conflicts[t] {
			return false
		}
	}
	return true
}

// winner is the conflict rule of a field, as the way in has it.
func (t Terms) winner(object, field string) gateway.Winner {
	r := t.rights(object)
	f, known := r.schema.Field(field)
	if !known {
		f.Name = field
	}
	w, _ := mapping.Winner(f, r.mappings[field], t.Settings.Advanced.Conflicts)
	return w
}
