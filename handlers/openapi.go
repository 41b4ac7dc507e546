package handlers

import (
	"encoding/json"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
)

// jsonMap is an object of the document; encoding sorts its keys, so that the
// text is stable.
type jsonMap = map[string]any

// openAPI answers with the description of the API. It needs no key: it says
// nothing of a workspace.
func (s *Server) openAPI(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(openAPIText())
}

var openAPIText = sync.OnceValue(func() []byte {
	text, err := json.MarshalIndent(openAPIDocument(), "", " ")
	if err != nil {
		panic(err) // maps, strings and examples that a test has read
	}
	return text
})

// openAPIDocument describes every route of the table (OpenAPI 3.1).
func openAPIDocument() jsonMap {
	schemas, paths := jsonMap{}, jsonMap{}
	failure := jsonMap{"description": "A problem with a stable code.", "content": jsonMap{problemJSON: jsonMap{"schema": schemaOf(reflect.TypeFor[apiFailure](), schemas, false)}}}
	for _, r := range apiRoutes {
		path := openAPIPath(r.path)
		if paths[path] == nil {
			paths[path] = jsonMap{}
		}
		paths[path].(jsonMap)[strings.ToLower(r.method)] = r.describe(schemas)
	}
	paths["/openapi.json"] = jsonMap{"get": jsonMap{
		"operationId": "openapi", "summary": "Read this description", "security": []any{},
		"responses": jsonMap{"200": jsonMap{"description": "OpenAPI 3.1", "content": jsonMap{fiber.MIMEApplicationJSON: jsonMap{"schema": jsonMap{"type": "object"}}}}},
	}}
	return jsonMap{
		"openapi": "3.1.0",
		"info": jsonMap{
			"title": "Tidegate product API", "version": "1",
			"description": "The product that records conversations calls this. Fields that are not described here are refused, so that a typing error loses nothing silently.",
		},
		"servers":  []any{jsonMap{"url": "/api/v1"}},
		"security": []any{jsonMap{"key": []any{}}},
		"paths":    paths,
		"components": jsonMap{
			"schemas": schemas, "responses": jsonMap{"Problem": failure},
			"securitySchemes": jsonMap{"key": jsonMap{"type": "http", "scheme": "bearer", "description": "An API key, tg_…, which an admin makes under Keys."}},
		},
	}
}

// openAPIPath writes :name as {name}.
func openAPIPath(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

func (r apiRoute) describe(schemas jsonMap) jsonMap {
	problem := jsonMap{"$ref": "#/components/responses/Problem"}
	out := jsonMap{
		"operationId": strings.ToLower(r.method) + strings.NewReplacer("/:", "_", "/", "_").Replace(r.path), "summary": r.title, "description": r.text,
		"parameters": r.parameters(),
		"responses": jsonMap{"default": problem, "200": jsonMap{
			"description": "Done.", "content": jsonMap{fiber.MIMEApplicationJSON: jsonMap{"schema": schemaOf(reflect.TypeOf(r.gives), schemas, false)}},
		}},
	}
	if r.takes != nil {
		out["requestBody"] = jsonMap{"required": true, "content": jsonMap{fiber.MIMEApplicationJSON: jsonMap{
			"schema": schemaOf(reflect.TypeOf(r.takes), schemas, true), "example": json.RawMessage(r.body),
		}}}
	}
	return out
}

func (r apiRoute) parameters() []any {
	out := []any{}
	add := func(in, name, text string, required bool) {
		out = append(out, jsonMap{"in": in, "name": name, "description": text, "required": required, "schema": jsonMap{"type": "string"}})
	}
	for part := range strings.SplitSeq(r.path, "/") {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			add("path", name, pathWords[name], true)
		}
	}
	for _, q := range r.query {
		add("query", q.name, q.text, false)
	}
	if r.writes() {
		add("header", repeatHeader, "Up to "+strconv.Itoa(maxRepeatKey)+" ASCII characters. For 24 hours the same key with the same request gets the first answer again, with "+replayedHeader+": true.", false)
	}
	return out
}

var pathWords = map[string]string{
	"external_id": "Your own id: 1 to 200 characters. It makes every write repeatable.",
	"object":      "API name of a mirrored object, such as Contact.",
	"id":          "Salesforce id of 15 or 18 characters.",
	"kind":        "Your name of the kind: lower-case letters, digits, “-” and “_”.",
}

var anyValue = []string{"string", "number", "boolean", "null"}

// schemaOf describes a Go type as it is read from JSON or written to it.
// Structs go into schemas under their names. A strict one takes no other
// fields.
func schemaOf(t reflect.Type, schemas jsonMap, strict bool) jsonMap {
	switch t {
	case reflect.TypeFor[gateway.Fields]():
		return jsonMap{"type": []string{"object", "null"}, "additionalProperties": jsonMap{"type": anyValue}}
	case reflect.TypeFor[time.Time]():
		return jsonMap{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return jsonMap{"anyOf": []any{schemaOf(t.Elem(), schemas, strict), jsonMap{"type": "null"}}}
	case reflect.Slice:
		return jsonMap{"type": "array", "items": schemaOf(t.Elem(), schemas, strict)}
	case reflect.Map:
		return jsonMap{"type": "object", "additionalProperties": schemaOf(t.Elem(), schemas, strict)}
	case reflect.Struct:
		name := schemaName(t)
		if schemas[name] == nil {
			schemas[name] = jsonMap{} // it may contain itself
			schemas[name] = structSchema(t, name, schemas, strict)
		}
		return jsonMap{"$ref": "#/components/schemas/" + name}
	case reflect.String:
		return jsonMap{"type": "string"}
	case reflect.Bool:
		return jsonMap{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return jsonMap{"type": "integer"}
	case reflect.Float64:
		return jsonMap{"type": "number"}
	default:
		return jsonMap{}
	}
}

// schemaName is the name of a type for readers: apiPersonBody is Person.
func schemaName(t reflect.Type) string {
	return strings.TrimSuffix(strings.TrimPrefix(t.Name(), "api"), "Body")
}

func structSchema(t reflect.Type, name string, schemas jsonMap, strict bool) jsonMap {
	properties, required := jsonMap{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || key == "" || key == "-" {
			continue
		}
		field := schemaOf(f.Type, schemas, strict)
		if options == "string" {
			field = jsonMap{"type": "string"} // JavaScript would round the number
		}
		words := apiFields[name+"."+key]
		if strict {
			field = maps.Clone(field)
			field["description"] = words.text
			if words.values != nil {
				field["enum"] = words.values
			}
		}
		if words.required {
			required = append(required, key)
		}
		properties[key] = field
	}
	out := jsonMap{"type": "object", "properties": properties}
	if strict {
		out["additionalProperties"] = false
	}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}
