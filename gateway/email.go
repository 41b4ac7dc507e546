package gateway

import "time"

// Email is a message that the host product sent or received.
type Email struct {
	ExternalID string                 `json:"external_id"`
	MessageID  string                 `json:"message_id"` // of RFC 5322, "" when not known
	From       string                 `json:"from"`
	To         []string               `json:"to"`
	Subject    string                 `json:"subject"`
	Text       string                 `json:"text"`
	SentAt     time.Time              `json:"sent_at"`
	Topics     map[string][]TopicNote `json:"topics"`
	UpdatedAt  time.Time              `json:"updated_at"`
}
