package rest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tidegate/simulator/org"
	"tidegate/simulator/soql"
)

// recents remember what each user looked at or wrote last, newest first.
type recents struct {
	mu   sync.Mutex
	seen map[string][]viewed // by user
}

type viewed struct{ object, id string }

const mostRecent = 200

// touch notes that the caller looked at a record, unless he asked for no trace.
func (c *call) touch(object, id string) {
	for part := range strings.SplitSeq(c.r.Header.Get("Sforce-Mru"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(name, "updateMru") && strings.EqualFold(strings.TrimSpace(value), "false") {
			return
		}
	}
	full, ok := org.NormalizeID(id)
	if !ok {
		return
	}
	one := viewed{object, full}
	c.recents.mu.Lock()
	defer c.recents.mu.Unlock()
	if c.recents.seen == nil {
		c.recents.seen = map[string][]viewed{}
	}
	list := slices.DeleteFunc(slices.Clone(c.recents.seen[c.caller.UserID]), func(old viewed) bool { return old == one })
	list = slices.Insert(list, 0, one)
	c.recents.seen[c.caller.UserID] = list[:min(len(list), mostRecent)]
}

// recent answers …/recent, with names only.
func (c *call) recent() error {
	most := mostRecent
	if text := c.r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return org.Refuse("INVALID_QUERY_FILTER_OPERATOR", "limit must be a positive number: "+text)
		}
		most = min(n, mostRecent)
	}
	c.raw(http.StatusOK, c.appendRecent(nil, "", most))
	return nil
}

// appendRecent appends the newest records, of one object if that is named, as a
// JSON array. Those that are gone or hidden are left out.
func (c *call) appendRecent(dst []byte, object string, most int) []byte {
	c.recents.mu.Lock()
	list := slices.Clone(c.recents.seen[c.caller.UserID])
	c.recents.mu.Unlock()
	dst = append(dst, '[')
	c.read(func(v org.View) {
		for _, one := range list {
			r, ok := v.Get(one.object, one.id)
			if !ok || r.Value("IsDeleted") == true || object != "" && object != one.object || most == 0 {
				continue
			}
			if dst[len(dst)-1] != '[' {
				dst = append(dst, ',')
			}
			most--
			dst = soql.AppendAttributes(append(dst, '{'), r, c.base())
			dst = org.AppendString(append(dst, `,"Id":`...), r.ID())
			if f := nameField(r.Object()); f != nil {
				dst = org.AppendString(append(dst, `,"`+f.Name+`":`...), text(r.Value(f.Name)))
			}
			dst = append(dst, '}')
		}
	})
	return append(dst, ']')
}

func nameField(o *org.Object) *org.Field {
	i := slices.IndexFunc(o.Fields, func(f *org.Field) bool { return f.NameField })
	if i < 0 {
		return nil
	}
	return o.Fields[i]
}

func text(v any) string {
	s, _ := v.(string)
	return s
}
