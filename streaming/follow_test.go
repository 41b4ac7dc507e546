package streaming

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/simulator/org"
	"tidegate/store"
	"tidegate/store/storetest"
)

// people mirrors what people are made of.
var people = []string{"Account", "Contact", "Lead", "Opportunity"}

func personLink(key gateway.RecordKey) gateway.Link {
	return gateway.Link{Kind: "person", ExternalID: "p-" + key.ID, Key: key, Rule: "email", Reason: "matched by email ann@example.com"}
}

// linked links a person to a record.
func (w *world) linked(object, id string) {
	w.t.Helper()
	if err := w.ws.SaveLink(w.t.Context(), personLink(gateway.RecordKey{Object: object, ID: id})); err != nil {
		w.t.Fatal(err)
	}
}

// leads waits until the link that was made for a record leads to another one,
// in a state.
func (w *world) leads(from, to string, state gateway.LinkState) gateway.Link {
	w.t.Helper()
	var l gateway.Link
	w.eventually(func() string {
		var err error
		if l, err = w.ws.LinkOf(w.t.Context(), "person", "p-"+from); err != nil {
			return err.Error()
		}
		if l.Key.ID != to || l.State() != state {
			return fmt.Sprintf("the link leads to %s (%s), not to %s (%s)", l.Key.ID, l.State(), to, state)
		}
		return ""
	})
	return l
}

