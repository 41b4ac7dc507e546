// Package note turns what people wrote or a machine summarized, as HTML,
// Markdown or plain text, into what Salesforce takes: plain text for a
// Description, and the small HTML of an enhanced note.
package note

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind is what a block is.
type Kind int

// The kinds of a block.
const (
	Paragraph Kind = iota
	Heading
	Item     // of a list with bullets
	Numbered // of a list with numbers
)

// Block is a paragraph, a heading or an item of a list.
type Block struct {
	Kind  Kind
	Spans []Span
}

// Span is text of one look. A line break inside a block is "\n".
type Span struct {
	Text         string
	Bold, Italic bool
}

// Doc is a text as blocks.
type Doc []Block

// Text returns plain text as a document: one paragraph for each run of lines
// between empty ones.
func Text(text string) Doc {
	var d Doc
	for _, part := range strings.Split(clean(text), "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			d = append(d, Block{Spans: []Span{{Text: part}}})
		}
	}
	return d
}

// Section returns a heading and what belongs under it, nothing when that is
// empty.
func Section(heading string, d Doc) Doc {
	if len(d) == 0 {
		return nil
	}
	return append(Doc{{Kind: Heading, Spans: []Span{{Text: heading}}}}, d...)
}

// List returns one item for each text.
func List(texts []string) Doc {
	var d Doc
	for _, text := range texts {
		if text = strings.TrimSpace(clean(text)); text != "" {
			d = append(d, Block{Kind: Item, Spans: []Span{{Text: text}}})
		}
	}
	return d
}

// Plain returns the document as text: headings on lines of their own, items
// behind a dash or a number.
func (d Doc) Plain() string {
	var b strings.Builder
	number := 0
	for i, block := range d {
		if i > 0 {
			b.WriteString("\n")
			if d[i-1].Kind != Heading && (!listed(block.Kind) || !listed(d[i-1].Kind)) {
				b.WriteString("\n")
			}
		}
		switch block.Kind {
		case Item:
			b.WriteString("- ")
		case Numbered:
			if i == 0 || d[i-1].Kind != Numbered {
				number = 0
			}
			number++
			b.WriteString(strconv.Itoa(number) + ". ")
		}
		b.WriteString(block.Text())
	}
	return b.String()
}

func listed(k Kind) bool { return k == Item || k == Numbered }

// Text returns the words of a block.
func (b Block) Text() string {
	var text strings.Builder
	for _, s := range b.Spans {
		text.WriteString(s.Text)
	}
	return text.String()
}

// HTML returns the document as the body of an enhanced note: only the tags b,
// i, p, br, ul, ol and li, all closed, and only the five escapes that
// Salesforce takes; everything beyond ASCII stays as it is.
func (d Doc) HTML() string {
	var b strings.Builder
	open := Paragraph // the list that is open, Paragraph when none is
	tags := map[Kind]string{Item: "ul", Numbered: "ol"}
	for _, block := range d {
		if listed(open) && block.Kind != open {
			b.WriteString("</" + tags[open] + ">")
			open = Paragraph
		}
		if listed(block.Kind) && open != block.Kind {
			open = block.Kind
			b.WriteString("<" + tags[open] + ">")
		}
		switch {
		case listed(block.Kind):
			b.WriteString("<li>" + block.html() + "</li>")
		case block.Kind == Heading:
			b.WriteString("<p><b>" + Escape(block.Text()) + "</b></p>")
		default:
			b.WriteString("<p>" + block.html() + "</p>")
		}
	}
	if listed(open) {
		b.WriteString("</" + tags[open] + ">")
	}
	return b.String()
}

func (b Block) html() string {
	var out strings.Builder
	for _, s := range b.Spans {
		text := Escape(s.Text)
		if s.Italic {
			text = "<i>" + text + "</i>"
		}
		if s.Bold {
			text = "<b>" + text + "</b>"
		}
		out.WriteString(text)
	}
	return out.String()
}

// escapes are all that an enhanced note takes; "&apos;" and named entities are
// refused. Line breaks are dropped unless they are tags.
var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;", "\n", "<br>")

// Escape returns text as it stands in the body of an enhanced note.
func Escape(text string) string { return escapes.Replace(clean(text)) }

// clean drops what no note takes: control characters and broken UTF-8. Line
// ends become "\n", tabs spaces.
func clean(text string) string {
	text = strings.ToValidUTF8(text, "")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r < 0x20 || r >= 0x7F && r < 0xA0 || r >= 0xFFFD && r <= 0xFFFF:
			return -1
		}
		return r
	}, text)
}

// Cut returns text with at most limit characters. What is too long ends in the
// words of end, which say where the whole is, so that nobody takes the part for
// the whole (F-58).
func Cut(text string, limit int, end string) (cut string, shortened bool) {
	if limit <= 0 || utf8.RuneCountInString(text) <= limit {
		return text, false
	}
	end = strings.TrimSpace("… " + end)
	keep := limit - utf8.RuneCountInString(end)
	if keep < 0 {
		return string([]rune(text)[:limit]), true
	}
	return strings.TrimRight(string([]rune(text)[:keep]), " \n") + end, true
}
