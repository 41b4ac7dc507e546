package streaming

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/simulator/fault"
	"tidegate/store/storetest"
)

// TestReusedReplayIDsMakeNoDuplicateF10: after an org was moved, replay ids
// begin anew, and so may commit numbers. What makes two events the same is
// their transaction, their place in it, their record and what happened to it.
func TestReusedReplayIDsMakeNoDuplicateF10(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		said := func(title string) gateway.Fields { return gateway.Fields{"Title": gateway.Text(title)} }
		first := change(5, gateway.Create, gateway.Fields{"LastName": `"Byron"`, "Title": `"Lady"`})
		b.stream("5", first)

		moved := change(6, gateway.Update, said("Countess")) // another transaction with the same replay id
		moved.ReplayID = "5"
		lower := change(7, gateway.Update, said("Analyst")) // and with a commit number from before
		lower.ReplayID, lower.Version.CommitNumber = "5", 3
		other := first // the same transaction and place, another record
		other.RecordIDs, other.Fields = []string{eve}, gateway.Fields{"LastName": `"Moneypenny"`}
		gone := lower // the same transaction and place, something else happened
		gone.Type, gone.Fields, gone.Version.Sequence = gateway.Delete, nil, lower.Version.Sequence+1
		b.stream("5", moved, lower, other)
		if r := b.record(ada); r.Fields["Title"] != `"Analyst"` {
			t.Errorf("the title is %s", r.Fields["Title"])
		}
		b.stream("5", gone)
		b.stream("5", first, moved, lower, gone, other) // all of it again
		if r := b.record(ada); !r.Deleted {
			t.Errorf("the record lives: %+v", r)
		}
		want := []gateway.Outcome{gateway.OutcomeApplied, gateway.OutcomeApplied, gateway.OutcomeApplied, gateway.OutcomeDeleted}
		if got := b.outcomes(ada); !slices.Equal(got, want) {
			t.Errorf("outcomes %v, want %v", got, want)
		}
		if got := b.outcomes(eve); !slices.Equal(got, want[:1]) {
			t.Errorf("outcomes of the other record %v", got)
		}
	})
}

// TestRefusalThatIsNotAboutThePositionLeavesItAloneF09: Salesforce refuses a
// schema, or a request, with the status of a lost position. It is shown, what
// changes is asked for meanwhile, and the stream goes on where it was.
func TestRefusalThatIsNotAboutThePositionLeavesItAloneF09(t *testing.T) {
	for name, spec := range map[string]fault.Spec{
		"a schema":  {Kind: "pubsub_error", Method: "GetSchema", Code: "schema.validation.failed", Status: 3, Message: "The schema ID is not valid.", Seconds: 3600},
		"a request": {Kind: "pubsub_error", Method: "Subscribe", Code: "subscription.fetch.request.invalid", Status: 3, Message: "The fetch request is not valid.", Seconds: 3600},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Engines(t, func(t *testing.T, url string) {
				w := newWorld(t, url)
				ids := w.contacts(20)
				w.start(func(c *Config) {
					w.over(PubSubStream)(c)
					c.AskEvery = 200 * time.Millisecond
				})
				w.settled()
				w.create("Account", map[string]any{"Name": "Gives a position"}) // its schema is another one
				w.settled()
				position := func() gateway.ReplayID {
					p, err := w.ws.Position(t.Context(), "c1", Channel)
					if err != nil {
						t.Fatal(err)
					}
					return p.Lease.Position
				}
				var before gateway.ReplayID
				w.eventually(func() string {
					if before = position(); before == "" {
						return "there is no position"
					}
					return ""
				})
				w.arm(spec)
				w.update(ids[0], map[string]any{"Title": "by a schema that is refused"})
				w.eventually(func() string {
					c, err := w.ws.Connection(t.Context())
					if err != nil || !strings.Contains(c.StateReason, spec.Message) {
						return fmt.Sprintf("state %s: %q, %v", c.State, c.StateReason, err)
					}
					return ""
				})
				w.settled() // asked for instead
				if now := position(); now != before {
					t.Errorf("the position moved from %q to %q", before, now)
				}
				w.faults.Clear()
				w.update(ids[1], map[string]any{"Title": "streamed"})
				w.eventually(w.is(gateway.StateOK))
				w.settled()
				w.eventually(func() string {
					if position() == before {
						return "the position stands still"
					}
					return ""
				})
				for _, h := range w.holes() {
					if h.Cause != gateway.HoleRefused {
						t.Errorf("recorded %s", told(h))
					}
				}
			})
		})
	}
}
