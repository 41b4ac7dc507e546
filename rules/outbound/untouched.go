package outbound

import (
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tidegate/gateway"
)

// Unmirrored reports whether records of an object are written and not mirrored:
// how one is now only the org knows.
func Unmirrored(object string) bool {
	return object == "ContentNote" || object == "ContentDocumentLink"
}

// Looked reports whether the org is asked how a record is right before it is
// deleted, so that what somebody changed stays.
func Looked(object string) bool { return Bond(object) || Unmirrored(object) }

// asMade are the values of bonds as they are made, by object and field. Others
// were chosen by somebody: an answer to an invitation, another share of a note.
var asMade = map[string]map[string][]string{
	"EventRelation":       {"Status": {"", "New"}, "Response": {""}},
	"ContentDocumentLink": {"ShareType": {"V"}},
}

// LookFields are the fields that Untouched looks at.
func LookFields(object string) []string {
	if object == "ContentNote" {
		return []string{"Title", "ContentSize", "CreatedById", "LastModifiedById"}
	}
	return append([]string{bondEnds[object]}, slices.Sorted(maps.Keys(asMade[object]))...)
}

// Untouched reports whether a record is as we made it: a bond between the same
// records, which a merge in Salesforce changes, into which nobody put anything
// since; a note of which nobody changed the title or the text. now has what the
// connected user may read of LookFields.
func Untouched(object string, wrote, now gateway.Fields) bool {
	if object == "ContentNote" {
		return noteUntouched(wrote, now)
	}
	end := bondEnds[object]
	if was, is := wrote[end], now[end]; !(gateway.RecordKey{ID: was.String()}).Local() && is != "" && is != was {
		return false
	}
	for field, values := range asMade[object] {
		if v, known := now[field]; known && !slices.Contains(values, v.String()) {
			return false
		}
	}
	return true
}

// Watched reports whether the org is asked how the record of a change is right
// before it is sent, so that what somebody changed stays: deletions, and what is
// taken back of a note.
func Watched(c gateway.Change) bool {
	switch c.Op {
	case gateway.OpDelete:
		return Looked(c.Key.Object)
	case gateway.OpUpdate:
		return Unmirrored(c.Key.Object) && c.Cause.Kind == gateway.KindUndo
	}
	return false
}

// noteUntouched goes by who changed the note last, and by its title and length
// for what the connected user himself changed by hand: a text is not read with
// the other fields. What wrote does not tell of is not looked at.
func noteUntouched(wrote, now gateway.Fields) bool {
	if now["LastModifiedById"] != now["CreatedById"] {
		return false
	}
	ours, told := wrote["Title"]
	if title, known := now["Title"]; told && known && !slices.Equal(strings.Fields(title.String()), strings.Fields(ours.String())) {
		return false
	}
	if _, told = wrote["Content"]; !told {
		return true
	}
	body, err := base64.StdEncoding.DecodeString(wrote["Content"].String())
	size, known := now["ContentSize"]
	return err == nil && (!known || size.Empty() || size.String() == strconv.Itoa(len(body)))
}

// Touched is why a record stays that was to go.
const Touched = "Somebody changed it in Salesforce since, so it stays."

// anchorOf is the field of a bond that names what it hangs on.
var anchorOf = map[string]gateway.RecordKey{
	"EventRelation": {Object: "Event", ID: "EventId"}, "TaskRelation": {Object: "Task", ID: "TaskId"},
	"ContentDocumentLink": {Object: "ContentNote", ID: "ContentDocumentId"},
}

// Anchor is the record that a bond hangs on, and goes with; the zero key for
// what is no bond. fields is what was written.
func Anchor(object string, fields gateway.Fields) gateway.RecordKey {
	at := anchorOf[object]
	at.ID = fields[at.ID].String()
	return at
}
