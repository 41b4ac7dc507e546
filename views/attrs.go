package views

import (
	"strings"

	"github.com/a-h/templ"

	"tidegate/static"
)

// icon addresses a drawing of the sprite.
func iconURL(name string) string { return static.Path("icons.svg") + "#" + name }

// attrs makes an element look again on the page's stream. The whole page may
// come back: hx-select cuts the part out of it. Bursts of events fold into one
// request.
func (l Live) attrs(part string) templ.Attributes {
	if l.URL == "" {
		return nil
	}
	event := firstOf(l.Event, EventChanged)
	return templ.Attributes{
		"hx-get":     l.URL,
		"hx-trigger": event + " from:#stream throttle:300ms, reconnected from:#stream",
		"hx-select":  "#" + part,
		"hx-target":  "#" + part,
		"hx-swap":    "outerMorph",
	}
}

// described is aria-describedby for the ids whose text is not empty.
func described(pairs ...string) string {
	var ids []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			ids = append(ids, pairs[i])
		}
	}
	return strings.Join(ids, " ")
}

// classes joins the names whose condition holds: classes("a", true, "b", ok).
func classes(pairs ...any) string {
	var names []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if on, _ := pairs[i+1].(bool); on {
			name, _ := pairs[i].(string)
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// slug makes an id out of words; ids are only ever seen by links and labels.
func slug(words string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(words) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}
