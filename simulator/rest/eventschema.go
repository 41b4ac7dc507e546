package rest

import (
	"encoding/json"
	"net/http"
	"strings"

	"tidegate/simulator/org"
)

// EventSchemas gives the Avro schemas of change events.
type EventSchemas struct {
	ByID func(id string) (schema json.RawMessage, ok bool)
	// Of is the id that events of an object have now; "" where it has none.
	Of func(object string) string
}

// eventSchema answers …/event/eventSchema/{schema}.
func (c *call) eventSchema() error { return c.tellSchema(c.r.PathValue("schema")) }

// eventSchemaOf answers …/sobjects/{event}/eventSchema.
func (c *call) eventSchemaOf() error {
	for _, o := range c.org.ObjectsFor(c.caller.UserID) {
		if event := eventObjectOf(o); event != nil && event.Name == c.r.PathValue("object") && c.EventSchemas.Of != nil {
			return c.tellSchema(c.EventSchemas.Of(o.Name))
		}
	}
	return org.NotFound("The requested resource does not exist")
}

// eventObjectOf is the object that the events of another are; a platform event is
// one itself.
func eventObjectOf(o *org.Object) *org.Object {
	if org.IsPlatformEvent(o.Name) {
		return o
	}
	return changeEventOf(o)
}

// tellSchema writes a schema in the format asked for: COMPACT is what the payload
// of the Pub/Sub API follows, EXPANDED the message around it as CometD has it.
func (c *call) tellSchema(id string) error {
	var schema json.RawMessage
	ok := id != "" && c.EventSchemas.ByID != nil && c.org.Edition() != "professional"
	if ok {
		schema, ok = c.EventSchemas.ByID(id)
	}
	if !ok {
		return org.NotFound("The requested resource does not exist")
	}
	format := strings.ToUpper(c.r.URL.Query().Get("payloadFormat"))
	if format != "" && format != "EXPANDED" && format != "COMPACT" {
		return org.Refuse("INVALID_FIELD", "payloadFormat must be EXPANDED or COMPACT")
	}
	var parts struct {
		Type      string          `json:"type"`
		Name      string          `json:"name"`
		Namespace string          `json:"namespace"`
		Fields    json.RawMessage `json:"fields"`
		ID        string          `json:"uuid"`
	}
	if err := json.Unmarshal(schema, &parts); err != nil {
		return err
	}
	parts.ID = id
	if format != "COMPACT" {
		expanded, err := json.Marshal(expandedFields(parts.Name, parts.Fields))
		if err != nil {
			return err
		}
		parts.Fields = expanded
	}
	c.json(http.StatusOK, parts)
	return nil
}

type schemaField struct {
	Name string `json:"name"`
	Type any    `json:"type"`
}

type schemaRecord struct {
	Type   string `json:"type"`
	Name   string `json:"name"`
	Fields any    `json:"fields"`
}

// expandedFields are those of the whole message.
func expandedFields(name string, payload json.RawMessage) []schemaField {
	about := []schemaField{{"replayId", "long"}}
	if org.IsPlatformEvent(name) {
		about = append(about, schemaField{"EventUuid", "string"})
	}
	event := schemaRecord{"record", "Event", about}
	data := schemaRecord{"record", "Data", []schemaField{
		{"schema", "string"}, {"payload", schemaRecord{"record", "Payload", payload}}, {"event", event},
	}}
	return []schemaField{{"data", data}, {"channel", "string"}}
}
