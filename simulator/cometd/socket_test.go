package cometd_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	ws "github.com/gorilla/websocket"

	"tidegate/simulator/bus"
	"tidegate/simulator/cometd"
)

// line is a websocket client that reads frames.
type line struct {
	o    *org
	conn *ws.Conn
	id   string
	next int
}

func (o *org) dial() *line {
	o.t.Helper()
	conn, resp, err := ws.DefaultDialer.Dial("ws"+strings.TrimPrefix(o.url, "http")+"/cometd/61.0",
		http.Header{"Authorization": {"Bearer " + goodToken}})
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	if len(resp.Cookies()) != 0 { // they would overwrite those of a handshake over HTTP
		o.t.Errorf("cookies on upgrade: %v", resp.Cookies())
	}
	o.t.Cleanup(func() { _ = conn.Close() })
	return &line{o: o, conn: conn}
}

func (l *line) write(channel, members string) {
	l.o.t.Helper()
	l.next++
	text := fmt.Sprintf(`[{"id":"%d","channel":%q,"clientId":%q%s}]`, l.next, channel, l.id, members)
	if err := l.conn.WriteMessage(ws.TextMessage, []byte(text)); err != nil {
		l.o.t.Fatal(err)
	}
}

func (l *line) frame() ([]answer, error) {
	if err := l.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, err
	}
	_, text, err := l.conn.ReadMessage()
	if err != nil {
		return nil, err
	}
	var out []answer
	err = json.Unmarshal(text, &out)
	return out, err
}

// read returns the next frame.
func (l *line) read() []answer {
	l.o.t.Helper()
	out, err := l.frame()
	if err != nil {
		l.o.t.Fatal(err)
	}
	return out
}

func (l *line) ask(channel, members string) answer {
	l.o.t.Helper()
	l.write(channel, members)
	return l.read()[0]
}

func (l *line) handshake() {
	l.o.t.Helper()
	a := l.ask("/meta/handshake", `,"version":"1.0","supportedConnectionTypes":["websocket","long-polling"],"ext":{"replay":true}`)
	if !a.ok() || a.Types[0] != "websocket" || a.Advice != nil {
		l.o.t.Fatalf("handshake: %+v", a)
	}
	l.id = a.ClientID
	if a := l.ask("/meta/connect", `,"connectionType":"websocket"`); !a.ok() || a.Advice == nil || a.Advice.Timeout == 0 {
		l.o.t.Fatalf("first connect: %+v", a)
	}
}

func (l *line) connect() { l.write("/meta/connect", `,"connectionType":"websocket"`) }

func (l *line) subscribe(channel string, replay int64) {
	l.write("/meta/subscribe", fmt.Sprintf(`,"subscription":%q,"ext":{"replay":{%q:%d}}`, channel, channel, replay))
}

// collect reads frames until n events have come and a reply to the channel, where
// one is named.
func (l *line) collect(n int, reply string) []answer {
	l.o.t.Helper()
	var events []answer
	for len(events) < n || reply != "" {
		for _, a := range l.read() {
			switch {
			case a.Channel == reply && a.ok():
				reply = ""
			case a.Successful != nil:
				l.o.t.Fatalf("unexpected reply %+v", a)
			default:
				events = append(events, a)
			}
		}
	}
	return events
}

