package static

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestEncodedPicksTheSmallestAllowedForm(t *testing.T) {
	both := Content{Plain: []byte("p"), Gzip: []byte("g"), Brotli: []byte("b")}
	tests := []struct {
		name, accept, want string
		content            Content
	}{
		{"brotli first", "gzip, deflate, br", "br", both},
		{"gzip without brotli", "gzip, deflate", "gzip", both},
		{"nothing named", "", "", both},
		{"refused by weight", "br;q=0, gzip; q=0.0", "", both},
		{"low weight is still allowed", "br;q=0.1", "br", both},
		{"not built", "br, gzip", "", Content{Plain: []byte("p")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			body, got := tt.content.Encoded(tt.accept)
			if got != tt.want {
				t.Errorf("encoding = %q, want %q", got, tt.want)
			}
			if len(body) != 1 {
				t.Errorf("body = %q", body)
			}
		})
	}
}

func TestBrokenManifestIsSaidNotServed(t *testing.T) {
	if err := parse([]byte("{")).err; err == nil {
		t.Fatal("a broken manifest must be an error")
	}
}

func TestLookupKnowsOnlyTheManifest(t *testing.T) {
	for _, path := range []string{"/static/", "/static/manifest.json", "/static/../static.go", "/static/.gitkeep", "/other/app.css"} {
		if _, ok := Lookup(path); ok {
			t.Errorf("%s must not be served", path)
		}
	}
}

// The suite runs with and without built assets; both must hold together.
func TestEveryAssetIsServedUnderItsHashedName(t *testing.T) {
	if err := Check(); err != nil {
		if !errors.Is(err, ErrNotBuilt) || Path("app.css") != "/static/app.css" {
			t.Fatalf("without assets: %v, %s", err, Path("app.css"))
		}
		return
	}
	for _, name := range []string{"app.css", "app.js", "icons.svg", "mark.svg", "licenses.txt"} {
		path := Path(name)
		c, ok := Lookup(path)
		if !ok || path == Prefix+name {
			t.Fatalf("%s is not served under a hashed name (%s)", name, path)
		}
		if c.Type == "" || len(c.Plain) == 0 {
			t.Errorf("%s: type %q, %d bytes", name, c.Type, len(c.Plain))
		}
		zr, err := gzip.NewReader(bytes.NewReader(c.Gzip))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		plain, err := io.ReadAll(zr)
		if err != nil || !bytes.Equal(plain, c.Plain) {
			t.Errorf("%s: gzip form differs (%v)", name, err)
		}
	}
}

// First load is page + style + script + icons + mark; pages are under 15 kB
// compressed, so the rest must leave room under 90 kB.
func TestFirstLoadStaysSmall(t *testing.T) {
	if Check() != nil {
		return
	}
	total := 0
	for _, name := range []string{"app.css", "app.js", "icons.svg", "mark.svg"} {
		c, _ := Lookup(Path(name))
		body, encoding := c.Encoded("gzip")
		if encoding != "gzip" || len(body) == 0 {
			t.Fatalf("%s has no gzip form", name)
		}
		total += len(body)
	}
	if total > 70_000 {
		t.Errorf("assets weigh %d bytes compressed, want at most 70,000", total)
	}
}

func TestScriptsNeedNoEval(t *testing.T) {
	c, ok := Lookup(Path("app.js"))
	if !ok {
		return
	}
	own := c.Plain[bytes.LastIndex(c.Plain, []byte("Tidegate's own script")):]
	if strings.Contains(string(own), "eval(") || strings.Contains(string(own), "new Function") {
		t.Error("our script must run under script-src 'self'")
	}
}
