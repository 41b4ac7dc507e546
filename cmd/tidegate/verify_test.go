package main

import (
	"context"
	"encoding/base64"
	"flag"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"tidegate/config"
	"tidegate/gateway"
	"tidegate/simulator"
	simorg "tidegate/simulator/org"
	"tidegate/simulator/seed"
	"tidegate/store"
	"tidegate/store/storetest"
	"tidegate/streaming"
)

// proven is a simulated org and a workspace connected to it, whose mirror is
// compared by a verifier with small pages.
type proven struct {
	t    *testing.T
	org  *simulator.Running
	app  *app
	ws   *store.Workspace
	conn gateway.Connection
}

// contacts is how many rows the large proof has, for example
// go test ./cmd/tidegate -run Damaged -contacts 100000
var contacts = flag.Int("contacts", 5000, "contacts in the proof of damaged cells")

const acme gateway.WorkspaceID = "acme"

func newProven(t *testing.T, database string, contacts int) *proven {
	t.Helper()
	org, err := simulator.Start(t.Context(), simulator.Config{
		Seed: 1, Quiet: true, Sizes: seed.Sizes{Accounts: 60, Contacts: contacts, Opportunities: 80},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := org.Close(); err != nil {
			t.Errorf("closing the org: %v", err)
		}
	})
	u, err := url.Parse(org.URL)
	if err != nil {
		t.Fatal(err)
	}
	a, err := newApp(t.Context(), config.Config{
		HTTPAddr: "127.0.0.1:0", OpsAddr: "127.0.0.1:0", DatabaseURL: database, Migrate: "on", AllowedHosts: []string{u.Host},
		SecretKey: base64.StdEncoding.EncodeToString([]byte("a key that nothing real is under")),
	}, slog.New(slog.DiscardHandler), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	p := &proven{t: t, org: org, app: a, ws: a.db.In(acme)}
	if err := ensureWorkspace(t.Context(), a.db, acme); err != nil {
		t.Fatal(err)
	}
	err = a.connectByApp(t.Context(), connectCmd{
		workspaceFlag: workspaceFlag{string(acme)}, LoginURL: org.URL, ClientID: org.ClientID, ClientSecret: org.ClientSecret,
		Flow: "client-credentials",
	})
	if err != nil {
		t.Fatal(err)
	}
	if p.conn, err = p.ws.Connection(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// verify runs one cycle over one object.
func (p *proven) verify(object string, change func(*streaming.VerifyConfig)) gateway.Proof {
	p.t.Helper()
	cfg := streaming.VerifyConfig{
		DB: p.app.db, Connection: p.conn, Org: prover{reader{p.app.orgs, acme}}, Holder: "prover", OwnClient: clientName,
		BucketRows: max(100, *contacts/10), PageRows: min(2000, max(100, *contacts/50)),
	}
	if change != nil {
		change(&cfg)
	}
	v, err := streaming.NewVerifier(p.t.Context(), cfg, []string{object})
	if err != nil {
		p.t.Fatal(err)
	}
	found, err := v.Verify(p.t.Context(), object)
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

// calls counts what the org was asked.
func (p *proven) calls() (n int) {
	for _, line := range p.org.Ledger.Lines() {
		n += line.Count
	}
	return n
}

// records returns what the mirror holds of an object, in order.
func (p *proven) records(object string) []gateway.Record {
	p.t.Helper()
	all, err := p.ws.RecordsAfter(p.t.Context(), object, "", 1_000_000)
	if err != nil {
		p.t.Fatal(err)
	}
	return all
}

// damage writes records behind everybody's back.
func (p *proven) damage(records ...gateway.Record) {
	p.t.Helper()
	err := p.ws.InTx(p.t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.SaveRecords(ctx, records) })
	if err != nil {
		p.t.Fatal(err)
	}
}

func TestDamagedCellsAreAllFoundAndRepairedInOneCycle(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, database string) {
		p := newProven(t, database, *contacts)
		if first := p.verify("Contact", nil); first.Repaired != *contacts || first.Absent != *contacts {
			t.Fatalf("an empty mirror: %+v", first)
		}
		if again := p.verify("Contact", nil); !again.Equal || again.Covered != 1 || again.Repaired != 0 {
			t.Fatalf("an equal mirror: %+v", again)
		}
		good := p.records("Contact")
		r := rand.New(rand.NewPCG(7, 7))
		damaged := map[string]bool{}
		for len(damaged) < 7 {
			one := good[r.IntN(len(good))]
			names := one.Fields.Names()
			name := names[r.IntN(len(names))]
			if damaged[one.Key.ID] {
				continue
			}
			damaged[one.Key.ID] = true
			one.Fields = one.Fields.Overlay(gateway.Fields{name: gateway.Text("damaged")})
			p.damage(one)
		}
		if dry := p.verify("Contact", func(c *streaming.VerifyConfig) { c.DryRun = true }); dry.Cells+dry.Silent != 7 || dry.Repaired != 0 {
			t.Errorf("a dry run: %+v", dry)
		}
		began, before := time.Now(), p.calls()
		found := p.verify("Contact", nil)
		t.Logf("%d rows, %d calls, %d ms", found.RowsHere, found.Calls, time.Since(began).Milliseconds())
		if asked := p.calls() - before; asked != found.Calls {
			t.Errorf("the org was called %d times, not %d", asked, found.Calls)
		}
		if found.Cells+found.Silent != 7 || found.Repaired != 7 {
			t.Errorf("found %+v, want 7 records repaired", found)
		}
		if found.Calls > 110 { // buckets, pages of the proof, and what narrowing may cost at most
			t.Errorf("%d calls", found.Calls)
		}
		p.same(good, p.records("Contact"))
		if after := p.verify("Contact", nil); !after.Equal {
			t.Errorf("afterwards: %+v", after)
		}
	})
}

func (p *proven) same(want, got []gateway.Record) {
	p.t.Helper()
	if len(want) != len(got) {
		p.t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range want {
		if want[i].Key != got[i].Key || string(want[i].Fields.JSON()) != string(got[i].Fields.JSON()) || want[i].Deleted != got[i].Deleted {
			p.t.Errorf("%s\n is %s\nwas %s", want[i].Key.ID, got[i].Fields.JSON(), want[i].Fields.JSON())
		}
	}
}

func TestProofFindsWhatIsMissingGoneAndChanged(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, database string) {
		p := newProven(t, database, 40)
		p.verify("Opportunity", nil)
		good := p.records("Opportunity")
		amount, dated, stamped, dead, gone := good[0], good[1], good[2], good[3], good[4]
		amount.Fields = amount.Fields.Overlay(gateway.Fields{"Amount": "1"})
		dated.Fields = dated.Fields.Overlay(gateway.Fields{"CreatedDate": `"1999-01-01T00:00:00.000Z"`})
		stamped.Fields = stamped.Fields.Overlay(gateway.Fields{"LastModifiedDate": `"1999-01-01T00:00:00.000Z"`})
		dead.Deleted = true
		ours := gateway.Record{Key: gateway.RecordKey{Object: "Opportunity", ID: "local:d1"}, Fields: gateway.Fields{"Name": `"Not sent"`}}
		p.damage(amount, dated, stamped, dead, ours)
		p.remove(gone.Key)
		found := p.verify("Opportunity", nil)
		if found.Records != 5 || found.Repaired != 5 || found.Absent != 1 || found.Gone != 1 || found.Unequal == 0 || found.Suspects < 2 {
			t.Errorf("found %+v", found)
		}
		gone.Deleted = true
		want := append([]gateway.Record{}, good...)
		want[4] = gone
		p.same(append(want, ours), p.records("Opportunity"))
		if after := p.verify("Opportunity", nil); !after.Equal || after.RowsHere != len(good)-1 {
			t.Errorf("afterwards %+v", after)
		}
	})
}

