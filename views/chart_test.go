package views

import (
	"strings"
	"testing"
)

func TestNiceStepDrawsAtLeastTwoLines(t *testing.T) {
	tests := map[int]int{0: 1, 1: 1, 2: 1, 3: 1, 4: 2, 9: 2, 10: 5, 99: 20, 1046: 500, 20_000: 10_000}
	for largest, want := range tests {
		if got := niceStep(largest); got != want {
			t.Errorf("niceStep(%d) = %d, want %d", largest, got, want)
		}
	}
}

func TestFlowChartHoldsAnyNumbers(t *testing.T) {
	tests := []struct {
		name string
		bars []FlowBar
	}{
		{"no bars", nil},
		{"all zero", []FlowBar{{Label: "14:30"}}},
		{"only out", []FlowBar{{Label: "14:30", Out: 7}}},
		{"one tall bar", []FlowBar{{In: 1_000_000}, {In: 1}}},
		{"many bars", make([]FlowBar, 500)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := drawFlow(tt.bars)
			if len(p.bars) != len(tt.bars) || len(p.grid) == 0 || len(p.grid) > 12 {
				t.Errorf("%d bars, %d lines", len(p.bars), len(p.grid))
			}
			html := render(t, flow(&Flow{Bars: tt.bars}))
			for _, bad := range []string{"NaN", "Inf", `height="-`} {
				if strings.Contains(html, bad) {
					t.Errorf("the chart holds %s", bad)
				}
			}
		})
	}
}

func TestBarsOfOneScaleMeetAtZero(t *testing.T) {
	p := drawFlow([]FlowBar{{In: 100, Out: 50, Failed: 2}, {In: 50, Out: 100}})
	a, b := p.bars[0], p.bars[1]
	if a.inHeight != b.outHeight || a.outHeight != b.inHeight || a.outY != p.zero || b.outY != p.zero {
		t.Errorf("scales differ: %+v %+v", a, b)
	}
	if a.failed != "2" || a.cross == "" || b.failed != "" {
		t.Errorf("failed marks: %q %q", a.failed, b.failed)
	}
}

func TestThousandsAreGrouped(t *testing.T) {
	for in, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := thousands(in); got != want {
			t.Errorf("thousands(%d) = %s, want %s", in, got, want)
		}
	}
}
