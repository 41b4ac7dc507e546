// Package org is the engine of a simulated Salesforce org: tables in memory,
// one commit path with the platform's own rules, and the changes of every
// transaction handed to a Publisher once they are in.
package org

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tidegate/simulator/fault"
)

// Config is what an Org is built from. The zero value is usable.
type Config struct {
	Now       func() time.Time // clock; nil = time.Now
	Publisher Publisher        // gets every transaction; nil = nobody
	Faults    *fault.Registry  // nil = none armed, none can be
	Edition   string           // developer, professional, enterprise or unlimited
	Features  Features
	// Checks are further rules of an object, for those who know more than the
	// engine: they see the record as it is about to be saved.
	Checks map[string]func(View, Record) *Error
}

// Org is one organization with its records. It is safe for concurrent use.
type Org struct {
	now       func() time.Time
	publisher Publisher
	faults    *fault.Registry
	edition   string
	checks    map[string]func(View, Record) *Error
	schema    atomic.Pointer[schema] // replaced under mu, read without it
	started   time.Time

	mu     sync.RWMutex
	tables map[string]*table
	// alterations are the changes of the schema so far.
	alterations []Alteration
	keeper      Keeper                         // nil: nobody
	newType     map[string]string              // object → record type of new records
	typeValues  map[string]map[string][]string // record type → picklist → values
	between     string                         // what the formula field puts between its two values
	permissions []Permission
	flows       []Flow
	validations []Validation
	accesses    sync.Map // user id → *access, of users who may not do everything
	families    families
	removals    map[string]removal // by the id of what they took
	commits     int64              // number of transactions so far
	forgot      DateTime           // deletions before are not all listed any more
	orgID       string
	adminID     string
	lastWhen    DateTime
}

// New returns an org with the standard schema, its own Organization record,
// its administrator and the reference objects (stages, statuses).
func New(cfg Config) *Org {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Faults == nil {
		cfg.Faults = fault.NewRegistry(cfg.Now)
	}
	if cfg.Edition == "" {
		cfg.Edition = "enterprise"
	}
	o := &Org{
		now: cfg.Now, publisher: cfg.Publisher, faults: cfg.Faults, edition: cfg.Edition, checks: cfg.Checks,
		started: cfg.Now(), tables: map[string]*table{}, newType: map[string]string{}, typeValues: map[string]map[string][]string{}, between: " / ",
		removals: map[string]removal{},
	}
	o.schema.Store(newSchema(schemaWith(cfg.Features, cfg.Edition), o.started))
	for _, object := range o.Objects() {
		o.tables[object.Name] = newTable(object)
	}
	o.found()
	if o.faults != nil {
		o.faults.OnArm(fault.ForgetDeletions, func(fault.Fault) { o.ForgetDeletions() })
	}
	return o
}

// Objects lists the schema as it is now, sorted by name.
func (o *Org) Objects() []*Object { return o.schema.Load().objects }

// Object finds an object by name, letter case ignored; nil when there is none.
func (o *Org) Object(name string) *Object { return o.schema.Load().object(name) }

// ID is the 18-character id of the organization.
func (o *Org) ID() string { return o.orgID }

// AdminID is the 18-character id of the administrator, who is also the user
// that an integration runs as.
func (o *Org) AdminID() string { return o.adminID }

// Edition is developer, professional, enterprise or unlimited.
func (o *Org) Edition() string { return o.edition }

// Now is the org's clock.
func (o *Org) Now() time.Time { return o.now() }

// Faults is the registry that the commit path asks.
func (o *Org) Faults() *fault.Registry { return o.faults }

// Read calls fn with a view that does not change while fn runs. Records taken
// from it stay valid afterwards. fn must not write to the org.
func (o *Org) Read(fn func(View)) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	fn(View{org: o})
}

// View reads the tables as they stand. It is only valid inside the function
// that it was given to.
type View struct {
	org    *Org
	access *access // whose eyes it has; nil sees everything
	user   string  // who reads; "" is the org itself
}

// User is the id of the user who reads, "" where it is the org itself.
func (v View) User() string { return v.user }

// Org is the org that is viewed.
func (v View) Org() *Org { return v.org }

// Get returns the record, also a deleted one.
func (v View) Get(object, id string) (Record, bool) {
	t := v.org.tables[object]
	if t == nil {
		return Record{}, false
	}
	i, ok := t.byID[id]
	if !ok {
		return Record{}, false
	}
	return v.access.record(t.at(i))
}

// Find returns the record of that id among several objects.
func (v View) Find(objects []string, id string) (Record, bool) {
	for _, name := range objects {
		t := v.org.tables[name]
		if t == nil || !strings.HasPrefix(id, t.object.KeyPrefix) {
			continue
		}
		if r, ok := v.Get(name, id); ok {
			return r, true
		}
	}
	return Record{}, false
}

// Scan calls fn for every record of the object, deleted ones included, in the
// order of creation, until fn returns false.
func (v View) Scan(object string, fn func(Record) bool) {
	t := v.org.tables[object]
	if t == nil {
		return
	}
	for i := range t.rows {
		if r, ok := v.access.record(t.at(i)); ok && !fn(r) {
			return
		}
	}
}

// Len is the number of records of the object, deleted ones and those that the
// view's user does not see included.
func (v View) Len(object string) int {
	if t := v.org.tables[object]; t != nil {
		return len(t.rows)
	}
	return 0
}

// ByKey returns the live records whose unique, external-id or lookup field has
// the value, letter case ignored.
func (v View) ByKey(object, field, value string) []Record {
	t := v.org.tables[object]
	if t == nil {
		return nil
	}
	var found []Record
	for _, i := range t.keys[field][strings.ToLower(value)] {
		if r, ok := v.access.record(t.at(i)); ok && r.Value("IsDeleted") != true {
			found = append(found, r)
		}
	}
	return found
}

// Nth returns the n-th record of the object by creation, deleted ones counted.
func (v View) Nth(object string, n int) Record {
	return v.org.tables[object].at(n)
}
