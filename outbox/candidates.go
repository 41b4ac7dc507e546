package outbox

import (
	"context"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/match"
)

// Candidates are the records that somebody may be, with what speaks for them:
// "2 records of Contact have the email ann@example.com.". None when nothing
// does. Nothing is saved.
func (o *Outbox) Candidates(ctx context.Context, ws gateway.WorkspaceID, who gateway.Who) ([]gateway.Record, string, error) {
	w := o.db.In(ws)
	p := gateway.Person{Email: who.ID}
	if !strings.Contains(who.ID, "@") {
		p = gateway.Person{Phone: who.ID}
	}
	if who.Kind == linkPerson {
		var err error
		if p, err = w.Person(ctx, who.ID); err != nil {
			return nil, "", err
		}
	}
	s, err := o.inForce(ctx, ws)
	if err != nil {
		return nil, "", err
	}
	region, err := locale(ctx, w)
	if err != nil {
		return nil, "", err
	}
	found, err := match.Chain(match.Subject{
		Person: p, Steps: stepsOf(s.Contacts), Objects: mayBe(p, s.Contacts), Region: match.Regions(s.Contacts.PhoneRegion, region), Find: finder(ctx, w),
	})
	return found.Matches, found.Reason, err
}
