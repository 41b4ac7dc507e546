package handlers

import (
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"
)

// apiRoute is one call of the product API with the words that describe it. The
// table is data, so that what is mounted and what is described cannot differ.
type apiRoute struct {
	method, path  string // path below /api/v1
	handle        func(*call) error
	title, text   string
	takes, gives  any       // zero values of the body and of the answer; nil = no body
	query         []apiWord // what the address may ask
	example, body string    // an address that works, with its query, and a body that is accepted
}

// apiWord names one thing that may be sent, and says what it is.
type apiWord struct{ name, text string }

func (r apiRoute) writes() bool { return r.method != fiber.MethodGet }

// scope is what a key must be allowed to do for this call.
func (r apiRoute) scope() string {
	if r.writes() {
		return "write"
	}
	return "read"
}

// exampleID is the record of the examples.
const exampleID = "003dM00001wBXYDQA4"

var pageWords = []apiWord{
	{"limit", "Records in one answer: 1 to 500, 50 when left out."},
	{"after", "Continues a list; use “next” of the answer instead of making it."},
}

const savedText = " The answer comes after it is durable here. If Salesforce answered within 3 seconds the state is “written”, else “queued”; with needs_you a person must decide first."

// apiRoutes are all calls of the product API, in the order of the page.
var apiRoutes = []apiRoute{
	{
		http.MethodPut, "/people/:external_id", apiPerson, "Put a person", "Makes or updates a person by your own id." + savedText,
		apiPersonBody{},
		apiSaved{},
		nil, "/people/u-1001",
		`{"kind": "contact", "first_name": "Ann", "last_name": "Ferrow", "email": "ann.ferrow@example.com", "title": "Head of Operations"}`,
	},
	{
		http.MethodPut, "/meetings/:external_id", apiMeeting, "Put a meeting", "A meeting is one Event in Salesforce for its whole life: put it when it is planned and again when it was held. “writes” tells of each part what became of it, or why nothing did." + savedText,
		apiMeetingBody{},
		apiSaved{},
		nil, "/meetings/m-1",
		`{"title": "Weekly sync", "source": "calendar", "status": "completed", "starts_at": "2026-05-04T09:00:00Z", "ends_at": "2026-05-04T09:30:00Z",
  "organizer_email": "rita@example.com", "participants": [{"email": "ann.ferrow@example.com", "name": "Ann Ferrow"}],
  "notes": "- price\n- terms", "action_items": [{"text": "Send the offer", "due_on": "2026-05-09"}],
  "topics": {"next-steps": [{"text": "Send the offer", "at_seconds": 731.5}]}}`,
	},
	{
		http.MethodPut, "/calls/:external_id", apiCall, "Put a call", "The person is named by person_external_id, else recognized by number." + savedText,
		apiCallBody{},
		apiSaved{},
		nil, "/calls/c-1",
		`{"direction": "inbound", "from": "+1 212 555 0100", "to": "+1 212 555 0199", "started_at": "2026-05-04T09:00:00Z", "duration_seconds": 340,
  "disposition": "Connected", "notes": "Asked for terms.", "person_external_id": "u-1001"}`,
	},
	{
		http.MethodPut, "/conversations/:external_id", apiConversation, "Put a conversation", "A chat or text thread. Messages that came before stay." + savedText,
		apiConversationBody{},
		apiSaved{},
		nil, "/conversations/v-1",
		`{"channel": "chat", "person_external_id": "u-1001", "answers": {"team_size": 40},
  "messages": [{"external_id": "1", "direction": "inbound", "author": "Ann", "text": "Hello", "at": "2026-05-04T09:00:00Z"}]}`,
	},
	{
		http.MethodPost, "/conversations/:external_id/messages", apiMessages, "Add messages", "Adds one message, or a list of them, to a conversation that is there." + savedText,
		apiMessagesBody{},
		apiSaved{},
		nil, "/conversations/v-1/messages",
		`{"messages": [{"external_id": "2", "direction": "outbound", "author": "Rita", "text": "Hello Ann", "at": "2026-05-04T09:01:00Z"}]}`,
	},
	{
		http.MethodPut, "/emails/:external_id", apiEmail, "Put an e-mail", "Sender and receivers are recognized by their addresses." + savedText,
		apiEmailBody{},
		apiSaved{},
		nil, "/emails/e-1",
		`{"from": "rita@example.com", "to": ["ann.ferrow@example.com"], "subject": "Offer", "text": "Hello Ann", "sent_at": "2026-05-04T10:00:00Z"}`,
	},
	{
		http.MethodPut, "/custom/:kind/:external_id", apiCustom, "Put a record of your own kind", "It becomes a record of each added object of which a field is filled from this kind, on that object's page; without one it is kept here. What is found by a field that tells records apart is updated, else one is made where the object's settings say so.",
		apiCustomBody{},
		apiSaved{},
		nil, "/custom/risk/r-1", `{"properties": {"level": "high"}, "person_external_id": "p-1"}`,
	},
	{
		http.MethodGet, "/records/:object", apiRecords, "List records", "The mirror of one object, page by page; “next” is the address of the following page, or null. Deleted records are listed as such.",
		nil,
		apiRecordList{},
		append([]apiWord{{"updated_after", "Only what changed after this moment, such as 2026-05-01T07:25:37Z."}, {"q", "Only records with these words in their label."}}, pageWords...),
		"/records/Contact?limit=100&updated_after=2025-05-01T00:00:00Z", "",
	},
	{
		http.MethodGet, "/records/:object/:id", apiRecord, "Read a record", "One record with its links; with as_of as it was then.",
		nil,
		apiMade{},
		[]apiWord{{"as_of", "A moment such as 2026-05-01T07:25:37Z; the answer then says whether that is known."}},
		"/records/Contact/" + exampleID, "",
	},
	{
		http.MethodPatch, "/records/:object/:id", apiEdit, "Edit a record", "Edits a Salesforce record through the gateway. The state is “written”, “queued” (with why), “needs_you”, or “refused” as a problem with code and reason, such as a field that is not switched on under Objects.",
		apiEditBody{},
		apiEdited{},
		nil, "/records/Contact/" + exampleID, `{"fields": {"Title": "COO"}}`,
	},
	{
		http.MethodDelete, "/records/:object/:id", apiRemove, "Delete a record", "Deletes a record in Salesforce that was created from here or that something of yours is linked to; with it goes what was still to be written. The states are those of an edit. From the first answer on the record reads as deleted. A change that somebody makes in Salesforce meanwhile is kept as a conflict; the deletion stands. While it is “queued”, ignoring its line in the sync log takes it back; afterwards Salesforce's recycle bin does.",
		nil,
		apiRemoved{},
		nil, "/records/Contact/" + exampleID, "",
	},
	{
		http.MethodGet, "/links", apiLinks, "List links", "What of yours is linked to which record, and why.",
		nil,
		apiLinkList{},
		pageWords[1:], "/links", "",
	},
	{
		http.MethodGet, "/log", apiLog, "Read the sync log", "Newest first.",
		nil,
		apiLogList{},
		append([]apiWord{
			{"state", "done, waiting, needs_you, and so on."},
			{"direction", "in or out."},
			{"object", "API name of the object."},
			{"record", "Id of the record."},
			{"q", "Words in the line."},
		}, pageWords...), "/log?state=needs_you", "",
	},
	{http.MethodGet, "/status", apiStatus, "Read the state", "The state of the connection and of each object.", nil, apiState{}, nil, "/status", ""},
}