func TestS11UpgradeIsRefusedWith405WhereWebsocketIsOff(t *testing.T) {
	o := start(t, func(c *cometd.Config) { c.Websocket = false })
	_, resp, err := ws.DefaultDialer.Dial("ws"+strings.TrimPrefix(o.url, "http")+"/cometd/61.0", nil)
	if err == nil || resp == nil {
		t.Fatalf("upgrade: %v", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("upgrade: status %d", resp.StatusCode)
	}
}

func TestS11EventsArePushedWithoutWakingTheConnect(t *testing.T) {
	o := start(t, nil)
	l := o.dial()
	l.handshake()
	l.subscribe(bus.Everything, bus.Tip)
	l.collect(0, "/meta/subscribe")
	l.connect()
	for i := range 3 {
		o.publish("Contact", 1)
		frame := l.read()
		if len(frame) != 1 || frame[0].Channel != bus.Everything || frame[0].Data.Payload.N != i+1 {
			t.Fatalf("frame %d: %+v", i, frame)
		}
	}
}

func TestS11ParkedConnectIsAHeartbeat(t *testing.T) {
	o := start(t, func(c *cometd.Config) { c.ConnectTimeout = 50 * time.Millisecond })
	l := o.dial()
	l.handshake()
	for range 3 {
		if a := l.ask("/meta/connect", `,"connectionType":"websocket"`); !a.ok() || a.Advice != nil {
			t.Fatalf("heartbeat: %+v", a)
		}
	}
}

func TestBacklogTravelsInLargeFrames(t *testing.T) {
	o := start(t, nil)
	o.publish("Contact", 2000)
	l := o.dial()
	l.handshake()
	l.subscribe(bus.Everything, bus.Earliest)
	events := l.collect(2000, "/meta/subscribe")
	for i, a := range events {
		if a.Data.Payload.N != i+1 {
			t.Fatalf("event %d carries %d", i, a.Data.Payload.N)
		}
	}
}

func TestS11BadFramesCloseWith1011(t *testing.T) {
	o := start(t, nil)
	for name, text := range map[string]string{
		"not JSON":               `[{`,
		"handshake in company":   `[{"channel":"/meta/handshake"},{"channel":"/meta/connect"}]`,
		"handshake comes second": `[{"channel":"/meta/connect"},{"channel":"/meta/handshake"}]`,
	} {
		l := o.dial()
		if err := l.conn.WriteMessage(ws.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
		_, err := l.frame()
		var closed *ws.CloseError
		if !errors.As(err, &closed) || closed.Code != ws.CloseInternalServerErr {
			t.Errorf("%s: %v, want close 1011", name, err)
		}
	}
}

func TestSessionResumesOnANewSocket(t *testing.T) {
	o := start(t, nil)
	l := o.dial()
	l.handshake()
	l.subscribe(bus.Everything, bus.Tip)
	l.collect(0, "/meta/subscribe")
	if err := l.conn.Close(); err != nil {
		t.Fatal(err)
	}
	again := o.dial()
	again.id = l.id
	again.connect()
	// Messages of one socket are served in their order: after this reply the
	// session is here. What is pushed before that may go to the socket that died.
	again.subscribe("/data/AccountChangeEvent", bus.Tip)
	again.collect(0, "/meta/subscribe")
	o.publish("Contact", 1)
	if events := again.collect(1, ""); events[0].Data.Payload.N != 1 {
		t.Errorf("events after resuming: %+v", events)
	}
}

func TestSecondSocketTakesTheSessionOver(t *testing.T) {
	o := start(t, nil)
	l := o.dial()
	l.handshake()
	again := o.dial()
	again.id = l.id
	again.connect()
	_, err := l.frame()
	if !ws.IsCloseError(err, ws.CloseNormalClosure) {
		t.Errorf("older socket: %v, want a normal close", err)
	}
}

func TestDisconnectOverASocketReleasesTheConnect(t *testing.T) {
	o := start(t, nil)
	l := o.dial()
	l.handshake()
	l.connect()
	l.write("/meta/disconnect", "")
	seen := map[string]bool{}
	for len(seen) < 2 {
		for _, a := range l.read() {
			seen[a.Channel] = a.ok()
		}
	}
	if !seen["/meta/connect"] || !seen["/meta/disconnect"] {
		t.Errorf("replies %v", seen)
	}
	if a := l.ask("/meta/connect", `,"connectionType":"websocket"`); a.Error != "403::Unknown client" {
		t.Errorf("after disconnect: %+v", a)
	}
}

func TestS6SocketSessionEndsAfter40SecondsWithoutConnect(t *testing.T) {
	o := start(t, nil)
	l := o.dial()
	l.handshake()
	o.advance(41 * time.Second)
	if a := l.ask("/meta/connect", `,"connectionType":"websocket"`); a.Error != "403::Unknown client" || a.Advice.Reconnect != "handshake" {
		t.Errorf("after 41 s: %+v", a)
	}
}

func TestS2UnauthorizedSocketIsDeniedAtItsHandshake(t *testing.T) {
	o := start(t, nil)
	o.revoke(goodToken)
	l := o.dial()
	a := l.ask("/meta/handshake", `,"supportedConnectionTypes":["websocket"]`)
	if a.Error != "403::Handshake denied" || a.Ext.SFDC.FailureReason != "401::Authentication invalid" {
		t.Errorf("handshake: %+v", a)
	}
}

func TestSlowReaderIsGivenUp(t *testing.T) {
	o := start(t, func(c *cometd.Config) { c.WriteTimeout = 50 * time.Millisecond })
	l := o.dial()
	l.handshake()
	l.subscribe(bus.Everything, bus.Tip)
	l.collect(0, "/meta/subscribe")
	payload := []byte(`{"text":"` + strings.Repeat("x", 1<<20) + `"}`)
	for range 64 { // far more than both sockets' buffers hold
		o.log.Append(bus.Message{Object: "Contact", Payload: payload})
	}
	time.Sleep(500 * time.Millisecond) // not reading is the point
	var err error
	for range 100 {
		if _, err = l.frame(); err != nil {
			break
		}
	}
	if err == nil {
		t.Error("the socket of a client that does not read stayed open")
	}
}
