// Package static serves the built assets: style sheet, script, icons.
//
// scripts/assets.mjs writes them into dist, which is not in the repository.
// The package compiles and answers without them, and [Check] says what to run.
package static

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// Prefix is the address under which the assets are served.
const Prefix = "/static/"

// ErrNotBuilt means that dist held no manifest when the program was compiled.
var ErrNotBuilt = errors.New("the style sheet and scripts are missing from this build: run `make build` (or `npm ci && node scripts/assets.mjs`, then build again)")

// asset is one line of manifest.json.
type asset struct {
	File string `json:"file"`
	Type string `json:"type"`
}

// manifest is read once; by name ("app.css") and by hashed file name.
type manifest struct {
	byName map[string]asset
	byFile map[string]asset
	err    error
}

var load = sync.OnceValue(func() manifest {
	raw, err := dist.ReadFile("dist/manifest.json")
	if err != nil {
		return manifest{err: ErrNotBuilt}
	}
	return parse(raw)
})

func parse(raw []byte) manifest {
	m := manifest{byFile: map[string]asset{}}
	if err := json.Unmarshal(raw, &m.byName); err != nil {
		return manifest{err: fmt.Errorf("reading the asset manifest: %w", err)}
	}
	for _, a := range m.byName {
		m.byFile[a.File] = a
	}
	return m
}

// Check reports ErrNotBuilt, or why the manifest cannot be read. Call it once
// at start: pages would otherwise come out without any style.
func Check() error { return load().err }

// Path is the address of an asset by its plain name: "app.css" becomes
// "/static/app.<hash>.css". Without a build it is the plain name, which answers
// 404 with the reason.
func Path(name string) string {
	if a, ok := load().byName[name]; ok {
		return Prefix + a.File
	}
	return Prefix + name
}

// Content is an asset as it is stored: plain, and compressed ahead of time.
type Content struct {
	Type   string
	Plain  []byte
	Gzip   []byte
	Brotli []byte
}

// Lookup returns the asset of a path such as "/static/app.<hash>.css". Its name
// holds a hash of its content, so it may be cached for ever as immutable. Names
// without the hash are not found, and neither is anything outside the manifest.
func Lookup(path string) (Content, bool) {
	file, ok := strings.CutPrefix(path, Prefix)
	if !ok {
		return Content{}, false
	}
	a, ok := load().byFile[file]
	if !ok {
		return Content{}, false
	}
	plain, err := dist.ReadFile("dist/" + file)
	if err != nil {
		return Content{}, false
	}
	return Content{Type: a.Type, Plain: plain, Gzip: optional(file + ".gz"), Brotli: optional(file + ".br")}, true
}

// optional is nil for an encoding that was not built; the plain form serves.
func optional(file string) []byte {
	b, err := dist.ReadFile("dist/" + file)
	if err != nil {
		return nil
	}
	return b
}

// Encoded picks the smallest form that an Accept-Encoding header allows, with
// the value for Content-Encoding ("" for plain). Weights are ignored except for
// a refusal by q=0: every browser accepts both.
func (c Content) Encoded(accept string) (body []byte, encoding string) {
	accepted := map[string]bool{}
	for part := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		accepted[strings.ToLower(name)] = !refused(params)
	}
	switch {
	case accepted["br"] && c.Brotli != nil:
		return c.Brotli, "br"
	case accepted["gzip"] && c.Gzip != nil:
		return c.Gzip, "gzip"
	}
	return c.Plain, ""
}

func refused(params string) bool {
	q, ok := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
	return ok && strings.Trim(q, "0.") == ""
}