// What the calls answer. Where a handler builds its answer by hand, a test
// holds it against these.
type (
	apiSaved struct {
		ExternalID string        `json:"external_id"`
		Salesforce apiSalesforce `json:"salesforce"`
	}
	apiSalesforce struct {
		State    string     `json:"state"` // written, queued or local
		Reason   string     `json:"reason"`
		NeedsYou bool       `json:"needs_you"`
		Code     string     `json:"code"`
		Log      *string    `json:"log"`
		Links    []apiLink  `json:"links"`
		Writes   []apiWrite `json:"writes"`
	}
	apiEdited struct {
		State   string       `json:"state"`
		Reason  string       `json:"reason"`
		Log     *string      `json:"log"`
		Skipped []apiSkipped `json:"skipped"`
	}
	apiRemoved struct {
		State  string  `json:"state"`
		Reason string  `json:"reason"`
		Log    *string `json:"log"`
	}
	apiRecordList struct {
		Records []apiMade `json:"records"`
		Next    *string   `json:"next"`
	}
	apiLinkList struct {
		Links []apiLink `json:"links"`
		Next  *string   `json:"next"`
	}
	apiLogList struct {
		Lines  []apiLogLine   `json:"lines"`
		Total  int            `json:"total"`
		Counts map[string]int `json:"counts"`
		More   bool           `json:"more"`
		Next   *string        `json:"next"`
		// SearchedTo is null where the search was not ended early.
		SearchedTo *time.Time `json:"searched_to"`
	}
	apiState struct {
		State       string           `json:"state"`
		Reason      string           `json:"reason"`
		Environment string           `json:"environment"`
		Org         string           `json:"org"`
		Transport   string           `json:"transport"`
		Chosen      string           `json:"transport_why"`
		APIUsed     int              `json:"api_used"`
		APIMax      int              `json:"api_max"`
		Pending     int              `json:"pending"`   // changes of any object that wait to be written
		NeedsYou    int              `json:"needs_you"` // those that wait for a person
		Objects     []map[string]any `json:"objects"`
		Continuity  any              `json:"continuity"`
		Budget      []apiLane        `json:"budget"`
	}
	apiFailure struct {
		Type       string   `json:"type"`
		Title      string   `json:"title"`
		Status     int      `json:"status"`
		Code       string   `json:"code"`
		Detail     string   `json:"detail"`
		Fields     []string `json:"fields,omitempty"`
		Incident   string   `json:"incident,omitempty"`
		Salesforce string   `json:"salesforce,omitempty"`
		State      string   `json:"state,omitempty"`
		Reason     string   `json:"reason,omitempty"`
		Log        *string  `json:"log,omitempty"`
	}
)
