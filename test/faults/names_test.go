package faults

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the project, seen from here.
const root = "../.."

var (
	testName  = regexp.MustCompile("`(Test[A-Za-z0-9_]*)[^`]*`")
	testStart = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(`)
	faultID   = regexp.MustCompile(`\b[FS]-\d\d\b`)
	// inTest also finds ids that are part of a test's name.
	inTest = regexp.MustCompile(`([FS])-?(\d\d)(?:\D|$)`)
	// idRange is how a heading names several ids in a row.
	idRange = regexp.MustCompile(`([FS])-(\d\d) to [FS]-(\d\d)`)
)

// tests are the names of all tests of the project, and the ids that they name.
func tests(t *testing.T) (names, ids map[string]bool) {
	t.Helper()
	names, ids = map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range testStart.FindAllSubmatch(text, -1) {
			names[string(found[1])] = true
		}
		if strings.Contains(filepath.ToSlash(path), "/simulator/") {
			return nil // it numbers its own features
		}
		for _, found := range inTest.FindAllSubmatch(text, -1) {
			ids[string(found[1])+"-"+string(found[2])] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names, ids
}

// docs/when-things-go-wrong.md names only tests that there are, and each fault
// that it speaks of is named by a test.
func TestEveryTestThatTheDocsNameExists(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "when-things-go-wrong.md"))
	if err != nil {
		t.Fatal(err)
	}
	names, ids := tests(t)
	named := testName.FindAllStringSubmatch(string(text), -1)
	if len(named) < 50 {
		t.Fatalf("only %d tests are named", len(named))
	}
	for _, n := range named {
		if !names[n[1]] {
			t.Errorf("the docs name %s, which does not exist", n[1])
		}
	}
	for section := range strings.SplitSeq(string(text), "\n## ") {
		heading, body, _ := strings.Cut(section, "\n")
		if strings.HasPrefix(heading, unproven) {
			continue
		}
		claimed := idsOf(heading)
		for _, id := range claimed {
			if !ids[id] {
				t.Errorf("%q: no test names %s", heading, id)
			}
		}
		if len(claimed) > 0 && !strings.Contains(body, "`Test") {
			t.Errorf("%q names no test", heading)
		}
	}
}

// idsOf lists the ids of a heading. A range holds only those that there are.
func idsOf(heading string) []string {
	ids := faultID.FindAllString(heading, -1)
	for _, r := range idRange.FindAllStringSubmatch(heading, -1) {
		var first, last int
		_, _ = fmt.Sscan(strings.TrimLeft(r[2], "0"), &first) // the pattern has only digits
		_, _ = fmt.Sscan(strings.TrimLeft(r[3], "0"), &last)
		for n := first; n <= last; n++ {
			if id := fmt.Sprintf("%s-%02d", r[1], n); !slices.Contains(vacant, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// unproven is the heading of what has no test yet.
const unproven = "Not proven yet"

// Every fault has its paragraph, which names its tests, or stands under
// "Not proven yet" for as long as there is none.
func TestEveryFaultHasItsParagraph(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "when-things-go-wrong.md"))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for section := range strings.SplitSeq(string(text), "\n## ") {
		heading, _, _ := strings.Cut(section, "\n")
		for _, id := range idsOf(heading) {
			told[id] = true
		}
	}
	for letter, last := range map[string]int{"F": 76, "S": 56} {
		for n := 1; n <= last; n++ {
			if id := fmt.Sprintf("%s-%02d", letter, n); !told[id] && !slices.Contains(vacant, id) {
				t.Errorf("no paragraph is about %s", id)
			}
		}
	}
}

// vacant are ids that name no fault.
var vacant = []string{"F-08", "F-12", "F-28", "F-35", "F-42", "F-43", "F-46", "F-59", "F-66", "F-71", "S-02", "S-10", "S-17", "S-26", "S-31", "S-33", "S-44", "S-46", "S-55"}
