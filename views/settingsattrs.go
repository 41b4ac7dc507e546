package views

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
