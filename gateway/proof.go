package gateway

import "time"

// Proof is what one cycle of comparing an object with Salesforce found: totals
// by spans of days, then the fields of every record. All counts are of this
// cycle.
type Proof struct {
	Object    string `json:"object"`
	RowsHere  int    `json:"rows_here"`  // before repairs
	RowsThere int    `json:"rows_there"` // as far as the buckets were asked for
	// Buckets are spans of days, Unequal those whose totals differed.
	Buckets int `json:"buckets"`
	Asked   int `json:"buckets_asked"`
	Unequal int `json:"buckets_unequal"`
	// Suspects are records singled out by their timestamps.
	Suspects int `json:"suspects"`
	Compared int `json:"rows_compared"` // records compared field by field
	// Records differ in a field that events carry, or in being there.
	Records int `json:"records_differing"`
	Cells   int `json:"cells_differing"`
	// Newer are those of which Salesforce has a later change than the mirror:
	// it was lost, or is on its way.
	Newer  int `json:"newer_there"`
	Absent int `json:"missing_here"`
	Gone   int `json:"missing_there"`
	Silent int `json:"formula_cells_differing"` // change without events, counted apart
	// Repaired are records that were made equal; Marked ones are read again by
	// the process that holds the stream.
	Repaired int `json:"repaired"`
	Marked   int `json:"marked"`
	Calls    int `json:"calls"`
	// Waits says why the org's API calls allowed no more in this run.
	Waits string `json:"waits,omitempty"`
	// Fields are compared value by value; of these, Summed are added up as well
	// and Sampled change without events, so they are equal only as of the
	// moment in which they were read.
	Fields  int `json:"fields"`
	Summed  int `json:"fields_summed"`
	Sampled int `json:"fields_sampled"`
	// Covered is the part of the rows that was compared field by field, 0 to 1.
	Covered float64 `json:"covered"`
	// Equal: everything was looked at, and nothing differed.
	Equal   bool      `json:"equal"`
	BegunAt time.Time `json:"begun_at"`
	// AsOf is when the last record was compared; zero while the cycle runs.
	AsOf time.Time `json:"as_of"`

	// Totalled and Place are how far a cycle came that runs by itself: the
	// totals are compared, and the fields of the records up to this id.
	Totalled bool   `json:"totalled,omitempty"`
	Place    string `json:"place,omitempty"`
}

// Whole reports whether every bucket and every record was looked at.
func (p Proof) Whole() bool { return p.Asked == p.Buckets && p.Covered >= 1 }

// Settled reports whether the object was equal once what differed had been
// repaired, so that it may be called equal as of then.
func (p Proof) Settled() bool { return p.Whole() && p.Open() == 0 }

// Proven is the part of all values that was shown to be equal, 0 to 1. Values
// that change without an event count as not covered: they were equal when they
// were read, and may have moved since.
func (p Proof) Proven() float64 {
	if p.Fields == 0 {
		return p.Covered
	}
	return p.Covered * float64(p.Fields-p.Sampled) / float64(p.Fields)
}

// Progress is the part of the rows that a cycle under way has compared, 0 to 1.
func (p Proof) Progress() float64 {
	if p.RowsHere == 0 {
		return 0
	}
	return min(1, float64(p.Compared)/float64(p.RowsHere))
}

// Open is how many records still differ: neither repaired nor marked.
func (p Proof) Open() int { return max(p.Records-p.Repaired-p.Marked, 0) }

// ProofStatus is where the comparison of one object stands.
type ProofStatus struct {
	Object string
	// Last is the newest cycle that looked at everything; its AsOf is zero
	// before the first.
	Last Proof
	// Running is the cycle under way; its BegunAt is zero when there is none.
	Running Proof
	// RequestedAt is when a person asked for a cycle that is not finished yet.
	RequestedAt time.Time
	// Problem is why the last slice failed, one sentence; "" when it did not.
	Problem   string
	UpdatedAt time.Time // when anything of this was last written
}
