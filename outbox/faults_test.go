package outbox

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// create submits a person who is not in Salesforce.
func (w *world) create(id string) Receipt {
	w.t.Helper()
	r, err := w.box.SubmitPerson(w.t.Context(), ws, gateway.Person{ExternalID: id, FirstName: "Ann", LastName: "Lee", Email: id + "@example.com"})
	must(w.t, err)
	return r
}

// F-51: a create whose answer was lost exists once.
func TestCreateWithALostAnswerIsMadeOnce(t *testing.T) {
	for name, upsert := range map[string]bool{"looked for": false, "upserted": true} {
		t.Run(name, func(t *testing.T) {
			storetest.Engines(t, func(t *testing.T, url string) { lostAnswer(t, newWorld(t, url), upsert) })
		})
	}
}

func lostAnswer(t *testing.T, w *world, upsert bool) {
	must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{contactSchema(upsert)}))
	w.org.upsert = upsert
	w.org.lose = func() bool { return w.org.callCount() <= 2 }
	r := w.create("p1")
	same(t, "first", w.deliver(r).State, Queued)
	w.org.lose = nil
	w.clock.forward(time.Minute)
	w.round()
	same(t, "made", w.org.madeFor("local:p1"), 1)
	same(t, "looked for", w.org.finds > 0, !upsert)
	link, err := w.db.In(ws).LinkOf(t.Context(), linkPerson, "p1")
	must(t, err)
	same(t, "link", link.Key.ID, w.org.made["local:p1"][0])
	same(t, "mirror", w.record(link.Key).Fields["LastName"], gateway.Value(`"Lee"`))
	l := w.line(r.LogID)
	same(t, "line", l.State, gateway.LogDone)
	same(t, "line's record", l.Key, link.Key)
	same(t, "result", w.deliver(r), Result{State: Written, Key: link.Key})
	same(t, "idle", w.idle(), true)
}

// F-01, F-51: killed at each step between Submit and Settle.
func TestKilledAtAnyStepTheEntryIsFinishedOnce(t *testing.T) {
	steps := map[string]func(t *testing.T, w *world){
		"after submit": func(*testing.T, *world) {},
		"after claim": func(t *testing.T, w *world) {
			b, err := w.box.claim(t.Context(), ws, store.ClaimRequest{})
			must(t, err)
			same(t, "claimed", len(b.changes), 1)
		},
		"after the call": func(t *testing.T, w *world) {
			b, err := w.box.claim(t.Context(), ws, store.ClaimRequest{})
			must(t, err)
			w.box.send(t.Context(), b)
		},
	}
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(1)
		n := 0
		for name, step := range steps {
			for _, what := range []string{"create", "update"} {
				t.Run(what+" "+name, func(t *testing.T) {
					n++
					person, title := fmt.Sprint("k", n), gateway.Text(fmt.Sprint("T", n))
					if what == "create" {
						w.create(person)
					} else {
						w.submit(0, gateway.Fields{"Title": title})
					}
					step(t, w)
					w.restart()
					w.clock.forward(2 * time.Minute)
					w.round()
					same(t, "idle", w.idle(), true)
					if what == "create" {
						same(t, "made", w.org.madeFor("local:"+person), 1)
					} else {
						same(t, "org", w.org.get(key(0).ID)["Title"], title)
					}
				})
			}
		}
	})
}

func TestStaleLeaseCannotSettle(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(1)
		w.submit(0, gateway.Fields{"Title": `"a"`})
		late, err := w.box.claim(t.Context(), ws, store.ClaimRequest{})
		must(t, err)
		w.clock.forward(2 * time.Minute)
		second, err := New(w.db, w.org, w.opts).claim(t.Context(), ws, store.ClaimRequest{})
		must(t, err)
		same(t, "claimed again", len(second.changes), 1)
		refused := []gateway.Delivery{refuse(gateway.CodeSFValidation)}
		must(t, w.box.settle(t.Context(), late, refused, time.Second))
		if c, ok := w.pending(key(0)); !ok || c.State != gateway.StateSending || c.Lease != second.changes[0].Lease {
			t.Fatalf("the late settlement took effect: %+v", c)
		}
		must(t, w.box.settle(t.Context(), second, w.box.send(t.Context(), second), time.Second))
		must(t, w.box.settle(t.Context(), late, refused, time.Second))
		same(t, "line", w.line(late.changes[0].LogID).State, gateway.LogDone)
		same(t, "idle", w.idle(), true)
	})
}

