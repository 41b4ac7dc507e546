package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// pageRounds is how often each page is opened, after once that is not counted.
const pageRounds = 25

// pages is how soon the program has answered with a page from the mirror, to its
// last byte (UX-47), one opened after the other.
type pages struct {
	P50 time.Duration `json:"p50_ns"`
	P95 time.Duration `json:"p95_ns"`
}

// pages signs in and opens the health page, lists and records.
func (g *gatewayProcess) pages(ctx context.Context, w *world) (p pages, err error) {
	if err := g.person(ctx); err != nil {
		return p, err
	}
	paths := []string{"/", "/contacts", "/accounts", "/deals", "/forecast"}
	for object, list := range map[string]string{"Contact": "/contacts/", "Account": "/accounts/", "Opportunity": "/deals/"} {
		found, err := w.ws.RecordsAfter(ctx, object, "", 1)
		if err != nil || len(found) == 0 {
			return p, errors.Join(err, fmt.Errorf("there is no %s to open", object))
		}
		paths = append(paths, list+found[0].Key.ID)
	}
	var took []time.Duration
	err = g.during(ctx, func(*served) error {
		open, err := g.signIn(ctx)
		if err != nil {
			return err
		}
		for round := range pageRounds + 1 {
			for _, path := range paths {
				d, err := open(path)
				if err != nil {
					return err
				}
				if round > 0 {
					took = append(took, d)
				}
			}
		}
		return nil
	})
	if err != nil {
		return p, err
	}
	slices.Sort(took)
	return pages{P50: took[len(took)/2], P95: took[len(took)*95/100]}, nil
}

func (p pages) lines() []line {
	return []line{
		{What: "serve: a page of the mirror, to its last byte, p95", Figure: millis(p.P95), Floor: "<= " + millis(floorPage), Passed: p.P95 <= floorPage},
		free("serve: a page of the mirror, p50", millis(p.P50)),
	}
}
