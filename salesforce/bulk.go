package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tidegate/gateway"
)

// BulkJob is a query job of Bulk API 2.0. Salesforce keeps it, with its
// results, for seven days.
type BulkJob struct {
	ID    string
	State string // UploadComplete, InProgress, JobComplete, Failed, Aborted
	Rows  int    // processed so far
	Said  string // why it failed, where Salesforce says so
}

// Complete reports whether the results can be read.
func (j BulkJob) Complete() bool { return j.State == "JobComplete" }

// Over reports whether the job ended without results.
func (j BulkJob) Over() bool { return j.State == "Failed" || j.State == "Aborted" }

// wireJob is what Salesforce says of a job.
type wireJob struct {
	ID    string `json:"id"`
	State string `json:"state"`
	Rows  int    `json:"numberRecordsProcessed"`
	Error string `json:"errorMessage"`
}

func (w wireJob) job() (BulkJob, error) {
	if w.ID == "" || w.State == "" || strings.ContainsAny(w.ID, "/?#") {
		return BulkJob{}, unreadable(http.StatusOK, nil, errors.New("a bulk job without id or state"))
	}
	return BulkJob{ID: w.ID, State: w.State, Rows: w.Rows, Said: clip(w.Error, maxSaid)}, nil
}

func (c *Client) jobPath(id string) string { return c.base + "/jobs/query/" + url.PathEscape(id) }

const jobShape = "/jobs/query/{id}"

// StartBulkQuery makes a job that reads an object whole, or what is behind
// req.AfterID; req.Limit is not used. It does not ask for an order: that would
// keep Salesforce from splitting the work, and take it minutes. An object that
// the Bulk API does not know is CodeSFUnavailable.
func (c *Client) StartBulkQuery(ctx context.Context, schema gateway.Schema, req PageRequest) (BulkJob, error) {
	soql, err := bulkQuery(schema, req)
	if err != nil {
		return BulkJob{}, err
	}
	operation := "query"
	if req.Deleted {
		operation = "queryAll"
	}
	body, err := json.Marshal(map[string]string{
		"operation": operation, "query": soql, "contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF",
	})
	if err != nil {
		return BulkJob{}, fmt.Errorf("making a bulk job: %w", err)
	}
	var wire wireJob
	err = c.json(ctx, request{
		method: http.MethodPost, path: c.base + "/jobs/query", shape: "/jobs/query", object: schema.Object, body: body,
		accept: []int{http.StatusOK, http.StatusCreated},
	}, &wire)
	if err != nil {
		return BulkJob{}, fmt.Errorf("making a bulk job for %s: %w", schema.Object, err)
	}
	return wire.job()
}

// bulkQuery selects columns without those that a bulk query cannot give:
// compound fields, whose parts are fields of their own, and blobs.
func bulkQuery(schema gateway.Schema, req PageRequest) (string, error) {
	if req.Columns == nil {
		req.Columns = Columns(schema)
	}
	var columns []string
	for _, name := range pageColumns(schema, req.Columns) {
		f, _ := schema.Field(name)
		if !slices.Contains(neverSelected, f.Type) {
			columns = append(columns, name)
		}
	}
	req.Limit = 0
	return pageQuery(schema, columns, req)
}

// BulkQuery asks how a job stands. One that Salesforce no longer keeps is
// CodeSFGone.
func (c *Client) BulkQuery(ctx context.Context, id string) (BulkJob, error) {
	var wire wireJob
	if err := c.get(ctx, c.jobPath(id), jobShape, &wire); err != nil {
		return BulkJob{}, fmt.Errorf("asking for a bulk job: %w", err)
	}
	return wire.job()
}

// ResultPage selects a page of a job's results.
type ResultPage struct {
	Job     string
	Locator string // of an earlier page's Next; "" = the first page
	Rows    int    // at most that many; 0 = as Salesforce likes
	Skip    int    // rows of the page that are not wanted any more
	Chunk   int    // rows of one call of each
}

// BulkResults reads one page of the results of a complete job and calls each
// with its rows, in order, while the rest is still under way: the memory it
// takes is that of two chunks. next is the locator of the following page, ""
// after the last. The error of each stops the reading and is returned. A
// locator or job that is no longer valid is CodeSFReplay or CodeSFGone.
func (c *Client) BulkResults(ctx context.Context, schema gateway.Schema, page ResultPage, each func(*gateway.Table) error) (next string, err error) {
	query := url.Values{}
	if page.Rows > 0 {
		query.Set("maxRecords", strconv.Itoa(page.Rows))
	}
	if page.Locator != "" {
		query.Set("locator", page.Locator)
	}
	path := c.jobPath(page.Job) + "/results"
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	_, err = c.call(ctx, request{
		method: http.MethodGet, path: path, shape: jobShape + "/results", object: schema.Object, header: map[string]string{"Accept": "text/csv"},
		sink: func(header http.Header, body io.Reader) error {
			next = header.Get("Sforce-Locator")
			if next == "null" { // the word
				next = ""
			}
			return readTables(body, schema, page, told(header), each)
		},
	})
	if e, ok := errors.AsType[*gateway.Error](err); ok && e.Status == http.StatusConflict {
		e.Code = gateway.CodeSFReplay // made with another API version
	}
	if err != nil {
		return "", fmt.Errorf("reading bulk results: %w", err)
	}
	return next, nil
}

// told is how many rows the page has by its header, -1 where it does not say.
func told(header http.Header) int {
	n, err := strconv.Atoi(header.Get("Sforce-NumberOfRecords"))
	if err != nil {
		return -1
	}
	return n
}

// readTables reads the CSV of one page. What goes wrong with the text itself
// is a broken answer, to be asked for again: also an end that comes too early.
func readTables(body io.Reader, schema gateway.Schema, page ResultPage, want int, each func(*gateway.Table) error) error {
	if page.Chunk <= 0 {
		page.Chunk = MaxRetrieve
	}
	in, err := newTableReader(body, schema)
	rows := 0
	for err == nil {
		var t *gateway.Table
		if t, err = in.page(page.Chunk); err != nil {
			break
		}
		rows += len(t.Rows)
		skip := min(page.Skip, len(t.Rows))
		page.Skip -= skip
		if t.Rows = t.Rows[skip:]; len(t.Rows) == 0 {
			continue
		}
		if err := each(t); err != nil {
			return err
		}
	}
	if errors.Is(err, io.EOF) {
		if want < 0 || rows == want {
			return nil
		}
		err = fmt.Errorf("%d rows of %d came", rows, want)
	}
	return lost("reading a bulk result", err)
}

// EndBulkQuery drops a job and its results, ending it first if it is under
// way. A job that is gone already is no error.
func (c *Client) EndBulkQuery(ctx context.Context, id string) error {
	_, err := c.call(ctx, request{method: http.MethodDelete, path: c.jobPath(id), shape: jobShape, accept: []int{http.StatusNoContent}})
	if err == nil || gateway.CodeOf(err) == gateway.CodeSFGone {
		return nil
	}
	_, err = c.call(ctx, request{
		method: http.MethodPatch, path: c.jobPath(id), shape: jobShape, body: []byte(`{"state":"Aborted"}`),
	})
	if err == nil {
		_, err = c.call(ctx, request{method: http.MethodDelete, path: c.jobPath(id), shape: jobShape, accept: []int{http.StatusNoContent}})
	}
	if err != nil && gateway.CodeOf(err) != gateway.CodeSFGone {
		return fmt.Errorf("dropping a bulk job: %w", err)
	}
	return nil
}
