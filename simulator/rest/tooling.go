package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"tidegate/simulator/org"
	"tidegate/simulator/soql"
)

// toolingQuery answers …/tooling/query: metadata as rows, made for each query.
func (c *call) toolingQuery() error {
	if c.Tooling == nil {
		return org.NotFound("The requested resource does not exist")
	}
	parsed, err := soql.Parse(c.r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	base := c.base() + "/tooling"
	var dst []byte
	c.Tooling(parsed).Read(func(v org.View) {
		var res *soql.Result
		if res, err = soql.Run(v, parsed, false); err != nil {
			return
		}
		if res.Len() > 1 && tellsMetadata(parsed) {
			err = org.Refuse("MALFORMED_QUERY", fmt.Sprintf(
				"When retrieving results with Metadata or FullName fields, the query qualifications must specify no more than one row for retrieval. Result size: %d", res.Len()))
			return
		}
		dst = fmt.Appendf(dst, `{"size":%d,"totalSize":%d,"done":true,"queryLocator":null,"entityTypeName":%q,"records":[`,
			res.Len(), res.Total, res.Object.Name)
		for i := range res.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = res.AppendRow(dst, v, base, i)
		}
	})
	if err != nil {
		return err
	}
	c.raw(http.StatusOK, append(dst, ']', '}'))
	return nil
}

// tellsMetadata reports whether the query asks for what the platform puts
// together for one row at a time only.
func tellsMetadata(q *soql.Query) bool {
	return slices.ContainsFunc(q.Items, func(i soql.Item) bool {
		return i.Func == "" && (strings.EqualFold(i.Path, "Metadata") || strings.EqualFold(i.Path, "FullName"))
	})
}
