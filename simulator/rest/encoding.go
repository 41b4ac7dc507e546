package rest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"

	"tidegate/simulator/fault"
)

// worthPacking is the size in bytes from which an answer is compressed.
const worthPacking = 2 << 10

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") && strings.TrimSpace(weight) != "q=0" {
			return true
		}
	}
	return false
}

// pack compresses a body for a caller who takes it, and lets the gzip faults
// happen: promised but not done, or done but not told.
func (c *call) pack(body []byte) []byte {
	wanted := acceptsGzip(c.r)
	if c.Server != nil && wanted {
		if f, ok := due(c.org.Faults(), fault.GzipMismatch, c.r); ok {
			if f.Mode == "untold" {
				return zipped(body)
			}
			c.w.Header().Set("Content-Encoding", "gzip")
			return body
		}
	}
	if !wanted || len(body) < worthPacking {
		return body
	}
	c.w.Header().Set("Content-Encoding", "gzip")
	c.w.Header().Add("Vary", "Accept-Encoding")
	return zipped(body)
}

func zipped(body []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err == nil {
		_, err = w.Write(body)
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		return body // a buffer takes everything and the level is a known one
	}
	return out.Bytes()
}

// unpacked reads a compressed request body as it was before. Limits on the
// size count what comes out.
type unpacked struct {
	raw io.ReadCloser
	zip *gzip.Reader
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.zip == nil {
		zip, err := gzip.NewReader(u.raw)
		if err != nil {
			return 0, err
		}
		u.zip = zip
	}
	return u.zip.Read(p)
}

func (u *unpacked) Close() error { return u.raw.Close() }

// unpack lets handlers read the body of a compressed request as if it were not.
func unpack(r *http.Request) *http.Request {
	if !strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") {
		return r
	}
	r = r.Clone(r.Context())
	r.Body = &unpacked{raw: r.Body}
	r.ContentLength = -1
	return r
}
