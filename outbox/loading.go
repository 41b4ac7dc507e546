package outbox

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/rules/outbound"
	"tidegate/rules/settings"
	"tidegate/store"
)

// page returns the address of a page of ours about a thing.
func (o *Outbox) page(path, id string) string {
	if o.opts.BaseURL == "" {
		return ""
	}
	return o.opts.BaseURL + path + url.PathEscape(id)
}

func (o *Outbox) surroundings(ws gateway.WorkspaceID, page string) outbound.Surroundings {
	return outbound.Surroundings{
		Workspace: ws, PublicDomain: o.opts.PublicDomain, URL: page, Users: map[string]string{}, Schemas: map[string]gateway.Schema{},
	}
}

// loading reads what a plan looks at. The first error stays; what is read
// after it is empty.
type loading struct {
	outbox   *Outbox
	w        *store.Workspace
	err      error
	revision int64           // of the organization's Notes settings
	locale   *string         // of the connected user, nil = not read yet
	unread   *string         // why nobody can be called new, nil = not asked yet
	stands   map[string]bool // the ids of what the records that were written before are about
	// looking is set where a plan is looked at only, under terms that somebody
	// gives; nil = under those in force.
	looking *looking
}

// did keeps an error; absent things are none.
func (l *loading) did(doing string, err error) bool {
	if err != nil && gateway.CodeOf(err) == gateway.CodeNotFound {
		return false
	}
	if err != nil && l.err == nil {
		l.err = fmt.Errorf("reading %s: %w", doing, err)
	}
	return err == nil
}

// settings fills in who organized and which settings hold for him.
func (l *loading) settings(ctx context.Context, email string, in *outbound.Surroundings) {
	members, err := l.members(ctx)
	l.did("the members", err)
	for _, m := range members {
		if m.Disabled {
			continue
		}
		if _, domain, ok := strings.Cut(m.Email, "@"); ok && !slices.Contains(in.OwnDomains, domain) {
			in.OwnDomains = append(in.OwnDomains, domain)
		}
		if email != "" && strings.EqualFold(m.Email, email) {
			in.Member = m
		}
	}
	in.Settings = l.inForce(ctx, in.Member.ID)
	in.Revision = l.revision
}

func (l *loading) members(ctx context.Context) ([]gateway.Member, error) {
	if l.looking != nil {
		return l.looking.members, nil
	}
	return l.w.Members(ctx)
}

func (l *loading) inForce(ctx context.Context, memberID string) gateway.Settings {
	var own settings.Rows
	if memberID != "" {
		rows, err := l.w.Settings(ctx, gateway.MemberScope(memberID))
		l.did("a member's settings", err)
		own = rows
	}
	if l.looking != nil {
		s, err := settings.ForMember(l.looking.terms.Settings, own)
		l.did("a member's settings", err)
		return s
	}
	org, err := l.w.Settings(ctx, gateway.OrgScope)
	l.did("the settings", err)
	l.revision = org[gateway.TabNotes].Revision
	inForce, err := settings.Effective(org, own)
	l.did("the settings", err)
	return inForce.Settings
}

func (l *loading) schemas(ctx context.Context, into map[string]gateway.Schema, objects ...string) {
	for _, object := range objects {
		if l.looking != nil {
			if s := l.looking.terms.rights(object).schema; s.Object != "" {
				into[object] = s
			}
			continue
		}
		s, err := l.w.Schema(ctx, object)
		if l.did("a describe", err) {
			into[object] = s
		}
	}
}

// noteSchemas reads what is known of enhanced notes, asking the org at first.
// off is true when the org has none.
func (l *loading) noteSchemas(ctx context.Context, ws gateway.WorkspaceID, into map[string]gateway.Schema) (off bool) {
	for _, object := range [...]string{"ContentNote", "ContentDocumentLink"} {
		if l.described(ctx, ws, into, object) {
			return true
		}
	}
	s := into["ContentNote"]
	return s.Object != "" && !s.Createable && len(s.Fields) > 0
}

// described reads what is known of an object that is written and not mirrored,
// asking the org where nothing is. absent is true when the org has none.
func (l *loading) described(ctx context.Context, ws gateway.WorkspaceID, into map[string]gateway.Schema, object string) (absent bool) {
	l.schemas(ctx, into, object)
	if into[object].Object != "" || l.outbox.opts.Describe == nil || l.err != nil {
		return false
	}
	now := l.outbox.opts.Now()
	if l.outbox.absent.holds(ws, object, now) {
		return true
	}
	if l.looking != nil {
		return false // looking asks the org nothing
	}
	switch err := l.outbox.opts.Describe(ctx, ws, object); gateway.CodeOf(err) {
	case gateway.CodeSFGone, gateway.CodeSFUnavailable, gateway.CodeNotFound:
		l.outbox.absent.note(ws, object, now)
		return true
	}
	l.schemas(ctx, into, object) // an org that does not answer now is asked while writing
	return false
}

