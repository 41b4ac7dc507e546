package continuity

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func TestHoleBeginsWhereEverythingWasKnownF07(t *testing.T) {
	for _, c := range []struct {
		name string
		k    Known
		want time.Time
	}{
		{"nothing is known", Known{}, time.Time{}},
		{"only an event", Known{LastEvent: noon}, noon},
		{"heard after the last event", Known{LastEvent: noon, Complete: noon.Add(time.Minute)}, noon.Add(time.Minute)},
		{"read after both", Known{LastEvent: noon, Complete: noon, LastRead: noon.Add(time.Hour)}, noon.Add(time.Hour)},
		{"read before", Known{LastEvent: noon, LastRead: noon.Add(-time.Hour)}, noon},
	} {
		t.Run(c.name, func(t *testing.T) {
			from, how := From(c.k)
			if !from.Equal(c.want) || how == "" {
				t.Errorf("from %s, %q", from, how)
			}
		})
	}
}

func TestPlaceOlderThanRetentionIsExpiredF07(t *testing.T) {
	for age, want := range map[time.Duration]gateway.HoleCause{
		time.Hour: gateway.HoleUnknown, 72 * time.Hour: gateway.HoleExpired, 7 * 24 * time.Hour: gateway.HoleExpired,
	} {
		if got := Lost(noon.Add(-age), noon); got != want {
			t.Errorf("a place of %s: %s", age, got)
		}
	}
	if got := Lost(time.Time{}, noon); got != gateway.HoleUnknown {
		t.Errorf("without a time: %s", got)
	}
}

func TestDeletionsAreListedFor15DaysF07(t *testing.T) {
	for since, want := range map[time.Time]bool{
		{}: false, noon.Add(-time.Hour): true, noon.Add(-14 * 24 * time.Hour): true, noon.Add(-15 * 24 * time.Hour): false, noon.Add(-40 * 24 * time.Hour): false,
	} {
		if got := ListsDeletions(since, noon); got != want {
			t.Errorf("since %s: %v", since, got)
		}
	}
}

func TestHoleIsClosedWhenEveryPartIs(t *testing.T) {
	states := []gateway.HoleState{gateway.HoleOpen, gateway.HoleRepairing, gateway.HoleClosed, gateway.HoleFailed}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.Custom(func(t *rapid.T) gateway.HolePart {
			return gateway.HolePart{State: rapid.SampledFrom(states).Draw(t, "state")}
		})).Draw(t, "parts")
		has := map[gateway.HoleState]bool{}
		for _, p := range parts {
			has[p.State] = true
		}
		got := State(parts)
		if (got != gateway.HoleClosed) != (has[gateway.HoleOpen] || has[gateway.HoleRepairing] || has[gateway.HoleFailed]) {
			t.Fatalf("%v make %s", parts, got)
		}
		if has[gateway.HoleFailed] != (got == gateway.HoleFailed) {
			t.Fatalf("%v make %s, which hides what stands still", parts, got)
		}
	})
}

