package streaming

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

const workspace = gateway.WorkspaceID("demo")

// bench is a workspace with a lease, ready to apply batches.
type bench struct {
	t     testing.TB
	db    *store.DB
	ws    *store.Workspace
	apply *Applier
	lease gateway.Lease
	keys  []gateway.RecordKey // as notified
}

func newBench(t testing.TB, url string) *bench {
	t.Helper()
	db := storetest.Open(t, url, store.Options{})
	if err := db.CreateWorkspace(t.Context(), workspace, "Demo"); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, db: db, ws: db.In(workspace)}
	b.apply = &Applier{Store: b.ws, OwnClient: "tidegate", Notify: func(_ gateway.WorkspaceID, keys []gateway.RecordKey) {
		b.keys = append(b.keys, keys...)
	}}
	lease, ours, err := b.ws.AcquireLease(t.Context(), "c1", Channel, "me", time.Minute)
	if err != nil || !ours {
		t.Fatalf("lease: %v %v", ours, err)
	}
	b.lease = lease
	return b
}

func (b *bench) stream(position string, events ...gateway.ChangeEvent) Applied {
	b.t.Helper()
	done, err := b.apply.Apply(b.t.Context(), Batch{
		Batch: gateway.Batch{Events: events, Position: gateway.ReplayID(position)}, Lease: b.lease, Streamed: true,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return done
}

func (b *bench) record(id string) gateway.Record {
	b.t.Helper()
	r, err := b.ws.Record(b.t.Context(), gateway.RecordKey{Object: "Contact", ID: id})
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *bench) outcomes(id string) []gateway.Outcome {
	b.t.Helper()
	rows, err := b.ws.History(b.t.Context(), gateway.RecordKey{Object: "Contact", ID: id}, 100, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	var outcomes []gateway.Outcome
	for _, row := range slices.Backward(rows) {
		outcomes = append(outcomes, row.Outcome)
	}
	return outcomes
}

const ada, eve = "003000000000001AAA", "003000000000002AAA"

func change(n int64, typ gateway.ChangeType, fields gateway.Fields, ids ...string) gateway.ChangeEvent {
	if len(ids) == 0 {
		ids = []string{ada}
	}
	return gateway.ChangeEvent{
		Object: "Contact", RecordIDs: ids, Type: typ, Fields: fields, TransactionKey: fmt.Sprint("tx", n),
		Version:  gateway.Version{CommitAt: 1_772_446_542_000 + n*1000, CommitNumber: 1<<60 + n, Sequence: 1},
		ReplayID: gateway.ReplayID(fmt.Sprint(n)),
	}
}

func TestBatchCommitsMirrorHistoryAndPositionTogether(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		registry := prometheus.NewRegistry()
		metrics, err := NewMetrics(registry)
		if err != nil {
			t.Fatal(err)
		}
		b.apply.Metrics = metrics
		b.stream(
			"104",
			change(1, gateway.Create, gateway.Fields{"LastName": `"Byron"`, "FirstName": `"Ada"`}),
			change(2, gateway.Update, gateway.Fields{"Title": `"Countess"`}), // F-19
			change(3, gateway.Update, gateway.Fields{"FirstName": gateway.Null}),
			change(3, gateway.Update, gateway.Fields{"FirstName": gateway.Null}), // F-11
			change(4, gateway.Create, gateway.Fields{"LastName": `"Moneypenny"`}, eve),
		)
		want := gateway.Fields{"LastName": `"Byron"`, "FirstName": gateway.Null, "Title": `"Countess"`}
		if got := b.record(ada); !maps.Equal(got.Fields, want) || got.Version.CommitNumber != 1<<60+3 {
			t.Errorf("record %+v, want %v", got, want)
		}
		if got := b.outcomes(ada); !slices.Equal(got, []gateway.Outcome{"applied", "applied", "applied"}) {
			t.Errorf("history %v", got)
		}
		p, err := b.ws.Position(t.Context(), "c1", Channel)
		if err != nil || p.Lease.Position != "104" || p.Events != 5 || p.LastEventAt.UnixMilli() != 1_772_446_546_000 {
			t.Errorf("position %+v, %v", p, err)
		}
		if len(b.keys) != 2 {
			t.Errorf("notified of %v, want both records once", b.keys)
		}
		if got := counted(t, registry, "UPDATE", "duplicate"); got != 1 {
			t.Errorf("F-11: %v duplicates counted, want 1", got)
		}
	})
}

// counted returns tidegate_inbound_events_total of one change and outcome.
func counted(t *testing.T, registry *prometheus.Registry, change, outcome string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != "tidegate_inbound_events_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["change"] == change && labels["outcome"] == outcome {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestFencedBatchLeavesNothing(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		b.lease.Epoch-- // F-68: somebody took it over meanwhile
		_, err := b.apply.Apply(t.Context(), Batch{
			Batch: gateway.Batch{Events: []gateway.ChangeEvent{change(1, gateway.Create, gateway.Fields{"LastName": `"B"`})}, Position: "1"},
			Lease: b.lease, Streamed: true,
		})
		if gateway.CodeOf(err) != gateway.CodeFenced {
			t.Fatalf("error %v, want fenced", err)
		}
		if n, err := b.ws.CountRecords(t.Context(), "Contact"); err != nil || n != 0 {
			t.Errorf("%d records, %v", n, err)
		}
		if len(b.keys) != 0 {
			t.Error("announced what was not committed")
		}
	})
}

