package streaming

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// TestLargeBatchDoesWhatItsEventsDo applies the same changes in one batch, which
// takes the ways for many rows, for pieces and two goroutines, and in small ones,
// which do not.
func TestLargeBatchDoesWhatItsEventsDo(t *testing.T) {
	var events []gateway.ChangeEvent
	id := func(i int) string {
		full, _ := gateway.NormalizeID(fmt.Sprintf("003%012d", i))
		return full
	}
	const records = 2*pieceSize + 10
	n := int64(0)
	add := func(typ gateway.ChangeType, fields gateway.Fields, ids ...string) {
		n++
		events = append(events, change(n, typ, fields, ids...))
	}
	for i := range records {
		add(gateway.Create, gateway.Fields{"LastName": gateway.Text(fmt.Sprint("Name ", i)), "Phone": gateway.Text(fmt.Sprint("+1415555", 1000+i))}, id(i))
	}
	for i := range records {
		add(gateway.Update, gateway.Fields{"Phone": gateway.Text(fmt.Sprint("+1650555", 1000+i))}, id(i), id((i*7)%records))
		switch i % 10 {
		case 3:
			add(gateway.Update, gateway.Fields{"LastName": gateway.Text(fmt.Sprint("Other ", i))}, id(i))
		case 5:
			add(gateway.Delete, nil, id(i))
		}
	}
	late := len(events) // from here with events that come behind newer ones
	for i := range records {
		add(gateway.Update, gateway.Fields{"Title": gateway.Text(fmt.Sprint("Title ", i))}, id(i))
		if i%10 == 8 { // of the second of the record's creation
			e := change(int64(i+1), gateway.Update, gateway.Fields{"Phone": gateway.Null, "Department": gateway.Text("Sales")}, id(i))
			e.Version.CommitNumber++
			events = append(events, e)
		}
	}
	mixed := len(events) // from here with events that are about more than their record
	for i := range records {
		add(gateway.Update, gateway.Fields{"LastName": gateway.Text(fmt.Sprint("Third ", i))}, id(i))
		if i%10 == 6 {
			add(gateway.GapUpdate, nil, id(i))
		}
	}
	add(gateway.GapOverflow, nil, "000000000000000AAA")
	storetest.Engines(t, func(t *testing.T, url string) {
		large, small := newBench(t, url), newBench(t, freshURL(t, url))
		large.stream("a", events[:records]...)
		large.stream("b", events[records:late]...)
		large.stream("b", events[late:mixed]...)
		large.stream("c", events[mixed:]...)
		for part := range slices.Chunk(events, 50) {
			small.stream("c", part...)
		}
		for i := range records {
			key := gateway.RecordKey{Object: "Contact", ID: id(i)}
			a, b := large.record(key.ID), small.record(key.ID)
			if !maps.Equal(a.Fields, b.Fields) || a.Version != b.Version || a.Deleted != b.Deleted || a.Partial != b.Partial {
				t.Fatalf("record %s: %+v, in small batches %+v", key.ID, a, b)
			}
			if a, b := large.history(key), small.history(key); !slices.Equal(a, b) {
				t.Fatalf("history of %s: %v, in small batches %v", key.ID, a, b)
			}
			for _, kind := range []string{a.Fields["Phone"].String(), fmt.Sprint("+1415555", 1000+i)} {
				if a, b := large.phones(kind), small.phones(kind); !slices.Equal(a, b) {
					t.Fatalf("records with the phone %s: %v, in small batches %v", kind, a, b)
				}
			}
		}
		if a, b := large.log(), small.log(); !slices.Equal(a, b) {
			t.Errorf("the log differs in its order")
		}
	})
}

// history returns what the record's history says, newest first.
func (b *bench) history(key gateway.RecordKey) (lines []string) {
	b.t.Helper()
	rows, err := b.ws.History(b.t.Context(), key, 100, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, row := range rows {
		lines = append(lines, fmt.Sprint(row.TransactionKey, row.Type, row.Outcome, row.Fields, row.Before, row.Label))
	}
	return lines
}

func (b *bench) phones(value string) (ids []string) {
	b.t.Helper()
	records, err := b.ws.RecordsByKey(b.t.Context(), "phone", value)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, r := range records {
		ids = append(ids, r.Key.ID)
	}
	return ids
}

// log returns the transactions of the inbound lines, page by page.
func (b *bench) log() (keys []string) {
	b.t.Helper()
	q := store.LogQuery{Direction: "in", Limit: 200}
	for {
		page, err := b.ws.Log(b.t.Context(), q)
		if err != nil {
			b.t.Fatal(err)
		}
		for _, line := range page.Entries {
			keys = append(keys, line.Inbound.TransactionKey+" "+line.Entry.Key.ID)
		}
		if page.Next == 0 {
			return keys
		}
		q.After = page.Next
	}
}
