package store

import (
	"strings"
	"unicode/utf8"
)

// writeEntries writes what a piece holds: [[value, record id], …] in JSON. Nearly
// all values stand for themselves in it; encoding/json took five times as long.
func writeEntries(keys []ownedKey) string {
	text := append(make([]byte, 0, stagedBytes+200), '[')
	for i := range keys {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, '[')
		text = appendPlain(text, keys[i].value)
		text = append(text, ',')
		text = appendPlain(text, keys[i].key.ID)
		text = append(text, ']')
	}
	return clean(string(append(text, ']')))
}

// appendPlain appends a text in quotes, escaped where it has to be.
func appendPlain(text []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return append(text, writeJSON(s)...)
		}
	}
	text = append(text, '"')
	text = append(text, s...)
	return append(text, '"')
}

// readEntries reads what writeEntries wrote. Where nothing is escaped every
// second quote ends a text, and the texts share the memory of the piece.
func readEntries(text string) (entries [][2]string, err error) {
	if strings.IndexByte(text, '\\') >= 0 || strings.Count(text, `"`)%4 != 0 {
		err = readJSON(text, &entries)
		return entries, err
	}
	entries = make([][2]string, 0, strings.Count(text, `"`)/4)
	var of [2]string
	for n := 0; ; n++ {
		_, from, more := strings.Cut(text, `"`)
		if !more {
			return entries, nil
		}
		of[n%2], text, _ = strings.Cut(from, `"`)
		if n%2 == 1 {
			entries = append(entries, of)
		}
	}
}