func (w *world) owes(key gateway.RecordKey, fields gateway.Fields) {
	w.t.Helper()
	base := gateway.Fields{}
	for name := range fields {
		base[name] = gateway.Null
		if name == "Company" {
			base[name] = gateway.Text("Acme")
		}
	}
	err := w.ws.InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error {
		c := gateway.Change{
			Key: key, Op: gateway.OpUpdate, Fields: fields, Base: base, Edit: 1, State: gateway.StateWaiting,
			DueAt: time.Now().Add(time.Hour), Cause: gateway.Cause{Kind: "edit", Rule: "Edit"},
		}
		ids, err := tx.AppendLog(ctx, []gateway.LogEntry{{Direction: "out", Key: key, State: gateway.LogWaiting}})
		if err != nil {
			return err
		}
		c.LogID = ids[0]
		return tx.SaveChange(ctx, c)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) convert(lead string) (made org.Converted) {
	w.t.Helper()
	w.commit(func(tx *org.Tx) (err *org.Error) {
		made, err = tx.Convert(lead, org.Conversion{})
		return err
	})
	return made
}

func (w *world) merge(winner, loser string) {
	w.t.Helper()
	w.commit(func(tx *org.Tx) *org.Error { return tx.Merge("Contact", winner, []string{loser}, nil) })
}

func newPeople(t *testing.T, url string) *world {
	t.Helper()
	w := newWorld(t, url)
	w.objects = people
	for _, m := range []gateway.Mapping{{Object: "Contact", Field: "Title", Editable: true}, {Object: "Contact", Field: "Phone", Editable: true}} {
		if err := w.ws.SaveMapping(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// A lead is converted in one transaction: whichever way that comes to be known,
// the link leads to the contact, has account and opportunity beside it, and
// what was owed to the lead is owed to the contact.
func TestF40LinkOfAConvertedLeadMovesToTheContact(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		for i, way := range []string{"websocket", "pubsub", "polling", "backfill"} {
			t.Run(way, func(t *testing.T) {
				if i > 0 {
					url = freshURL(t, url)
				}
				w := newPeople(t, url)
				lead := w.create("Lead", map[string]any{"LastName": "Ray", "Company": "Acme"})
				key := gateway.RecordKey{Object: "Lead", ID: lead}
				w.linked("Lead", lead)
				var made org.Converted
				if way == "backfill" { // it was converted before anybody listened
					w.owes(key, gateway.Fields{"Title": gateway.Text("Pilot"), "Company": gateway.Text("Acme Ltd")})
					made = w.convert(lead)
					w.start(nil)
				} else {
					w.start(w.over(Transport(way)))
					w.settled()
					w.owes(key, gateway.Fields{"Title": gateway.Text("Pilot"), "Company": gateway.Text("Acme Ltd")})
					made = w.convert(lead)
				}
				l := w.leads(lead, made.Contact, gateway.LinkMoved)
				if l.Key.Object != "Contact" || l.Chosen != key || l.Reason != "matched by email ann@example.com" || l.Moved == "" || l.MovedAt.IsZero() {
					t.Errorf("link %+v", l)
				}
				w.settled()
				all, err := w.ws.LinksOf(t.Context(), "person", "p-"+lead)
				if err != nil || len(all) != 3 || all[1].Key.ID != made.Account || all[2].Key.ID != made.Opportunity {
					t.Errorf("links %+v, %v; want account %s and opportunity %s beside", all, err, made.Account, made.Opportunity)
				}
				w.redirected(key, gateway.RecordKey{Object: "Contact", ID: made.Contact})
			})
		}
	})
}

// redirected checks where the entry of a converted lead went.
func (w *world) redirected(lead, contact gateway.RecordKey) {
	w.t.Helper()
	moved, ok, err := w.ws.Pending(w.t.Context(), contact)
	if err != nil || !ok || moved.Fields["Title"] != gateway.Text("Pilot") || len(moved.Fields) != 1 || moved.State != gateway.StateWaiting {
		w.t.Errorf("owed to the contact: %+v %v %v", moved, ok, err)
	}
	left, ok, err := w.ws.Pending(w.t.Context(), lead)
	if err != nil || !ok || left.State != gateway.StateParked || len(left.Fields) != 1 || left.Problem.Code != string(gateway.CodeSFConverted) || left.Problem.Who == "" {
		w.t.Errorf("left with the lead: %+v %v %v", left, ok, err)
	}
	line, err := w.ws.LogLineByID(w.t.Context(), moved.LogID)
	if err != nil || line.Entry.Key != contact || line.Entry.State != gateway.LogWaiting {
		w.t.Errorf("line of the contact %+v, %v", line.Entry, err)
	}
	if line, err = w.ws.LogLineByID(w.t.Context(), left.LogID); err != nil || line.Entry.State != gateway.LogNeedsYou {
		w.t.Errorf("line of the lead %+v, %v", line.Entry, err)
	}
}

// The delete event of a loser does not name its master; the record in the
// recycle bin does. Links and what is owed follow through a second merge, and
// an undelete takes the link back.
func TestF41LinkOfAMergedRecordMovesToTheWinner(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		for i, transport := range []Transport{WebSocket, Polling} {
			t.Run(string(transport), func(t *testing.T) {
				if i > 0 {
					url = freshURL(t, url)
				}
				w := newPeople(t, url)
				ids := w.contacts(3)
				a, b, c := ids[0], ids[1], ids[2]
				w.linked("Contact", a)
				w.start(w.over(transport))
				w.settled()
				w.owes(gateway.RecordKey{Object: "Contact", ID: a}, gateway.Fields{"Title": gateway.Text("Pilot")})
				w.merge(b, a)
				w.leads(a, b, gateway.LinkMoved)
				w.eventually(func() string {
					owed, ok, err := w.ws.Pending(t.Context(), gateway.RecordKey{Object: "Contact", ID: b})
					if err != nil || !ok || owed.Fields["Title"] != gateway.Text("Pilot") {
						return fmt.Sprintf("owed to the winner: %+v %v %v", owed, ok, err)
					}
					return ""
				})
				w.merge(c, b)
				w.leads(a, c, gateway.LinkMoved)
				w.settled()
				moves, err := w.ws.LinkHistory(t.Context(), "person", "p-"+a)
				if err != nil || len(moves) < 2 || moves[len(moves)-1].To.ID != c {
					t.Errorf("history %+v, %v", moves, err)
				}
				if _, ok, err := w.ws.Pending(t.Context(), gateway.RecordKey{Object: "Contact", ID: c}); err != nil || !ok {
					t.Errorf("nothing is owed to the last winner: %v", err)
				}
				w.commit(func(tx *org.Tx) *org.Error { return tx.Undelete("Contact", b) })
				w.leads(a, b, gateway.LinkMoved)
				w.commit(func(tx *org.Tx) *org.Error { return tx.Undelete("Contact", a) })
				w.leads(a, a, gateway.LinkActive)
				w.settled()
			})
		}
	})
}

