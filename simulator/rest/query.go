package rest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"tidegate/simulator/fault"
	"tidegate/simulator/org"
	"tidegate/simulator/soql"
)

const (
	pageDefault, pageSmallest = 2000, 200
	cursorLife                = 48 * time.Hour
)

// cursors are the open query cursors; each keeps its result as it was.
type cursors struct {
	mu   sync.Mutex
	next uint64
	open map[string]*cursor
}

type cursor struct {
	result *soql.Result
	size   int
	opened time.Time
}

func (cs *cursors) keep(cur *cursor) string {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for id, old := range cs.open {
		if cur.opened.Sub(old.opened) > cursorLife {
			delete(cs.open, id)
		}
	}
	cs.next++
	id := org.MakeID("0r8", cs.next)
	cs.open[id] = cur
	return id
}

func (cs *cursors) find(id string, now time.Time) *cursor {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cur := cs.open[id]
	if cur == nil || now.Sub(cur.opened) > cursorLife {
		return nil
	}
	return cur
}

// pageSize reads Sforce-Query-Options; the platform bounds it.
func (c *call) pageSize() int {
	if f, small := c.org.Faults().Active(fault.SmallPages, fault.Subject{}); small {
		return max(f.Size, 1)
	}
	for part := range strings.SplitSeq(c.r.Header.Get("Sforce-Query-Options"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && strings.EqualFold(strings.TrimSpace(name), "batchSize") {
			return min(max(n, pageSmallest), pageDefault)
		}
	}
	return pageDefault
}

func (c *call) query(all bool) error {
	if what := c.r.URL.Query().Get("explain"); what != "" && !all {
		return c.explain(what)
	}
	statement := c.r.URL.Query().Get("q")
	if statement == "" {
		return org.Refuse("MALFORMED_QUERY", "unexpected token: <EOF>")
	}
	parsed, err := soql.Parse(statement)
	if err != nil {
		return err
	}
	var result *soql.Result
	c.read(func(v org.View) { result, err = soql.Run(v, parsed, all) })
	if err != nil {
		return err
	}
	cur := &cursor{result: result, size: min(c.pageSize(), result.PageLimit(pageDefault)), opened: c.org.Now()}
	id := ""
	if result.Len() > cur.size {
		id = c.cursors.keep(cur)
	}
	c.page(cur, id, 0)
	return nil
}

func (c *call) queryMore() error {
	id, offset, _ := strings.Cut(c.r.PathValue("locator"), "-")
	cur := c.cursors.find(id, c.org.Now())
	at, err := strconv.Atoi(offset)
	if cur == nil || err != nil || at < 0 || at >= cur.result.Len() {
		return org.Refuse("INVALID_QUERY_LOCATOR", "invalid query locator")
	}
	c.page(cur, id, at)
	return nil
}

// page writes the rows from offset on. The last page has no nextRecordsUrl.
func (c *call) page(cur *cursor, id string, offset int) {
	end := min(offset+cur.size, cur.result.Len())
	dst := make([]byte, 0, 64+256*(end-offset))
	dst = fmt.Appendf(dst, `{"totalSize":%d,"done":%t,`, cur.result.Total, end == cur.result.Len())
	if end < cur.result.Len() {
		dst = fmt.Appendf(dst, `"nextRecordsUrl":"%s/query/%s-%d",`, c.base(), id, end)
	}
	dst = append(dst, `"records":[`...)
	c.read(func(v org.View) {
		for i := offset; i < end; i++ {
			if i > offset {
				dst = append(dst, ',')
			}
			dst = cur.result.AppendRow(dst, v, c.base(), i)
		}
	})
	c.raw(http.StatusOK, append(dst, ']', '}'))
}
