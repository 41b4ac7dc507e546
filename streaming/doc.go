// Package streaming is the way in: everything that Salesforce says about its
// records becomes change events (stream, backfill, refetch, repair), and all
// of them pass through one apply, which commits the mirror, its history and
// the position in the stream together.
package streaming
