package salesforce

import (
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tidegate/gateway"
)

const (
	bulkID   = "750dM00000Bulk1QAC"
	bulkJobs = "/services/data/v66.0/jobs/query"
)

func bulkRow(name string) string {
	return `"` + testContact + `","2026-05-01T07:25:37.000Z","false","` + name + `","","true","","",""` + "\n"
}

// names reads a page and returns the last names on it, and the place of the
// next one.
func names(t *testing.T, c *Client, page ResultPage) (list []string, next string, err error) {
	t.Helper()
	next, err = c.BulkResults(t.Context(), bulkSchema, page, func(table *gateway.Table) error {
		for i := range table.Rows {
			list = append(list, table.Event(i).Fields["LastName"].String())
		}
		return nil
	})
	return list, next, err
}

func TestBulkQueryFromJobToRows(t *testing.T) {
	f := newFake(t)
	f.mux.HandleFunc("POST "+bulkJobs, func(w http.ResponseWriter, _ *http.Request) {
		reply(w, http.StatusOK, `{"id":"`+bulkID+`","state":"UploadComplete","apiVersion":66.0}`)
	})
	f.on("GET "+bulkJobs+"/"+bulkID, http.StatusOK, `{"id":"`+bulkID+`","state":"JobComplete","numberRecordsProcessed":3}`)
	f.mux.HandleFunc("GET "+bulkJobs+"/"+bulkID+"/results", func(w http.ResponseWriter, r *http.Request) {
		rows, next := []string{"Ada", "Grace"}, "MTAw"
		if r.URL.Query().Get("locator") == "MTAw" {
			rows, next = []string{"Edsger"}, "null"
		}
		w.Header().Set("Content-Type", "text/csv")
		w.Header().Set("Sforce-Locator", next)
		w.Header().Set("Sforce-NumberOfRecords", fmt.Sprint(len(rows)))
		w.Header().Set("Content-Encoding", "gzip")
		zip := gzip.NewWriter(w)
		defer zip.Close()
		fmt.Fprint(zip, bulkHeader)
		for _, name := range rows {
			fmt.Fprint(zip, bulkRow(name))
		}
	})
	f.on("DELETE "+bulkJobs+"/"+bulkID, http.StatusNoContent, "")
	c := newClient(t, f)
	job, err := c.StartBulkQuery(t.Context(), bulkSchema, PageRequest{AfterID: testContact, Deleted: true})
	if err != nil || job.ID != bulkID || job.Complete() || job.Over() {
		t.Fatalf("%+v %v", job, err)
	}
	sent := f.requests()[0].body
	for _, part := range []string{`"operation":"queryAll"`, `SELECT Id,SystemModstamp,IsDeleted,LastName`, `Id \u003e '` + testContact + `'`} {
		if !strings.Contains(sent, part) {
			t.Errorf("the job is %s, without %s", sent, part)
		}
	}
	// Compound fields are refused by bulk queries, and an order costs minutes.
	for _, part := range []string{"MailingAddress", "ORDER BY", "LIMIT"} {
		if strings.Contains(sent, part) {
			t.Errorf("the job asks for %s: %s", part, sent)
		}
	}
	if job, err = c.BulkQuery(t.Context(), bulkID); err != nil || !job.Complete() || job.Rows != 3 {
		t.Fatalf("%+v %v", job, err)
	}
	list, next, err := names(t, c, ResultPage{Job: bulkID, Rows: 2})
	if err != nil || strings.Join(list, " ") != "Ada Grace" || next != "MTAw" {
		t.Fatalf("%v %q %v", list, next, err)
	}
	list, next, err = names(t, c, ResultPage{Job: bulkID, Rows: 2, Locator: next})
	if err != nil || strings.Join(list, " ") != "Edsger" || next != "" {
		t.Fatalf("%v %q %v", list, next, err)
	}
	if list, _, err = names(t, c, ResultPage{Job: bulkID, Skip: 1, Chunk: 1}); err != nil || strings.Join(list, " ") != "Grace" {
		t.Fatalf("a page that was half stored: %v %v", list, err)
	}
	if err := c.EndBulkQuery(t.Context(), bulkID); err != nil {
		t.Fatal(err)
	}
}

