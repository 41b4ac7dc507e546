// Command bench measures the way in: how many events a second are applied from
// a backlog, how late a change is durable here, how much memory that takes and
// how fast the program starts; and the way out: how fast and with how many API
// calls edits and meetings are written. On SQLite and on Postgres, both with
// commits as durable as in production. It prints a table and writes
// var/bench.json.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"tidegate/streaming"
	"tidegate/testpg"
)

type options struct {
	strict  bool
	bin     string
	out     string
	profile string
	only    string
	engine  string
	rows    int
	idlers  int
	long    bool
	over    string
	stock   bool
}

// advised are the settings of Postgres that docs/operating.md recommends.
var advised = []string{"shared_buffers=512MB", "max_wal_size=4GB", "wal_compression=lz4"}

func main() {
	var o options
	flag.BoolVar(&o.strict, "strict", false, "exit with 1 when a floor is missed")
	flag.StringVar(&o.bin, "bin", "bin/tidegate", "the program to measure as a child process")
	flag.StringVar(&o.out, "out", "var/bench.json", "where the figures are written")
	flag.StringVar(&o.profile, "profile", "", "folder for a CPU profile of each backlog round")
	flag.StringVar(&o.only, "only", "", "parts to measure, of backlog,lag,process,load,proof,flood,idle,publish,out; all when empty")
	flag.IntVar(&o.rows, "rows", loadRows, "contacts of the first reading")
	flag.IntVar(&o.idlers, "idlers", 0, "idle connections; 0 = 50, and 1,000 with -long")
	flag.BoolVar(&o.long, "long", false, "a first reading of 1,000,000 contacts, a flood of 1,000,000 events, 1,000 idle connections")
	flag.StringVar(&o.engine, "engine", "", "sqlite or postgres; both when empty")
	flag.StringVar(&o.over, "over", "", "transports to measure, of websocket,long-polling,pubsub; all when empty")
	flag.BoolVar(&o.stock, "stock", false, "Postgres with the settings that it comes with, instead of those of docs/operating.md")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(150) // as the program does
	}
	passed, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if o.strict && !passed {
		os.Exit(1)
	}
}

// engine is what is measured on one engine.
type engine struct {
	Name        string   `json:"engine"`
	WebSocket   *rate    `json:"websocket_events_per_second,omitempty"`
	LongPolling *rate    `json:"long_polling_events_per_second,omitempty"`
	PubSub      *rate    `json:"pubsub_events_per_second,omitempty"`
	Lags        []lag    `json:"lags,omitempty"`
	Process     *process `json:"process,omitempty"`
	Load        *load    `json:"load,omitempty"`
	Flood       *flood   `json:"flood,omitempty"`
	Proven      *proven  `json:"proof,omitempty"`
	Idle        *idle    `json:"idle,omitempty"`
	Out         *out     `json:"out,omitempty"`
	Publish     *publish `json:"publish,omitempty"`
	// Failed are the parts that gave no figure, with the reason.
	Failed []string `json:"failed,omitempty"`
}

// machine says where the figures were taken.
type machine struct {
	CPU   string    `json:"cpu"`
	Cores int       `json:"cores"`
	Go    string    `json:"go"`
	At    time.Time `json:"at"`
}

func run(ctx context.Context, o options) (passed bool, err error) {
	folder, err := os.MkdirTemp("", "tidegate-bench-")
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	settings := testpg.Options{Fsync: true, Settings: advised}
	if o.stock {
		settings.Settings = nil
	}
	server, err := testpg.Start(settings)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	databases := []struct {
		name string
		open func(i int) (string, error)
	}{
		{"sqlite", func(i int) (string, error) {
			return fmt.Sprintf("sqlite://%s/bench%d.db", folder, i), nil
		}},
		{"postgres", func(int) (string, error) { return server.NewDatabase(ctx) }},
	}
	here := thisMachine()
	printMachine(os.Stdout, here, settings.Settings)
	var found []engine
	for _, d := range databases {
		if o.engine != "" && o.engine != d.name {
			continue
		}
		found = append(found, measure(ctx, o, d.name, d.open))
	}
	lines := judge(found)
	printTable(os.Stdout, lines)
	return allPassed(lines), write(o.out, here, found, lines)
}

