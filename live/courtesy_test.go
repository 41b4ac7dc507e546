package live

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestF73WorkGivesWayToReadingsForAMoment: not at all where nobody is, until the
// answer is given where somebody is, and never for long.
func TestF73WorkGivesWayToReadingsForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Courtesy
		gives := func() time.Duration {
			began := time.Now()
			c.Give()
			return time.Since(began)
		}
		if d := gives(); d != 0 {
			t.Errorf("with nobody here it gives %v", d)
		}
		leave := c.Enter()
		long := gives()
		if long < time.Millisecond || long > 5*time.Millisecond {
			t.Errorf("to an answer that takes long it gives %v", long)
		}
		time.AfterFunc(500*time.Microsecond, leave)
		if d := gives(); d < 500*time.Microsecond || d >= long {
			t.Errorf("to one that takes 500 µs it gives %v", d)
		}
		if d := gives(); d == 0 || d > 100*time.Microsecond {
			t.Errorf("to the next one, which may come, it gives %v", d)
		}
		time.Sleep(time.Minute)
		if d := gives(); d != 0 {
			t.Errorf("a minute later it gives %v", d)
		}
		var nobody *Courtesy
		nobody.Enter()()
		nobody.Give()
	})
}
