package main

import (
	"context"

	"tidegate/gateway"
	"tidegate/rules/backfill"
	"tidegate/salesforce"
	"tidegate/streaming"
)

// loading says how objects are read whole.
func (a *app) loading(from reader) streaming.Loading {
	return streaming.Loading{
		Bulk:  bulkReader{from},
		Sizes: backfill.Sizes{FromBulk: a.cfg.BulkFrom, BulkPage: a.cfg.BulkPage},
	}
}

// bulkReader joins streaming with the bulk jobs of one workspace's org.
type bulkReader struct{ reader }

// StartJob makes a job.
func (r bulkReader) StartJob(ctx context.Context, q streaming.ReadRequest) (string, error) {
	one, schema, err := r.schema(ctx, q.Object)
	if err != nil {
		return "", err
	}
	job, err := one.client.StartBulkQuery(spendOn(ctx, gateway.CallLoad, q.Object), schema, salesforce.PageRequest{Columns: q.Fields, AfterID: q.AfterID, Deleted: q.IncludeDeleted})
	if err == nil {
		one.jobs.Store(job.ID, q.Object)
	}
	return job.ID, err
}

// about is for what a job is asked, by its id.
func (r bulkReader) about(ctx context.Context, one *org, id string) context.Context {
	object, known := one.jobs.Load(id)
	if !known { // another process began it
		object = ""
		if loads, err := one.ws.Backfills(ctx); err == nil {
			for _, b := range loads {
				if b.Job == id {
					object = b.Object
					one.jobs.Store(id, object)
				}
			}
		}
	}
	return spendOn(ctx, gateway.CallLoad, object.(string))
}

// Job tells how a job stands.
func (r bulkReader) Job(ctx context.Context, id string) (streaming.JobState, error) {
	one, err := r.orgs.of(ctx, r.ws)
	if err != nil {
		return streaming.JobState{}, err
	}
	job, err := one.client.BulkQuery(r.about(ctx, one, id), id)
	return streaming.JobState{Complete: job.Complete(), Over: job.Over(), Rows: job.Rows, Said: job.Said}, err
}

// Results reads one page of results.
func (r bulkReader) Results(ctx context.Context, q streaming.ResultRequest, each func(*gateway.Table) error) (string, error) {
	one, schema, err := r.schema(ctx, q.Object)
	if err != nil {
		return "", err
	}
	return one.client.BulkResults(spendOn(ctx, gateway.CallLoad, q.Object), schema, salesforce.ResultPage{
		Job: q.Job, Locator: q.Locator, Rows: q.Rows, Skip: q.Skip, Chunk: q.Chunk,
	}, each)
}

// DropJob drops a job.
func (r bulkReader) DropJob(ctx context.Context, id string) error {
	one, err := r.orgs.of(ctx, r.ws)
	if err != nil {
		return err
	}
	defer one.jobs.Delete(id)
	return one.client.EndBulkQuery(r.about(ctx, one, id), id)
}
