package handlers

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/rules/settings"
	"tidegate/views"
)

const (
	// sightLife is how long Salesforce's word on who sees what is believed.
	sightLife = 2 * time.Minute
	// mostVerdicts bounds what is remembered of one user; then it begins anew.
	mostVerdicts = 50_000
	// mostAsked is how many records one page may ask about: 50 calls.
	mostAsked = 10_000
	// usersChunk is how many users are read at once.
	usersChunk = 2000
)

// sights are what Salesforce said lately of what its users may see, by workspace
// and user. Several processes each keep their own.
type sights struct {
	now func() time.Time
	mu  sync.Mutex
	of  map[[2]string]*sight
	all map[gateway.WorkspaceID]userList
}

// userList are the users of an org as they were read.
type userList struct {
	at    time.Time
	users []gateway.Record
}

func newSights(now func() time.Time) *sights {
	return &sights{now: now, of: map[[2]string]*sight{}, all: map[gateway.WorkspaceID]userList{}}
}

// sight is what one user may see, as far as it was asked for.
type sight struct {
	mu      sync.Mutex
	began   time.Time
	objects map[string]gateway.ObjectSight
	records map[string]bool // by id
}

// user is what is known now of a user; it is forgotten as a whole.
func (s *sights) user(ws gateway.WorkspaceID, id string) *sight {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [2]string{string(ws), id}
	known := s.of[key]
	if known == nil || s.old(known.began) || known.full() {
		maps.DeleteFunc(s.of, func(_ [2]string, other *sight) bool { return s.old(other.began) })
		known = &sight{began: s.now(), objects: map[string]gateway.ObjectSight{}, records: map[string]bool{}}
		s.of[key] = known
	}
	return known
}

func (s *sights) old(at time.Time) bool { return s.now().Sub(at) > sightLife }

func (s *sight) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.records) > mostVerdicts
}

// eyes are a member's: he sees what Salesforce shows the user that he is (S-54).
// It is a store.Eyes.
type eyes struct {
	s      *Server
	member gateway.Member
	user   gateway.Record // zero: he is none, and sees nothing
	known  *sight
}

// ownEyes gives a rep his own eyes where the workspace wants that.
func (v *visit) ownEyes() error {
	if v.member.Role != gateway.RoleRep {
		return nil
	}
	rows, err := v.ws.Settings(v.UserContext(), gateway.OrgScope)
	if err != nil {
		return err
	}
	in, err := settings.Effective(rows, nil)
	if err != nil || !in.Advanced.OwnSight {
		return err
	}
	if v.eyes, err = v.s.eyesOf(v.UserContext(), v.member); err == nil {
		v.ws = v.ws.SeenBy(v.eyes)
	}
	return err
}

// eyesOf finds the user that a member is.
func (s *Server) eyesOf(ctx context.Context, m gateway.Member) (*eyes, error) {
	s.sights.mu.Lock()
	list := s.sights.all[m.Workspace]
	s.sights.mu.Unlock()
	if s.sights.old(list.at) {
		users, err := s.salesforceUsers(ctx, m.Workspace)
		if err != nil {
			return nil, err
		}
		list = userList{s.Now(), users}
		s.sights.mu.Lock()
		s.sights.all[m.Workspace] = list
		s.sights.mu.Unlock()
	}
	user, _ := match.User(m, list.users)
	return &eyes{s: s, member: m, user: user, known: s.sights.user(m.Workspace, user.Key.ID)}, nil
}

// salesforceUsers reads the users that are mirrored.
func (s *Server) salesforceUsers(ctx context.Context, ws gateway.WorkspaceID) ([]gateway.Record, error) {
	var all []gateway.Record
	for after := ""; ; {
		users, err := s.DB.In(ws).RecordsAfter(ctx, "User", after, usersChunk)
		if err != nil {
			return nil, err
		}
		all = append(all, users...)
		if len(users) < usersChunk {
			return all, nil
		}
		after = users[len(users)-1].Key.ID
	}
}