// F-53
func TestThreeOfTwoHundredRejected(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(200)
		bad := map[string]bool{key(3).ID: true, key(77).ID: true, key(199).ID: true}
		w.org.answer = func(c gateway.Change) gateway.Delivery {
			if bad[c.Key.ID] {
				return refuse(gateway.CodeSFValidation, "Title")
			}
			return gateway.Delivery{}
		}
		receipts := make([]Receipt, 200)
		for i := range receipts {
			receipts[i] = w.submit(i, gateway.Fields{"Title": `"x"`})
		}
		w.round()
		same(t, "calls", w.org.callCount(), 1)
		for i, r := range receipts {
			l := w.line(r.LogID)
			if parked := bad[key(i).ID]; parked != (l.State == gateway.LogNeedsYou) || parked != (l.Problem.Said != "") {
				t.Fatalf("record %d: %+v", i, l)
			}
		}
		w.org.answer = nil
		for i := range receipts {
			if bad[key(i).ID] {
				must(t, w.box.Retry(t.Context(), ws, receipts[i].LogID))
			}
		}
		w.round()
		same(t, "sent again", len(w.org.calls[1]), 3)
		same(t, "idle", w.idle(), true)
		same(t, "written", w.counted(t, "written"), 200.0)
		same(t, "parked", w.counted(t, "parked"), 3.0)
	})
}

// F-57
func TestRefusedFieldIsDroppedAndTheOthersWritten(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		var drifted atomic.Value
		w.opts.Drifted = func(_ context.Context, _ gateway.WorkspaceID, object string) { drifted.Store(object) }
		w.restart()
		w.seed(1)
		w.org.answer = func(c gateway.Change) gateway.Delivery {
			if _, has := c.Fields["Phone"]; has {
				return refuse(gateway.CodeSFField, "Phone")
			}
			return gateway.Delivery{}
		}
		r := w.submit(0, gateway.Fields{"Title": `"CEO"`, "Phone": `"1"`})
		same(t, "result", w.deliver(r).State, Written)
		same(t, "calls", w.org.callCount(), 2)
		same(t, "title", w.org.get(key(0).ID)["Title"], gateway.Value(`"CEO"`))
		same(t, "phone", w.org.get(key(0).ID)["Phone"], gateway.Null)
		same(t, "line", w.line(r.LogID).What, "Update Title")
		same(t, "describe is read again", drifted.Load(), any("Contact"))
		page, err := w.db.In(ws).Log(t.Context(), store.LogQuery{State: string(gateway.LogSkipped)})
		must(t, err)
		if len(page.Entries) != 1 || page.Entries[0].Entry.What != "Update Phone" || page.Entries[0].Entry.Problem.Said == "" {
			t.Errorf("skipped lines = %+v", page.Entries)
		}
		same(t, "only refused fields", w.deliver(w.submit(0, gateway.Fields{"Phone": `"2"`})).State, NeedsYou)
	})
}

// F-61
func TestDeletedTargetBreaksItsLinks(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(1)
		must(t, w.db.In(ws).SaveLink(t.Context(), gateway.Link{Kind: linkPerson, ExternalID: "p", Key: key(0), Reason: "matched"}))
		w.org.answer = func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFGone) }
		r := w.submit(0, gateway.Fields{"Title": `"x"`})
		same(t, "result", w.deliver(r).State, NeedsYou)
		link, err := w.db.In(ws).LinkOf(t.Context(), linkPerson, "p")
		must(t, err)
		if link.Broken == "" || link.Key != key(0) {
			t.Errorf("link = %+v", link)
		}
	})
}

// F-62: nobody is chosen for what belongs to an inactive owner: it is parked, with
// who must do what; and goes out when that is done. With somebody chosen it goes
// to him: test/faults.
func TestInactiveOwnerWithoutFallbackNeedsSomebody_F62(t *testing.T) {
	w := newWorld(t, sqlite(t))
	w.seed(1)
	w.org.answer = func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFOwner) }
	r := w.submit(0, gateway.Fields{"Title": `"x"`})
	same(t, "result", w.deliver(r).State, NeedsYou)
	line := w.line(r.LogID)
	same(t, "advice", line.Problem.Who, "A Salesforce admin gives the record another owner, then retry.")
	same(t, "Salesforce's own words", line.Problem.Said != "", true)
	calls := w.org.callCount()
	w.settleAll()
	same(t, "it is not tried by itself", w.org.callCount(), calls)
	w.org.script(func(o *org) { o.answer = nil })
	must(t, w.box.Retry(t.Context(), ws, r.LogID))
	w.settleAll()
	same(t, "written", w.line(r.LogID).State, gateway.LogDone)
}

