package handlers

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/rules/outbound"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/views"
)

const (
	// sightLife is how long Salesforce's word on who sees what is believed.
	sightLife = 2 * time.Minute
	// sightKept is how long it is where Salesforce does not answer (UX-46), or
	// where the org's API calls are scarce: longer than most outages, and short
	// enough that nobody who lost a right keeps it for a working day.
	sightKept = time.Hour
	// usersLife is how long the list of users is believed to lack somebody: the
	// first reading, or an admin in Salesforce, may be adding him now.
	usersLife = 5 * time.Second
	// askFor is how long a page waits for Salesforce's word, and silence how long
	// it is not asked again about somebody after it gave none.
	askFor  = 5 * time.Second
	silence = 10 * time.Second
	// mostVerdicts bounds what is remembered of one user; then it begins anew.
	mostVerdicts = 50_000
	// mostAsked is how many records one page may ask about: 50 calls.
	mostAsked = 10_000
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
	asked   time.Time // when it was last looked at
	objects map[string]said[gateway.ObjectSight]
	records map[string]said[bool] // by id
	silent  said[error]           // why it gave no word lately
}

// said is a word of Salesforce's and when it was spoken.
type said[T any] struct {
	word T
	at   time.Time
}

// user is what is known of a user. Whom nobody asked about for long is forgotten.
func (s *sights) user(ws gateway.WorkspaceID, id string) *sight {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, now := [2]string{string(ws), id}, s.now()
	known := s.of[key]
	if known == nil || known.full() {
		maps.DeleteFunc(s.of, func(_ [2]string, other *sight) bool { return now.Sub(other.asked) > sightKept })
		known = &sight{objects: map[string]said[gateway.ObjectSight]{}, records: map[string]said[bool]{}}
		s.of[key] = known
	}
	known.asked = now
	return known
}

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
	unread bool           // no user was read from Salesforce yet
	known  *sight
	life   time.Duration // how long a word is believed now
	// partly is set where Salesforce did not answer and only what it showed him
	// before is shown.
	partly bool
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

// eyesOf finds the user that a member is, and how much may be asked about him now.
func (s *Server) eyesOf(ctx context.Context, m gateway.Member) (*eyes, error) {
	user, any, err := s.sights.find(ctx, s.DB.In(m.Workspace), m)
	if err != nil {
		return nil, err
	}
	e := &eyes{s: s, member: m, user: user, unread: !any, known: s.sights.user(m.Workspace, user.Key.ID), life: sightLife}
	conn, err := s.DB.In(m.Workspace).Connection(ctx)
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return nil, err
	}
	// Looking is no edit: it gives way where asking for changes does.
	if _, held := outbound.Held(outbound.UseOf(conn), outbound.ReadPoll, s.Now()); held {
		e.life = sightKept
	}
	return e, nil
}

// find returns the user that a member is, zero for none, and whether any user is
// mirrored.
func (s *sights) find(ctx context.Context, ws *store.Workspace, m gateway.Member) (user gateway.Record, known bool, err error) {
	s.mu.Lock()
	list := s.all[m.Workspace]
	s.mu.Unlock()
	age := s.now().Sub(list.at)
	if user, _ = match.User(m, list.users); age > sightLife || user.Key.ID == "" && age > usersLife {
		if list.users, err = ws.SalesforceUsers(ctx); err != nil {
			return user, false, err
		}
		list.at = s.now()
		s.mu.Lock()
		s.all[m.Workspace] = list
		s.mu.Unlock()
		user, _ = match.User(m, list.users)
	}
	return user, len(list.users) > 0, nil
}

// Sight tells which fields of an object he may read. Whom Salesforce does not know
// may read none.
func (e *eyes) Sight(ctx context.Context, object string) (gateway.ObjectSight, error) {
	if e.user.Key.ID == "" {
		return gateway.ObjectSight{}, nil
	}
	now := e.s.Now()
	e.known.mu.Lock()
	known, ok := e.known.objects[object]
	e.known.mu.Unlock()
	if ok && now.Sub(known.at) <= e.life {
		return known.word, nil
	}
	var fresh gateway.ObjectSight
	err := e.ask(ctx, func(ctx context.Context) (err error) {
		fresh, err = e.s.Org.Sight(ctx, e.member.Workspace, e.user.Key.ID, object)
		return err
	})
	switch {
	case err != nil && ok && now.Sub(known.at) <= sightKept:
		return known.word, nil
	case err != nil:
		return gateway.ObjectSight{}, hidden(err)
	}
	e.known.mu.Lock()
	defer e.known.mu.Unlock()
	e.known.objects[object] = said[gateway.ObjectSight]{fresh, now}
	return fresh, nil
}

