package bulk

import (
	"strings"

	"tidegate/simulator/org"
	"tidegate/simulator/soql"
)

// format is how the lines of a job's CSV look.
type format struct {
	LineEnding      string `json:"lineEnding"`
	ColumnDelimiter string `json:"columnDelimiter"`
}

var delimiters = map[string]byte{
	"COMMA": ',', "SEMICOLON": ';', "PIPE": '|', "TAB": '\t', "CARET": '^', "BACKQUOTE": '`',
}

// fill sets the defaults and refuses unknown words.
func (f *format) fill() error {
	if f.LineEnding == "" {
		f.LineEnding = "LF"
	}
	if f.ColumnDelimiter == "" {
		f.ColumnDelimiter = "COMMA"
	}
	f.LineEnding, f.ColumnDelimiter = strings.ToUpper(f.LineEnding), strings.ToUpper(f.ColumnDelimiter)
	if f.delimiter() == 0 || f.LineEnding != "LF" && f.LineEnding != "CRLF" {
		return org.Refuse("InvalidJob", "unknown lineEnding or columnDelimiter")
	}
	return nil
}

func (f format) delimiter() byte { return delimiters[f.ColumnDelimiter] }

func (f format) end() string {
	if f.LineEnding == "CRLF" {
		return "\r\n"
	}
	return "\n"
}

// line appends a line of quoted values.
func (f format) line(dst []byte, values ...string) []byte {
	for i, v := range values {
		if i > 0 {
			dst = append(dst, f.delimiter())
		}
		dst = append(soql.AppendQuoted(append(dst, '"'), v), '"')
	}
	return append(dst, f.end()...)
}
