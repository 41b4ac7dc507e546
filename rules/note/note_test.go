package note_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"tidegate/rules/note"
)

func TestTextBecomesWhatSalesforceTakes(t *testing.T) {
	tests := []struct{ name, in, plain, html string }{
		{"plain", "One & two\nthree", "One & two\nthree", "<p>One &amp; two<br>three</p>"},
		{"paragraphs", "a\n\nb", "a\n\nb", "<p>a</p><p>b</p>"},
		{"F-60 the five escapes and no others", `< > & " ' ©`, `< > & " ' ©`, "<p>&lt; &gt; &amp; &quot; &#39; ©</p>"},
		{"markdown", "# Pain\n- slow **exports**\n- price\n\nEnd", "Pain\n- slow exports\n- price\n\nEnd", "<p><b>Pain</b></p><ul><li>slow <b>exports</b></li><li>price</li></ul><p>End</p>"},
		{"numbers", "1. a\n2. b", "1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"},
		{"a link keeps its address", "[x](https://a.example/b)", "x (https://a.example/b)", "<p>x (https://a.example/b)</p>"},
		{"html", "<h2>Pain</h2><p>It is <b>slow</b>&nbsp;now</p><ul><li>a<li>b</ul>", "Pain\nIt is slow now\n\n- a\n- b", "<p><b>Pain</b></p><p>It is <b>slow</b> now</p><ul><li>a</li><li>b</li></ul>"},
		{"unclosed and hostile", "<p>a<b>b<script>alert(1)</script><img src=x onerror=y>c", "abc", "<p>a<b>b</b><b>c</b></p>"},
		{"a lone bracket is text", "a < b", "a < b", "<p>a &lt; b</p>"},
		{"control characters go", "a\x00b\x07\xffc\r\nd", "abc\nd", "<p>abc<br>d</p>"},
		{"nothing", " \n ", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := note.Read(tt.in)
			if got := d.Plain(); got != tt.plain {
				t.Errorf("plain = %q, want %q", got, tt.plain)
			}
			if got := d.HTML(); got != tt.html {
				t.Errorf("html = %q, want %q", got, tt.html)
			}
		})
	}
}

func TestSectionsAndLists(t *testing.T) {
	if got := note.Section("Empty", nil); got != nil {
		t.Errorf("a heading over nothing: %v", got)
	}
	d := append(note.Section("Todo", note.List([]string{"a", " ", "b"})), note.Text("x\n\ny")...)
	if got, want := d.Plain(), "Todo\n- a\n- b\n\nx\n\ny"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// F-58
func TestLongTextIsCutVisibly(t *testing.T) {
	long := strings.Repeat("ä", 100)
	got, cut := note.Cut(long, 40, "[Cut here.]")
	if !cut || utf8.RuneCountInString(got) != 40 || !strings.HasSuffix(got, "ä… [Cut here.]") {
		t.Errorf("got %q", got)
	}
	if got, cut := note.Cut("short", 40, "x"); cut || got != "short" {
		t.Errorf("got %q", got)
	}
	if got, _ := note.Cut(long, 3, "[Cut here.]"); utf8.RuneCountInString(got) != 3 {
		t.Errorf("got %q", got)
	}
}

var (
	allowed = regexp.MustCompile(`^</?(b|i|p|ul|ol|li)>$|^<br>$`)
	anyTag  = regexp.MustCompile(`<[^>]*>`)
	ref     = regexp.MustCompile(`&(amp|lt|gt|quot|#39);`)
)

func FuzzNoteBody(f *testing.F) {
	for _, seed := range []string{"<p>a</p>", "# a\n- b", "a & b < c", "<ul><li>x<ol><li>y", "\x00\xff", "**a*b**_c_", "<scr<script>ipt>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		body := note.Read(text).HTML()
		if !utf8.ValidString(body) || strings.ContainsAny(body, "\n\x00\uFFFD") {
			t.Fatalf("characters that no note takes: %q", body)
		}
		var open []string
		for _, tag := range anyTag.FindAllString(body, -1) {
			switch {
			case !allowed.MatchString(tag):
				t.Fatalf("tag %q in %q", tag, body)
			case tag == "<br>":
			case tag[1] != '/':
				open = append(open, tag[1:])
			case len(open) == 0 || open[len(open)-1] != tag[2:]:
				t.Fatalf("not nested: %q", body)
			default:
				open = open[:len(open)-1]
			}
		}
		if rest := anyTag.ReplaceAllString(body, ""); len(open) > 0 || strings.ContainsAny(ref.ReplaceAllString(rest, ""), `<>&"'`) {
			t.Fatalf("not closed or not escaped: %q", body)
		}
	})
}
