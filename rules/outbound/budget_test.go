package outbound

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func TestReadingsGiveWayInOrderF49(t *testing.T) {
	for _, c := range []struct {
		name    string
		use     APIUse
		allowed map[Reading]int
	}{
		{"nothing is known yet", APIUse{}, map[Reading]int{ReadVerify: unseen, ReadBackfill: unseen, WriteAgain: unseen, ReadPoll: unseen, ReadRepair: unseen}},
		{"a fresh day", APIUse{Max: 10_000, Reserve: 20}, map[Reading]int{ReadVerify: 5600, ReadBackfill: 6400, WriteAgain: 6800, ReadPoll: 7200, ReadRepair: 7600}},
		{"the proof stops first", APIUse{Used: 6000, Max: 10_000, Reserve: 20}, map[Reading]int{ReadVerify: 0, ReadBackfill: 400, WriteAgain: 800, ReadPoll: 1200, ReadRepair: 1600}},
		{"the repair stops last", APIUse{Used: 7500, Max: 10_000, Reserve: 20}, map[Reading]int{ReadVerify: 0, ReadBackfill: 0, ReadPoll: 0, ReadRepair: 100}},
		{"all of it is reserved", APIUse{Max: 10_000, Reserve: 100}, map[Reading]int{ReadVerify: 0, ReadBackfill: 0, ReadPoll: 0, ReadRepair: 0}},
		{"Salesforce refused", APIUse{Max: 10_000, RefusedAt: noon.Add(-time.Minute)}, map[Reading]int{ReadVerify: 0, ReadBackfill: 0, ReadPoll: 0, ReadRepair: 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range Readings {
				a := Allow(c.use, r, noon)
				if a.Calls != c.allowed[r] {
					t.Errorf("%s may make %d calls, want %d", r, a.Calls, c.allowed[r])
				}
				if a.Calls == 0 && (a.At.IsZero() || a.Why == "") {
					t.Errorf("%s waits without end or reason: %+v", r, a)
				}
			}
		})
	}
}

// Each lane says whether it waits, until when and how much of the share is
// used; people's edits and meetings wait only where Salesforce takes nothing.
func TestLanesSayWhatWaitsF49(t *testing.T) {
	words := func(u APIUse) (out string) {
		for _, l := range Lanes(u, noon) {
			if l.Waits {
				out += l.Name + " until " + l.Until.Format("15:04") + ": " + l.Why + "\n"
			}
		}
		return out
	}
	at := noon.Add(-5 * time.Minute)
	if got := words(APIUse{Used: 1000, Max: 10_000, Reserve: 20, SeenAt: at}); got != "" {
		t.Errorf("with calls left: %s", got)
	}
	const why = ": 82 % of our share is used (the org made 6560 of its 10000 API calls), and the rest is kept for people’s edits and other integrations\n"
	if got, want := words(APIUse{Used: 6560, Max: 10_000, Reserve: 20, SeenAt: at}), "First reading until 12:10"+why+"The comparison with Salesforce until 12:10"+why; got != want {
		t.Errorf("near the share:\n%s\nwant\n%s", got, want)
	}
	all := Lanes(UseOf(gateway.Connection{State: gateway.StateLimited, StateSince: at, APIMax: 10_000}), noon)
	for _, l := range all {
		if !l.Waits || l.Why != usedUp {
			t.Errorf("used up: %+v", l)
		}
	}
	if len(all) != 2+len(Readings) || all[0].Name != "People’s edits" || all[len(all)-1].Name != LaneNames[ReadVerify] {
		t.Errorf("lanes %+v", all)
	}
	if _, held := Held(APIUse{Used: 9000, Max: 10_000, SeenAt: noon.Add(-lookAgain)}, WriteAgain, noon); held {
		t.Error("nobody ever looks again")
	}
}

// TestReserveIsNeverReadIntoF49: whatever the numbers, a reading that takes
// all it may leaves the reserve, and room for people's writes before it.
func TestReserveIsNeverReadIntoF49(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := APIUse{
			Used: rapid.IntRange(0, 200_000).Draw(t, "used"), Max: rapid.IntRange(1, 200_000).Draw(t, "max"),
			Reserve: rapid.IntRange(-5, 120).Draw(t, "reserve"), SeenAt: noon,
		}
		before := 0
		for i, r := range Readings {
			a := Allow(u, r, noon)
			if a.Calls > 0 && u.Used+a.Calls > Spendable(u) {
				t.Fatalf("%s reads into the reserve: %d of %d", r, u.Used+a.Calls, Spendable(u))
			}
			if i > 0 && a.Calls < before {
				t.Fatalf("%s gives way before the reading that gives way first", r)
			}
			if a.Calls == 0 && a.At.Before(noon) {
				t.Fatalf("%s is to be asked again in the past", r)
			}
			before = a.Calls
		}
	})
}

// TestPollingFitsIntoItsShare: the day of it costs its share at most.
func TestPollingFitsIntoItsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := APIUse{Max: rapid.IntRange(1000, 5_000_000).Draw(t, "max"), Reserve: rapid.IntRange(0, 90).Draw(t, "reserve")}
		objects := rapid.IntRange(1, 50).Draw(t, "objects")
		wish := time.Duration(rapid.IntRange(1, 3600).Draw(t, "wish")) * time.Second
		every := PollEvery(u, objects, wish)
		if every < wish {
			t.Fatalf("polled every %s, oftener than wished", every)
		}
		if day := float64(objects) * (24 * time.Hour).Seconds() / every.Seconds(); every > wish && day > float64(Spendable(u)*pollShare/100) {
			t.Fatalf("a day of polling every %s costs %.0f calls", every, day)
		}
	})
	if got := PollEvery(APIUse{}, 7, time.Minute); got != time.Minute {
		t.Errorf("before the limit is known: %s", got)
	}
	if got := PollEvery(APIUse{Max: 15_000, Reserve: 20}, 7, time.Minute); got != 252*time.Second {
		t.Errorf("seven objects of a Developer Edition: every %s", got)
	}
}
