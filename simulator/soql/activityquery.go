package soql

import (
	"fmt"
	"strings"

	"tidegate/simulator/org"
)

// maxActivities is the highest LIMIT of a query of activities.
const maxActivities = 500

// checkActivities refuses what may not be asked of a list of activities. Who does
// not see all records of the org has further limits: one parent, no condition, a
// LIMIT, and the list's own order. Source: Object Reference, "ActivityHistory" and
// "OpenActivity", usage. Of the texts only that about the LIMIT was seen.
func (e *eval) checkActivities(res *Result, c *childRows) error {
	q := c.query
	restriction := func(what string) error {
		return malformed("Implementation restriction: " + c.list.Name + " only allows security evaluation for non-admin users when " + what)
	}
	switch {
	case q.Limit > maxActivities:
		return malformed(fmt.Sprintf("Implementation restriction: %s allows a LIMIT of at most %d", c.list.Name, maxActivities))
	case e.view.SeesAll():
		return nil
	case len(res.Rows) > 1:
		return restriction("a single parent record is specified")
	case q.Where != nil:
		return restriction("there is no WHERE clause")
	case q.Limit < 0:
		return restriction(fmt.Sprintf("LIMIT is specified and at most %d", maxActivities))
	case !ownOrder(q.OrderBy, c.list.Name == org.OpenActivities):
		return restriction("ordered by ActivityDate and LastModifiedDate DESC")
	}
	return nil
}

// ownOrder reports whether activities are sorted as their list is: by the day, those
// to come from the next one on, and by what was changed last.
func ownOrder(order []Order, open bool) bool {
	return len(order) == 2 &&
		strings.EqualFold(order[0].Item.Path, "ActivityDate") && order[0].Descending != open &&
		strings.EqualFold(order[1].Item.Path, "LastModifiedDate") && order[1].Descending
}
