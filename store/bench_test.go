package store

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/testpg"
)

// benchRecords is how many contacts the mirror has: batches update some.
const benchRecords = 10_000

func benchKey(i int) gateway.RecordKey {
	return gateway.RecordKey{Object: "Contact", ID: fmt.Sprintf("003%012dAAA", i%benchRecords)}
}

// benchFields is a contact as Salesforce describes it, about 900 bytes.
func benchFields(i int) gateway.Fields {
	return gateway.Fields{
		"FirstName": gateway.Text("Ann"), "LastName": gateway.Text(fmt.Sprint("Miller ", i)), "Name": gateway.Text(fmt.Sprint("Ann Miller ", i)),
		"Email": gateway.Text(fmt.Sprintf("ann.miller%d@acme%d.example", i, i%500)), "Phone": gateway.Text(fmt.Sprintf("+1415555%04d", i%10000)),
		"MobilePhone": gateway.Text(fmt.Sprintf("+1650555%04d", i%10000)), "AccountId": gateway.Text(fmt.Sprintf("001%012dAAA", i%500)),
		"OwnerId": gateway.Text("005000000000001AAA"), "Title": gateway.Text("Head of Something"), "Department": gateway.Text("Engineering"),
		"MailingStreet": gateway.Text("1 Market Street"), "MailingCity": gateway.Text("San Francisco"), "MailingState": gateway.Text("CA"),
		"MailingPostalCode": gateway.Text("94105"), "MailingCountry": gateway.Text("USA"), "LeadSource": gateway.Text("Web"),
		"Description": gateway.Text("Met at the conference; wants to see the roadmap before the summer."), "HasOptedOutOfEmail": "false",
		"CreatedDate": gateway.Text("2026-01-01T00:00:00.000Z"), "LastModifiedDate": gateway.Text("2026-05-01T07:25:37.000Z"),
		"SystemModstamp": gateway.Text("2026-05-01T07:25:37.000Z"), "LastModifiedById": gateway.Text("005000000000001AAA"),
		"CreatedById": gateway.Text("005000000000001AAA"), "IsDeleted": "false", "Birthdate": gateway.Null, "ReportsToId": gateway.Null,
	}
}

func benchRecord(i int) gateway.Record {
	return gateway.Record{Key: benchKey(i), Fields: benchFields(i), Version: gateway.Version{CommitAt: 1777620337000, CommitNumber: int64(i), Sequence: 1}}
}

// benchEngines runs f on both engines, with commits as durable as in
// production.
func benchEngines(b *testing.B, f func(b *testing.B, w *Workspace)) {
	run := func(b *testing.B, url string) {
		db, err := Open(b.Context(), url, Options{})
		if err != nil {
			b.Fatal(err)
		}
		defer func() {
			if err := db.Close(); err != nil {
				b.Error(err)
			}
		}()
		if err := db.Migrate(b.Context()); err != nil {
			b.Fatal(err)
		}
		w := db.In("bench")
		for start := 0; start < benchRecords; start += 2000 {
			benchTx(b, w, func(ctx context.Context, tx *Tx) error {
				var records []gateway.Record
				for i := start; i < start+2000; i++ {
					records = append(records, benchRecord(i))
				}
				return tx.SaveRecords(ctx, records)
			})
		}
		f(b, w)
	}
	b.Run("sqlite", func(b *testing.B) { run(b, "sqlite://"+filepath.Join(b.TempDir(), "bench.db")) })
	b.Run("postgres", func(b *testing.B) {
		server, err := testpg.Start(testpg.Options{Fsync: true})
		if err != nil {
			b.Fatal(err)
		}
		defer func() {
			if err := server.Stop(); err != nil {
				b.Error(err)
			}
		}()
		run(b, server.URL)
	})
}

func benchTx(b *testing.B, w *Workspace, f func(ctx context.Context, tx *Tx) error) {
	b.Helper()
	if err := w.InTx(b.Context(), f); err != nil {
		b.Fatal(err)
	}
}