// A deleted record breaks its link, which comes back with the record: the same
// row, and the change that waited goes on.
func TestF39LinkComesBackWithTheRecord(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newPeople(t, url)
		id := w.contacts(1)[0]
		w.linked("Contact", id)
		w.start(nil)
		w.settled()
		key := gateway.RecordKey{Object: "Contact", ID: id}
		w.owes(key, gateway.Fields{"Title": gateway.Text("Pilot")})
		w.remove(id)
		if l := w.leads(id, id, gateway.LinkBroken); l.Broken == "" {
			t.Errorf("F-39: %+v", l)
		}
		w.settled()
		w.commit(func(tx *org.Tx) *org.Error { return tx.Undelete("Contact", id) })
		w.leads(id, id, gateway.LinkActive)
		w.settled()
		if owed, ok, err := w.ws.Pending(t.Context(), key); err != nil || !ok || owed.State != gateway.StateWaiting {
			t.Errorf("F-39: owed %+v %v %v", owed, ok, err)
		}
	})
}

// TestLinksEqualTheOrg makes what can happen to people happen in any order, and
// asks the org in the end where each link must lead.
func TestLinksEqualTheOrg(t *testing.T) { // F-39, F-40, F-41
	storetest.Engines(t, func(t *testing.T, url string) {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
				if seed > 0 {
					url = freshURL(t, url)
				}
				w := newPeople(t, url)
				rng := rand.New(rand.NewPCG(seed, 40))
				var linked []string
				for i := range 12 {
					object := []string{"Contact", "Lead"}[i%2]
					values := map[string]any{"LastName": fmt.Sprint("Name ", i)}
					if object == "Lead" {
						values["Company"] = "Acme"
					}
					id := w.create(object, values)
					w.linked(object, id)
					linked = append(linked, id)
				}
				w.start(w.over([]Transport{WebSocket, PubSubStream, Polling}[seed]))
				for range 60 {
					w.happens(rng)
				}
				w.settled()
				w.eventually(func() string {
					for _, id := range linked {
						if complaint := w.leadsAstray(id); complaint != "" {
							return complaint
						}
					}
					return ""
				})
			})
		}
	})
}

// happens lets one thing happen to a random person in the org; what the org
// refuses does not.
func (w *world) happens(rng *rand.Rand) {
	ids := map[string][]string{}
	w.org.Read(func(v org.View) {
		for _, object := range []string{"Contact", "Lead"} {
			v.Scan(object, func(r org.Record) bool {
				ids[object] = append(ids[object], r.ID())
				return true
			})
		}
	})
	object := []string{"Contact", "Lead"}[rng.IntN(2)]
	one, other := ids[object][rng.IntN(len(ids[object]))], ids[object][rng.IntN(len(ids[object]))]
	_, err := w.org.Transact(org.Caller{Origin: org.UIOrigin}, func(tx *org.Tx) error {
		var refused *org.Error
		switch n := rng.IntN(10); {
		case n < 4:
			refused = tx.Merge(object, one, []string{other}, nil)
		case n < 6 && object == "Lead":
			_, refused = tx.Convert(one, org.Conversion{})
		case n < 8:
			refused = tx.Delete(object, one)
		default:
			refused = tx.Undelete(object, one)
		}
		if refused != nil {
			return refused
		}
		return nil
	})
	_ = err // refused: nothing happened
}

