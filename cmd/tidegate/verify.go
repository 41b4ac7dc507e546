package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"tidegate/gateway"
	"tidegate/rules/proof"
	"tidegate/salesforce"
	"tidegate/streaming"
)

type verifyCmd struct {
	workspaceFlag
	Object []string `help:"Object to verify; all mirrored ones when left out."`
	DryRun bool     `help:"Say what differs, and repair nothing."`
	Calls  int      `default:"200" help:"Most calls to Salesforce for one object. The next run goes on where this one ended."`
	JSON   bool     `name:"json" help:"Print one JSON line an object."`
}

// Help shows examples.
func (verifyCmd) Help() string {
	return examples(`Counts, newest changes and sums are compared by day of creation, then records, then fields.
It may run beside "tidegate serve".`,
		"tidegate verify --workspace demo --dry-run",
		"tidegate verify --workspace demo --object Contact --json")
}

// Run verifies object by object.
func (c verifyCmd) Run(ctx context.Context, out *output) error {
	if c.Calls < 1 {
		return gateway.Errorf(gateway.CodeInvalid, "--calls must be at least 1")
	}
	a, err := c.beside(ctx)
	if err != nil {
		return err
	}
	defer a.close()
	objects, err := askedObjects(ctx, a.db.In(c.id()), c.Object)
	if err != nil {
		return err
	}
	return c.verify(ctx, a, objects, out)
}

func (c verifyCmd) verify(ctx context.Context, a *app, objects []string, out *output) error {
	one, err := a.orgs.of(ctx, c.id())
	if err != nil {
		return err
	}
	if !c.DryRun {
		if err := act(ctx, a.db.In(c.id()), "asked for a proof that repairs what differs", strings.Join(objects, ", ")); err != nil {
			return err
		}
	}
	v, err := streaming.NewVerifier(ctx, streaming.VerifyConfig{
		DB: a.db, Connection: one.conn, Org: prover{reader{a.orgs, c.id()}}, Holder: a.supervisor.holder,
		OwnClient: clientName, DryRun: c.DryRun, Calls: c.Calls, Budget: one.budget, Notify: a.announcer.announce,
	}, objects)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(out.to, 0, 4, 2, ' ', 0)
	var refused error // of those that cannot be verified now; the others are
	for _, object := range objects {
		p, err := v.Verify(ctx, object)
		switch {
		case err != nil && gateway.CodeOf(err) == gateway.CodeConflict:
			refused = errors.Join(refused, err)
		case err != nil:
			return errors.Join(table.Flush(), err)
		case c.JSON:
			if err := out.json(p); err != nil {
				return err
			}
		default:
			fmt.Fprintln(table, c.words(p))
		}
	}
	return errors.Join(table.Flush(), refused)
}

// words is the line of one object, with tabs between its columns.
func (c verifyCmd) words(p gateway.Proof) string {
	state := "equal"
	switch {
	case p.Records > 0 && c.DryRun:
		state = fmt.Sprintf("%d differ", p.Records)
	case p.Records > 0:
		state = fmt.Sprintf("%d differed, %d repaired", p.Records, p.Repaired)
		if p.Marked > 0 {
			state += fmt.Sprintf(", %d to be read by the running gateway", p.Marked)
		}
	case !p.Equal:
		state = "no difference found"
	}
	if p.Silent > 0 {
		state += fmt.Sprintf(", %d formula values had moved", p.Silent)
	}
	if p.Waits != "" {
		state += "; " + p.Waits
	}
	return fmt.Sprintf("%s\t%d here\t%d there\t%.0f%% of fields covered\t%d calls\t%s",
		p.Object, p.RowsHere, p.RowsThere, 100*p.Covered, p.Calls, state)
}

// prover asks Salesforce for the totals and timestamps of a proof.
type prover struct{ reader }

// Retrieve is that of the reader, for a proof.
func (r prover) Retrieve(ctx context.Context, object string, ids []string) ([]gateway.ChangeEvent, []string, error) {
	return r.reader.Retrieve(spendOn(ctx, gateway.CallProve, object), object, ids)
}

// Totals adds up the records created in a span by one aggregate statement.
func (r prover) Totals(ctx context.Context, object string, span proof.Span, numbers []string) (proof.Total, error) {
	one, schema, err := r.schema(ctx, object)
	if err != nil {
		return proof.Total{}, err
	}
	columns := []string{"COUNT(Id) n", "MAX(SystemModstamp) newest"}
	for i, name := range numbers {
		if _, err := salesforce.Identifier(schema, name); err != nil {
			return proof.Total{}, err
		}
		columns = append(columns, fmt.Sprintf("SUM(%s) s%d", name, i))
	}
	var total proof.Total
	soql := "SELECT " + strings.Join(columns, ", ") + " FROM " + object + created(span)
	err = one.client.Query(spendOn(ctx, gateway.CallProve, object), soql, func(rows []json.RawMessage) error {
		total, err = readTotal(rows[0], numbers)
		return err
	})
	return total, err
}

// readTotal reads the one row of an aggregate. Salesforce writes null for the
// sum and the maximum of nothing.
func readTotal(raw []byte, numbers []string) (proof.Total, error) {
	var row map[string]json.RawMessage
	if err := json.Unmarshal(raw, &row); err != nil {
		return proof.Total{}, fmt.Errorf("reading totals: %w", err)
	}
	total := proof.Total{Sums: map[string]float64{}}
	if err := json.Unmarshal(row["n"], &total.Rows); err != nil {
		return total, fmt.Errorf("reading totals: %w", err)
	}
	if newest := gateway.Scalar(row["newest"]); !newest.Empty() {
		at, err := time.Parse("2006-01-02T15:04:05.999-0700", newest.String())
		if err != nil {
			return total, fmt.Errorf("reading totals: %w", err)
		}
		total.Newest = at.UnixMilli()
	}
	for i, name := range numbers {
		var sum *float64
		if err := json.Unmarshal(row[fmt.Sprintf("s%d", i)], &sum); err != nil {
			return total, fmt.Errorf("reading totals: %w", err)
		}
		if sum != nil {
			total.Sums[name] = *sum
		}
	}
	return total, nil
}

// Stamps reads ids and timestamps, 2,000 a call.
func (r prover) Stamps(ctx context.Context, object string, span proof.Span) (map[string]int64, int, error) {
	one, schema, err := r.schema(ctx, object)
	if err != nil {
		return nil, 0, err
	}
	stamps, calls := map[string]int64{}, 0
	soql := "SELECT Id, SystemModstamp FROM " + object + created(span)
	err = one.client.Records(spendOn(ctx, gateway.CallProve, object), schema, soql, false, func(records []gateway.Record) error {
		calls++
		for _, record := range records {
			stamps[record.Key.ID] = record.ReadAt
		}
		return nil
	})
	return stamps, max(calls, 1), err
}

// created is the condition of a span, "" for all records.
func created(span proof.Span) string {
	var parts []string
	if !span.From.IsZero() {
		parts = append(parts, "CreatedDate >= "+salesforce.Instant(span.From))
	}
	if !span.To.IsZero() {
		parts = append(parts, "CreatedDate < "+salesforce.Instant(span.To))
	}
	if len(parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(parts, " AND ")
}
