// Package fault is the one list of everything a simulated org can do wrong on
// purpose. Whoever serves a request or a stream asks the Registry whether a
// fault is due; the Registry counts down and forgets.
package fault

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Spec is one fault as posted to /_sim/faults. Count and Seconds bound it:
// with neither it happens once; with Seconds alone it happens every time until
// then; with both, whichever ends first.
type Spec struct {
	Kind    string  `json:"kind"`
	Count   int     `json:"count,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`

	Path    string `json:"path,omitempty"`    // request path prefix; * = anything
	After   int    `json:"after,omitempty"`   // matching requests that pass first
	Method  string `json:"method,omitempty"`  // HTTP method
	Status  int    `json:"status,omitempty"`  // HTTP status to answer
	Millis  int    `json:"ms,omitempty"`      // delay
	Times   int    `json:"times,omitempty"`   // deliveries of each event that it hits
	Object  string `json:"object,omitempty"`  // API name
	Field   string `json:"field,omitempty"`   // API name
	Message string `json:"message,omitempty"` // text shown to the caller
	Code    string `json:"code,omitempty"`    // error code
	Channel string `json:"channel,omitempty"` // e.g. /data/ChangeEvents

	Mode     string `json:"mode,omitempty"`     // which of several ways
	Spelling string `json:"spelling,omitempty"` // of a key of the answer
	Size     int    `json:"size,omitempty"`     // rows

	RetryAfter string `json:"retry_after,omitempty"` // header of the answer
}

// Subject is what a fault may be restricted to. An empty member of the Spec
// matches everything; a filled one must match the Subject's.
type Subject struct {
	Path    string
	Method  string
	Object  string
	Channel string
}

// Fault is an armed Spec.
type Fault struct {
	Spec
	ID    int       `json:"id"`
	Until time.Time `json:"until,omitzero"`
	Left  int       `json:"left"`  // times still to come; -1 = unlimited until Until
	Taken int       `json:"taken"` // times that it has happened

	lifted chan struct{} // closed when the faults are cleared
	came   map[int64]int // how often an event that it hit was delivered
}

// Lifted is closed when the faults are cleared, for those that last until then.
func (f Fault) Lifted() <-chan struct{} { return f.lifted }

// Registry holds the armed faults. It is safe for concurrent use.
type Registry struct {
	now func() time.Time

	mu     sync.Mutex
	next   int
	armed  []*Fault
	hit    []*Fault      // that hit events, see TakeEvent
	lifted chan struct{} // closed and made anew by Clear
	onArm  map[string][]func(Fault)
	onDone []func()
}

// NewRegistry returns an empty registry on the given clock.
func NewRegistry(now func() time.Time) *Registry {
	return &Registry{now: now, lifted: make(chan struct{}), onArm: map[string][]func(Fault){}}
}

// OnArm calls fn, outside the registry's lock and before Arm returns, for
// every fault of the kind that gets armed. Kinds that act at once
// (expire_tokens, drop_streams, expire_replay_ids) hang their action here.
func (r *Registry) OnArm(kind string, fn func(Fault)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.onArm[kind] = append(r.onArm[kind], fn)
}

// OnClear calls fn after Clear has disarmed everything.
func (r *Registry) OnClear(fn func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.onDone = append(r.onDone, fn)
}

// Arm checks the spec and makes it effective. An unknown kind, or a parameter
// that the kind does not have, is an error that names what is allowed.
func (r *Registry) Arm(s Spec) (Fault, error) {
	if err := check(s); err != nil {
		return Fault{}, err
	}
	f := &Fault{Spec: s, Left: s.Count}
	r.mu.Lock()
	f.lifted = r.lifted
	r.next++
	f.ID = r.next
	if s.Seconds > 0 {
		f.Until = r.now().Add(time.Duration(s.Seconds * float64(time.Second)))
		if s.Count == 0 {
			f.Left = -1
		}
	} else if s.Count == 0 {
		f.Left = 1
	}
	r.armed = append(r.armed, f)
	armed := *f
	hooks := slices.Clone(r.onArm[s.Kind])
	r.mu.Unlock()
	for _, fn := range hooks {
		fn(armed)
	}
	return armed, nil
}

