package views

import "github.com/a-h/templ"

// previewAttrs makes a button fetch its card anew whenever the form around it
// changes; without a script the button sends the form to the same address.
func previewAttrs(url, card string) templ.Attributes {
	return templ.Attributes{
		"hx-post": url, "hx-trigger": `click, change from:"closest form"`, "hx-target": "#" + card, "hx-select": "#" + card, "hx-swap": "outerHTML",
	}
}

// noteSwitches are the lock, where the level has one, and the Event switch.
func noteSwitches(p NotesPage) []Switch {
	var list []Switch
	if p.Lock != nil {
		list = append(list, *p.Lock)
	}
	if p.AutoEvent.Name != "" {
		list = append(list, p.AutoEvent)
	}
	return list
}

func gateIcon(ok bool) string {
	if ok {
		return IconCheck
	}
	return IconCross
}

func accessIcon(canEdit bool) string {
	if canEdit {
		return IconEdit
	}
	return IconLock
}

func directionIcon(direction string) string {
	switch direction {
	case DirectionIn:
		return IconLeft
	case DirectionOut:
		return IconRight
	case DirectionBoth:
		return IconBoth
	}
	return ""
}

// directionWord is spelled as the feature list spells it.
func directionWord(direction string) string {
	switch direction {
	case DirectionIn:
		return "Inbound"
	case DirectionOut:
		return "Outbound"
	case DirectionBoth:
		return "Bidirectional"
	}
	return "None"
}
