package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tidegate/simulator/org"
)

var seasons = [...]string{"Spring", "Summer", "Winter"}

// label names a release: v63 is Spring '25, v64 Summer '25, v65 Winter '26.
func label(version int) string {
	n := version - 63 + 3*100 // kept positive
	year := 25 + n/3 - 100
	if n%3 == 2 {
		year++
	}
	return fmt.Sprintf("%s '%d", seasons[n%3], year)
}

func (s *Server) versions(w http.ResponseWriter, r *http.Request) {
	type version struct {
		Label   string `json:"label"`
		URL     string `json:"url"`
		Version string `json:"version"`
	}
	var list []version
	for n := OldestVersion; n <= NewestVersion; n++ {
		list = append(list, version{label(n), fmt.Sprintf("/services/data/v%d.0", n), fmt.Sprintf("%d.0", n)})
	}
	(&call{Server: s, w: w, r: r}).json(http.StatusOK, list)
}

func (c *call) resources() error {
	paths := map[string]string{}
	for _, name := range []string{"sobjects", "query", "queryAll", "search", "parameterizedSearch", "composite", "limits", "jobs", "recent", "tooling", "quickActions", "tabs", "theme", "ui-api"} {
		paths[name] = c.base() + "/" + name
	}
	paths["identity"] = c.auth.IdentityURL(c.caller.UserID) // a whole address, other than the rest
	c.json(http.StatusOK, paths)
	return nil
}

// composites lists the resources that take several requests at once.
func (c *call) composites() error {
	paths := map[string]string{}
	for _, name := range []string{"batch", "graph", "sobjects", "tree"} {
		paths[name] = c.base() + "/composite/" + name
	}
	c.json(http.StatusOK, paths)
	return nil
}

// nowhere refuses a path that nobody serves, or serves by another method only.
func (c *call) nowhere() error {
	_, none := c.mux.Handler(c.r)
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := c.r.Clone(c.r.Context())
		other.Method = method
		if _, pattern := c.mux.Handler(other); pattern != none {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return org.NotFound("The requested resource does not exist")
	}
	return &org.Error{
		Code: "METHOD_NOT_ALLOWED", Status: http.StatusMethodNotAllowed,
		Message: fmt.Sprintf("HTTP Method '%s' not allowed. Allowed are %s", c.r.Method, strings.Join(allowed, ",")),
	}
}

// unchanged answers 304 when the schema is older than the caller's copy.
func (c *call) unchanged() bool {
	_, modified := c.org.Schema()
	since, err := http.ParseTime(c.r.Header.Get("If-Modified-Since"))
	if err == nil && !modified.After(since) {
		c.w.WriteHeader(http.StatusNotModified)
		return true
	}
	c.w.Header().Set("Last-Modified", modified.UTC().Format(http.TimeFormat))
	return false
}

func (c *call) describeGlobal() error {
	if c.unchanged() {
		return nil
	}
	objects := c.org.ObjectsFor(c.caller.UserID)
	list := make([]map[string]any, 0, len(objects))
	for _, o := range objects {
		list = append(list, entry(o, c.base()))
	}
	list = append(list, c.changeEvents()...)
	c.json(http.StatusOK, map[string]any{"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": list})
	return nil
}

func (c *call) basicInfo() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	c.json(http.StatusOK, map[string]any{"objectDescribe": entry(o, c.base()), "recentItems": json.RawMessage(c.appendRecent(nil, o.Name, mostRecent))})
	return nil
}

func (c *call) describe() error {
	if event, ok := c.describeEvent(); ok {
		c.json(http.StatusOK, event)
		return nil
	}
	o, err := c.object()
	if err != nil {
		return err
	}
	if c.unchanged() {
		return nil
	}
	key := fmt.Sprintf("%s %s %s", o.Name, c.version, c.org.SchemaKey(c.caller.UserID))
	encoded, ok := c.describes.Load(key)
	if !ok {
		var types []recordType
		c.read(func(v org.View) { types = recordTypes(v, o.Name) })
		fresh, err := json.Marshal(fullDescribe(c.org.ObjectsFor(c.caller.UserID), o, types, c.base(), c.baseURL()))
		if err != nil {
			return fmt.Errorf("encoding describe of %s: %w", o.Name, err)
		}
		encoded, _ = c.describes.LoadOrStore(key, fresh)
	}
	body, _ := encoded.([]byte)
	c.raw(http.StatusOK, body)
	return nil
}

// window reads start and end of the replication calls.
func (c *call) window(lookBack time.Duration) (from, to org.DateTime, err error) {
	q := c.r.URL.Query()
	start, okStart := moment(q, "start")
	end, okEnd := moment(q, "end")
	now := c.org.Now()
	switch {
	case !okStart || !okEnd:
		return 0, 0, org.Refuse("INVALID_REPLICATION_DATE", "start and end must be dates with a time and an offset")
	case start >= end:
		return 0, 0, org.Refuse("INVALID_REPLICATION_DATE", "startDate must precede endDate")
	case start.Time().Before(now.Add(-lookBack)):
		return 0, 0, org.Refuse("INVALID_REPLICATION_DATE", "startDate is too far in the past")
	}
	return start, min(end, org.DateTime(now.UnixMilli())), nil
}

func moment(q url.Values, name string) (org.DateTime, bool) {
	text := q.Get(name)
	// A "+" that was not encoded arrives as a space.
	if len(text) > 19 {
		text = text[:19] + replaceSpace(text[19:])
	}
	return org.ParseDateTime(text)
}

func replaceSpace(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] == ' ' {
			b[i] = '+'
		}
	}
	return string(b)
}

const replicationDay = 24 * time.Hour

// replicated finds the object of the path, which must have records to tell of.
func (c *call) replicated() (*org.Object, error) {
	o, err := c.object()
	if err == nil && !o.Queryable() {
		return nil, org.Refuse("INVALID_TYPE_FOR_OPERATION", "entity type "+o.Name+" does not support replication")
	}
	return o, err
}

func (c *call) updated() error {
	o, err := c.replicated()
	if err != nil {
		return err
	}
	from, to, err := c.window(30 * replicationDay)
	if err != nil {
		return err
	}
	ids := []string{}
	c.read(func(v org.View) {
		v.Scan(o.Name, func(r org.Record) bool {
			if at, _ := r.Value("SystemModstamp").(org.DateTime); r.Value("IsDeleted") != true && at >= from && at < to {
				ids = append(ids, r.ID())
			}
			return true
		})
	})
	c.json(http.StatusOK, map[string]any{"ids": ids, "latestDateCovered": to.String()})
	return nil
}

func (c *call) deleted() error {
	o, err := c.replicated()
	if err != nil {
		return err
	}
	from, to, err := c.window(15 * replicationDay)
	if err != nil {
		return err
	}
	type gone struct {
		ID   string `json:"id"`
		When string `json:"deletedDate"`
	}
	list := []gone{}
	var earliest org.DateTime
	c.read(func(v org.View) {
		var deleted []org.Deletion
		deleted, earliest = v.Deletions(o.Name, from, to)
		for _, d := range deleted {
			list = append(list, gone{d.ID, d.At.String()})
		}
	})
	c.json(http.StatusOK, map[string]any{
		"deletedRecords": list, "earliestDateAvailable": earliest.String(), "latestDateCovered": to.String(),
	})
	return nil
}