// perSecond reports the rate, and what a row costs this process (with SQLite in
// it, without Postgres), which is less moved by whatever else the machine does.
// spent is what cpuTime was before the loop.
func perSecond(b *testing.B, rows int, spent time.Duration) {
	b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64((cpuTime()-spent).Microseconds())/float64(b.N*rows), "cpu-µs/row")
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // never, on the systems that this builds for
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkUpsert is the raw rate: the mirror's rows alone, rewritten whole in
// multi-row statements. The rate of whole batches is to be read against it.
func BenchmarkUpsert(b *testing.B) {
	for _, size := range []int{200, 2000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			benchEngines(b, func(b *testing.B, w *Workspace) {
				all := make([]gateway.Record, benchRecords)
				for i := range all {
					all[i] = benchRecord(i)
				}
				next, spent := 0, cpuTime()
				for b.Loop() {
					records := lastOfEach(all[next : next+size])
					next = (next + size) % benchRecords
					benchTx(b, w, func(ctx context.Context, tx *Tx) error {
						return tx.rows(ctx, saveRecords, len(records), func(args []any, i int) []any {
							return appendRecord(args, tx.ws, recordRow{Record: &records[i], label: sortLabel(records[i])})
						})
					})
				}
				perSecond(b, size, spent)
			})
		})
	}
}

// BenchmarkBatch is what one inbound batch costs the store: load, save,
// history, the health row and the position. Each event
// changes two fields, of which one gives a key.
func BenchmarkBatch(b *testing.B) {
	for _, size := range []int{200, 2000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			benchEngines(b, func(b *testing.B, w *Workspace) {
				lease, _, err := w.AcquireLease(b.Context(), "c", "/data/ChangeEvents", "bench", time.Hour)
				if err != nil {
					b.Fatal(err)
				}
				next, spent := 0, cpuTime()
				for b.Loop() {
					benchTx(b, w, func(ctx context.Context, tx *Tx) error { return benchBatch(ctx, tx, lease, next, size) })
					next += size
				}
				perSecond(b, size, spent)
			})
		})
	}
}

func benchBatch(ctx context.Context, tx *Tx, lease gateway.Lease, next, size int) error {
	keys := make([]gateway.RecordKey, size)
	for i := range keys {
		keys[i] = benchKey(next + i)
	}
	loaded, err := tx.LoadRecords(ctx, keys)
	if err != nil {
		return err
	}
	if _, err := tx.LoadPending(ctx, keys); err != nil {
		return err
	}
	records := make([]gateway.Record, size)
	history := make([]gateway.HistoryEntry, size)
	for i, key := range keys {
		r := loaded[key]
		change := gateway.Fields{"Title": gateway.Text(fmt.Sprint("Title ", next+i)), "Phone": gateway.Text(fmt.Sprintf("+1415%07d", next+i)), "LastModifiedDate": gateway.Text("2026-05-01T07:25:38.000Z")}
		history[i] = gateway.HistoryEntry{
			Key: key, Version: gateway.Version{CommitAt: 1777620338000, CommitNumber: int64(next + i), Sequence: 1}, Type: gateway.Update,
			Outcome: gateway.OutcomeApplied, Reason: "Title changed.", Fields: change,
			Before:         gateway.Fields{"Title": r.Fields["Title"], "LastModifiedDate": r.Fields["LastModifiedDate"]},
			TransactionKey: "0002b0e1-5f7a-4d2c", User: "005000000000001AAA", Origin: "com/salesforce/api/rest/66.0", Label: r.Label(),
		}
		r.Fields, r.Version, r.ObservedAt = r.Fields.Overlay(change), history[i].Version, tx.Now()
		records[i] = r
		tx.OnlyLaid(key, change)
	}
	if err := tx.SaveRecords(ctx, records); err != nil {
		return err
	}
	if err := tx.AppendHistory(ctx, history); err != nil {
		return err
	}
	if err := tx.TouchObjects(ctx, map[string]ObjectTouch{"Contact": {LastEvent: tx.Now()}}); err != nil {
		return err
	}
	return tx.Advance(ctx, lease, gateway.ReplayID(fmt.Sprint(next)), AdvanceStats{Events: size, LastEventAt: tx.Now()})
}

func BenchmarkParseFields(b *testing.B) {
	text := fieldsText(benchFields(1))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := parseFields(text); err != nil {
			b.Fatal(err)
		}
	}
}
