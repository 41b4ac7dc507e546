package simulator_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"tidegate/simulator"
	"tidegate/simulator/bus"
	"tidegate/simulator/seed"
)

// left copies what a kill would leave of an org's directory at this moment.
func left(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, e.Name()), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// Whatever was answered before a kill is there after it, with its event, and no
// replay id is issued twice, however many write at once.
func TestAcknowledgedWritesSurviveAKillAmidParallelOnes(t *testing.T) {
	cfg := simulator.Config{DataDir: t.TempDir(), Seed: 1, Sizes: seed.Sizes{Accounts: 2, Contacts: 3}}
	o, c := start(t, cfg)
	var mu sync.Mutex
	var known []string
	var writers sync.WaitGroup
	for n := range 6 {
		writers.Go(func() {
			for i := range 40 {
				name := fmt.Sprintf("Writer %d.%d", n, i)
				if r, err := c.do("POST", v+"/sobjects/Contact", `{"LastName":"`+name+`"}`); err == nil && r.status == 201 {
					mu.Lock()
					known = append(known, `"LastName":"`+name+`"`)
					mu.Unlock()
				}
			}
		})
	}
	type moment struct {
		dir   string
		known []string
		last  int64
	}
	var moments []moment
	for range 3 {
		mu.Lock()
		m := moment{known: slices.Clone(known), last: o.Log.Last()}
		mu.Unlock()
		m.dir = left(t, cfg.DataDir)
		moments = append(moments, m)
	}
	writers.Wait()
	moments = append(moments, moment{left(t, cfg.DataDir), known, o.Log.Last()})
	for n, m := range moments {
		again := cfg
		again.DataDir = m.dir
		o, c := start(t, again)
		truth := string(c.want(200, "GET", "/_sim/truth/Contact", "").body)
		ids, data := feed(t, o, bus.Earliest)
		for _, name := range m.known {
			if !strings.Contains(truth, name) || !strings.Contains(data, strings.TrimPrefix(name, `"LastName":`)) {
				t.Fatalf("kill %d: %s was answered and is lost", n, name)
			}
		}
		if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) || o.Log.Last() < m.last {
			t.Errorf("kill %d: replay ids %v up to %d, before it %d", n, ids, o.Log.Last(), m.last)
		}
		before := o.Log.Last()
		c.made("Contact", `{"LastName":"After"}`)
		if o.Log.Last() <= before {
			t.Errorf("kill %d: the next replay id is %d after %d", n, o.Log.Last(), before)
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A kill while a snapshot is written, and one between it and the new log, leave
// the org as it was.
func TestKillAroundTheSnapshotLosesNothing(t *testing.T) {
	cfg := simulator.Config{DataDir: t.TempDir(), Seed: 1, Sizes: seed.Sizes{Accounts: 2, Contacts: 3}}
	o, c := start(t, cfg)
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"create","count":60}`)
	c.want(200, "POST", "/_sim/changes", `{"object":"Contact","op":"update","count":60}`)
	truth := c.want(200, "GET", "/_sim/truth/Contact", "").body
	ids, data := feed(t, o, bus.Earliest)
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(filepath.Join(cfg.DataDir, "log.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string) {
		t.Helper()
		o, c := start(t, cfg)
		if got := c.want(200, "GET", "/_sim/truth/Contact", "").body; !bytes.Equal(got, truth) {
			t.Errorf("%s: contacts differ", what)
		}
		if again, text := feed(t, o, bus.Earliest); !slices.Equal(again, ids) || text != data {
			t.Errorf("%s: %d events, before it %d", what, len(again), len(ids))
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
	}
	put := func(name string, text []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(cfg.DataDir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("org.jsonl.new", []byte(`{"commit":1,"rows":[{"object":"Con`))
	check("half a snapshot")
	put("log.jsonl", log) // of which the new snapshot has everything
	check("an old log beside a new snapshot")
}
