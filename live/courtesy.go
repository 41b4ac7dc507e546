package live

import (
	"sync/atomic"
	"time"
)

// Courtesy lets people go first. Whoever answers a person's reading says so by
// Enter; work that nobody waits for calls Give between its steps, which take a
// millisecond or two. The zero value is ready to use, and nil is nobody.
type Courtesy struct {
	reading atomic.Int64
	last    atomic.Int64 // when somebody last entered or left, Unix nanoseconds
}

const (
	// presence is how long after a reading another one is likely.
	presence = 2 * time.Second
	// glance lets a reading that has arrived be noticed: while all processors
	// compute, Go looks at the network every ten milliseconds only.
	glance = 20 * time.Microsecond
	// yielding bounds what one step gives: many people slow the work down, and
	// cannot stop it.
	yielding = 2 * time.Millisecond
)

// Enter begins the answering of a reading, until leave is called.
func (c *Courtesy) Enter() (leave func()) {
	if c == nil {
		return func() {}
	}
	c.reading.Add(1)
	c.last.Store(time.Now().UnixNano())
	return func() {
		c.last.Store(time.Now().UnixNano())
		c.reading.Add(-1)
	}
}

// Give lets go of the processor where somebody was here lately, and waits a
// moment while somebody is being answered. It returns at once where nobody is.
func (c *Courtesy) Give() {
	if c == nil {
		return
	}
	began := time.Now()
	if c.reading.Load() == 0 && began.Sub(time.Unix(0, c.last.Load())) > presence {
		return
	}
	for pause := glance; ; pause = 10 * glance {
		time.Sleep(pause)
		if c.reading.Load() == 0 || time.Since(began) > yielding {
			return
		}
	}
}
