package effect

import (
	"time"

	"tidegate/gateway"
)

// Progress is how far the planning of things anew is.
type Progress struct {
	Share float64       // 0 to 1, of what there was when it began; -1 = not known
	Rate  float64       // things a second since it began or last went on; 0 = not known
	Left  time.Duration // at that rate; 0 = not known
}

// ProgressOf counts the rate from when a replan began or was resumed, so that a
// pause does not slow it down.
func ProgressOf(r gateway.Replan) Progress {
	p := Progress{Share: -1}
	if spent := r.UpdatedAt.Sub(r.ResumedAt); spent > 0 && r.Running() {
		p.Rate = float64(r.Looked-r.ResumedLooked) / spent.Seconds()
	}
	if r.Total <= 0 {
		return p
	}
	p.Share = min(1, float64(r.Looked)/float64(r.Total))
	if left := r.Total - r.Looked; p.Rate > 0 && left > 0 {
		p.Left = time.Duration(float64(left) / p.Rate * float64(time.Second))
	}
	return p
}
