package gateway

import "time"

// Topic is a heading under which what was said is noted; the product calls it
// a Smart Topic.
type Topic struct {
	// Slug names the topic in mappings and in topic notes. It is lower case with
	// hyphens, "action-items", and stays when the topic is renamed.
	Slug string
	Name string // up to 60 characters, unique in a workspace
	// DateSensitive topics, such as action items, are never summarized (AVM-47):
	// each of their notes holds for a day of its own.
	DateSensitive bool
	Examples      []string // what is said under it, in a few words each
	Order         int      // place in lists, 1 first; equal ones go by name
	// Archived topics are offered nowhere. What was noted under them stays, and
	// so does a mapping of them, which then writes nothing new.
	Archived bool
	Revision int64 // 0 = as the product brings it, never saved here
	By       string
	At       time.Time
}

// DefaultTopics returns the topics that every workspace begins with, in their
// order.
func DefaultTopics() []Topic {
	list := []Topic{
		{Slug: "action-items", Name: "Action Items", DateSensitive: true, Examples: []string{"I will send the offer by Friday", "You check it with legal"}},
		{Slug: "follow-ups", Name: "Follow-ups", DateSensitive: true, Examples: []string{"Let us talk again in two weeks", "Call back after the board meeting"}},
		{Slug: "next-steps", Name: "Next Steps", Examples: []string{"First a pilot with ten people, then the roll-out"}},
		{Slug: "pain-points", Name: "Pain Points", Examples: []string{"Every report takes us a day", "Nobody trusts the numbers"}},
		{Slug: "competitors", Name: "Competitors", Examples: []string{"We also look at another vendor"}},
		{Slug: "objections", Name: "Objections", Examples: []string{"That is over our budget", "We cannot change before spring"}},
		{Slug: "decision-process", Name: "Decision Process", Examples: []string{"Procurement signs above 50,000"}},
		{Slug: "budget", Name: "Budget", Examples: []string{"There is money left in this quarter"}},
	}
	for i := range list {
		list[i].Order = i + 1
	}
	return list
}
