package match

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

var now = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

func id(object string, n int) gateway.RecordKey {
	prefix := map[string]string{"Contact": "003", "Lead": "00Q", "Account": "001", "Opportunity": "006"}[object]
	full, _ := gateway.NormalizeID(fmt.Sprintf("%s%012d", prefix, n))
	return gateway.RecordKey{Object: object, ID: full}
}

// mirror is a set of rows to look in.
type mirror map[gateway.RecordKey]gateway.Record

func (m mirror) record(key gateway.RecordKey) (gateway.Record, bool) {
	r, ok := m[key]
	return r, ok
}

func (m mirror) live(key gateway.RecordKey)    { m[key] = gateway.Record{Key: key} }
func (m mirror) deleted(key gateway.RecordKey) { m[key] = gateway.Record{Key: key, Deleted: true} }

func (m mirror) merged(key, into gateway.RecordKey) {
	m[key] = gateway.Record{Key: key, Deleted: true, Fields: gateway.Fields{"MasterRecordId": gateway.Text(into.ID)}}
}

func (m mirror) converted(lead gateway.RecordKey, fields gateway.Fields) {
	m[lead] = gateway.Record{Key: lead, Fields: fields.Overlay(gateway.Fields{"IsConverted": gateway.Bool(true)})}
}

func TestTrailOfARecord(t *testing.T) {
	a, b, c, lead := id("Contact", 1), id("Contact", 2), id("Contact", 3), id("Lead", 1)
	account, deal := id("Account", 1), id("Opportunity", 1)
	became := gateway.Fields{
		"ConvertedContactId": gateway.Text(a.ID), "ConvertedAccountId": gateway.Text(account.ID), "ConvertedOpportunityId": gateway.Text(deal.ID),
	}
	tests := []struct {
		name    string
		rows    func(m mirror)
		from    gateway.RecordKey
		end     gateway.RecordKey
		steps   int
		broken  bool
		unknown bool
		circle  bool
		beside  int
	}{
		{"itself", func(m mirror) { m.live(a) }, a, a, 0, false, false, false, 0},
		{"not mirrored yet", func(mirror) {}, a, a, 0, false, true, false, 0},
		{"F-39 deleted", func(m mirror) { m.deleted(a) }, a, a, 0, true, false, false, 0},
		{"F-41 merged", func(m mirror) { m.merged(a, b); m.live(b) }, a, b, 1, false, false, false, 0},
		{"F-41 merged twice", func(m mirror) { m.merged(a, b); m.merged(b, c); m.live(c) }, a, c, 2, false, false, false, 0},
		{"F-41 winner deleted afterwards", func(m mirror) { m.merged(a, b); m.deleted(b) }, a, b, 1, true, false, false, 0},
		{"an undeleted loser is itself again", func(m mirror) {
			m.merged(a, b)
			r := m[a]
			r.Deleted = false
			m[a] = r
			m.live(b)
		}, a, a, 0, false, false, false, 0},
		{"F-40 converted, contact not mirrored", func(m mirror) { m.converted(lead, became) }, lead, a, 1, false, true, false, 2},
		{"F-40 converted, then merged", func(m mirror) { m.converted(lead, became); m.merged(a, b); m.live(b) }, lead, b, 2, false, false, false, 2},
		{"F-40 no contact shown", func(m mirror) {
			m.converted(lead, gateway.Fields{"ConvertedAccountId": gateway.Text(account.ID)})
			m.live(account)
		}, lead, account, 1, false, false, false, 1},
		{"F-40 nothing shown", func(m mirror) { m.converted(lead, nil) }, lead, lead, 0, true, false, false, 0},
		{"a missed undelete", func(m mirror) { m.merged(a, b); m.merged(b, a) }, a, b, 1, true, false, true, 0},
		{"a contact has no IsConverted", func(m mirror) {
			m[a] = gateway.Record{Key: a, Fields: gateway.Fields{"IsConverted": gateway.Bool(true), "ConvertedContactId": gateway.Text(b.ID)}}
		}, a, a, 0, false, false, false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mirror{}
			tt.rows(m)
			got := Follow(tt.from, m.record)
			if got.End != tt.end || len(got.Steps) != tt.steps || (got.Broken != "") != tt.broken ||
				got.Unknown != tt.unknown || got.Circle != tt.circle || len(got.Beside) != tt.beside {
				t.Errorf("trail = %+v", got)
			}
		})
	}
}

