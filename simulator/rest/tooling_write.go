package rest

import (
	"encoding/json"
	"net/http"
	"slices"

	"tidegate/simulator/org"
	"tidegate/simulator/soql"
)

// Metadata is what the Tooling API can change of an org. Ids are those that its
// rows have.
type Metadata interface {
	// Create makes a component and returns its id.
	Create(object, fullName string, metadata json.RawMessage) (id string, refused *org.Error)
	// Update changes what the metadata says of one.
	Update(object, id string, metadata json.RawMessage) *org.Error
	Delete(object, id string) *org.Error
}

func addTooling(add func(string, func(*call) error)) {
	add("GET /tooling/query", (*call).toolingQuery)
	add("GET /tooling/query/{$}", (*call).toolingQuery)
	add("POST /tooling/sobjects/{object}", (*call).toolingCreate)
	add("POST /tooling/sobjects/{object}/{$}", (*call).toolingCreate)
	add("GET /tooling/sobjects/{object}/{id}", (*call).toolingRow)
	add("PATCH /tooling/sobjects/{object}/{id}", (*call).toolingUpdate)
	add("DELETE /tooling/sobjects/{object}/{id}", (*call).toolingDelete)
}

// component is the body of a Tooling API write.
type component struct {
	FullName string          `json:"FullName"`
	Metadata json.RawMessage `json:"Metadata"`
}

// toolingTarget finds what the path names, and reads the body where there is one.
func (c *call) toolingTarget(in *component) (object string, err error) {
	object = c.r.PathValue("object")
	if c.Tooling == nil || c.Metadata == nil || c.Tooling(nil).Object(object) == nil {
		return "", org.NotFound("The requested resource does not exist")
	}
	if in == nil {
		return object, nil
	}
	if err := c.body(in); err != nil {
		return "", err
	}
	if len(in.Metadata) == 0 {
		return "", org.Refuse("REQUIRED_FIELD_MISSING", "Required fields are missing: [Metadata]", "Metadata")
	}
	return object, nil
}

func (c *call) toolingCreate() error {
	var in component
	object, err := c.toolingTarget(&in)
	if err != nil {
		return err
	}
	if in.FullName == "" {
		return org.Refuse("REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName]", "FullName")
	}
	id, refused := c.Metadata.Create(object, in.FullName, in.Metadata)
	if refused != nil {
		return refused
	}
	c.w.Header().Set("Location", c.base()+"/tooling/sobjects/"+object+"/"+id)
	c.json(http.StatusCreated, map[string]any{"id": id, "success": true, "errors": []any{}, "warnings": []any{}, "infos": []any{}})
	return nil
}

func (c *call) toolingUpdate() error {
	var in component
	object, err := c.toolingTarget(&in)
	if err != nil {
		return err
	}
	if refused := c.Metadata.Update(object, c.toolingID(), in.Metadata); refused != nil {
		return refused
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) toolingDelete() error {
	object, err := c.toolingTarget(nil)
	if err != nil {
		return err
	}
	if refused := c.Metadata.Delete(object, c.toolingID()); refused != nil {
		return refused
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) toolingID() string {
	id, _ := org.NormalizeID(c.r.PathValue("id"))
	return id
}

// toolingRow is one row with all its fields.
func (c *call) toolingRow() error {
	object, err := c.toolingTarget(nil)
	if err != nil {
		return err
	}
	parsed, err := soql.Parse("SELECT FIELDS(ALL) FROM " + object + " WHERE Id = '" + c.toolingID() + "' LIMIT 1")
	if err != nil {
		return err
	}
	var row []byte
	c.Tooling(parsed).Read(func(v org.View) {
		res, failed := soql.Run(v, parsed, false)
		if err = failed; err == nil && res.Len() > 0 {
			row = res.AppendRow(nil, v, c.base()+"/tooling", 0)
		}
	})
	if err == nil && row == nil {
		err = org.NotFound("The requested resource does not exist")
	}
	if err != nil {
		return err
	}
	c.raw(http.StatusOK, slices.Clip(row))
	return nil
}
