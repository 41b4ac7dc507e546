package outbox

import (
	"context"
	"time"

	"tidegate/gateway"
	"tidegate/rules/conflict"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// Answer is a person's decision of one conflict.
type Answer struct {
	conflict.Answer
	Key gateway.RecordKey
	Why string // in the person's words, may be empty
	By  gateway.Cause
	// Rule makes the choice the field's rule from now on.
	Rule bool
	IP   string // for the audit
}

// Answer decides a conflict: the waiting entry, the conflict's row, the rule
// and the audit in one transaction. Errors: CodeConflict as conflict.Resolve,
// CodeInvalid for an impossible value, CodeForbidden when our value may not be
// written any more.
func (o *Outbox) Answer(ctx context.Context, ws gateway.WorkspaceID, a Answer) (Receipt, error) {
	r, err := o.rights(ctx, ws, a.Key.Object)
	if err != nil {
		return Receipt{}, err
	}
	if err := r.mayAnswer(a); err != nil {
		return Receipt{}, err
	}
	var receipt Receipt
	err = o.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		receipt = Receipt{Key: a.Key, State: Unchanged}
		record, pending, err := load(ctx, tx, a.Key)
		if err != nil {
			return err
		}
		settled, err := conflict.Resolve(pending, record, a.Answer)
		if err != nil {
			return err
		}
		if err := o.saveAnswer(ctx, tx, a, settled, record, *pending, r, &receipt); err != nil {
			return err
		}
		return recordAnswer(ctx, tx, a, settled)
	})
	if err != nil {
		return Receipt{}, err
	}
	o.submitted(ctx, ws, receipt)
	return receipt, nil
}

// mayAnswer refuses what cannot be written; Salesforce's own value needs no
// right to stay.
func (r rights) mayAnswer(a Answer) error {
	if a.Choice == gateway.ChoiceTheirs {
		return nil
	}
	if ok, why := r.writable(a.Field); !ok {
		return gateway.Errorf(gateway.CodeForbidden, "%s cannot be written to Salesforce now: %s Keep Salesforce's value, or have that changed first.", r.label(a.Field), why)
	}
	if a.Choice == gateway.ChoiceOther {
		return r.checkValues(gateway.Fields{a.Field: a.Other})
	}
	return nil
}

func (o *Outbox) saveAnswer(ctx context.Context, tx *store.Tx, a Answer, s conflict.Settled, record gateway.Record, before gateway.Change, r rights, receipt *Receipt) error {
	c := s.Change
	receipt.LogID = c.LogID
	if !s.Owed {
		gone, err := tx.DeleteChange(ctx, before.Key, before.Edit)
		if err != nil {
			return err
		}
		if !gone {
			return moved()
		}
		line := outbound.Line(before, record, r.label)
		line.State, line.NextTry, line.DoneAt = gateway.LogIgnored, time.Time{}, tx.Now()
		line.Problem = gateway.Problem{Code: conflict.Code, What: "Salesforce's value was kept.", Who: "Decided by " + a.By.Name + ".", Fields: before.Problem.Fields}
		return updateLine(ctx, tx, line)
	}
	if a.Choice == gateway.ChoiceOther {
		c.Cause = a.By
	}
	c.DueAt = tx.Now()
	if len(s.Asks) == 0 {
		receipt.State, receipt.Edit, receipt.DueAt = Waiting, c.Edit, c.DueAt
	} else {
		receipt.State, receipt.Why = NeedsYou, c.Problem.What
	}
	if err := updateLine(ctx, tx, outbound.Line(c, record, r.label)); err != nil {
		return err
	}
	return tx.SaveChange(ctx, c)
}

// updateLine rewrites a line that may have been pruned.
func updateLine(ctx context.Context, tx *store.Tx, line gateway.LogEntry) error {
	if err := tx.UpdateLog(ctx, line); err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return err
	}
	return nil
}

// recordAnswer keeps who chose what and why, and makes it the rule where asked.
func recordAnswer(ctx context.Context, tx *store.Tx, a Answer, s conflict.Settled) error {
	end := gateway.ConflictEnd{Choice: a.Choice, Value: s.Value, By: a.By.Name, At: tx.Now(), Why: a.Why}
	if err := tx.EndConflicts(ctx, a.Key, a.Field, end); err != nil {
		return err
	}
	entry := gateway.AuditEntry{By: a.By.Name, What: "decided a conflict: " + string(a.Choice), Target: a.Key.Object + "/" + a.Key.ID + "/" + a.Field, IP: a.IP}
	if err := tx.Audit(ctx, entry); err != nil || !a.Rule {
		return err
	}
	winner := conflict.Rule(a.Choice)
	m := gateway.Mapping{Object: a.Key.Object, Field: a.Field, Winner: winner, By: a.By.Name}
	found, err := tx.SaveWinner(ctx, m)
	if err != nil {
		return err
	}
	if !found {
		m.Imported, m.At = true, tx.Now()
		if err := tx.SaveMapping(ctx, m); err != nil {
			return err
		}
	}
	entry.What, entry.Target = "made "+string(winner)+" the winner of conflicts", a.Key.Object+"."+a.Field
	entry.Before, entry.After = string(gateway.WinnerAsk), string(winner)
	return tx.Audit(ctx, entry)
}
