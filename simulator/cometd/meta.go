package cometd

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidegate/simulator/bus"
	"tidegate/simulator/fault"
)

const (
	browserCookie = "BAYEUX_BROWSER"
	stickyCookie  = "sfdc-stream"
)

// caller is where messages come from: one POST, or one socket.
type caller struct {
	transport string
	token     string
	browser   string // cookies as they were sent
	sticky    string
	set       []*http.Cookie // cookies to send back
	secure    bool
}

func newCaller(r *http.Request, transport string) *caller {
	c := &caller{transport: transport, token: tokenOf(r), secure: r.TLS != nil}
	if k, err := r.Cookie(browserCookie); err == nil {
		c.browser = k.Value
	}
	if k, err := r.Cookie(stickyCookie); err == nil {
		c.sticky = k.Value
	}
	return c
}

// tokenOf reads the header as "OAuth token", "Bearer token", or the bare token.
func tokenOf(r *http.Request) string {
	value := strings.TrimSpace(r.Header.Get("Authorization"))
	scheme, token, found := strings.Cut(value, " ")
	if found && (strings.EqualFold(scheme, "OAuth") || strings.EqualFold(scheme, "Bearer")) {
		return strings.TrimSpace(token)
	}
	return value
}

// give adds a cookie to the answer. Expires goes by the wall clock, because the
// client's cookie jar does. Secure is left out on plain HTTP, where no jar would
// send the cookie back.
func (c *caller) give(name, value string, life time.Duration) {
	k := &http.Cookie{Name: name, Value: value, Path: "/", Secure: c.secure, HttpOnly: name == browserCookie}
	if c.secure {
		k.SameSite = http.SameSiteNoneMode
	}
	if life > 0 {
		k.Expires = time.Now().Add(life)
	}
	c.set = append(c.set, k)
}

// answer serves every message but connect.
func (s *Server) answer(c *caller, m *message) reply {
	switch m.Channel {
	case metaHandshake:
		return s.handshake(c, m)
	case metaSubscribe:
		return s.subscribe(c, m)
	case metaUnsubscribe, metaDisconnect:
		return s.part(c, m)
	}
	return m.refuse(errPublish)
}

func (s *Server) handshake(c *caller, m *message) reply {
	if c.token == "" {
		return m.deny(errNoToken)
	}
	user, ok := s.cfg.Authenticate(c.token)
	if !ok {
		return m.deny(errInvalidToken)
	}
	if r := s.chosen(m); r != nil {
		return *r
	}
	offered := s.offered()
	if len(m.SupportedConnectionTypes) > 0 && !slices.ContainsFunc(m.SupportedConnectionTypes, func(t string) bool { return slices.Contains(offered, t) }) {
		return m.refuseAdvised(errConnectionType(m.SupportedConnectionTypes[0]), "none")
	}
	n := s.newSession(c, user)
	if !s.sessions.add(n, s.cfg.Now(), s.cfg.MaxClients) {
		return m.refuseAdvised(errTooMany, "none")
	}
	r := m.accept(n.id)
	r.Version, r.MinimumVersion = "1.0", "1.0"
	r.SupportedConnectionTypes = offered
	r.Ext = &ext{Replay: true, PayloadFormat: true}
	return r
}

func (s *Server) offered() []string {
	if s.cfg.Websocket {
		return []string{websocket, longPolling}
	}
	return []string{longPolling}
}

func (s *Server) newSession(c *caller, user string) *session {
	now := s.cfg.Now()
	n := &session{
		id: newClientID(), user: user, browser: c.browser, sticky: newClientID(),
		moves: now.Add(s.cfg.StickyLife), due: now.Add(s.cfg.SessionLife), wake: make(chan struct{}, 1),
	}
	if n.browser == "" {
		n.browser = newClientID()
		c.give(browserCookie, n.browser, 0)
	}
	c.give(stickyCookie, n.sticky, s.cfg.StickyLife)
	return n
}

// admit finds the session that a message belongs to, or the reply that refuses it.
func (s *Server) admit(c *caller, m *message) (*session, *reply) {
	refuse := func(r reply) (*session, *reply) { return nil, &r }
	user, ok := s.cfg.Authenticate(c.token)
	if !ok {
		return refuse(m.refuseAdvised(errInvalidToken, "none"))
	}
	if m.ClientID == "" && m.Channel != metaConnect {
		return refuse(m.refuse(errNoHandshake))
	}
	n := s.sessions.find(m.ClientID, s.cfg.Now())
	switch {
	case n == nil:
		return refuse(m.refuseAdvised(errUnknownClient, "handshake"))
	case n.user != user:
		return refuse(m.refuse(errOtherUser))
	case c.transport == websocket:
		return n, nil // a socket stays with its server: no cookie decides anything
	case c.browser == "":
		return refuse(m.refuse(errNoCookie(n.id)))
	case c.browser != n.browser || c.sticky != n.sticky || s.cfg.Now().After(n.moves):
		c.give(stickyCookie, newClientID(), s.cfg.StickyLife)
		return refuse(m.refuseAdvised(errUnknownClient, "handshake"))
	}
	return n, nil
}

