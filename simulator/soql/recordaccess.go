package soql

import (
	"fmt"
	"strings"

	"tidegate/simulator/org"
)

// UserRecordAccess has no records: its rows are computed for one user and the ids
// that the condition lists.

const (
	userRecordAccess = "UserRecordAccess"
	maxAccessIDs     = 200
)

var accessFields = []string{
	"Id", "RecordId", "UserId", "HasReadAccess", "HasEditAccess", "HasDeleteAccess", "HasTransferAccess", "HasAllAccess", "MaxAccessLevel",
}

// runAccess answers a query of UserRecordAccess. The texts of the refusals for a
// missing RecordId and for too many ids are the platform's; that of a condition
// of another form is ours, because no source tells it.
func runAccess(v org.View, q *Query) (*Result, error) {
	user, ids, err := accessAsked(q)
	if err != nil {
		return nil, err
	}
	shelf := org.Shelved{Name: userRecordAccess, Fields: accessFields}
	for _, id := range ids {
		can, shown := v.RecordAccess(user, id)
		if !shown {
			continue
		}
		shelf.Rows = append(shelf.Rows, map[string]any{
			"Id": "000000000000000AAA", "RecordId": id, "UserId": user, "HasReadAccess": can.Read, "HasEditAccess": can.Edit,
			"HasDeleteAccess": can.Delete, "HasTransferAccess": can.Transfer, "HasAllAccess": can.All, "MaxAccessLevel": can.Max(),
		})
	}
	var res *Result
	rows := org.Shelf(v.Org().Now, shelf)
	rows.Read(func(of org.View) {
		if err = checkAccessSelection(q); err == nil {
			res, err = run(&eval{view: of, object: of.Object(userRecordAccess), query: q})
		}
	})
	return res, err
}

// accessAsked reads whom and which records the condition names.
func accessAsked(q *Query) (user string, ids []string, err error) {
	seen := map[string]bool{}
	for _, c := range demanded(q.Where) {
		switch {
		case strings.EqualFold(c.Item.Path, "UserId") && c.Op == "=":
			user, _ = org.NormalizeID(c.Values[0].text)
		case strings.EqualFold(c.Item.Path, "RecordId"):
			if len(c.Values) > maxAccessIDs {
				return "", nil, org.Refuse("EXCEEDED_ID_LIMIT", fmt.Sprintf("Number of records exceeds limit: %d", maxAccessIDs))
			}
			for i, value := range c.Values {
				id, ok := org.NormalizeID(value.text)
				if !ok {
					return "", nil, org.Refuse("INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: "+value.text)
				}
				c.Values[i].text = id // the rows have it in its long form
				if !seen[id] {
					seen[id], ids = true, append(ids, id)
				}
			}
		}
	}
	if user == "" || len(ids) == 0 {
		return "", nil, malformed("UserRecordAccess requires a filter by a single UserId using the equals operator, and by RecordId using the equals operator or the IN operator.")
	}
	for _, c := range demanded(q.Where) {
		if strings.EqualFold(c.Item.Path, "UserId") {
			c.Values[0].text = user
		}
	}
	return user, ids, nil
}

// checkAccessSelection refuses what may not be selected: RecordId must be, and
// nothing else where the condition asks for a right.
func checkAccessSelection(q *Query) error {
	record := false
	for _, item := range q.Items {
		record = record || strings.EqualFold(item.Path, "RecordId")
	}
	switch {
	case !record:
		return org.Refuse("INVALID_FIELD", "RecordId field must be selected")
	case len(q.Items) > 1 && asksForRight(q.Where):
		return malformed("Only RecordId can be selected when filtering by an access level.")
	}
	return nil
}

func asksForRight(x Expr) bool {
	switch x := x.(type) {
	case And:
		for _, part := range x.Parts {
			if asksForRight(part) {
				return true
			}
		}
	case Compare:
		return strings.HasPrefix(strings.ToLower(x.Item.Path), "has")
	}
	return false
}
