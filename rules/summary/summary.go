// Package summary makes one deal-level text of what several meetings, calls
// and e-mails noted under a topic (AVM-46). It extracts: every sentence of a
// summary stands in a note, word for word, and names the notes that say it.
// What it returns depends neither on the order of the notes nor on repeating
// them.
package summary

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Source is where a note was taken.
type Source struct {
	Kind, ID, Title string
	At              time.Time
}

// Note is a text under a topic.
type Note struct {
	Source
	Topic, Text string
}

// Line is one sentence of a summary with everything that says it, newest
// first. Its wording is that of the newest.
type Line struct {
	Text    string
	Sources []Source
}

// Summary is what several notes come to.
type Summary struct {
	Lines []Line // newest first
	// Left is how many further sentences had no place.
	Left int
}

// Text is one sentence a line.
func (s Summary) Text() string {
	texts := make([]string, len(s.Lines))
	for i, l := range s.Lines {
		texts[i] = l.Text
	}
	return strings.Join(texts, "\n")
}

// alike is the share of common words from which two sentences say the same.
// Another number keeps them apart by itself.
const alike = 0.6

// Extract summarizes notes in at most limit characters (0 = no limit). What
// several conversations say goes before what one says, newer before older.
func Extract(notes []Note, limit int) Summary {
	groups := group(sentences(notes))
	ranked := slices.Clone(groups)
	slices.SortStableFunc(ranked, func(a, b sentence) int {
		return cmp.Or(cmp.Compare(len(b.sources), len(a.sources)), newestFirst(a, b))
	})
	var out Summary
	used, chosen := 0, []sentence{}
	for _, g := range ranked {
		n := utf8.RuneCountInString(g.text)
		if len(chosen) > 0 {
			n++ // the line break
		}
		if limit > 0 && used+n > limit {
			out.Left++
			continue
		}
		used += n
		chosen = append(chosen, g)
	}
	slices.SortFunc(chosen, newestFirst)
	for _, g := range chosen {
		out.Lines = append(out.Lines, Line{g.text, g.sources})
	}
	return out
}

// Without drops from a text the lines that stand in the notes: what remains of
// a field into which summaries were written are the words of others.
func Without(text string, notes []Note) string {
	ours := map[string]bool{}
	for _, s := range sentences(notes) {
		ours[s.text] = true
	}
	var rest []string
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); !ours[fold(line)] {
			rest = append(rest, line)
		}
	}
	return strings.TrimSpace(strings.Join(rest, "\n"))
}

// sentence is one sentence of a note, or of several that say the same.
type sentence struct {
	text    string
	words   map[string]bool
	sources []Source
}

// newestFirst is a total order of different sentences.
func newestFirst(a, b sentence) int {
	x, y := a.sources[0], b.sources[0]
	return cmp.Or(y.At.Compare(x.At), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.ID, y.ID), cmp.Compare(a.text, b.text), cmp.Compare(x.Title, y.Title))
}

// sentences takes the notes apart, newest first, each once.
func sentences(notes []Note) []sentence {
	var out []sentence
	for _, n := range notes {
		n.At = n.At.UTC()
		for _, text := range split(n.Text) {
			out = append(out, sentence{text, wordsOf(text), []Source{n.Source}})
		}
	}
	slices.SortFunc(out, newestFirst)
	return slices.CompactFunc(out, func(a, b sentence) bool { return a.text == b.text && same(a.sources[0], b.sources[0]) })
}

// group puts sentences together that say the same. The first of a group is its
// newest, so two groups never are alike by their wording.
func group(all []sentence) []sentence {
	var out []sentence
next:
	for _, s := range all {
		for i := range out {
			if !similar(out[i].words, s.words) {
				continue
			}
			if !slices.ContainsFunc(out[i].sources, func(o Source) bool { return same(o, s.sources[0]) }) {
				out[i].sources = append(out[i].sources, s.sources[0])
			}
			continue next
		}
		out = append(out, s)
	}
	return out
}

// same tells sources by what they are, not by how they are called.
func same(a, b Source) bool { return a.Kind == b.Kind && a.ID == b.ID }

// similar compares the words of two sentences; numbers must be the same.
func similar(a, b map[string]bool) bool {
	common := 0
	for w := range a {
		switch {
		case b[w]:
			common++
		case number(w):
			return false
		}
	}
	for w := range b {
		if number(w) && !a[w] {
			return false
		}
	}
	return float64(common) >= alike*float64(len(a)+len(b)-common)
}

func number(word string) bool { return strings.ContainsFunc(word, unicode.IsDigit) }

// wordsOf are the words of a sentence in lower case.
func wordsOf(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		out[w] = true
	}
	if len(out) == 0 {
		out[text] = true // of signs only
	}
	return out
}

// split cuts a text into sentences: at line breaks, and behind a full stop,
// question or exclamation mark that a space and no small letter follows.
func split(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		line = fold(line)
		from := 0
		for i, r := range line {
			if r != ' ' || i == 0 || !strings.ContainsRune(".!?", rune(line[i-1])) {
				continue
			}
			if next, _ := utf8.DecodeRuneInString(line[i+1:]); unicode.IsLower(next) {
				continue
			}
			out = append(out, line[from:i])
			from = i + 1
		}
		if rest := line[from:]; rest != "" {
			out = append(out, rest)
		}
	}
	return out
}

// fold makes one space of every run of white space, and drops list marks.
func fold(line string) string {
	line = strings.Join(strings.Fields(line), " ")
	for _, mark := range [...]string{"- ", "* ", "• ", "– "} {
		line = strings.TrimPrefix(line, mark)
	}
	return line
}
