package note

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// markup recognizes HTML by a tag that a writer of notes uses. A lone "<" in a
// sentence is none.
var markup = regexp.MustCompile(`(?i)</?(p|br|b|i|u|em|strong|ul|ol|li|div|span|a|h[1-6]|table|tr|td|blockquote|pre)(\s[^<>]*)?/?>`)

// Read returns a text as blocks, whether it is HTML, Markdown or plain. What
// has no place in a note, such as scripts and pictures, is left out; the words
// around it stay.
func Read(text string) Doc {
	if markup.MatchString(text) {
		return readHTML(text)
	}
	return readMarkdown(text)
}

// reader gathers blocks while it walks over HTML.
type reader struct {
	doc          Doc
	now          Block
	bold, italic int
	lists        []Kind
	silent       int // inside of what is not text
}

func readHTML(text string) Doc {
	r := reader{}
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		t := z.Token()
		switch kind {
		case html.TextToken:
			r.text(t.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			r.open(t.Data, kind == html.SelfClosingTagToken)
		case html.EndTagToken:
			r.close(t.Data)
		}
	}
	r.end(Paragraph)
	return r.doc
}

func (r *reader) text(text string) {
	if r.silent > 0 {
		return
	}
	folded := strings.Join(strings.Fields(clean(text)), " ")
	if folded == "" {
		if len(r.now.Spans) > 0 && text != "" {
			r.add(" ")
		}
		return
	}
	if strings.TrimLeftFunc(text, unicode.IsSpace) != text && len(r.now.Spans) > 0 {
		folded = " " + folded
	}
	if strings.TrimRightFunc(text, unicode.IsSpace) != text {
		folded += " "
	}
	r.add(folded)
}

func (r *reader) add(text string) {
	r.now.Spans = append(r.now.Spans, Span{Text: text, Bold: r.bold > 0, Italic: r.italic > 0})
}

func (r *reader) open(tag string, closed bool) {
	switch tag {
	case "script", "style", "title", "head", "iframe", "object", "template":
		if !closed {
			r.silent++
		}
	case "br":
		r.add("\n")
	case "b", "strong":
		r.bold++
	case "i", "em":
		r.italic++
	case "ul", "ol":
		r.end(Paragraph)
		r.lists = append(r.lists, map[string]Kind{"ul": Item, "ol": Numbered}[tag])
	case "li":
		r.end(Paragraph)
		r.now.Kind = Item
		if n := len(r.lists); n > 0 {
			r.now.Kind = r.lists[n-1]
		}
	case "h1", "h2", "h3", "h4", "h5", "h6":
		r.end(Heading)
	case "td", "th":
		if len(r.now.Spans) > 0 {
			r.add(" ")
		}
	case "p", "div", "tr", "table", "blockquote", "pre", "section", "article":
		if r.now.Kind != Item && r.now.Kind != Numbered || len(r.now.Spans) > 0 {
			r.end(Paragraph)
		}
	}
}

func (r *reader) close(tag string) {
	switch tag {
	case "script", "style", "title", "head", "iframe", "object", "template":
		r.silent = max(0, r.silent-1)
	case "b", "strong":
		r.bold = max(0, r.bold-1)
	case "i", "em":
		r.italic = max(0, r.italic-1)
	case "ul", "ol":
		r.end(Paragraph)
		if n := len(r.lists); n > 0 {
			r.lists = r.lists[:n-1]
		}
	case "li", "p", "div", "tr", "table", "blockquote", "pre", "section", "article", "h1", "h2", "h3", "h4", "h5", "h6":
		r.end(Paragraph)
	}
}

// end closes the block that is open and begins one of the next kind.
func (r *reader) end(next Kind) {
	if block, any := trimmed(r.now); any {
		r.doc = append(r.doc, block)
	}
	r.now = Block{Kind: next}
}

// trimmed returns a block without space at its ends, and whether anything is
// left.
func trimmed(b Block) (Block, bool) {
	for len(b.Spans) > 0 {
		if b.Spans[0].Text = strings.TrimLeft(b.Spans[0].Text, " \n"); b.Spans[0].Text != "" {
			break
		}
		b.Spans = b.Spans[1:]
	}
	for n := len(b.Spans) - 1; n >= 0; n = len(b.Spans) - 1 {
		if b.Spans[n].Text = strings.TrimRight(b.Spans[n].Text, " \n"); b.Spans[n].Text != "" {
			break
		}
		b.Spans = b.Spans[:n]
	}
	return b, len(b.Spans) > 0
}

var (
	bullet   = regexp.MustCompile(`^\s*[-*+•]\s+(.*)$`)
	numbered = regexp.MustCompile(`^\s*\d{1,3}[.)]\s+(.*)$`)
	hashes   = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
	link     = regexp.MustCompile(`\[([^\]\n]+)\]\((https?://[^)\s]+)\)`)
	emphasis = regexp.MustCompile(`\*\*([^*\n]+)\*\*|__([^_\n]+)__|\*([^*\s][^*\n]*)\*|\b_([^_\s][^_\n]*)_\b`)
)

func readMarkdown(text string) Doc {
	var d Doc
	var lines []string
	flush := func() {
		if len(lines) > 0 {
			d = append(d, Block{Spans: inline(strings.Join(lines, "\n"))})
			lines = nil
		}
	}
	for _, line := range strings.Split(clean(text), "\n") {
		line = strings.TrimRight(line, " ")
		switch {
		case strings.TrimSpace(line) == "":
			flush()
		case hashes.MatchString(line):
			flush()
			d = appendBlock(d, Heading, hashes.FindStringSubmatch(line)[1])
		case bullet.MatchString(line):
			flush()
			d = appendBlock(d, Item, bullet.FindStringSubmatch(line)[1])
		case numbered.MatchString(line):
			flush()
			d = appendBlock(d, Numbered, numbered.FindStringSubmatch(line)[1])
		default:
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	flush()
	return d
}

func appendBlock(d Doc, k Kind, text string) Doc {
	if strings.TrimSpace(text) == "" {
		return d
	}
	return append(d, Block{Kind: k, Spans: inline(text)})
}

// inline reads emphasis; the address of a link stands behind its words.
func inline(text string) []Span {
	text = link.ReplaceAllString(text, "$1 ($2)")
	var spans []Span
	for text != "" {
		at := emphasis.FindStringSubmatchIndex(text)
		if at == nil {
			return append(spans, Span{Text: text})
		}
		if at[0] > 0 {
			spans = append(spans, Span{Text: text[:at[0]]})
		}
		for group := 1; group <= 4; group++ {
			if from, to := at[2*group], at[2*group+1]; from >= 0 {
				spans = append(spans, Span{Text: text[from:to], Bold: group <= 2, Italic: group > 2})
			}
		}
		text = text[at[1]:]
	}
	return spans
}
