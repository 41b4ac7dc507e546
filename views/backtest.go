package views

// BacktestPage shows row by row what settings would have made of what was said
// lately.
type BacktestPage struct {
	Shell   Shell
	Head    Head
	Effects []Effect
	// Notice says what was not looked at.
	Notice Notice
	Shown  Segments
	List   ListPage
	// Again posts a proposal once more, for another part of the list; nil where
	// the list has addresses of its own.
	Again []BacktestForm
	// Back posts the proposal to its review.
	Back *BacktestForm
}

// BacktestForm is one button.
type BacktestForm struct {
	URL    string
	Fields []Hidden
	Button string
}
