package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tidegate/gateway"
)

type connectionRow struct {
	WorkspaceID  string `db:"workspace_id"`
	ConnectionID string `db:"connection_id"`
	Environment  string `db:"environment"`
	LoginURL     string `db:"login_url"`
	InstanceURL  string `db:"instance_url"`
	OrgID        string `db:"org_id"`
	OrgName      string `db:"org_name"`
	UserID       string `db:"user_id"`
	Username     string `db:"username"`
	Flow         string `db:"flow"`
	APIVersion   string `db:"api_version"`
	Scopes       string `db:"scopes"`
	State        string `db:"state"`
	StateReason  string `db:"state_reason"`
	StateSince   int64  `db:"state_since"`
	Transport    string `db:"transport"`
	APIUsed      int    `db:"api_used"`
	APIMax       int    `db:"api_max"`
	APISeenAt    int64  `db:"api_seen_at"`
	ConnectedAt  int64  `db:"connected_at"`
	ConnectedBy  string `db:"connected_by"`
	HaltedAt     int64  `db:"halted_at"`
	HaltedBy     string `db:"halted_by"`
	HaltedWhy    string `db:"halted_why"`
	APIReserve   int    `db:"api_reserve"`
	TransportWhy string `db:"transport_why"`
}

const connectionColumns = `workspace_id, connection_id, environment, login_url, instance_url, org_id, org_name,
	user_id, username, flow, api_version, scopes, state, state_reason, state_since, transport, api_used, api_max,
	api_seen_at, connected_at, connected_by`

// What people decide of a connection is read with it, and saved by statements
// of its own, so that connecting again does not undo it. So is why the transport
// is the one in use.
const decidedColumns = `, halted_at, halted_by, halted_why, api_reserve, transport_why`

func (r connectionRow) connection() gateway.Connection {
	return gateway.Connection{
		ID: r.ConnectionID, Workspace: gateway.WorkspaceID(r.WorkspaceID), Environment: gateway.Environment(r.Environment),
		LoginURL: r.LoginURL, InstanceURL: r.InstanceURL, OrgID: r.OrgID, OrgName: r.OrgName, UserID: r.UserID,
		Username: r.Username, Flow: r.Flow, APIVersion: r.APIVersion, Scopes: r.Scopes,
		State: gateway.ConnectionState(r.State), StateReason: r.StateReason, StateSince: fromMicros(r.StateSince),
		Transport: r.Transport, APIUsed: r.APIUsed, APIMax: r.APIMax, APISeenAt: fromMicros(r.APISeenAt),
		ConnectedAt: fromMicros(r.ConnectedAt), ConnectedBy: r.ConnectedBy,
		HaltedAt: fromMicros(r.HaltedAt), HaltedBy: r.HaltedBy, HaltedWhy: r.HaltedWhy, APIReserve: r.APIReserve,
		TransportWhy: r.TransportWhy,
	}
}

func (r runner) connections(ctx context.Context, tail string, args ...any) ([]gateway.Connection, error) {
	rows, err := list[connectionRow](ctx, r, "reading connections", `SELECT `+connectionColumns+decidedColumns+` FROM connections `+tail, args...)
	out := make([]gateway.Connection, 0, len(rows))
	for _, row := range rows {
		out = append(out, row.connection())
	}
	return out, err
}

// Connection returns the workspace's connection, the newest if there were
// several. CodeNotFound when it never connected.
func (w *Workspace) Connection(ctx context.Context) (gateway.Connection, error) {
	found, err := w.read.connections(ctx, `WHERE workspace_id = ? ORDER BY connected_at DESC, connection_id LIMIT 1`, w.id)
	if err == nil && len(found) == 0 {
		err = notFound("Salesforce is not connected yet.")
	}
	if err != nil {
		return gateway.Connection{}, err
	}
	return found[0], nil
}

