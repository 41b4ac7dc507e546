package outbox

import (
	"context"
	"slices"
	"testing"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

// bondWorld is a held meeting of Ann and Bob about the deal A; its note is linked
// to both, the account and the deal, and Bob is related to the Event.
func bondWorld(t *testing.T, url string) (*world, gateway.Meeting) {
	w, m := noteWorld(t, url)
	link, relation := linkSchema(), gateway.Schema{Object: "EventRelation", Createable: true, Deletable: true}
	link.Createable, link.Deletable = true, true
	for _, name := range []string{"EventId", "RelationId"} {
		relation.Fields = append(relation.Fields, gateway.Field{Name: name, Type: gateway.TypeReference, Createable: true})
	}
	must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{link, relation}))
	w.mirror(contactOf(2, "bob@example.com"), deal("006550000000001AAA", "2026-06-01"), role("00K550000000001AAA", "006550000000001AAA"))
	m.Participants = append(m.Participants, gateway.Participant{Email: "bob@example.com", Name: "Bob"}, gateway.Participant{Email: "nobody@example.com"})
	w.deliverAll(w.meeting(m))
	return w, m
}

func deal(id, closes string) gateway.Record {
	return gateway.Record{Key: gateway.RecordKey{Object: "Opportunity", ID: id}, Fields: gateway.Fields{
		"Name": gateway.Text("Deal " + id), "AccountId": `"001550000000001AAA"`, "IsClosed": gateway.Bool(false), "CloseDate": gateway.Text(closes),
	}}
}

// role gives Ann a role in a deal.
func role(id, of string) gateway.Record {
	return gateway.Record{Key: gateway.RecordKey{Object: "OpportunityContactRole", ID: id}, Fields: gateway.Fields{
		"OpportunityId": gateway.Text(of), "ContactId": gateway.Text(key(1).ID),
	}}
}

// ends are the records to which the org relates the note and the Event of m1, by
// the org's truth.
func (w *world) ends() (out []string) {
	w.org.script(func(o *org) {
		for _, r := range o.records {
			for _, name := range []string{"LinkedEntityId", "RelationId"} {
				if end := r[name].String(); end != "" {
					out = append(out, name[:4]+" "+end)
				}
			}
		}
	})
	slices.Sort(out)
	return out
}

// AVM-12, AVM-14, DEM-08: another deal is chosen and Bob takes no part any more:
// what related the meeting to both goes from the org, in one look and one call
// for each object, with its reason; the note, the Event and all other links stay.
// Who comes back is related again, and nothing is sent when nothing changed.
func TestLaterChoiceTakesItsRelationsAlong_AVM14(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w, m := bondWorld(t, url)
		const a, b = "006550000000001AAA", "006550000000002AAA"
		first := []string{"Link 001550000000001AAA", "Link " + key(1).ID, "Link " + key(2).ID, "Link " + a, "Rela " + key(2).ID}
		slices.Sort(first)
		same(t, "at first", w.ends(), first)
		note := w.writing("m1", "note").Key

		w.mirror(deal(b, "2026-05-05"), role("00K550000000002AAA", b))
		without := m
		without.Participants = []gateway.Participant{m.Participants[0], m.Participants[2]}
		calls := w.org.callCount()
		w.deliverAll(w.meeting(without))
		then := []string{"Link 001550000000001AAA", "Link " + key(1).ID, "Link " + b}
		same(t, "after the choice", w.ends(), then)
		same(t, "looks at the org", w.org.reads, 2)
		deletes := 0
		for _, call := range w.org.calls[calls:] {
			if call[0].Op == gateway.OpDelete {
				deletes++
			}
		}
		same(t, "calls that delete", deletes, 2)
		same(t, "the note", w.writing("m1", "note").Key, note)
		same(t, "it is there", w.org.get(note.ID)["Title"].Empty(), false)
		for part, why := range map[string]string{
			"note-link:person:bob@example.com": "bob@example.com does not take part any more.", "note-link:opportunity:" + a: "The meeting belongs to another opportunity now.",
		} {
			got := w.writing("m1", part)
			same(t, part, got.Omitted, why)
			line := w.line(got.LogID)
			same(t, part+" in the log", []any{line.What, line.State, line.Cause.Ref}, []any{"Delete note link", gateway.LogDone, "m1"})
			same(t, part+" held", line.Before["LinkedEntityId"].Empty(), false)
		}
		w.takenBack(t, then, a)
		calls = w.org.callCount()
		w.deliverAll(w.meeting(without))
		w.settleAll()
		same(t, "calls for the same once more", w.org.callCount(), calls)

		w.deliverAll(w.meeting(m))
		back := append(slices.Clone(then), "Link "+key(2).ID, "Rela "+key(2).ID)
		slices.Sort(back)
		same(t, "Bob came back", w.ends(), back)
		w.deliverAll(w.meeting(without))
		same(t, "and left again", w.ends(), then)
		same(t, "idle", w.idle(), true)
	})
}