// Take uses up one occurrence of the oldest armed fault of the kind that
// matches the subject. It returns false when none is due.
func (r *Registry) Take(kind string, on Subject) (Fault, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire()
	for _, f := range r.armed {
		if f.Kind != kind || !f.matches(on) {
			continue
		}
		if f.After > 0 {
			f.After--
			continue
		}
		f.Taken++
		if f.Left > 0 {
			f.Left--
		}
		return *f, true
	}
	return Fault{}, false
}

// TakeEvent is Take for an event, by its replay id, that is delivered again and
// again: once a fault has hit it, it is so at every delivery until the faults are
// cleared, or as often as the fault's times say.
func (r *Registry) TakeEvent(kind string, on Subject, replayID int64) (Fault, bool) {
	r.mu.Lock()
	for _, f := range r.hit {
		if n := f.came[replayID]; f.Kind == kind && n > 0 {
			defer r.mu.Unlock()
			f.came[replayID]++
			return *f, f.Times == 0 || n < f.Times
		}
	}
	r.mu.Unlock()
	f, due := r.Take(kind, on)
	if due {
		r.mu.Lock()
		defer r.mu.Unlock()
		f.came = map[int64]int{replayID: 1}
		r.hit = append(r.hit, &f)
	}
	return f, due
}

// Active reports whether a fault of the kind is due for the subject without
// using it up: for states (rotate_refresh_tokens) rather than occurrences.
func (r *Registry) Active(kind string, on Subject) (Fault, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire()
	for _, f := range r.armed {
		if f.Kind == kind && f.matches(on) {
			return *f, true
		}
	}
	return Fault{}, false
}

// Armed lists the faults still due, oldest first.
func (r *Registry) Armed() []Fault {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.expire()
	list := make([]Fault, 0, len(r.armed))
	for _, f := range r.armed {
		list = append(list, *f)
	}
	return list
}

// Clear disarms everything.
func (r *Registry) Clear() {
	r.mu.Lock()
	r.armed, r.hit = nil, nil
	close(r.lifted)
	r.lifted = make(chan struct{})
	hooks := slices.Clone(r.onDone)
	r.mu.Unlock()
	for _, fn := range hooks {
		fn()
	}
}

// expire drops faults that are used up or too old. r.mu must be held.
func (r *Registry) expire() {
	if len(r.armed) == 0 {
		return
	}
	now := r.now()
	r.armed = slices.DeleteFunc(r.armed, func(f *Fault) bool {
		return f.Left == 0 || (!f.Until.IsZero() && !now.Before(f.Until))
	})
}

func (f *Fault) matches(on Subject) bool {
	return begins(on.Path, f.Path) &&
		(f.Method == "" || strings.EqualFold(f.Method, on.Method)) &&
		(f.Object == "" || strings.EqualFold(f.Object, on.Object)) &&
		(f.Channel == "" || f.Channel == on.Channel)
}

// begins reports whether a path begins as a pattern says, in which * stands for
// anything.
func begins(path, pattern string) bool {
	first, rest, wild := strings.Cut(pattern, "*")
	path, ok := strings.CutPrefix(path, first)
	for ok && wild {
		first, rest, wild = strings.Cut(rest, "*")
		_, path, ok = strings.Cut(path, first)
	}
	return ok
}

func check(s Spec) error {
	kind, ok := kindByName(s.Kind)
	if !ok {
		return fmt.Errorf("unknown fault kind %q: GET /_sim/faults lists the kinds", s.Kind)
	}
	if s.Count < 0 || s.Seconds < 0 || s.After < 0 {
		return fmt.Errorf("fault %s: count, seconds and after must not be negative", s.Kind)
	}
	for _, name := range s.given() {
		if !slices.ContainsFunc(kind.Params, func(p Param) bool { return p.Name == name }) {
			return fmt.Errorf("fault %s has no parameter %q", s.Kind, name)
		}
	}
	return nil
}

// given lists the parameters that the spec sets, besides kind, count, seconds.
func (s Spec) given() []string {
	var names []string
	for name, set := range map[string]bool{
		"path": s.Path != "", "method": s.Method != "", "status": s.Status != 0,
		"ms": s.Millis != 0, "times": s.Times != 0, "object": s.Object != "",
		"field": s.Field != "", "message": s.Message != "", "code": s.Code != "",
		"channel": s.Channel != "", "after": s.After != 0, "mode": s.Mode != "", "spelling": s.Spelling != "", "size": s.Size != 0,
		"retry_after": s.RetryAfter != "",
	} {
		if set {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
