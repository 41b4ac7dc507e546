package streaming

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/match"
	"tidegate/rules/settings"
	"tidegate/store"
)

// rules holds what decisions need to know of the org and of the settings, read
// outside of transactions.
type rules struct {
	store *store.Workspace

	current atomic.Pointer[Decoder]
	mu      sync.Mutex
	// mappings and writeback steer what may be written, and mappings and chosen
	// who wins.
	mappings  map[string]map[string]gateway.Mapping
	chosen    map[gateway.DataType]gateway.Winner
	writeback map[string]bool
	stopped   map[string]gateway.ObjectPause // objects that a person paused
	mark      string                         // of what was read last
}

func (r *rules) decoder() *Decoder { return r.current.Load() }

func (r *rules) schema(object string) gateway.Schema {
	if d := r.decoder(); d != nil && d.shapes[object] != nil {
		return d.shapes[object].schema
	}
	return gateway.Schema{}
}

func (r *rules) winner(object, field string) gateway.Winner {
	f, ok := r.schema(object).Field(field)
	if !ok {
		return gateway.WinnerNone
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	w, _ := mapping.Winner(f, r.mappings[object][field], r.chosen)
	return w
}

func (r *rules) carried(object, field string) bool {
	return r.decoder().shapes[object].carried(field)
}

func (r *rules) known(object, field string) bool { return r.decoder().shapes[object].known(field) }

func (r *rules) named(object string) bool { return r.decoder().shapes[object].named() }

// merges reports whether records of an object can be merged.
func (r *rules) merges(object string) bool { return match.Mergeable(r.schema(object)) }

// writable is the truth table of a field, with its reason.
func (r *rules) writable(object, field string) (bool, string) {
	f, _ := r.schema(object).Field(field)
	r.mu.Lock()
	defer r.mu.Unlock()
	ok, _, why := mapping.Writable(r.writeback[object], r.mappings[object][field], f)
	return ok, why
}

// paused says who paused an object (UX 12).
func (r *rules) paused(object string) (gateway.ObjectPause, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, is := r.stopped[object]
	return p, is
}

// follow reads again what changed since, if anything did: people change it at
// any time.
func (r *rules) follow(ctx context.Context) error {
	mark, err := r.store.TermsMark(ctx)
	if err != nil {
		return err
	}
	return r.followed(ctx, mark)
}

// followed is follow for who knows the mark of what is in force.
func (r *rules) followed(ctx context.Context, mark string) error {
	r.mu.Lock()
	same := mark == r.mark && r.decoder() != nil
	r.mu.Unlock()
	if same {
		return nil
	}
	if err := r.read(ctx); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mark = mark // from before the reading: what came meanwhile is read the next time
	return nil
}

// read loads schemas and conflict rules again.
func (r *rules) read(ctx context.Context) error {
	byField := map[string]map[string]gateway.Mapping{}
	known, err := r.store.Schemas(ctx)
	if err != nil {
		return fmt.Errorf("reading schemas: %w", err)
	}
	saved, err := r.store.Settings(ctx, gateway.OrgScope)
	if err != nil {
		return fmt.Errorf("reading settings: %w", err)
	}
	inForce, err := settings.Effective(saved, nil)
	if err != nil {
		return err
	}
	mappings, err := r.store.Mappings(ctx, "")
	if err != nil {
		return fmt.Errorf("reading mappings: %w", err)
	}
	for _, m := range mappings {
		if byField[m.Object] == nil {
			byField[m.Object] = map[string]gateway.Mapping{}
		}
		byField[m.Object][m.Field] = m
	}
	stopped, err := r.store.PausedObjects(ctx)
	if err != nil {
		return err
	}
	r.current.Store(NewDecoder(known))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mappings, r.writeback, r.chosen, r.stopped = byField, inForce.Objects.Writeback, inForce.Advanced.Conflicts, stopped
	return nil
}

// forget drops what is here of e-mails that are not read any more (AVM-49).
func (c *Consumer) forget(ctx context.Context) error {
	for _, object := range gateway.EmailObjects {
		if slices.Contains(c.cfg.Objects, object) {
			continue
		}
		dropped, err := c.store.DropMirror(ctx, object)
		if err != nil {
			return fmt.Errorf("dropping %s: %w", object, err)
		}
		if dropped {
			c.cfg.Logger.InfoContext(ctx, "the mirror of an object was dropped", "object", object)
		}
	}
	return nil
}

// described reports whether an object was described; until then it is tried
// again with the describes that are due.
func (c *Consumer) described(object string) bool { return c.rules.schema(object).Object != "" }

// learn describes the objects that nobody described yet, and reads the rest
// from the store.
func (c *Consumer) learn(ctx context.Context) error {
	if err := c.rules.follow(ctx); err != nil {
		return err
	}
	var fresh []gateway.Schema
	for _, object := range c.cfg.Objects {
		if c.described(object) {
			continue
		}
		s, err := c.cfg.Reader.Schema(ctx, object)
		if unreachable(err) {
			// One object that the org has not, or shows us not, stops no other.
			if err := c.status(ctx, object, gateway.StatePaused, err.Error(), -1); err != nil {
				return err
			}
			continue
		}
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
