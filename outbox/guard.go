package outbox

import (
	"context"
	"slices"
	"time"

	"tidegate/gateway"
)

// readAgain asks for a record to be read where Salesforce says that it is not
// what we take it for: links and the entry then follow what it became, and what
// only fills is compared with what is there.
func (s *settling) readAgain(ctx context.Context, c gateway.Change, e *gateway.Error) error {
	if e == nil || c.Op == gateway.OpCreate {
		return nil
	}
	why := ""
	switch e.Code {
	case gateway.CodeSFGone, gateway.CodeSFConverted:
		why = "Salesforce refused a write: the record became another one, or is gone."
	case gateway.CodeSFStale:
		why = "Salesforce refused a write: the record changed meanwhile."
	default:
		return nil
	}
	return s.tx.MarkRefetch(ctx, []gateway.RecordKey{c.Key}, why)
}

// giveWay takes out of an entry what somebody has filled in Salesforce since
// (F-65); a line of its own says so. What is left goes on.
func (s *settling) giveWay(ctx context.Context, left, kept gateway.Change, gave []string, why string) error {
	lost := gateway.Change{
		Key: left.Key, Op: gateway.OpUpdate, Fields: gateway.Fields{}, Base: gateway.Fields{}, Cause: left.Cause, EnqueuedAt: s.tx.Now(),
	}
	for _, name := range gave {
		lost.Fields[name], lost.Base[name] = left.Fields[name], s.records[left.Key].Fields[name]
	}
	skipped := s.line(lost)
	skipped.State, skipped.NextTry, skipped.DoneAt = gateway.LogSkipped, time.Time{}, s.tx.Now()
	skipped.Rule += " " + why
	if len(kept.Fields) == 0 {
		skipped.ID = left.LogID // nothing is left, so the entry's own line says it
		if _, err := s.tx.DeleteChange(ctx, left.Key, left.Edit); err != nil {
			return err
		}
		return updateLine(ctx, s.tx, skipped)
	}
	if _, err := s.tx.AppendLog(ctx, []gateway.LogEntry{skipped}); err != nil {
		return err
	}
	kept.Problem, kept.DueAt = gateway.Problem{}, s.tx.Now()
	if err := s.tx.SaveChange(ctx, kept); err != nil {
		return err
	}
	return s.tx.UpdateLog(ctx, s.line(kept))
}

// fallbackOwner returns the id of the user who gets what belongs to an inactive
// one, "" where nobody is chosen or no answer needs it.
func (o *Outbox) fallbackOwner(ctx context.Context, ws gateway.WorkspaceID, deliveries []gateway.Delivery) (string, error) {
	if !slices.ContainsFunc(deliveries, func(d gateway.Delivery) bool { return d.Err != nil && d.Err.Code == gateway.CodeSFOwner }) {
		return "", nil
	}
	s, err := o.inForce(ctx, ws)
	if err != nil || s.Advanced.FallbackOwner == "" {
		return "", err
	}
	l := loading{outbox: o, w: o.db.In(ws)}
	id := l.user(ctx, s.Advanced.FallbackOwner, true)
	return id, l.err
}

// reown gives an entry to the chosen owner, because the one it was for is
// inactive (F-62). Its line says so.
func (s *settling) reown(ctx context.Context, left gateway.Change, refusal *gateway.Error) error {
	left.Fields = left.Fields.Clone()
	left.Fields["OwnerId"] = gateway.Text(s.fallback)
	left.State, left.Problem, left.DueAt = gateway.StateWaiting, gateway.Problem{}, s.tx.Now()
	left.Cause.Rule += " The owner is inactive in Salesforce, so it goes to the one chosen for that on the Advanced tab."
	left.Edit++
	if err := s.tx.SaveChange(ctx, left); err != nil {
		return err
	}
	return s.tx.UpdateLog(ctx, s.line(left))
}
