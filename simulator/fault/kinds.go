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
	HoldRequests        = "hold_requests"
	ExpireTokens        = "expire_tokens"
	RevokeTokens        = "revoke_tokens"
	LoseResponse        = "lose_response"
	LimitExceeded       = "limit_exceeded"
	ValidationRule      = "validation_rule"
	LockRows            = "lock_rows"
	HTMLInsteadOfJSON   = "html_instead_of_json"
	RotateRefreshTokens = "rotate_refresh_tokens"
	TokenAnswer         = "token_answer"

	DuplicateRule   = "duplicate_rule"
	AssignmentRule  = "assignment_rule"
	SessionRefused  = "session_refused"
	UnknownError    = "unknown_error"
	MissingFields   = "missing_fields"
	GzipMismatch    = "gzip_mismatch"
	PhantomIDs      = "phantom_ids"
	SmallPages      = "small_pages"
	MoveInstance    = "move_instance"
	LateCommit      = "late_commit"
	ForgetDeletions = "forget_deletions"
	LateSearch      = "late_search"

	BulkSlow        = "bulk_slow"
	BulkFail        = "bulk_fail"
	BulkUnsupported = "bulk_unsupported"

	DropStreams     = "drop_streams"
	ExpireReplayIDs = "expire_replay_ids"
	DuplicateEvents = "duplicate_events"
	ReorderEvents   = "reorder_events"
	GapEvents       = "gap_events"
	Overflow        = "overflow"
	GarbleEvents    = "garble_events"
	SlowConsumer    = "slow_consumer"
)

var (
	path    = Param{"path", "request path prefix, in which * stands for anything; empty: every API path"}
	method  = Param{"method", "HTTP method; empty: every method"}
	object  = Param{"object", "API name; empty: every object"}
	channel = Param{"channel", "e.g. /data/ContactChangeEvent; empty: every channel"}
	message = Param{"message", "text of the error"}
)

// Kinds lists every kind, requests first, then streams.
var Kinds = []Kind{
	{HTTPStatus, "answers with this status and does nothing else", []Param{{"status", "default 503"}, {"retry_after", "header Retry-After, which only something in front of the platform sends: seconds or a date"}, path, method}},
	{Latency, "waits before serving", []Param{{"ms", "milliseconds, default 1000"}, path, method}},
	{HoldRequests, "serves a request only when the faults are cleared, or its caller has left", []Param{{"after", "requests that pass first"}, path, method}},
	{ExpireTokens, "ends every access token issued so far; refreshing still works", nil},
	{RevokeTokens, "ends every access and refresh token issued so far", nil},
	{LoseResponse, "commits, then cuts the connection without an answer", []Param{path, method}},
	{LimitExceeded, "403 REQUEST_LIMIT_EXCEEDED", []Param{{"after", "requests that pass first"}, message, path, method}},
	{ValidationRule, "FIELD_CUSTOM_VALIDATION_EXCEPTION on writes", []Param{object, {"field", "field to name; empty: none"}, message}},
	{LockRows, "UNABLE_TO_LOCK_ROW on writes", []Param{object}},
	{HTMLInsteadOfJSON, "an HTML page where JSON belongs", []Param{{"status", "default 503"}, path, method}},
	{RotateRefreshTokens, "every refresh gives a new refresh token and kills the old one; lasts until cleared unless bounded", nil},
	{TokenAnswer, "leaves a part of the token endpoint's answer out", []Param{{"field", "such as instance_url or access_token"}}},

	{DuplicateRule, "DUPLICATES_DETECTED where a record like the written one exists; lasts until cleared unless seconds are given", []Param{
		object,
		{"field", "what makes records alike, default Email"},
		{"mode", "allow (an alert that a header passes, default) or block"},
		{"spelling", "of the key: duplicateResut (default) or duplicateResult"},
		{"message", "text of the alert"},
	}},
	{AssignmentRule, "gives written records to the first of the team, unless Sforce-Auto-Assign is FALSE; lasts until cleared unless seconds are given", []Param{
		{"object", "API name, default Lead"},
	}},
	{SessionRefused, "401 that refreshing does not cure: this session is not valid for use with the REST API", []Param{path, method}},
	{UnknownError, "an error code that nobody has heard of", []Param{{"code", "default SOMETHING_NEW_HAPPENED"}, {"status", "default 400"}, message, path, method}},
	{MissingFields, "leaves fields out of an error that has some", []Param{path, method}},
	{GzipMismatch, "an answer whose Content-Encoding is not true", []Param{{"mode", "promised (told, not done; default) or untold (done, not told)"}, path, method}},
	{PhantomIDs, "rows that all-or-none took back still show ids; lasts until cleared unless seconds are given", nil},
	{SmallPages, "query pages of a few rows; lasts until cleared unless seconds are given", []Param{{"size", "rows of a page, default 1"}}},
	{MoveInstance, "instance_url changes at the next refresh and the old host refuses the API; lasts until cleared unless seconds are given", []Param{
		{"status", "of the old host: 401 (default) or 420"},
	}},
	{LateCommit, "records come to light later than their SystemModstamp says; lasts until cleared unless seconds are given", []Param{
		{"ms", "how much later, in milliseconds"}, {"mode", "hold lets the write itself take that long, and nobody sees it before; else only its stamp is older"},
	}},
	{LateSearch, "searches do not find what was written lately; lasts until cleared unless seconds are given", []Param{{"ms", "how lately, in milliseconds"}}},
	{ForgetDeletions, "getDeleted lists nothing of the time before, as after very many deletions; happens at once", nil},

	{BulkSlow, "a bulk job stays InProgress for a while", []Param{{"ms", "milliseconds"}, object}},
	{BulkFail, "a bulk job ends as Failed before it has done anything", []Param{object, {"message", "its errorMessage"}}},
	{BulkUnsupported, "INVALIDENTITY for a new bulk job", []Param{object}},

	{DropStreams, "cuts every open streaming connection", nil},
	{ExpireReplayIDs, "forgets the events so far: older replay ids are refused", []Param{channel}},
	{DuplicateEvents, "delivers each event several times", []Param{{"times", "deliveries of each event, default 2"}, channel}},
	{ReorderEvents, "swaps the events of two neighboring transactions", []Param{channel}},
	{GapEvents, "turns events into gap events without a body", []Param{object}},
	{GarbleEvents, "delivers events that cannot be read", []Param{object, channel, {"mode", "body (the header can be read in part, default) or header (nothing can)"}, {"times", "deliveries of each event that are so; all when left out"}}},
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
