package bulk

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"tidegate/simulator/fault"
	"tidegate/simulator/org"
	"tidegate/simulator/soql"
)

const (
	// pageRows is the size of a result page when the caller names none.
	pageRows = 100_000
	// chunkRows is how many rows are written under one read lock.
	chunkRows = 2000
	// shownPages is how many result addresses are told at once.
	shownPages = 5
)

// queryWork is what a query job reads. The result holds the versions of the
// records as they were when the query ran, not copies of them.
type queryWork struct {
	statement *soql.Query
	all       bool
	result    *soql.Result // set once, before the state is JobComplete
}

// unsupported are the objects of this org that the bulk API does not know.
var unsupported = map[string]bool{"TaskStatus": true, "LeadStatus": true, "OpportunityStage": true}

func (j *Jobs) entity(c Call, name string) (*org.Object, error) {
	o := j.org.ObjectFor(c.Caller.UserID, name)
	_, refused := j.org.Faults().Take(fault.BulkUnsupported, fault.Subject{Object: name})
	if o == nil || unsupported[o.Name] || refused {
		return nil, org.Refuse("INVALIDENTITY", "Entity '"+name+"' is not supported by the Bulk API.")
	}
	return o, nil
}

func (j *Jobs) createQuery(c Call) error {
	var in struct {
		Operation string `json:"operation"`
		Query     string `json:"query"`
		format
	}
	if err := c.body(&in); err != nil {
		return err
	}
	if in.Operation != "query" && in.Operation != "queryAll" {
		return org.Refuse("InvalidJob", "operation must be query or queryAll")
	}
	if err := in.fill(); err != nil {
		return err
	}
	statement, err := soql.Parse(in.Query)
	if err != nil {
		return err
	}
	if err := statement.ForBulk(); err != nil {
		return err
	}
	o, err := j.entity(c, statement.From)
	if err != nil {
		return err
	}
	if err := j.check(c, *statement); err != nil {
		return err
	}
	one := &job{isQuery: true, query: &queryWork{statement: statement, all: in.Operation == "queryAll"}}
	one.Operation, one.Object, one.State = in.Operation, o.Name, UploadComplete
	one.JobType, one.LineEnding, one.ColumnDelimiter = "V2Query", in.LineEnding, in.ColumnDelimiter
	created := j.add(c, one)
	j.start(one, func(context.Context) error { return j.runQuery(one) })
	return c.json(http.StatusOK, created)
}

// check resolves every name of the statement without reading a row.
func (j *Jobs) check(c Call, statement soql.Query) (err error) {
	statement.Limit, statement.OrderBy = 0, nil
	j.org.ReadAs(c.Caller.UserID, func(v org.View) {
		var empty *soql.Result
		if empty, err = soql.Run(v, &statement, false); err == nil {
			err = empty.Flat()
		}
	})
	return err
}

func (j *Jobs) runQuery(one *job) (err error) {
	var result *soql.Result
	j.org.ReadAs(one.caller.UserID, func(v org.View) { result, err = soql.Run(v, one.query.statement, one.query.all) })
	if err != nil {
		return err
	}
	none, rows, chunking := 0, result.Len(), one.query.statement.Limit < 0 && len(one.query.statement.OrderBy) == 0
	j.mu.Lock()
	defer j.mu.Unlock()
	one.query.result = result
	one.Processed, one.Retries, one.PKChunking = &rows, &none, &chunking
	return nil
}

// finished finds a query job whose results can be read by this call.
func (j *Jobs) finished(c Call) (*job, error) {
	one, told, err := j.find(c, true)
	switch {
	case err != nil:
		return nil, err
	case strconv.FormatFloat(told.APIVersion, 'f', 1, 64) != c.Version:
		return nil, &org.Error{
			Code: "API_VERSION_MISMATCH", Status: http.StatusConflict,
			Message: fmt.Sprintf("The job was created with API version %.1f", told.APIVersion),
		}
	case told.State != JobComplete:
		return nil, badState("The job is " + told.State + ", its results are not available")
	}
	return one, nil
}

func locator(offset int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "2:%d", offset))
}

// offsetOf reads a locator; false for what none of ours looks like.
func offsetOf(locator string, rows int) (int, bool) {
	if locator == "" {
		return 0, true
	}
	decoded, err := base64.RawURLEncoding.DecodeString(locator)
	text, ok := strings.CutPrefix(string(decoded), "2:")
	offset, notNumber := strconv.Atoi(text)
	return offset, err == nil && ok && notNumber == nil && offset > 0 && offset < rows
}

// span is the part of the result that the request asks for.
func span(r *http.Request, rows int) (from, to int, err error) {
	q := r.URL.Query()
	from, ok := offsetOf(q.Get("locator"), rows)
	if !ok {
		return 0, 0, org.Refuse("INVALID_QUERY_LOCATOR", "Invalid locator")
	}
	most := pageRows
	if text := q.Get("maxRecords"); text != "" {
		if most, err = strconv.Atoi(text); err != nil || most < 1 {
			return 0, 0, org.Refuse("InvalidParameter", "maxRecords must be a positive number")
		}
	}
	return from, min(rows, from+min(most, rows)), nil
}

func (j *Jobs) queryResults(c Call) error {
	one, err := j.finished(c)
	if err != nil {
		return err
	}
	result := one.query.result
	from, to, err := span(c.R, result.Len())
	if err != nil {
		return err
	}
	next := "null" // the word, not an absent header
	if to < result.Len() {
		next = locator(to)
	}
	c.W.Header().Set("Content-Type", "text/csv")
	c.W.Header().Set("Sforce-NumberOfRecords", strconv.Itoa(to-from))
	c.W.Header().Set("Sforce-Locator", next)
	c.W.WriteHeader(http.StatusOK)
	j.writeRows(c, one, from, to)
	return nil
}

// writeRows writes the header and the rows, a chunk at a time, so that a page
// of any size takes little memory and never holds writers up for long.
func (j *Jobs) writeRows(c Call, one *job, from, to int) {
	result, form := one.query.result, format{one.LineEnding, one.ColumnDelimiter}
	buf := form.line(nil, result.Columns()...)
	for at := from; ; at += chunkRows {
		j.org.ReadAs(one.caller.UserID, func(v org.View) {
			for i := at; i < min(at+chunkRows, to); i++ {
				buf = append(result.AppendLine(buf, v, i, form.delimiter()), form.end()...)
			}
		})
		if _, err := c.W.Write(buf); err != nil || at+chunkRows >= to {
			return // an error: the reader left
		}
		buf = buf[:0]
	}
}

// resultPages tells the addresses of the next few pages, to be read side by
// side.
func (j *Jobs) resultPages(c Call) error {
	one, err := j.finished(c)
	if err != nil {
		return err
	}
	rows := one.query.result.Len()
	at, ok := offsetOf(c.R.URL.Query().Get("locator"), rows)
	if !ok {
		return org.Refuse("INVALID_QUERY_LOCATOR", "Invalid locator")
	}
	path := c.base() + "/jobs/query/" + one.ID
	pages := []map[string]string{}
	for ; len(pages) < shownPages && (at < rows || at == 0 && len(pages) == 0); at += pageRows {
		url := path + "/results"
		if at > 0 {
			url += "?locator=" + locator(at)
		}
		pages = append(pages, map[string]string{"resultUrl": url})
	}
	answer := map[string]any{"resultPages": pages, "done": at >= rows, "nextRecordsUrl": nil}
	if at < rows {
		answer["nextRecordsUrl"] = path + "/resultPages?locator=" + locator(at)
	}
	return c.json(http.StatusOK, answer)
}
