package settings

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/agent"
	"tidegate/rules/topic"
)

// FileTopic is a topic as a file says it.
type FileTopic struct {
	Name          string   `json:"name"`
	Order         int      `json:"order"`
	DateSensitive bool     `json:"date_sensitive"`
	Examples      []string `json:"examples"`
	Archived      bool     `json:"archived"`
}

// Onto returns a topic as the file says; its slug and revision stay.
func (f FileTopic) Onto(t gateway.Topic) gateway.Topic {
	t.Name, t.Order, t.DateSensitive, t.Examples, t.Archived = f.Name, f.Order, f.DateSensitive, f.Examples, f.Archived
	return t
}

// Same reports whether two say the same.
func (f FileTopic) Same(o FileTopic) bool {
	return f.Name == o.Name && f.Order == o.Order && f.DateSensitive == o.DateSensitive && f.Archived == o.Archived && slices.Equal(f.Examples, o.Examples)
}

// WithTopics returns the file with a workspace's topics and agents.
func (f File) WithTopics(topics []gateway.Topic, agents []gateway.Agent) File {
	f.Topics, f.Agents = map[string]FileTopic{}, map[string]agent.Body{}
	for _, t := range topics {
		f.Topics[t.Slug] = FileTopic{t.Name, t.Order, t.DateSensitive, append([]string{}, t.Examples...), t.Archived}
	}
	for _, a := range agents {
		f.Agents[a.ID] = agent.NewBody(a)
	}
	return f
}

// topics are those of the file as nouns, in the order of their slugs.
func (f File) topics() (all []gateway.Topic) {
	for _, slug := range slices.Sorted(maps.Keys(f.Topics)) {
		all = append(all, f.Topics[slug].Onto(gateway.Topic{Slug: slug}))
	}
	return all
}

func (f File) agents() (all []gateway.Agent) {
	for _, id := range slices.Sorted(maps.Keys(f.Agents)) {
		all = append(all, f.Agents[id].Onto(gateway.Agent{ID: id}))
	}
	return all
}

// readTopics lays the topics that the file names over those that are there.
func readTopics(body json.RawMessage, standing File) (map[string]FileTopic, error) {
	out := File{Topics: laid(standing.Topics)}
	if body == nil {
		return out.Topics, nil
	}
	var named map[string]FileTopic
	if err := decodeOne(body, &named); err != nil {
		return nil, unreadable("topics", err)
	}
	for _, slug := range slices.Sorted(maps.Keys(named)) {
		t := named[slug]
		if known, ok := standing.Topics[slug]; !ok && slug != topic.Slug(slug, nil) {
			return nil, gateway.Errorf(gateway.CodeInvalid, "topics: “%s” is no slug; it has lower-case letters, digits and hyphens.", slug)
		} else if ok && t.Order == 0 {
			t.Order = known.Order
		}
		t.Examples = append([]string{}, t.Examples...)
		out.Topics[slug] = t
	}
	if len(out.Topics) > topic.Most {
		return nil, gateway.Errorf(gateway.CodeInvalid, "topics: a workspace has at most %d.", topic.Most)
	}
	all := out.topics()
	for _, t := range all {
		if _, mine := named[t.Slug]; !mine {
			continue
		}
		if err := topic.Check(t, all); err != nil {
			return nil, gateway.Errorf(gateway.CodeInvalid, "topics, %s: %s", t.Slug, err.Error())
		}
	}
	return out.Topics, nil
}

// readAgents lays the agents that the file names over those that are there.
func readAgents(body json.RawMessage, standing File) (map[string]agent.Body, error) {
	out := File{Agents: laid(standing.Agents)}
	if body == nil {
		return out.Agents, nil
	}
	var named map[string]json.RawMessage
	if err := decodeOne(body, &named); err != nil {
		return nil, unreadable("agents", err)
	}
	for _, id := range slices.Sorted(maps.Keys(named)) {
		b, err := agent.Decode(named[id])
		if err != nil {
			return nil, gateway.Errorf(gateway.CodeInvalid, "agents, %s: %s", id, err.Error())
		}
		out.Agents[id] = b
	}
	if len(out.Agents) > agent.Most {
		return nil, gateway.Errorf(gateway.CodeInvalid, "agents: a workspace has at most %d.", agent.Most)
	}
	all := out.agents()
	for _, a := range all {
		if _, mine := named[a.ID]; !mine {
			continue
		}
		if err := agent.Check(a, standing.Agents[a.ID].Agent, all, nil); err != nil {
			return nil, gateway.Errorf(gateway.CodeInvalid, "agents, %s: %s", a.ID, err.Error())
		}
	}
	return out.Agents, nil
}

// laid is a copy to lay more over, never nil.
func laid[V any](standing map[string]V) map[string]V {
	out := make(map[string]V, len(standing))
	maps.Copy(out, standing)
	return out
}

// planTopicsAgents lists what differs of topics and agents.
func planTopicsAgents(from, to File) (out []FileChange) {
	for _, slug := range keysOf(from.Topics, to.Topics) {
		before, had := from.Topics[slug]
		after, has := to.Topics[slug]
		if b, a := before.words(had), after.words(has); b != a {
			out = append(out, FileChange{"Topics", slug, b, a})
		}
	}
	for _, id := range keysOf(from.Agents, to.Agents) {
		for _, c := range agent.Changes(from.Agents[id], to.Agents[id]) {
			out = append(out, FileChange{"Agent " + id, c.Setting, c.Before, c.After})
		}
	}
	return out
}

// words say what a topic is.
func (f FileTopic) words(known bool) string {
	if !known {
		return "not there"
	}
	parts := []string{fmt.Sprintf("%s, place %d", f.Name, f.Order)}
	if f.DateSensitive {
		parts = append(parts, "date-sensitive")
	}
	if f.Archived {
		parts = append(parts, "archived")
	}
	if len(f.Examples) > 0 {
		parts = append(parts, "such as “"+strings.Join(f.Examples, "”, “")+"”")
	}
	return strings.Join(parts, ", ")
}
