package store

import (
	"context"
	"database/sql"
	"sync"

	"github.com/jmoiron/sqlx"
)

// statements keeps the statements of full chunks prepared from one transaction
// to the next: of a batch of changes SQLite spent a fourteenth of the time on
// reading the same few texts again. Postgres has arrays and COPY for the rows of
// a batch, whose texts are short.
type statements struct {
	mu     sync.Mutex
	kept   map[string]*sql.Stmt // nil: wanted, and to be prepared
	wanted bool
}

// keptStatements bounds how many there are; the flow has some twenty.
const keptStatements = 64

// in returns the statement for a transaction, or nil where it is not prepared;
// then it is from the next transaction on, because this one has the only
// connection.
func (s *statements) in(ctx context.Context, tx sqlx.ExtContext, query string) *sql.Stmt {
	inner, ok := tx.(*sqlx.Tx)
	if s == nil || !ok {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, known := s.kept[query]
	if kept != nil {
		return inner.Tx.StmtContext(ctx, kept)
	}
	if !known && len(s.kept) < keptStatements {
		s.kept[query], s.wanted = nil, true
	}
	return nil
}

// prepare prepares what is wanted, before a transaction begins: whoever is in
// one holds the only connection, so nothing here waits for it with the lock.
func (s *statements) prepare(ctx context.Context, pool *sqlx.DB) {
	for _, query := range s.missing() {
		stmt, err := pool.PrepareContext(ctx, query)
		s.mu.Lock()
		if err != nil {
			delete(s.kept, query) // wanted again when it is asked for again
		} else {
			s.kept[query] = stmt
		}
		s.mu.Unlock()
	}
}

// missing returns what is wanted, once.
func (s *statements) missing() (queries []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.wanted {
		return nil
	}
	s.wanted = false
	for query, kept := range s.kept {
		if kept == nil {
			queries = append(queries, query)
		}
	}
	return queries
}