// Sight tells which fields of an object he may read. Whom Salesforce does not know
// may read none.
func (e *eyes) Sight(ctx context.Context, object string) (gateway.ObjectSight, error) {
	if e.user.Key.ID == "" {
		return gateway.ObjectSight{}, nil
	}
	e.known.mu.Lock()
	known, ok := e.known.objects[object]
	e.known.mu.Unlock()
	if ok {
		return known, nil
	}
	fresh, err := e.s.Org.Sight(ctx, e.member.Workspace, e.user.Key.ID, object)
	if err != nil {
		return gateway.ObjectSight{}, hidden(err)
	}
	e.known.mu.Lock()
	defer e.known.mu.Unlock()
	e.known.objects[object] = fresh
	return fresh, nil
}

// Readable returns those of the records that he may read, asking only about those
// of which Salesforce has not spoken lately.
func (e *eyes) Readable(ctx context.Context, ids []string) (map[string]bool, error) {
	out := make(map[string]bool, len(ids))
	if e.user.Key.ID == "" {
		return out, nil
	}
	var open []string
	e.known.mu.Lock()
	for _, id := range ids {
		verdict, ok := e.known.records[id]
		if !ok {
			open = append(open, id)
		}
		out[id] = verdict
	}
	e.known.mu.Unlock()
	if len(open) == 0 {
		return out, nil
	}
	if len(open) > mostAsked {
		return nil, gateway.Errorf(gateway.CodeInvalid, "More than %d records would have to be looked at to find those that Salesforce shows you. Choose a shorter period, or search for less.", mostAsked)
	}
	fresh, err := e.s.Org.Readable(ctx, e.member.Workspace, e.user.Key.ID, open)
	if err != nil {
		return nil, hidden(err)
	}
	e.known.mu.Lock()
	defer e.known.mu.Unlock()
	for _, id := range open {
		out[id], e.known.records[id] = fresh[id], fresh[id]
	}
	return out, nil
}

// hidden is what is answered while Salesforce does not say who sees what.
func hidden(err error) error {
	e := gateway.Errorf(gateway.CodeSFDown, "Salesforce does not say now what it shows you, so nothing of it is shown. Try again in a minute; if it stays like this, ask an admin to run the checks of the connection.")
	e.Cause = err
	return e
}

// schema is an object's describe without the fields that he may not read.
func (e *eyes) schema(ctx context.Context, s gateway.Schema) (gateway.Schema, error) {
	sight, err := e.Sight(ctx, s.Object)
	if err != nil {
		return gateway.Schema{Object: s.Object}, err
	}
	s.Fields = slices.DeleteFunc(slices.Clone(s.Fields), func(f gateway.Field) bool { return !sight.Fields[f.Name] })
	return s, nil
}

// shownFields leaves of what a page shows of a kind the fields that the visitor may
// read.
func (v *visit) shownFields(k recordKind) (recordKind, error) {
	if v.eyes == nil {
		return k, nil
	}
	sight, err := v.eyes.Sight(v.UserContext(), k.object)
	for _, names := range [...]*[]string{&k.facts, &k.details, &k.columns, &k.key} {
		*names = slices.DeleteFunc(slices.Clone(*names), func(name string) bool { return !sight.Fields[name] })
	}
	return k, err
}

// seesLine refuses a line of the log that the visitor does not see: what waits
// behind it is not his to decide.
func (v *visit) seesLine(id int64) error {
	if v.eyes == nil {
		return nil
	}
	_, err := v.ws.LogLineByID(v.UserContext(), id)
	return err
}

// sayWhyNothing tells somebody whom Salesforce does not know why he sees nothing,
// and everybody else that what is hidden from him is not listed.
func (v *visit) sayWhyNothing(p *views.ListPage) error {
	switch {
	case v.eyes.user.Key.ID == "":
		p.Empty = views.Empty{
			Icon: views.IconLock, Title: "Salesforce does not know you",
			Text: "No active user there has the address " + v.member.Email + ", or several have it, so nothing of Salesforce is shown. Ask an admin to choose your Salesforce user under Members.",
		}
	case len(p.Rows) == 0 && p.Empty.Filters == nil:
		p.Empty.Text = "Salesforce shows you none. Ask an admin of Salesforce if you miss one."
	}
	return nil
}
