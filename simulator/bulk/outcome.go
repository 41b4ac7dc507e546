package bulk

import (
	"net/http"
	"slices"
	"strconv"
)

// outcome is one of the three result files of an ingest job.
type outcome int

const (
	succeeded outcome = iota
	failed
	unprocessed
)

func outcomeOf(which outcome) func(*Jobs, Call) error {
	return func(j *Jobs, c Call) error { return j.outcome(c, which) }
}

// outcome writes the lines of the upload that came to the given end, before
// each what became of it. They are not in the order of the upload, as on the
// platform.
func (j *Jobs) outcome(c Call, which outcome) error {
	one, told, err := j.find(c, false)
	if err != nil {
		return err
	}
	if !told.over() {
		return badState("The job is " + told.State + ", its results are not available")
	}
	j.mu.Lock()
	header, rows, data := one.ingest.header, slices.Clone(one.ingest.rows), one.ingest.data
	j.mu.Unlock()
	form := format{told.LineEnding, told.ColumnDelimiter}
	c.W.Header().Set("Content-Type", "text/csv")
	c.W.WriteHeader(http.StatusOK)
	if which == unprocessed {
		_, _ = c.W.Write(form.rest(one, header, rows, data)) // the reader may have left
		return nil
	}
	second := map[outcome]string{succeeded: "sf__Created", failed: "sf__Error"}[which]
	buf := form.line(nil, append([]string{"sf__Id", second}, header...)...)
	for i := len(rows) - 1; i >= 0; i-- {
		r := rows[i]
		if (r.failure != "") != (which == failed) {
			continue
		}
		said := strconv.FormatBool(r.created)
		if which == failed {
			said = r.failure
		}
		values, _ := one.reader(data[r.from:r.to]).Read() // it was read before
		buf = form.line(buf, append([]string{r.id, said}, values...)...)
		if len(buf) > 1<<16 {
			if _, err := c.W.Write(buf); err != nil {
				return nil // the reader left
			}
			buf = buf[:0]
		}
	}
	_, _ = c.W.Write(buf) // the reader may have left
	return nil
}

// rest is the header and every line that was not reached.
func (f format) rest(one *job, header []string, rows []row, data []byte) []byte {
	var buf []byte
	r := one.reader(data)
	if header == nil {
		return append(buf, data...)
	}
	buf = f.line(buf, header...)
	if _, err := r.Read(); err != nil {
		return buf
	}
	from := int(r.InputOffset())
	if len(rows) > 0 {
		from = rows[len(rows)-1].to
	}
	return append(buf, data[from:]...)
}
