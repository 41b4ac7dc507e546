package bulk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"tidegate/simulator/org"
)

const (
	// maxUpload is 150 MB of CSV.
	maxUpload = 150 << 20
	// batchRows is how many rows are written in one transaction.
	batchRows = 200
)

// ingestWork is what an ingest job writes and what became of each row.
type ingestWork struct {
	data []byte // the upload, nil before
	// rows and their fate, appended by the worker; read under Jobs.mu.
	rows   []row
	header []string
}

var operations = map[string]bool{"insert": true, "update": true, "upsert": true, "delete": true, "hardDelete": true}

// order is the body of a new ingest job.
type order struct {
	Object         string `json:"object"`
	Operation      string `json:"operation"`
	ExternalID     string `json:"externalIdFieldName"`
	AssignmentRule string `json:"assignmentRuleId"`
	ContentType    string `json:"contentType"`
	format
}

// ingestOrder reads the order; with multipart also the CSV beside it.
func (c Call) ingestOrder() (in order, data []byte, err error) {
	form, err := c.R.MultipartReader()
	if err != nil {
		return in, nil, c.body(&in)
	}
	data, err = readParts(form, &in)
	if err != nil {
		return in, nil, org.Refuse("InvalidJob", "unreadable multipart body: "+err.Error())
	}
	return in, data, nil
}

// readParts takes the part named job, which comes first, and the one named
// content.
func readParts(form *multipart.Reader, in *order) ([]byte, error) {
	part, err := form.NextPart()
	if err != nil {
		return nil, err
	}
	if err := json.NewDecoder(io.LimitReader(part, maxRequest)).Decode(in); err != nil {
		return nil, err
	}
	part, err = form.NextPart()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(part, maxRequest))
	if err == nil && len(data) == 0 {
		err = errors.New("the content is empty")
	}
	return data, err
}

func (j *Jobs) createIngest(c Call) error {
	in, data, err := c.ingestOrder()
	if err != nil {
		return err
	}
	if !operations[in.Operation] {
		return org.Refuse("InvalidJob", "Invalid operation: "+in.Operation)
	}
	if in.ContentType != "" && in.ContentType != "CSV" {
		return org.Refuse("InvalidJob", "Unsupported content type: "+in.ContentType)
	}
	if err := in.fill(); err != nil {
		return err
	}
	o, err := j.entity(c, in.Object)
	if err != nil {
		return err
	}
	if err := checkKey(o, in); err != nil {
		return err
	}
	one := &job{ingest: &ingestWork{}}
	one.Operation, one.Object, one.ExternalID = in.Operation, o.Name, in.ExternalID
	one.AssignmentRule = in.AssignmentRule
	one.JobType, one.LineEnding, one.ColumnDelimiter, one.State = "V2Ingest", in.LineEnding, in.ColumnDelimiter, Open
	if data != nil {
		one.ingest.data, one.State = data, UploadComplete
	}
	c.Caller.Origin = strings.Replace(c.Caller.Origin, "/api/rest/", "/api/bulkapi/", 1)
	created := j.add(c, one)
	if data != nil {
		j.start(one, func(ctx context.Context) error { return j.runIngest(ctx, one) })
	}
	return c.json(http.StatusOK, created)
}

// checkKey wants an upsert to name a field that can be its key.
func checkKey(o *org.Object, in order) error {
	if in.Operation != "upsert" {
		return nil
	}
	f := o.FieldFold(in.ExternalID)
	if f == nil || !f.ExternalID && !f.IDLookup {
		return org.Refuse("InvalidJob", "Invalid external ID field: "+in.ExternalID)
	}
	return nil
}

