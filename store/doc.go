// Package store keeps everything that Tidegate remembers, in SQLite or in
// Postgres. It owns all SQL and speaks the nouns of package gateway: rows are
// private to it. Every statement carries its workspace, except the few in
// system.go. What differs between the engines is in dialect.go.
//
// Errors that a caller can act on are *gateway.Error: CodeNotFound,
// CodeConflict (somebody else changed it meanwhile), CodeFenced (the lease is
// somebody else's by now) and CodeUnavailable (the database is away, full or
// read-only: try again later, acknowledge nothing).
package store
