package gateway

import "time"

// Environment tells a production org from a sandbox. It is shown on every page.
type Environment string

// The two environments.
const (
	Production Environment = "production"
	Sandbox    Environment = "sandbox"
)

// ConnectionState is the named state of a connection or of one object.
type ConnectionState string

// The seven named states, and the state before the first connect.
const (
	StateOK             ConnectionState = "ok"
	StateCatchingUp     ConnectionState = "catching_up"
	StatePaused         ConnectionState = "paused"
	StateNeedsReconnect ConnectionState = "needs_reconnect"
	StateLimited        ConnectionState = "limited"
	StateRepairing      ConnectionState = "repairing"
	StatePolling        ConnectionState = "polling"
	StateDisconnected   ConnectionState = "disconnected"
)

// Connection is the Salesforce org of a workspace. Tokens are not in it: the
// vault seals them and only the Salesforce client opens them.
type Connection struct {
	ID          string
	Workspace   WorkspaceID
	Environment Environment
	LoginURL    string // where the grant was given; refreshes go there
	InstanceURL string // may change at a refresh
	OrgID       string // 18 characters
	OrgName     string
	UserID      string // the connected Salesforce user
	Username    string
	Flow        string // "web", "client-credentials" or "jwt-bearer"
	APIVersion  string // "66.0"
	Scopes      string
	State       ConnectionState
	StateReason string // one plain sentence, "" when OK
	StateSince  time.Time
	Transport   string // "websocket", "pubsub", "long-polling", "polling", "" before
	// TransportWhy is why it is that one, as the end of a sentence; "" for polling,
	// whose reason is the state's.
	TransportWhy string
	APIUsed      int // of the org's rolling day, as last seen
	APIMax       int
	APISeenAt    time.Time
	ConnectedAt  time.Time
	ConnectedBy  string // display name here

	// HaltedAt is since when nothing is written, zero while writes go out;
	// HaltedBy (display name) and HaltedWhy say who stopped it and for what.
	HaltedAt            time.Time
	HaltedBy, HaltedWhy string
	// APIReserve is the percentage of the org's API calls that readings leave
	// alone.
	APIReserve int
}

// Halted reports whether an admin stopped all writes.
func (c Connection) Halted() bool { return !c.HaltedAt.IsZero() }

// Secrets are what the vault seals for a connection.
type Secrets struct {
	ClientID     string
	ClientSecret string
	AccessToken  string
	RefreshToken string
	// Generation counts refreshes: who finds a newer generation than the one
	// he used, uses that instead of refreshing again.
	Generation int64
	// Rotates is true once Salesforce has answered a refresh with another
	// refresh token. Such a grant ends as a whole when an old one is used.
	Rotates bool
}

// ObjectStatus is one row of the health page.
type ObjectStatus struct {
	Object     string
	Label      string
	State      ConnectionState
	Reason     string
	Transport  string // "stream" or "poll"
	LastEvent  time.Time
	Lag        time.Duration // commit in Salesforce → durable here, of the last event
	RowsHere   int
	RowsThere  int // -1 when not yet counted
	CountedAt  time.Time
	Pending    int
	Parked     int
	Backfilled bool // the first backfill has finished
	// StreamedAt is when Salesforce was last seen to put the object into the
	// stream, by its clock; zero = never: it is polled by design.
	StreamedAt time.Time
}

// ObjectPause says that a person paused an object: its writes wait, and what
// changes of it in Salesforce is read when it is resumed (UX 12).
type ObjectPause struct {
	Object string
	At     time.Time
	By     string // display name
}

// Lease is the right to advance the position of one channel.
type Lease struct {
	Connection string
	Channel    string
	Holder     string
	Epoch      int64
	Until      time.Time
	Position   ReplayID // as stored when the lease was taken
}