// SaveConnection writes the whole connection, new or not, but for what people
// decide of it: see Halt and SetReserve.
func (w *Workspace) SaveConnection(ctx context.Context, c gateway.Connection) error {
	_, err := w.write.execRow(ctx, "saving connection", `INSERT INTO connections (`+connectionColumns+`)
		VALUES (:workspace_id, :connection_id, :environment, :login_url, :instance_url, :org_id, :org_name,
			:user_id, :username, :flow, :api_version, :scopes, :state, :state_reason, :state_since, :transport,
			:api_used, :api_max, :api_seen_at, :connected_at, :connected_by)
		ON CONFLICT (workspace_id, connection_id) DO UPDATE SET
			environment = excluded.environment, login_url = excluded.login_url, instance_url = excluded.instance_url,
			org_id = excluded.org_id, org_name = excluded.org_name, user_id = excluded.user_id,
			username = excluded.username, flow = excluded.flow, api_version = excluded.api_version,
			scopes = excluded.scopes, state = excluded.state, state_reason = excluded.state_reason,
			state_since = excluded.state_since, transport = excluded.transport, api_used = excluded.api_used,
			api_max = excluded.api_max, api_seen_at = excluded.api_seen_at, connected_at = excluded.connected_at,
			connected_by = excluded.connected_by`,
		connectionRow{
			WorkspaceID: string(w.id), ConnectionID: c.ID, Environment: string(c.Environment), LoginURL: c.LoginURL,
			InstanceURL: c.InstanceURL, OrgID: c.OrgID, OrgName: clean(c.OrgName), UserID: c.UserID,
			Username: clean(c.Username), Flow: c.Flow, APIVersion: c.APIVersion, Scopes: c.Scopes,
			State: string(c.State), StateReason: clean(c.StateReason), StateSince: micros(c.StateSince),
			Transport: c.Transport, APIUsed: c.APIUsed, APIMax: c.APIMax, APISeenAt: micros(c.APISeenAt),
			ConnectedAt: micros(c.ConnectedAt), ConnectedBy: clean(c.ConnectedBy),
		})
	return err
}

// SetConnectionState names the state and its reason. It reports whether the
// state changed; only then StateSince moves.
func (w *Workspace) SetConnectionState(ctx context.Context, id string, state gateway.ConnectionState, reason string) (changed bool, err error) {
	n, err := w.write.exec(ctx, "setting connection state", `UPDATE connections SET state = ?, state_reason = ?, state_since = ?
		WHERE workspace_id = ? AND connection_id = ? AND state <> ?`,
		string(state), clean(reason), micros(w.db.now()), w.id, id, string(state))
	if err != nil || n > 0 {
		return n > 0, err
	}
	n, err = w.write.exec(ctx, "setting connection state", `UPDATE connections SET state_reason = ?
		WHERE workspace_id = ? AND connection_id = ?`, clean(reason), w.id, id)
	return false, orNoConnection(n, err)
}

// SetAPIUse records how much of the org's daily API limit is used.
func (w *Workspace) SetAPIUse(ctx context.Context, id string, used, limit int) error {
	n, err := w.write.exec(ctx, "setting API use", `UPDATE connections SET api_used = ?, api_max = ?, api_seen_at = ?
		WHERE workspace_id = ? AND connection_id = ?`, used, limit, micros(w.db.now()), w.id, id)
	return orNoConnection(n, err)
}

// Halt stops all writes of the workspace at once, or with a zero at lets them
// go on; by and why say who did and for what. CodeNotFound before the first
// connect.
func (tx *Tx) Halt(ctx context.Context, at time.Time, by, why string) error {
	n, err := tx.exec(ctx, "halting writes", `UPDATE connections SET halted_at = ?, halted_by = ?, halted_why = ?
		WHERE workspace_id = ?`, micros(at), clean(by), clean(why), tx.ws)
	return orNoConnection(n, err)
}

// SetReserve sets the percentage of the org's API calls that readings leave
// alone. CodeNotFound before the first connect.
func (tx *Tx) SetReserve(ctx context.Context, percent int) error {
	n, err := tx.exec(ctx, "setting reserve", `UPDATE connections SET api_reserve = ? WHERE workspace_id = ?`, percent, tx.ws)
	return orNoConnection(n, err)
}