// takenBack undoes that the link to the deal a went: the dry run says so, the org
// has it again, once.
func (w *world) takenBack(t *testing.T, was []string, a string) {
	t.Helper()
	scope := UndoScope{Line: w.writing("m1", "note-link:opportunity:"+a).LogID}
	plan, _, err := w.box.PlanUndo(t.Context(), ws, scope)
	must(t, err)
	if len(plan.Remakes) != 1 || len(plan.Restores)+len(plan.Left)+len(plan.Made) != 0 {
		t.Fatalf("dry run %+v", plan)
	}
	same(t, "nothing is done by looking", w.ends(), was)
	done, err := w.box.Undo(t.Context(), ws, scope, gateway.Cause{Rule: "Undo", Name: "Ada"})
	must(t, err)
	w.deliverAll(done.Receipts)
	want := append(slices.Clone(was), "Link "+a)
	slices.Sort(want)
	same(t, "taken back", w.ends(), want)
	again, err := w.box.Undo(t.Context(), ws, scope, gateway.Cause{Rule: "Undo", Name: "Ada"})
	must(t, err)
	same(t, "taken back twice", []int{again.Remade, len(again.Left)}, []int{0, 1})
	w.org.script(func(o *org) { // somebody takes it off there
		for id, r := range o.records {
			if r["LinkedEntityId"].String() == a {
				delete(o.records, id)
			}
		}
	})
}

// What somebody changed in Salesforce since stays there, and the log says so.
func TestRelationThatSomebodyChangedStays_AVM14(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w, m := bondWorld(t, url)
		link, relation := w.writing("m1", "note-link:person:bob@example.com").Key, w.writing("m1", "attendee:bob@example.com").Key
		w.org.put(link.ID, w.org.get(link.ID).Overlay(gateway.Fields{"ShareType": `"C"`}))
		w.org.put(relation.ID, w.org.get(relation.ID).Overlay(gateway.Fields{"Status": `"Accepted"`}))
		before := w.ends()
		m.Participants = m.Participants[:1]
		_, err := w.box.DeliverAll(t.Context(), ws, w.meeting(m))
		must(t, err)
		w.settleAll()
		same(t, "the org", w.ends(), before)
		same(t, "idle", w.idle(), true)
		for _, part := range []string{"note-link:person:bob@example.com", "attendee:bob@example.com"} {
			line := w.line(w.writing("m1", part).LogID)
			same(t, part, []any{line.State, line.Problem.What}, []any{gateway.LogSkipped, "Somebody changed it in Salesforce since, so it stays."})
		}
		calls := w.org.callCount()
		w.meeting(m)
		w.settleAll()
		same(t, "asked once", w.org.callCount(), calls)
	})
}

// A relation that was never sent is not sent any more; one that is just being
// created is taken away when it is there.
func TestRelationOnItsWayIsTakenBack_F51(t *testing.T) {
	for name, sending := range map[string]bool{"not sent": false, "being created": true} {
		t.Run(name, func(t *testing.T) {
			storetest.Engines(t, func(t *testing.T, url string) {
				w, m := bondWorld(t, url)
				cy := gateway.Participant{Email: "cy@example.com", Name: "Cy"}
				w.mirror(contactOf(3, "cy@example.com"))
				with := m
				with.Participants = append(slices.Clone(m.Participants), cy)
				before := w.ends()
				if !sending {
					w.meeting(with)
					w.meeting(m)
				} else {
					// The product takes him off while the calls that relate him are made.
					w.org.script(func(o *org) {
						o.during = func(context.Context) {
							w.org.script(func(o *org) { o.during = nil })
							w.meeting(m)
						}
					})
					w.meeting(with)
				}
				for range 3 {
					w.revisit()
					w.settleAll()
				}
				same(t, "the org", w.ends(), before)
				same(t, "idle", w.idle(), true)
			})
		})
	}
}