// The way of a link is told step by step, a pinned one goes it too, and one
// that was cut stays where it is.
func TestLinkFollowsItsRecord(t *testing.T) {
	lead, contact, winner := id("Lead", 1), id("Contact", 1), id("Contact", 2)
	account := id("Account", 1)
	m := mirror{}
	m.converted(lead, gateway.Fields{"ConvertedContactId": gateway.Text(contact.ID), "ConvertedAccountId": gateway.Text(account.ID)})
	m.merged(contact, winner)
	m.live(winner)
	link := gateway.Link{Kind: "person", ExternalID: "p", Key: lead, Chosen: lead, Reason: "matched by email", Pinned: true}

	c := Update(link, Follow(lead, m.record), now)
	if c.Link.Key != winner || c.Link.Chosen != lead || c.Link.Reason != link.Reason || c.Link.State() != gateway.LinkMoved || !c.Link.Pinned {
		t.Errorf("F-40, F-41: link %+v", c.Link)
	}
	if len(c.Moves) != 2 || c.Moves[0].Act != gateway.LinkConverted || c.Moves[1].Act != gateway.LinkMerged || c.Moves[1].From != contact || c.Moves[1].To != winner {
		t.Errorf("moves %+v", c.Moves)
	}
	if len(c.Attach) != 1 || c.Attach[0].Role != gateway.RoleAccount || c.Attach[0].Key != account || c.Attach[0].Reason == "" {
		t.Errorf("F-40: attached %+v", c.Attach)
	}
	if again := Update(c.Link, Follow(lead, m.record), now.Add(time.Hour)); len(again.Moves) != 0 || again.Link != c.Link {
		t.Errorf("a second look changed %+v", again)
	}

	m.deleted(winner)
	gone := Update(c.Link, Follow(lead, m.record), now)
	if gone.Link.State() != gateway.LinkBroken || len(gone.Moves) != 1 || gone.Moves[0].Act != gateway.LinkBroke || gone.Link.Broken == "" {
		t.Errorf("F-39: %+v", gone)
	}
	m.live(winner)
	back := Update(gone.Link, Follow(lead, m.record), now)
	if back.Link.State() != gateway.LinkMoved || len(back.Moves) != 1 || back.Moves[0].Act != gateway.LinkRestored {
		t.Errorf("F-39: %+v", back)
	}
	m.live(contact)
	own := Update(back.Link, Follow(lead, m.record), now)
	if own.Link.Key != contact || len(own.Moves) != 1 || own.Moves[0].Act != gateway.LinkRestored || own.Moves[0].From != winner {
		t.Errorf("F-41: an undeleted loser: %+v", own)
	}

	cut := gateway.Link{Kind: "person", ExternalID: "p", Chosen: lead, Pinned: true}
	if c := Update(cut, Follow(lead, m.record), now); c.Link != cut || len(c.Moves)+len(c.Attach) != 0 {
		t.Errorf("a cut link followed: %+v", c)
	}
}

// Whatever a link went through on the way, it ends where the rows say.
func TestLinkDependsOnTheRowsAlone(t *testing.T) {
	keys := []gateway.RecordKey{id("Contact", 1), id("Contact", 2), id("Contact", 3), id("Lead", 1)}
	draw := func(t *rapid.T) mirror {
		m := mirror{}
		for _, key := range keys {
			other := rapid.SampledFrom(keys[:3]).Draw(t, "other")
			switch rapid.IntRange(0, 3).Draw(t, "state") {
			case 0:
				m.live(key)
			case 1:
				m.deleted(key)
			case 2:
				if key.Object == "Lead" {
					m.converted(key, gateway.Fields{"ConvertedContactId": gateway.Text(other.ID)})
				} else if other != key {
					m.merged(key, other)
				}
			}
		}
		return m
	}
	rapid.Check(t, func(t *rapid.T) {
		start := gateway.Link{Kind: "person", ExternalID: "p", Key: keys[3], Chosen: keys[3], Reason: "matched"}
		through := start
		for range rapid.IntRange(0, 5).Draw(t, "looks") {
			through = Update(through, Follow(through.Chosen, draw(t).record), now).Link
		}
		final := draw(t)
		trail := Follow(keys[3], final.record)
		got, want := Update(through, trail, now), Update(start, trail, now)
		if got.Link.Key != want.Link.Key || got.Link.Broken != want.Link.Broken || got.Link.State() != want.Link.State() || got.Link.Chosen != keys[3] {
			t.Fatalf("by detours %+v, straight %+v", got.Link, want.Link)
		}
		if at := through.Key; len(got.Moves) > 0 && got.Moves[0].From != at {
			t.Fatalf("the way begins at %v, the link was at %v", got.Moves[0].From, at)
		}
	})
}