func (p *proven) remove(key gateway.RecordKey) {
	p.t.Helper()
	_, err := p.org.Engine.Transact(simorg.Caller{Origin: simorg.UIOrigin}, func(tx *simorg.Tx) error {
		if err := tx.Delete(key.Object, key.ID); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

func TestProofBesideARunningStreamLeavesNewRecordsToIt(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, database string) {
		p := newProven(t, database, 40)
		if _, ours, err := p.ws.AcquireLease(t.Context(), p.conn.ID, streaming.Channel, "somebody", time.Minute); err != nil || !ours {
			t.Fatal(ours, err)
		}
		found := p.verify("Account", nil)
		marks, err := p.ws.Refetches(t.Context(), 1000)
		if err != nil || found.Marked == 0 || found.Marked != len(marks) || found.Repaired != 0 || found.Equal {
			t.Errorf("found %+v, %d marks, %v", found, len(marks), err)
		}
		if here := p.records("Account"); len(here) != 0 {
			t.Errorf("%d records were added", len(here))
		}
	})
}

func TestProofWithinABudgetGoesOnWhereItEnded(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, database string) {
		p := newProven(t, database, 300)
		p.verify("Contact", func(c *streaming.VerifyConfig) { c.BucketRows = 1000 })
		small := func(c *streaming.VerifyConfig) { c.BucketRows, c.PageRows, c.Calls = 1000, 100, 2 }
		last := p.records("Contact")[299]
		last.Fields = last.Fields.Overlay(gateway.Fields{"LastName": `"Damaged"`})
		p.damage(last)
		repaired := 0
		for cycle := range 3 {
			found := p.verify("Contact", small)
			if found.Calls != 2 || found.Compared != 100 || found.Covered > 0.34 || found.Equal {
				t.Errorf("cycle %d: %+v", cycle, found)
			}
			repaired += found.Repaired
		}
		if repaired != 1 {
			t.Errorf("%d repaired in three cycles, want 1", repaired)
		}
	})
}

