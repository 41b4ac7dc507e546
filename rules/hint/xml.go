package hint

import (
	"strings"
	"unicode/utf8"
)

// The bounds of a document. An outbound message is six elements deep, and none
// of its elements has more than four attributes.
const (
	maxDepth      = 16
	maxAttributes = 16
	maxBindings   = 32
	maxName       = 128 // bytes of an element's or attribute's name
)

// xmlReader walks over the part of XML that SOAP allows, forward only and
// without building anything: what it returns are parts of the text. There are
// no document types and no entities of one's own, so nothing can be expanded
// or fetched (S-20, S-21). The first fault sticks.
//
// encoding/xml is not used because its memory grows with the attributes of an
// element and with the depth, before a caller can see either.
type xmlReader struct {
	text   string
	pos    int
	open   []string  // names of the open elements, as written
	scopes []binding // namespaces in force, innermost last
	empty  bool      // the element just begun has no content: <a/>
	err    error
}

type binding struct {
	prefix, uri string
	depth       int
}

// element is the beginning of one.
type element struct {
	space, name string
	typ         string // local part of xsi:type
}

const (
	spaceSchema = "http://www.w3.org/2001/XMLSchema-instance"
	spaceXML    = "http://www.w3.org/XML/1998/namespace"
)

func newXMLReader(body []byte) *xmlReader {
	r := &xmlReader{text: strings.TrimPrefix(string(body), "\ufeff")}
	switch {
	case !utf8.ValidString(r.text):
		r.fail("The message is not UTF-8.")
	case !allowed(r.text):
		r.fail("The message has characters that XML does not allow.")
	default:
		r.prolog()
	}
	return r
}

// allowed reports whether XML allows all characters of a valid UTF-8 text.
func allowed(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < 0x20 && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return !strings.ContainsAny(text, "\ufffe\uffff")
}

func (r *xmlReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = refuse(format, args...)
	}
}

// prolog passes the XML declaration, which may name no other encoding.
func (r *xmlReader) prolog() {
	rest, ok := strings.CutPrefix(r.text, "<?xml")
	if !ok {
		return
	}
	end := strings.Index(rest, "?>")
	if end < 0 || end > maxName || rest[0] != ' ' {
		r.fail("The XML declaration does not end.")
		return
	}
	declaration := strings.ToLower(strings.ReplaceAll(rest[:end], "'", `"`))
	if !strings.Contains(declaration, `version="1.0"`) ||
		strings.Contains(declaration, "encoding") && !strings.Contains(declaration, `encoding="utf-8"`) {
		r.fail("The message must be XML 1.0 in UTF-8.")
		return
	}
	r.pos = len("<?xml") + end + len("?>")
}

// child goes to the next element inside the one just begun, or, where there is
// none, past its end; then ok is false. At the top it finds the root.
func (r *xmlReader) child() (e element, ok bool) {
	if r.leave() {
		return element{}, false
	}
	for r.err == nil {
		r.data()
		if r.err != nil || r.pos >= len(r.text) {
			if len(r.open) > 0 || r.pos == 0 {
				r.fail("The message ends too early.")
			}
			return element{}, false
		}
		switch rest := r.text[r.pos:]; {
		case strings.HasPrefix(rest, "<!--"):
			r.comment()
		case strings.HasPrefix(rest, "<![CDATA["):
			r.cdata()
		case strings.HasPrefix(rest, "<!"):
			r.fail("The message has a document type; such messages are refused.")
		case strings.HasPrefix(rest, "<?"):
			r.fail("The message has a processing instruction; such messages are refused.")
		case strings.HasPrefix(rest, "</"):
			r.end()
			return element{}, false
		default:
			return r.begin()
		}
	}
	return element{}, false
}

// leave ends an element without content.
func (r *xmlReader) leave() bool {
	if !r.empty || r.err != nil {
		return r.err != nil
	}
	r.empty = false
	r.close()
	return true
}

// value goes past the end of the element just begun and returns its text, which
// must be short and hold no elements and no references.
func (r *xmlReader) value(most int) string {
	if r.leave() {
		return ""
	}
	start := r.pos
	r.data()
	text := strings.TrimSpace(r.text[start:r.pos])
	switch {
	case r.err != nil:
	case !strings.HasPrefix(r.text[r.pos:], "</") || len(text) > most || strings.Contains(text, "&"):
		r.fail("A value of the message is no plain text of at most %d characters.", most)
	default:
		r.end()
	}
	return text
}

// skip goes past the end of the element just begun, without keeping anything.
func (r *xmlReader) skip() {
	for depth := len(r.open); r.err == nil && len(r.open) >= depth; {
		r.child()
	}
}

// data passes text up to the next tag.
func (r *xmlReader) data() {
	end := strings.IndexByte(r.text[r.pos:], '<')
	if end < 0 {
		end = len(r.text) - r.pos
	}
	text := r.text[r.pos : r.pos+end]
	if len(r.open) == 0 && strings.TrimSpace(text) != "" {
		r.fail("There is text outside of the message.")
	}
	if strings.Contains(text, "]]>") {
		r.fail("The message is not well-formed.")
	}
	r.references(text)
	r.pos += end
}

// references allows the five entities that XML itself has, and numbers.
func (r *xmlReader) references(text string) {
	for {
		_, after, found := strings.Cut(text, "&")
		if !found {
			return
		}
		name, rest, ended := strings.Cut(after[:min(len(after), 12)], ";")
		_ = rest
		if !ended || !reference(name) {
			r.fail("The message has an entity of its own; such messages are refused.")
			return
		}
		text = after[len(name)+1:]
	}
}

func reference(name string) bool {
	switch name {
	case "lt", "gt", "amp", "apos", "quot":
		return true
	}
	digits, ok := strings.CutPrefix(name, "#")
	base := rune(10)
	if ok && strings.HasPrefix(digits, "x") {
		digits, base = digits[1:], 16
	}
	if !ok || digits == "" {
		return false
	}
	var n rune
	for _, c := range digits {
		d, isDigit := digit(c, base)
		if !isDigit || n > utf8.MaxRune {
			return false
		}
		n = n*base + d
	}
	return n == '\t' || n == '\n' || n == '\r' || n >= 0x20 && n <= 0xd7ff || n >= 0xe000 && n <= 0xfffd || n >= 0x10000 && n <= utf8.MaxRune
}

func digit(c, base rune) (rune, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case base == 16 && c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case base == 16 && c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

func (r *xmlReader) comment() {
	const open = "<!--"
	end := strings.Index(r.text[r.pos+len(open):], "--")
	if end < 0 || !strings.HasPrefix(r.text[r.pos+len(open)+end:], "-->") {
		r.fail("A comment of the message does not end.")
		return
	}
	r.pos += len(open) + end + len("-->")
}

func (r *xmlReader) cdata() {
	end := strings.Index(r.text[r.pos:], "]]>")
	if end < 0 || len(r.open) == 0 {
		r.fail("A part of the message does not end.")
		return
	}
	r.pos += end + len("]]>")
}
