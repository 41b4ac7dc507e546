package gateway

import "time"

// Call is a telephone call as the host product knows it.
type Call struct {
	ExternalID   string                 `json:"external_id"`
	Direction    string                 `json:"direction"` // "inbound", "outbound" or "internal"
	From         string                 `json:"from"`
	To           string                 `json:"to"`
	StartedAt    time.Time              `json:"started_at"`
	Seconds      int                    `json:"duration_seconds"`
	Disposition  string                 `json:"disposition"`
	Notes        string                 `json:"notes"` // HTML, Markdown or plain text
	Topics       map[string][]TopicNote `json:"topics"`
	RecordingURL string                 `json:"recording_url"`
	Person       string                 `json:"person"`                // external id, "" = recognized by the number
	Agent        string                 `json:"agent"`                 // e-mail of who of us called
	RecordedBy   string                 `json:"recorded_by,omitempty"` // which agent of the product, its id or name
	UpdatedAt    time.Time              `json:"updated_at"`
}

// Number returns the number of the other side.
func (c Call) Number() string {
	if c.Direction == "inbound" {
		return c.From
	}
	return c.To
}
