package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/store"
	"tidegate/testpg"
)

// Whatever people, meetings, conversions, merges and decisions come, in
// whatever order: each meeting is one Event, which names whom the links say in
// the end; nobody is made twice; what a person decided stands; and looking once
// more changes nothing (AVC-10, AVM-12, AIM-22, AIM-24, DEM-05, UX-42).
func TestEveryOrderEndsWithTheRightPeople(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		walks(t, 12, func() string { return "sqlite://" + filepath.Join(t.TempDir(), "store.db") })
	})
	t.Run("postgres", func(t *testing.T) { walks(t, 2, func() string { return testpg.URL(t) }) })
}

// walks takes up to n walks, each in a database of its own.
func walks(t *testing.T, n int, url func() string) {
	atMost(t, n)
	rapid.Check(t, func(rt *rapid.T) {
		k := newWalk(t, rt, url())
		for range rapid.IntRange(4, 14).Draw(rt, "steps") {
			k.step()
			if rapid.Bool().Draw(rt, "settle") {
				k.settle()
			}
		}
		k.settle()
		k.settle()
		calls := k.w.org.callCount()
		k.check()
		for id, m := range k.meetings {
			k.must1(k.w.box.SubmitMeeting(context.Background(), ws, m))
			if _, err := k.w.db.In(ws).Writings(context.Background(), gateway.KindMeeting, id); err != nil {
				rt.Fatal(err)
			}
		}
		k.settle()
		if now := k.w.org.callCount(); now != calls {
			rt.Fatalf("telling the same once more made %d calls: %+v", now-calls, k.w.org.calls[calls:])
		}
	})
}

// walk is one world and what somebody watching it knows.
type walk struct {
	*rapid.T
	w        *world
	next     int // number of the next record
	at       int64
	meetings map[string]gateway.Meeting
	decided  map[string]gateway.RecordKey // by address, what a person chose
	said     map[string]bool              // the person of the address was told of
}

var addresses = []string{"ann@one.example", "bob@two.example"}

func newWalk(t *testing.T, rt *rapid.T, url string) *walk {
	k := &walk{T: rt, meetings: map[string]gateway.Meeting{}, decided: map[string]gateway.RecordKey{}, said: map[string]bool{}}
	k.w = newWorld(t, url)
	k.w.opts.Logger = slog.New(slog.DiscardHandler)
	ctx := context.Background()
	k.must(k.w.db.In(ws).CreateMember(ctx, gateway.Member{ID: "u1", Workspace: ws, Email: "rita@ours.example", Name: "Rita", Role: gateway.RoleRep, Team: "Sales"}))
	if rapid.Bool().Draw(rt, "contacts by themselves") {
		s := k.w.inForce()
		s.Contacts.AutoCreate, s.Contacts.Teams = true, []string{"Sales"}
		k.w.propose(t, s, gateway.TabContacts)
	}
	return k
}

func (k *walk) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

func (k *walk) must1(_ []Receipt, err error) { k.must(err) }

// settle brings everything to Salesforce, as the loops do.
func (k *walk) settle() {
	for range 4 {
		k.must(k.w.box.Replanner().revisit(context.Background()))
		k.w.clock.forward(time.Minute)
		k.w.round()
	}
}

func (k *walk) step() {
	email := rapid.SampledFrom(addresses).Draw(k.T, "who")
	who := gateway.Who{Kind: gateway.KindParticipant, ID: email}
	ctx := context.Background()
	switch rapid.SampledFrom([]string{"person", "meeting", "meeting", "contact", "lead", "convert", "merge", "choose", "unlink"}).Draw(k.T, "step") {
	case "person":
		k.said[email] = true
		_, err := k.w.box.SubmitPerson(ctx, ws, gateway.Person{ExternalID: "p-" + email, Email: email, LastName: "Lee"})
		k.must(err)
	case "meeting":
		k.meeting()
	case "contact", "lead":
		object := map[bool]string{true: "Contact", false: "Lead"}[rapid.Bool().Draw(k.T, "contact")]
		k.arrive(object, email)
	case "convert":
		for _, r := range k.alive("Lead", email) {
			to := k.arrive("Contact", email)
			r.Fields["IsConverted"], r.Fields["ConvertedContactId"] = gateway.Bool(true), gateway.Text(to.ID)
			k.observe(r)
			return
		}
	case "merge":
		if two := k.alive("Contact", email); len(two) > 1 {
			loser := two[1]
			loser.Deleted, loser.Fields["MasterRecordId"] = true, gateway.Text(two[0].Key.ID)
			k.observe(loser)
		}
	case "choose":
		all := append(k.alive("Contact", ""), k.alive("Lead", "")...)
		if len(all) == 0 {
			return
		}
		to := rapid.SampledFrom(all).Draw(k.T, "chosen").Key
		if k.decide(who, to) {
			k.decided[email] = to
		}
	case "unlink":
		if k.decide(who, gateway.RecordKey{}) {
			k.decided[email] = gateway.RecordKey{}
		}
	}
}

// decide is a person's choice; it is refused while there is nothing to decide,
// and while a record is just being made.
func (k *walk) decide(who gateway.Who, to gateway.RecordKey) bool {
	err := k.w.box.ChooseLink(context.Background(), ws, who.Kind, who.ID, to, "Rita")
	if code := gateway.CodeOf(err); err != nil && code != gateway.CodeNotFound && code != gateway.CodeConflict {
		k.Fatal(err)
	}
	return err == nil
}

