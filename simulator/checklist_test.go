package simulator_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testFunc = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	testRow  = regexp.MustCompile("(?m)^\\| ([SRQ]\\d+) \\| .+ \\| ((?:`Test\\w+`(?:, )?)+) \\|$")
	testName = regexp.MustCompile("`(Test\\w+)`")
	lineIDs  = regexp.MustCompile(`^Test((?:[SRQ]\d+)+)`)
)

// TestChecklistIsShown reads docs/simulator.md: every line of the sheets is there
// with at least one test, and each test named exists and is named after its line.
func TestChecklistIsShown(t *testing.T) {
	known := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range testFunc.FindAllSubmatch(text, -1) {
			known[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, row := range testRow.FindAllSubmatch(page, -1) {
		line := string(row[1])
		shown[line] = true
		for _, m := range testName.FindAllSubmatch(row[2], -1) {
			name := string(m[1])
			ids := lineIDs.FindStringSubmatch(name)
			switch {
			case !known[name]:
				t.Errorf("%s names %s, which does not exist", line, name)
			case ids == nil || !regexp.MustCompile(line+`(\D|$)`).MatchString(ids[1]):
				t.Errorf("%s names %s, which is not named after it", line, name)
			}
		}
	}
	for _, prose := range strings.Split(string(page), "### The prose")[1:] {
		prose, _, _ = strings.Cut(prose, "\n### ")
		for _, m := range testName.FindAllStringSubmatch(prose, -1) {
			if !known[m[1]] {
				t.Errorf("the prose names %s, which does not exist", m[1])
			}
		}
	}
	for prefix, last := range map[string]int{"S": 27, "R": 30, "Q": 6} {
		for n := 1; n <= last; n++ {
			if line := fmt.Sprint(prefix, n); !shown[line] {
				t.Errorf("%s is not in the list, or without a test", line)
			}
		}
	}
}
