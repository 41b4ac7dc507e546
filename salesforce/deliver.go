package salesforce

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tidegate/gateway"
)

// MaxCollection is how many records one Collections call takes.
const MaxCollection = 200

// maxExtra bounds the calls that a Deliver makes beyond the plain ones. Finding
// one bad record among 200 takes 16.
const maxExtra = 32

// writeHeaders go with every write. Without Sforce-Auto-Assign: FALSE an
// update can hand a lead to another owner; without Sforce-Mru what we write
// would crowd the connected user's list of recent records.
func writeHeaders() map[string]string {
	return map[string]string{"Sforce-Auto-Assign": "FALSE", "Sforce-Mru": "updateMru=false"}
}

// Deliver attempts to write changes of one object and one operation, and
// returns one outcome for each, in order. upsertKey is the external id field
// that a create is written by ("" = plain create; see Client.Find). One change
// is a single call; several are Collections calls of MaxCollection records,
// each record succeeding or failing by itself.
//
// Delivery.Unknown is true when the write may have happened although no
// proper answer came. Salesforce's code and text are in Err.Said.
func (c *Client) Deliver(ctx context.Context, object string, op gateway.Op, changes []gateway.Change, upsertKey string) []gateway.Delivery {
	w := write{client: c, object: object, op: op, key: upsertKey}
	if op != gateway.OpCreate {
		w.key = ""
	}
	extra := maxExtra
	w.extra = &extra
	if err := w.check(); err != nil {
		return same(len(changes), gateway.Delivery{Err: err})
	}
	outcomes := make([]gateway.Delivery, 0, len(changes))
	for len(changes) > 0 {
		n := min(len(changes), MaxCollection)
		outcomes = append(outcomes, w.deliver(ctx, changes[:n])...)
		changes = changes[n:]
	}
	for _, outcome := range outcomes {
		if outcome.Err != nil && outcome.Err.Code == gateway.CodeSFField {
			c.forget(object)
			break
		}
	}
	return outcomes
}

// write is one way of writing one object.
type write struct {
	client *Client
	object string
	op     gateway.Op
	key    string // upsert key, only with OpCreate
	extra  *int   // calls left for finding out which record was at fault
}

func (w write) check() *gateway.Error {
	switch {
	case !validName(w.object):
		return badName("object", w.object)
	case w.key != "" && !validName(w.key):
		return badName("field", w.key)
	case w.op != gateway.OpCreate && w.op != gateway.OpUpdate && w.op != gateway.OpDelete:
		return gateway.Errorf(gateway.CodeInternal, "unknown operation %q", w.op)
	}
	return nil
}

func same(n int, d gateway.Delivery) []gateway.Delivery {
	list := make([]gateway.Delivery, n)
	for i := range list {
		list[i] = d
	}
	return list
}

func (w write) deliver(ctx context.Context, changes []gateway.Change) []gateway.Delivery {
	if w.op == gateway.OpUpdate && slices.ContainsFunc(changes, gateway.Change.Guarded) {
		return w.guarded(ctx, changes)
	}
	if len(changes) == 1 {
		return []gateway.Delivery{w.single(ctx, changes[0])}
	}
	return w.collection(ctx, changes)
}

// single writes one record by its own call.
func (w write) single(ctx context.Context, change gateway.Change) gateway.Delivery {
	r, bad := w.singleRequest(change)
	if bad != nil {
		return gateway.Delivery{Err: bad}
	}
	got, err := w.client.call(ctx, r)
	if err != nil {
		return w.failed(got, err, change.Key.ID)
	}
	return w.succeeded(got, change.Key.ID)
}

