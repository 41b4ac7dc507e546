package main

import "strings"

// examples is a command's longer help: what else there is to know, "" for
// nothing, and command lines to copy.
func examples(note string, lines ...string) string {
	text := "Examples:\n\n  " + strings.Join(lines, "\n  ")
	if note == "" {
		return text
	}
	return note + "\n\n" + text
}
