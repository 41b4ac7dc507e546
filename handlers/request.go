package handlers

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// request is what a page and an API call have in common. Its Query and Params
// hide Fiber's: what they return is text that every database takes.
type request struct {
	*fiber.Ctx
	asked map[string]bool // names of form fields that the page has looked for
}

// Query returns one value of the address's query, without what is no text.
func (r *request) Query(key string, standard ...string) string {
	return plain(r.Ctx.Query(key, standard...))
}

// Params returns one part of the address's path, decoded.
func (r *request) Params(key string, standard ...string) string {
	raw := r.Ctx.Params(key, standard...)
	if decoded, err := url.PathUnescape(raw); err == nil {
		raw = decoded
	}
	return plain(raw)
}

// posted reads a field of the form. Only the body counts: were the query read
// too, a link could fill a form in.
func (r *request) posted(name string) string {
	values := r.many(name)
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// many reads all posted values of a name, in order.
func (r *request) many(name string) []string {
	if r.asked == nil {
		r.asked = make(map[string]bool)
	}
	r.asked[name] = true
	var out []string
	for _, raw := range r.Request().PostArgs().PeekMulti(name) {
		out = append(out, plain(string(raw)))
	}
	return out
}

// shown reports whether the form had the control. A switch that is off posts
// nothing under its own name; the hidden "present" tells that from a form
// without the switch.
func (r *request) shown(name string) bool {
	return len(r.many(name)) > 0 || slices.Contains(r.many("present"), name)
}

// flip takes a switch over into a setting, if the form had it.
func (r *request) flip(name string, into *bool) {
	if r.shown(name) {
		*into = slices.Contains(r.many(name), "on")
	}
}

// take takes a posted text over into a setting, if the form had it.
func (r *request) take(name string, into *string) {
	if r.shown(name) {
		*into = strings.TrimSpace(r.posted(name))
	}
}

// unasked lists posted fields that the page knows nothing of (S-35).
func (r *request) unasked() []string {
	var out []string
	for key := range r.Request().PostArgs().All() {
		name := plain(string(key))
		if !r.asked[name] && name != "revision" && name != "present" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// plain drops what no database keeps as text: NUL and broken UTF-8.
func plain(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}
