package fault

// Param documents one parameter of a kind.
type Param struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

// Kind documents one way of misbehaving. Every kind also takes count (how many
// times) and seconds (for how long).
type Kind struct {
	Name   string  `json:"kind"`
	About  string  `json:"about"`
	Params []Param `json:"params"`
}

// Names of the kinds, for those who ask for them.
const (
	HTTPStatus          = "http_status"
	Latency             = "latency"
	ExpireTokens        = "expire_tokens"
	RevokeTokens        = "revoke_tokens"
	LoseResponse        = "lose_response"
	LimitExceeded       = "limit_exceeded"
	ValidationRule      = "validation_rule"
	LockRows            = "lock_rows"
	HTMLInsteadOfJSON   = "html_instead_of_json"
	RotateRefreshTokens = "rotate_refresh_tokens"

	BulkSlow        = "bulk_slow"
	BulkFail        = "bulk_fail"
	BulkUnsupported = "bulk_unsupported"

	DropStreams     = "drop_streams"
	ExpireReplayIDs = "expire_replay_ids"
	DuplicateEvents = "duplicate_events"
	ReorderEvents   = "reorder_events"
	GapEvents       = "gap_events"
	Overflow        = "overflow"
	SlowConsumer    = "slow_consumer"
)

var (
	path    = Param{"path", "request path prefix; empty: every API path"}
	method  = Param{"method", "HTTP method; empty: every method"}
	object  = Param{"object", "API name; empty: every object"}
	channel = Param{"channel", "e.g. /data/ContactChangeEvent; empty: every channel"}
	message = Param{"message", "text of the error"}
)

// Kinds lists every kind, requests first, then streams.
var Kinds = []Kind{
	{HTTPStatus, "answers with this status and does nothing else", []Param{{"status", "default 503"}, path, method}},
	{Latency, "waits before serving", []Param{{"ms", "milliseconds, default 1000"}, path, method}},
	{ExpireTokens, "ends every access token issued so far; refreshing still works", nil},
	{RevokeTokens, "ends every access and refresh token issued so far", nil},
	{LoseResponse, "commits, then cuts the connection without an answer", []Param{path, method}},
	{LimitExceeded, "403 REQUEST_LIMIT_EXCEEDED", []Param{message, path, method}},
	{ValidationRule, "FIELD_CUSTOM_VALIDATION_EXCEPTION on writes", []Param{object, {"field", "field to name; empty: none"}, message}},
	{LockRows, "UNABLE_TO_LOCK_ROW on writes", []Param{object}},
	{HTMLInsteadOfJSON, "an HTML page where JSON belongs", []Param{{"status", "default 503"}, path, method}},
	{RotateRefreshTokens, "every refresh gives a new refresh token and kills the old one; lasts until cleared unless bounded", nil},

	{BulkSlow, "a bulk job stays InProgress for a while", []Param{{"ms", "milliseconds"}, object}},
	{BulkFail, "a bulk job ends as Failed before it has done anything", []Param{object, {"message", "its errorMessage"}}},
	{BulkUnsupported, "INVALIDENTITY for a new bulk job", []Param{object}},

	{DropStreams, "cuts every open streaming connection", nil},
	{ExpireReplayIDs, "forgets the events so far: older replay ids are refused", []Param{channel}},
	{DuplicateEvents, "delivers each event several times", []Param{{"times", "deliveries of each event, default 2"}, channel}},
	{ReorderEvents, "swaps the events of two neighboring transactions", []Param{channel}},
	{GapEvents, "turns events into gap events without a body", []Param{object}},
	{Overflow, "sends one overflow event instead of the changes", []Param{object}},
	{SlowConsumer, "treats the subscriber as too slow and cuts it off", []Param{channel}},
}

func kindByName(name string) (Kind, bool) {
	for _, k := range Kinds {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}
