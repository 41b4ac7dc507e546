// Package topic decides about topics: how a new one is called in mappings,
// what no topic can be, where one is in use, and which to map first.
package topic

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

// Bounds of a topic.
const (
	maxName     = 60 // characters
	maxExamples = 10
	maxExample  = 200 // characters
	maxOrder    = 999
	// Most is how many topics a workspace has at most, archived ones too.
	Most = 100
)

// Slug returns the lasting name of a new topic: its name in lower case, with
// hyphens for what is neither a letter a–z nor a digit, and a number where
// another topic has it.
func Slug(name string, all []gateway.Topic) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	base := strings.Join(words, "-")
	if base == "" {
		base = "topic" // a name in another script is as good
	}
	if len(base) > maxName {
		base = strings.TrimRight(base[:maxName], "-")
	}
	slug := base
	for n := 2; slices.ContainsFunc(all, func(t gateway.Topic) bool { return t.Slug == slug }); n++ {
		slug = base + "-" + strconv.Itoa(n)
	}
	return slug
}

// Check refuses what no topic can be. The error is CodeInvalid and names the
// field: name, examples or order.
func Check(t gateway.Topic, all []gateway.Topic) error {
	switch n := utf8.RuneCountInString(t.Name); {
	case n == 0 || n > maxName:
		return gateway.InvalidField("name", "Give the topic a name of up to %d characters.", maxName)
	case len(t.Examples) > maxExamples:
		return gateway.InvalidField("examples", "A topic has up to %d examples, one a line. Keep the clearest.", maxExamples)
	case slices.ContainsFunc(t.Examples, func(e string) bool { return utf8.RuneCountInString(e) > maxExample }):
		return gateway.InvalidField("examples", "An example has up to %d characters. Shorten the longest line.", maxExample)
	case t.Order < 1 || t.Order > maxOrder:
		return gateway.InvalidField("order", "The place in lists is a whole number from 1 to %d.", maxOrder)
	}
	for _, other := range all {
		if other.Slug != t.Slug && strings.EqualFold(other.Name, t.Name) {
			if other.Archived {
				return gateway.InvalidField("name", "An archived topic has this name already. Bring it back instead, or choose another name.")
			}
			return gateway.InvalidField("name", "Another topic has this name already. Choose another.")
		}
	}
	return nil
}

// Uses returns the mappings that write a topic, suspended ones too.
func Uses(slug string, all []gateway.Mapping) []gateway.Mapping {
	var out []gateway.Mapping
	for _, m := range all {
		if m.Topic == slug && slug != "" {
			out = append(out, m)
		}
	}
	return out
}

// Summarized answers whether notes of a topic from several conversations
// become one summary of the deal, and why (AVM-46, AVM-47). on is the switch
// under Advanced Settings.
func Summarized(t gateway.Topic, on bool) (ok bool, reason string) {
	switch {
	case t.DateSensitive:
		return false, "It is date-sensitive, so it is never summarized."
	case !on:
		return false, "Summaries are off under Advanced Settings, so it is listed per conversation."
	default:
		return true, "Its notes become one summary of the deal."
	}
}

// Suggestion is one of the mappings to begin with (AVM-52, AVM-25).
type Suggestion struct {
	Topic gateway.Topic
	Title string // what the field is usually called in Salesforce
	// Mapped are the fields that the topic is written to already.
	Mapped []gateway.Mapping
	// Field is the org's field that fits, its Name "" when there is none.
	Field gateway.Field
}

// first are the mappings to begin with: topic, usual name of the field, and the
// word by which a field is recognized.
var first = []struct{ slug, title, word string }{
	{"action-items", "Next Steps", "next step"},
	{"pain-points", "Pain Points", "pain"},
	{"competitors", "Competitor", "competitor"},
	{"objections", "Objections", "objection"},
}

// Suggest returns what to map first on Opportunity, in the order of advice.
// Topics that were archived are left out.
func Suggest(topics []gateway.Topic, all []gateway.Mapping, deal gateway.Schema) []Suggestion {
	var out []Suggestion
	for _, f := range first {
		i := slices.IndexFunc(topics, func(t gateway.Topic) bool { return t.Slug == f.slug && !t.Archived })
		if i < 0 {
			continue
		}
		out = append(out, Suggestion{Topic: topics[i], Title: f.title, Mapped: Uses(f.slug, all), Field: fitting(deal, f.word)})
	}
	return out
}

// fitting is the first writable text whose name or label has the word.
func fitting(deal gateway.Schema, word string) gateway.Field {
	for _, f := range deal.Fields {
		if f.Type != "string" && f.Type != gateway.TypeTextarea {
			continue
		}
		named := strings.ToLower(f.Label + " " + f.Name + " " + strings.ReplaceAll(f.Name, "_", " "))
		if !strings.Contains(named, word) && !strings.Contains(named, strings.ReplaceAll(word, " ", "")) {
			continue
		}
		if direction, _ := mapping.Direction(f, gateway.Mapping{Field: f.Name}); direction != mapping.Inbound {
			return f
		}
	}
	return gateway.Field{}
}
