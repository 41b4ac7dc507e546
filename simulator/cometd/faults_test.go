package cometd_test

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/simulator/bus"
	"tidegate/simulator/cometd"
	"tidegate/simulator/fault"
)

func TestS12ConnectFaultsHaveTheirForms(t *testing.T) {
	tests := []struct {
		kind, err, reconnect, reason string
		messages                     int
		forgotten                    bool
	}{
		{cometd.FaultUnauthorized, "401::Authentication invalid", "none", "", 1, false},
		{cometd.FaultUnknownClient, "403::Unknown client", "handshake", "", 1, true},
		{cometd.FaultKillSession, "403::Unknown client", "none", "", 2, true},
		{cometd.FaultBusy, "401::Authentication invalid", "none", "503::Server is too busy. Please try your request again later.", 1, false},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			o := start(t, nil)
			b := o.ready(bus.Everything, bus.Tip)
			o.arm(fault.Spec{Kind: tt.kind})
			list := b.connect()
			last := list[len(list)-1]
			if len(list) != tt.messages || last.Error != tt.err || last.Advice.Reconnect != tt.reconnect || last.Ext.SFDC.FailureReason != tt.reason {
				t.Errorf("answer %+v", list)
			}
			if tt.messages == 2 && (list[0].Channel != "/meta/disconnect" || list[0].ID != nil || !list[0].ok()) {
				t.Errorf("first message %+v, want a disconnect without id", list[0])
			}
			if a := b.subscribe(bus.Everything, -1); a.ok() == tt.forgotten {
				t.Errorf("session afterwards: %+v", a)
			}
		})
	}
}

func TestS12RevokedTokenEndsTheParkedConnect(t *testing.T) {
	t.Run("long-polling", func(t *testing.T) {
		o := start(t, nil)
		b := o.ready(bus.Everything, bus.Tip)
		o.revoke(goodToken)
		if a := b.connect()[0]; a.Error != "401::Authentication invalid" || a.Advice.Reconnect != "none" {
			t.Errorf("next connect: %+v", a)
		}
	})
	t.Run("while parked", func(t *testing.T) {
		o := start(t, nil)
		b := o.ready(bus.Everything, bus.Tip)
		body := b.message("/meta/connect", `,"connectionType":"long-polling"`)
		parked := make(chan string, 1)
		go func() {
			_, text, err := b.post("/cometd/61.0", body)
			parked <- fmt.Sprint(string(text), err)
		}()
		o.revoke(goodToken)
		if text := <-parked; !strings.Contains(text, "401::Authentication invalid") {
			t.Errorf("parked connect: %s", text)
		}
	})
	t.Run("websocket", func(t *testing.T) {
		o := start(t, nil)
		l := o.dial()
		l.handshake()
		l.connect()
		o.revoke(goodToken)
		if a := l.read()[0]; a.Error != "401::Authentication invalid" || a.Advice.Reconnect != "none" {
			t.Errorf("parked connect: %+v", a)
		}
	})
}

func TestS12DropStreamsCutsParkedConnectsAndSockets(t *testing.T) {
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	l := o.dial()
	l.handshake()
	body := b.message("/meta/connect", `,"connectionType":"long-polling"`)
	parked := make(chan error, 1)
	go func() {
		_, _, err := b.post("/cometd/61.0", body)
		parked <- err
	}()
	// The poll may arrive after the first cut: go on until it has been hit.
	var err error
	eventually(t, "the parked connect is cut", func() bool {
		o.arm(fault.Spec{Kind: fault.DropStreams})
		select {
		case err = <-parked:
			return true
		default:
			return false
		}
	})
	if err == nil {
		t.Error("the parked connect ended in order")
	}
	if _, err := l.frame(); err == nil {
		t.Error("the socket stayed open")
	}
}

func TestS12DropStreamsLosesWhatWasDrained(t *testing.T) {
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	first := o.publish("Contact", 50)
	o.arm(fault.Spec{Kind: fault.DropStreams}) // no stream is open: it waits for one
	if _, err := b.try("/meta/connect", `,"connectionType":"long-polling"`); err == nil {
		t.Fatal("the connect ended in order")
	}
	o.publish("Contact", 1)
	if got := numbers(b.connect()); !slices.Equal(got, []int{51}) {
		t.Errorf("same session afterwards: %v, want only the event that came later", got)
	}
	b.handshake()
	b.connect()
	if a := b.subscribe(bus.Everything, first); !a.ok() {
		t.Fatal(a.Error)
	}
	if got := numbers(b.connect()); !slices.Equal(got, []int{51}) {
		t.Errorf("new session from the last id: %v", got)
	}
}