func (w write) singleRequest(change gateway.Change) (request, *gateway.Error) {
	path, shape := w.client.base+"/sobjects/"+w.object, "/sobjects/{object}"
	r := request{header: writeHeaders()}
	switch {
	case w.op == gateway.OpCreate && w.key == "":
		r.method, r.accept = http.MethodPost, []int{http.StatusCreated}
		r.body = w.record(change, "")
	case w.op == gateway.OpCreate:
		r.method, r.accept = http.MethodPatch, []int{http.StatusCreated, http.StatusOK}
		path += "/" + w.key + "/" + pathSegment(change.Key.ID)
		shape += "/{field}/{value}"
		r.body = w.record(change, "")
	default:
		id, ok := gateway.NormalizeID(change.Key.ID)
		if !ok {
			return request{}, gateway.Errorf(gateway.CodeSFRequest, "%s", sayRequest)
		}
		path, shape = path+"/"+id, shape+"/{id}"
		r.accept = []int{http.StatusNoContent} // 200 would be a page of something between us and the org.
		r.method = http.MethodDelete
		if w.op == gateway.OpUpdate {
			r.method, r.body = http.MethodPatch, w.record(change, "")
			if change.Guarded() {
				r.header[unmodifiedHeader] = unmodifiedSince(change)
			}
		}
	}
	r.path, r.shape = path, shape
	return r, nil
}

// pathSegment encodes a value for a path. "+" is encoded too: Salesforce reads
// it as a space in places.
func pathSegment(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// record is the JSON of a change. prefix is put first inside the object
// (`"attributes":{…},`). Neither Id nor the upsert key may be in the body of a
// single call, nor Id in that of a collection.
func (w write) record(change gateway.Change, prefix string) []byte {
	fields := change.Fields
	if fields["Id"] != "" || fields[w.key] != "" {
		fields = fields.Clone()
		delete(fields, "Id")
		delete(fields, w.key)
	}
	body := fields.AppendJSON(append(make([]byte, 0, 64*len(fields)+len(prefix)+2), prefix...))
	if prefix == "" {
		return body
	}
	// `prefix{members}` becomes `{prefix,members}`.
	body[len(prefix)] = ','
	if len(fields) == 0 {
		body = append(body[:len(prefix)], '}')
	}
	return append([]byte{'{'}, body...)
}

// succeeded reads the answer of a single call that went well.
func (w write) succeeded(got answer, changeID string) gateway.Delivery {
	if w.op != gateway.OpCreate {
		id, _ := gateway.NormalizeID(changeID)
		return gateway.Delivery{Done: true, RecordID: id}
	}
	row, err := readRow(got.body)
	id, ok := gateway.NormalizeID(row.ID)
	if err != nil || !ok || !row.Success {
		return gateway.Delivery{
			Err:     unreadable(got.status, got.body, errors.Join(err, errors.New("the answer names no record"))),
			Unknown: true,
		}
	}
	created := got.status == http.StatusCreated
	if row.Created != nil {
		created = *row.Created
	}
	return gateway.Delivery{Done: true, RecordID: id, Created: created}
}

// failed makes the outcome of a call that gave an error.
func (w write) failed(got answer, err error, changeID string) gateway.Delivery {
	e, ok := errors.AsType[*gateway.Error](err)
	switch {
	case ok:
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		e = lost("waiting for a session", err)
	default:
		e = &gateway.Error{Code: gateway.CodeInternal, Message: "Tidegate could not send the change. The log says why.", Cause: err}
	}
	if w.op == gateway.OpDelete && strings.Contains(e.Said, "ENTITY_IS_DELETED") {
		id, _ := gateway.NormalizeID(changeID)
		return gateway.Delivery{Done: true, RecordID: id}
	}
	return gateway.Delivery{Err: e, Unknown: got.sent && isUnknown(e)}
}

// isUnknown reports whether a request that was sent may have been carried out
// in spite of this error: when no answer came, when the answer was lost on the
// way, and when something in front of the org answered for it.
func isUnknown(e *gateway.Error) bool {
	return e.Code == gateway.CodeSFDown && e.Status != http.StatusUnauthorized && !before(e.Status)
}

// before reports whether a status says that the request was not let in.
func before(status int) bool {
	switch status {
	case http.StatusMisdirectedRequest, 420, http.StatusTooManyRequests:
		return true
	}
	return status >= 300 && status < 400
}
