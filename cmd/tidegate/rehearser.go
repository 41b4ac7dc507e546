package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/handlers"
)

// rehearser plays the rehearsals that pages ask for, one at a time, each in a
// process of its own: what it takes of memory goes with it, and what goes wrong
// there touches nobody here.
type rehearser struct {
	app   *app
	asked chan gateway.WorkspaceID
	// play runs one until its end, and tells each line that it says meanwhile.
	play func(ctx context.Context, ws gateway.WorkspaceID, said func(line string)) error
}

// rehearsalBound ends one that hangs; a usual one takes two minutes.
const rehearsalBound = 30 * time.Minute

func newRehearser(a *app) *rehearser {
	r := &rehearser{app: a, asked: make(chan gateway.WorkspaceID)}
	r.play = r.command
	return r
}

// begin hands one over; false when one of the workspace runs, wherever, or this
// process plays another one.
func (r *rehearser) begin(ctx context.Context, ws gateway.WorkspaceID, by string) (bool, error) {
	w := r.app.db.In(ws)
	began, err := w.BeginRehearsal(ctx, by, len(rounds))
	if err != nil || !began {
		return false, err
	}
	select {
	case r.asked <- ws:
		return true, nil
	case <-time.After(time.Second):
		const busy = "Another rehearsal is played here. Begin this one when that has ended."
		if err := w.EndRehearsal(ctx, nil, busy); err != nil {
			return false, err
		}
		return false, gateway.Errorf(gateway.CodeConflict, busy)
	}
}

// Run plays what is asked for until ctx ends.
func (r *rehearser) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case ws := <-r.asked:
			r.one(ctx, ws)
		}
	}
}

func (r *rehearser) one(ctx context.Context, ws gateway.WorkspaceID) {
	look := func() { r.app.announcer.announce(ws, []gateway.RecordKey{handlers.RehearsalKey}) }
	playing, cancel := context.WithTimeout(ctx, rehearsalBound)
	defer cancel()
	last := ""
	err := r.play(playing, ws, func(line string) {
		last = line
		look()
	})
	if err != nil {
		r.app.logger.Warn("a rehearsal came to no result", "err", err)
		if last == "" || strings.HasPrefix(last, "tidegate: playing ") {
			last = "It ended before its result."
		}
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		// Where it has written down itself why, that stands.
		if state, err := r.app.db.In(ws).Rehearsal(within); err == nil && state.EndedAt.IsZero() {
			if err := r.app.db.In(ws).EndRehearsal(within, nil, strings.TrimPrefix(last, "tidegate: ")); err != nil {
				r.app.logger.Warn("the end of a rehearsal could not be kept", "err", err)
			}
		}
	}
	look()
}

// command plays one by this program's own command, with the configuration that
// this process has.
func (r *rehearser) command(ctx context.Context, ws gateway.WorkspaceID, said func(line string)) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	cfg := r.app.cfg
	cmd := exec.CommandContext(ctx, program, "rehearse", "--workspace", string(ws), "--begun", "--json") //nolint:gosec // ourselves; the workspace is one of ours
	cmd.Env = append(os.Environ(), "TIDEGATE_DATABASE_URL="+cfg.DatabaseURL, "TIDEGATE_SECRET_KEY="+cfg.SecretKey, "TIDEGATE_MIGRATE=off",
		"TIDEGATE_ALLOWED_HOSTS="+strings.Join(cfg.AllowedHosts, ","), "TIDEGATE_BASE_URL="+r.app.baseURL())
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = grace / 2
	lines, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	for in := bufio.NewScanner(lines); in.Scan(); {
		said(in.Text())
	}
	_, _ = io.Copy(io.Discard, lines) // what is longer than a line
	return cmd.Wait()
}
