package salesforce

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

// A loser of a merge is found in the recycle bin with its master (F-41).
func TestRecycleBinTellsTheMaster(t *testing.T) {
	f := newFake(t)
	f.mux.HandleFunc("GET /services/data/v66.0/queryAll", func(w http.ResponseWriter, r *http.Request) {
		if _, err := w.Write([]byte(`{"totalSize":1,"done":true,"records":[{"attributes":{"type":"Contact"},"Id":"` + testContact +
			`","SystemModstamp":"2026-05-04T09:00:00.000+0000","IsDeleted":true,"MasterRecordId":"003dM00001wBXYEQA4"}]}`)); err != nil {
			t.Error(err)
		}
	})
	c := newClient(t, f)
	schema := gateway.Schema{Object: "Contact", Fields: []gateway.Field{
		{Name: "Id", Type: "id"}, {Name: "IsDeleted", Type: "boolean"}, {Name: "SystemModstamp", Type: "datetime"}, {Name: "MasterRecordId", Type: "reference"},
	}}
	ids := make([]string, binnedAtOnce+1)
	for i := range ids {
		ids[i] = testContact
	}
	got, err := c.Binned(context.Background(), schema, nil, ids)
	if err != nil || len(got) != 2 || !got[0].Deleted || got[0].Fields["MasterRecordId"].String() != "003dM00001wBXYEQA4" || got[0].Version.CommitAt == 0 {
		t.Fatalf("F-41: %+v, %v", got, err)
	}
	query, err := url.QueryUnescape(f.seen[0].query)
	if err != nil || len(f.seen) != 2 || !strings.Contains(query, "WHERE IsDeleted = true AND Id IN ('"+testContact+"'") || !strings.Contains(query, "MasterRecordId") {
		t.Errorf("%d queries, the first %.200s", len(f.seen), query)
	}
	if n := BinnedCalls(schema, len(ids)); n != len(f.seen) {
		t.Errorf("%d calls were announced, %d made", n, len(f.seen))
	}
	schema.Fields = schema.Fields[:3]
	if got, err := c.Binned(context.Background(), schema, nil, ids); err != nil || got != nil || len(f.seen) != 2 || BinnedCalls(schema, len(ids)) != 0 {
		t.Errorf("an object that cannot be merged was asked for: %v, %v", got, err)
	}
}

// A describe that did not change costs an empty answer (F-26).
func TestDescribeIsAskedForOnlyIfItChanged(t *testing.T) {
	f := newFake(t)
	modified := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	f.mux.HandleFunc("GET /services/data/v66.0/sobjects/Contact/describe", func(w http.ResponseWriter, r *http.Request) {
		if since, err := http.ParseTime(r.Header.Get("If-Modified-Since")); err == nil && !modified.After(since) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Last-Modified", modified.Format(http.TimeFormat))
		if _, err := w.Write([]byte(`{"name":"Contact","fields":[{"name":"Hull__c","type":"string"}]}`)); err != nil {
			t.Error(err)
		}
	})
	c := newClient(t, f)
	s, at, changed, err := c.DescribeSince(context.Background(), "Contact", time.Time{})
	if err != nil || !changed || !at.Equal(modified) || len(s.Fields) != 1 {
		t.Fatalf("first: %+v %v %v %v", s, at, changed, err)
	}
	if _, at, changed, err = c.DescribeSince(context.Background(), "Contact", at); err != nil || changed || !at.Equal(modified) {
		t.Errorf("unchanged: %v %v %v", at, changed, err)
	}
	modified = modified.Add(time.Second)
	if _, at, changed, err = c.DescribeSince(context.Background(), "Contact", at); err != nil || !changed || !at.Equal(modified) {
		t.Errorf("changed: %v %v %v", at, changed, err)
	}
}
