package views

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"
)

var update = flag.Bool("update", false, "write testdata/*.golden.html instead of comparing")

// gallery is a folder that receives every page as the browser would get it,
// for scripts/look.mjs.
var gallery = flag.String("gallery", "", "folder to write all pages to")

// page is one state of one page.
type page struct {
	name string
	view templ.Component
}

func pages() []page {
	var all []page
	for _, list := range [][]page{
		loginPages(), healthPages(), holePages(), listPages(), recordPages(), pastPages(), connectPages(),
		notesPages(), objectsPages(), importPages(), tabPages(), logPages(), accountPages(), reviewPages(), wizardPages(),
		webhookPages(), costPages(), rehearsalPages(), topicPages(), agentPages(), settingsFilePages(), conflictPages(), undoPages(), explainPages(), forecastPages(), saidPages(), apiPages(), againPages(), backtestPages(), objectStates(), deleteStates(), tabStates(), besideStates(), peopleStates(),
	} {
		all = append(all, list...)
	}
	return all
}

// assetHash differs with every change of a style sheet; pages must not.
var assetHash = regexp.MustCompile(`(/static/[a-z]+)\.[0-9a-f]{12}(\.[a-z]+)`)

func render(t *testing.T, view templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := view.Render(context.Background(), &b); err != nil {
		t.Fatalf("rendering: %v", err)
	}
	return b.String()
}

// lines breaks the single line that templ writes, so that a difference shows
// its place.
func lines(html string) string {
	return strings.ReplaceAll(assetHash.ReplaceAllString(html, "$1$2"), "><", ">\n<") + "\n"
}

func TestEveryStateOfEveryPageMatchesItsGoldenFile(t *testing.T) {
	for _, p := range pages() {
		t.Run(p.name, func(t *testing.T) {
			html := render(t, p.view)
			if *gallery != "" {
				write(t, filepath.Join(*gallery, p.name+".html"), html)
			}
			golden := filepath.Join("testdata", p.name+".golden.html")
			got := lines(html)
			if *update {
				write(t, golden, got)
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("reading the golden file (run with -update to write it): %v", err)
			}
			if got != string(want) {
				t.Errorf("%s differs from %s:\n%s", p.name, golden, firstDifference(got, string(want)))
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return "got:  " + g[i] + "\nwant: " + strings.Join(w[min(i, len(w)):min(i+1, len(w))], "")
		}
	}
	return "the golden file goes on"
}

var (
	inlineCode = regexp.MustCompile(`(?i)<[a-z][^\s>]*(?:\s+[^\s=>"]+(?:="[^"]*")?)*\s+(?:style|on[a-z]+|hx-on[a-z:-]*|hx-vals|hx-headers)=`)
	scriptTag  = regexp.MustCompile(`<script[^>]*>`)
	idAttr     = regexp.MustCompile(`\sid="([^"]*)"`)
	refAttr    = regexp.MustCompile(`\s(?:for|aria-labelledby|aria-describedby)="([^"]*)"`)
)

// A strict content security policy stands only while no page has anything inline.
func TestNoPageHasInlineStyleOrScript(t *testing.T) {
	for _, p := range pages() {
		html := render(t, p.view)
		if m := inlineCode.FindString(html); m != "" {
			t.Errorf("%s: inline code in %s", p.name, m)
		}
		if strings.Contains(html, "<style") {
			t.Errorf("%s has a style element", p.name)
		}
		for _, tag := range scriptTag.FindAllString(html, -1) {
			if !strings.Contains(tag, `src="/static/`) {
				t.Errorf("%s: script without our source: %s", p.name, tag)
			}
		}
	}
}

func TestHostileTextStaysText(t *testing.T) {
	found := 0
	for _, p := range pages() {
		if !strings.Contains(p.name, "hostile") {
			continue
		}
		found++
		html := render(t, p.view)
		if strings.Contains(html, "<script>alert") || strings.Contains(html, "<img src=x") {
			t.Errorf("%s lets markup through", p.name)
		}
		if !strings.Contains(html, "&lt;script&gt;alert") {
			t.Errorf("%s does not show the hostile text at all", p.name)
		}
		if strings.Contains(html, `href="javascript:`) {
			t.Errorf("%s links to a script", p.name)
		}
	}
	if found < 8 {
		t.Errorf("%d hostile pages, want one for each kind of page", found)
	}
}

// Labels, descriptions and summaries are worth nothing when they point nowhere.
func TestIdsAreUniqueAndReferencesArrive(t *testing.T) {
	for _, p := range pages() {
		html := render(t, p.view)
		ids := map[string]bool{}
		for _, m := range idAttr.FindAllStringSubmatch(html, -1) {
			if ids[m[1]] || m[1] == "" {
				t.Errorf("%s: id %q twice or empty", p.name, m[1])
			}
			ids[m[1]] = true
		}
		for _, m := range refAttr.FindAllStringSubmatch(html, -1) {
			for ref := range strings.FieldsSeq(m[1]) {
				if !ids[ref] {
					t.Errorf("%s: nothing has the id %q", p.name, ref)
				}
			}
		}
	}
}

func TestEveryPageHasOneTitleAndOneMain(t *testing.T) {
	for _, p := range pages() {
		html := render(t, p.view)
		if n := strings.Count(html, "<h1"); n != 1 {
			t.Errorf("%s has %d h1", p.name, n)
		}
		if n := strings.Count(html, "<main"); n != 1 {
			t.Errorf("%s has %d main", p.name, n)
		}
	}
}

// A live part can be asked for alone; it must come without the page around it.
func TestLivePartsRenderAlone(t *testing.T) {
	tests := []struct {
		part string
		view templ.Component
	}{
		{PartHealth, Health(healthy())},
		{PartHole, HoleRecord(holeRecord())},
		{PartList, List(contactsList())},
		{PartForecast, ForecastOf(forecastOf())},
		{PartRecord, Record(ann())},
		{PartDetails, Record(ann())},
		{PartObjects, Record(ann())},
		{PartTimeline, Record(ann())},
		{PartLog, Log(logFull())},
		{PartLogRow, LogRowView(logRow())},
		{PartConflicts, Conflicts(conflictInbox("Quillmark renewal"))},
		{PartCheck, Connect(connected())},
	}
	for _, tt := range tests {
		t.Run(tt.part, func(t *testing.T) {
			var b bytes.Buffer
			if err := templ.RenderFragments(context.Background(), &b, tt.view, tt.part); err != nil {
				t.Fatal(err)
			}
			html := strings.TrimSpace(b.String())
			if !strings.Contains(html, `id="`+tt.part+`"`) || strings.Contains(html, "<html") || strings.Contains(html, "<main") {
				t.Errorf("part %s: %.200s", tt.part, html)
			}
		})
	}
}
