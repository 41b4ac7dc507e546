package store

import (
	"crypto/rand"
	"encoding/binary"
	"math"
	"sync/atomic"
	"time"
)

// idEpoch is 2020-01-01 UTC in microseconds: with 12 bits below the
// microseconds an int64 then lasts until 2091.
const idEpoch = 1577836800_000000

// idAt is the least id that is drawn at a moment or later.
func idAt(t time.Time) int64 {
	return min(max(t.UnixMicro()-idEpoch, 0), math.MaxInt64>>12) << 12
}

// timeOf is when an id was drawn.
func timeOf(id int64) time.Time { return time.UnixMicro(id>>12 + idEpoch).UTC() }

// ids draws unique, time-ordered numbers: microseconds since idEpoch, then 12
// bits that are the process's own. Within a process they strictly rise; two
// processes collide only with the same 12 bits in the same microsecond.
type ids struct {
	last atomic.Int64 // microseconds of the newest id
	own  int64
}

func newIDs() *ids {
	var b [2]byte
	_, _ = rand.Read(b[:]) // documented never to fail
	return &ids{own: int64(binary.LittleEndian.Uint16(b[:]) & 0xfff)}
}

// draw returns the next id. It runs ahead of the clock when more than one is
// drawn within a microsecond, or when the clock is set back.
func (s *ids) draw(now time.Time) int64 {
	for {
		last := s.last.Load()
		next := max(now.UnixMicro()-idEpoch, last+1)
		if s.last.CompareAndSwap(last, next) {
			return next<<12 | s.own
		}
	}
}

// NewID draws an id for a row that has to name itself before it is written.
func (tx *Tx) NewID() int64 { return tx.db.ids.draw(tx.now) }
