package outbox

import (
	"path/filepath"
	"testing"

	"tidegate/gateway"
)

// sharedWorld is a world whose org shares activities, and a meeting of three
// whose notes go to a Task.
func sharedWorld(t *testing.T) (*world, gateway.Meeting) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"))
	relation := func(object, activity string) gateway.Schema {
		s := gateway.Schema{Object: object, Createable: true, Deletable: true}
		for _, name := range []string{activity, "RelationId"} {
			s.Fields = append(s.Fields, gateway.Field{Name: name, Type: gateway.TypeReference, Createable: true})
		}
		return s
	}
	task := gateway.Schema{Object: "Task"}
	for _, name := range []string{"Subject", "WhoId", "WhatId", "Status", "ActivityDate", "Description"} {
		task.Fields = append(task.Fields, gateway.Field{Name: name, Type: "string", Length: 3000, Createable: true, Updateable: true, Nillable: true})
	}
	task.Fields = append(task.Fields, gateway.Field{Name: "WhoCount", Type: gateway.TypeInt})
	must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{task, relation("TaskRelation", "TaskId"), relation("EventRelation", "EventId")}))
	w.notes(`"task"`)
	m := weekly(gateway.MeetingCompleted)
	m.Notes = "- price"
	m.Participants = append(m.Participants, gateway.Participant{Email: "bob@example.com"}, gateway.Participant{Email: "cy@example.com"})
	return w, m
}

// DEM-05, AIM-22: who is recognized late becomes one of the Task's people then.
// Whom it names by itself is changed first, because Salesforce takes the one
// whom it named off it.
func TestTaskGetsItsPeopleLater(t *testing.T) {
	w, m := sharedWorld(t)
	w.mirror(contactOf(2, "bob@example.com"))
	w.deliverAll(w.meeting(m))
	task := w.writing("m1", "task").Key
	same(t, "who", w.org.get(task.ID)["WhoId"], gateway.Text(key(2).ID))
	w.mirror(contactOf(1, ann))
	w.mirror(contactOf(3, "cy@example.com"))
	w.meeting(m)
	before := w.org.callCount()
	w.revisit()
	w.revisit()
	same(t, "who then", w.org.get(task.ID)["WhoId"], gateway.Text(key(1).ID))
	for part, who := range map[string]gateway.RecordKey{"task-attendee:bob@example.com": key(2), "task-attendee:cy@example.com": key(3)} {
		f := w.org.get(w.writing("m1", part).Key.ID)
		same(t, part, f["RelationId"], gateway.Text(who.ID))
		same(t, part+" of", f["TaskId"], gateway.Text(task.ID))
	}
	moved := false
	for _, call := range w.org.calls[before:] {
		for _, c := range call {
			moved = moved || c.Key == task && moves(c)
			if c.Key.Object == "TaskRelation" && !moved {
				t.Error("a relation went before whom the Task names")
			}
		}
	}
	calls := w.org.callCount()
	w.meeting(m)
	w.revisit()
	same(t, "once", w.org.callCount(), calls)
}

// A relation that somebody made there already is what was wanted.
func TestRelationThatIsThereAlreadyIsFinished(t *testing.T) {
	for name, id := range map[string]string{"named by the refusal": key(77).ID, "looked for": ""} {
		t.Run(name, func(t *testing.T) {
			w, m := sharedWorld(t)
			w.mirror(contactOf(1, ann), contactOf(2, "bob@example.com"))
			w.org.script(func(o *org) {
				o.answer = func(c gateway.Change) gateway.Delivery {
					if c.Key.Object != "TaskRelation" {
						return gateway.Delivery{}
					}
					o.made[c.Key.ID] = []string{key(77).ID}
					d := refuse(gateway.CodeSFDuplicate)
					d.Err.RecordID = id
					return d
				}
			})
			w.deliverAll(w.meeting(m))
			same(t, "it", w.writing("m1", "task-attendee:bob@example.com").Key, gateway.RecordKey{Object: "TaskRelation", ID: key(77).ID})
			same(t, "idle", w.idle(), true)
		})
	}
}

// UX-31: the review of a change says of the people whom a Task is related to
// what then happens, as it does of the Task.
func TestPreviewSaysWhoIsRelatedToTheTask_UX31(t *testing.T) {
	w, m := sharedWorld(t)
	w.mirror(contactOf(1, ann), contactOf(2, "bob@example.com"), contactOf(3, "cy@example.com"))
	w.notes(`"event"`)
	w.deliverAll(w.meeting(m))
	s := w.inForce()
	s.Notes.MeetingNotes = []string{"event", "task"}
	said, made := w.propose(t, s, gateway.TabNotes)
	saw(t, said, made, map[string]int{"create Task": 1, "create TaskRelation": 2})
	said, made = w.propose(t, s, gateway.TabNotes)
	saw(t, said, made, map[string]int{})
}

// UX-31: where a change of settings moves meetings to another deal, the review
// counts what relates them to the former one and goes, as it then does.
func TestPreviewSaysWhichRelationsGo_UX31(t *testing.T) {
	w, _ := bondWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"))
	large := deal("006550000000002AAA", "2026-08-01")
	large.Fields["Amount"] = "90000"
	w.mirror(large, role("00K550000000002AAA", large.Key.ID))
	s := w.inForce()
	s.Advanced.OpportunityRule = gateway.OpportunityLargest
	said, made := w.propose(t, s, gateway.TabAdvanced)
	saw(t, said, made, map[string]int{"create ContentDocumentLink": 1, "delete ContentDocumentLink": 1, "update Event": 1})
}

// DEM-05: whom a Task named for a while is related to it once more when it names
// somebody else: Salesforce took him off with the name.
func TestWhoWasNamedMeanwhileIsRelatedAgain(t *testing.T) {
	w, m := sharedWorld(t)
	w.mirror(contactOf(1, ann), contactOf(2, "bob@example.com"))
	m.Participants = m.Participants[:2]
	w.deliverAll(w.meeting(m))
	first := w.writing("m1", "task-attendee:bob@example.com").Key
	without := m
	without.Participants = m.Participants[1:]
	w.deliverAll(w.meeting(without))
	w.deliverAll(w.meeting(m))
	w.settleAll()
	now := w.writing("m1", "task-attendee:bob@example.com").Key
	if now == first || now.Local() {
		t.Errorf("related by %v, as before %v", now, first)
	}
	same(t, "whom to", w.org.get(now.ID)["RelationId"], gateway.Text(key(2).ID))
	calls := w.org.callCount()
	w.deliverAll(w.meeting(m))
	same(t, "once", w.org.callCount(), calls)
}