// Readable returns those of the records that he may read, asking only about those
// of which Salesforce has not spoken lately. Where it does not answer, its last word
// holds for a while, and a record of which it never spoke stays hidden.
func (e *eyes) Readable(ctx context.Context, ids []string) (map[string]bool, error) {
	if e.user.Key.ID == "" {
		return map[string]bool{}, nil
	}
	now := e.s.Now()
	out, old, open := e.remembered(ids, now)
	if len(open) == 0 {
		return out, nil
	}
	if len(open) > mostAsked {
		return nil, gateway.Errorf(gateway.CodeInvalid, "More than %d records would have to be looked at to find those that Salesforce shows you. Choose a shorter period, or search for less.", mostAsked)
	}
	var fresh map[string]bool
	err := e.ask(ctx, func(ctx context.Context) (err error) {
		fresh, err = e.s.Org.Readable(ctx, e.member.Workspace, e.user.Key.ID, open)
		return err
	})
	switch {
	case err != nil && len(old)+len(out) > 0:
		maps.Copy(out, old)
		e.partly = e.partly || len(out) < len(ids)
		return out, nil
	case err != nil:
		return nil, hidden(err)
	}
	e.known.mu.Lock()
	defer e.known.mu.Unlock()
	for _, id := range open {
		out[id], e.known.records[id] = fresh[id], said[bool]{fresh[id], now}
	}
	return out, nil
}

// ask puts a question to Salesforce, unless it has just left one unanswered: a page
// of many questions must not wait for each of them.
func (e *eyes) ask(ctx context.Context, question func(context.Context) error) error {
	e.known.mu.Lock()
	last := e.known.silent
	e.known.mu.Unlock()
	if last.word != nil && e.s.Now().Sub(last.at) < silence {
		return last.word
	}
	limited, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	err := question(limited)
	if ctx.Err() == nil { // who left the page says nothing of Salesforce
		e.known.mu.Lock()
		defer e.known.mu.Unlock()
		e.known.silent = said[error]{err, e.s.Now()}
	}
	return err
}

// remembered parts ids into those of which Salesforce spoke lately, those whose
// word is old but holds where there is no other, and all that should be asked about.
func (e *eyes) remembered(ids []string, now time.Time) (lately, old map[string]bool, open []string) {
	lately, old = make(map[string]bool, len(ids)), map[string]bool{}
	e.known.mu.Lock()
	defer e.known.mu.Unlock()
	for _, id := range ids {
		verdict, ok := e.known.records[id]
		switch age := now.Sub(verdict.at); {
		case ok && age <= e.life:
			lately[id] = verdict.word
			continue
		case ok && age <= sightKept:
			old[id] = verdict.word
		}
		open = append(open, id)
	}
	return lately, old, open
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

// sightNotice tells on every page why somebody sees nothing, or not all.
func (e *eyes) sightNotice() (views.Notice, bool) {
	switch {
	case e.unread:
		return views.Notice{}, false // the page says that nothing was read yet
	case e.user.Key.ID == "":
		return views.Notice{
			Tone: views.Attention, Icon: views.IconLock, Strong: "Salesforce does not know you.",
			Text: "No active user there has the address " + e.member.Email + ", or several have it, so no record of Salesforce is shown. Ask an admin to choose your Salesforce user under Members.",
		}, true
	}
	return views.Notice{}, false
}

// sayWhyNothing tells somebody whom Salesforce does not know that he sees nothing
// for that, and everybody else that what is hidden from him is not listed.
func (v *visit) sayWhyNothing(p *views.ListPage) error {
	switch {
	case v.eyes.unread:
	case v.eyes.user.Key.ID == "":
		p.Empty = views.Empty{Icon: views.IconLock, Title: "Nothing that Salesforce shows you", Text: "It does not know you. As soon as an admin has chosen your Salesforce user, what Salesforce shows that user is listed."}
	case v.eyes.partly:
		p.Head.Lead = "Salesforce does not answer now. Listed is what it showed you within the last hour; what it was not asked about then stays hidden."
	case len(p.Rows) == 0 && p.Empty.Filters == nil:
		p.Empty.Text = "Of what was read until now Salesforce shows you none; the Health page tells how far the reading is. Ask an admin of Salesforce if you miss one."
	}
	return nil
}
