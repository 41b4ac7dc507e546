package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tidegate/gateway"
)

// starts is how often the start of the program is timed.
const starts = 5

// gatewayProcess starts "tidegate serve" and what belongs to it.
type gatewayProcess struct {
	bin       string
	addr      string
	env       []string
	workspace string
	key       []byte // under which it seals secrets
}

func newGatewayProcess(bin, database, orgURL string) (*gatewayProcess, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // a free port, for the moment
	if err != nil {
		return nil, fmt.Errorf("looking for a free port: %w", err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	host, err := url.Parse(orgURL)
	if err != nil {
		return nil, fmt.Errorf("reading the org's address: %w", err)
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // documented never to fail
	return &gatewayProcess{bin: bin, addr: addr, workspace: string(workspace), key: key, env: append(os.Environ(),
		"TIDEGATE_HTTP_ADDR="+addr, "TIDEGATE_OPS_ADDR=127.0.0.1:0", "TIDEGATE_DATABASE_URL="+database,
		"TIDEGATE_SECRET_KEY="+base64.StdEncoding.EncodeToString(key), "TIDEGATE_ALLOWED_HOSTS="+host.Host,
	)}, nil
}

// connect runs "tidegate connect".
func (g *gatewayProcess) connect(ctx context.Context, login, clientID, secret string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, g.bin, "connect", "--who-wins", "recent", "--workspace", g.workspace, "--login-url", login,
		"--client-id", clientID, "--flow", "client-credentials")
	cmd.Env = append(slices.Clone(g.env), "TIDEGATE_CLIENT_SECRET="+secret)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("connecting: %w: %s", err, out)
	}
	return nil
}

// served is one running "tidegate serve".
type served struct {
	cmd   *exec.Cmd
	log   bytes.Buffer
	ready time.Duration // from its start to the first 200 of /readyz
}

// start runs the program until it is ready.
func (g *gatewayProcess) start(ctx context.Context) (*served, error) {
	s := &served{cmd: exec.Command(g.bin, "serve")}
	s.cmd.Env, s.cmd.Stdout, s.cmd.Stderr = g.env, &s.log, &s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // never outlives the measurement
	client := &http.Client{Timeout: time.Second}
	start := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", g.bin, err)
	}
	err := eventually(ctx, "readiness", func() (bool, error) {
		resp, err := client.Get("http://" + g.addr + "/readyz")
		if err != nil {
			return false, nil // not listening yet
		}
		return resp.StatusCode == http.StatusOK, resp.Body.Close()
	})
	s.ready = time.Since(start)
	if err != nil {
		return nil, errors.Join(err, s.stop(), errors.New(s.log.String()))
	}
	return s, nil
}

// stop ends it as a service manager would.
func (s *served) stop() error {
	err := s.cmd.Process.Signal(syscall.SIGTERM)
	if e := s.cmd.Wait(); e != nil {
		err = errors.Join(err, fmt.Errorf("serve ended: %w: %s", e, s.log.String()))
	}
	return err
}

// peak returns the most memory it ever had resident, in bytes, and resident what
// it has now.
func (s *served) peak() (int64, error)     { return s.memory("VmHWM:") }
func (s *served) resident() (int64, error) { return s.memory("VmRSS:") }

func (s *served) memory(name string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("reading the memory of serve: %w", err)
	}
	_, after, _ := strings.Cut(string(text), name)
	fields := strings.Fields(after)
	if len(fields) < 2 || fields[1] != "kB" {
		return 0, errors.New("this system does not tell the memory of a process")
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	return kib << 10, err
}

// process is what is measured on the program itself.
type process struct {
	PeakBytes   int64         `json:"peak_resident_bytes"`
	SteadyBytes int64         `json:"peak_resident_steady_bytes"` // at steadyLoad
	Rate        float64       `json:"backlog_events_per_second"`
	ReadyBest   time.Duration `json:"ready_best_ns"`
	ReadyMedian time.Duration `json:"ready_median_ns"`
	Pages       pages         `json:"pages"`
}

// whole measures the program as it is shipped, with its own database that
// already holds the org: first memory while a backlog is applied, then how fast
// its pages begin, then how fast it starts.
func (w *world) whole(ctx context.Context, bin string) (p process, err error) {
	g, err := newGatewayProcess(bin, w.url, w.org.URL)
	if err != nil {
		return p, err
	}
	if err := g.connect(ctx, w.org.URL, w.org.ClientID, w.org.ClientSecret); err != nil {
		return p, err
	}
	if err := g.during(ctx, func(*served) error {
		return errors.Join(w.read(ctx), w.changes(1), w.caughtUp(ctx))
	}); err != nil {
		return p, err
	}
	if err := w.changes(backlogSize); err != nil {
		return p, err
	}
	err = g.during(ctx, func(s *served) (err error) {
		if p.Rate, err = w.follow(ctx); err != nil {
			return err
		}
		p.PeakBytes, err = s.peak()
		return errors.Join(err, w.equal(ctx))
	})
	if err != nil {
		return p, err
	}
	if p.SteadyBytes, err = g.steady(ctx, w); err != nil {
		return p, err
	}
	if p.Pages, err = g.pages(ctx, w); err != nil {
		return p, err
	}
	var took []time.Duration
	for range starts {
		if err := g.during(ctx, func(s *served) error {
			took = append(took, s.ready)
			return nil
		}); err != nil {
			return p, err
		}
	}
	slices.Sort(took)
	p.ReadyBest, p.ReadyMedian = took[0], took[len(took)/2]
	return p, nil
}

// steadyLoad is events a second.
const steadyLoad = 1000

// steady runs the program for ten seconds under a steady load, and returns the
// most memory it had resident.
func (g *gatewayProcess) steady(ctx context.Context, w *world) (peak int64, err error) {
	err = g.during(ctx, func(s *served) (err error) {
		start := time.Now()
		for i := range 10 * steadyLoad {
			time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / steadyLoad)))
			if err := w.changes(1); err != nil {
				return err
			}
		}
		if err := w.caughtUp(ctx); err != nil {
			return err
		}
		peak, err = s.peak()
		return err
	})
	return peak, err
}

// follow looks at the stored position while the program works a backlog off, and
// returns its speed between the first commit and the last.
func (w *world) follow(ctx context.Context) (float64, error) {
	last := gateway.ReplayID(strconv.FormatInt(w.org.Log.Last(), 10))
	var first time.Time
	var before, then int64 = -1, 0
	var speed float64
	err := eventually(ctx, "the backlog", func() (bool, error) {
		p, err := w.position(ctx)
		switch {
		case err != nil:
			return false, err
		case before < 0:
			before = p.Events
		case first.IsZero() && p.Events > before:
			first, then = time.Now(), p.Events
		case p.Lease.Position == last:
			speed = float64(p.Events-then) / time.Since(first).Seconds()
			return true, nil
		}
		return false, nil
	})
	return speed, err
}

// during runs the program while f runs.
func (g *gatewayProcess) during(ctx context.Context, f func(*served) error) error {
	s, err := g.start(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f(s), s.stop())
}
