package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// floodSize is the backlog of the flood, usually and with -long.
const (
	floodSize     = 100_000
	floodSizeLong = 1_000_000
)

// floodPatience bounds the working off of a flood.
const floodPatience = 15 * time.Minute

// flood is what the program does while it works off a backlog that takes long:
// whether it keeps its speed and its memory, and answers pages meanwhile (F-73).
type flood struct {
	Events    int           `json:"events"`
	First     float64       `json:"first_fifth_per_second"`
	Last      float64       `json:"last_fifth_per_second"`
	PeakBytes int64         `json:"peak_resident_bytes"`
	PageP50   time.Duration `json:"page_p50_ns"`
	PageP99   time.Duration `json:"page_p99_ns"`
	Pages     int           `json:"pages"`
	EditP50   time.Duration `json:"edit_p50_ns"` // from the request until the org has it
	EditP99   time.Duration `json:"edit_p99_ns"`
	Edits     int           `json:"edits"`
}

// flooded measures the program with a database of its own.
func (w *world) flooded(ctx context.Context, o options) (f flood, err error) {
	f.Events = floodSize
	if o.long {
		f.Events = floodSizeLong
	}
	g, err := newGatewayProcess(o.bin, w.url, w.org.URL)
	if err != nil {
		return f, err
	}
	if err := errors.Join(g.connect(ctx, w.org.URL, w.org.ClientID, w.org.ClientSecret), g.person(ctx)); err != nil {
		return f, err
	}
	if err := g.during(ctx, func(*served) error {
		return errors.Join(w.read(ctx), w.changes(1), w.caughtUp(ctx))
	}); err != nil {
		return f, err
	}
	if err := w.changes(f.Events); err != nil {
		return f, err
	}
	return f, g.during(ctx, func(s *served) (err error) {
		open, err := g.signIn(ctx)
		if err != nil {
			return err
		}
		edit, err := g.editor(ctx, w)
		if err != nil {
			return err
		}
		if err = f.follow(ctx, w, open, edit); err != nil {
			return err
		}
		f.PeakBytes, err = s.peak()
		return errors.Join(err, w.equal(ctx))
	})
}

// mark is how far the backlog was at a moment.
type mark struct {
	at time.Time
	n  int64
}

// editEach is after how many pages somebody edits.
const editEach = 5

// follow looks at the position ten times a second, opens a page each time, and
// edits a deal now and then.
func (f *flood) follow(ctx context.Context, w *world, open func(path string) (time.Duration, error), edit func() (time.Duration, error)) error {
	ctx, cancel := context.WithTimeout(ctx, floodPatience)
	defer cancel()
	var marks []mark
	var took, edited []time.Duration
	for ctx.Err() == nil {
		p, err := w.position(ctx)
		if err != nil {
			return err
		}
		if n := len(marks); n == 0 || marks[n-1].n != p.Events {
			marks = append(marks, mark{time.Now(), p.Events})
		}
		if there, err := w.atLast(ctx); there || err != nil {
			f.speeds(marks)
			f.Pages, f.Edits = len(took), len(edited)
			f.PageP50, f.PageP99 = percentiles(took)
			f.EditP50, f.EditP99 = percentiles(edited)
			return err
		}
		d, err := open("/contacts")
		if err != nil {
			return err
		}
		took = append(took, d)
		if len(took)%editEach == 0 {
			if d, err = edit(); err != nil {
				return err
			}
			edited = append(edited, d)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("waiting for the flood: %w", ctx.Err())
}

// speeds are those between the first commit that was seen and a fifth later, and
// in the last fifth.
func (f *flood) speeds(marks []mark) {
	if len(marks) < 3 {
		return
	}
	marks = marks[1:] // the first is from before the stream
	fifth := int64(f.Events / 5)
	between := func(a, b mark) float64 { return float64(b.n-a.n) / b.at.Sub(a.at).Seconds() }
	first, last := marks[0], marks[len(marks)-1]
	for _, m := range marks {
		if m.n-first.n >= fifth {
			f.First = between(first, m)
			break
		}
	}
	for _, m := range slices.Backward(marks) {
		if last.n-m.n >= fifth {
			f.Last = between(m, last)
			break
		}
	}
}

func (f *flood) lines() []line {
	return []line{
		free(fmt.Sprintf("serve: flood of %d, first fifth", f.Events), perSec(f.First)),
		{What: "serve: last fifth to first", Figure: fmt.Sprintf("%.2f", f.Last/f.First), Floor: ">= 0.90", Passed: f.Last >= 0.9*f.First},
		{What: "serve: peak resident, flood", Figure: mib(f.PeakBytes), Floor: "<= 200.0 MiB", Passed: f.PeakBytes <= 200<<20},
		free("serve: page in a flood, p50", millis(f.PageP50)),
		{What: "serve: page in a flood, p99", Figure: millis(f.PageP99), Floor: "<= 50.0 ms", Passed: f.PageP99 <= 50*time.Millisecond},
		free("serve: edit in a flood, p50", millis(f.EditP50)),
		{What: "serve: edit in a flood, p99", Figure: millis(f.EditP99), Floor: "< 2000.0 ms", Passed: f.EditP99 < 2*time.Second},
	}
}
