package rest

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"tidegate/simulator/fault"
	"tidegate/simulator/org"
	"tidegate/simulator/soql"
	"tidegate/simulator/sosl"
)

// wrapsSearch is the first version whose answer is an object, not a bare list.
const wrapsSearch = 37

// search answers a SOSL statement.
func (c *call) search() error {
	s, err := sosl.Parse(c.r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	return c.answerSearch(s)
}

func (c *call) answerSearch(s *sosl.Search) (err error) {
	body := []byte(`{"searchRecords":[`)
	if c.number < wrapsSearch {
		body = []byte(`[`)
	}
	first := len(body)
	if late, armed := c.org.Faults().Active(fault.LateSearch, fault.Subject{}); armed {
		s.Indexed = org.DateTime(c.org.Now().UnixMilli() - int64(late.Millis))
	}
	c.read(func(v org.View) {
		var results []*soql.Result
		if results, err = s.Run(v); err != nil {
			return
		}
		for _, result := range results {
			for i := range result.Rows {
				if len(body) > first {
					body = append(body, ',')
				}
				body = result.AppendRow(body, v, c.base(), i)
			}
		}
	})
	if err != nil {
		return err
	}
	body = append(body, ']')
	if c.number >= wrapsSearch {
		body = append(body, '}')
	}
	c.raw(http.StatusOK, body)
	return nil
}

// searchedObject is an object to search and what to tell of its finds.
type searchedObject struct {
	Name   string   `json:"name"`
	Fields []string `json:"fields"`
	Where  string   `json:"where"`
	Order  string   `json:"orderBy"`
	Limit  int      `json:"limit"`
}

// searchIn is a search by parameters.
type searchIn struct {
	Q            string           `json:"q"`
	Fields       []string         `json:"fields"`
	Objects      []searchedObject `json:"sobjects"`
	In           string           `json:"in"`
	OverallLimit int              `json:"overallLimit"`
	DefaultLimit int              `json:"defaultLimit"`
}

func (c *call) parameterizedSearch() error {
	var in searchIn
	if c.r.Method == http.MethodPost {
		if err := c.body(&in); err != nil {
			return err
		}
	} else {
		in.fromQuery(c.r.URL.Query())
	}
	s, err := sosl.New(in.Q, in.In)
	if err != nil {
		return err
	}
	s.Limit = in.OverallLimit
	for _, o := range in.Objects {
		t := sosl.Target{Object: o.Name, Fields: strings.Join(o.Fields, ","), Limit: o.Limit}
		if t.Fields == "" {
			t.Fields = strings.Join(in.Fields, ",")
		}
		if t.Limit == 0 {
			t.Limit = in.DefaultLimit
		}
		if o.Where != "" {
			t.Clause = "WHERE " + o.Where
		}
		if o.Order != "" {
			t.Clause += " ORDER BY " + o.Order
		}
		s.Targets = append(s.Targets, t)
	}
	return c.answerSearch(s)
}

// fromQuery reads q, in, fields, sobject (repeated) and, for each of those,
// Account.fields and its like.
func (in *searchIn) fromQuery(q url.Values) {
	number := func(name string) int {
		n, _ := strconv.Atoi(q.Get(name)) // absent or unreadable: the default
		return max(n, 0)
	}
	in.Q, in.In = q.Get("q"), q.Get("in")
	in.OverallLimit, in.DefaultLimit = number("overallLimit"), number("defaultLimit")
	in.Fields = names(q.Get("fields"))
	for _, listed := range q["sobject"] {
		for _, name := range names(listed) {
			in.Objects = append(in.Objects, searchedObject{
				Name: name, Fields: names(q.Get(name + ".fields")), Where: q.Get(name + ".where"), Limit: number(name + ".limit"),
			})
		}
	}
}

// names splits at commas; nothing gives none.
func names(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// searchScope lists the objects that a user searches most: those that can be
// searched at all.
func (c *call) searchScope() error {
	list := []map[string]string{}
	for _, o := range c.org.ObjectsFor(c.caller.UserID) {
		if sosl.Searchable(o) {
			list = append(list, map[string]string{"type": o.Name, "url": c.base() + "/sobjects/" + o.Name + "/describe"})
		}
	}
	c.json(http.StatusOK, list)
	return nil
}

// searchLayout tells which columns a page of finds would show: the name and
// the first few fields that people recognize a record by.
func (c *call) searchLayout() error {
	list := []map[string]any{}
	for _, name := range names(c.r.URL.Query().Get("q")) {
		o := c.org.ObjectFor(c.caller.UserID, name)
		if o == nil {
			return org.Refuse("INVALID_TYPE", "sObject type '"+name+"' is not supported.")
		}
		columns := []map[string]any{}
		for _, f := range o.Fields {
			if f.NameField || f.Type == org.TypePhone || f.Type == org.TypeEmail {
				columns = append(columns, map[string]any{"field": o.Name + "." + f.Name, "format": nil, "label": f.Label, "name": f.Name})
			}
		}
		list = append(list, map[string]any{
			"label": "Search Results", "limitRows": 25, "objectType": o.Name, "searchColumns": columns,
		})
	}
	c.json(http.StatusOK, list)
	return nil
}
