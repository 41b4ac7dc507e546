// Package disk keeps a simulated org across restarts: a snapshot of every
// record and retained event, and a log of what the transactions since then left
// behind.
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

	"tidegate/simulator/bus"
	"tidegate/simulator/org"
	"tidegate/simulator/scan"
)

const (
	snapshotName = "org.jsonl"
	logName      = "log.jsonl"
	grantsName   = "grants.json"
	settingsName = "settings.json"
)

// Disk is a directory that an org is kept in. It is the org's Publisher: it
// writes each transaction down and passes it on.
type Disk struct {
	dir  string
	next org.Publisher
	// topics is the log of PushTopics and generic channels.
	topics *bus.Log

	mu  sync.Mutex
	log *os.File
	err error // first write that failed
	// logged is how many bytes of the log are whole lines, and small whether it is
	// not worth a new snapshot yet.
	logged int64
	small  bool
	buf    []byte
	// open is the transaction whose line waits for its events.
	open *org.Transaction
}

// line is one line of both files: a transaction, or a part of a snapshot.
type line struct {
	Commit int64           `json:"commit"`
	Rows   json.RawMessage `json:"rows"`
	Floor  int64           `json:"floor"` // replay id up to which nothing is retained
	Events []*bus.Event    `json:"events"`
	// Topics and TopicFloor are the same of PushTopics and generic channels.
	Topics     []*bus.Event `json:"topics,omitempty"`
	TopicFloor int64        `json:"topic_floor,omitempty"`
	// Schema is the alteration of that number.
	Schema *org.Alteration `json:"schema"`
	Number int64           `json:"number"`
	// Purge are ids that are gone for good, and the object that they were of.
	Purge  []string          `json:"purge"`
	Object string            `json:"object"`
	Issued map[string]uint64 `json:"issued"` // ids given out so far
}

// Open makes the directory where needed. Until Begin is called nothing is
// written.
func Open(dir string) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the org's directory: %w", err)
	}
	return &Disk{dir: dir}, nil
}

// PassTo names the publisher that gets every transaction after the disk. Its
// events come back through KeepEvents before it returns.
func (d *Disk) PassTo(next org.Publisher) { d.next = next }

// KeepAlso names the log of PushTopics and generic channels, which is kept beside
// the one of change events. It is called before Load.
func (d *Disk) KeepAlso(topics *bus.Log) { d.topics = topics }

func (d *Disk) path(name string) string { return filepath.Join(d.dir, name) }

// Load fills the org and its event log from the directory; false when nothing
// was kept there.
func (d *Disk) Load(o *org.Org, log *bus.Log) (bool, error) {
	snapshot, err := d.read(snapshotName, o, log, 0)
	if err != nil || snapshot == 0 {
		return false, err
	}
	if d.logged, err = d.read(logName, o, log, o.Commits()); err != nil {
		return false, err
	}
	if d.logged > 0 {
		o.RefreshFormulas()
	}
	d.small = d.logged < snapshot/4
	return true, nil
}

// read applies a file's lines; the rows of transactions up to since are known.
// It returns how many bytes they are.
func (d *Disk) read(name string, o *org.Org, log *bus.Log, since int64) (size int64, err error) {
	f, err := os.Open(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("opening the kept org: %w", err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	for n := 1; ; n++ {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			// What has no line end is a write that a kill cut short.
			return size, nil
		}
		if err != nil {
			return 0, fmt.Errorf("reading %s: %w", name, err)
		}
		if err := d.apply(o, log, text, since); err != nil {
			return 0, fmt.Errorf("reading %s line %d: %w", name, n, err)
		}
		size += int64(len(text))
	}
}

// parse reads a line. Its rows, nearly all that there is, stay undecoded.
func parse(text []byte) (l line, err error) {
	var rest []byte
	err = scan.EachMember(bytes.TrimSuffix(text, []byte("\n")), func(key, value []byte) error {
		if string(key) == "rows" {
			l.Rows = value
			return nil
		}
		if len(rest) > 0 {
			rest = append(rest, ',')
		}
		rest = append(append(append(rest, '"'), key...), `":`...)
		rest = append(rest, value...)
		return nil
	})
	if err != nil {
		return line{}, err
	}
	rows := l.Rows
	if err := json.Unmarshal(append(append([]byte{'{'}, rest...), '}'), &l); err != nil {
		return line{}, err
	}
	l.Rows = rows
	return l, nil
}

func (d *Disk) apply(o *org.Org, log *bus.Log, text []byte, since int64) error {
	l, err := parse(text)
	if err != nil {
		return err
	}
	log.Restore(l.Floor, l.Events)
	if d.topics != nil {
		d.topics.Restore(l.TopicFloor, l.Topics)
	}
	if l.Schema != nil {
		return o.RestoreSchema(l.Number, *l.Schema)
	}
	o.RestoreIssued(l.Issued)
	o.RestorePurge(l.Object, l.Purge)
	if l.Commit <= since {
		return nil
	}
	return o.Restore(l.Commit, l.Rows)
}

// Begin starts to write down what happens from now on: behind the log of the
// earlier run while that is short beside the snapshot, else after a new snapshot
// of the org and of its events. No transaction may run meanwhile.
func (d *Disk) Begin(o *org.Org, events *bus.Log) error {
	if !d.small {
		return d.compact(o, events)
	}
	if err := os.Truncate(d.path(logName), d.logged); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("taking up the log: %w", err)
	}
	return d.openLog(0)
}

