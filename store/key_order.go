package store

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// compare orders keys as they are looked up. Of two keys most are of one kind and
// differ in the value, so nothing is compared before it has to be: cmp.Or would.
func (k *ownedKey) compare(o *ownedKey) int {
	if k.kind != o.kind {
		return strings.Compare(k.kind, o.kind)
	}
	if k.value != o.value {
		return strings.Compare(k.value, o.value)
	}
	return strings.Compare(k.key.ID, o.key.ID)
}

// sortKeys returns keys in the order in which they are looked up. Those of one
// kind must be neighbors, and the kinds in order.
func sortKeys(keys []ownedKey) []ownedKey {
	sorted := make([]ownedKey, 0, len(keys))
	for from := 0; from < len(keys); {
		to := from + 1
		for to < len(keys) && keys[to].kind == keys[from].kind {
			to++
		}
		sorted = appendSorted(sorted, keys[from:to])
		from = to
	}
	return sorted
}

// keyHead stands for a key while keys are sorted: the 16 bytes of its value behind
// what all values begin with tell nearly all of them apart. Comparing and moving
// the keys themselves took three times as long.
type keyHead struct {
	high, low uint64
	place     int
}

// appendSorted appends keys of one kind in order.
func appendSorted(to, keys []ownedKey) []ownedKey {
	begin := shared(keys)
	heads := make([]keyHead, len(keys))
	told := true // by its head and place, each from each
	for i := range keys {
		var head [16]byte
		n := copy(head[:], keys[i].value[begin:])
		heads[i] = keyHead{binary.BigEndian.Uint64(head[:8]), binary.BigEndian.Uint64(head[8:]), i}
		told = told && n == len(keys[i].value)-begin && (i == 0 || keys[i-1].key.ID <= keys[i].key.ID)
	}
	slices.SortFunc(heads, func(a, b keyHead) int {
		switch {
		case a.high != b.high:
			return cmp.Compare(a.high, b.high)
		case a.low != b.low:
			return cmp.Compare(a.low, b.low)
		case told:
			return cmp.Compare(a.place, b.place)
		}
		return keys[a.place].compare(&keys[b.place])
	})
	for _, h := range heads {
		to = append(to, keys[h.place])
	}
	return to
}

// shared is how many bytes all values begin with.
func shared(keys []ownedKey) int {
	all := keys[0].value
	for i := range keys {
		for !strings.HasPrefix(keys[i].value, all) {
			n := 0
			for n < len(all) && n < len(keys[i].value) && all[n] == keys[i].value[n] {
				n++
			}
			all = all[:n]
		}
	}
	return len(all)
}
