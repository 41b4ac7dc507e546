package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/salesforce"
	"tidegate/store"
	"tidegate/streaming"
)

// spending counts in memory what objects, fields and rules cost (M8), until Run
// writes it down: a burst of calls must not become a burst of writes. What a
// process that is killed counted in its last seconds is lost.
type spending struct {
	mu sync.Mutex
	of map[gateway.WorkspaceID]map[spentThing]*spentCount
}

type spentThing struct {
	day    time.Time
	kind   gateway.SpentKind
	object string
	name   string
}

type spentCount struct {
	n  int
	at time.Time
	by string
}

// longestRule bounds the name of a rule; some carry names that people chose.
const longestRule = 120

// noting gives add what counts in a workspace, now.
func (s *spending) noting(ws gateway.WorkspaceID, note func(add func(kind gateway.SpentKind, object, name string, n int, by string))) {
	now := time.Now()
	day := gateway.SpentDay(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[gateway.WorkspaceID]map[spentThing]*spentCount{}
	}
	things := s.of[ws]
	if things == nil {
		things = map[spentThing]*spentCount{}
		s.of[ws] = things
	}
	note(func(kind gateway.SpentKind, object, name string, n int, by string) {
		key := spentThing{day, kind, object, name}
		c := things[key]
		if c == nil {
			c = &spentCount{}
			things[key] = c
		}
		c.n, c.at, c.by = c.n+n, now, by
	})
}

// called counts one call of the API.
func (s *spending) called(ctx context.Context, ws gateway.WorkspaceID, call salesforce.Call) {
	if !call.Counted {
		return
	}
	why := errandOf(ctx)
	if call.Object != "" {
		why.object = call.Object
	}
	s.noting(ws, func(add func(gateway.SpentKind, string, string, int, string)) {
		add(gateway.SpentCall, why.object, string(why.purpose), 1, "")
	})
}

// observed counts the events of a batch of the stream that is committed.
func (s *spending) observed(ws gateway.WorkspaceID, objects map[string]*streaming.Observed) {
	s.noting(ws, func(add func(gateway.SpentKind, string, string, int, string)) {
		for object, seen := range objects {
			add(gateway.SpentEvent, object, "", seen.Events, "")
			for field, n := range seen.Fields {
				add(gateway.SpentChanged, object, field, n, "")
			}
		}
	})
}

// sent counts changes that are sent to Salesforce, with their fields and rules.
func (s *spending) sent(ws gateway.WorkspaceID, object string, changes []gateway.Change) {
	s.noting(ws, func(add func(gateway.SpentKind, string, string, int, string)) {
		add(gateway.SpentChange, object, "", len(changes), "")
		for _, c := range changes {
			rules := map[string]bool{ruleWords(c.Cause.Rule): len(c.Fields) == 0}
			for field := range c.Fields {
				add(gateway.SpentWritten, object, field, 1, "")
				rules[ruleWords(c.Cause.Origin(field).Rule)] = true
			}
			for rule, led := range rules {
				if led && rule != "" {
					add(gateway.SpentRule, object, rule, 1, "")
				}
			}
		}
	})
}

// ruleWords is a rule as it is counted: without the reason that follows it, and
// without the title of what it was applied to.
func ruleWords(rule string) string {
	rule, _, _ = strings.Cut(rule, ": ")
	if kind, _, titled := strings.Cut(rule, " “"); titled && strings.HasSuffix(rule, "”") {
		rule = kind
	}
	if len(rule) > longestRule {
		rule = strings.ToValidUTF8(rule[:longestRule], "")
	}
	return rule
}

// Shown counts an answer that showed fields of a record to somebody.
func (s *spending) Shown(ws gateway.WorkspaceID, object string, fields []string, to string) {
	s.noting(ws, func(add func(gateway.SpentKind, string, string, int, string)) {
		for _, field := range fields {
			add(gateway.SpentShown, object, field, 1, to)
		}
	})
}

// keep writes down what was counted since.
func (s *spending) keep(ctx context.Context, db *store.DB) {
	s.mu.Lock()
	all := s.of
	s.of = nil
	s.mu.Unlock()
	for ws, things := range all {
		spent := make([]gateway.Spent, 0, len(things))
		for t, c := range things {
			spent = append(spent, gateway.Spent{Day: t.day, Kind: t.kind, Object: t.object, Name: t.name, N: c.n, At: c.at, By: c.by})
		}
		if err := db.In(ws).AddSpent(ctx, spent); err != nil {
			slog.Debug("keeping what was spent failed", "err", err)
			s.again(ws, things)
		}
	}
}

// again takes back what could not be written down.
func (s *spending) again(ws gateway.WorkspaceID, things map[spentThing]*spentCount) {
	s.noting(ws, func(func(gateway.SpentKind, string, string, int, string)) {})
	s.mu.Lock()
	defer s.mu.Unlock()
	for t, c := range things {
		if now := s.of[ws][t]; now != nil {
			now.n += c.n
		} else {
			s.of[ws][t] = c
		}
	}
}

// errand is for what a call is made, as far as the call does not tell.
type errand struct {
	purpose gateway.CallPurpose
	object  string
}

type errandKey struct{}

// spendOn returns a context whose calls are counted for a purpose and, where
// they do not tell it, an object. Whoever said so first knows best.
func spendOn(ctx context.Context, purpose gateway.CallPurpose, object string) context.Context {
	if _, known := ctx.Value(errandKey{}).(errand); known {
		return ctx
	}
	return context.WithValue(ctx, errandKey{}, errand{purpose, object})
}

func errandOf(ctx context.Context) errand {
	if e, known := ctx.Value(errandKey{}).(errand); known {
		return e
	}
	return errand{purpose: gateway.CallAsk}
}
