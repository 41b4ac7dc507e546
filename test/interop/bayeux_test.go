package interop

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"tidegate/streaming/bayeux"
)

const channel = "/data/ChangeEvents"

// node is a running Faye server.
type node struct {
	cmd  *exec.Cmd
	port int
}

// install fetches Faye once. The lock file pins every package by hash, and no
// package's own scripts are run.
func install(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("node_modules/faye"); err == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts").CombinedOutput(); err != nil {
		t.Fatalf("installing faye: %v\n%s", err, out)
	}
}

// serve starts a server and waits until it listens.
func serve(t *testing.T, port int) *node {
	t.Helper()
	cmd := exec.Command("node", "server.mjs", fmt.Sprint(port))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n := &node{cmd: cmd}
	t.Cleanup(func() { n.kill(t) })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("reading the server's port: %v", err)
	}
	var ready struct{ Port int }
	if err := json.Unmarshal(line, &ready); err != nil {
		t.Fatal(err)
	}
	n.port = ready.Port
	return n
}

// kill ends the server without a goodbye. Killing it again does nothing.
func (n *node) kill(t *testing.T) {
	if n.cmd.ProcessState != nil {
		return
	}
	if err := n.cmd.Process.Kill(); err != nil {
		t.Errorf("killing the server: %v", err)
	}
	// A killed process always returns an error; that it is gone is enough.
	if err := n.cmd.Wait(); err != nil && n.cmd.ProcessState == nil {
		t.Errorf("waiting for the server: %v", err)
	}
}

func (n *node) url(path string) string {
	return fmt.Sprintf("http://127.0.0.1:%d%s", n.port, path)
}

func (n *node) publish(t *testing.T, from, to int) {
	t.Helper()
	body := fmt.Sprintf(`{"channel":%q,"from":%d,"to":%d}`, channel, from, to)
	resp, err := http.Post(n.url("/publish"), "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != http.StatusNoContent {
		t.Fatalf("publishing: status %d, %v", resp.StatusCode, err)
	}
}

// listener collects what the client delivers.
type listener struct {
	*bayeux.Client
	mu  sync.Mutex
	got []int
}

func listen(t *testing.T, url string, transport bayeux.Transport) *listener {
	t.Helper()
	l := &listener{}
	client, err := bayeux.New(bayeux.Config{
		URL:           url,
		Transport:     transport,
		Subscriptions: []bayeux.Subscription{{Channel: channel}},
		Deliver:       l.deliver,
		Backoff:       func(int, bool) time.Duration { return 200 * time.Millisecond },
	})
	if err != nil {
		t.Fatal(err)
	}
	l.Client = client
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- client.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v", err)
		}
	})
	return l
}

func (l *listener) deliver(_ context.Context, on string, events []json.RawMessage) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if on != channel {
		return errors.New("event from " + on)
	}
	for _, raw := range events {
		var e struct{ N int }
		if err := json.Unmarshal(raw, &e); err != nil {
			return err
		}
		l.got = append(l.got, e.N)
	}
	return nil
}

func (l *listener) expect(t *testing.T, count int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d events", count), func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.got) >= count
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.got) != count {
		t.Fatalf("%d events, want %d", len(l.got), count)
	}
	for i, n := range l.got {
		if n != i+1 {
			t.Fatalf("event %d came as number %d", n, i+1)
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestFayeEventsArriveAndRestartIsSurvived(t *testing.T) {
	install(t)
	for _, c := range []struct {
		name string
		ask  bayeux.Transport
		want bayeux.Transport
	}{
		{"long-polling forced", bayeux.LongPolling, bayeux.LongPolling},
		{"websocket forced, handshake on the socket", bayeux.WebSocket, bayeux.WebSocket},
		{"negotiated, handshake over HTTP and then upgraded", bayeux.Auto, bayeux.WebSocket},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := serve(t, 0)
			l := listen(t, server.url("/bayeux"), c.ask)
			subscribed := func() bool { s := l.State(); return s.Subscribed && s.Transport == c.want }
			eventually(t, "subscribed", subscribed)
			server.publish(t, 1, 500)
			l.expect(t, 500)

			server.kill(t)
			eventually(t, "loss noticed", func() bool { return !l.State().Connected })
			again := serve(t, server.port)
			eventually(t, "subscribed again", subscribed)
			again.publish(t, 501, 700)
			l.expect(t, 700)
		})
	}
}
