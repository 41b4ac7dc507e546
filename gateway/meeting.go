package gateway

import "time"

// The kinds of what was said here, as links, log lines and pages name them.
const (
	KindMeeting      = "meeting"
	KindCall         = "call"
	KindConversation = "conversation"
	KindEmail        = "email"
)

// MeetingStatus is how far a meeting has come.
type MeetingStatus string

// The states of a meeting.
const (
	MeetingScheduled MeetingStatus = "scheduled"
	MeetingCompleted MeetingStatus = "completed"
	MeetingCancelled MeetingStatus = "cancelled"
)

// The sources of a meeting.
const (
	FromCalendar = "calendar"
	Impromptu    = "impromptu"
)

// Meeting is a meeting as the host product knows it. Notes, Summary and
// Transcript are HTML, Markdown or plain text as they came.
type Meeting struct {
	ExternalID   string                 `json:"external_id"`
	Title        string                 `json:"title"`
	Source       string                 `json:"source"` // FromCalendar or Impromptu
	Status       MeetingStatus          `json:"status"`
	StartsAt     time.Time              `json:"starts_at"`
	EndsAt       time.Time              `json:"ends_at"` // after StartsAt
	Organizer    string                 `json:"organizer_email"`
	Participants []Participant          `json:"participants"`
	Purpose      string                 `json:"purpose"`
	Outcome      string                 `json:"outcome"`
	Notes        string                 `json:"notes"`
	Summary      string                 `json:"summary"`
	ActionItems  []ActionItem           `json:"action_items"`
	KeyMoments   []KeyMoment            `json:"key_moments"`
	Topics       map[string][]TopicNote `json:"topics"` // by slug
	RecordingURL string                 `json:"recording_url"`
	Transcript   string                 `json:"transcript"`
	Properties   Fields                 `json:"properties"`
	Agent        string                 `json:"agent,omitempty"` // which agent of the product recorded it, its id or name
	UpdatedAt    time.Time              `json:"updated_at"`
}

// Participant is somebody who takes part in a meeting.
type Participant struct {
	Email string `json:"email"` // lower case, "" when not known
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

// Words returns a participant as a text names him: "Ann Lee <ann@example.com>".
func (p Participant) Words() string {
	address := p.Email
	if address == "" {
		address = p.Phone
	}
	switch {
	case p.Name == "":
		return address
	case address == "":
		return p.Name
	default:
		return p.Name + " <" + address + ">"
	}
}

// ActionItem is something that somebody promised in a meeting.
type ActionItem struct {
	Text  string `json:"text"`
	DueOn string `json:"due_on"` // a day such as 2026-05-31, "" = none
	Owner string `json:"owner_email"`
}

// KeyMoment is a place in a recording that is worth hearing.
type KeyMoment struct {
	Text string  `json:"text"`
	At   float64 `json:"at_seconds"`
}

// TopicNote is one thing that was said under a heading (product: Smart Topic).
type TopicNote struct {
	Text string  `json:"text"`
	At   float64 `json:"at_seconds"`
}
