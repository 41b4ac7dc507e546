package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"tidegate/gateway"
)

// rowResult is the outcome of one record.
type rowResult struct {
	ID      string      `json:"id"` // not to be trusted without success
	Success bool        `json:"success"`
	Created *bool       `json:"created"`
	Errors  []wireError `json:"errors"`
}

func readRow(body []byte) (rowResult, error) {
	var row rowResult
	if len(body) == 0 {
		return row, errors.New("the answer is empty")
	}
	err := json.Unmarshal(body, &row)
	return row, err
}

// collection writes several records by one call, each by itself.
func (w write) collection(ctx context.Context, changes []gateway.Change) []gateway.Delivery {
	r, bad := w.collectionRequest(changes)
	if bad != nil {
		return w.halves(ctx, changes, gateway.Delivery{Err: bad})
	}
	got, err := w.client.call(ctx, r)
	if err != nil {
		return w.halves(ctx, changes, w.failed(got, err, ""))
	}
	var rows []rowResult
	if err := json.Unmarshal(got.body, &rows); err != nil || len(rows) != len(changes) {
		err = errors.Join(err, fmt.Errorf("%d results came for %d records", len(rows), len(changes)))
		return same(len(changes), gateway.Delivery{Err: unreadable(got.status, got.body, err), Unknown: true})
	}
	outcomes := make([]gateway.Delivery, len(changes))
	for i, row := range rows {
		outcomes[i] = w.rowOutcome(row, changes[i])
		if w.wantsID(outcomes[i]) && *w.extra > 0 {
			*w.extra--
			// Collections do not name the record that a duplicate rule found;
			// the single call does, and it is refused just the same.
			outcomes[i] = w.single(ctx, changes[i])
		}
	}
	return outcomes
}

// halves is what becomes of a refused collection. A whole call is refused for
// one bad record; splitting finds it in a few calls and lets its neighbors
// through (F-54). Where the whole connection is the trouble, or the outcome is
// unknown, all share the error.
func (w write) halves(ctx context.Context, changes []gateway.Change, all gateway.Delivery) []gateway.Delivery {
	if all.Done {
		return same(len(changes), gateway.Delivery{
			Err: gateway.Errorf(gateway.CodeSFOther, "%s", sayOther), Unknown: true,
		})
	}
	splittable := []gateway.Code{
		gateway.CodeSFRequest, gateway.CodeSFValidation, gateway.CodeSFField,
		gateway.CodeSFOther, gateway.CodeSFDuplicate,
	}
	if all.Unknown || ctx.Err() != nil || *w.extra < 2 || !slices.Contains(splittable, all.Err.Code) {
		return same(len(changes), all)
	}
	*w.extra -= 2
	middle := len(changes) / 2
	return append(w.deliver(ctx, changes[:middle]), w.deliver(ctx, changes[middle:])...)
}

func (w write) wantsID(d gateway.Delivery) bool {
	return w.op == gateway.OpCreate && d.Err != nil && d.Err.Code == gateway.CodeSFDuplicate &&
		d.Err.RecordID == "" && strings.Contains(d.Err.Said, "DUPLICATES_DETECTED")
}

func (w write) collectionRequest(changes []gateway.Change) (request, *gateway.Error) {
	r := request{header: writeHeaders(), shape: "/composite/sobjects", object: w.object}
	path := w.client.base + "/composite/sobjects"
	ids := make([]string, len(changes))
	if w.op != gateway.OpCreate {
		for i, change := range changes {
			id, ok := gateway.NormalizeID(change.Key.ID)
			if !ok {
				return request{}, gateway.Errorf(gateway.CodeSFRequest, "%s", sayRequest)
			}
			ids[i] = id
		}
	}
	switch {
	case w.op == gateway.OpDelete:
		r.method = http.MethodDelete
		path += "?allOrNone=false&ids=" + strings.Join(ids, ",")
	case w.op == gateway.OpUpdate:
		r.method, r.body = http.MethodPatch, w.records(changes, ids)
	case w.key == "":
		r.method, r.body = http.MethodPost, w.records(changes, nil)
	default:
		r.method, r.body = http.MethodPatch, w.records(changes, nil)
		path += "/" + w.object + "/" + w.key
		r.shape += "/{object}/{field}"
	}
	r.path = path
	return r, nil
}

// records is the body of a collection. attributes comes first in each record:
// known clients differ, and the strict reading of the rule asks for it.
func (w write) records(changes []gateway.Change, ids []string) []byte {
	var b bytes.Buffer
	b.WriteString(`{"allOrNone":false,"records":[`)
	for i, change := range changes {
		if i > 0 {
			b.WriteByte(',')
		}
		prefix := `"attributes":{"type":"` + w.object + `"}`
		switch {
		case ids != nil:
			prefix += `,"id":"` + ids[i] + `"`
		case w.key != "":
			prefix += `,"` + w.key + `":` + string(gateway.Text(change.Key.ID))
		}
		b.Write(w.record(change, prefix))
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

// rowOutcome reads the result of one record of a collection.
func (w write) rowOutcome(row rowResult, change gateway.Change) gateway.Delivery {
	if !row.Success {
		// The status of the whole call is 200 and says nothing of this row.
		e := errorFrom(http.StatusBadRequest, "", row.Errors)
		e.Status = http.StatusOK
		return w.failed(answer{sent: true}, e, change.Key.ID)
	}
	id, ok := gateway.NormalizeID(row.ID)
	if !ok {
		id, ok = gateway.NormalizeID(change.Key.ID)
	}
	if !ok {
		return gateway.Delivery{
			Err:     unreadable(http.StatusOK, nil, errors.New("a successful row names no record")),
			Unknown: true,
		}
	}
	created := w.op == gateway.OpCreate
	if row.Created != nil {
		created = *row.Created
	}
	return gateway.Delivery{Done: true, RecordID: id, Created: created}
}
