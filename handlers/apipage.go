package handlers

import (
	"reflect"
	"slices"
	"strings"

	"tidegate/views"
)

const apiPath = "/settings/api"

// apiDocs shows the description of the product API to people.
func apiDocs(v *visit) error {
	p := views.APIPage{
		Shell: v.s.shell(v, "API", views.NavSettings),
		Head: views.Head{
			Title: "API", Lead: "What your product calls to tell Tidegate of people, meetings and messages, and to read the mirror.",
			Actions: []views.Action{{Text: "OpenAPI description", URL: "/api/v1/openapi.json"}},
		},
		Setup: "export TG=" + strings.TrimSuffix(v.s.BaseURL, "/") + "\nexport KEY=tg_…",
		Notes: []string{
			"An admin makes keys under Keys. A key belongs to this workspace; its owner can do all that it may do, so keep it as a password.",
			"What went wrong is application/problem+json: a stable “code”, a sentence that says what to do in “detail”, and the “fields” concerned.",
			"Fields that are not described are refused, so that a typing error loses nothing silently.",
			"Send an Idempotency-Key with each write and keep it while you try again: for 24 hours the same request gets the first answer again, without a second effect.",
		},
	}
	for _, r := range apiRoutes {
		p.Calls = append(p.Calls, r.words())
	}
	return render(v.Ctx, views.API(p))
}

func (r apiRoute) words() views.APICall {
	c := views.APICall{
		ID:    strings.ToLower(r.method) + strings.NewReplacer("/:", "-", "/", "-").Replace(r.path),
		Title: r.title, Text: r.text, Method: r.method, Path: "/api/v1" + openAPIPath(r.path), Scope: r.scope(),
		Example: r.curl(), Answer: schemaName(reflect.TypeOf(r.gives)),
	}
	for part := range strings.SplitSeq(r.path, "/") {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			c.Fields = append(c.Fields, views.APIField{Name: name, Kind: "Address", Text: pathWords[name], Required: true})
		}
	}
	for _, q := range r.query {
		c.Fields = append(c.Fields, views.APIField{Name: q.name, Kind: "Query", Text: q.text})
	}
	if r.takes != nil {
		c.Fields = append(c.Fields, bodyWords(reflect.TypeOf(r.takes), "")...)
	}
	return c
}

// bodyWords lists the fields of a body, those of its parts behind the part.
func bodyWords(t reflect.Type, before string) []views.APIField {
	var out []views.APIField
	for _, f := range reflect.VisibleFields(t) {
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || key == "" {
			continue
		}
		words := apiFields[schemaName(t)+"."+key]
		kind, part := jsonWords(f.Type)
		if words.values != nil {
			kind = strings.Join(words.values, ", ")
		}
		out = append(out, views.APIField{Name: before + key, Kind: "Body, " + kind, Text: words.text, Required: words.required})
		if part != nil {
			out = append(out, bodyWords(part, before+key+"[].")...)
		}
	}
	return slices.Clip(out)
}

// jsonWords names a type, and returns the struct that it is a list of.
func jsonWords(t reflect.Type) (string, reflect.Type) {
	switch t.Kind() {
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "list", t.Elem()
		}
		return "list of texts", nil
	case reflect.Map:
		if t.Elem().Kind() == reflect.Slice {
			return "object of lists", t.Elem().Elem()
		}
		return "object", nil
	case reflect.Int, reflect.Float64:
		return "number", nil
	default:
		return "text", nil
	}
}

// curl is the example as it is pasted into a shell.
func (r apiRoute) curl() string {
	var b strings.Builder
	b.WriteString("curl ")
	if r.writes() {
		b.WriteString("-X " + r.method + " ")
	}
	b.WriteString(`"$TG/api/v1` + r.example + `" -H "Authorization: Bearer $KEY"`)
	if r.body != "" {
		b.WriteString(` \` + "\n" + `  -H "Content-Type: application/json" -H "Idempotency-Key: $(uuidgen)" -d '` + r.body + `'`)
	}
	return b.String()
}
