package views

import (
	"strings"

	"github.com/a-h/templ"
)

func buttonClass(a Action) string {
	style := firstOf(a.Style, "neutral")
	return classes("button slds-button slds-button_"+style, true, "button-small", a.Small)
}

func noticeIcon(t Tone) string {
	switch t {
	case Good:
		return IconOK
	case Attention, Bad:
		return IconWarning
	}
	return IconInfo
}

func checkTone(c Check) Tone {
	switch {
	case c.Warn:
		return Attention
	case c.Pass:
		return Good
	}
	return Bad
}

func checkIcon(c Check) string {
	switch checkTone(c) {
	case Attention:
		return IconWarning
	case Good:
		return IconCheck
	}
	return IconCross
}

func checkWord(c Check) string {
	switch checkTone(c) {
	case Attention:
		return "Limited:"
	case Good:
		return "Passed:"
	}
	return "Failed:"
}

// streamAttrs opens the page's event stream. Named events are only dispatched,
// nothing is swapped by the stream itself.
func streamAttrs(s Shell) templ.Attributes {
	url := s.StreamURL
	if s.Since != "" {
		separator := "?"
		if strings.Contains(url, "?") {
			separator = "&"
		}
		url += separator + "since=" + s.Since
	}
	return templ.Attributes{"hx-sse:connect": url, "hx-swap": "none", "hidden": true}
}

// inPlace follows a link of the details card without leaving the page; without
// a script it is the same link to the same address. It swaps and does not morph:
// morphs leave an open form alone (hx-morph-skip), and this one must close it.
func inPlace(url string) templ.Attributes {
	return templ.Attributes{"hx-get": url, "hx-target": "#" + PartDetails, "hx-select": "#" + PartDetails, "hx-swap": "outerHTML", "hx-push-url": "true"}
}

// inPlacePost saves a detail in place; the answer may be a redirect to the page,
// the page itself, or the details alone. Once saved the address is that of the
// closed form again; a refused form (422) keeps its own.
func inPlacePost(f *DetailForm) templ.Attributes {
	return templ.Attributes{
		"hx-post": f.URL, "hx-target": "#" + PartDetails, "hx-select": "#" + PartDetails, "hx-swap": "outerHTML",
		"hx-push-url": f.CancelURL, "hx-status:422": "push:false",
	}
}

// dialogAttrs fetches the page behind a button into the dialog of the shell;
// without a script the button is a link to that page.
func dialogAttrs(a Action) templ.Attributes {
	if !a.Dialog {
		return nil
	}
	return templ.Attributes{"data-dialog": true, "hx-get": a.URL, "hx-target": "#dialog-slot", "hx-select": "#dialog-body", "hx-swap": "innerHTML"}
}
