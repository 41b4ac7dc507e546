package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"tidegate/gateway"
)

const (
	notifyChannel = "tidegate_records"
	// notifyBytes keeps a payload below Postgres's limit of 8,000 bytes.
	notifyBytes = 7500
	// listenCheck is how often an idle connection is tried; a dead one would
	// otherwise be noticed only when the kernel gives it up.
	listenCheck = 30 * time.Second
)

// notice is the payload of one notification.
type notice struct {
	From string              `json:"f"` // Options.Holder of the process
	WS   gateway.WorkspaceID `json:"w"`
	Keys [][2]string         `json:"k"`
}

// Notify tells other processes, after the commit, that records changed. On
// SQLite there are none, and nothing happens. The own process is not told:
// it knows already.
func (db *DB) Notify(ctx context.Context, ws gateway.WorkspaceID, keys []gateway.RecordKey) error {
	if !db.dialect.notifies || len(keys) == 0 {
		return nil
	}
	_, err := db.write().exec(ctx, "notifying", notifyAll, notifyChannel, db.dialect.list(db.notices(ws, keys)))
	return err
}

// notifyAll sends all payloads at once. It writes nothing, so nobody waits until
// its commit is on disk: what it tells of is there already.
const notifyAll = `WITH hasty AS (SELECT set_config('synchronous_commit', 'off', true))
	SELECT pg_notify(?, payload) FROM hasty, unnest(CAST(? AS TEXT[])) AS payload`

// notices writes as many payloads as the keys need.
func (db *DB) notices(ws gateway.WorkspaceID, keys []gateway.RecordKey) []string {
	var out []string
	n := notice{From: db.holder, WS: ws}
	size := 0
	for _, k := range keys {
		size += len(k.Object) + len(k.ID) + 8
		n.Keys = append(n.Keys, [2]string{k.Object, k.ID})
		if size > notifyBytes-200-len(db.holder)-len(ws) {
			out, size = append(out, writeJSON(n)), 0
			n.Keys = nil
		}
	}
	if len(n.Keys) > 0 {
		out = append(out, writeJSON(n))
	}
	return out
}

// Notifications calls f for what other processes notify, until ctx ends, and
// reconnects by itself. After a reconnect something may have been missed: f is
// then called with an empty workspace and no keys, which means "look at
// everything again". On SQLite it only waits for ctx to end.
func (db *DB) Notifications(ctx context.Context, f func(ws gateway.WorkspaceID, keys []gateway.RecordKey)) error {
	if !db.dialect.notifies {
		<-ctx.Done()
		return nil
	}
	listener := pq.NewListener(db.url, 100*time.Millisecond, 10*time.Second, func(_ pq.ListenerEventType, err error) {
		if err != nil {
			db.log.WarnContext(ctx, "listening for notifications was interrupted", "error", err)
		}
	})
	defer func() {
		if err := listener.Close(); err != nil {
			db.log.WarnContext(ctx, "closing the listener failed", "error", err)
		}
	}()
	if err := db.listen(ctx, listener); err != nil || ctx.Err() != nil {
		return err
	}
	tick := time.NewTicker(listenCheck)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case n := <-listener.Notify:
			if err := db.deliver(n, f); err != nil {
				db.log.WarnContext(ctx, "a notification could not be read", "error", err)
			}
		case <-tick.C:
			if err := listener.Ping(); err != nil {
				db.log.WarnContext(ctx, "the notification connection is away", "error", err)
			}
		}
	}
}

// listen waits for the first connection, which Listen does without a context.
func (db *DB) listen(ctx context.Context, listener *pq.Listener) error {
	done := make(chan error, 1)
	go func() { done <- listener.Listen(notifyChannel) }()
	select {
	case err := <-done:
		return db.dialect.wrap(ctx, "listening for notifications", err)
	case <-ctx.Done():
		return nil // closing the listener ends Listen
	}
}

func (db *DB) deliver(n *pq.Notification, f func(ws gateway.WorkspaceID, keys []gateway.RecordKey)) error {
	if n == nil { // lib/pq's sign of a reconnect
		f("", nil)
		return nil
	}
	var told notice
	if err := json.Unmarshal([]byte(n.Extra), &told); err != nil {
		return fmt.Errorf("reading notification: %w", err)
	}
	if told.From == db.holder {
		return nil
	}
	keys := make([]gateway.RecordKey, 0, len(told.Keys))
	for _, k := range told.Keys {
		keys = append(keys, gateway.RecordKey{Object: k[0], ID: k[1]})
	}
	f(told.WS, keys)
	return nil
}