func (s *Server) subscribe(c *caller, m *message) reply {
	n, refusal := s.admit(c, m)
	if refusal != nil {
		return *refusal
	}
	defer n.touch(s.cfg.Now(), s.cfg.SessionLife)
	topic, isTopic := s.cfg.Topic(n.user, m.Subscription)
	if text := s.channelError(m.Subscription); text != "" && !isTopic {
		return m.refuse(text)
	}
	if r := s.subscribeFault(m); r != nil {
		return *r
	}
	if !isTopic {
		topic = Topic{Log: s.cfg.Log, Refusal: s.cfg.Refuse(n.user, m.Subscription)}
	}
	if topic.Refusal != "" {
		return m.refuse(topic.Refusal)
	}
	replay, text := replayOf(m)
	if text != "" {
		return m.refuse(text)
	}
	if replay >= 0 {
		if _, ok := s.cfg.Faults.Take(fault.ExpireReplayIDs, fault.Subject{Channel: m.Subscription}); ok {
			topic.Log.Expire()
		}
	}
	cursor, err := topic.open(m.Subscription, replay)
	if errors.Is(err, bus.ErrReplayID) {
		return m.refuse(errReplayID(strconv.FormatInt(replay, 10)))
	}
	if err != nil {
		return m.refuse(errUnknownChannel(m.Subscription))
	}
	if !isTopic && s.cfg.Eyes != nil {
		topic.See = s.cfg.Eyes(n.user)
	}
	n.subscribe(m.Subscription, cursor, topic.See)
	return m.accept(n.id)
}

func (t *Topic) open(channel string, replay int64) (*bus.Cursor, error) {
	if t.Stream == "" {
		return t.Log.Open(channel, replay)
	}
	return t.Log.OpenObject(t.Stream, replay)
}

// Subscribers are the users who have a session with a subscription to the channel.
func (s *Server) Subscribers(channel string) map[string]bool {
	return s.sessions.on(channel, s.cfg.Now())
}

func (s *Server) channelError(channel string) string {
	if _, custom := s.cfg.Log.Custom(channel); custom {
		return ""
	}
	object, ok := bus.ObjectOf(channel)
	switch {
	case channel == "":
		return errNoChannel
	case channel[0] != '/':
		return errNoSlash
	case strings.HasPrefix(channel, "/meta/") || strings.HasPrefix(channel, "/service/"):
		return errRestricted
	case strings.HasSuffix(channel, "*"):
		return errCannotCreate(channel)
	case !strings.HasPrefix(channel, "/data/") && !strings.HasPrefix(channel, "/event/") && !strings.HasPrefix(channel, "/topic/"):
		return errCreate
	case !ok || (object != "" && !s.cfg.Known(object)):
		return errUnknownChannel(channel)
	}
	return ""
}

// replayOf reads where a subscription starts: ext.replay is a map by the exact
// channel; without it the subscription starts at the tip.
func replayOf(m *message) (replay int64, text string) {
	if len(m.Ext.Replay) == 0 || string(m.Ext.Replay) == "null" {
		return bus.Tip, ""
	}
	var given map[string]json.Number
	if err := json.Unmarshal(m.Ext.Replay, &given); err != nil {
		return 0, errReplayMap(m.Subscription, string(m.Ext.Replay))
	}
	// The key is the channel alone, also where a topic is filtered.
	channel, _, _ := strings.Cut(m.Subscription, "?")
	value, ok := given[channel]
	if !ok {
		return 0, errReplayMap(m.Subscription, mapText(given))
	}
	id, err := value.Int64()
	if err != nil {
		return 0, errReplayID(value.String())
	}
	return id, ""
}

func mapText(given map[string]json.Number) string {
	var parts []string
	for channel, id := range given {
		parts = append(parts, fmt.Sprintf("%s=%s", channel, id))
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ", ") + "}"
}

// part serves unsubscribe and disconnect.
func (s *Server) part(c *caller, m *message) reply {
	n, refusal := s.admit(c, m)
	if refusal != nil {
		return *refusal
	}
	if m.Channel == metaDisconnect {
		s.sessions.remove(n)
		return m.accept(n.id)
	}
	n.unsubscribe(m.Subscription)
	n.touch(s.cfg.Now(), s.cfg.SessionLife)
	return m.accept(n.id)
}

// beginConnect checks a connect on either transport. It returns the session, or
// the replies that end it at once.
func (s *Server) beginConnect(c *caller, m *message) (*session, []reply) {
	n, refusal := s.admit(c, m)
	if refusal != nil {
		return nil, []reply{*refusal}
	}
	if m.ConnectionType != c.transport {
		n.touch(s.cfg.Now(), s.cfg.SessionLife)
		return nil, []reply{m.refuse(errConnectionType(m.ConnectionType))}
	}
	if replies := s.connectFault(n, m); replies != nil {
		return nil, replies
	}
	if n.first() {
		n.touch(s.cfg.Now(), s.cfg.SessionLife)
		r := m.accept(n.id)
		r.Advice = &advice{Reconnect: "retry", Interval: new(int64), Timeout: s.cfg.ConnectTimeout.Milliseconds()}
		return nil, []reply{r}
	}
	return n, nil
}
