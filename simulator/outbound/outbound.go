// Package outbound sends messages out of a simulated org when records are
// created or edited: workflow outbound messages in SOAP, repeated until they
// are acknowledged, and JSON callouts as Flow and Apex make them, sent once.
package outbound

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"tidegate/simulator/fault"
	"tidegate/simulator/org"
)

const (
	// maxNotifications is how many records one message tells of.
	maxNotifications = 100
	// firstRetry doubles with each attempt up to longestRetry.
	firstRetry, longestRetry = 5 * time.Second, 2 * time.Hour
	// life is how long a message is tried.
	life = 24 * time.Hour
	// patience is how long a receiver may take to answer.
	patience = 20 * time.Second
	// look is how often the queue is looked at while something is in it: the
	// org's clock may be set by hand.
	look = 50 * time.Millisecond
)

// Faults of this sender, beside those of package fault.
const (
	FaultRepeat  = "outbound_repeat"
	FaultReverse = "outbound_reverse"
)

// Kinds documents those faults for the list at /_sim/faults.
var Kinds = []fault.Kind{
	{Name: FaultRepeat, About: "sends an outbound message again although it was acknowledged"},
	{Name: FaultReverse, About: "sends what waits newest first, each notification in a message of its own"},
}

// The list of kinds is closed when the program has started.
func init() { fault.Kinds = append(fault.Kinds, Kinds...) }

// Formats of a message.
const (
	SOAP = "soap"
	JSON = "json"
)

// Definition says which changes are told to whom.
type Definition struct {
	ID     string   `json:"id"` // 04k…, given by the org
	Object string   `json:"object"`
	Fields []string `json:"fields"` // besides Id
	URL    string   `json:"url"`
	Format string   `json:"format"` // soap, the default, or json
	// SendSession puts a session id of the user into a SOAP message.
	SendSession bool `json:"send_session"`
	// Secret signs JSON as Standard Webhooks prescribe: whsec_ and base64.
	Secret string `json:"secret,omitempty"`
	// ExceptUser is the id of a user whose own changes are not told.
	ExceptUser string `json:"except_user,omitempty"`
}

// State is a definition with what became of its notifications.
type State struct {
	Definition
	Waiting   int `json:"waiting"`
	Delivered int `json:"delivered"`
	Dropped   int `json:"dropped"`
	Attempts  int `json:"attempts"` // requests sent
}

// Config sets up a Sender. Org must be given.
type Config struct {
	Org     func() *org.Org          // asked late: the org needs its publishers first
	BaseURL func() string            // address of the org
	Session func(user string) string // makes a session id; nil: messages carry none
	Faults  *fault.Registry          // nil: nothing goes wrong on purpose
	Now     func() time.Time         // nil: time.Now
	HTTP    interface {
		Do(*http.Request) (*http.Response, error)
	} // nil: a client of its own
}

// Sender is the org.Publisher that queues notifications, and sends them.
type Sender struct {
	cfg  Config
	wake chan struct{}

	mu          sync.Mutex
	definitions []*definition
	issued      uint64 // ids of definitions and notifications
}

type definition struct {
	State
	fresh    []notification // not yet in a message
	messages []*message
}

// notification tells of one record.
type notification struct {
	id, record string
	user       string // whose change it was
	change     org.ChangeType
	queued     time.Time
}

// message is one request, tried until it is acknowledged.
type message struct {
	id            string // of the first notification
	notifications []notification
	due           time.Time
	wait          time.Duration // before the next attempt
}

// New returns a sender without definitions.
func New(cfg Config) *Sender {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.HTTP == nil {
		cfg.HTTP = &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	}
	if cfg.Session == nil {
		cfg.Session = func(string) string { return "" }
	}
	return &Sender{cfg: cfg, wake: make(chan struct{}, 1)}
}

// Define adds a definition and returns it with its id.
func (s *Sender) Define(d Definition) (Definition, error) {
	object := s.cfg.Org().Object(d.Object)
	if object == nil {
		return d, fmt.Errorf("no such object: %q", d.Object)
	}
	d.Object = object.Name
	for i, name := range d.Fields {
		f := object.FieldFold(name)
		if f == nil || f.IsCompound() {
			return d, fmt.Errorf("%s has no field to send: %q", object.Name, name)
		}
		d.Fields[i] = f.Name
	}
	d.Format = cmp.Or(d.Format, SOAP)
	target, err := url.Parse(d.URL)
	switch {
	case err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https":
		return d, fmt.Errorf("not an address to send to: %q", d.URL)
	case d.Format != SOAP && d.Format != JSON:
		return d, fmt.Errorf("unknown format %q: soap or json", d.Format)
	case d.Secret != "" && key(d.Secret) == nil:
		return d, errors.New("a signing secret is whsec_ and base64")
	}
	if d.ExceptUser != "" {
		if d.ExceptUser, _ = org.NormalizeID(d.ExceptUser); d.ExceptUser == "" {
			return d, errors.New("except_user is not an id")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued++
	d.ID = org.MakeID("04k", s.issued)
	s.definitions = append(s.definitions, &definition{State: State{Definition: d}})
	return d, nil
}

// Restore takes back definitions of an earlier run. What waited then is lost.
func (s *Sender) Restore(list []Definition) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range list {
		s.definitions = append(s.definitions, &definition{State: State{Definition: d}})
	}
	// Notifications of this run get other ids than those of the runs before.
	s.issued += uint64(s.cfg.Now().UnixMilli())
}

// States lists the definitions and what became of their notifications.
func (s *Sender) States() []State {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]State, len(s.definitions))
	for i, d := range s.definitions {
		list[i] = d.State
		list[i].Waiting = len(d.fresh)
		for _, m := range d.messages {
			list[i].Waiting += len(m.notifications)
		}
	}
	return list
}

