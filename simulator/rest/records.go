package rest

import (
	"encoding/base64"
	"net/http"
	"strings"
	"time"

	"tidegate/simulator/org"
	"tidegate/simulator/soql"
)

// saved is the body of a successful create or upsert.
type saved struct {
	ID      string     `json:"id"`
	Success bool       `json:"success"`
	Errors  []rowError `json:"errors"`
	Created *bool      `json:"created,omitempty"`
}

func (c *call) values() (map[string]any, error) {
	var values map[string]any
	if err := c.body(&values); err != nil {
		return nil, err
	}
	return values, nil
}

func (c *call) create() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	values, err := c.values()
	if err != nil {
		return err
	}
	var id string
	var notes []rowError
	err = c.write(func(tx *org.Tx) error {
		made, refused := c.createIn(tx, o.Name, values)
		if refused != nil {
			return refused
		}
		id, notes = made, enqueued(tx, made)
		return nil
	})
	if err != nil {
		return err
	}
	if o.Queryable() {
		c.touch(o.Name, id)
	}
	c.w.Header().Set("Location", c.base()+"/sobjects/"+o.Name+"/"+id)
	c.json(http.StatusCreated, saved{ID: id, Success: true, Errors: notes})
	return nil
}

func missingRow(key string) error {
	return org.NotFound("Provided external ID field does not exist or is not accessible: " + key)
}

// find reads the record of the path; deleted ones are not there.
func (c *call) find(o *org.Object, id string) (org.Record, error) {
	full, ok := org.NormalizeID(id)
	if !ok {
		return org.Record{}, missingRow(id)
	}
	var r org.Record
	c.read(func(v org.View) { r, ok = v.Get(o.Name, full) })
	if !ok {
		return org.Record{}, org.NotFound("The requested resource does not exist")
	}
	if r.Value("IsDeleted") == true {
		return org.Record{}, &org.Error{Code: "ENTITY_IS_DELETED", Message: "entity is deleted", Status: http.StatusNotFound}
	}
	return r, nil
}

func modified(r org.Record) time.Time {
	at, _ := r.Value("LastModifiedDate").(org.DateTime)
	return at.Time()
}

func (c *call) retrieve() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	r, err := c.find(o, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	if done, err := c.unchangedRow(r); done || err != nil {
		return err
	}
	fields, err := pick(o, c.r.URL.Query().Get("fields"))
	if err != nil {
		return err
	}
	c.touch(o.Name, r.ID())
	c.raw(http.StatusOK, c.appendRecord(nil, r, fields))
	return nil
}

// pick resolves a comma-separated list of fields; empty means all.
func pick(o *org.Object, list string) ([]*org.Field, error) {
	if list == "" {
		return o.Fields, nil
	}
	var fields []*org.Field
	for name := range strings.SplitSeq(list, ",") {
		f := o.FieldFold(strings.TrimSpace(name))
		if f == nil {
			return nil, org.Refuse("INVALID_FIELD", "No such column '"+name+"' on entity '"+o.Name+"'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name.")
		}
		fields = append(fields, f)
	}
	return fields, nil
}

func (c *call) appendRecord(dst []byte, r org.Record, fields []*org.Field) []byte {
	dst = soql.AppendAttributes(append(dst, '{'), r, c.base())
	for _, f := range fields {
		dst = append(append(append(dst, ',', '"'), f.Name...), '"', ':')
		if f.Type == org.TypeBase64 && r.Value(f.Name) != nil {
			// A body is not shown in a row; the row says where it is.
			dst = org.AppendString(dst, c.base()+"/sobjects/"+r.Object().Name+"/"+r.ID()+"/"+f.Name)
			continue
		}
		dst = org.AppendField(dst, r, f)
	}
	return append(dst, '}')
}

func (c *call) update() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	values, err := c.values()
	if err != nil {
		return err
	}
	id := c.r.PathValue("id")
	demands, err := c.demands()
	if err != nil {
		return err
	}
	err = c.write(func(tx *org.Tx) error {
		full, _ := org.NormalizeID(id) // "" finds nothing
		if refused := demands.met(tx.Get(o.Name, full)); refused != nil {
			return refused
		}
		return asError(c.updateIn(tx, o.Name, id, values))
	})
	if err != nil {
		return err
	}
	c.touch(o.Name, id)
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// asError keeps a nil *org.Error from becoming a non-nil error.
func asError(e *org.Error) error {
	if e == nil {
		return nil
	}
	return e
}

