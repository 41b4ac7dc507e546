package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"tidegate/gateway"
)

// APIVersion is one version that the org offers.
type APIVersion struct {
	Label   string `json:"label"`   // "Spring '26"
	Version string `json:"version"` // "66.0"
}

// Versions lists the API versions of the org, oldest first. It needs no
// session and counts against no limit, but the instance address.
func (c *Client) Versions(ctx context.Context) ([]APIVersion, error) {
	var list []APIVersion
	err := c.json(ctx, request{
		method: http.MethodGet, path: "/services/data", shape: "/services/data", open: true,
	}, &list)
	if err != nil {
		return nil, fmt.Errorf("listing versions: %w", err)
	}
	return list, nil
}

// BestVersion returns the newest version that both the org and we speak: the
// newest offered that is not above DefaultVersion and not below 60.0, the
// first with every header we send. The error is CodeSFUnavailable.
func BestVersion(offered []APIVersion) (string, error) {
	best := 0
	ceiling := major(DefaultVersion)
	for _, v := range offered {
		if n := major(v.Version); n > best && n <= ceiling {
			best = n
		}
	}
	if best < 60 {
		return "", gateway.Errorf(gateway.CodeSFUnavailable,
			"The Salesforce org offers no API version from 60.0 to %s. Check that the address is that of a Salesforce org.", DefaultVersion)
	}
	return strconv.Itoa(best) + ".0", nil
}

