package streaming

import (
	"context"
	"time"

	"tidegate/gateway"
)

// Reader asks Salesforce itself, where the stream is not enough. Errors are
// *gateway.Error with the codes of Salesforce's answers. Each call to Salesforce
// is told to CountCall.
type Reader interface {
	// Schema describes an object as the connected user sees it.
	Schema(ctx context.Context, object string) (gateway.Schema, error)
	// Rows returns one page of records as Snapshot events, or as Delete events
	// without commit number for deleted ones; Version.CommitAt is the row's
	// SystemModstamp. Ordered by id; fewer than Limit means the end.
	Rows(ctx context.Context, q ReadRequest) ([]gateway.ChangeEvent, error)
	// Retrieve reads records by id. Of objects that can be merged, a record in
	// the recycle bin is found as a Delete event with its last fields: only they
	// tell which record it was merged into. Other ids that Salesforce does not
	// return, being deleted or hidden, are in missing.
	Retrieve(ctx context.Context, object string, ids []string) (found []gateway.ChangeEvent, missing []string, err error)
	// Count returns how many records the object has, deleted ones not counted.
	Count(ctx context.Context, object string) (int, error)
	// CountChanged returns how many of them changed since, by SystemModstamp.
	CountChanged(ctx context.Context, object string, since time.Time) (int, error)
	// Deleted lists the ids of records that were deleted since, also of those
	// that left the recycle bin. complete is false when Salesforce does not know
	// all of them any more, or keeps no such list of the object.
	Deleted(ctx context.Context, object string, since time.Time) (ids []string, complete bool, err error)
}

// ReadRequest selects a page of one object's records.
type ReadRequest struct {
	Object string
	// Fields are the ones to read besides Id, SystemModstamp and IsDeleted,
	// which every reading needs and which are not among the fields returned.
	Fields         []string
	AfterID        string    // keyset: only ids greater than this, "" = from the start
	ChangedSince   time.Time // by SystemModstamp, inclusive; zero = all
	IncludeDeleted bool      // also what is in the recycle bin
	Limit          int
}
