// Package disk keeps a simulated org across restarts: a snapshot of every
// record and a log of what the transactions since then left behind.
package disk

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"tidegate/simulator/org"
)

const (
	snapshotName = "org.jsonl"
	logName      = "log.jsonl"
	grantsName   = "grants.json"
)

// Disk is a directory that an org is kept in. It is the org's Publisher: it
// writes each transaction down and passes it on.
type Disk struct {
	dir  string
	next org.Publisher

	mu  sync.Mutex
	log *os.File
	err error // first write that failed
	buf []byte
}

// line is one line of both files: a transaction, or a part of a snapshot.
type line struct {
	Commit int64       `json:"commit"`
	Rows   []org.Image `json:"rows"`
}

// Open makes the directory where needed. Until Compact is called nothing is
// written.
func Open(dir string, next org.Publisher) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the org's directory: %w", err)
	}
	return &Disk{dir: dir, next: next}, nil
}

func (d *Disk) path(name string) string { return filepath.Join(d.dir, name) }

// Load fills the org from the directory; false when nothing was kept there.
func (d *Disk) Load(o *org.Org) (bool, error) {
	found, err := d.read(snapshotName, o)
	if err != nil || !found {
		return false, err
	}
	if _, err := d.read(logName, o); err != nil {
		return false, err
	}
	o.RefreshFormulas()
	return true, nil
}

func (d *Disk) read(name string, o *org.Org) (bool, error) {
	f, err := os.Open(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("opening the kept org: %w", err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	for n := 1; ; n++ {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			// What has no line end is a write that a kill cut short.
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("reading %s: %w", name, err)
		}
		if err := apply(o, text); err != nil {
			return false, fmt.Errorf("reading %s line %d: %w", name, n, err)
		}
	}
}

func apply(o *org.Org, text []byte) error {
	var l line
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&l); err != nil {
		return err
	}
	return o.Restore(l.Commit, l.Rows)
}

// Compact writes a snapshot of the org and begins a new log. No transaction
// may run meanwhile.
func (d *Disk) Compact(o *org.Org) error {
	temporary := d.path(snapshotName + ".new")
	if err := writeSnapshot(temporary, o); err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	if err := os.Rename(temporary, d.path(snapshotName)); err != nil {
		return fmt.Errorf("replacing the snapshot: %w", err)
	}
	// The old log only repeats what the snapshot has, so a kill here is harmless.
	log, err := os.OpenFile(d.path(logName), os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("beginning the log: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = log
	return nil
}

func writeSnapshot(path string, o *org.Org) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	commit := o.Commits()
	o.Read(func(v org.View) {
		for _, object := range o.Objects() {
			v.Scan(object.Name, func(r org.Record) bool {
				head := fmt.Appendf(nil, `{"commit":%d,"rows":[`, commit)
				_, err = w.Write(append(org.AppendImage(head, r), ']', '}', '\n'))
				return err == nil
			})
		}
	})
	if err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

// Publish writes the transaction down and passes it on.
func (d *Disk) Publish(t org.Transaction) {
	d.append(t)
	d.next.Publish(t)
}

func (d *Disk) append(t org.Transaction) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.log == nil || d.err != nil {
		return
	}
	d.buf = fmt.Appendf(d.buf[:0], `{"commit":%d,"rows":[`, t.Ordinal)
	for i, c := range t.Changes {
		if i > 0 {
			d.buf = append(d.buf, ',')
		}
		d.buf = org.AppendImage(d.buf, c.After)
	}
	d.buf = append(d.buf, ']', '}', '\n')
	_, d.err = d.log.Write(d.buf)
}

// Close ends the log. It returns the first write that failed: from there on
// nothing was kept.
func (d *Disk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.log == nil {
		return d.err
	}
	err := errors.Join(d.err, d.log.Close())
	d.log = nil
	return err
}

// SaveGrants keeps what users have allowed; it replaces the file in one step.
func (d *Disk) SaveGrants(encoded []byte) error {
	temporary := d.path(grantsName + ".new")
	if err := os.WriteFile(temporary, encoded, 0o600); err != nil {
		return fmt.Errorf("writing the grants: %w", err)
	}
	if err := os.Rename(temporary, d.path(grantsName)); err != nil {
		return fmt.Errorf("replacing the grants: %w", err)
	}
	return nil
}

// LoadGrants returns what SaveGrants kept, nil when there is nothing.
func (d *Disk) LoadGrants() ([]byte, error) {
	encoded, err := os.ReadFile(d.path(grantsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the grants: %w", err)
	}
	return encoded, nil
}
