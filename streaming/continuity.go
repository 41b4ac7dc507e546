package streaming

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/continuity"
)

// Repair says that a batch is a step of repairing one object: what it did is
// counted in the object's continuity records, in the same transaction.
type Repair struct {
	Object string
	// Expected is how many rows there are about to read, where that became
	// known with this step; 0 = nothing new.
	Expected int
	Calls    int
	// Problem says why the repair stands still and what to do. The next step
	// takes it back.
	Problem string
}

// gapped are the records of one object of which a batch said no more than that
// they changed.
type gapped struct {
	records  int
	from, to time.Time
	said     string
}

// noteGap remembers a gap event, so that the hole is written down with it.
func (f *fold) noteGap(e gateway.ChangeEvent) {
	at := e.Version.Time()
	g := f.gaps[e.Object]
	if g == nil {
		g = &gapped{from: at, to: at, said: "Salesforce sent " + string(e.Type) + "."}
		if f.gaps == nil {
			f.gaps = map[string]*gapped{}
		}
		f.gaps[e.Object] = g
	}
	g.records++
	g.from, g.to = earlier(g.from, at), later(g.to, at)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// noteWhole remembers an event that stands for a whole object.
func (f *fold) noteWhole(e gateway.ChangeEvent, said string) {
	cause := gateway.HoleOverflow
	if e.Type != gateway.GapOverflow {
		cause = gateway.HoleWildcard
	}
	f.holes = append(f.holes, gateway.Hole{
		Cause: cause, Said: said, From: e.Version.Time(), To: e.Version.Time(),
		Bound:   "The event names no records, so every record of the object is read.",
		Objects: []gateway.HolePart{{Object: e.Object, Means: gateway.MeansWhole, State: gateway.HoleRepairing, Expected: -1}},
	})
}

// saveHoles writes continuity records: new ones, and what this batch did for
// those that are open.
func (f *fold) saveHoles(ctx context.Context) error {
	fresh := slices.Concat(f.b.Holes, f.holes, f.gapHoles())
	if len(fresh) == 0 && f.b.Repair == nil && len(f.b.Resumed) == 0 {
		return nil
	}
	unclosed, err := f.tx.UnclosedHoles(ctx)
	if err != nil {
		return err
	}
	touched := map[int]bool{}
	for _, h := range fresh {
		at := slices.IndexFunc(unclosed, func(old gateway.Hole) bool { return continues(old, h) })
		if at < 0 {
			h.Connection, h.OrgID, h.StartedAt = f.b.Lease.Connection, f.a.OrgID, f.tx.Now()
			at, unclosed = len(unclosed), append(unclosed, h)
		} else {
			unclosed[at] = extended(unclosed[at], h)
		}
		touched[at] = true
	}
	for i := range unclosed {
		moved, err := f.step(ctx, &unclosed[i])
		if err != nil {
			return err
		}
		if moved || touched[i] {
			if err := f.saveHole(ctx, unclosed[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// gapHoles are the holes that the gap events of this batch make.
func (f *fold) gapHoles() []gateway.Hole {
	var holes []gateway.Hole
	for object, g := range f.gaps {
		holes = append(holes, gateway.Hole{
			Cause: gateway.HoleGap, Said: g.said, From: g.from, To: g.to, Bound: "Salesforce named the records.",
			Objects: []gateway.HolePart{{Object: object, Means: gateway.MeansRecords, State: gateway.HoleRepairing, Expected: g.records}},
		})
	}
	slices.SortFunc(holes, func(a, b gateway.Hole) int { return strings.Compare(a.Objects[0].Object, b.Objects[0].Object) })
	return holes
}

// continues reports whether a new hole is an unclosed one grown: the same
// cause, in objects that the old one has too. After a place was lost there is
// none until the next event, so what is missed meanwhile belongs to the same
// hole.
func continues(old, h gateway.Hole) bool {
	placeless := slices.Contains([]gateway.HoleCause{gateway.HoleExpired, gateway.HoleUnknown, gateway.HoleMoved}, old.Cause)
	if len(h.Objects) == 0 || old.Cause != h.Cause && (h.Cause != gateway.HoleNoPlace || !placeless) {
		return false
	}
	for _, p := range h.Objects {
		if q := holePart(&old, p.Object); q == nil || q.Means != p.Means {
			return false
		}
	}
	return true
}

// extended is a hole grown by another.
func extended(old, h gateway.Hole) gateway.Hole {
	if h.From.Before(old.From) { // zero, from the very start, too
		old.From, old.Bound = h.From, h.Bound
	}
	old.To = later(old.To, h.To)
	for _, p := range h.Objects {
		q := holePart(&old, p.Object)
		q.State, q.Problem = p.State, ""
		if p.Means == gateway.MeansRecords {
			q.Expected += p.Expected
		}
	}
	return old
}

func holePart(h *gateway.Hole, object string) *gateway.HolePart {
	for i := range h.Objects {
		if h.Objects[i].Object == object {
			return &h.Objects[i]
		}
	}
	return nil
}

// step carries what this batch did over into one hole, and reports whether
// that changed it.
func (f *fold) step(ctx context.Context, h *gateway.Hole) (moved bool, err error) {
	for _, object := range f.b.Resumed {
		if p := holePart(h, object); p != nil && p.State == gateway.HoleOpen {
			p.State, h.To, moved = gateway.HoleRepairing, f.b.ResumedAt, true
		}
	}
	r := f.b.Repair
	if r == nil {
		return moved, nil
	}
	p := holePart(h, r.Object)
	if p == nil || p.State == gateway.HoleClosed {
		return moved, nil
	}
	was := *p
	f.carry(r, p)
	if p.State == gateway.HoleRepairing {
		reading, marked, err := f.tx.Unread(ctx, r.Object)
		if err != nil {
			return false, err
		}
		if marked == 0 && (!reading || p.Means == gateway.MeansRecords) {
			p.State = gateway.HoleClosed
		}
	}
	return moved || *p != was, nil
}

// carry counts a step in a part.
func (f *fold) carry(r *Repair, p *gateway.HolePart) {
	p.Add(f.did(r))
	if r.Expected > 0 {
		p.Expected = max(p.Expected, r.Expected)
	}
	if p.State == gateway.HoleFailed {
		p.State = gateway.HoleRepairing
	}
	if p.Problem = r.Problem; p.Problem != "" {
		p.State = gateway.HoleFailed
	}
}

// did counts what the batch did.
func (f *fold) did(r *Repair) gateway.HoleCount {
	n := gateway.HoleCount{Calls: r.Calls}
	for k, count := range f.counts {
		if k.object != r.Object {
			continue
		}
		n.Read += count
		switch k.outcome {
		case gateway.OutcomeApplied:
			n.Changed += count
		case gateway.OutcomeDeleted:
			n.Deleted += count
		case gateway.OutcomeRestored:
			n.Restored += count
		}
	}
	return n
}

// saveHole writes one hole, and closes and signs it with its last part.
func (f *fold) saveHole(ctx context.Context, h gateway.Hole) error {
	h.State = continuity.State(h.Objects)
	if h.State == gateway.HoleClosed {
		h.EndedAt = f.tx.Now()
		h.To = later(h.To, h.From)
		if h.ID == 0 { // it states its own id
			h.ID = f.tx.NewID()
		}
		if err := f.certify(&h); err != nil {
			return err
		}
		if _, err := f.tx.AppendLog(ctx, []gateway.LogEntry{repairedLine(h)}); err != nil {
			return err
		}
	}
	id, err := f.tx.SaveHole(ctx, h)
	h.ID = id
	f.saved = append(f.saved, h)
	return err
}

func (f *fold) certify(h *gateway.Hole) error {
	statement, err := continuity.Certify(f.a.Store.ID(), *h)
	if err != nil {
		return err
	}
	h.Certificate = gateway.Certificate{Statement: statement}
	if f.a.Sign != nil {
		h.Certificate.Signature, h.Certificate.Key = f.a.Sign(statement)
	}
	return nil
}

// repairedLine is the line of the sync log that says when a hole is closed.
func repairedLine(h gateway.Hole) gateway.LogEntry {
	names := make([]string, 0, len(h.Objects))
	for _, p := range h.Objects {
		names = append(names, p.Object)
	}
	n := h.Total()
	e := gateway.LogEntry{
		Direction: "system", Label: strings.Join(names, ", "), State: gateway.LogDone, DoneAt: h.EndedAt, Rule: h.Said,
		What: fmt.Sprintf("Repaired a gap of %s in %s: %s rows read, %s",
			continuity.Span(h.To.Sub(h.From)), strings.Join(names, ", "), continuity.Number(n.Read), continuity.Found(n)),
	}
	if len(names) == 1 {
		e.Key.Object = names[0]
	}
	return e
}