func (k *walk) meeting() {
	id := rapid.SampledFrom([]string{"m1", "m2", "m3"}).Draw(k.T, "meeting")
	m := weekly(gateway.MeetingScheduled)
	m.ExternalID, m.Organizer, m.Participants = id, "rita@ours.example", nil
	for _, email := range addresses {
		if rapid.Bool().Draw(k.T, "takes part") {
			m.Participants = append(m.Participants, gateway.Participant{Email: email, Name: "Some One"})
		}
	}
	k.meetings[id] = m
	k.must1(k.w.box.SubmitMeeting(context.Background(), ws, m))
}

// arrive makes a record in Salesforce, which the stream brings.
func (k *walk) arrive(object, email string) gateway.RecordKey {
	k.next++
	id := key(k.next)
	id.Object = object
	if object == "Lead" {
		id.ID, _ = gateway.NormalizeID(fmt.Sprintf("00Q550000%06d", k.next))
	}
	k.observe(gateway.Record{Key: id, Fields: gateway.Fields{"Email": gateway.Text(email), "LastName": `"Lee"`}})
	return id
}

// alive are the records of an object that can be used, by an address or all.
func (k *walk) alive(object, email string) (out []gateway.Record) {
	all, err := k.w.db.In(ws).RecordsAfter(context.Background(), object, "", 100)
	k.must(err)
	for _, r := range all {
		if !r.Deleted && !match.Converted(r) && (email == "" || r.Fields["Email"].String() == email) {
			out = append(out, r)
		}
	}
	return out
}

// observe is what the way in does with a change: the mirror, the links that
// lead through it, and what they ask for.
func (k *walk) observe(r gateway.Record) {
	k.at += 1000
	r.Version = gateway.Version{CommitAt: k.at, CommitNumber: 1}
	k.w.org.put(r.Key.ID, r.Fields)
	k.must(k.w.db.In(ws).InTx(context.Background(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.LoadRecords(ctx, []gateway.RecordKey{r.Key}); err != nil {
			return err
		}
		if err := tx.SaveRecords(ctx, []gateway.Record{r}); err != nil {
			return err
		}
		links, err := tx.LinksThrough(ctx, []gateway.RecordKey{r.Key})
		for _, l := range links {
			if err != nil {
				return err
			}
			var failed error
			c := match.Update(l, match.Follow(l.Chosen, func(key gateway.RecordKey) (gateway.Record, bool) {
				found, e := tx.LoadRecords(ctx, []gateway.RecordKey{key})
				failed = e
				one, here := found[key]
				return one, here
			}), tx.Now())
			if err = failed; err != nil || len(c.Moves) == 0 {
				continue
			}
			if err = tx.SaveLink(ctx, c.Link); err == nil {
				err = tx.RevisitNamed(ctx, gateway.Who{Kind: l.Kind, ID: l.ExternalID}, "Its record is another one now.")
			}
		}
		return err
	}))
}

// check compares the org with what the links and the mirror say in the end.
func (k *walk) check() {
	ctx, in := context.Background(), k.w.db.In(ws)
	for id, m := range k.meetings {
		local := gateway.LocalID(ws, "meeting", id, "event")
		if n := k.w.org.madeFor(local); n != 1 {
			k.Fatalf("%s has %d Events", id, n)
		}
		want := gateway.RecordKey{}
		for _, object := range []string{"Contact", "Lead"} {
			for _, p := range m.Participants {
				if is := k.is(p.Email); want.ID == "" && is.Object == object {
					want = is
				}
			}
		}
		if got := k.w.org.get(k.w.org.made[local][0])["WhoId"].String(); got != want.ID {
			k.Fatalf("the Event of %s names %q, the links say %q", id, got, want.ID)
		}
	}
	for _, email := range addresses {
		made := k.w.org.madeFor("local:p-"+email) + k.w.org.madeFor(gateway.LocalID(ws, "participant", email, "contact"))
		if made > 1 {
			k.Fatalf("%d contacts were made of %s", made, email)
		}
		l, err := in.LinkOf(ctx, gateway.KindParticipant, email)
		if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
			k.Fatal(err)
		}
		if chosen, is := k.decided[email]; is {
			if !l.Pinned || l.Chosen != chosen {
				k.Fatalf("%s was decided to be %v, the link is %+v", email, chosen, l)
			}
		}
		if r, e := in.Record(ctx, l.Key); e == nil && l.Holds() && (r.Deleted || match.Converted(r)) {
			k.Fatalf("%s leads to a record that cannot be used: %+v", email, l)
		}
	}
}

// is the record that somebody is by what is stored in the end, else by the
// rules; zero where nobody knows, or somebody cut him.
func (k *walk) is(email string) gateway.RecordKey {
	links, err := k.w.db.In(ws).LinksOfKey(context.Background(), email)
	k.must(err)
	known := match.Same(gateway.Who{Kind: gateway.KindParticipant, ID: email}, links)
	if known.Decided {
		if known.Link.Holds() {
			return known.Link.Key
		}
		return gateway.RecordKey{}
	}
	for _, object := range []string{"Contact", "Lead"} {
		switch found := k.alive(object, email); len(found) {
		case 0:
		case 1:
			return found[0].Key
		default:
			return gateway.RecordKey{}
		}
	}
	return gateway.RecordKey{}
}
