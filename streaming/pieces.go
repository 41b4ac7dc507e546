package streaming

import (
	"cmp"
	"context"
	"slices"

	"tidegate/gateway"
	"tidegate/store"
)

// A large batch of the stream is decided on in pieces, while the database reads
// and writes others. What happens to one record does not depend on the others.

// pieceSize is how many records go together. Two pieces are the least that have
// something to do side by side.
const pieceSize = 500

// inPieces reports whether the batch is worth it and allows it. Where something
// is owed to Salesforce of what it touches, all records are locked before the
// first entry of the outbox, as settling does: else the two might wait for each
// other.
func (f *fold) inPieces(ctx context.Context) (bool, error) {
	if !f.b.Streamed || len(f.keys) < 2*pieceSize || slices.ContainsFunc(f.b.Events, concernsOthers) {
		return false, nil
	}
	owed, err := f.tx.PendingOf(ctx, f.keys)
	return len(owed) == 0, err
}

// rewrite loads the records, decides on them and saves them.
func (f *fold) rewrite(ctx context.Context) error {
	f.rewritten = true
	read, decided := 0, 0
	pieces := slices.Collect(slices.Chunk(f.keys, pieceSize))
	for i, keys := range pieces {
		for _, key := range keys {
			f.work[key].piece = i + 1
		}
	}
	err := f.tx.Rewrite(ctx, pieces, func(ctx context.Context, p *store.Piece) error {
		read++
		return f.loadRest(ctx, read, p.Keys, p.Records)
	}, func(p *store.Piece) []gateway.Record {
		decided++
		for key, r := range p.Records {
			f.work[key].record = &r // with its fields
		}
		f.decidePiece(decided)
		return f.toSave(p.Keys)
	})
	f.inOrder()
	return err
}

// decidePiece decides, in the order of the events, on the records of one piece.
func (f *fold) decidePiece(piece int) {
	for i := range f.b.Events {
		e := &f.b.Events[i]
		for _, id := range e.RecordIDs {
			if w := f.work[gateway.RecordKey{Object: e.Object, ID: id}]; w.piece == piece {
				f.decide(e, id, i)
			}
		}
	}
}

// inOrder brings the history of pieces into the order of the events, and of the
// records that an event names.
func (f *fold) inOrder() {
	order := make([]int, len(f.entries))
	for i := range order {
		order[i] = i
	}
	named := func(i int) int {
		return slices.Index(f.b.Events[f.places[i]].RecordIDs, f.entries[i].Key.ID)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(f.places[a], f.places[b]), cmp.Compare(named(a), named(b)))
	})
	entries := make([]gateway.HistoryEntry, len(order))
	for i, at := range order {
		entries[i] = f.entries[at]
	}
	f.entries = entries
}
