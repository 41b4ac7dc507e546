package store

import (
	"context"
	"slices"
	"strings"

	"tidegate/gateway"
)

// Eyes say what of the mirror somebody may see. An error hides everything.
type Eyes interface {
	// Sight tells which fields of an object he may read.
	Sight(ctx context.Context, object string) (gateway.ObjectSight, error)
	// Readable returns those of the records, by id, that he may read.
	Readable(ctx context.Context, ids []string) (map[string]bool, error)
}

// SeenBy returns the handle with somebody's eyes (S-54): every reading outside a
// transaction leaves out records and fields that he may not see, of the mirror, of
// what was observed, of what is owed and of the log. nil are the eyes of the
// connected user, who sees all that is mirrored.
func (w *Workspace) SeenBy(eyes Eyes) *Workspace {
	seen := *w
	seen.eyes = eyes
	return &seen
}

// usersChunk is how many users are read at once.
const usersChunk = 2000

// SalesforceUsers returns the mirrored users of the org, with what a member is
// recognized by: Name, Username, FederationIdentifier, Email and IsActive. There may
// be tens of thousands.
func (w *Workspace) SalesforceUsers(ctx context.Context) ([]gateway.Record, error) {
	var all []gateway.Record
	for after := ""; ; {
		users, err := w.SeenBy(nil).RecordsAfter(ctx, "User", after, usersChunk)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			own := gateway.Record{Key: u.Key, Deleted: u.Deleted, Fields: gateway.Fields{}}
			for _, name := range [...]string{"Name", "Username", "FederationIdentifier", "Email", "IsActive"} {
				own.Fields[name] = u.Fields[name]
			}
			all = append(all, own)
		}
		if len(users) < usersChunk {
			return all, nil
		}
		after = users[len(users)-1].Key.ID
	}
}

// records, history and changes are what the runner's read, as the eyes see it.

func (w *Workspace) records(ctx context.Context, doing, query string, args ...any) ([]gateway.Record, error) {
	found, err := w.read.records(ctx, doing, query, args...)
	if err != nil || w.eyes == nil {
		return found, err
	}
	return w.seenRecords(ctx, found)
}

func (w *Workspace) history(ctx context.Context, doing, query string, args ...any) ([]gateway.HistoryEntry, error) {
	found, err := w.read.history(ctx, doing, query, args...)
	if err != nil || w.eyes == nil {
		return found, err
	}
	return seen(ctx, w, found, func(e *gateway.HistoryEntry) gateway.RecordKey { return e.Key }, strippedHistory)
}

func (w *Workspace) changes(ctx context.Context, doing, query string, args ...any) ([]gateway.Change, error) {
	found, err := w.read.changes(ctx, doing, query, args...)
	if err != nil || w.eyes == nil {
		return found, err
	}
	return seen(ctx, w, found, func(c *gateway.Change) gateway.RecordKey { return c.Key }, func(s gateway.ObjectSight, c *gateway.Change) {
		c.Problem = strippedProblem(s, c.Problem, c.Fields)
		c.Fields, c.Base = s.Strip(c.Fields), s.Strip(c.Base)
	})
}

// seenLines leaves what may be seen of the log. A line about no record tells of
// Tidegate itself.
func (w *Workspace) seenLines(ctx context.Context, lines []LogLine) ([]LogLine, error) {
	if w.eyes == nil {
		return lines, nil
	}
	return seen(ctx, w, lines, func(l *LogLine) gateway.RecordKey { return l.Entry.Key }, func(s gateway.ObjectSight, l *LogLine) {
		e := &l.Entry
		e.Problem = strippedProblem(s, e.Problem, e.Fields)
		e.Label = strippedLabel(s, e.Label, e.Key)
		e.Fields, e.Before = s.Strip(e.Fields), s.Strip(e.Before)
		if l.Inbound != nil {
			own := *l.Inbound
			strippedHistory(s, &own)
			l.Inbound = &own
		}
	})
}

func (w *Workspace) seenConflicts(ctx context.Context, list []gateway.Conflict) ([]gateway.Conflict, error) {
	if w.eyes == nil {
		return list, nil
	}
	list, err := seen(ctx, w, list, func(c *gateway.Conflict) gateway.RecordKey { return c.Key }, func(s gateway.ObjectSight, c *gateway.Conflict) {
		if !s.Fields[c.Field] {
			c.Key = gateway.RecordKey{}
		}
	})
	return slices.DeleteFunc(list, func(c gateway.Conflict) bool { return c.Key.ID == "" }), err
}

