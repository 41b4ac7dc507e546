package streaming

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"tidegate/gateway"
	"tidegate/store"
)

// rules holds what decisions need to know of the org and of the settings, read
// outside of transactions.
type rules struct {
	store   *store.Workspace
	objects []string

	current atomic.Pointer[Decoder]
	mu      sync.Mutex
	schemas map[string]gateway.Schema
	winners map[string]map[string]gateway.Winner
}

func (r *rules) decoder() *Decoder { return r.current.Load() }

func (r *rules) schema(object string) gateway.Schema {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.schemas[object]
}

func (r *rules) winner(object, field string) gateway.Winner {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.winners[object][field]
}

func (r *rules) carried(object, field string) bool {
	return r.decoder().shapes[object].carried(field)
}

func (r *rules) named(object string) bool { return r.decoder().shapes[object].named() }

// read loads schemas and conflict rules again; people change the latter at
// any time.
func (r *rules) read(ctx context.Context) error {
	schemas := map[string]gateway.Schema{}
	winners := map[string]map[string]gateway.Winner{}
	known, err := r.store.Schemas(ctx)
	if err != nil {
		return fmt.Errorf("reading schemas: %w", err)
	}
	for _, s := range known {
		schemas[s.Object] = s
	}
	for _, object := range r.objects {
		mappings, err := r.store.Mappings(ctx, object)
		if err != nil {
			return fmt.Errorf("reading mappings: %w", err)
		}
		winners[object] = make(map[string]gateway.Winner, len(mappings))
		for _, m := range mappings {
			winners[object][m.Field] = m.Winner
		}
	}
	r.current.Store(NewDecoder(known))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.schemas, r.winners = schemas, winners
	return nil
}

// learn describes the objects that nobody described yet, and reads the rest
// from the store.
func (c *Consumer) learn(ctx context.Context) error {
	if err := c.rules.read(ctx); err != nil {
		return err
	}
	var fresh []gateway.Schema
	for _, object := range c.cfg.Objects {
		if c.rules.schema(object).Object != "" {
			continue
		}
		s, err := c.cfg.Reader.Schema(ctx, object)
		if err != nil {
			c.health.reader(err)
			return fmt.Errorf("describing %s: %w", object, err)
		}
		fresh = append(fresh, s)
	}
	c.health.reader(nil)
	if len(fresh) == 0 {
		return nil
	}
	if err := c.store.SaveSchemas(ctx, fresh); err != nil {
		return fmt.Errorf("saving schemas: %w", err)
	}
	return c.rules.read(ctx)
}
