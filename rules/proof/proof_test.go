package proof

import (
	"maps"
	"slices"
	"testing"
	"time"

	"tidegate/gateway"
)

func day(n int) time.Time { return time.Date(2026, 5, n, 0, 0, 0, 0, time.UTC) }

func TestEveryDayLiesInExactlyOneBucket(t *testing.T) {
	days := map[time.Time]Total{}
	for n := 1; n <= 20; n++ {
		days[day(n)] = Total{Rows: n, Newest: int64(n) * 1000, Sums: map[string]float64{"Amount": 1}}
	}
	days[time.Time{}] = Total{Rows: 3}
	for _, atLeast := range []int{1, 7, 50, 1000} {
		buckets := Buckets(days, atLeast)
		if first, last := buckets[0], buckets[len(buckets)-1]; !first.From.IsZero() || !last.To.IsZero() {
			t.Errorf("at least %d: from %v to %v, both must be open", atLeast, first.From, last.To)
		}
		rows, amount := 0, 0.0
		for _, b := range buckets {
			rows += b.Here.Rows
			amount += b.Here.Sums["Amount"]
		}
		if rows != 213 || amount != 20 {
			t.Errorf("at least %d: %d rows, amount %v", atLeast, rows, amount)
		}
		for at := range days {
			var total int
			for _, b := range buckets {
				if b.Holds(at) {
					total++
				}
			}
			if total != 1 {
				t.Errorf("at least %d: %v lies in %d buckets", atLeast, at, total)
			}
		}
	}
	if empty := Buckets(nil, 10); len(empty) != 1 || empty[0].Here.Rows != 0 {
		t.Errorf("of nothing: %+v", empty)
	}
}

func TestTotalsDiffer(t *testing.T) {
	one := Total{Rows: 2, Newest: 5_000, Sums: map[string]float64{"Amount": 0.1 + 0.2}}
	for _, c := range []struct {
		name  string
		other Total
		want  bool
	}{
		{"added in another order", Total{Rows: 2, Newest: 5_000, Sums: map[string]float64{"Amount": 0.3}}, true},
		{"within the second", Total{Rows: 2, Newest: 5_999, Sums: one.Sums}, true},
		{"a sum of nothing is none", Total{Rows: 2, Newest: 5_000, Sums: map[string]float64{"Amount": 0.3, "Other": 0}}, true},
		{"rows", Total{Rows: 3, Newest: 5_000, Sums: one.Sums}, false},
		{"newest", Total{Rows: 2, Newest: 6_000, Sums: one.Sums}, false},
		{"sum", Total{Rows: 2, Newest: 5_000, Sums: map[string]float64{"Amount": 0.31}}, false},
		{"sum of one side only", Total{Rows: 2, Newest: 5_000}, false},
	} {
		if one.Equal(c.other) != c.want || c.other.Equal(one) != c.want {
			t.Errorf("%s: want equal %v both ways", c.name, c.want)
		}
	}
}

func TestRecordsAddUp(t *testing.T) {
	var total Total
	total.Add(gateway.Record{
		Fields:  gateway.Fields{"Amount": "12.5", "Name": `"7"`},
		Version: gateway.Version{CommitAt: 1000}, ReadAt: 3000,
	}, []string{"Amount"})
	total.Add(gateway.Record{
		Fields: gateway.Fields{"Amount": `"damaged"`}, Version: gateway.Version{CommitAt: 2000},
	}, []string{"Amount"})
	total.Add(gateway.Record{Fields: gateway.Fields{"Amount": gateway.Null}}, []string{"Amount"})
	if total.Rows != 3 || total.Newest != 3000 || !maps.Equal(total.Sums, map[string]float64{"Amount": 12.5}) {
		t.Errorf("%+v", total)
	}
}

func TestDayOfAnUnreadableTimeIsUnknown(t *testing.T) {
	for value, want := range map[gateway.Value]time.Time{
		`"2026-05-03T23:59:59.000Z"`: day(3), `"2026-05-03T00:00:00.000Z"`: day(3),
		`"damaged"`: {}, gateway.Null: {}, "": {}, "7": {},
	} {
		if got := Day(gateway.Record{Fields: gateway.Fields{"CreatedDate": value}}); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", value, got, want)
		}
	}
}

func TestSuspectsAreOfEitherSide(t *testing.T) {
	here := map[string]int64{"a": 1000, "b": 2000, "c": 3000, "d": 4100}
	there := map[string]int64{"a": 1000, "b": 9000, "d": 4000, "e": 5000}
	if got := Suspects(here, there); !slices.Equal(got, []string{"b", "c", "e"}) {
		t.Errorf("suspects %v", got)
	}
}

func TestFieldsAreComparedAndCountedByKind(t *testing.T) {
	here := gateway.Fields{"Title": `"A"`, "Age__c": "7", "LastModifiedById": `"x"`, "Phone": gateway.Null, "Same": "1", "Held": `"y"`}
	there := gateway.Fields{"Title": `"B"`, "Age__c": "8", "LastModifiedById": `"z"`, "Same": "1", "Held": gateway.Null}
	names := []string{"Title", "Age__c", "LastModifiedById", "Phone", "Same", "Held"}
	d := Compare(names, here, there, func(name string) bool { return name == "Age__c" })
	if !slices.Equal(d.Told, []string{"Title", "Held"}) || !slices.Equal(d.Silent, []string{"Age__c"}) || !slices.Equal(d.Audit, []string{"LastModifiedById"}) {
		t.Errorf("%+v", d)
	}
	if !d.Any() || Compare(names, here, here, nil).Any() {
		t.Error("Any is wrong")
	}
}

func TestNumbersAreStoredOnesOnly(t *testing.T) {
	s := gateway.Schema{Fields: []gateway.Field{
		{Name: "Amount", Type: gateway.TypeCurrency},
		{Name: "Name", Type: "string"},
		{Name: "Age__c", Type: gateway.TypeDouble, Calculated: true},
		{Name: "MailingLatitude", Type: gateway.TypeDouble, CompoundName: "MailingAddress"},
		{Name: "Probability", Type: gateway.TypePercent},
	}}
	if got := Numbers(s, 10); !slices.Equal(got, []string{"Amount", "Probability"}) {
		t.Errorf("%v", got)
	}
	if got := Numbers(s, 1); len(got) != 1 {
		t.Errorf("%v", got)
	}
}
