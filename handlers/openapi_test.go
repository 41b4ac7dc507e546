package handlers

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
)

type described struct {
	OpenAPI    string `json:"openapi"`
	Paths      map[string]map[string]any
	Components struct {
		Schemas map[string]struct {
			Properties map[string]struct {
				Description string
				Enum        []string
			}
			Required   []string
			Additional *bool `json:"additionalProperties"`
		}
	}
}

func readDescription(t *testing.T, b *browser) described {
	t.Helper()
	var d described
	b.get("/api/v1/openapi.json").want(http.StatusOK).decode(&d)
	return d
}

func TestEveryRouteOfTheAPIIsDescribedAndNothingElse(t *testing.T) {
	w := newWorld(t)
	d := readDescription(t, w.browser())
	var mounted, told []string
	for _, r := range w.server.App().GetRoutes(true) {
		if path, ok := strings.CutPrefix(r.Path, "/api/v1"); ok && r.Method != http.MethodHead {
			mounted = append(mounted, strings.ToLower(r.Method)+" "+openAPIPath(path))
		}
	}
	for path, methods := range d.Paths {
		for method := range methods {
			told = append(told, method+" "+path)
		}
	}
	if !slices.Equal(sorted(mounted), sorted(told)) || len(told) < 14 || !strings.HasPrefix(d.OpenAPI, "3.1") {
		t.Errorf("mounted %v\ndescribed %v (%s)", sorted(mounted), sorted(told), d.OpenAPI)
	}
}

func TestEveryReferenceOfTheDescriptionLeadsSomewhere(t *testing.T) {
	var document any
	if err := json.Unmarshal(openAPIText(), &document); err != nil {
		t.Fatal(err)
	}
	found := 0
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				found++
				at := document
				for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
					at = at.(map[string]any)[part]
				}
				if at == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, one := range v {
				walk(one)
			}
		}
	}
	walk(document)
	if found < 30 {
		t.Errorf("only %d references", found)
	}
}

func TestEveryFieldOfABodyIsDescribed(t *testing.T) {
	d := readDescription(t, newWorld(t).browser())
	told := map[string]bool{}
	for name, s := range d.Components.Schemas {
		if s.Additional == nil {
			continue // an answer
		}
		for field, p := range s.Properties {
			told[name+"."+field] = true
			if p.Description == "" {
				t.Errorf("%s.%s has no words", name, field)
			}
		}
	}
	for name := range apiFields {
		if !told[name] {
			t.Errorf("%s is described and does not exist", name)
		}
	}
}

// described makes the world of the examples.
func describedWorld(t *testing.T) (*world, *browser) {
	w := newWorld(t)
	for _, schema := range schemas {
		if schema.Object == "Contact" {
			schema.Deletable = true
			must(t, w.db.In(home).SaveSchemas(t.Context(), []gateway.Schema{schema}))
		}
	}
	w.save(home, record(gateway.RecordKey{Object: "Contact", ID: exampleID}, gateway.Fields{"LastName": gateway.Text("Ferrow"), "Title": gateway.Text("Buyer")}))
	linked := gateway.Link{Kind: "person", ExternalID: "linked", Key: gateway.RecordKey{Object: "Contact", ID: exampleID}, Reason: "matched by e-mail"}
	must(t, w.db.In(home).SaveLink(t.Context(), linked))
	text, _ := w.apiKey(home, "read", "write")
	return w, w.product(text)
}

func TestEveryExampleIsAcceptedAndAnsweredAsDescribed(t *testing.T) {
	_, b := describedWorld(t)
	for _, r := range apiRoutes {
		got := b.json(r.method, "/api/v1"+r.example, r.body)
		if got.status != http.StatusOK {
			t.Errorf("%s %s: %d %s", r.method, r.example, got.status, got.body)
			continue
		}
		if path, _, _ := strings.Cut(r.example, "?"); len(strings.Split(path, "/")) != len(strings.Split(r.path, "/")) {
			t.Errorf("%s is no example of %s", r.example, r.path)
		}
		decoder := json.NewDecoder(strings.NewReader(got.body))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(reflect.New(reflect.TypeOf(r.gives)).Interface()); err != nil {
			t.Errorf("%s %s answers what is not described: %v in %s", r.method, r.path, err, got.body)
		}
	}
	var failure apiFailure
	got := b.json("PUT", "/api/v1/meetings/m-2", "{}")
	decoder := json.NewDecoder(strings.NewReader(got.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&failure); err != nil || failure.Code != string(gateway.CodeInvalid) {
		t.Errorf("the problem is not as described: %v %s", err, got.body)
	}
}

// What is described as required is refused when it is missing, nothing else
// is; what is described as a choice takes each of its values and no other.
func TestRequiredFieldsAndChoicesAreThoseOfTheHandlers(t *testing.T) {
	_, b := describedWorld(t)
	d := readDescription(t, b)
	send := func(r apiRoute, body map[string]any) int {
		text, err := json.Marshal(body)
		must(t, err)
		return b.json(r.method, "/api/v1"+r.example, string(text)).status
	}
	tried := 0
	for _, r := range apiRoutes {
		if r.takes == nil {
			continue
		}
		var body map[string]any
		must(t, json.Unmarshal([]byte(r.body), &body))
		b.json(r.method, "/api/v1"+r.example, r.body).want(http.StatusOK)
		schema := d.Components.Schemas[schemaName(reflect.TypeOf(r.takes))]
		if len(body) > 1 {
			for field := range body {
				less := maps.Clone(body)
				delete(less, field)
				tried++
				if refused := send(r, less) != http.StatusOK; refused != slices.Contains(schema.Required, field) {
					t.Errorf("%s %s without %s: refused %v, required %v", r.method, r.path, field, refused, schema.Required)
				}
			}
		}
		for field, p := range schema.Properties {
			for _, value := range append([]string{"no such word"}, p.Enum...) {
				if p.Enum == nil {
					continue
				}
				other := maps.Clone(body)
				other[field] = value
				tried++
				if ok := send(r, other) == http.StatusOK; ok != slices.Contains(p.Enum, value) {
					t.Errorf("%s %s with %s %q: accepted %v", r.method, r.path, field, value, ok)
				}
			}
		}
		for _, field := range schema.Required {
			if _, ok := body[field]; !ok {
				t.Errorf("the example of %s lacks %s", r.path, field)
			}
		}
	}
	if tried < 40 {
		t.Errorf("only %d were tried", tried)
	}
}