func TestS12DropStreamsCutsAFrameInTheMiddle(t *testing.T) {
	o := start(t, nil)
	l := o.dial()
	l.handshake()
	o.publish("Contact", 2000)
	o.arm(fault.Spec{Kind: fault.DropStreams, Count: 2}) // the first cuts the socket
	again := o.dial()
	again.handshake()
	again.subscribe(bus.Everything, bus.Earliest)
	for {
		if _, err := again.frame(); err != nil {
			break
		}
	}
}

func TestS9S12ExpiredReplayIDsAreRefusedOnce(t *testing.T) {
	o := start(t, nil)
	id := o.publish("Contact", 3)
	b := o.ready(bus.Everything, bus.Tip)
	o.arm(fault.Spec{Kind: fault.ExpireReplayIDs})
	if a := b.subscribe(bus.Everything, id); !strings.HasPrefix(a.Error, "400::The replayId {") {
		t.Errorf("expired id: %+v", a)
	}
	id = o.publish("Contact", 1)
	o.publish("Contact", 1)
	if a := b.subscribe(bus.Everything, id); !a.ok() {
		t.Errorf("later id: %+v", a)
	}
	if got := numbers(b.connect()); !slices.Equal(got, []int{5}) {
		t.Errorf("events %v", got)
	}
}

func TestS12DuplicateEventsAreDeliveredSeveralTimes(t *testing.T) { // F-11
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	o.arm(fault.Spec{Kind: fault.DuplicateEvents, Times: 3, Count: 2})
	o.publish("Contact", 3)
	if got := numbers(b.connect()); !slices.Equal(got, []int{1, 1, 1, 2, 2, 2, 3}) {
		t.Errorf("delivered %v", got)
	}
}

func TestS12ReorderSwapsNeighboringTransactions(t *testing.T) {
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	o.arm(fault.Spec{Kind: fault.ReorderEvents, Count: 1})
	o.publish("Contact", 4)
	if got := numbers(b.connect()); !slices.Equal(got, []int{2, 1, 3, 4}) {
		t.Errorf("delivered %v", got)
	}
}

func TestS12SlowConsumerIsCutOffAndForgotten(t *testing.T) {
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	o.arm(fault.Spec{Kind: fault.SlowConsumer})
	o.publish("Contact", 1)
	if _, err := b.try("/meta/connect", `,"connectionType":"long-polling"`); err == nil {
		t.Error("the connect ended in order")
	}
	if a := b.connect()[0]; a.Error != "403::Unknown client" {
		t.Errorf("afterwards: %+v", a)
	}
}

func TestS12StalledStreamsStayConnectedWithoutEvents(t *testing.T) {
	o := start(t, func(c *cometd.Config) { c.ConnectTimeout = 30 * time.Millisecond })
	b := o.ready(bus.Everything, bus.Tip)
	o.publish("Contact", 1)
	o.arm(fault.Spec{Kind: cometd.FaultStall})
	if list := b.connect(); len(list) != 1 || !list[0].ok() {
		t.Errorf("stalled connect: %+v", list)
	}
	o.faults.Clear()
	if got := numbers(b.connect()); !slices.Equal(got, []int{1}) {
		t.Errorf("events afterwards: %v", got)
	}
}

func TestS12HalfOpenStreamGoesSilent(t *testing.T) {
	t.Run("long-polling", func(t *testing.T) {
		o := start(t, func(c *cometd.Config) { c.ConnectTimeout = 10 * time.Millisecond })
		b := o.ready(bus.Everything, bus.Tip)
		o.arm(fault.Spec{Kind: cometd.FaultHalfOpen})
		o.publish("Contact", 1)
		b.http.Timeout = 300 * time.Millisecond
		if _, err := b.try("/meta/connect", `,"connectionType":"long-polling"`); err == nil {
			t.Error("the connect was answered")
		}
	})
	t.Run("websocket", func(t *testing.T) {
		o := start(t, func(c *cometd.Config) { c.ConnectTimeout = 10 * time.Millisecond })
		l := o.dial()
		l.handshake()
		l.subscribe(bus.Everything, bus.Tip)
		l.collect(0, "/meta/subscribe")
		o.arm(fault.Spec{Kind: cometd.FaultHalfOpen})
		o.publish("Contact", 1)
		eventually(t, "the fault is used up", func() bool { return len(o.faults.Armed()) == 0 })
		l.connect()
		if err := l.conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		_, text, err := l.conn.ReadMessage()
		if timeout := net.Error(nil); !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("read %s, %v, want nothing until the deadline", text, err)
		}
	})
}