// F-56: no second record, no silent save; the existing one is offered.
func TestDuplicateParksWithAnOffer(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.org.answer = func(gateway.Change) gateway.Delivery {
			d := refuse(gateway.CodeSFDuplicate)
			d.Err.RecordID = key(5).ID
			return d
		}
		got := w.deliver(w.create("p1"))
		if got.State != NeedsYou || !strings.Contains(got.Problem.Who, key(5).ID) {
			t.Errorf("result = %+v", got)
		}
		w.clock.forward(time.Hour)
		w.round()
		same(t, "calls", w.org.callCount(), 1)

		w.org.answer = nil
		_, err := w.box.TakeExisting(t.Context(), ws, w.logOf("p1"), "Ada")
		wantCode(t, err, gateway.CodeNotFound) // it is not here yet
		same(t, "still parked", w.idle(), false)
		w.seed(6)
		to, err := w.box.TakeExisting(t.Context(), ws, w.logOf("p1"), "Ada")
		must(t, err)
		same(t, "taken", to, key(5))
		link, err := w.db.In(ws).LinkOf(t.Context(), linkPerson, "p1")
		must(t, err)
		same(t, "link", []any{link.Key, link.Pinned, link.By}, []any{key(5), true, "Ada"})
		line := w.line(w.logOf("p1"))
		same(t, "line", []any{line.State, line.Key, line.Problem.Who}, []any{gateway.LogIgnored, key(5), "Decided by Ada."})
		_, err = w.box.TakeExisting(t.Context(), ws, line.ID, "Ada")
		wantCode(t, err, gateway.CodeConflict)
		w.settleAll()
		same(t, "nobody was made", w.org.madeFor("local:p1"), 0)
	})
}

// logOf is the newest line about a person's create.
func (w *world) logOf(person string) int64 {
	w.t.Helper()
	page, err := w.db.In(ws).Log(w.t.Context(), store.LogQuery{Direction: "out"})
	must(w.t, err)
	for _, l := range page.Entries {
		if l.Entry.Cause.Ref == person && strings.HasPrefix(l.Entry.What, "Create") {
			return l.Entry.ID
		}
	}
	w.t.Fatalf("no line creates %s", person)
	return 0
}

// An edit made while the entry is being sent is sent next, and only it.
func TestEditDuringTheCallIsNotLost(t *testing.T) {
	for name, lost := range map[string]bool{"answer": false, "answer lost": true} {
		t.Run(name, func(t *testing.T) {
			storetest.Engines(t, func(t *testing.T, url string) { editDuringCall(t, newWorld(t, url), lost) })
		})
	}
}

func editDuringCall(t *testing.T, w *world, lost bool) {
	w.seed(1)
	first := w.submit(0, gateway.Fields{"Title": `"a"`, "Phone": `"1"`})
	var second Receipt
	w.org.during = func(context.Context) {
		w.org.script(func(o *org) { o.during = nil })
		second = w.submit(0, gateway.Fields{"Title": `"b"`})
	}
	w.org.lose = func() bool { return lost && w.org.callCount() == 1 }
	w.deliver(first)
	w.clock.forward(time.Minute)
	w.round()
	same(t, "title", w.org.get(key(0).ID)["Title"], gateway.Value(`"b"`))
	same(t, "phone", w.org.get(key(0).ID)["Phone"], gateway.Value(`"1"`))
	same(t, "idle", w.idle(), true)
	if !lost {
		same(t, "second call", w.org.calls[1][0].Fields, gateway.Fields{"Title": `"b"`})
	}
	same(t, "result", w.deliver(second).State, Written)
}

func TestEditOfACreateDuringItsCallFollowsToTheNewRecord(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		r := w.create("p1")
		w.org.during = func(context.Context) {
			w.org.script(func(o *org) { o.during = nil })
			_, err := w.box.Submit(t.Context(), ws, Edit{Key: r.Key, Fields: gateway.Fields{"Title": `"CEO"`}})
			must(t, err)
		}
		w.deliver(r)
		w.round()
		same(t, "made", w.org.madeFor("local:p1"), 1)
		id := w.org.made["local:p1"][0]
		same(t, "title", w.org.get(id)["Title"], gateway.Value(`"CEO"`))
		same(t, "idle", w.idle(), true)
		page, err := w.db.In(ws).Log(t.Context(), store.LogQuery{Direction: "out", State: string(gateway.LogDone)})
		must(t, err)
		same(t, "done lines", len(page.Entries), 2)
	})
}

