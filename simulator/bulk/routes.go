package bulk

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"tidegate/simulator/fault"
	"tidegate/simulator/org"
)

// Route is one path of the bulk API below /services/data/{version}.
type Route struct {
	Method, Path string
	Serve        func(*Jobs, Call) error
}

// Routes lists the paths. A closing slash is accepted on each of them.
func Routes() []Route {
	routes := []Route{
		{"POST", "/jobs/query", (*Jobs).createQuery},
		{"GET", "/jobs/query/{job}/results", (*Jobs).queryResults},
		{"GET", "/jobs/query/{job}/resultPages", (*Jobs).resultPages},
		{"POST", "/jobs/ingest", (*Jobs).createIngest},
		{"PUT", "/jobs/ingest/{job}/batches", (*Jobs).upload},
		{"GET", "/jobs/ingest/{job}/successfulResults", outcomeOf(succeeded)},
		{"GET", "/jobs/ingest/{job}/failedResults", outcomeOf(failed)},
		// The documentation spells it in lower case, clients as the others.
		{"GET", "/jobs/ingest/{job}/unprocessedrecords", outcomeOf(unprocessed)},
		{"GET", "/jobs/ingest/{job}/unprocessedRecords", outcomeOf(unprocessed)},
	}
	for _, kind := range []string{"query", "ingest"} {
		isQuery := kind == "query"
		routes = append(routes,
			Route{"GET", "/jobs/" + kind, func(j *Jobs, c Call) error { return j.list(c, isQuery) }},
			Route{"GET", "/jobs/" + kind + "/{job}", func(j *Jobs, c Call) error { return j.show(c, isQuery) }},
			Route{"PATCH", "/jobs/" + kind + "/{job}", func(j *Jobs, c Call) error { return j.change(c, isQuery) }},
			Route{"DELETE", "/jobs/" + kind + "/{job}", func(j *Jobs, c Call) error { return j.remove(c, isQuery) }},
		)
	}
	return routes
}

func (c Call) json(status int, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encoding a bulk answer: %w", err)
	}
	c.W.Header().Set("Content-Type", "application/json;charset=UTF-8")
	c.W.WriteHeader(status)
	_, _ = c.W.Write(encoded) // the reader may have left
	return nil
}

// maxRequest bounds the JSON of a job, in bytes; a statement has at most
// 100,000 characters.
const maxRequest = 1 << 20

func (c Call) body(v any) error {
	if err := json.NewDecoder(http.MaxBytesReader(c.W, c.R.Body, maxRequest)).Decode(v); err != nil {
		return org.Refuse("JSON_PARSER_ERROR", "Unexpected character or end of input: "+err.Error())
	}
	return nil
}

func (c Call) base() string { return "/services/data/v" + c.Version }

func (j *Jobs) show(c Call, isQuery bool) error {
	_, told, err := j.find(c, isQuery)
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, told)
}

func (j *Jobs) list(c Call, isQuery bool) error {
	from, _ := strconv.Atoi(c.R.URL.Query().Get("queryLocator")) // absent on the first page
	records, next := j.page(isQuery, max(from, 0))
	answer := map[string]any{"done": next == 0, "nextRecordsUrl": nil, "records": records}
	if next > 0 {
		answer["nextRecordsUrl"] = c.base() + "/jobs/" + kindOf(isQuery) + "?queryLocator=" + strconv.Itoa(next)
	}
	return c.json(http.StatusOK, answer)
}

func kindOf(isQuery bool) string {
	if isQuery {
		return "query"
	}
	return "ingest"
}

func (j *Jobs) remove(c Call, isQuery bool) error {
	one, _, err := j.find(c, isQuery)
	if err != nil {
		return err
	}
	if err := j.drop(one); err != nil {
		return err
	}
	c.W.WriteHeader(http.StatusNoContent)
	return nil
}

// change aborts a job, or starts an ingest job whose upload is complete.
func (j *Jobs) change(c Call, isQuery bool) error {
	one, _, err := j.find(c, isQuery)
	if err != nil {
		return err
	}
	var in struct {
		State string `json:"state"`
	}
	if err := c.body(&in); err != nil {
		return err
	}
	var told info
	switch {
	case in.State == Aborted:
		told, err = j.abort(one)
	case in.State == UploadComplete && !isQuery:
		told, err = j.uploaded(one)
	default:
		err = badState("Invalid job state: " + in.State)
	}
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, told)
}

// hold lets the bulk faults happen to a job that is in progress; false when
// the job is over by them or from outside.
func (j *Jobs) hold(one *job) bool {
	on := fault.Subject{Object: one.Object}
	if f, ok := j.org.Faults().Take(fault.BulkSlow, on); ok {
		timer := time.NewTimer(time.Duration(f.Millis) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-j.ctx.Done():
			return false
		}
	}
	if f, ok := j.org.Faults().Take(fault.BulkFail, on); ok {
		message := f.Message
		if message == "" {
			message = "InternalServerError : The job could not be finished"
		}
		j.end(one, &failure{message})
		return false
	}
	return !j.aborted(one)
}

// failure is the errorMessage of a failed job.
type failure struct{ text string }

func (f *failure) Error() string { return f.text }