func TestDeliveryFaultsHaveOneEffect(t *testing.T) {
	title := func(s string) gateway.Fields { return gateway.Fields{"Title": gateway.Text(s)} }
	tests := []struct {
		name     string
		batches  [][]gateway.ChangeEvent
		title    gateway.Value
		deleted  bool
		outcomes []gateway.Outcome
		refetch  bool
	}{
		{
			"F-11 fifty times, in one batch and over many", [][]gateway.ChangeEvent{
				slices.Repeat([]gateway.ChangeEvent{change(1, gateway.Create, title("a"))}, 25),
				slices.Repeat([]gateway.ChangeEvent{change(2, gateway.Update, title("b")), change(1, gateway.Create, title("a"))}, 25),
				{change(2, gateway.Update, title("b"))},
			}, `"b"`, false, []gateway.Outcome{"applied", "applied"}, false,
		},
		{
			"F-13 reversed in one batch",
			[][]gateway.ChangeEvent{{change(1, gateway.Create, title("a")), change(3, gateway.Update, title("c")), change(2, gateway.Update, title("b"))}},
			`"c"`, false,
			[]gateway.Outcome{"applied", "applied", "stale"},
			false,
		},
		{
			"F-13 reversed over two batches",
			[][]gateway.ChangeEvent{{change(1, gateway.Create, title("a")), change(3, gateway.Update, title("c"))}, {change(2, gateway.Update, title("b"))}},
			`"c"`, false,
			[]gateway.Outcome{"applied", "applied", "stale"},
			false,
		},
		{
			"F-16 gap",
			[][]gateway.ChangeEvent{{change(1, gateway.Create, title("a")), change(2, gateway.GapUpdate, nil)}},
			`"a"`, false,
			[]gateway.Outcome{"applied", "refetch"},
			true,
		},
		{
			"a delete is a tombstone",
			[][]gateway.ChangeEvent{{change(1, gateway.Create, title("a"))}, {change(2, gateway.Delete, nil)}},
			`"a"`, true,
			[]gateway.Outcome{"applied", "deleted"},
			false,
		},
	}
	storetest.Engines(t, func(t *testing.T, url string) {
		for i, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				id, _ := gateway.NormalizeID(fmt.Sprintf("00300000000%04d", i))
				b := sharedBench(t, url)
				for _, events := range tt.batches {
					for j := range events {
						events[j].RecordIDs = []string{id}
					}
					b.stream("1", events...)
				}
				if r := b.record(id); r.Fields["Title"] != tt.title || r.Deleted != tt.deleted {
					t.Errorf("record %+v, want %s, deleted %v", r, tt.title, tt.deleted)
				}
				if got := b.outcomes(id); !slices.Equal(got, tt.outcomes) {
					t.Errorf("history %v, want %v", got, tt.outcomes)
				}
				marks, err := b.ws.Refetches(t.Context(), 10)
				if err != nil {
					t.Fatal(err)
				}
				key := gateway.RecordKey{Object: "Contact", ID: id}
				if slices.Contains(marks, key) != tt.refetch {
					t.Errorf("refetch marks %v", marks)
				}
			})
		}
	})
}

// sharedBench opens a database that an earlier subtest may have made.
func sharedBench(t *testing.T, url string) *bench {
	t.Helper()
	db := storetest.Open(t, url, store.Options{})
	all, err := db.Workspaces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		if err := db.CreateWorkspace(t.Context(), workspace, "Demo"); err != nil {
			t.Fatal(err)
		}
	}
	b := &bench{t: t, db: db, ws: db.In(workspace)}
	b.apply = &Applier{Store: b.ws}
	lease, ours, err := b.ws.AcquireLease(t.Context(), "c1", Channel, "me", time.Minute)
	if err != nil || !ours {
		t.Fatalf("lease: %v %v", ours, err)
	}
	b.lease = lease
	return b
}

func TestMergedEventChangesEveryRecord(t *testing.T) { // F-14
	storetest.Engines(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		ids := []string{ada, eve, "003000000000003AAA"}
		b.stream("2",
			change(1, gateway.Create, gateway.Fields{"LastName": `"X"`}, ids...),
			change(2, gateway.Update, gateway.Fields{"Title": `"T"`}, ids...))
		for _, id := range ids {
			if r := b.record(id); r.Fields["Title"] != `"T"` || r.Fields["LastName"] != `"X"` {
				t.Errorf("record %+v", r)
			}
		}
	})
}

