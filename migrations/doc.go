// Package migrations holds the schema, one folder per engine, embedded in the
// binary. The two folders have the same files and make the same tables; types
// differ where the engines do.
package migrations

import "embed"

// Files holds sqlite/NNNN_name.sql and postgres/NNNN_name.sql.
//
//go:embed sqlite/*.sql postgres/*.sql
var Files embed.FS
