package outbox

import (
	"math/rand/v2"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// M4: of random writes of two rules, those of one are taken back: the org and the
// mirror are as they would be without them, where nobody wrote in between; taking
// back once more sends nothing. rules/undo proves the same of a thousand writes.
func TestUndoOfARuleLeavesTheRunWithoutIt_M4(t *testing.T) {
	const records, writes = 4, 40
	fields := []string{"Title", "Phone", "LastName"}
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(records)
		random := rand.New(rand.NewPCG(7, 11))
		type place struct {
			n     int
			field string
		}
		want := map[place]gateway.Value{} // by the writes of the rule that stays
		for i := range writes {
			at := place{random.IntN(records), fields[random.IntN(len(fields))]}
			rule := []string{"Stays", "Goes", "Goes"}[random.IntN(3)]
			value := gateway.Text("v" + string(rune('A'+i%26)) + string(rune('a'+i/26)))
			if random.IntN(5) == 0 {
				value = gateway.Text("again")
			}
			r, err := w.box.Submit(t.Context(), ws, Edit{Key: key(at.n), Fields: gateway.Fields{at.field: value}, Cause: gateway.Cause{Kind: "edit", Rule: rule, Name: "Rita"}})
			must(t, err)
			written := r.State == Waiting
			same(t, "written", w.deliver(r).State, Written)
			if rule == "Stays" && written {
				want[at] = value
			}
		}
		undo := func() Undone {
			done, err := w.box.Undo(t.Context(), ws, UndoScope{Lines: store.LogQuery{Rule: "Goes"}}, gateway.Cause{Rule: "Undo", Name: "Ada"})
			must(t, err)
			w.deliverAll(done.Receipts)
			return done
		}
		if done := undo(); done.Values == 0 {
			t.Fatal("nothing was taken back, so nothing is shown")
		}
		for n := range records {
			for _, field := range fields {
				at := place{n, field}
				expect, stays := want[at]
				if !stays {
					expect = map[string]gateway.Value{"Title": gateway.Null, "Phone": gateway.Null, "LastName": gateway.Text("L" + string(rune('0'+n)))}[field]
				}
				if org, mirror := w.org.get(key(n).ID)[field], w.record(key(n)).Fields[field]; org != expect || mirror != expect {
					t.Errorf("%s of %d: org %s, mirror %s, without the rule %s", field, n, org, mirror, expect)
				}
			}
		}
		calls := w.org.callCount()
		same(t, "taken back twice", undo().Values, 0)
		same(t, "calls for that", w.org.callCount(), calls)
	})
}

// M4: notes that grow, and of which the newest text that stands is taken back again
// and again in between, say what is left, as if the others had never been written;
// so do the Events of the same meetings.
func TestTextsOfNotesAreTakenBackInAnyOrder_M4(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w, m := noteWorld(t, url)
		must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{eventSchema()}))
		type text struct {
			line int64
			note gateway.Value
		}
		stands := map[string][]text{}
		said := map[string]gateway.Meeting{}
		now := func(id string, line int64) text {
			return text{line, w.org.get(w.writing(id, "note").Key.ID)["Content"]}
		}
		random := rand.New(rand.NewPCG(5, 3))
		for i := range 40 {
			id := []string{"m1", "m2", "m3"}[random.IntN(3)]
			if n := len(stands[id]); n > 1 && random.IntN(2) == 0 {
				_, done := w.undone(UndoScope{Line: stands[id][n-1].line})
				same(t, "values", done.Values, 1)
				stands[id] = stands[id][:n-1]
				same(t, id+" says", now(id, 0).note, stands[id][n-2].note)
				continue
			}
			if _, known := said[id]; !known {
				m.ExternalID = id
				said[id] = m
			}
			next := said[id]
			next.Notes += "\n- " + string(rune('A'+i%26)) + string(rune('a'+i/26))
			said[id] = next
			w.deliverAll(w.meeting(next))
			stands[id] = append(stands[id], now(id, w.lastLine(w.writing(id, "note").Key).ID))
		}
		for id, all := range stands {
			same(t, id+" says at the end", now(id, 0).note, all[len(all)-1].note)
			title := w.org.get(w.writing(id, "event").Key.ID)["Subject"]
			next := said[id]
			next.Title += ", moved"
			w.deliverAll(w.meeting(next))
			same(t, "a new title", w.org.get(w.writing(id, "event").Key.ID)["Subject"] != title, true)
			_, done := w.takeBack(w.writing(id, "event").Key)
			same(t, "values of the Event", done.Values > 0, true)
			same(t, "the Event's title", w.org.get(w.writing(id, "event").Key.ID)["Subject"], title)
		}
	})
}
