package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// LocalPrefix begins the id of a record that Salesforce has not numbered yet.
const LocalPrefix = "local:"

// Writing is one record of Salesforce that something said here has become or
// was not allowed to become: the Event of a meeting, its note, one of the
// note's links. There is one row for each part, so that a meeting that is sent
// again finds what it wrote before.
type Writing struct {
	Kind       string // KindMeeting …
	ExternalID string
	Part       string // "event", "task", "note", "action:1" …
	// Key is the record; its ID begins with LocalPrefix until Salesforce gave
	// one, and is "" where nothing was ever written.
	Key     RecordKey
	Wanted  Fields // as last planned: only what differs from it is written again
	Reason  string // why it is written, in words
	Omitted string // why it is not, or not any more; "" when it is
	LogID   int64  // the sync-log line that tells of it, 0 when none does
	At      time.Time
}

// Local reports whether Salesforce has not numbered the record yet.
func (k RecordKey) Local() bool {
	return len(k.ID) >= len(LocalPrefix) && k.ID[:len(LocalPrefix)] == LocalPrefix
}

// localLength is what a local id has at most; it must fit into an external id
// field of 255 characters.
const localLength = 240

// LocalID returns the id of a part before Salesforce numbers it. The same
// thing always gets the same id, and two workspaces never share one, because
// they may write into the same org.
func LocalID(ws WorkspaceID, kind, externalID, part string) string {
	id := LocalPrefix + string(ws) + "/" + kind + "/" + externalID + "/" + part
	if len(id) <= localLength {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return LocalPrefix + kind + "/" + hex.EncodeToString(sum[:])
}

// Marker returns the trace that a created record carries in a text of its own,
// where the object has no external id field: after a lost answer the org is
// asked for it.
func Marker(localID string) string {
	sum := sha256.Sum256([]byte(localID))
	return "tg-" + hex.EncodeToString(sum[:5])
}
