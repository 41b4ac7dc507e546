package gateway

// ReplayID is an opaque place in a channel. It is stored and sent back, never
// compared or computed. Empty means that no position is known.
type ReplayID string

// ChangeType is the kind of an observed change.
type ChangeType string

// The change types of Change Data Capture. Snapshot marks a whole record read
// by query (backfill, poll, refetch).
const (
	Create      ChangeType = "CREATE"
	Update      ChangeType = "UPDATE"
	Delete      ChangeType = "DELETE"
	Undelete    ChangeType = "UNDELETE"
	GapCreate   ChangeType = "GAP_CREATE"
	GapUpdate   ChangeType = "GAP_UPDATE"
	GapDelete   ChangeType = "GAP_DELETE"
	GapUndelete ChangeType = "GAP_UNDELETE"
	GapOverflow ChangeType = "GAP_OVERFLOW"
	Snapshot    ChangeType = "SNAPSHOT"
)

// ChangeEvent is one change as a source observed it, decoded and flattened:
// the same shape whether it came by websocket, long-polling, poll, backfill
// or refetch.
type ChangeEvent struct {
	Object    string   // sObject API name, not the event's name
	RecordIDs []string // 18-character ids; "001*" and the dummy id occur
	Type      ChangeType
	// Fields holds exactly the fields that the change states; a field set to
	// empty is Null. For Create, Undelete and Snapshot a field that is absent
	// is empty in Salesforce too.
	Fields  Fields
	Version Version
	// SeenVersion is set on readings (Snapshot, and Delete without commit
	// number): the version that the mirror held before the reading began. While
	// the record is still at it, the reading is surely the newer of the two,
	// whatever the clocks say. Zero = not known, or the record was not here.
	SeenVersion    Version
	TransactionKey string
	User           string // commitUser
	Origin         string // changeOrigin verbatim, "" when Salesforce gives none; OriginHook
	ReplayID       ReplayID
	// Refetch asks for the record to be read whole, with the reason, because
	// the event cannot be applied as it stands (a text diff, say).
	Refetch string
}

// IsGap reports whether the event only says that something changed.
func (t ChangeType) IsGap() bool {
	switch t {
	case GapCreate, GapUpdate, GapDelete, GapUndelete, GapOverflow:
		return true
	}
	return false
}

// Whole reports whether an absent field means an empty one.
func (t ChangeType) Whole() bool { return t == Create || t == Undelete || t == Snapshot }

// Batch is what one answer of a source carried: the events in order, what
// could not be read, and the position after the last of them.
type Batch struct {
	Events     []ChangeEvent
	Unreadable []Quarantined
	Position   ReplayID // "" when the source has none (backfill, poll)
}

// Quarantined is an event that could not be read, kept raw so that nothing is
// lost and somebody can see it.
type Quarantined struct {
	ID       int64
	Channel  string
	ReplayID ReplayID
	Raw      []byte
	Reason   string
	Object   string // "" when not even that could be read
	RecordID string
	// RecordIDs are all that could be read of a merged event. Only the first,
	// RecordID, is stored: the others are read again like it.
	RecordIDs []string
}