func TestVerifyPrintsOneLineAnObject(t *testing.T) {
	p := newProven(t, "sqlite://"+t.TempDir()+"/verify.db", 20)
	run := func(c verifyCmd) string {
		t.Helper()
		file, err := os.Create(t.TempDir() + "/out")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		c.Workspace, c.Calls = string(acme), 100
		if err := c.verify(t.Context(), p.app, gateway.MirroredObjects[:], &output{file}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n != len(gateway.MirroredObjects) {
			t.Errorf("%d lines:\n%s", n, text)
		}
		return string(text)
	}
	for _, step := range []struct {
		name string
		cmd  verifyCmd
		want string
	}{
		{"dry run", verifyCmd{DryRun: true}, "20 differ"},
		{"repair", verifyCmd{}, "20 differed, 20 repaired"},
		{"after it", verifyCmd{}, "equal"},
		{"as JSON", verifyCmd{JSON: true}, `"equal":true`},
	} {
		if got := run(step.cmd); !strings.Contains(got, step.want) {
			t.Errorf("%s: no %q in\n%s", step.name, step.want, got)
		} else if step.cmd.JSON && strings.Count(got, step.want) != len(gateway.MirroredObjects) {
			t.Errorf("%s: %s", step.name, got)
		}
	}
}

func TestProofWaitsForAFirstReadingAndForAnotherProof(t *testing.T) {
	p := newProven(t, "sqlite://"+t.TempDir()+"/verify.db", 20)
	ctx := t.Context()
	err := p.ws.SaveBackfill(ctx, gateway.Backfill{Object: "Contact", State: streaming.BackfillRunning, StartedAt: time.Now(), UpdatedAt: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if _, ours, err := p.ws.AcquireLease(ctx, p.conn.ID, streaming.VerifyChannel("Lead"), "somebody", time.Minute); err != nil || !ours {
		t.Fatal(ours, err)
	}
	v, err := streaming.NewVerifier(ctx, streaming.VerifyConfig{
		DB: p.app.db, Connection: p.conn, Org: prover{reader{p.app.orgs, acme}}, Holder: "prover",
	}, gateway.MirroredObjects[:])
	if err != nil {
		t.Fatal(err)
	}
	for object, want := range map[string]gateway.Code{"Contact": gateway.CodeConflict, "Lead": gateway.CodeConflict} {
		if _, err := v.Verify(ctx, object); err == nil || gateway.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", object, err, want)
		}
	}
	if _, err := v.Verify(ctx, "Account"); err != nil {
		t.Errorf("Account: %v", err)
	}
}