// leadsAstray compares a link with the trail of its record in the org.
func (w *world) leadsAstray(id string) (complaint string) {
	l, err := w.ws.LinkOf(w.t.Context(), "person", "p-"+id)
	if err != nil {
		return err.Error()
	}
	w.org.Read(func(v org.View) {
		t := match.Follow(l.Chosen, func(key gateway.RecordKey) (gateway.Record, bool) {
			r, ok := v.Get(key.Object, key.ID)
			if !ok {
				return gateway.Record{}, false
			}
			record := gateway.Record{Key: key, Fields: gateway.Fields{}}
			record.Deleted, _ = r.Value("IsDeleted").(bool)
			for _, name := range []string{"MasterRecordId", "IsConverted", "ConvertedContactId", "ConvertedAccountId", "ConvertedOpportunityId"} {
				if r.Object().Field(name) != nil {
					record.Fields[name] = valueOf(r.Value(name))
				}
			}
			return record, true
		})
		if t.End != l.Key || (t.Broken == "") != (l.Broken == "") {
			complaint = fmt.Sprintf("the link of %s leads to %v (%s), in the org to %v (%s)", id, l.Key, l.State(), t.End, t.Broken)
		}
	})
	return complaint
}

// TestOrderOfEventsDoesNotMoveALinkElsewhere applies the events of a conversion
// and of two merges in any order and in any batches, as the stream and its
// readings may bring them.
func TestOrderOfEventsDoesNotMoveALinkElsewhere(t *testing.T) { // F-13, F-40, F-41
	lead, contact := gateway.RecordKey{Object: "Lead", ID: "00Q000000000001AAA"}, gateway.RecordKey{Object: "Contact", ID: ada}
	winner := gateway.RecordKey{Object: "Contact", ID: eve}
	event := func(n int64, key gateway.RecordKey, typ gateway.ChangeType, fields gateway.Fields) gateway.ChangeEvent {
		e := gateway.ChangeEvent{Object: key.Object, RecordIDs: []string{key.ID}, Type: typ, Fields: fields, TransactionKey: fmt.Sprint(n)}
		e.Version = gateway.Version{CommitAt: 1000 * n, CommitNumber: n, Sequence: 1}
		return e
	}
	convert := event(3, lead, gateway.Update, gateway.Fields{
		"IsConverted": gateway.Bool(true), "ConvertedContactId": gateway.Text(contact.ID), "ConvertedAccountId": gateway.Text("001000000000001AAA"),
	})
	gone := event(5, contact, gateway.Delete, nil)
	binned := gateway.ChangeEvent{ // as the recycle bin gives it
		Object: "Contact", RecordIDs: []string{contact.ID}, Type: gateway.Delete, Version: gateway.Version{CommitAt: 6000},
		Fields: gateway.Fields{"MasterRecordId": gateway.Text(winner.ID)},
	}
	all := []gateway.ChangeEvent{
		event(1, lead, gateway.Create, gateway.Fields{"LastName": gateway.Text("Ray")}), convert,
		event(2, winner, gateway.Create, gateway.Fields{"LastName": gateway.Text("Rae")}),
		event(4, contact, gateway.Create, gateway.Fields{"LastName": gateway.Text("Ray")}), gone, binned,
	}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		b := newBench(t, "sqlite://"+filepath.Join(t.TempDir(), fmt.Sprint(n, ".db")))
		b.apply.Merges = func(object string) bool { return object == "Contact" }
		if err := b.ws.SaveLink(t.Context(), personLink(lead)); err != nil {
			rt.Fatal(err)
		}
		order := rapid.Permutation(all).Draw(rt, "order")
		for len(order) > 0 {
			size := rapid.IntRange(1, len(order)).Draw(rt, "size")
			b.stream(fmt.Sprint(len(order)), order[:size]...)
			order = order[size:]
		}
		l, err := b.ws.LinkOf(t.Context(), "person", "p-"+lead.ID)
		if err != nil || l.Key != winner || l.State() != gateway.LinkMoved {
			rt.Fatalf("link %+v, %v", l, err)
		}
		if beside, err := b.ws.LinksOf(t.Context(), "person", "p-"+lead.ID); err != nil || len(beside) != 2 {
			rt.Fatalf("links %+v, %v", beside, err)
		}
	})
}