// Clear forgets every definition and what waits.
func (s *Sender) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.definitions = nil
}

// Publish queues what a transaction did: creations and edits, never deletions.
func (s *Sender) Publish(t org.Transaction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, queued := s.cfg.Now(), false
	for _, d := range s.definitions {
		if d.ExceptUser != "" && d.ExceptUser == t.CommitUser {
			continue
		}
		for i := range t.Changes {
			c := &t.Changes[i]
			if c.Object != d.Object || c.IsWildcard() || c.Type != org.Create && c.Type != org.Update {
				continue
			}
			s.issued++
			d.fresh = append(d.fresh, notification{org.MakeID("04l", s.issued), c.RecordID, t.CommitUser, c.Type, now})
			queued = true
		}
	}
	if queued {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// Run sends until ctx ends.
func (s *Sender) Run(ctx context.Context) error {
	for {
		for s.Deliver(ctx) > 0 && ctx.Err() == nil {
			// What was queued meanwhile goes at once.
		}
		var later <-chan time.Time
		timer := time.NewTimer(look)
		if s.waits() {
			later = timer.C
		}
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-s.wake:
		case <-later:
		}
		timer.Stop()
	}
}

func (s *Sender) waits() bool {
	return slices.ContainsFunc(s.States(), func(d State) bool { return d.Waiting > 0 })
}

// attempt is one message of one definition whose time has come.
type attempt struct {
	d *definition
	m *message
}

// Deliver sends every message that is due and returns how many it tried.
func (s *Sender) Deliver(ctx context.Context) int {
	due := s.due()
	for _, a := range due {
		ok := s.send(ctx, &a.d.Definition, a.m)
		if ctx.Err() != nil {
			return 0
		}
		s.settle(a, ok)
		if _, again := s.take(FaultRepeat); ok && again {
			s.send(ctx, &a.d.Definition, a.m)
		}
	}
	return len(due)
}

func (s *Sender) take(kind string) (fault.Fault, bool) {
	if s.cfg.Faults == nil {
		return fault.Fault{}, false
	}
	return s.cfg.Faults.Take(kind, fault.Subject{})
}

// due makes messages of what is new, drops what is too old, and lists what is
// to be tried now.
func (s *Sender) due() []attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Now()
	var list []attempt
	for _, d := range s.definitions {
		d.pack(now, s.reversed(d))
		d.messages = slices.DeleteFunc(d.messages, func(m *message) bool {
			old := now.Sub(m.notifications[0].queued) >= life
			if old {
				d.Dropped += len(m.notifications)
			}
			return old
		})
		for _, m := range d.messages {
			if !m.due.After(now) {
				list = append(list, attempt{d, m})
			}
		}
	}
	return list
}

// reversed asks for the fault only when there is something to reverse.
func (s *Sender) reversed(d *definition) bool {
	if len(d.fresh) < 2 {
		return false
	}
	_, ok := s.take(FaultReverse)
	return ok
}

// pack puts what is new into messages.
func (d *definition) pack(now time.Time, reversed bool) {
	most := maxNotifications
	if reversed {
		slices.Reverse(d.fresh)
		most = 1
	}
	if d.Format == JSON {
		most = 1
	}
	for part := range slices.Chunk(d.fresh, most) {
		d.messages = append(d.messages, &message{id: part[0].id, notifications: part, due: now, wait: firstRetry})
	}
	d.fresh = nil
}

// settle removes what was acknowledged, and a callout in any case; the rest
// waits longer each time.
func (s *Sender) settle(a attempt, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.d.Attempts++
	if !ok && a.d.Format == SOAP {
		a.m.due = s.cfg.Now().Add(a.m.wait)
		a.m.wait = min(2*a.m.wait, longestRetry)
		return
	}
	if ok {
		a.d.Delivered += len(a.m.notifications)
	} else {
		a.d.Dropped += len(a.m.notifications)
	}
	a.d.messages = slices.DeleteFunc(a.d.messages, func(m *message) bool { return m == a.m })
}