// seen leaves those of the things whose record may be seen, stripped of fields
// that may not.
func seen[T any](ctx context.Context, w *Workspace, things []T, key func(*T) gateway.RecordKey, strip func(gateway.ObjectSight, *T)) ([]T, error) {
	var keys []gateway.RecordKey
	for i := range things {
		keys = append(keys, key(&things[i]))
	}
	open, err := w.open(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := things[:0]
	for _, thing := range things {
		k := key(&thing)
		if k.Object != "" {
			sight, ok := open[k]
			if !ok {
				continue
			}
			strip(sight, &thing)
		}
		out = append(out, thing)
	}
	return out, nil
}

// open returns, for those of the records that may be seen, what of their fields.
func (w *Workspace) open(ctx context.Context, keys []gateway.RecordKey) (map[gateway.RecordKey]gateway.ObjectSight, error) {
	deciding, err := w.deciding(ctx, keys)
	if err != nil {
		return nil, err
	}
	sights := map[string]gateway.ObjectSight{}
	var ids []string
	for key, by := range deciding {
		if _, known := sights[key.Object]; !known {
			if sights[key.Object], err = w.eyes.Sight(ctx, key.Object); err != nil {
				return nil, err
			}
		}
		if sights[key.Object].Readable {
			ids = append(ids, by...)
		}
	}
	slices.Sort(ids)
	readable, err := w.eyes.Readable(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	out := map[gateway.RecordKey]gateway.ObjectSight{}
	for key, by := range deciding {
		hidden := slices.ContainsFunc(by, func(id string) bool { return !readable[id] })
		if sight := sights[key.Object]; sight.Readable && !hidden {
			out[key] = sight
		}
	}
	return out, nil
}

// deciding returns, for each record, the ids of those by which Salesforce decides
// who sees it; none for a record that Salesforce does not have yet. A record of
// which that is not known is absent.
func (w *Workspace) deciding(ctx context.Context, keys []gateway.RecordKey) (map[gateway.RecordKey][]string, error) {
	out := map[gateway.RecordKey][]string{}
	var children []gateway.RecordKey
	for _, k := range keys {
		switch {
		case k.Object == "":
		case k.Local():
			out[k] = nil
		case gateway.ParentFields(k.Object) == nil:
			out[k] = []string{k.ID}
		default:
			children = append(children, k)
		}
	}
	if len(children) == 0 {
		return out, nil
	}
	whole, err := w.SeenBy(nil).RecordsOf(ctx, children)
	for key, record := range whole {
		var by []string
		for _, field := range gateway.ParentFields(key.Object) {
			if id := record.Fields[field].String(); id != "" {
				by = append(by, id)
			}
		}
		if len(by) > 0 {
			out[key] = by
		}
	}
	return out, err
}

func (w *Workspace) seenRecords(ctx context.Context, found []gateway.Record) ([]gateway.Record, error) {
	return seen(ctx, w, found, func(r *gateway.Record) gateway.RecordKey { return r.Key }, func(s gateway.ObjectSight, r *gateway.Record) {
		r.Fields = s.Strip(r.Fields)
	})
}

// seenPage is seenRecords for a page that was searched for: a record that was
// found by what is hidden is left out, or its being found would tell it.
func (w *Workspace) seenPage(ctx context.Context, q RecordQuery, found []gateway.Record) ([]gateway.Record, error) {
	found, err := w.seenRecords(ctx, found)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(r gateway.Record) bool {
		for field, value := range q.Where {
			if r.Fields[field].String() != value {
				return true
			}
		}
		return !shows(r, strings.TrimSpace(q.Search))
	}), nil
}

// shows reports whether the record's fields have what was searched for.
func shows(r gateway.Record, search string) bool {
	search = strings.ToLower(search)
	if search == "" || strings.Contains(strings.ToLower(r.Label()), search) {
		return true
	}
	number := NormalizeKey(KeyPhone, search)
	for _, value := range r.Fields {
		text := value.String()
		if strings.Contains(strings.ToLower(text), search) {
			return true
		}
		if own := NormalizeKey(KeyPhone, text); own != "" && (own == number || strings.Contains(own, search)) {
			return true
		}
	}
	return false
}

func strippedHistory(s gateway.ObjectSight, e *gateway.HistoryEntry) {
	e.Label = strippedLabel(s, e.Label, e.Key)
	e.Fields, e.Before = s.Strip(e.Fields), s.Strip(e.Before)
}

// strippedLabel is the label that a line was written with, if the fields that a
// label is made of may all be read.
func strippedLabel(s gateway.ObjectSight, label string, key gateway.RecordKey) string {
	for _, field := range [...]string{"Name", "Subject", "Title"} {
		if s.Fields[field] {
			return label
		}
	}
	return key.ID
}

// strippedProblem takes away Salesforce's words where they may repeat a value
// that is hidden.
func strippedProblem(s gateway.ObjectSight, p gateway.Problem, fields gateway.Fields) gateway.Problem {
	if s.Hides(fields) {
		p.Said = ""
	}
	return p
}
