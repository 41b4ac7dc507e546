package match

import (
	"time"

	"tidegate/gateway"
)

// Choose makes a record the one that a thing here is because a person says so.
// That wins for good: no rule decides otherwise, though conversion and merge in
// Salesforce are followed.
func Choose(l gateway.Link, to gateway.RecordKey, by string, now time.Time) (gateway.Link, gateway.LinkMove) {
	next := gateway.Link{
		Kind: l.Kind, ExternalID: l.ExternalID, Role: l.Role, Key: to, Chosen: to,
		Rule: gateway.LinkByPerson, Reason: "chosen by " + by, Pinned: true, By: by, At: now,
	}
	return next, decided(l, next, gateway.LinkChosen, now)
}

// Cut says for good that a thing here is no record, because a person says so.
func Cut(l gateway.Link, by string, now time.Time) (gateway.Link, gateway.LinkMove) {
	next := gateway.Link{
		Kind: l.Kind, ExternalID: l.ExternalID, Role: l.Role,
		Rule: gateway.LinkByPerson, Reason: "unlinked by " + by, Pinned: true, By: by, At: now,
	}
	return next, decided(l, next, gateway.LinkCut, now)
}

func decided(was, is gateway.Link, act gateway.LinkAct, now time.Time) gateway.LinkMove {
	return gateway.LinkMove{
		Kind: is.Kind, ExternalID: is.ExternalID, Role: is.Role, Act: act, From: was.Key, To: is.Key,
		Reason: is.Reason, By: is.By, At: now,
	}
}
