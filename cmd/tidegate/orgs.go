package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tidegate/gateway"
	"tidegate/salesforce"
	"tidegate/store"
	"tidegate/streaming"
	"tidegate/vault"
)

// orgs keeps the Salesforce client of each connected workspace: built on first
// use, dropped when somebody connects anew.
type orgs struct {
	db    *store.DB
	vault *vault.Vault
	guard *salesforce.Guard
	// transport is that of all connections: one for each would keep sockets open
	// of its own, with two goroutines each.
	transport *http.Transport
	oauth     *salesforce.OAuth
	calls     *prometheus.CounterVec // tidegate_salesforce_calls_total
	usage     *prometheus.GaugeVec   // tidegate_api_budget_used_ratio
	spending  spending

	mu   sync.Mutex
	open map[gateway.WorkspaceID]*org
	used map[string]apiUse // by connection, not yet written down

	// counted is until when the traffic is kept; only Run uses it.
	counted map[gateway.WorkspaceID]time.Time
}

// org is one connected workspace.
type org struct {
	ws     *store.Workspace
	conn   gateway.Connection
	client *salesforce.Client
	tokens *salesforce.Refresher
	budget *streaming.Budget // of all readings of this process
	jobs   sync.Map          // the objects of bulk jobs, by id
}

func newOrgs(db *store.DB, v *vault.Vault, guard *salesforce.Guard) *orgs {
	transport := guard.Transport()
	return &orgs{
		db: db, vault: v, guard: guard, transport: transport, oauth: salesforce.NewOAuth(guard, transport, nil), open: map[gateway.WorkspaceID]*org{}, used: map[string]apiUse{}, counted: map[gateway.WorkspaceID]time.Time{},
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tidegate_salesforce_calls_total", Help: "Calls to Salesforce by path and status.",
		}, []string{"call", "status"}),
		usage: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tidegate_api_budget_used_ratio", Help: "Share of the org's rolling daily API limit that is used.",
		}, []string{"connection"}),
	}
}

// of returns the org of a workspace. CodeNotFound before the first connect.
func (o *orgs) of(ctx context.Context, id gateway.WorkspaceID) (*org, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if one := o.open[id]; one != nil {
		return one, nil
	}
	ws := o.db.In(id)
	conn, err := ws.Connection(ctx)
	if err != nil {
		return nil, err
	}
	one := &org{ws: ws, conn: conn}
	one.budget = streaming.NewBudget(nil, one.use)
	one.budget.Keep(conn.APIReserve)
	if conn.APIMax > 0 && time.Since(conn.APISeenAt) < 24*time.Hour {
		one.budget.Saw(conn.APIUsed, conn.APIMax)
	}
	one.tokens = salesforce.NewRefresher(o.oauth, o.keeper(ws, conn.ID))
	one.client, err = salesforce.New(salesforce.Config{
		APIVersion: conn.APIVersion, Tokens: one.tokens, Guard: o.guard, Transport: o.transport, ClientName: clientName, UserID: conn.UserID,
		OnUsage: o.onUsage(one, conn.ID),
		OnCall: func(ctx context.Context, call salesforce.Call) {
			streaming.CountCall(ctx)
			o.spending.called(ctx, id, call)
			o.calls.WithLabelValues(call.Method+" "+call.Path, fmt.Sprint(call.Status)).Inc()
		},
	})
	if err != nil {
		return nil, err
	}
	o.open[id] = one
	return one, nil
}

// sayUnopened is fail-closed: no token is sent that may be somebody else's.
const sayUnopened = "The stored Salesforce tokens cannot be opened: they were sealed with another key, or somebody changed or copied the row. A Tidegate operator checks TIDEGATE_SECRET_KEY; if the key is lost, an admin connects again."

// use looks up the org's API calls of the rolling day, for one call.
func (o *org) use(ctx context.Context) (used, limit int, err error) {
	limits, err := o.client.Limits(ctx)
	daily := limits["DailyApiRequests"]
	return int(daily.Max - daily.Remaining), int(daily.Max), err
}

// clientName is how Salesforce's change events name our own writes.
const clientName = "tidegate"