func (d *Disk) compact(o *org.Org, events *bus.Log) error {
	temporary := d.path(snapshotName + ".new")
	if err := writeSnapshot(temporary, o, events, d.topics); err != nil {
		return fmt.Errorf("writing the snapshot: %w", err)
	}
	if err := os.Rename(temporary, d.path(snapshotName)); err != nil {
		return fmt.Errorf("replacing the snapshot: %w", err)
	}
	// The old log only repeats what the snapshot has, so a kill here is harmless.
	return d.openLog(os.O_TRUNC)
}

func (d *Disk) openLog(mode int) error {
	log, err := os.OpenFile(d.path(logName), os.O_CREATE|os.O_WRONLY|os.O_APPEND|mode, 0o600)
	if err != nil {
		return fmt.Errorf("beginning the log: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = log
	return nil
}

func writeSnapshot(path string, o *org.Org, events, topics *bus.Log) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	for i, a := range o.Alterations() {
		if err := json.NewEncoder(w).Encode(line{Schema: &a, Number: int64(i + 1)}); err != nil {
			return err
		}
	}
	if err := json.NewEncoder(w).Encode(line{Issued: o.Issued()}); err != nil {
		return err
	}
	if err := errors.Join(writeEvents(w, events, "floor", "events"), writeEvents(w, topics, "topic_floor", "topics")); err != nil {
		return err
	}
	commit := o.Commits()
	o.Read(func(v org.View) {
		for _, object := range o.Objects() {
			v.Scan(object.Name, func(r org.Record) bool {
				head := fmt.Appendf(nil, `{"commit":%d,"rows":[`, commit)
				_, err = w.Write(append(org.AppendImage(head, v, r), ']', '}', '\n'))
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

// writeEvents writes a line for each retained event, the floor first: a log of
// which only an end is read must not issue its ids anew.
func writeEvents(w io.Writer, log *bus.Log, floor, list string) error {
	if log == nil {
		return nil
	}
	if _, err := fmt.Fprintf(w, "{%q:%d}\n", floor, log.Floor()); err != nil {
		return err
	}
	return log.Retained(func(e *bus.Event) error {
		_, err := w.Write(append(e.AppendKept(fmt.Appendf(nil, `{%q:[`, list)), "]}\n"...))
		return err
	})
}

// Publish writes the transaction down, together with the events that it makes,
// and passes it on.
func (d *Disk) Publish(t org.Transaction) {
	d.mu.Lock()
	d.open = &t
	d.mu.Unlock()
	d.next.Publish(t)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open != nil {
		d.write(nil, 0)
	}
}

// KeepSchema writes an alteration down.
func (d *Disk) KeepSchema(n int64, a org.Alteration) {
	d.note(line{Schema: &a, Number: n})
}

// KeepPurge writes a purge down.
func (d *Disk) KeepPurge(object string, ids []string) { d.note(line{Object: object, Purge: ids}) }

func (d *Disk) note(l line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.log == nil || d.err != nil {
		return
	}
	d.err = json.NewEncoder(d.log).Encode(l)
}

// KeepEvents is the Keep of the org's event log. A transaction and its events
// are one line: a kill leaves both or neither.
func (d *Disk) KeepEvents(events []*bus.Event, floor int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.write(events, floor)
}

// KeepTopics is the Keep of the log of PushTopics and generic channels.
func (d *Disk) KeepTopics(events []*bus.Event, floor int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.log == nil || d.err != nil || len(events) == 0 && floor == 0 {
		return
	}
	d.buf = appendEvents(fmt.Appendf(d.buf[:0], `{"topic_floor":%d,"topics":[`, floor), events)
	_, d.err = d.log.Write(append(d.buf, ']', '}', '\n'))
}

func appendEvents(dst []byte, events []*bus.Event) []byte {
	for i, e := range events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.AppendKept(dst)
	}
	return dst
}

// write appends a line of the open transaction, if any, and the events. A call
// without a list of events (the floor moved) leaves the transaction open.
func (d *Disk) write(events []*bus.Event, floor int64) {
	var changes []org.Change
	var view org.View
	commit := int64(0)
	if d.open != nil && (events != nil || floor == 0) {
		commit, changes, view, d.open = d.open.Ordinal, d.open.Changes, d.open.View, nil
	}
	if d.log == nil || d.err != nil {
		return
	}
	d.buf = fmt.Appendf(d.buf[:0], `{"commit":%d,"floor":%d,"rows":[`, commit, floor)
	for _, c := range changes {
		if c.IsWildcard() {
			continue // the alteration's own line makes it again
		}
		if d.buf[len(d.buf)-1] != '[' {
			d.buf = append(d.buf, ',')
		}
		d.buf = org.AppendImage(d.buf, view, c.After)
	}
	d.buf = appendEvents(append(d.buf, `],"events":[`...), events)
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
func (d *Disk) SaveGrants(encoded []byte) error { return d.save(grantsName, encoded) }

// LoadGrants returns what SaveGrants kept, nil when there is nothing.
func (d *Disk) LoadGrants() ([]byte, error) { return d.load(grantsName) }

// SaveSettings keeps what was set up; it replaces the file in one step.
func (d *Disk) SaveSettings(encoded []byte) error { return d.save(settingsName, encoded) }

// LoadSettings returns what SaveSettings kept, nil when there is nothing.
func (d *Disk) LoadSettings() ([]byte, error) { return d.load(settingsName) }

func (d *Disk) save(name string, encoded []byte) error {
	temporary := d.path(name + ".new")
	if err := os.WriteFile(temporary, encoded, 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := os.Rename(temporary, d.path(name)); err != nil {
		return fmt.Errorf("replacing %s: %w", name, err)
	}
	return nil
}

func (d *Disk) load(name string) ([]byte, error) {
	encoded, err := os.ReadFile(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return encoded, nil
}
