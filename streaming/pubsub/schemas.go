package pubsub

import (
	"context"
	"sync"
)

// Schemas is a cache of schemas by id. An id is a hash of the schema's text,
// so what was fetched once holds for ever. The zero value is not usable.
type Schemas struct {
	mu   sync.Mutex
	byID map[string]*fetched
}

// fetched is one schema, or the fetching of it.
type fetched struct {
	done   chan struct{}
	schema *Schema // nil if the server's text is no schema
	err    error   // of the fetching; such an entry is dropped
}

// NewSchemas returns an empty cache.
func NewSchemas() *Schemas { return &Schemas{byID: map[string]*fetched{}} }

// get returns the schema of that id and fetches it at most once at a time,
// whoever asks. A failure is not kept.
func (s *Schemas) get(ctx context.Context, id string, fetch func(context.Context) (string, error)) (*Schema, error) {
	for {
		s.mu.Lock()
		f, known := s.byID[id]
		if !known {
			f = &fetched{done: make(chan struct{})}
			s.byID[id] = f
		}
		s.mu.Unlock()
		if !known {
			s.fill(ctx, id, f, fetch)
			return f.schema, f.err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-f.done:
		}
		if f.err == nil {
			return f.schema, nil
		}
		// Whoever fetched it failed, maybe because his call ended: our turn.
	}
}

// Forget has every schema fetched anew when it is needed next: one of them may
// be why an event cannot be read.
func (s *Schemas) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.byID)
}

func (s *Schemas) fill(ctx context.Context, id string, f *fetched, fetch func(context.Context) (string, error)) {
	text, err := fetch(ctx)
	if err == nil {
		// A text that is no schema leaves nil: its events cannot be read, and
		// asking again would bring the same text.
		f.schema, _ = ParseSchema(id, text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.err = err; err != nil && s.byID[id] == f {
		delete(s.byID, id)
	}
	close(f.done)
}
