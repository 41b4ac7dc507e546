package match

import (
	"slices"
	"strings"

	"tidegate/gateway"
)

// BySame is the rule of a link that follows the one of somebody who is the same.
const BySame = "same"

// Participant names somebody who only takes part: by his e-mail address, else by
// his number in the one notation that all others come to. ID "" when neither
// says who he is.
func Participant(email, number, region string) gateway.Who {
	who := gateway.Who{Kind: gateway.KindParticipant, ID: strings.ToLower(strings.TrimSpace(email))}
	if who.ID == "" {
		who.ID, _ = E164(number, region)
	}
	return who
}

// Known is what the stored links say of somebody.
type Known struct {
	Link    gateway.Link // to go by, when Decided; else his own that does not hold
	Decided bool         // false: the rules are asked
	// Was is where his own stored link leads, zero without one. Link is to be
	// stored when it leads elsewhere and Follows is set.
	Was     gateway.RecordKey
	Follows bool // Link is made of the link of somebody who is the same
}

// Same answers which record somebody is by the links that are stored of him and
// of those who are the same person, because they have the same e-mail address:
// what a person decided of any of them holds for all, unless two decided
// differently; then his own link, then one that another has. A number alone
// makes nobody the same.
func Same(who gateway.Who, links []gateway.Link) Known {
	k := Known{}
	i := slices.IndexFunc(links, func(l gateway.Link) bool { return l.Kind == who.Kind && l.ExternalID == who.ID })
	if i >= 0 {
		k.Link, k.Was = links[i], links[i].Key
	}
	own := i >= 0
	if who.Kind == gateway.KindParticipant && !strings.Contains(who.ID, "@") {
		links = nil // others have a number that ends alike
	}
	if own && k.Link.Pinned {
		k.Decided = true
		return k
	}
	if l, ok := agreed(who, links, true); ok {
		k.Link, k.Decided, k.Follows = l, true, l.Holds()
		return k
	}
	// A participant's record that is still being made is planned again, by the
	// same id.
	making := who.Kind == gateway.KindParticipant && k.Link.Key.Local()
	if own && k.Link.Holds() && !making {
		k.Decided = true
		return k
	}
	if l, ok := agreed(who, links, false); ok {
		k.Link, k.Decided, k.Follows = l, true, true
	}
	return k
}

// agreed returns what the links of others come to, as a link of somebody; false
// when there are none or they lead to different records.
func agreed(who gateway.Who, links []gateway.Link, pinned bool) (gateway.Link, bool) {
	var found []gateway.Link
	for _, l := range links {
		switch {
		case l.Kind == who.Kind || l.Pinned != pinned || !pinned && !l.Holds():
			continue
		case len(found) > 0 && found[0].Key != l.Key:
			return gateway.Link{}, false
		}
		found = append(found, l)
	}
	if len(found) == 0 {
		return gateway.Link{}, false
	}
	l := found[0]
	return gateway.Link{
		Kind: who.Kind, ExternalID: who.ID, Key: l.Key, Chosen: l.Key, Rule: BySame, Broken: l.Broken,
		Reason: "the same as “" + l.ExternalID + "”, " + l.Reason, Pinned: l.Pinned && !l.Holds(), By: l.By,
	}, true
}
