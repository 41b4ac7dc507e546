package bayeux

import (
	"bytes"
	"encoding/json"
	"time"
)

// The meta channels.
const (
	metaHandshake   = "/meta/handshake"
	metaConnect     = "/meta/connect"
	metaSubscribe   = "/meta/subscribe"
	metaUnsubscribe = "/meta/unsubscribe"
	metaDisconnect  = "/meta/disconnect"
)

// message is the envelope of one received message. Everything that is not
// needed to follow the protocol stays raw, so numbers keep every digit.
type message struct {
	channel      string
	id           string // string or number in the wire form, "" if absent
	clientID     string
	subscription string
	errText      string
	successful   bool
	data         json.RawMessage // nil if absent
	advice       json.RawMessage
	ext          json.RawMessage
	types        json.RawMessage // supportedConnectionTypes
}

// isEvent tells a published message from a reply: replies to a publish have no
// data.
func (m *message) isEvent() bool {
	return m.data != nil && !isMeta(m.channel)
}

func isMeta(channel string) bool {
	return len(channel) >= 6 && channel[:6] == "/meta/"
}

// advice is the server's wish for what to do next. Absent numbers are nil.
type advice struct {
	Reconnect string       `json:"reconnect"`
	Interval  *json.Number `json:"interval"`
	Timeout   *json.Number `json:"timeout"`
}

// parsedAdvice returns the advice, or the zero one if it is absent or
// unreadable: a reply is worth more than its advice.
func (m *message) parsedAdvice() advice {
	var a advice
	if m.advice == nil || json.Unmarshal(m.advice, &a) != nil {
		return advice{}
	}
	return a
}

// milliseconds reads an advised number, bounded so that a mistaken advice
// cannot silence the client.
func milliseconds(n *json.Number, fallback, most time.Duration) time.Duration {
	if n == nil {
		return fallback
	}
	v, err := n.Int64()
	if err != nil || v < 0 {
		return fallback
	}
	if v > most.Milliseconds() {
		return most
	}
	return time.Duration(v) * time.Millisecond
}

// failureReason is ext.sfdc.failureReason: Salesforce puts the cause there and
// an unrelated text in error.
func (m *message) failureReason() string {
	var ext struct {
		SFDC struct {
			FailureReason string `json:"failureReason"`
		} `json:"sfdc"`
	}
	if m.ext == nil || json.Unmarshal(m.ext, &ext) != nil {
		return ""
	}
	return ext.SFDC.FailureReason
}

// replayOffered is ext.replay of a handshake reply.
func (m *message) replayOffered() bool {
	var ext struct {
		Replay bool `json:"replay"`
	}
	return m.ext != nil && json.Unmarshal(m.ext, &ext) == nil && ext.Replay
}

// offers tells whether the handshake reply lists the transport.
func (m *message) offers(t Transport) bool {
	var types []Transport
	if m.types == nil || json.Unmarshal(m.types, &types) != nil {
		return false
	}
	for _, offered := range types {
		if offered == t {
			return true
		}
	}
	return false
}

// request is one message to send.
type request struct {
	ID             string       `json:"id"`
	Channel        string       `json:"channel"`
	ClientID       string       `json:"clientId,omitempty"`
	Version        string       `json:"version,omitempty"`
	MinimumVersion string       `json:"minimumVersion,omitempty"`
	Types          []Transport  `json:"supportedConnectionTypes,omitempty"`
	ConnectionType Transport    `json:"connectionType,omitempty"`
	Subscription   string       `json:"subscription,omitempty"`
	Advice         *timeoutZero `json:"advice,omitempty"`
	Ext            *requestExt  `json:"ext,omitempty"`
}

// timeoutZero asks for an immediate answer to a connect.
type timeoutZero struct {
	Timeout int `json:"timeout"`
}

// requestExt carries the replay extension: true in a handshake, a map from
// channel to replay value in a subscribe.
type requestExt struct {
	Replay any `json:"replay"`
}

// encode writes the messages as one array. HTML escaping is off because a
// server may compare channel names byte for byte.
func encode(out []*request) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, err
	}
	return bytes.TrimRight(buf.Bytes(), "\n"), nil
}