func (c *call) remove() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	err = c.write(func(tx *org.Tx) error { return asError(tx.Delete(o.Name, c.r.PathValue("id"))) })
	if err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// byKey finds the records that the path's field and value name.
func (c *call) byKey() (*org.Object, []org.Record, error) {
	o, err := c.object()
	if err != nil {
		return nil, nil, err
	}
	f := o.FieldFold(c.r.PathValue("field"))
	if f == nil || !f.ExternalID && !f.IDLookup {
		return nil, nil, missingRow(c.r.PathValue("field"))
	}
	var found []org.Record
	c.read(func(v org.View) { found = v.ByKey(o.Name, f.Name, c.r.PathValue("value")) })
	if len(found) == 0 {
		return nil, nil, org.NotFound("The requested resource does not exist")
	}
	return o, found, nil
}

func (c *call) several(o *org.Object, ids []string) {
	paths := make([]string, len(ids))
	for i, id := range ids {
		paths[i] = c.base() + "/sobjects/" + o.Name + "/" + id
	}
	c.json(http.StatusMultipleChoices, paths)
}

func idsOf(records []org.Record) []string {
	ids := make([]string, len(records))
	for i, r := range records {
		ids[i] = r.ID()
	}
	return ids
}

func (c *call) retrieveByKey() error {
	if strings.EqualFold(c.r.PathValue("object"), "ContentNote") && c.r.PathValue("value") == "Content" {
		return c.noteBody()
	}
	if c.r.PathValue("field") == "listviews" {
		return c.listView()
	}
	o, found, err := c.byKey()
	if err != nil {
		return err
	}
	if len(found) > 1 {
		c.several(o, idsOf(found))
		return nil
	}
	if done, err := c.unchangedRow(found[0]); done || err != nil {
		return err
	}
	fields, err := pick(o, c.r.URL.Query().Get("fields"))
	if err != nil {
		return err
	}
	c.raw(http.StatusOK, c.appendRecord(nil, found[0], fields))
	return nil
}

// noteBody serves …/ContentNote/{id}/Content as it was written.
func (c *call) noteBody() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	r, err := c.find(o, c.r.PathValue("field"))
	if err != nil {
		return err
	}
	encoded, _ := r.Value("Content").(string)
	body, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/octetstream")
	_, _ = c.w.Write(body) // the reader may have left
	return nil
}

func (c *call) removeByKey() error {
	o, found, err := c.byKey()
	if err != nil {
		return err
	}
	if len(found) > 1 {
		c.several(o, idsOf(found))
		return nil
	}
	if err := c.write(func(tx *org.Tx) error { return asError(tx.Delete(o.Name, found[0].ID())) }); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) upsert() error {
	o, err := c.object()
	if err != nil {
		return err
	}
	values, err := c.values()
	if err != nil {
		return err
	}
	var id string
	var created bool
	var several []string
	updateOnly := c.r.URL.Query().Get("updateOnly") == "true"
	demands, err := c.demands()
	if err != nil {
		return err
	}
	err = c.write(func(tx *org.Tx) error {
		if there := tx.ByKey(o.Name, c.r.PathValue("field"), c.r.PathValue("value")); len(there) == 1 {
			if refused := demands.met(there[0], true); refused != nil {
				return refused
			}
		}
		var refused *org.Error
		id, created, several, refused = c.upsertIn(tx, o.Name, c.r.PathValue("field"), c.r.PathValue("value"), values, updateOnly)
		return asError(refused)
	})
	if err != nil {
		return err
	}
	if len(several) > 0 {
		c.several(o, several)
		return nil
	}
	c.touch(o.Name, id)
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	} else if c.number < 46 {
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	c.w.Header().Set("Location", c.base()+"/sobjects/"+o.Name+"/"+id)
	c.json(status, saved{ID: id, Success: true, Errors: []rowError{}, Created: &created})
	return nil
}