// shared reads what is known of a Task's further people. Only an org that shares
// activities has any, and its Task counts them.
func (l *loading) shared(ctx context.Context, into map[string]gateway.Schema) {
	if _, counts := into["Task"].Field("WhoCount"); counts {
		l.described(ctx, l.w.ID(), into, "TaskRelation")
	}
}

// absent remembers which objects an org does not have, so that it is not asked
// for each meeting.
type absent struct {
	mu    sync.Mutex
	since map[absentKey]time.Time
}

type absentKey struct {
	ws     gateway.WorkspaceID
	object string
}

// absentFor is how long an object counts as absent; a feature that was switched
// on is noticed after that.
const absentFor = 5 * time.Minute

func (a *absent) holds(ws gateway.WorkspaceID, object string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	since, ok := a.since[absentKey{ws, object}]
	return ok && now.Sub(since) < absentFor
}

func (a *absent) note(ws gateway.WorkspaceID, object string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.since == nil {
		a.since = map[absentKey]time.Time{}
	}
	a.since[absentKey{ws, object}] = now
}

func (l *loading) mappings(ctx context.Context) []gateway.Mapping {
	if l.looking != nil {
		return l.looking.terms.mappings()
	}
	all, err := l.w.Mappings(ctx, "")
	l.did("the mappings", err)
	return all
}

// archived are the topics of which mappings write nothing new.
func (l *loading) archived(ctx context.Context) map[string]bool {
	topics, err := l.w.Topics(ctx)
	l.did("the topics", err)
	out := map[string]bool{}
	for _, t := range topics {
		if t.Archived {
			out[t.Slug] = true
		}
	}
	return out
}

func (l *loading) byKey(ctx context.Context, kind, value string) []gateway.Record {
	read := func() []gateway.Record {
		found, err := l.w.RecordsByKey(ctx, kind, value)
		l.did("records by "+kind, err)
		return found
	}
	if l.looking == nil {
		return read()
	}
	return l.looking.once(kind, value, read)
}

// attendee recognizes a participant by the steps of the settings; the first
// that finds somebody decides.
func (l *loading) attendee(ctx context.Context, p gateway.Participant, s gateway.ContactsSettings) outbound.Attendee {
	return l.among(ctx, p, s, s.Chain, "Contact", "Lead")
}

// among recognizes a participant among records of some objects.
func (l *loading) among(ctx context.Context, p gateway.Participant, s gateway.ContactsSettings, steps []gateway.MatchStep, objects ...string) outbound.Attendee {
	region := match.Regions(s.PhoneRegion, l.userLocale(ctx))
	a := outbound.Attendee{Participant: p, Who: match.Participant(p.Email, p.Phone, region)}
	switch known, before := l.known(ctx, &a), l.looking.before(a.Who); {
	case !known.Decided && before != nil:
		a.Matches, a.Rule, a.Reason = []gateway.Record{*before}, "email", "An earlier one would have created the contact"
	case known.Decided && !known.Link.Holds():
		a.Held, a.Broken = held(known.Link).withheld, known.Link.State() == gateway.LinkBroken
		return a
	case known.Decided && known.Link.Key.Local() && !known.Follows:
		a.Create = true // somebody decided that he is none of those who are there
	case known.Decided:
		a.Matches = []gateway.Record{l.record(ctx, known.Link.Key)}
		a.Rule, a.Reason = known.Link.Rule, known.Link.Reason
	default:
		found, err := match.Chain(match.Subject{
			Person: gateway.Person{Email: p.Email, Phone: p.Phone}, Steps: steps, Objects: objects, Find: finder(ctx, l.w), Region: region,
		})
		l.did("whom a participant is", err)
		a.Matches, a.Rule, a.Reason = found.Matches, found.Rule, found.Reason
		if len(a.Matches) == 0 {
			a.Unread = l.unreadYet(ctx)
		}
	}
	a.Account = l.account(ctx, a, s.AccountMatchField)
	return a
}