// upload takes the CSV, once per job.
func (j *Jobs) upload(c Call) error {
	one, told, err := j.find(c, false)
	if err != nil {
		return err
	}
	if told.State != Open {
		return badState("The job is " + told.State + " and takes no data")
	}
	if kind := c.R.Header.Get("Content-Type"); kind != "" && !strings.HasPrefix(strings.ToLower(kind), "text/csv") {
		return &org.Error{Code: "InvalidContentType", Message: "Content type must be text/csv", Status: http.StatusUnsupportedMediaType}
	}
	var data bytes.Buffer
	if _, err := data.ReadFrom(http.MaxBytesReader(c.W, c.R.Body, maxUpload)); err != nil {
		return &org.Error{Code: "REQUEST_TOO_LARGE", Message: "request body is too large", Status: http.StatusRequestEntityTooLarge}
	}
	j.mu.Lock()
	again := one.ingest.data != nil
	if !again {
		one.ingest.data = data.Bytes()
	}
	j.mu.Unlock()
	if again {
		return badState("Found multiple contents for job: " + one.ID + ", please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job and make sure you only do 'PUT' once on a given Job.")
	}
	c.W.WriteHeader(http.StatusCreated)
	return nil
}

// uploaded closes the upload and starts the work.
func (j *Jobs) uploaded(one *job) (info, error) {
	j.mu.Lock()
	switch {
	case one.State != Open:
		defer j.mu.Unlock()
		return info{}, badState("Closing already " + one.State + " Job not allowed")
	case one.ingest.data == nil:
		one.ingest.data = []byte{}
	}
	one.State, one.SystemModstamp = UploadComplete, j.moment()
	told := one.info
	j.mu.Unlock()
	j.start(one, func(ctx context.Context) error { return j.runIngest(ctx, one) })
	return told, nil
}

// runIngest writes the rows, batch by batch. A row that fails does not fail
// the job.
func (j *Jobs) runIngest(ctx context.Context, one *job) error {
	zero, failures, retries := 0, 0, 0
	j.mu.Lock()
	one.Processed, one.Failures, one.Retries = &zero, &failures, &retries
	j.mu.Unlock()
	if len(one.ingest.data) == 0 {
		return nil
	}
	t, err := j.openTable(one)
	if err != nil {
		return err
	}
	for {
		lines, done, err := t.read(batchRows)
		if err != nil {
			return err
		}
		if len(lines) > 0 && (ctx.Err() != nil || j.aborted(one)) {
			return ctx.Err()
		}
		if err := j.writeBatch(one, t, lines); err != nil {
			return err
		}
		if done {
			return nil
		}
	}
}

// writeBatch writes the lines in one transaction; each stands for itself.
func (j *Jobs) writeBatch(one *job, t *table, lines []line) error {
	rows := make([]row, len(lines))
	_, err := j.org.Transact(one.caller, func(tx *org.Tx) error {
		for i, l := range lines {
			mark := tx.Mark()
			done, refused := t.write(tx, l)
			if refused == nil && j.Saved != nil && done.id != "" && t.saves() {
				refused = j.Saved(tx, Saved{one.Object, done.id, done.created, one.AssignmentRule != ""})
			}
			if refused != nil {
				tx.Rollback(mark)
				done = row{failure: describe(refused)}
			}
			done.from, done.to = l.from, l.to
			rows[i] = done
		}
		return nil
	})
	if err != nil {
		return err
	}
	failures := 0
	var gone []string
	for _, r := range rows {
		if r.failure != "" {
			failures++
		} else {
			gone = append(gone, r.id)
		}
	}
	if t.operation == "hardDelete" {
		if err := j.org.Purge(one.caller, one.Object, gone); err != nil {
			return err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	one.ingest.rows = append(one.ingest.rows, rows...)
	processed, failed := *one.Processed+len(rows), *one.Failures+failures
	one.Processed, one.Failures = &processed, &failed
	return nil
}

// describe words a refusal as sf__Error does: CODE:message:fields --.
func describe(e *org.Error) string {
	fields := strings.Join(e.Fields, ",")
	if fields != "" {
		fields += " "
	}
	return e.Code + ":" + e.Message + ":" + fields + "--"
}
