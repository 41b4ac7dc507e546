package undo

import (
	"slices"

	"tidegate/gateway"
)

// standing are the writes of one field, newest first, but for those that were
// taken back and the undos that did it. Where an undo itself is chosen, all are:
// what it took back comes back.
func (in Input) standing(field string, newestFirst []Write) []Write {
	var stack []Write // oldest first
	for _, w := range slices.Backward(newestFirst) {
		switch {
		case w.Cause.Kind != gateway.KindUndo:
		case in.chosen(w, field):
			return newestFirst
		default:
			if at := takenBack(stack, field, empty(w.Fields[field])); at >= 0 {
				stack = stack[:at]
				continue
			}
		}
		stack = append(stack, w)
	}
	slices.Reverse(stack)
	return stack
}

// takenBack is the oldest of the writes that an undo took back, which left a value
// behind: the newest before which the value was there. -1 = none is known.
func takenBack(stack []Write, field string, value gateway.Value) int {
	for i, w := range slices.Backward(stack) {
		if w.Created {
			break
		}
		if empty(w.Before[field]) == value {
			return i
		}
	}
	return -1
}

// Replaced fills in what writes to one record, newest first, replaced where it
// is not mirrored: what the write before had put there. Of the oldest write that
// is told nothing; a creation replaced nothing.
func Replaced(newestFirst []Write) []Write {
	out := slices.Clone(newestFirst)
	for i, w := range out {
		out[i].Before = w.Before.Clone()
		for name := range w.Fields {
			if !w.Before[name].Empty() || w.Created {
				continue
			}
			delete(out[i].Before, name)
			for _, older := range newestFirst[i+1:] {
				v, wrote := older.Fields[name]
				if !wrote && older.Created {
					v, wrote = gateway.Null, true
				}
				if wrote {
					out[i].Before[name] = empty(v)
					break
				}
			}
		}
	}
	return out
}

// Ways are the kinds of causes by which fields of records were written last, undos
// aside: what let us write a value lets it go back. The writes of a record are
// newest first.
func Ways(writes []Write) map[gateway.RecordKey]map[string]string {
	ways := map[gateway.RecordKey]map[string]string{}
	for _, w := range writes {
		for name := range w.Fields {
			kind := w.Cause.Origin(name).Kind
			if _, later := ways[w.Key][name]; later || kind == gateway.KindUndo {
				continue
			}
			if ways[w.Key] == nil {
				ways[w.Key] = map[string]string{}
			}
			ways[w.Key][name] = kind
		}
	}
	return ways
}
