package main

import (
	"context"

	"tidegate/config"
)

type serveCmd struct{}

// Help shows examples.
func (serveCmd) Help() string {
	return examples("Everything is set by the environment; docs/operating.md has the table.",
		"TIDEGATE_DATABASE_URL=postgres://tidegate@db/tidegate TIDEGATE_SECRET_KEY=… tidegate serve",
		"TIDEGATE_HTTP_ADDR=127.0.0.1:8080 tidegate serve      # SQLite in var/")
}

// Run serves until the process is told to stop.
func (serveCmd) Run(ctx context.Context) error {
	cfg, err := config.FromEnv()
	if err != nil {
		return err
	}
	go spareGarbageCollection(ctx)
	a, err := newApp(ctx, cfg, newLogger(cfg), "")
	if err != nil {
		return err
	}
	return a.Run(ctx)
}