// known is what the links say of an attendee.
func (l *loading) known(ctx context.Context, a *outbound.Attendee) match.Known {
	if a.Who.ID == "" {
		return match.Known{}
	}
	links, err := l.w.LinksOfKey(ctx, a.Who.ID)
	l.did("who an attendee is", err)
	for i := range links {
		if links[i].Key.Local() && (links[i].Kind != a.Who.Kind || links[i].ExternalID != a.Who.ID) {
			links[i], err = made(ctx, l.w, links[i])
			l.did("who an attendee is", err)
		}
	}
	known := match.Same(a.Who, links)
	a.Was = known.Was
	return known
}

// record is a record of the mirror, with its key alone where that has none.
func (l *loading) record(ctx context.Context, key gateway.RecordKey) gateway.Record {
	r, err := l.w.Record(ctx, key)
	if !l.did("a person's record", err) {
		r = gateway.Record{Key: key}
	}
	return r
}

// userLocale is locale, read once for a plan.
func (l *loading) userLocale(ctx context.Context) string {
	if l.locale == nil {
		of, err := locale(ctx, l.w)
		l.did("the user's locale", err)
		l.locale = &of
	}
	return *l.locale
}

// account returns the account of the contact that an attendee is, else the only
// one with his domain.
func (l *loading) account(ctx context.Context, a outbound.Attendee, field string) *gateway.Record {
	if len(a.Matches) > 0 {
		if id := a.Matches[0].Fields["AccountId"].String(); id != "" && len(a.Matches) == 1 && a.Matches[0].Key.Object == "Contact" {
			r, err := l.w.Record(ctx, gateway.RecordKey{Object: "Account", ID: id})
			if l.did("an account", err) && !r.Deleted {
				return &r
			}
		}
		return nil
	}
	account, _ := l.employer(ctx, a.Email, field)
	return account
}

// opportunities returns the open ones in which a recognized contact has a role
// (DEM-07), and those on which something of the thing stands already: what was
// written while a deal was open stays on it.
func (l *loading) opportunities(ctx context.Context, attendees []outbound.Attendee) []gateway.Record {
	var out []gateway.Record
	seen := map[string]bool{}
	for _, a := range attendees {
		if len(a.Matches) != 1 || a.Matches[0].Key.Object != "Contact" {
			continue
		}
		for _, role := range l.byKey(ctx, "ContactId", a.Matches[0].Key.ID) {
			id := role.Fields["OpportunityId"].String()
			if role.Key.Object != "OpportunityContactRole" || id == "" || seen[id] {
				continue
			}
			seen[id] = true
			r, err := l.w.Record(ctx, gateway.RecordKey{Object: "Opportunity", ID: id})
			if l.did("an opportunity", err) && !r.Deleted && (r.Fields["IsClosed"] != gateway.Bool(true) || l.stands[id]) {
				out = append(out, r)
			}
		}
	}
	return out
}

// user returns the id of the one Salesforce user with an address who is active, or
// who is not.
func (l *loading) user(ctx context.Context, email string, active bool) string {
	if email == "" {
		return ""
	}
	id := ""
	for _, r := range l.byKey(ctx, store.KeyEmail, email) {
		if r.Key.Object != "User" || (r.Fields["IsActive"] != gateway.Bool(false)) != active {
			continue
		}
		if id != "" {
			return "" // nobody knows which of them
		}
		id = r.Key.ID
	}
	return id
}

// written returns what a thing became before, and of which parts the record was
// deleted in Salesforce.
func (l *loading) written(ctx context.Context, kind, id string) (map[string]gateway.Writing, map[string]bool) {
	if l.looking != nil && l.looking.fresh {
		return nil, nil
	}
	all, err := l.w.Writings(ctx, kind, id)
	l.did("earlier writings", err)
	written, gone := make(map[string]gateway.Writing, len(all)), map[string]bool{}
	l.stands = map[string]bool{}
	for _, one := range all {
		written[one.Part] = one
		if to := one.Wanted["LinkedEntityId"].String(); one.Key.ID != "" && strings.HasPrefix(to, "006") {
			l.stands[to] = true
		}
		if one.Key.ID == "" || one.Key.Local() {
			continue
		}
		r, err := l.w.Record(ctx, one.Key)
		if !l.did("a record that was written", err) {
			continue
		}
		if r.Deleted {
			gone[one.Part] = !outbound.Withdrawn(one)
		} else if about := r.Fields["WhatId"].String(); about != "" && about == one.Wanted["WhatId"].String() {
			l.stands[about] = true
		}
	}
	return written, gone
}

func (l *loading) contactsInHour(ctx context.Context) int {
	if l.looking != nil {
		return l.looking.contacts + *l.looking.terms.contacts
	}
	n, err := l.w.ContactsSince(ctx, l.outbox.opts.Now().Add(-time.Hour))
	l.did("the contacts of this hour", err)
	return n
}
