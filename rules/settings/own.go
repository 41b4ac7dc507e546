package settings

import (
	"slices"

	"tidegate/gateway"
)

// OwnValues counts the members who have values of their own, by what a change
// of the organization's Notes settings comes to for them. At most one of the
// three is not 0.
type OwnValues struct {
	Kept  int // the change does nothing for them: their own hold before and after
	Aside int // theirs held, and are set aside by the lock (AVM-09)
	Back  int // theirs were set aside, and hold again
}

// Own says what a change of the organization's settings comes to for members
// with own rows of the Notes tab. What belongs to the organization alone, the
// pilot group, holds for everybody and is not looked at. It fails only when a
// saved body is unreadable.
func Own(from, to gateway.Settings, own []gateway.SettingRow) (OwnValues, error) {
	switch {
	case !from.Notes.Locked && to.Notes.Locked:
		return OwnValues{Aside: len(own)}, nil
	case from.Notes.Locked && !to.Notes.Locked:
		return OwnValues{Back: len(own)}, nil
	case from.Notes.Locked || sameNotes(from, to):
		return OwnValues{}, nil
	}
	var out OwnValues
	for _, row := range own {
		rows := Rows{gateway.TabNotes: row}
		before, err := ForMember(from, rows)
		if err != nil {
			return OwnValues{}, err
		}
		after, err := ForMember(to, rows)
		if err != nil {
			return OwnValues{}, err
		}
		if sameNotes(before, after) {
			out.Kept++
		}
	}
	return out, nil
}

// sameNotes reports whether what was said goes to the same places.
func sameNotes(a, b gateway.Settings) bool {
	return a.Notes.AutoEvents == b.Notes.AutoEvents && slices.Equal(a.Notes.MeetingNotes, b.Notes.MeetingNotes) && slices.Equal(a.Notes.CallNotes, b.Notes.CallNotes)
}
