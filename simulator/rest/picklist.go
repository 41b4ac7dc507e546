package rest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"

	"tidegate/simulator/org"
)

// Of the User Interface API: the values of picklists by record type, which no
// describe tells.

func addPicklists(add func(string, func(*call) error)) {
	const base = "GET /ui-api/object-info/{object}/picklist-values/{type}"
	add(base, (*call).typedPicklists)
	add(base+"/{$}", (*call).typedPicklists)
	add(base+"/{field}", (*call).typedPicklist)
}

// typedObject finds the object and the record type of the path.
func (c *call) typedObject() (*org.Object, string, error) {
	o, err := c.object()
	if err != nil {
		return nil, "", err
	}
	id, ok := org.NormalizeID(c.r.PathValue("type"))
	var types []recordType
	c.read(func(v org.View) { types = recordTypes(v, o.Name) })
	if !ok || !slices.ContainsFunc(types, func(t recordType) bool { return t.id == id }) {
		return nil, "", org.NotFound("The requested resource does not exist")
	}
	return o, id, nil
}

func (c *call) typedPicklists() error {
	o, id, err := c.typedObject()
	if err != nil {
		return err
	}
	fields := map[string]any{}
	c.read(func(v org.View) {
		for _, f := range o.Fields {
			if len(f.Values) > 0 {
				fields[f.Name] = c.fieldValues(v, o, f, id)
			}
		}
	})
	c.json(http.StatusOK, map[string]any{"eTag": tagOf(fields), "picklistFieldValues": fields})
	return nil
}

func (c *call) typedPicklist() error {
	o, id, err := c.typedObject()
	if err != nil {
		return err
	}
	f := o.FieldFold(c.r.PathValue("field"))
	if f == nil || len(f.Values) == 0 {
		return org.NotFound("The requested resource does not exist")
	}
	var body map[string]any
	c.read(func(v org.View) { body = c.fieldValues(v, o, f, id) })
	c.json(http.StatusOK, body)
	return nil
}

func (c *call) fieldValues(v org.View, o *org.Object, f *org.Field, recordType string) map[string]any {
	values := []any{}
	controlling := org.ControllingValues(o.Field(f.Controller))
	places := map[string]int{}
	for i, value := range controlling {
		places[value] = i
	}
	var standard any
	for _, p := range v.Picklist(f, recordType) {
		if !p.Active {
			continue
		}
		one := map[string]any{"attributes": nil, "label": p.Label, "validFor": p.Positions(controlling), "value": p.Value}
		if values = append(values, one); p.Default {
			standard = one
		}
	}
	return map[string]any{
		"controllerValues": places, "defaultValue": standard, "eTag": tagOf(values),
		"url": c.base() + "/ui-api/object-info/" + o.Name + "/picklist-values/" + recordType + "/" + f.Name, "values": values,
	}
}

// tagOf tells one state of an answer from another.
func tagOf(v any) string {
	encoded, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:16])
}
