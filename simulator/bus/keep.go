package bus

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// kept is an event on disk.
type kept struct {
	ReplayID int64           `json:"id"`
	Commit   int64           `json:"commit"`
	Object   string          `json:"object"`
	At       int64           `json:"at"` // milliseconds since 1970
	For      []string        `json:"for"`
	UUID     string          `json:"uuid"`
	Data     json.RawMessage `json:"data"`
}

// AppendKept appends the event as UnmarshalJSON reads it.
func (e *Event) AppendKept(dst []byte) []byte {
	dst = fmt.Appendf(dst, `{"id":%d,"commit":%d,"object":%q,"at":%d,`, e.ReplayID, e.Commit, e.Object, e.at)
	if len(e.For) > 0 {
		dst = fmt.Appendf(dst, `"for":["%s"],`, strings.Join(e.For, `","`))
	}
	if e.UUID != "" {
		dst = fmt.Appendf(dst, `"uuid":%q,`, e.UUID)
	}
	dst = append(dst, `"data":`...)
	return append(append(dst, e.Data...), '}')
}

// UnmarshalJSON reads what AppendKept wrote.
func (e *Event) UnmarshalJSON(text []byte) error {
	var k kept
	if err := json.Unmarshal(text, &k); err != nil {
		return err
	}
	*e = Event{ReplayID: k.ReplayID, Commit: k.Commit, Object: k.Object, Data: k.Data, For: k.For, UUID: k.UUID, at: k.At}
	return nil
}

// Restore puts back events of an earlier run, oldest first, and goes on from
// their replay ids. Those that the log has already are passed over, so that
// overlapping parts may be restored one after the other. floor is the replay id
// up to which nothing was retained; 0 leaves what is known.
func (l *Log) Restore(floor int64, events []*Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.restored && (floor > 0 || len(events) > 0) {
		// The place that the clock gave is for an org that starts anew.
		l.restored, l.last, l.floor, l.base = true, floor, floor, floor
	}
	l.floor, l.base = max(l.floor, floor), max(l.base, floor)
	for _, e := range events {
		if e.ReplayID > l.last {
			l.last = e.ReplayID
			l.add(e)
		}
	}
	l.last = max(l.last, l.floor)
}

// Floor is the replay id up to which nothing is retained.
func (l *Log) Floor() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(l.now().UnixMilli())
	if len(l.streams[""].events) == 0 {
		return l.last
	}
	return l.floor
}

// Retained calls fn with every event that is retained, oldest first.
func (l *Log) Retained(fn func(*Event) error) error {
	l.mu.Lock()
	l.prune(l.now().UnixMilli())
	events := slices.Clone(l.streams[""].events)
	l.mu.Unlock()
	for _, e := range events {
		if err := fn(e); err != nil {
			return err
		}
	}
	return nil
}