// measure takes all figures of one engine, on databases of their own: one for
// this process, the others for the program. A part that fails is a line of the
// table; the others are measured all the same.
func measure(ctx context.Context, o options, name string, open func(int) (string, error)) (e engine) {
	e.Name = name
	for _, part := range e.parts(ctx, o, open) {
		switch {
		case ctx.Err() != nil, o.only != "" && !strings.Contains(o.only, part.name):
			continue
		case o.only == "" && part.once && name != "sqlite":
			continue // nothing of it depends on the engine
		}
		start := time.Now()
		err := part.take()
		fmt.Fprintf(os.Stderr, "%s %s: %.0f s\n", name, part.name, time.Since(start).Seconds())
		if err != nil {
			e.Failed = append(e.Failed, fmt.Sprintf("%s: %v", part.name, err))
		}
	}
	return e
}

// part is one of the things that are measured.
type part struct {
	name string
	once bool // on one engine
	take func() error
}

func (e *engine) parts(ctx context.Context, o options, open func(int) (string, error)) []part {
	here := func(place int, f func(*world) error) func() error {
		return func() error {
			return within(ctx, open, place, func(w *world) error {
				if err := errors.Join(w.connect(ctx), w.settle(ctx)); err != nil {
					return err
				}
				return f(w)
			})
		}
	}
	return []part{
		{name: "backlog", take: here(0, func(w *world) error { return e.backlogs(ctx, w, o) })},
		{name: "lag", take: here(5, func(w *world) error { return e.lags(ctx, w) })},
		{name: "load", take: func() (err error) {
			e.Load, err = given(loadOf(ctx, o, open))
			return err
		}},
		{name: "proof", take: func() (err error) {
			e.Proven, err = given(provenOf(ctx, o, open))
			return err
		}},
		{name: "process", take: func() error {
			return within(ctx, open, 1, func(w *world) (err error) {
				e.Process, err = given(w.whole(ctx, o.bin))
				return err
			})
		}},
		{name: "flood", take: func() error {
			return within(ctx, open, 3, func(w *world) (err error) {
				e.Flood, err = given(w.flooded(ctx, o))
				return err
			})
		}},
		{name: "out", take: here(4, func(w *world) (err error) {
			e.Out, err = given(w.out(ctx, o))
			return err
		})},
		{name: "publish", once: true, take: func() error {
			return within(ctx, open, 6, func(w *world) (err error) {
				e.Publish, err = given(w.publish(ctx, o.profile))
				return err
			})
		}},
		{name: "idle", once: true, take: func() (err error) {
			e.Idle, err = given(idled(ctx, o, open))
			return err
		}},
	}
}

// given returns figures only where they are whole.
func given[T any](figures T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	return &figures, nil
}

func (e *engine) backlogs(ctx context.Context, w *world, o options) error {
	for _, way := range []struct {
		transport streaming.Transport
		into      **rate
	}{{streaming.WebSocket, &e.WebSocket}, {streaming.LongPolling, &e.LongPolling}, {streaming.PubSubStream, &e.PubSub}} {
		if o.over != "" && !strings.Contains(o.over, string(way.transport)) {
			continue
		}
		if way.transport == streaming.PubSubStream {
			if err := w.moved(ctx, way.transport); err != nil {
				return err
			}
		}
		r, err := w.backlog(ctx, way.transport, o.profile)
		if err != nil {
			return err
		}
		*way.into = &r
	}
	return w.moved(ctx, streaming.WebSocket)
}

func (e *engine) lags(ctx context.Context, w *world) error {
	for _, load := range loads {
		l, err := w.lag(ctx, load)
		if err != nil {
			return err
		}
		e.Lags = append(e.Lags, l)
	}
	return nil
}

// within runs f in a world of its own: an org and a fresh database.
func within(ctx context.Context, open func(int) (string, error), i int, f func(*world) error) (err error) {
	url, err := open(i)
	if err != nil {
		return err
	}
	o, err := startOrg(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	w, err := newWorld(ctx, o, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.db.Close()) }()
	return f(w)
}

func thisMachine() machine {
	m := machine{CPU: "unknown", Cores: runtime.NumCPU(), Go: runtime.Version(), At: time.Now().UTC()}
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return m // not Linux
	}
	if _, after, ok := strings.Cut(string(text), "model name"); ok {
		line, _, _ := strings.Cut(after, "\n")
		m.CPU = strings.Trim(line, "\t :")
	}
	return m
}

func write(path string, m machine, found []engine, lines []line) error {
	text, err := json.MarshalIndent(map[string]any{"machine": m, "engines": found, "floors": lines}, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the figures: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
