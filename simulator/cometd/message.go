package cometd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// The channels of the protocol itself.
const (
	metaHandshake   = "/meta/handshake"
	metaConnect     = "/meta/connect"
	metaSubscribe   = "/meta/subscribe"
	metaUnsubscribe = "/meta/unsubscribe"
	metaDisconnect  = "/meta/disconnect"
)

// The connection types.
const (
	longPolling = "long-polling"
	websocket   = "websocket"
)

// What an org says to a user who may not subscribe.
const (
	ErrNoEntity  = "403::Subscriber does not have access to the entity in this topic"
	ErrNoViewAll = "403::User not allowed to subscribe CDC without View All Data permissions"
)

// ErrNoChannel is what an org says of a channel that it does not have.
func ErrNoChannel(channel string) string { return errUnknownChannel(channel) }

// What an org says when it refuses, as code:args:message.
const (
	errNoVersion     = "400::API version in the URI is mandatory. URI format: '/cometd/66.0'"
	errOldVersion    = "400::Unsupported API version. Only API versions '37.0' and later are supported. URI format: '/cometd/66.0'"
	errNoChannel     = "400::Channel name not specified"
	errNoSlash       = "400::Channel subscriptions must start with a leading '/'"
	errOtherUser     = "400::Authenticated user id does not match the session's user id"
	errInvalidToken  = "401::Authentication invalid"
	errNoToken       = "401::Request requires authentication"
	errUnknownClient = "403::Unknown client"
	errDenied        = "403::Handshake denied"
	errRestricted    = "403::Restricted channel"
	errCreate        = "403:denied_by_security_policy:create_denied"
	errSubscribe     = "403:denied_by_security_policy:subscribe_denied"
	errQuota         = "403::Organization total events daily limit exceeded"
	errNoHandshake   = "403::Client has not completed handshake"
	errTooMany       = "403::Organization concurrent user limit exceeded"
	errPublish       = "403:denied_by_security_policy:publish_denied"
	errTooLarge      = "413::Maximum Request Size Exceeded"
	errBusy          = "503::Server is too busy. Please try your request again later."
)

func errConnectionType(t string) string { return "400::Invalid connection type {" + t + "}" }

func errUnknownChannel(c string) string {
	return "400::The channel you requested to subscribe to doesn't exist {" + c + "}"
}

func errCannotCreate(c string) string { return "403::Cannot create channel {" + c + "}" }

func errNoCookie(client string) string {
	return "400::Client " + client + " has established a session, but no BAYEUX_BROWSER cookie present"
}

func errReplayID(id string) string {
	return "400::The replayId {" + id + "} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events."
}

func errReplayMap(channel, given string) string {
	return fmt.Sprintf("400::The replayId for channel %s wasn't found using the provided replay ID map {%s}. "+
		"Ensure that the channel name you provided in the replay map is valid and matches the channel name used for subscribing.", channel, given)
}

// message is what a client sends. Ids are echoed as they came, string or number.
type message struct {
	ID                       json.RawMessage `json:"id"`
	Channel                  string          `json:"channel"`
	ClientID                 string          `json:"clientId"`
	ConnectionType           string          `json:"connectionType"`
	SupportedConnectionTypes []string        `json:"supportedConnectionTypes"`
	Subscription             string          `json:"subscription"`
	Advice                   struct {
		Timeout *int64 `json:"timeout"`
	} `json:"advice"`
	Ext struct {
		Replay json.RawMessage `json:"replay"`
	} `json:"ext"`
}

// advice is always sent whole where it is sent at all: CometD clients replace
// what they had.
type advice struct {
	Reconnect string `json:"reconnect"`
	Interval  *int64 `json:"interval,omitempty"`
	Timeout   int64  `json:"timeout,omitempty"`
}

type sfdc struct {
	FailureReason string `json:"failureReason"`
}

type ext struct {
	SFDC          *sfdc `json:"sfdc,omitempty"`
	Replay        bool  `json:"replay,omitempty"`
	PayloadFormat bool  `json:"payload.format,omitempty"`
}

// reply is what the org answers to one message.
type reply struct {
	ID                       json.RawMessage `json:"id,omitempty"`
	Channel                  string          `json:"channel"`
	Version                  string          `json:"version,omitempty"`
	MinimumVersion           string          `json:"minimumVersion,omitempty"`
	ClientID                 string          `json:"clientId,omitempty"`
	SupportedConnectionTypes []string        `json:"supportedConnectionTypes,omitempty"`
	Subscription             string          `json:"subscription,omitempty"`
	Error                    string          `json:"error,omitempty"`
	Advice                   *advice         `json:"advice,omitempty"`
	Ext                      *ext            `json:"ext,omitempty"`
	Successful               bool            `json:"successful"`
}

func (m *message) reply() reply {
	return reply{ID: m.ID, Channel: m.Channel, Subscription: m.Subscription}
}

func (m *message) refuse(text string) reply {
	r := m.reply()
	r.Error = text
	return r
}

// refuseAdvised refuses and tells what to do next: "handshake" or "none".
func (m *message) refuseAdvised(text, reconnect string) reply {
	r := m.refuse(text)
	r.Advice = &advice{Reconnect: reconnect, Interval: new(int64)}
	return r
}

// deny refuses a handshake: the error is generic, the cause is nested.
func (m *message) deny(cause string) reply {
	r := m.refuse(errDenied)
	r.Advice = &advice{Reconnect: "none"}
	r.Ext = &ext{SFDC: &sfdc{FailureReason: cause}, Replay: true, PayloadFormat: true}
	return r
}

func (m *message) accept(client string) reply {
	r := m.reply()
	r.ClientID = client
	r.Successful = true
	return r
}

// parse reads a JSON array of messages, or a single one.
func parse(body []byte) ([]message, error) {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '{' {
		var m message
		err := json.Unmarshal(body, &m)
		return []message{m}, err
	}
	var list []message
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("no messages")
	}
	return list, nil
}
