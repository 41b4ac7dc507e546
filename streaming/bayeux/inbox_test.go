package bayeux

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func event(channel, data string) message {
	return message{channel: channel, data: json.RawMessage(data)}
}

func TestRoomIsMadeByDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInbox(func(context.Context, string, []json.RawMessage) error {
			time.Sleep(10 * time.Second)
			return nil
		})
		go func() { _ = in.run(t.Context()) }()
		one := limit{events: 1, bytes: 1}
		began := time.Now()
		in.put([]message{event("/a", "1")})
		synctest.Wait() // the first is being delivered
		in.put([]message{event("/a", "2")})
		if err := in.room(t.Context(), one, time.Minute, 1000); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited != 10*time.Second {
			t.Errorf("room after %v, want after the first delivery", waited)
		}
		in.close(false)
		<-in.done
		if waited := time.Since(began); waited != 20*time.Second {
			t.Errorf("ended after %v, want after the second delivery", waited)
		}
	})
}

func TestPatienceEndsInOverdraft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInbox(nil) // nobody delivers
		in.put([]message{event("/a", "12345")})
		began := time.Now()
		if err := in.room(t.Context(), limit{events: 1, bytes: 1}, 20*time.Second, 100); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(began); waited != 20*time.Second {
			t.Errorf("waited %v, want 20s (C4)", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := in.room(ctx, limit{events: 1, bytes: 1}, 20*time.Second, 5); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("room beyond the overdraft: %v", err)
		}
	})
}

func TestClosedInbox(t *testing.T) {
	for _, c := range []struct {
		name   string
		forget bool
		want   int
	}{{"delivers what was read", false, 2}, {"forgets what was read", true, 0}} {
		t.Run(c.name, func(t *testing.T) {
			got := 0
			in := newInbox(func(_ context.Context, _ string, events []json.RawMessage) error {
				got += len(events)
				return nil
			})
			in.put([]message{event("/a", "1"), {channel: metaConnect}, event("/b", "2"), {channel: "/service/x", id: "3"}})
			in.close(c.forget)
			if n := in.put([]message{event("/a", "4")}); n != 0 {
				t.Errorf("a closed inbox took %d events", n)
			}
			if err := in.run(t.Context()); err != nil || got != c.want {
				t.Errorf("delivered %d, want %d; %v", got, c.want, err)
			}
		})
	}
}

func TestDeliveryStopsAtTheFirstError(t *testing.T) {
	down := errors.New("down")
	var asked []string
	in := newInbox(func(_ context.Context, channel string, _ []json.RawMessage) error {
		asked = append(asked, channel)
		return down
	})
	in.put([]message{event("/a", "1"), event("/b", "2")})
	if err := in.run(t.Context()); !errors.Is(err, down) || !slices.Equal(asked, []string{"/a"}) {
		t.Errorf("asked %v, %v", asked, err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := Config{URL: "https://x.example/cometd/66.0", Deliver: (&sink{}).deliver, Subscriptions: []Subscription{{Channel: "/a"}}}
	for _, c := range []struct {
		name string
		edit func(*Config)
	}{
		{"no address", func(c *Config) { c.URL = "" }},
		{"relative address", func(c *Config) { c.URL = "/cometd" }},
		{"websocket address", func(c *Config) { c.URL = "ws://x.example/" }},
		{"nobody to deliver to", func(c *Config) { c.Deliver = nil }},
		{"no channel", func(c *Config) { c.Subscriptions = nil }},
		{"unknown transport", func(c *Config) { c.Transport = "pigeon" }},
	} {
		bad := good
		c.edit(&bad)
		if _, err := New(bad); err == nil {
			t.Errorf("%s: accepted", c.name)
		}
	}
	c, err := New(good)
	if err != nil {
		t.Fatal(err)
	}
	if header, err := c.cfg.Auth(t.Context(), false); err != nil || header != "" || c.cfg.MaxMessage != 16<<20 {
		t.Errorf("defaults: %q, %v, %d", header, err, c.cfg.MaxMessage)
	}
}
