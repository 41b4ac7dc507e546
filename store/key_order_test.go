package store

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

// drawKeys gives keys by kinds in order, with values that share beginnings, end
// early, or hold what JSON escapes.
func drawKeys(t *rapid.T) []ownedKey {
	value := rapid.OneOf(rapid.StringMatching(`001dG0000000[0-9]{0,9}`), rapid.StringMatching(`[a-c]{0,12}@x`), rapid.String())
	var keys []ownedKey
	for _, kind := range []string{"AccountId", KeyEmail, KeyPhone} {
		values := rapid.SliceOfN(value, 0, 30).Draw(t, kind)
		ids := rapid.SliceOfN(rapid.StringMatching(`003dG0000000[0-9]{3}`), len(values), len(values)).Draw(t, "ids")
		if rapid.Bool().Draw(t, "rising") { // as they come in a first reading
			slices.Sort(ids)
		}
		for i, v := range values {
			keys = append(keys, ownedKey{gateway.RecordKey{Object: "Contact", ID: ids[i]}, recordKey{kind, clean(v)}})
		}
	}
	return keys
}

func TestKeysAreSortedAsTheyAreLookedUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := drawKeys(t)
		want := slices.Clone(keys)
		slices.SortFunc(want, func(a, b ownedKey) int { return a.compare(&b) })
		if got := sortKeys(keys); !slices.Equal(got, want) {
			t.Fatalf("%v\nwant %v", got, want)
		}
	})
}

func TestEntriesOfAPieceAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := drawKeys(t)
		text := writeEntries(keys)
		var plain [][2]string // migrations and backups read it as JSON
		if err := json.Unmarshal([]byte(text), &plain); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := readEntries(text)
		if err != nil || !slices.Equal(got, plain) || len(got) != len(keys) {
			t.Fatalf("%s is read as %q, in JSON it is %q: %v", text, got, plain, err)
		}
		for i := range keys {
			if got[i] != [2]string{keys[i].value, keys[i].key.ID} {
				t.Fatalf("%q is read as %q", keys[i].value, got[i])
			}
		}
	})
	if _, err := readEntries(`[["a","b"],["c"`); err == nil || !strings.Contains(err.Error(), "stored") {
		t.Errorf("half a piece is read: %v", err)
	}
}