// The stream may know better than the answer of our own call.
func TestMirrorThatMovedDuringTheCallIsLeftAlone(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(1)
		r := w.submit(0, gateway.Fields{"Title": `"ours"`})
		w.org.during = func(ctx context.Context) {
			record := gateway.Record{Key: key(0), Fields: gateway.Fields{"Title": `"theirs"`}, Version: gateway.Version{CommitAt: 2000, CommitNumber: 2}}
			must(t, w.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				return tx.SaveRecords(ctx, []gateway.Record{record})
			}))
		}
		same(t, "result", w.deliver(r).State, Written)
		same(t, "mirror", w.record(key(0)).Fields["Title"], gateway.Value(`"theirs"`))
	})
}

// F-49: one refusal for the whole org stops the calls, and says so.
func TestOrgWideRefusalsHoldEverythingBack(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(3)
		w.org.answer = func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFLimit) }
		same(t, "first", w.deliver(w.submit(0, gateway.Fields{"Title": `"x"`})).State, Queued)
		if got := w.deliver(w.submit(1, gateway.Fields{"Title": `"x"`})); got.State != Queued || got.Why == "" {
			t.Errorf("second = %+v", got)
		}
		w.round()
		same(t, "calls", w.org.callCount(), 1)
		same(t, "state", w.state(), gateway.StateLimited)
		w.org.answer = nil
		w.clock.forward(20 * time.Minute)
		w.round()
		same(t, "idle", w.idle(), true)
		same(t, "state after", w.state(), gateway.StateOK)

		w.org.answer = func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFAuth) }
		same(t, "grant dead", w.deliver(w.submit(2, gateway.Fields{"Title": `"y"`})).State, Queued)
		same(t, "state", w.state(), gateway.StateNeedsReconnect)
		w.org.answer = nil
		w.clock.forward(time.Hour)
		calls := w.org.callCount()
		w.round()
		same(t, "calls while disconnected", w.org.callCount(), calls)
		_, err := w.db.In(ws).SetConnectionState(t.Context(), "c-demo", gateway.StateOK, "")
		must(t, err)
		w.round()
		same(t, "idle after reconnecting", w.idle(), true)
	})
}

func (w *world) state() gateway.ConnectionState {
	c, err := w.db.In(ws).Connection(w.t.Context())
	must(w.t, err)
	return c.State
}

func TestWithoutAConnectionEditsWait(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(1)
		for state, sends := range map[gateway.ConnectionState]bool{gateway.StatePaused: false, gateway.StateDisconnected: false, gateway.StatePolling: true} {
			_, err := w.db.In(ws).SetConnectionState(t.Context(), "c-demo", state, "")
			must(t, err)
			got := w.deliver(w.submit(0, gateway.Fields{"Title": gateway.Text(rand.Text())}))
			same(t, string(state), got.State == Written, sends)
			if !sends && got.Why == "" {
				t.Error("no reason is given")
			}
		}
	})
}

// counted reads tidegate_outbound_records_total of one outcome.
func (w *world) counted(t *testing.T, outcome string) float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	must(t, registry.Register(w.box.opts.Metrics))
	families, err := registry.Gather()
	must(t, err)
	n := 0.0
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if family.GetName() == "tidegate_outbound_records_total" && label.GetName() == "outcome" && label.GetValue() == outcome {
					n += metric.GetCounter().GetValue()
				}
			}
		}
	}
	return n
}

// F-62: what is of somebody who is known to be inactive is not silently the
// connected user's. Who is active and has the address goes before him.
func TestOrganizerWhoLeftIsNotPassedOver_F62(t *testing.T) {
	w := newWorld(t, sqlite(t))
	user := func(n int, active bool) gateway.Record {
		return gateway.Record{Key: gateway.RecordKey{Object: "User", ID: fmt.Sprintf("00555000000%04dAAA", n)}, Version: gateway.Version{CommitAt: int64(n)}, Fields: gateway.Fields{
			"Email": gateway.Text("rita@ours.example"), "IsActive": gateway.Bool(active),
		}}
	}
	owner := func(id string) gateway.Value {
		m := weekly(gateway.MeetingScheduled)
		m.ExternalID, m.Organizer = id, "rita@ours.example"
		w.meeting(m)
		c, _ := w.pending(w.writing(id, "event").Key)
		return c.Fields["OwnerId"]
	}
	left, back := user(1, false), user(2, true)
	w.mirror(left)
	same(t, "owner", owner("m1"), gateway.Text(left.Key.ID))
	w.mirror(back)
	same(t, "owner", owner("m2"), gateway.Text(back.Key.ID))
}
