package outbox

import (
	"context"
	"slices"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/rules/outbound"
)

// caller recognizes the other side of a call or a thread of whom no link tells:
// among the records of the activity object, where there is one. Whom the product
// knows by this very number stays the record that he was identified as (AVC-17).
func (l *loading) caller(ctx context.Context, p gateway.Participant, s gateway.ContactsSettings) outbound.Attendee {
	if s.ActivityObject == "" {
		return l.attendee(ctx, p, s)
	}
	a := l.among(ctx, p, s, stepsOf(s), s.ActivityObject)
	if len(a.Matches) > 0 || a.Held != "" || a.Create || a.Who.Kind != gateway.KindParticipant {
		return a
	}
	for _, link := range l.identified(ctx, a.Who, match.Regions(s.PhoneRegion, l.userLocale(ctx))) {
		a.Matches = append(a.Matches, l.record(ctx, link.Key))
		a.Rule, a.Reason, a.Unread = match.BySame, "the same as “"+link.ExternalID+"”, who has this number; "+link.Reason, ""
	}
	if len(a.Matches) > 0 {
		a.Account = l.account(ctx, a, s.AccountMatchField)
	}
	return a
}

// identified are the links of the people of the product who have exactly this
// number, one a record.
func (l *loading) identified(ctx context.Context, who gateway.Who, region string) []gateway.Link {
	links, err := l.w.LinksOfKey(ctx, who.ID)
	l.did("who has a number", err)
	var out []gateway.Link
	for _, link := range links {
		if link.Kind != linkPerson || !link.Holds() {
			continue
		}
		known, err := l.w.Person(ctx, link.ExternalID)
		if !l.did("who has a number", err) {
			continue
		}
		mobile, _ := match.E164(known.MobilePhone, region)
		phone, _ := match.E164(known.Phone, region)
		if mobile != who.ID && phone != who.ID { // it only ends alike
			continue
		}
		if link.Key.Local() {
			link, err = made(ctx, l.w, link)
			l.did("who has a number", err)
		}
		if link.Holds() && !slices.ContainsFunc(out, func(o gateway.Link) bool { return o.Key == link.Key }) {
			out = append(out, link)
		}
	}
	return out
}
