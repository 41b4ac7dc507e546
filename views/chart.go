package views

import (
	"math"
	"strconv"
)

// Geometry of the flow chart in its own units; the picture scales with its card.
const (
	chartWidth   = 640.0
	chartLeft    = 44.0
	chartTop     = 8.0
	chartHeight  = 210.0 // both halves together
	failedRoom   = 30.0
	labelRoom    = 22.0
	maxBarWidth  = 14.0
	labelsAtMost = 6
)

type flowPlot struct {
	viewBox, left, right, axis, zero string
	failedY, labelY                  string
	grid                             []gridLine
	bars                             []flowBar
}

type gridLine struct{ y, textY, text string }

type flowBar struct {
	x, width, middle               string
	inY, inHeight, outY, outHeight string
	failed, cross, label           string
}

// drawFlow places the bars: in above the zero line, out below it, on one scale,
// so that heights may be compared across the line.
func drawFlow(bars []FlowBar) flowPlot {
	up, down := 1, 1
	for _, b := range bars {
		up, down = max(up, b.In), max(down, b.Out)
	}
	step := niceStep(max(up, down))
	scale := chartHeight / float64(up+down)
	zero := chartTop + float64(up)*scale
	floor := chartTop + chartHeight
	p := flowPlot{
		viewBox: "0 0 " + num(chartWidth) + " " + num(floor+failedRoom+labelRoom),
		left:    num(chartLeft), right: num(chartWidth), axis: num(chartLeft - 8), zero: num(zero),
		failedY: num(floor + failedRoom - 4), labelY: num(floor + failedRoom + labelRoom - 6),
	}
	for v := up / step * step; v >= -down; v -= step {
		y := zero - float64(v)*scale
		p.grid = append(p.grid, gridLine{num(y), num(y + 4), thousands(abs(v))})
	}
	for i, b := range bars {
		p.bars = append(p.bars, drawBar(b, i, len(bars), zero, scale, floor))
	}
	return p
}

func drawBar(b FlowBar, i, n int, zero, scale, floor float64) flowBar {
	slot := (chartWidth - chartLeft) / float64(n)
	width := math.Min(slot*0.8, maxBarWidth)
	x := chartLeft + slot*float64(i) + (slot-width)/2
	in, out := float64(b.In)*scale, float64(b.Out)*scale
	bar := flowBar{
		x: num(x), width: num(width), middle: num(x + width/2),
		inY: num(zero - in), inHeight: num(in), outY: num(zero), outHeight: num(out),
	}
	if b.Failed > 0 {
		bar.failed = thousands(b.Failed)
		bar.cross = cross(x+width/2, floor+10)
	}
	if every := (n + labelsAtMost - 1) / labelsAtMost; i%max(every, 1) == 0 {
		bar.label = b.Label
	}
	return bar
}

func cross(x, y float64) string {
	const r = 4
	return "M" + num(x-r) + " " + num(y-r) + "L" + num(x+r) + " " + num(y+r) +
		"M" + num(x+r) + " " + num(y-r) + "L" + num(x-r) + " " + num(y+r)
}

// niceStep is the largest of 1, 2 or 5 times a power of ten that still draws
// two lines above or below zero, on the side that has more.
func niceStep(largest int) int {
	raw := float64(largest) / 2
	if raw < 1 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{5, 2} {
		if m*power <= raw {
			return int(m * power)
		}
	}
	return int(power)
}

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}

// num writes a coordinate with at most one decimal.
func num(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// thousands groups digits by commas, as every number of the pages.
func thousands(v int) string {
	s := strconv.Itoa(v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// perMille clamps a share to what the bar can show.
func perMille(share int) string { return strconv.Itoa(min(max(share, 0), 1000)) }

func transportIcon(polled bool) string {
	if polled {
		return IconAgain
	}
	return IconStream
}

func isZero(text string) bool { return text == "0" || text == "" }

func hasActions(objects []HealthObject) bool {
	for _, o := range objects {
		if o.Action.URL != "" || o.Action.Closed != "" || o.Pause.URL != "" {
			return true
		}
	}
	return false
}