func TestWildcardSchedulesTheObject(t *testing.T) { // F-15
	storetest.Engines(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		done := b.stream("5", change(5, gateway.GapUpdate, nil, "003*"), change(6, gateway.GapOverflow, nil, "000000000000000AAA"))
		if !done.RefetchObject {
			t.Error("no object is to be read again")
		}
		f, err := b.ws.Backfill(t.Context(), "Contact")
		if err != nil || f.State != BackfillRunning || f.LastID != "" || f.Note == "" {
			t.Errorf("backfill %+v, %v", f, err)
		}
		if n, err := b.ws.CountRecords(t.Context(), "Contact"); err != nil || n != 0 {
			t.Errorf("%d rows, %v: none may have a wildcard id", n, err)
		}
	})
}

func TestUnreadableEventIsKeptAndItsRecordReadAgain(t *testing.T) { // F-24
	storetest.Engines(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		_, err := b.apply.Apply(t.Context(), Batch{Lease: b.lease, Streamed: true, Batch: gateway.Batch{
			Position:   "9",
			Unreadable: []gateway.Quarantined{{Channel: Channel, ReplayID: "9", Raw: []byte("{"), Reason: "broken", Object: "Contact", RecordID: ada, RecordIDs: []string{ada, eve}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		kept, err := b.ws.Quarantine(t.Context(), 10)
		if err != nil || len(kept) != 1 || string(kept[0].Raw) != "{" {
			t.Errorf("quarantine %+v, %v", kept, err)
		}
		marks, err := b.ws.Refetches(t.Context(), 10)
		if err != nil || len(marks) != 2 {
			t.Errorf("marks %v, %v: every record of a merged event is to be read", marks, err)
		}
	})
}

func TestEchoConfirmsTheWaitingEdit(t *testing.T) { // F-45
	storetest.Engines(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		b.stream("1", change(1, gateway.Create, gateway.Fields{"LastName": `"Byron"`, "Title": `"Lady"`}))
		key := gateway.RecordKey{Object: "Contact", ID: ada}
		var line int64
		err := b.ws.InTx(t.Context(), func(ctx ctxt, tx *store.Tx) error {
			ids, err := tx.AppendLog(ctx, []gateway.LogEntry{{Direction: "out", Key: key, What: "Update Title", State: gateway.LogWaiting}})
			if err != nil {
				return err
			}
			line = ids[0]
			return tx.SaveChange(ctx, gateway.Change{
				Workspace: workspace, Key: key, Op: gateway.OpUpdate, Fields: gateway.Fields{"Title": `"Countess"`},
				Base: gateway.Fields{"Title": `"Lady"`}, State: gateway.StateWaiting, Edit: 1, LogID: line,
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		echo := change(2, gateway.Update, gateway.Fields{"Title": `"Countess"`})
		echo.Origin = "com/salesforce/api/rest/66.0;client=tidegate"
		b.stream("2", echo)
		if _, waiting, err := b.ws.Pending(t.Context(), key); err != nil || waiting {
			t.Errorf("still waiting: %v, %v", waiting, err)
		}
		if got := b.outcomes(ada); !slices.Equal(got, []gateway.Outcome{"applied", "confirmed"}) {
			t.Errorf("history %v", got)
		}
		l, err := b.ws.LogLineByID(t.Context(), line)
		if err != nil || l.Entry.State != gateway.LogDone {
			t.Errorf("log line %+v, %v", l.Entry, err)
		}
	})
}

func TestConflictKeepsBothValues(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		b.apply.Winner = func(string, string) gateway.Winner { return gateway.WinnerAsk }
		b.stream("1", change(1, gateway.Create, gateway.Fields{"Title": `"Lady"`}))
		key := gateway.RecordKey{Object: "Contact", ID: ada}
		err := b.ws.InTx(t.Context(), func(ctx ctxt, tx *store.Tx) error {
			return tx.SaveChange(ctx, gateway.Change{
				Workspace: workspace, Key: key, Op: gateway.OpUpdate, Fields: gateway.Fields{"Title": `"Countess"`},
				Base: gateway.Fields{"Title": `"Lady"`}, State: gateway.StateWaiting, Edit: 1,
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		b.stream("2", change(2, gateway.Update, gateway.Fields{"Title": `"Queen"`}))
		c, found, err := b.ws.Pending(t.Context(), key)
		if err != nil || !found || c.State != gateway.StateParked || c.Base["Title"] != `"Queen"` || c.Fields["Title"] != `"Countess"` {
			t.Errorf("entry %+v, %v", c, err)
		}
	})
}
