package faults

import (
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// proxy stands between the program and its Postgres, and can be cut.
type proxy struct {
	url, target string
	running     sync.WaitGroup

	mu   sync.Mutex
	away bool
	slow time.Duration // how long each thing that is said to the database takes
	open map[net.Conn]bool
}

func newProxy(t *testing.T, database string) *proxy {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{target: u.Host, open: map[net.Conn]bool{}}
	u.Host = l.Addr().String()
	p.url = u.String()
	p.running.Go(func() { p.accept(l) })
	t.Cleanup(func() {
		l.Close()
		p.set(true)
		p.running.Wait()
	})
	return p
}

func (p *proxy) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			p.running.Go(func() { p.carry(c) })
		}
	}
}

// carry joins one connection with the database until either side ends it.
func (p *proxy) carry(c net.Conn) {
	defer c.Close()
	p.mu.Lock()
	away := p.away
	p.open[c] = true
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.open, c)
	}()
	if away {
		return
	}
	s, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer s.Close()
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = io.Copy(slowly{s, p}, c) // ends when either side does
		s.Close()
	})
	_, _ = io.Copy(c, s) // the same
	c.Close()
	up.Wait()
}

// slowly lets each write to the database wait.
type slowly struct {
	net.Conn
	p *proxy
}

// Write waits, and writes.
func (s slowly) Write(b []byte) (int, error) {
	s.p.mu.Lock()
	wait := s.p.slow
	s.p.mu.Unlock()
	time.Sleep(wait)
	return s.Conn.Write(b)
}

// slowDown lets the database take so long for each thing that is said to it.
func (p *proxy) slowDown(wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slow = wait
}

// set takes the database away, with what is open, or gives it back.
func (p *proxy) set(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
	if away {
		for c := range p.open {
			c.Close()
		}
	}
}
