package fault

import (
	"slices"
	"testing"
	"time"
)

func TestFaultsCountDownAndExpire(t *testing.T) {
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name       string
		spec       Spec
		takes      int
		afterwards bool // due again after ten seconds, without clearing
	}{
		{"once by default", Spec{Kind: Latency}, 1, false},
		{"as often as counted", Spec{Kind: Latency, Count: 3}, 3, false},
		{"for as long as told", Spec{Kind: Latency, Seconds: 5}, 100, false},
		{"whichever ends first", Spec{Kind: Latency, Seconds: 5, Count: 2}, 2, false},
		{"long enough", Spec{Kind: Latency, Seconds: 50}, 100, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := now
			r := NewRegistry(func() time.Time { return at })
			if _, err := r.Arm(c.spec); err != nil {
				t.Fatal(err)
			}
			taken := 0
			for range 100 {
				if _, ok := r.Take(Latency, Subject{}); ok {
					taken++
				}
			}
			at = at.Add(10 * time.Second)
			if _, due := r.Active(Latency, Subject{}); taken != c.takes || due != c.afterwards {
				t.Errorf("taken %d times, due later: %v", taken, due)
			}
		})
	}
}

func TestFaultsMatchTheirSubject(t *testing.T) {
	r := NewRegistry(time.Now)
	if _, err := r.Arm(Spec{Kind: HTTPStatus, Path: "/a", Method: "post"}); err != nil {
		t.Fatal(err)
	}
	for _, miss := range []Subject{{}, {Path: "/b", Method: "POST"}, {Path: "/a", Method: "GET"}} {
		if _, ok := r.Take(HTTPStatus, miss); ok {
			t.Errorf("taken by %+v", miss)
		}
	}
	if _, ok := r.Take(HTTPStatus, Subject{Path: "/a/b", Method: "POST"}); !ok {
		t.Error("not taken by its own subject")
	}
}

func TestHooksRunOnArmAndClear(t *testing.T) {
	r := NewRegistry(time.Now)
	var seen []string
	r.OnArm(DropStreams, func(f Fault) { seen = append(seen, f.Kind) })
	r.OnClear(func() { seen = append(seen, "clear") })
	for _, kind := range []string{Latency, DropStreams} {
		if _, err := r.Arm(Spec{Kind: kind}); err != nil {
			t.Fatal(err)
		}
	}
	r.Clear()
	if len(seen) != 2 || seen[0] != DropStreams || seen[1] != "clear" || len(r.Armed()) != 0 {
		t.Errorf("hooks %v, still armed %v", seen, r.Armed())
	}
}

func TestFaultPassesWhatComesBeforeIt(t *testing.T) {
	r := NewRegistry(time.Now)
	f, err := r.Arm(Spec{Kind: HoldRequests, Path: "/jobs/*/results", After: 2, Count: 2})
	if err != nil {
		t.Fatal(err)
	}
	var got []bool
	for range 6 {
		if _, ok := r.Take(HoldRequests, Subject{Path: "/jobs/1"}); ok {
			t.Error("taken by another path")
		}
		_, ok := r.Take(HoldRequests, Subject{Path: "/jobs/1/results"})
		got = append(got, ok)
	}
	if !slices.Equal(got, []bool{false, false, true, true, false, false}) {
		t.Errorf("taken %v", got)
	}
	select {
	case <-f.Lifted():
		t.Error("lifted before the faults were cleared")
	default:
	}
	r.Clear()
	<-f.Lifted()
}

func TestPathsMatchWithWildcards(t *testing.T) {
	for _, c := range []struct {
		path, pattern string
		want          bool
	}{
		{"/a/b/c", "", true},
		{"/a/b/c", "/a", true},
		{"/a/b/c", "/b", false},
		{"/a/b/c", "/a/*/c", true},
		{"/a/b/c/d", "/a/*/c", true},
		{"/a/b", "/a/*/c", false},
		{"/a/b/c", "*c", true},
		{"/a/b/c", "/a/*", true},
	} {
		if got := begins(c.path, c.pattern); got != c.want {
			t.Errorf("%q by %q: %v", c.path, c.pattern, got)
		}
	}
}
