package views

import "strconv"

// PartForecast is the live part of the forecast.
const PartForecast = "forecast"

// ForecastPage is /forecast: one period with the ones around it.
type ForecastPage struct {
	Shell Shell
	Head  Head
	Live  Live
	// Spans chooses months or quarters.
	Spans Segments
	// Filter chooses the day, the day to compare with, and whose deals.
	Filter Filter
	// Change is nil without a day to compare with.
	Change *ForecastChange
	// Earlier and Later move the period.
	Earlier, Later Link
	Title          string // of the chart's card: "By month"
	Chart          *ForecastChart
	// Amount is what the period adds up to, Text says of what.
	Period, Amount, Text string
	Notice               Notice
	// PartsColumn heads Parts, rows of category or stage, deals and amount.
	PartsColumn string
	Parts       []Row
	Deals       ListPage
	// DealsTitle is "Deals that close in November 2026"; Foot says by which
	// settings.
	DealsTitle, DealsText, Foot string
	FootLink                    Link
}

// ForecastChange says what became of a period since an earlier day.
type ForecastChange struct {
	Title, Text, Foot string
	Amount            Cell // the difference, "▲ € 46,000"
	// Rows are cause, deals and amount; they add up to Amount.
	Rows   []Row
	Notice Notice
}

// ForecastChart is a bar for each period.
type ForecastChart struct {
	Name string
	// Legend names the layers, the surest first; an empty word is left out.
	Legend [3]string
	// Then explains the dashed line; "" = there is none.
	Then string
	Bars []ForecastBar
}

// ForecastBar is one period.
type ForecastBar struct {
	Label, Amount string // short: "Nov", "412 k"
	Words         string // whole, for screen readers
	URL           string // "" = no link
	Current       bool
	Layers        [3]int // ‰ of the chart's height, the surest first
	Then          int    // ‰, where the dashed line is
}

// layer is a rectangle of a bar; the heights below it come first.
type layer struct{ class, y, height string }

// layers stacks a bar from the ground up, in thousandths of the height.
func (b ForecastBar) layers() []layer {
	var out []layer
	top := 1000
	for i, class := range [...]string{"layer-closed", "layer-commit", "layer-rest"} {
		height := min(max(b.Layers[i], 0), top)
		top -= height
		if height > 0 {
			out = append(out, layer{class, strconv.Itoa(top), strconv.Itoa(height)})
		}
	}
	return out
}

// then is the dashed line's place from above; it keeps clear of the edges, so
// that it is drawn whole.
func (b ForecastBar) then() string { return strconv.Itoa(1000 - min(max(b.Then, 4), 996)) }

var layerClasses = [...]string{"legend-closed", "legend-commit", "legend-rest"}