// SetTransport records how events come in, and why so, as part of a sentence.
func (w *Workspace) SetTransport(ctx context.Context, id, transport, why string) error {
	n, err := w.write.exec(ctx, "setting transport", `UPDATE connections SET transport = ?, transport_why = ?
		WHERE workspace_id = ? AND connection_id = ?`, transport, clean(why), w.id, id)
	return orNoConnection(n, err)
}

func orNoConnection(n int64, err error) error {
	if err == nil && n == 0 {
		return notFound("This Salesforce connection does not exist.")
	}
	return err
}

// refreshFor is how long one refresh may take; after that another process may
// try. It must be longer than the client gives itself, because two that ask
// with one refresh token may end the grant.
const refreshFor = 60 * time.Second

// refreshPoll is how often a waiting process looks again.
const refreshPoll = 50 * time.Millisecond

// LockRefresh runs f while no other process refreshes the same connection's
// token: Salesforce may invalidate a refresh token that is used twice. It
// waits until ctx ends. f gets a context that ends with the lock. The lock is
// a row with an expiry, so it survives neither a crash nor a lost connection
// for long and holds no transaction open.
func (w *Workspace) LockRefresh(ctx context.Context, connectionID string, f func(ctx context.Context) error) error {
	holder := fmt.Sprintf("%s/%d", w.db.holder, w.db.ids.draw(w.db.now()))
	for {
		now := w.db.now()
		n, err := w.write.exec(ctx, "locking refresh", `UPDATE connections SET refresh_holder = ?, refresh_until = ?
			WHERE workspace_id = ? AND connection_id = ? AND refresh_until <= ?`,
			holder, micros(now.Add(refreshFor)), w.id, connectionID, micros(now))
		if err != nil {
			return err
		}
		if n > 0 {
			return w.holdRefresh(ctx, connectionID, holder, f)
		}
		if err := w.connectionExists(ctx, connectionID); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return w.db.dialect.wrap(ctx, "waiting for another refresh", ctx.Err())
		case <-time.After(refreshPoll):
		}
	}
}

func (w *Workspace) holdRefresh(ctx context.Context, connectionID, holder string, f func(ctx context.Context) error) (err error) {
	defer func() {
		// Also when ctx has ended, else everybody waits for the expiry.
		_, e := w.write.exec(context.WithoutCancel(ctx), "unlocking refresh", `UPDATE connections SET refresh_holder = '', refresh_until = 0
			WHERE workspace_id = ? AND connection_id = ? AND refresh_holder = ?`, w.id, connectionID, holder)
		err = errors.Join(err, e)
	}()
	inner, cancel := context.WithTimeout(ctx, refreshFor)
	defer cancel()
	return f(inner)
}

// ReleaseRefreshes gives back the refresh locks of processes that are gone,
// instead of after they have run out. gone is asked once for each holder.
func (db *DB) ReleaseRefreshes(ctx context.Context, gone func(holder string) bool) error {
	held, err := list[string](ctx, db.read(), "reading refresh locks", `SELECT DISTINCT refresh_holder FROM connections WHERE refresh_holder <> ''`)
	if err != nil {
		return err
	}
	for _, lock := range held {
		if i := strings.LastIndexByte(lock, '/'); i < 0 || !gone(lock[:i]) {
			continue
		}
		if _, err := db.write().exec(ctx, "releasing refresh locks",
			`UPDATE connections SET refresh_holder = '', refresh_until = 0 WHERE refresh_holder = ?`, lock); err != nil {
			return err
		}
	}
	return nil
}

func (w *Workspace) connectionExists(ctx context.Context, id string) error {
	n, _, err := one[int64](ctx, w.read, "reading connection",
		`SELECT COUNT(*) FROM connections WHERE workspace_id = ? AND connection_id = ?`, w.id, id)
	return orNoConnection(n, err)
}