// forget drops the client of a workspace after its connection changed.
func (o *orgs) forget(id gateway.WorkspaceID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.open, id)
}

// onUsage notes the API use as last seen. Run writes it down in its own time:
// a burst of calls must not become a burst of writes.
func (o *orgs) onUsage(one *org, connection string) func(used, limit int) {
	return func(used, limit int) {
		one.budget.Saw(used, limit)
		if limit > 0 {
			o.usage.WithLabelValues(connection).Set(float64(used) / float64(limit))
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.used[connection] = apiUse{one.ws, used, limit}
	}
}

// keeper joins the client's token handling with the store and the vault.
func (o *orgs) keeper(ws *store.Workspace, connection string) salesforce.Keeper {
	return salesforce.Keeper{
		Load: func(ctx context.Context) (gateway.Connection, gateway.Secrets, error) {
			return o.load(ctx, ws, connection)
		},
		Save: func(ctx context.Context, c gateway.Connection, s gateway.Secrets) error {
			if err := o.saveSecrets(ctx, ws, connection, s); err != nil {
				return err
			}
			return ws.SaveConnection(ctx, c)
		},
		Lock: func(ctx context.Context) (func(), error) { return lockRefresh(ctx, ws, connection) },
	}
}

func (o *orgs) load(ctx context.Context, ws *store.Workspace, connection string) (gateway.Connection, gateway.Secrets, error) {
	conn, err := ws.Connection(ctx)
	if err != nil {
		return conn, gateway.Secrets{}, err
	}
	secrets, err := o.secrets(ctx, ws, connection)
	return conn, secrets, err
}

func (o *orgs) secrets(ctx context.Context, ws *store.Workspace, connection string) (gateway.Secrets, error) {
	sealed, generation, err := ws.SealedSecrets(ctx, connection)
	if err != nil {
		return gateway.Secrets{}, err
	}
	if len(sealed) == 0 {
		return gateway.Secrets{}, gateway.Errorf(gateway.CodeSFAuth, "The connection has no tokens. An admin connects again under Settings, Connection.")
	}
	plain, err := o.vault.Unseal(sealed, ws.ID(), connection)
	if err != nil {
		return gateway.Secrets{}, &gateway.Error{Code: gateway.CodeSFAuth, Message: sayUnopened, Cause: err}
	}
	var s gateway.Secrets
	if err := json.Unmarshal(plain, &s); err != nil {
		return gateway.Secrets{}, fmt.Errorf("reading the connection's secrets: %w", err)
	}
	s.Generation = generation
	return s, nil
}

// saveSecrets keeps secrets of the next generation, or corrected ones of the
// standing.
func (o *orgs) saveSecrets(ctx context.Context, ws *store.Workspace, connection string, s gateway.Secrets) error {
	plain, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("writing the connection's secrets: %w", err)
	}
	was, standing, err := ws.SealedSecrets(ctx, connection)
	if err == nil && standing == s.Generation {
		swapped, err := ws.SwapSecrets(ctx, connection, was, o.vault.Seal(plain, ws.ID(), connection))
		if err == nil && !swapped {
			err = gateway.Errorf(gateway.CodeConflict, "The Salesforce tokens were renewed meanwhile.")
		}
		return err
	}
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return err
	}
	return ws.SaveSecrets(ctx, connection, o.vault.Seal(plain, ws.ID(), connection), s.Generation)
}

// lockRefresh holds the store's refresh lock until unlock is called. The store
// gives the lock to a function, the client wants it between two calls, so the
// function waits in between.
func lockRefresh(ctx context.Context, ws *store.Workspace, connection string) (unlock func(), err error) {
	held, release, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- ws.LockRefresh(ctx, connection, func(context.Context) error {
			close(held)
			<-release
			return nil
		})
	}()
	select {
	case <-held:
		return sync.OnceFunc(func() {
			close(release)
			if err := <-done; err != nil {
				slog.Warn("giving the refresh lock back failed; it runs out by itself", "err", err)
			}
		}), nil
	case err := <-done:
		return nil, err
	}
}
