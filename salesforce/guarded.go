package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"tidegate/gateway"
)

// maxParts is how many calls one composite call holds.
const maxParts = 25

const unmodifiedHeader = "If-Unmodified-Since"

// grain is how old a LastModifiedDate must be to guard a write. Salesforce
// compares whole seconds, so within the second of a change another one cannot
// be told from it; the rest is what our measure of its clock may be wrong by.
const grain = 2 * time.Second

func unmodifiedSince(change gateway.Change) string {
	return change.Unmodified.UTC().Format(http.TimeFormat)
}

// guarded writes changes of which some may only fill what is empty (F-65):
// those on the condition that their record is as it was when that was decided.
// Collections know no conditions, so they go 25 to a call.
func (w write) guarded(ctx context.Context, changes []gateway.Change) []gateway.Delivery {
	outcomes := make([]gateway.Delivery, len(changes))
	var plain, held places
	for i, change := range changes {
		if change.Guarded() {
			held.add(i, change)
		} else {
			plain.add(i, change)
		}
	}
	if len(plain.at) > 0 {
		plain.put(outcomes, w.deliver(ctx, plain.changes))
	}
	ready := w.look(ctx, held, outcomes)
	for len(ready.at) > 0 {
		n := min(len(ready.at), maxParts)
		now := places{ready.at[:n], ready.changes[:n]}
		ready = places{ready.at[n:], ready.changes[n:]}
		if n == 1 {
			now.put(outcomes, []gateway.Delivery{w.single(ctx, now.changes[0])})
			continue
		}
		now.put(outcomes, w.parts(ctx, now.changes))
	}
	return outcomes
}

// places are some of the changes of a call, with where their outcomes belong.
type places struct {
	at      []int
	changes []gateway.Change
}

func (p *places) add(i int, change gateway.Change) {
	p.at, p.changes = append(p.at, i), append(p.changes, change)
}

func (p places) put(into, outcomes []gateway.Delivery) {
	for n, i := range p.at {
		into[i] = outcomes[n]
	}
}

// look reads those records of which it is not known here for certain how they
// stood, and returns what can be written now. What somebody has filled in
// meanwhile, or touched in this very second, is stale.
func (w write) look(ctx context.Context, held places, outcomes []gateway.Delivery) (ready places) {
	var unsure places
	began := w.client.orgTime()
	for n, i := range held.at {
		if c := held.changes[n]; c.Unmodified.IsZero() || began.Sub(c.Unmodified.Truncate(time.Second)) < grain {
			unsure.add(i, c)
		} else {
			ready.add(i, c)
		}
	}
	if len(unsure.at) == 0 {
		return ready
	}
	rows, err := w.read(ctx, unsure.changes)
	for n, i := range unsure.at {
		c := unsure.changes[n]
		bad := err
		if bad == nil && rows[n] != nil {
			c.Unmodified, bad = parseInstant(gateway.Scalar(rows[n]["LastModifiedDate"]).String())
		} else {
			c.Unmodified = began.Add(-grain) // the write itself will say that it is gone
		}
		if bad != nil {
			outcomes[i] = w.failed(answer{}, bad, c.Key.ID)
			continue
		}
		if filled(c, rows[n]) || began.Sub(c.Unmodified.Truncate(time.Second)) < grain {
			outcomes[i] = gateway.Delivery{Err: gateway.Errorf(gateway.CodeSFStale, "%s", sayStale)}
			continue
		}
		ready.add(i, c)
	}
	return ready
}

// filled reports whether a field that may only be filled while empty has a
// value by now.
func filled(c gateway.Change, row map[string]json.RawMessage) bool {
	for _, name := range c.Fills {
		if v := gateway.Scalar(row[name]); c.Fields[name] != "" && !v.Empty() && v != c.Fields[name] {
			return true
		}
	}
	return false
}

// read asks for the fields that may only be filled, of all records in one call.
func (w write) read(ctx context.Context, changes []gateway.Change) ([]map[string]json.RawMessage, error) {
	ids, fields, known := make([]string, len(changes)), []string{"LastModifiedDate"}, map[string]bool{}
	for i, change := range changes {
		ids[i] = change.Key.ID
		for _, name := range change.Fills {
			if !validName(name) {
				return nil, badName("field", name)
			}
			if !known[name] {
				known[name], fields = true, append(fields, name)
			}
		}
	}
	body, err := json.Marshal(map[string][]string{"ids": ids, "fields": fields})
	if err != nil {
		return nil, fmt.Errorf("asking how records stand: %w", err)
	}
	var rows []map[string]json.RawMessage
	err = w.client.json(ctx, request{
		method: http.MethodPost, path: w.client.base + "/composite/sobjects/" + w.object,
		shape: "/composite/sobjects/{object}", body: body,
	}, &rows)
	if err == nil && len(rows) != len(ids) {
		err = unreadable(http.StatusOK, nil, fmt.Errorf("%d rows came for %d ids", len(rows), len(ids)))
	}
	return rows, err
}

// partAnswer is what one call of a composite call came to.
type partAnswer struct {
	Body   json.RawMessage `json:"body"`
	Status int             `json:"httpStatusCode"`
}

// parts writes up to 25 records, each by a call of its own under its own
// condition, all in one.
func (w write) parts(ctx context.Context, changes []gateway.Change) []gateway.Delivery {
	var b bytes.Buffer
	b.WriteString(`{"allOrNone":false,"compositeRequest":[`)
	for i, change := range changes {
		r, bad := w.singleRequest(change)
		if bad != nil {
			return same(len(changes), gateway.Delivery{Err: bad})
		}
		if i > 0 {
			b.WriteByte(',')
		}
		headers, err := json.Marshal(r.header)
		if err != nil {
			return same(len(changes), gateway.Delivery{Err: badName("record", change.Key.ID)})
		}
		fmt.Fprintf(&b, `{"method":"PATCH","url":%q,"referenceId":"r%d","httpHeaders":%s,"body":%s}`, r.path, i, headers, r.body)
	}
	b.WriteString(`]}`)
	r := request{method: http.MethodPost, path: w.client.base + "/composite", shape: "/composite", object: w.object, header: writeHeaders(), body: b.Bytes()}
	got, err := w.client.call(ctx, r)
	if err != nil {
		return same(len(changes), w.failed(got, err, ""))
	}
	var all struct {
		Parts []partAnswer `json:"compositeResponse"`
	}
	if err := json.Unmarshal(got.body, &all); err != nil || len(all.Parts) != len(changes) {
		err = errors.Join(err, errors.New(strconv.Itoa(len(all.Parts))+" answers came"))
		return same(len(changes), gateway.Delivery{Err: unreadable(got.status, got.body, err), Unknown: true})
	}
	outcomes := make([]gateway.Delivery, len(changes))
	for i, part := range all.Parts {
		if part.Status == http.StatusNoContent {
			outcomes[i] = w.succeeded(answer{}, changes[i].Key.ID)
			continue
		}
		outcomes[i] = w.failed(answer{sent: true}, errorOf(part.Status, nil, part.Body, w.client.cfg.Now()), changes[i].Key.ID)
	}
	return outcomes
}

// orgTime is Salesforce's clock, as measured.
func (c *Client) orgTime() time.Time { return c.cfg.Now().Add(c.Ahead()) }
