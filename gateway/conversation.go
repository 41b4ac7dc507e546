package gateway

import "time"

// The channels of a conversation.
const (
	ChannelChat = "chat"
	ChannelSMS  = "sms"
)

// Conversation is a chat or a thread of texts. Its messages are kept beside it.
type Conversation struct {
	ExternalID string    `json:"external_id"`
	Channel    string    `json:"channel"` // ChannelChat or ChannelSMS
	Agent      string    `json:"agent"`   // which agent of the product, its name or slug
	Person     string    `json:"person"`  // external id of who it is with
	Answers    Fields    `json:"answers"` // qualification, by name
	StartedAt  time.Time `json:"started_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// Message is one message of a conversation.
type Message struct {
	ExternalID string    `json:"external_id"`
	Direction  string    `json:"direction"` // "inbound" or "outbound"
	Author     string    `json:"author"`
	Text       string    `json:"text"`
	At         time.Time `json:"at"`
}
