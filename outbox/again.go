package outbox

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/store"
)

// PreviewAgain says what syncing a choice of things again would do, by the
// walk that does it, and saves nothing. Its bounds are those of Preview.
func (o *Outbox) PreviewAgain(ctx context.Context, ws gateway.WorkspaceID, scope gateway.ReplanScope) (*effect.Effect, error) {
	terms, err := o.Terms(ctx, ws)
	if err != nil {
		return nil, err
	}
	sources := o.asked(scope)
	things, err := o.countThings(ctx, ws, sources)
	if err != nil {
		return nil, err
	}
	view := preview{o: o, then: terms, effect: effect.New(things), at: o.opts.Now(), again: &scope}
	return view.effect, view.walk(ctx, o.db.In(ws), sources)
}

// CountAgain is how many things are looked at for a choice.
func (o *Outbox) CountAgain(ctx context.Context, ws gateway.WorkspaceID, scope gateway.ReplanScope) (int, error) {
	return o.countThings(ctx, ws, o.asked(scope))
}

// BeginAgain begins to sync a choice of things again; total is what CountAgain
// gave before. Where somebody's is under way already, that one goes on and
// began is false: pressed five times it is one.
func BeginAgain(ctx context.Context, tx *store.Tx, total int, scope gateway.ReplanScope, by, byID string) (began bool, err error) {
	if scope.Lines != nil && scope.Lines.Until.IsZero() {
		lines := *scope.Lines
		lines.Until = tx.Now()
		scope.Lines = &lines
	}
	return tx.BeginReplan(ctx, gateway.Replan{
		Job: gateway.ReplanAsked, Scope: scope, Total: total, Why: "synced again on request", By: by, ByID: byID,
	})
}

// sourcesFor are what a replan walks over.
func (o *Outbox) sourcesFor(r gateway.Replan) []source {
	if r.Job == gateway.ReplanAsked {
		return o.asked(r.Scope)
	}
	return o.sources()
}

// asked are the sources of what somebody asked to be synced again.
func (o *Outbox) asked(scope gateway.ReplanScope) []source {
	if scope.Lines != nil {
		return []source{lineSource{o, *scope.Lines}}
	}
	var out []source
	for _, s := range []source{waitingEdits{o: o, retry: true}, personSource{o, rivalry{}}} {
		if scope.Kind == "" || scope.Kind == s.kind() {
			out = append(out, within{s, scope})
		}
	}
	if scope.Kind != effect.Waiting && scope.Kind != linkPerson {
		out = append(out, within{saidSource{o, scope.Kind}, scope})
	}
	return out
}

// within leaves out what the product did not tell of in the asked time.
type within struct {
	source
	scope gateway.ReplanScope
}

func (s within) page(ctx context.Context, w *store.Workspace, after string, n int) ([]thing, error) {
	things, err := s.source.page(ctx, w, after, n)
	for i := range things {
		at := things[i].at
		things[i].outside = at.Before(s.scope.Since) || !s.scope.Until.IsZero() && !at.Before(s.scope.Until)
	}
	return things, err
}

// concerns reports whether a thing has to do with a record of an object, "" =
// any. Its parts belong together, so that it is planned whole or not at all.
func concerns(plans []effect.Planned, object string) bool {
	for _, p := range plans {
		if p.Record.Key.Object == object || p.Plan.Change != nil && p.Plan.Change.Key.Object == object {
			return true
		}
	}
	return object == ""
}

// lineSource is the source of what lines of the sync log are about: the
// entries behind them, and the things that caused them.
type lineSource struct {
	o     *Outbox
	scope gateway.LineScope
}

func (lineSource) kind() string { return "line" }

func (s lineSource) count(ctx context.Context, w *store.Workspace) (int, error) {
	return w.CountLinesOf(ctx, s.scope)
}

// piece is one of the things of a line, with the source that plans it.
type piece struct {
	source
	thing
}

// The id of a thing is that of its line.
func (s lineSource) page(ctx context.Context, w *store.Workspace, after string, n int) ([]thing, error) {
	behind, _ := strconv.ParseInt(after, 10, 64) // "" is the first page
	lines, err := w.LinesOf(ctx, s.scope, behind, n)
	if err != nil {
		return nil, err
	}
	pieces, err := s.pieces(ctx, w, lines)
	if err != nil {
		return nil, err
	}
	out := make([]thing, len(lines))
	for i, l := range lines {
		var mine []piece
		for _, id := range [...]string{"line " + strconv.FormatInt(l.ID, 10), l.Cause.Kind + " " + l.Cause.Ref} {
			if p, known := pieces[id]; known {
				mine = append(mine, p)
				delete(pieces, id) // several lines may be about one thing
			}
		}
		out[i] = thing{id: strconv.FormatInt(l.ID, 10), at: l.At, plan: planAll(mine), what: mine, outside: len(mine) == 0}
	}
	return out, nil
}

// pieces reads what the lines of a page are about.
func (s lineSource) pieces(ctx context.Context, w *store.Workspace, lines []gateway.LogEntry) (map[string]piece, error) {
	out := map[string]piece{}
	var keys []gateway.RecordKey
	ids, refs := map[int64]bool{}, map[string][]string{}
	for _, l := range lines {
		keys, ids[l.ID] = append(keys, l.Key), true
		refs[l.Cause.Kind] = append(refs[l.Cause.Kind], l.Cause.Ref)
	}
	pending, err := w.PendingOf(ctx, keys)
	if err != nil {
		return nil, err
	}
	var behind []gateway.Change
	for _, c := range pending {
		if ids[c.LogID] {
			behind = append(behind, c)
		}
	}
	edits := waitingEdits{o: s.o, retry: true}
	things, err := edits.of(ctx, w, behind)
	if err != nil {
		return nil, err
	}
	for i, t := range things {
		out["line "+strconv.FormatInt(behind[i].LogID, 10)] = piece{edits, t}
	}
	people, err := w.PeopleOf(ctx, refs[linkPerson])
	if err != nil {
		return nil, err
	}
	if things, err = (personSource{s.o, rivalry{}}).of(ctx, w, people); err != nil {
		return nil, err
	}
	for _, t := range things {
		out[linkPerson+" "+t.id] = piece{personSource{s.o, rivalry{}}, t}
	}
	return out, s.said(ctx, w, refs, out)
}

func (s lineSource) said(ctx context.Context, w *store.Workspace, refs map[string][]string, into map[string]piece) error {
	for _, kind := range slices.Sorted(maps.Keys(refs)) {
		if !wasSaid(kind) {
			continue
		}
		all, err := w.SaidOf(ctx, kind, refs[kind])
		if err != nil {
			return err
		}
		things, err := saidSource{o: s.o}.of(ctx, w, all)
		if err != nil {
			return err
		}
		for i, t := range things {
			into[kind+" "+all[i].ExternalID] = piece{saidSource{o: s.o}, t}
		}
	}
	return nil
}

func planAll(pieces []piece) planning {
	return func(t Terms, owed func(gateway.RecordKey) (*gateway.Change, bool), now time.Time) ([]effect.Planned, error) {
		var out []effect.Planned
		for _, p := range pieces {
			plans, err := p.plan(t, owed, now)
			if err != nil {
				return nil, err
			}
			out = append(out, plans...)
		}
		return out, nil
	}
}

func (lineSource) again(ctx context.Context, ws gateway.WorkspaceID, t thing, cause gateway.Cause) (bool, error) {
	queued := false
	for _, p := range t.what.([]piece) {
		did, err := p.again(ctx, ws, p.thing, cause)
		if err != nil {
			return queued, err
		}
		queued = queued || did
	}
	return queued, nil
}