// follow reads to the end of the log on one transport, starting anew from the
// last id seen whenever the draw says so or the connection breaks.
func follow(rt *rapid.T, o *org, read func(from int64, stop int) []answer) []int64 {
	var got []int64
	from := bus.Earliest
	for from != o.log.Last() {
		for _, a := range read(from, rapid.IntRange(1, 40).Draw(rt, "read before reconnecting")) {
			if id := a.Data.Event.ReplayID; id != 0 {
				got = append(got, id)
				from = id
			}
		}
	}
	return got
}

func TestReconnectsFromTheLastIDConcatenateToTheLog(t *testing.T) { // C6 from the server's side
	o := start(t, func(c *cometd.Config) { c.BatchEvents, c.FrameEvents = 13, 7 })
	o.publish("Contact", 120)
	var want []int64
	for _, e := range o.log.All() {
		want = append(want, e.ReplayID)
	}
	transports := map[string]func(from int64, stop int) []answer{
		"long-polling": func(from int64, stop int) []answer {
			b := o.ready(bus.Everything, from)
			defer b.http.CloseIdleConnections()
			var out []answer
			for len(out) < stop && (len(out) == 0 || out[len(out)-1].Data.Event.ReplayID != o.log.Last()) {
				list, err := b.try("/meta/connect", `,"connectionType":"long-polling"`)
				if err != nil {
					break
				}
				out = append(out, list[:len(list)-1]...)
			}
			return out
		},
		"websocket": func(from int64, stop int) []answer {
			l := o.dial()
			defer func() { _ = l.conn.Close() }()
			l.handshake()
			l.subscribe(bus.Everything, from)
			var out []answer
			for len(out) < stop && (len(out) == 0 || out[len(out)-1].Data.Event.ReplayID != o.log.Last()) {
				list, err := l.frame()
				if err != nil {
					break
				}
				for _, a := range list {
					if a.Data.Event.ReplayID != 0 {
						out = append(out, a)
					}
				}
			}
			return out
		},
	}
	for name, read := range transports {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				if rapid.Bool().Draw(rt, "cut") {
					o.arm(fault.Spec{Kind: fault.DropStreams})
				}
				if got := follow(rt, o, read); !slices.Equal(got, want) {
					rt.Fatalf("delivered %v, log %v", got, want)
				}
			})
		})
	}
}

func TestS12RefusalsMayHideTheirCause(t *testing.T) {
	const busy = "503::Server is too busy. Please try your request again later."
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	o.arm(fault.Spec{Kind: cometd.FaultBusySubscribe})
	a := b.subscribe("/data/ContactChangeEvent", -1)
	if a.Error != "403:denied_by_security_policy:subscribe_denied" || a.Ext.SFDC.FailureReason != busy || a.Advice.Reconnect != "none" {
		t.Errorf("a busy server: %+v", a)
	}
	if a := b.subscribe("/data/ContactChangeEvent", -1); !a.ok() {
		t.Errorf("the next try: %+v", a)
	}
}

func TestS12UsedUpAllocationRefusesSubscribeAndConnect(t *testing.T) { // F-37
	const refused = "403::Organization total events daily limit exceeded"
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	o.arm(fault.Spec{Kind: cometd.FaultQuota, Seconds: 60})
	if a, c := b.subscribe(bus.Everything, -1), b.connect()[0]; a.Error != refused || c.Error != refused {
		t.Errorf("subscribe %+v, connect %+v", a, c)
	}
	o.advance(61 * time.Second)
	if a := o.ready(bus.Everything, bus.Tip); a.id == "" {
		t.Error("refused when it is over")
	}
}

func TestS12SecondServerMayNotKnowTheClientEither(t *testing.T) { // 403 again right after a new handshake
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	o.arm(fault.Spec{Kind: cometd.FaultUnknownClient, Count: 2})
	for range 2 {
		if a := b.connect()[0]; a.Error != "403::Unknown client" || a.Advice.Reconnect != "handshake" {
			t.Errorf("connect: %+v", a)
		}
		b.handshake()
	}
	if a := b.connect()[0]; !a.ok() {
		t.Errorf("the third server: %+v", a)
	}
}

func TestS8OneAnswerMayExceedAMebibyte(t *testing.T) {
	o := start(t, nil)
	b := o.ready(bus.Everything, bus.Tip)
	var list []bus.Message
	for i := range 20 {
		payload := fmt.Sprintf(`{"n":%d,"text":%q}`, i+1, strings.Repeat("x", 100_000))
		list = append(list, bus.Message{Object: "Contact", Commit: 1, Payload: []byte(payload)})
	}
	o.log.Append(list...)
	_, text, err := b.post("/cometd/61.0", b.message("/meta/connect", `,"connectionType":"long-polling"`))
	if err != nil || len(text) < 20*100_000 {
		t.Errorf("an answer of %d bytes: %v", len(text), err)
	}
}