func TestHeadlineSaysHowFarARepairIs(t *testing.T) {
	h := gateway.Hole{From: noon, To: noon.Add(3 * time.Hour)}
	part := func(edit func(*gateway.HolePart)) gateway.HolePart {
		p := gateway.HolePart{Object: "Contact", State: gateway.HoleRepairing, Expected: 1900, HoleCount: gateway.HoleCount{Read: 412}}
		edit(&p)
		return p
	}
	for want, p := range map[string]gateway.HolePart{
		"Repairing a gap of 3 h in Contact: 412 of about 1,900 rows read.": part(func(*gateway.HolePart) {}),
		"Repairing a gap of 3 h in Contact: 412 rows read.":                part(func(p *gateway.HolePart) { p.Expected = -1 }),
		"Repairing a gap of 3 h in Contact: 1 row read.":                   part(func(p *gateway.HolePart) { p.Expected, p.Read = 1, 1 }),
		"A gap in Contact cannot be repaired: Give access.":                part(func(p *gateway.HolePart) { p.State, p.Problem = gateway.HoleFailed, "Give access." }),
		"Contact is not streamed since 2026-05-04 12:00 UTC; what changes is asked for.": part(func(p *gateway.HolePart) {
			p.State = gateway.HoleOpen
		}),
	} {
		if got := Headline(h, p); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestSpanHasTwoUnitsAtMost(t *testing.T) {
	for d, want := range map[time.Duration]string{
		12 * time.Second: "12 s", 90 * time.Second: "2 min", 3 * time.Hour: "3 h", 3*time.Hour + 20*time.Minute: "3 h 20 min",
		30 * time.Hour: "30 h", 7 * 24 * time.Hour: "7 d", 76 * time.Hour: "3 d 4 h", 400 * time.Hour: "16 d",
	} {
		if got := Span(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
}

// TestStatementSurvivesItsWay: what was signed is found again however the JSON
// was laid out, and another record gives other bytes.
func TestStatementSurvivesItsWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := gateway.Hole{
			ID: rapid.Int64Min(1).Draw(t, "id"), OrgID: "00D000000000001", Cause: gateway.HoleExpired,
			Said: rapid.String().Draw(t, "said"), From: noon, To: noon.Add(time.Duration(rapid.Int32().Draw(t, "span"))), StartedAt: noon, EndedAt: noon,
			Objects: []gateway.HolePart{{Object: "Contact", Means: gateway.MeansChanges, HoleCount: gateway.HoleCount{Read: rapid.Int().Draw(t, "read")}}},
		}
		text, err := Certify("w", h)
		if err != nil {
			t.Fatal(err)
		}
		var laid bytes.Buffer
		if err := json.Indent(&laid, text, " ", "\t"); err != nil {
			t.Fatal(err)
		}
		if _, signed, err := Signed(laid.Bytes()); err != nil || !bytes.Equal(signed, text) {
			t.Fatalf("signed %s, found %s, %v", text, signed, err)
		}
		h.Certificate.Statement = text
		if same, err := Agrees("w", h); err != nil || !same {
			t.Fatalf("a record does not agree with itself: %v", err)
		}
		h.Objects[0].Deleted++
		if same, err := Agrees("w", h); err != nil || same {
			t.Fatalf("a record that was changed agrees with its certificate: %v", err)
		}
	})
	if _, _, err := Signed([]byte(`{"format":"another"}`)); gateway.CodeOf(err) != gateway.CodeInvalid {
		t.Errorf("another format: %v", err)
	}
}

func TestReconnectSaysWhatWasMissed_UX6(t *testing.T) {
	at := noon.Add(3 * time.Hour)
	hole := func(edit func(*gateway.Hole)) gateway.Hole {
		h := gateway.Hole{
			Cause: gateway.HoleSignedOut, State: gateway.HoleClosed, StartedAt: noon, EndedAt: at.Add(time.Minute),
			Objects: []gateway.HolePart{{Object: "Contact", HoleCount: gateway.HoleCount{Read: 1412, Changed: 12, Deleted: 1}}},
		}
		edit(&h)
		return h
	}
	for _, c := range []struct {
		name, want string
		h          gateway.Hole
	}{
		{
			"closed", "Reconnected after 3 h: 1,412 rows were read for that time, 12 changed, 1 deleted, 0 restored; nothing is missing.",
			hole(func(*gateway.Hole) {}),
		},
		{
			"under way", "Reconnected after 3 h; what changed meanwhile is being read: 1,412 rows so far, 12 changed, 1 deleted, 0 restored.",
			hole(func(h *gateway.Hole) { h.State, h.EndedAt = gateway.HoleRepairing, time.Time{} }),
		},
		{"another cause", "", hole(func(h *gateway.Hole) { h.Cause = gateway.HoleExpired })},
		{"before that", "", hole(func(h *gateway.Hole) { h.EndedAt = at.Add(-time.Hour) })},
		{"signed out again since", "", hole(func(h *gateway.Hole) { h.StartedAt = at.Add(time.Hour) })},
	} {
		if got := Reconnected(c.h, at); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNumbersHaveTheirThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := Number(n); got != want {
			t.Errorf("%d is %q", n, got)
		}
	}
}
