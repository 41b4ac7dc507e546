package outbox

import (
	"context"
	"errors"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// BeginReplan begins the planning of everything anew, in the transaction that
// saves what it is for: who sees the new settings sees that they are being
// brought to Salesforce. total is what CountThings gave before. The Replanner
// of whatever process does it; WakeReplanner spares it the wait.
func BeginReplan(ctx context.Context, tx *store.Tx, total int, why, by, byID string) error {
	_, err := tx.BeginReplan(ctx, gateway.Replan{Job: gateway.ReplanSettings, Total: total, Why: why, By: by, ByID: byID})
	return err
}

// CountThings is how many things a replan walks over.
func (o *Outbox) CountThings(ctx context.Context, ws gateway.WorkspaceID) (int, error) {
	return o.countThings(ctx, ws, o.sources())
}

// WakeReplanner makes the Replanner look for a replan now.
func (o *Outbox) WakeReplanner() {
	select {
	case o.wakeReplanner <- struct{}{}:
	default:
	}
}

// The pace of a replan. A page is small, because it is what is looked at
// twice after a crash, and because people's own edits go between two pages.
const (
	replanPage = 100
	replanHold = 30 * time.Second
	replanLook = 5 * time.Second // how often is looked for what other processes began
)

// Replanner plans everything anew where settings changed, in the background,
// behind people's edits.
type Replanner struct{ o *Outbox }

// Replanner returns the replanner of this outbox; run one for each process.
func (o *Outbox) Replanner() *Replanner { return &Replanner{o} }

// Run works until ctx ends. What is half done then goes on where it was, in
// whatever process looks next.
func (r *Replanner) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := errors.Join(r.revisit(ctx), r.look(ctx)); err != nil && ctx.Err() == nil {
			r.o.opts.Logger.WarnContext(ctx, "planning anew failed; it goes on where it was", "error", err)
		}
		timer := time.NewTimer(replanLook)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-r.o.wakeReplanner:
		}
		timer.Stop()
	}
	return nil
}

// look brings every replan that is running to its end, page by page, one page
// of each workspace in turn.
func (r *Replanner) look(ctx context.Context) error {
	for ctx.Err() == nil {
		running, err := r.o.db.Replanning(ctx)
		if err != nil {
			return err
		}
		worked := false
		for _, ws := range running {
			more, err := r.page(ctx, ws.Workspace, ws.Job)
			if err != nil {
				return err
			}
			worked = worked || more
		}
		if !worked {
			return nil
		}
	}
	return nil
}

// page plans one page of things of a workspace and saves the place behind it.
func (r *Replanner) page(ctx context.Context, ws gateway.WorkspaceID, job gateway.ReplanJob) (worked bool, err error) {
	w := r.o.db.In(ws)
	state, ok, err := w.HoldReplan(ctx, job, r.o.opts.Holder, replanHold)
	if err != nil || !ok {
		return false, err
	}
	next, err := r.step(ctx, ws, state)
	if err != nil {
		// A restart must find the place as it was; the reason is for the page.
		if _, e := w.AdvanceReplan(context.WithoutCancel(ctx), r.o.opts.Holder, stuck(state, err)); e != nil {
			r.o.opts.Logger.ErrorContext(ctx, "saving why a replan does not go on failed", "error", e)
		}
		return false, err
	}
	_, err = w.AdvanceReplan(ctx, r.o.opts.Holder, next)
	r.o.opts.Announce(ctx, ws, []gateway.RecordKey{ReplanKey}) // its progress
	return err == nil, err
}

// ReplanKey is announced when a replan moved on. No record has it.
var ReplanKey = gateway.RecordKey{Object: "replan"}

func stuck(state gateway.Replan, err error) gateway.Replan {
	state.Problem = failure(err).Message
	return state
}

// step plans the next page: of the kind under way, or the first of the next.
func (r *Replanner) step(ctx context.Context, ws gateway.WorkspaceID, state gateway.Replan) (gateway.Replan, error) {
	s, following := sourceOf(r.o.sourcesFor(state), state.Kind)
	if s == nil {
		state.State = gateway.ReplanDone
		return state, nil
	}
	things, err := s.page(ctx, r.o.db.In(ws), state.After, replanPage)
	if err != nil {
		return state, err
	}
	terms, err := r.o.Terms(ctx, ws)
	if err != nil {
		return state, err
	}
	cause := gateway.Cause{Rule: state.Why, By: state.ByID, Name: state.By}
	for _, t := range things {
		queued, err := r.one(ctx, ws, s, t, terms, state.Scope.Object, cause)
		if err != nil {
			return state, err
		}
		if queued {
			state.Queued++
		}
		state.After = t.id
	}
	state.Kind, state.Problem = s.kind(), ""
	state.Looked += len(things)
	if len(things) == replanPage {
		return state, nil
	}
	state.Kind, state.After = following, ""
	if following == "" {
		state.State = gateway.ReplanDone
	}
	return state, nil
}

// one plans a thing as a preview does, and goes through a transaction only
// where that leads to something. Meanwhile somebody may have told more of it:
// the transaction plans once more.
func (r *Replanner) one(ctx context.Context, ws gateway.WorkspaceID, s source, t thing, terms Terms, object string, cause gateway.Cause) (bool, error) {
	if t.outside {
		return false, nil
	}
	plans, err := t.plan(terms, nothingOwed, r.o.opts.Now())
	if err != nil || !concerns(plans, object) {
		return false, err
	}
	for _, p := range plans {
		if p.Plan.Change == nil {
			continue
		}
		queued, err := s.again(ctx, ws, t, cause)
		if _, refused := refusedPlan(err); refused {
			return false, nil // the record went away since
		}
		return queued, err
	}
	return false, nil
}

// sourceOf returns the source under way ("" = the first), nil when the walk is
// at its end or knows the kind no more, and the kind that follows it.
func sourceOf(all []source, kind string) (s source, following string) {
	for i := range all {
		if kind != "" && all[i].kind() != kind {
			continue
		}
		if i+1 < len(all) {
			following = all[i+1].kind()
		}
		return all[i], following
	}
	return nil, ""
}