func major(version string) int {
	text, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// Limit is one limit of the org.
type Limit struct {
	Max       int64
	Remaining int64
}

// Limits returns the org's limits by name ("DailyApiRequests"). Names differ
// by edition: none is sure to be there.
func (c *Client) Limits(ctx context.Context) (map[string]Limit, error) {
	var wire map[string]json.RawMessage
	if err := c.get(ctx, c.base+"/limits", "/limits", &wire); err != nil {
		return nil, fmt.Errorf("reading limits: %w", err)
	}
	limits := make(map[string]Limit, len(wire))
	for name, raw := range wire {
		var l Limit
		// Some entries have other shapes; what has no Max is no limit.
		if json.Unmarshal(raw, &l) == nil && l.Max > 0 {
			limits[name] = l
		}
	}
	if daily, ok := limits["DailyApiRequests"]; ok && c.cfg.OnUsage != nil {
		c.cfg.OnUsage(int(daily.Max-daily.Remaining), int(daily.Max))
	}
	return limits, nil
}

// ObjectInfo is what describeGlobal says of one object.
type ObjectInfo struct {
	Name          string `json:"name"`
	Label         string `json:"label"`
	LabelPlural   string `json:"labelPlural"`
	KeyPrefix     string `json:"keyPrefix"`
	Custom        bool   `json:"custom"`
	Createable    bool   `json:"createable"`
	Updateable    bool   `json:"updateable"`
	Deletable     bool   `json:"deletable"`
	Queryable     bool   `json:"queryable"`
	Searchable    bool   `json:"searchable"`
	FeedEnabled   bool   `json:"feedEnabled"`
	Replicateable bool   `json:"replicateable"` // getUpdated and getDeleted work
	Hidden        bool   `json:"deprecatedAndHidden"`
}

// DescribeGlobal lists the objects that the connected user can see. An object
// that is turned off in the org is absent.
func (c *Client) DescribeGlobal(ctx context.Context) ([]ObjectInfo, error) {
	var wire struct {
		Objects []ObjectInfo `json:"sobjects"`
	}
	if err := c.get(ctx, c.base+"/sobjects", "/sobjects", &wire); err != nil {
		return nil, fmt.Errorf("listing objects: %w", err)
	}
	return wire.Objects, nil
}

// wireDescribe is the part of a describe that we read.
type wireDescribe struct {
	ObjectInfo
	Fields        []wireField `json:"fields"`
	Relationships []struct {
		Child string `json:"childSObject"`
		Name  string `json:"relationshipName"`
		Field string `json:"field"`
	} `json:"childRelationships"`
}

type wireField struct {
	Name           string   `json:"name"`
	Label          string   `json:"label"`
	Type           string   `json:"type"`
	Length         int      `json:"length"`
	Createable     bool     `json:"createable"`
	Updateable     bool     `json:"updateable"`
	Nillable       bool     `json:"nillable"`
	Calculated     bool     `json:"calculated"`
	ExternalID     bool     `json:"externalId"`
	IDLookup       bool     `json:"idLookup"`
	CompoundName   string   `json:"compoundFieldName"`
	ReferenceTo    []string `json:"referenceTo"`
	Restricted     bool     `json:"restrictedPicklist"`
	Permissionable bool     `json:"permissionable"`
	Help           string   `json:"inlineHelpText"`
	Custom         bool     `json:"custom"`
	Hidden         bool     `json:"deprecatedAndHidden"`
	Picklist       []struct {
		Active bool   `json:"active"`
		Value  string `json:"value"`
	} `json:"picklistValues"`
}

// Describe reads the schema of an object as the connected user sees it: a
// field that he may not read is absent. The errors are CodeSFGone or
// CodeSFUnavailable when the object is not there for him.
func (c *Client) Describe(ctx context.Context, object string) (gateway.Schema, error) {
	schema, _, _, err := c.DescribeSince(ctx, object, time.Time{})
	return schema, err
}

// DescribeSince is Describe unless nothing changed after since, by
// Salesforce's date, which has whole seconds; zero asks in any case. modified is
// that date, zero where Salesforce gave none.
func (c *Client) DescribeSince(ctx context.Context, object string, since time.Time) (s gateway.Schema, modified time.Time, changed bool, err error) {
	if !validName(object) {
		return s, modified, false, badName("object", object)
	}
	r := request{
		method: http.MethodGet, path: c.base + "/sobjects/" + object + "/describe", shape: "/sobjects/{object}/describe",
	}
	if !since.IsZero() {
		r.header = map[string]string{"If-Modified-Since": since.UTC().Format(http.TimeFormat)}
		r.accept = []int{http.StatusOK, http.StatusNotModified}
	}
	got, err := c.call(ctx, r)
	if err != nil {
		return s, modified, false, fmt.Errorf("describing %s: %w", object, err)
	}
	if got.status == http.StatusNotModified {
		return s, since, false, nil
	}
	var wire wireDescribe
	if err := json.Unmarshal(got.body, &wire); err != nil {
		return s, modified, false, fmt.Errorf("describing %s: %w", object, unreadable(got.status, got.body, err))
	}
	if at, err := http.ParseTime(got.header.Get("Last-Modified")); err == nil {
		modified = at
	}
	s = wire.schema()
	c.mu.Lock()
	c.schemas[object] = s
	c.mu.Unlock()
	return s, modified, true, nil
}

// schemaOf returns the last described schema, describing the object at first.
func (c *Client) schemaOf(ctx context.Context, object string) (gateway.Schema, error) {
	c.mu.Lock()
	schema, ok := c.schemas[object]
	c.mu.Unlock()
	if ok {
		return schema, nil
	}
	return c.Describe(ctx, object)
}

// forget drops a schema that an answer has proved wrong.
func (c *Client) forget(object string) {
	c.mu.Lock()
	delete(c.schemas, object)
	c.mu.Unlock()
}

func (w wireDescribe) schema() gateway.Schema {
	s := gateway.Schema{
		Object: w.Name, Label: w.Label, LabelPlural: w.LabelPlural, KeyPrefix: w.KeyPrefix,
		Createable: w.Createable, Updateable: w.Updateable, Deletable: w.Deletable,
		Searchable: w.Searchable, FeedEnabled: w.FeedEnabled, Activities: w.activities(),
		Fields: make([]gateway.Field, 0, len(w.Fields)),
	}
	for _, f := range w.Fields {
		if !f.Hidden {
			s.Fields = append(s.Fields, f.field())
		}
	}
	return s
}

// activities reports whether Allow Activities is on: then tasks and events
// hang on the object. Contacts and leads are linked by WhoId, others by WhatId.
func (w wireDescribe) activities() bool {
	for _, r := range w.Relationships {
		switch {
		case r.Name == "ActivityHistories" || r.Name == "OpenActivities":
			return true
		case (r.Child == "Task" || r.Child == "Event") && (r.Field == "WhatId" || r.Field == "WhoId"):
			return true
		}
	}
	return false
}

func (f wireField) field() gateway.Field {
	field := gateway.Field{
		Name: f.Name, Label: f.Label, Type: gateway.FieldType(f.Type), Length: f.Length,
		Createable: f.Createable && !f.Calculated, Updateable: f.Updateable && !f.Calculated,
		Nillable: f.Nillable, Calculated: f.Calculated, ExternalID: f.ExternalID, IDLookup: f.IDLookup,
		CompoundName: f.CompoundName, ReferenceTo: f.ReferenceTo, Restricted: f.Restricted,
		Permissionable: f.Permissionable, Help: f.Help, Custom: f.Custom,
	}
	for _, p := range f.Picklist {
		if p.Active {
			field.Picklist = append(field.Picklist, p.Value)
		}
	}
	return field
}
