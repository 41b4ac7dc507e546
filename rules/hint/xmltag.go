package hint

import "strings"

// begin reads the beginning of an element, its attributes and namespaces.
func (r *xmlReader) begin() (e element, ok bool) {
	if len(r.open) == 0 && r.scopes != nil {
		r.fail("There is a second document in the message.")
	}
	r.pos++ // "<"
	name := r.name()
	if len(r.open) >= maxDepth {
		r.fail("The message is nested more than %d elements deep.", maxDepth)
	}
	if r.scopes == nil {
		r.scopes = []binding{{"xml", spaceXML, 0}}
	}
	r.open = append(r.open, name)
	attributes := r.attributes()
	if r.err != nil {
		return element{}, false
	}
	e.space, e.name = r.resolve(name, true)
	for _, a := range attributes {
		space, local := r.resolve(a.name, false)
		if space == spaceSchema && local == "type" {
			_, typ, prefixed := strings.Cut(a.value, ":")
			if !prefixed {
				typ = a.value
			}
			e.typ = typ
		}
	}
	return e, r.err == nil
}

type attribute struct{ name, value string }

// attributes reads up to the end of the tag, and takes namespaces in.
func (r *xmlReader) attributes() (list []attribute) {
	for r.err == nil {
		spaced := r.space()
		rest := r.text[r.pos:]
		switch {
		case strings.HasPrefix(rest, ">"):
			r.pos++
			return list
		case strings.HasPrefix(rest, "/>"):
			r.pos += 2
			r.empty = true
			return list
		case !spaced || len(list) >= maxAttributes:
			r.fail("A tag of the message is not well-formed, or has more than %d attributes.", maxAttributes)
			return nil
		}
		a := attribute{name: r.name()}
		r.space()
		if r.err != nil || !strings.HasPrefix(r.text[r.pos:], "=") {
			r.fail("An attribute of the message has no value.")
			return nil
		}
		r.pos++
		r.space()
		a.value = r.quoted()
		for _, other := range list {
			if other.name == a.name {
				r.fail("A tag of the message has the same attribute twice.")
			}
		}
		list = append(list, a)
		r.bind(a)
	}
	return nil
}

// bind takes a namespace in that the element declares.
func (r *xmlReader) bind(a attribute) {
	prefix, isPrefixed := strings.CutPrefix(a.name, "xmlns:")
	if !isPrefixed && a.name != "xmlns" {
		return
	}
	if !isPrefixed {
		prefix = ""
	}
	if len(r.scopes) >= maxBindings || strings.Contains(a.value, "&") || isPrefixed && (a.value == "" || prefix == "xml" || prefix == "xmlns") {
		r.fail("The message declares too many namespaces, or reserved ones.")
	}
	r.scopes = append(r.scopes, binding{prefix, a.value, len(r.open)})
}

// resolve splits a name into its namespace and local part. The default
// namespace is not that of attributes.
func (r *xmlReader) resolve(name string, isElement bool) (space, local string) {
	prefix, local, prefixed := strings.Cut(name, ":")
	switch {
	case !prefixed && !isElement, prefix == "xmlns":
		return "", name
	case !prefixed:
		prefix, local = "", name
	}
	for i := len(r.scopes) - 1; i >= 0; i-- {
		if r.scopes[i].prefix == prefix {
			return r.scopes[i].uri, local
		}
	}
	if prefixed {
		r.fail("The message uses a namespace that it does not declare.")
	}
	return "", local
}

// end reads the end of the innermost element.
func (r *xmlReader) end() {
	r.pos += 2 // "</"
	name := r.name()
	r.space()
	if r.err == nil && (len(r.open) == 0 || r.open[len(r.open)-1] != name || !strings.HasPrefix(r.text[r.pos:], ">")) {
		r.fail("A tag of the message does not end.")
	}
	if r.err != nil {
		return
	}
	r.pos++
	r.close()
}

// close forgets the innermost element and its namespaces.
func (r *xmlReader) close() {
	depth := len(r.open)
	for n := len(r.scopes); n > 0 && r.scopes[n-1].depth == depth; n-- {
		r.scopes = r.scopes[:n-1]
	}
	r.open = r.open[:depth-1]
}

// space passes white space and reports whether there was any.
func (r *xmlReader) space() bool {
	start := r.pos
	for r.pos < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.pos]) >= 0 {
		r.pos++
	}
	return r.pos > start
}

// name reads a name with at most one prefix. The names of Salesforce are ASCII.
func (r *xmlReader) name() string {
	start, colons := r.pos, 0
	for ; r.pos < len(r.text); r.pos++ {
		c := r.text[r.pos]
		first := r.pos == start || r.text[r.pos-1] == ':'
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_':
			continue
		case !first && (c >= '0' && c <= '9' || c == '-' || c == '.'):
			continue
		case !first && c == ':' && colons == 0:
			colons++
			continue
		}
		break
	}
	name := r.text[start:r.pos]
	if name == "" || len(name) > maxName || strings.HasSuffix(name, ":") {
		r.fail("A name in the message is not one that XML allows, or is longer than %d characters.", maxName)
	}
	return name
}

// quoted reads the value of an attribute.
func (r *xmlReader) quoted() string {
	if r.err != nil || r.pos >= len(r.text) {
		r.fail("The message ends too early.")
		return ""
	}
	quote := r.text[r.pos]
	end := strings.IndexByte(r.text[r.pos+1:], quote)
	if quote != '"' && quote != '\'' || end < 0 {
		r.fail("An attribute of the message has no value in quotes.")
		return ""
	}
	value := r.text[r.pos+1 : r.pos+1+end]
	if strings.Contains(value, "<") {
		r.fail("A tag of the message is not well-formed.")
	}
	r.references(value)
	r.pos += end + 2
	return value
}
