package store

import (
	"context"
	"sync"

	"tidegate/gateway"
)

// Piece is some of the records that Rewrite goes over.
type Piece struct {
	Keys []gateway.RecordKey // sorted
	// Records are those that exist, without their fields until they are decided on.
	Records map[gateway.RecordKey]gateway.Record

	rows    []loadedRow
	decided []gateway.Record
	writes  []func(ctx context.Context) error
	keys    keyChange
}

// Rewrite is LoadRecords and SaveRecords for many keys, which are sorted over all
// their pieces so that two transactions never wait for each other. While the
// database reads and writes, the piece between is parsed and decided on. One after the
// other, either of the two waited for half of the time.
//
// found is called when the rows of a piece are locked, and may read more of the
// database. decide returns what is to be saved of it; it is called in another
// goroutine, one piece at a time, and must not use the transaction but for
// OnlyLaid. Records that are not of the piece must not be returned.
func (tx *Tx) Rewrite(ctx context.Context, keys [][]gateway.RecordKey,
	found func(ctx context.Context, p *Piece) error, decide func(p *Piece) []gateway.Record,
) error {
	pieces := make([]*Piece, len(keys))
	for i := range keys {
		pieces[i] = &Piece{Keys: keys[i]}
	}
	var done Piece
	for i := -1; i <= len(pieces); i++ {
		var planning sync.WaitGroup
		var failed error
		if i >= 0 && i < len(pieces) {
			planning.Go(func() { failed = tx.plan(pieces[i], decide) })
		}
		err := tx.around(ctx, pieces, i, found)
		planning.Wait()
		if err == nil && failed != nil {
			err = tx.dialect.wrap(ctx, "loading records", failed)
		}
		if err != nil {
			return err
		}
		if i > 0 {
			done.add(pieces[i-1])
			pieces[i-1] = nil
		}
	}
	defer tx.forget(done.decided)
	if err := tx.saveKeys(ctx, done.keys); err != nil {
		return err
	}
	return tx.fileEmails(ctx, done.decided)
}

// around uses the connection while piece i is decided on: it writes the one
// before and reads the one behind.
func (tx *Tx) around(ctx context.Context, pieces []*Piece, i int, found func(ctx context.Context, p *Piece) error) error {
	if i > 0 {
		for _, write := range pieces[i-1].writes {
			if err := write(ctx); err != nil {
				return err
			}
		}
		if tx.give != nil {
			tx.give()
		}
	}
	if i+1 >= len(pieces) {
		return nil
	}
	next := pieces[i+1]
	var err error
	if next.rows, err = tx.fetch(ctx, next.Keys); err != nil {
		return err
	}
	next.Records = make(map[gateway.RecordKey]gateway.Record, len(next.rows))
	for j := range next.rows {
		next.Records[next.rows[j].Key] = next.rows[j].Record
	}
	return found(ctx, next)
}

// plan parses a piece, has it decided on and makes what writing it takes.
func (tx *Tx) plan(p *Piece, decide func(p *Piece) []gateway.Record) error {
	if err := parseRows(p.rows); err != nil {
		return err
	}
	for j := range p.rows {
		p.Records[p.rows[j].Key] = p.rows[j].Record
	}
	p.decided = tx.observed(decide(p))
	for _, g := range tx.recordRows(p.decided) {
		if len(g.rows) > 0 {
			p.writes = append(p.writes, tx.planned(g.in, len(g.rows), tx.filling(g.rows)))
		}
	}
	p.keys = tx.changeOfKeys(p.decided)
	return nil
}

// add keeps of a written piece what is done for all at the end.
func (p *Piece) add(o *Piece) {
	p.decided = append(p.decided, o.decided...)
	p.keys.gone = append(p.keys.gone, o.keys.gone...)
	p.keys.fresh = append(p.keys.fresh, o.keys.fresh...)
}
