package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tidegate/gateway"
)

// notCompared are the fields that the mirror does not follow, with the reason.
var notCompared = map[string]string{
	"Id": "the key", "IsDeleted": "kept as the tombstone mark", "SystemModstamp": "kept as the version",
	"LastViewedDate": "about the reader, not the record", "LastReferencedDate": "about the reader, not the record",
	// Change events never carry these, not even when they change; they are right
	// as of the last reading. Source: Change Event Body Fields.
	"LastActivityDate": "derived from activities", "HasOpenActivity": "derived from activities", "HasOverdueTask": "derived from activities",
	"LastCURequestDate": "bookkeeping", "LastCUUpdateDate": "bookkeeping", "PhotoUrl": "derived",
	"Fiscal": "derived from the close date", "FiscalQuarter": "derived from the close date", "FiscalYear": "derived from the close date",
	"Account_Summary__c": "a formula (F-44)",
}

// row is a record on either side.
type row struct {
	fields  map[string]json.RawMessage
	deleted bool
	asOf    time.Time
}

// truth is what the org holds, by id.
func (w *world) truth(object string) map[string]row {
	w.t.Helper()
	code, body := do(w.t, http.MethodGet, w.org.URL+"/_sim/truth/"+object, "", nil)
	if code != http.StatusOK {
		w.t.Fatalf("truth of %s: %d %s", object, code, body)
	}
	rows := map[string]row{}
	for line := range strings.Lines(body) {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			w.t.Fatalf("truth of %s: %v", object, err)
		}
		id := gateway.Value(fields["Id"]).String()
		rows[id] = row{fields: fields, deleted: string(fields["IsDeleted"]) == "true", asOf: moment(fields["SystemModstamp"])}
	}
	return rows
}

// mirror is what the program's API gives, by id; a complaint when it cannot.
func (w *world) mirror(object string) (map[string]row, string) {
	rows := map[string]row{}
	for path := "/records/" + object + "?limit=500"; path != ""; {
		code, body := w.call(http.MethodGet, path, nil)
		if code != http.StatusOK {
			return nil, fmt.Sprintf("reading the mirror: %d %s", code, body)
		}
		var page struct {
			Records []struct {
				ID      string
				Fields  map[string]json.RawMessage
				Deleted bool
				AsOf    time.Time `json:"as_of"`
			}
			Next string
		}
		if err := json.Unmarshal([]byte(body), &page); err != nil {
			return nil, err.Error()
		}
		for _, r := range page.Records {
			rows[r.ID] = row{r.Fields, r.Deleted, r.AsOf}
		}
		path = strings.TrimPrefix(page.Next, "/api/v1")
	}
	return rows, ""
}

// mirrorEqualsOrg waits until every record of every mirrored object is here as
// the org holds it, tombstones included, and nothing is here that is not there.
func (w *world) mirrorEqualsOrg() {
	w.t.Helper()
	eventually(w.t, func() string {
		for _, object := range gateway.MirroredObjects {
			if complaint := w.differs(object); complaint != "" {
				return complaint
			}
		}
		return ""
	})
}

func (w *world) differs(object string) string {
	here, complaint := w.mirror(object)
	if complaint != "" {
		return complaint
	}
	there := w.truth(object)
	for id, got := range here {
		if _, ok := there[id]; !ok && (!got.deleted || !w.purged[id]) {
			return fmt.Sprintf("%s %s is here and not there", object, id)
		}
	}
	for id, want := range there {
		got, ok := here[id]
		switch {
		case !ok:
			return fmt.Sprintf("%s %s is missing", object, id)
		case got.deleted != want.deleted:
			return fmt.Sprintf("%s %s is deleted here: %v", object, id, got.deleted)
		}
		if complaint := differ(got, want); complaint != "" {
			return object + " " + id + " " + complaint
		}
	}
	return ""
}

func differ(got, want row) string {
	for name, there := range want.fields {
		if notCompared[name] != "" || compound(name, there, want) {
			continue
		}
		if want.deleted && (name == "LastModifiedDate" || name == "LastModifiedById") {
			continue // a delete event has no body
		}
		if a, b := canonical(got.fields[name]), canonical(there); a != b {
			return fmt.Sprintf("%s is %s, there %s", name, a, b)
		}
	}
	return ""
}

// compound tells an address, whose parts are compared instead.
func compound(name string, v json.RawMessage, r row) bool {
	prefix, ok := strings.CutSuffix(name, "Address")
	_, parts := r.fields[prefix+"PostalCode"]
	return ok && parts || strings.HasPrefix(string(v), "{")
}

// canonical brings a value to one spelling: the org writes times with +0000.
func canonical(v json.RawMessage) gateway.Value {
	if at := moment(v); !at.IsZero() {
		return gateway.Instant(at)
	}
	return gateway.Scalar(v)
}

// moment reads a time of either side, zero when it is none.
func moment(v json.RawMessage) time.Time {
	text := gateway.Value(v).String()
	for _, layout := range []string{"2006-01-02T15:04:05.000-0700", "2006-01-02T15:04:05.000Z"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// logPage is one page of the sync log.
type logPage struct {
	Lines []logLine
	Total int
	Next  string
}

type logLine struct {
	ID, Object, What, Rule, State, Outcome string
	RecordID                               string `json:"record_id"`
	Problem                                *struct {
		Code, What, Who string
		Said            string `json:"salesforce_said"`
		Fields          []string
	}
}

// log reads all lines that a query selects, newest first.
func (w *world) log(query string) (lines []logLine) {
	w.t.Helper()
	for path := "/log?limit=500&" + query; path != ""; {
		var page logPage
		w.api(http.MethodGet, path, nil, &page)
		lines = append(lines, page.Lines...)
		path = strings.TrimPrefix(page.Next, "/api/v1")
	}
	return lines
}