func TestBulkErrorsBecomeCodes(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		status     int
		want       gateway.Code
	}{
		{"an object that bulk does not know", `[{"errorCode":"INVALIDENTITY","message":"Entity 'TaskStatus' is not supported by the Bulk API."}]`, 400, gateway.CodeSFUnavailable},
		{"F-49 the day's calls are used up", `[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"TotalRequests Limit exceeded."}]`, 403, gateway.CodeSFLimit},
		{"F-49 the day's jobs are used up", `[{"errorCode":"ExceededQuota","message":"query jobs"}]`, 400, gateway.CodeSFLimit},
		{"results too early", `[{"errorCode":"InvalidJobState","message":"The job is InProgress"}]`, 400, gateway.CodeSFBusy},
		{"another API version", `[{"errorCode":"API_VERSION_MISMATCH","message":"created with 65.0"}]`, 409, gateway.CodeSFReplay},
		{"another API version in other words", `[{"errorCode":"SOMETHING_NEW","message":"version"}]`, 409, gateway.CodeSFReplay},
		{"a job that is not kept any more", `[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]`, 404, gateway.CodeSFGone},
		{"a locator that is not valid", `[{"errorCode":"INVALID_QUERY_LOCATOR","message":"Invalid locator"}]`, 400, gateway.CodeSFReplay},
		{"a page of an edge server", `<html><body>Service Unavailable</body></html>`, 503, gateway.CodeSFDown},
	} {
		f := newFake(t)
		f.on("GET "+bulkJobs+"/"+bulkID+"/results", tt.status, tt.body)
		_, _, err := names(t, newClient(t, f), ResultPage{Job: bulkID})
		if codeOf(err) != tt.want {
			t.Errorf("%s: %v is %s, want %s", tt.name, err, codeOf(err), tt.want)
		}
	}
}

func TestBulkPageThatEndsEarlyIsAskedForAgain(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter){
		"fewer rows than told":  func(w http.ResponseWriter) { fmt.Fprint(w, bulkHeader+bulkRow("Ada")) },
		"nothing at all":        func(http.ResponseWriter) {},
		"cut inside a value":    func(w http.ResponseWriter) { fmt.Fprint(w, bulkHeader+bulkRow("Ada")+`"003`) },
		"no table but a notice": func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") },
	} {
		f := newFake(t)
		f.mux.HandleFunc("GET "+bulkJobs+"/"+bulkID+"/results", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Sforce-Locator", "null")
			w.Header().Set("Sforce-NumberOfRecords", "2")
			answer(w)
		})
		if _, _, err := names(t, newClient(t, f), ResultPage{Job: bulkID}); codeOf(err) != gateway.CodeSFDown {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestErrorOfTheReceiverEndsABulkPage(t *testing.T) {
	f := newFake(t)
	f.on("GET "+bulkJobs+"/"+bulkID+"/results", http.StatusOK, bulkHeader+bulkRow("Ada")+bulkRow("Grace"))
	full := errors.New("full")
	calls := 0
	_, err := newClient(t, f).BulkResults(t.Context(), bulkSchema, ResultPage{Job: bulkID, Chunk: 1}, func(*gateway.Table) error {
		calls++
		return full
	})
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

func TestEndingABulkJob(t *testing.T) {
	f := newFake(t)
	state := "InProgress"
	f.mux.HandleFunc("DELETE "+bulkJobs+"/"+bulkID, func(w http.ResponseWriter, _ *http.Request) {
		switch state {
		case "InProgress":
			reply(w, http.StatusBadRequest, `[{"errorCode":"InvalidJobState","message":"Deleting a job that is InProgress is not allowed"}]`)
		case "Aborted":
			state = "gone"
			w.WriteHeader(http.StatusNoContent)
		default:
			reply(w, http.StatusNotFound, `[{"errorCode":"NOT_FOUND","message":"The requested resource does not exist"}]`)
		}
	})
	f.mux.HandleFunc("PATCH "+bulkJobs+"/"+bulkID, func(w http.ResponseWriter, _ *http.Request) {
		state = "Aborted"
		reply(w, http.StatusOK, `{"id":"`+bulkID+`","state":"Aborted"}`)
	})
	c := newClient(t, f)
	for range 2 { // the second time it is gone
		if err := c.EndBulkQuery(t.Context(), bulkID); err != nil || state != "gone" {
			t.Fatalf("%s: %v", state, err)
		}
	}
}
