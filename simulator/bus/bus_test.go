package bus_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/simulator/bus"
)

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newLog() (*bus.Log, *clock) {
	c := &clock{at: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	return bus.New(bus.Config{Now: c.now, Start: 1000}), c
}

func message(object string, n int) bus.Message {
	return bus.Message{Object: object, Commit: int64(n), Schema: "schema", Payload: []byte(fmt.Sprintf(`{"n":%d}`, n))}
}

func fill(l *bus.Log, n int) {
	objects := []string{"Account", "Contact", "Visit__c"}
	for i := range n {
		l.Append(message(objects[i%len(objects)], i))
	}
}

func ids(events []*bus.Event) []int64 {
	var out []int64
	for _, e := range events {
		out = append(out, e.ReplayID)
	}
	return out
}

func TestReplayIDsIncreaseAndLeaveHoles(t *testing.T) {
	l, _ := newLog()
	fill(l, 300)
	holes, before := 0, int64(1000)
	for _, e := range l.All() {
		if e.ReplayID <= before {
			t.Fatalf("replay id %d follows %d", e.ReplayID, before)
		}
		if e.ReplayID > before+1 {
			holes++
		}
		before = e.ReplayID
	}
	if holes == 0 || holes > 200 {
		t.Errorf("%d holes in 300 ids, want some", holes)
	}
	if l.Last() != before {
		t.Errorf("Last() = %d, want %d", l.Last(), before)
	}
}

func TestEventDataCarriesSchemaPayloadAndReplayID(t *testing.T) {
	l, _ := newLog()
	id := l.Append(message("Contact", 7))
	want := fmt.Sprintf(`{"schema":"schema","payload":{"n":7},"event":{"replayId":%d}}`, id)
	got := l.All()[0].Data
	if string(got) != want || !json.Valid(got) {
		t.Errorf("data = %s, want %s", got, want)
	}
}

func TestS9OpenFollowsTheReplayTable(t *testing.T) {
	l, _ := newLog()
	fill(l, 30)
	all := ids(l.All())
	unused := int64(0)
	for i := 1; i < len(all); i++ {
		if all[i] > all[i-1]+1 {
			unused = all[i] - 1
		}
	}
	tests := []struct {
		name   string
		replay int64
		want   int // events to come, -1 for an error
	}{
		{"tip", bus.Tip, 0},
		{"earliest", bus.Earliest, 30},
		{"strictly after an id", all[9], 20},
		{"after the newest", all[29], 0},
		{"never issued", unused, -1},
		{"beyond the newest", all[29] + 1, -1},
		{"the place before the first", 1000, 30},
		{"before the log", 999, -1},
		{"another negative number", -3, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := l.Open(bus.Everything, tt.replay)
			if tt.want < 0 {
				if !errors.Is(err, bus.ErrReplayID) {
					t.Fatalf("err = %v, want ErrReplayID", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := len(c.Next(100, 1<<20)); got != tt.want {
				t.Errorf("%d events, want %d", got, tt.want)
			}
		})
	}
}

func TestChannelSelectsObjects(t *testing.T) {
	l, _ := newLog()
	fill(l, 30)
	for channel, want := range map[string]int{
		"/data/ChangeEvents":       30,
		"/data/AccountChangeEvent": 10,
		"/data/Visit__ChangeEvent": 10,
		"/data/LeadChangeEvent":    0,
	} {
		c, err := l.Open(channel, bus.Earliest)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(c.Next(100, 1<<20)); got != want {
			t.Errorf("%s: %d events, want %d", channel, got, want)
		}
	}
}

func TestChannelNames(t *testing.T) {
	for channel, object := range map[string]string{
		"/data/ChangeEvents": "", "/data/ContactChangeEvent": "Contact", "/data/Foo__ChangeEvent": "Foo__c",
	} {
		got, ok := bus.ObjectOf(channel)
		if !ok || got != object || bus.ChannelOf(object) != channel {
			t.Errorf("ObjectOf(%s) = %q, %v; ChannelOf = %s", channel, got, ok, bus.ChannelOf(object))
		}
	}
	for _, channel := range []string{"", "/data/", "/data/ChangeEvent", "/event/AccountChangeEvent", "/data/accountchangeevent", "/data/a/bChangeEvent"} {
		if got, ok := bus.ObjectOf(channel); ok {
			t.Errorf("ObjectOf(%s) = %q, want none", channel, got)
		}
		l, _ := newLog()
		if _, err := l.Open(channel, bus.Tip); !errors.Is(err, bus.ErrChannel) {
			t.Errorf("Open(%s): %v, want ErrChannel", channel, err)
		}
	}
}

func TestS10EventsAreForgottenAfter72Hours(t *testing.T) {
	l, c := newLog()
	old := l.Append(message("Contact", 1))
	c.at = c.at.Add(bus.Retention)
	young := l.Append(message("Contact", 2))
	if _, err := l.Open(bus.Everything, old); err != nil {
		t.Fatalf("exactly 72 h old: %v", err)
	}
	c.at = c.at.Add(time.Millisecond)
	if _, err := l.Open(bus.Everything, old); !errors.Is(err, bus.ErrReplayID) {
		t.Errorf("older than 72 h: %v, want ErrReplayID", err)
	}
	if cur, err := l.Open(bus.Everything, young); err != nil || cur.Next(1, 1) != nil {
		t.Errorf("younger id: %v", err)
	}
	if l.Len() != 1 {
		t.Errorf("%d events retained, want 1", l.Len())
	}
}

func TestS9ExpiredIDsAreRefusedWhileOpenCursorsGoOn(t *testing.T) {
	l, _ := newLog()
	first := l.Append(message("Contact", 1))
	open, err := l.Open(bus.Everything, first)
	if err != nil {
		t.Fatal(err)
	}
	l.Append(message("Contact", 2))
	l.Expire()
	if _, err := l.Open(bus.Everything, first); !errors.Is(err, bus.ErrReplayID) {
		t.Errorf("expired id: %v, want ErrReplayID", err)
	}
	if got := len(open.Next(10, 1000)); got != 1 {
		t.Errorf("open cursor read %d events, want 1", got)
	}
	late, err := l.Open(bus.Everything, bus.Earliest)
	if err != nil || late.Next(10, 1000) != nil {
		t.Errorf("earliest after expiry still delivers, err %v", err)
	}
}

func TestPlacesWithoutAnEventAreValidUntilEventsAreLost(t *testing.T) {
	l, c := newLog()
	start := l.Last()
	l.Append(message("Contact", 1))
	if cur, err := l.Open(bus.Everything, start); err != nil || len(cur.Next(9, 9)) != 1 {
		t.Errorf("place before the first event: %v", err)
	}
	l.Expire()
	expired := l.Last()
	l.Append(message("Contact", 2))
	if _, err := l.Open(bus.Everything, start); !errors.Is(err, bus.ErrReplayID) {
		t.Errorf("place before what expired: %v, want ErrReplayID", err)
	}
	if cur, err := l.Open(bus.Everything, expired); err != nil || len(cur.Next(9, 9)) != 1 {
		t.Errorf("place learned after the expiry: %v", err)
	}
	c.at = c.at.Add(bus.Retention + time.Millisecond)
	if _, err := l.Open(bus.Everything, expired); !errors.Is(err, bus.ErrReplayID) {
		t.Errorf("place before what was forgotten: %v, want ErrReplayID", err)
	}
}

func TestNextKeepsToItsLimits(t *testing.T) {
	l, _ := newLog()
	fill(l, 10)
	size := len(l.All()[0].Data)
	c, err := l.Open(bus.Everything, bus.Earliest)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ max, size, want int }{{3, 1 << 20, 3}, {10, 1, 1}, {10, size + 1, 2}, {10, 1 << 20, 4}} {
		if got := len(c.Next(tt.max, tt.size)); got != tt.want {
			t.Errorf("Next(%d, %d): %d events, want %d", tt.max, tt.size, got, tt.want)
		}
	}
}

func TestConcurrentReadersSeeEveryEventOnce(t *testing.T) {
	l, _ := newLog()
	const events, readers = 500, 4
	var wg sync.WaitGroup
	for range readers {
		c, err := l.Open(bus.Everything, bus.Earliest)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			for n := 0; n < events; {
				wake := l.Wake()
				batch := c.Next(7, 1<<20)
				if n += len(batch); len(batch) == 0 {
					<-wake
				}
			}
		})
	}
	fill(l, events)
	wg.Wait()
}

func TestReadsFromAnyPlaceConcatenateToTheLog(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l, _ := newLog()
		n := rapid.IntRange(1, 60).Draw(rt, "events")
		fill(l, n)
		var got []int64
		at := bus.Earliest
		for len(got) < n {
			c, err := l.Open(bus.Everything, at)
			if err != nil {
				rt.Fatal(err)
			}
			got = append(got, ids(c.Next(rapid.IntRange(1, 9).Draw(rt, "max"), 1<<20))...)
			at = got[len(got)-1]
		}
		if fmt.Sprint(got) != fmt.Sprint(ids(l.All())) {
			rt.Fatalf("read %v, log %v", got, ids(l.All()))
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	l, _ := newLog()
	m := bus.Message{Object: "Contact", Schema: "V2MGwDA2aIP0yQS98S2L6Q", Payload: make([]byte, 600)}
	b.ReportAllocs()
	for b.Loop() {
		l.Append(m)
	}
}
