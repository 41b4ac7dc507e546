package handlers

import (
	"strings"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
	"tidegate/views"
)

// bondWords is what a record that only relates two others is, to a reader.
var bondWords = map[string]string{"ContentDocumentLink": "Note link", "EventRelation": "Participant", "TaskRelation": "Participant"}

// objectWords is what people call the records of an object.
func (v *visit) objectWords(object string) string {
	switch {
	case bondWords[object] != "":
		return bondWords[object]
	case object == "ContentNote":
		return "Note"
	case object == "EmailMessage":
		return "E-mail"
	case strings.HasSuffix(object, "__c"):
		if s, err := v.schema(object); err == nil && s.Label != "" {
			return s.Label
		}
	}
	return object
}

// writesNamed bounds how far back the title of a note is looked for.
const writesNamed = 1000

// noteName is the title of a note that was written last: it is not mirrored.
func (v *visit) noteName(key gateway.RecordKey) (title string, err error) {
	err = v.ws.Written(v.UserContext(), key, writesNamed, func(was gateway.LogEntry) bool {
		title = was.Fields["Title"].String()
		return title == ""
	})
	return title, err
}

// bondName names a link or a relation by what it reaches to.
func (v *visit) bondName(key gateway.RecordKey) string {
	to := ""
	err := v.ws.Written(v.UserContext(), key, writesNamed, func(was gateway.LogEntry) bool {
		to = bondEnd(was)
		return to == ""
	})
	if err != nil || len(to) < 3 || bondKinds[to[:3]] == "" {
		return bondWords[key.Object] + " " + key.ID
	}
	return bondWords[key.Object] + ": " + v.labelOfRecord(gateway.RecordKey{Object: bondKinds[to[:3]], ID: to})
}

// bondKinds are the objects that a bond reaches to, by the first characters of
// their ids, which are the same in every org.
var bondKinds = map[string]string{"001": "Account", "003": "Contact", "005": "User", "006": "Opportunity", "00Q": "Lead"}

// bondEnds returns what the links and relations among lines reach to, by id: they
// have no name of their own, and go by that one's. Notes that lines name by their
// id alone are among them.
func (v *visit) bondEnds(lines ...store.LogLine) (map[string]gateway.Record, error) {
	var keys []gateway.RecordKey
	notes := map[string]gateway.Record{}
	for _, line := range lines {
		e := line.Entry
		if _, asked := notes[e.Key.ID]; !asked && e.Key.Object == "ContentNote" && nameless(e.Key, e.Label) {
			title, err := v.noteName(e.Key)
			if err != nil {
				return nil, err
			}
			notes[e.Key.ID] = gateway.Record{Key: e.Key, Fields: gateway.Fields{"Title": gateway.Text(title)}}
		}
		if id := bondEnd(e); len(id) > 3 && bondKinds[id[:3]] != "" {
			keys = append(keys, gateway.RecordKey{Object: bondKinds[id[:3]], ID: id})
		}
	}
	if keys == nil {
		return notes, nil
	}
	found, err := v.ws.RecordsOf(v.UserContext(), keys)
	ends := notes
	for key, r := range found {
		ends[key.ID] = r
	}
	return ends, err
}

// bondEnd is the id of what a written bond reaches to, "" for any other write. One
// that was taken away says it in what it held.
func bondEnd(e gateway.LogEntry) string {
	field := outbound.BondEnd(e.Key.Object)
	if id := e.Fields[field].String(); id != "" || field == "" {
		return id
	}
	return e.Before[field].String()
}

// nameBond lets a row of a bond go by what it reaches to.
func nameBond(row *views.LogRow, e gateway.LogEntry, ends map[string]gateway.Record) {
	if bondWords[e.Key.Object] == "" {
		return
	}
	row.RecordType = bondWords[e.Key.Object]
	if r, here := ends[bondEnd(e)]; here && nameless(e.Key, e.Label) {
		row.Record, row.RecordURL, row.RecordType = r.Label(), recordURL(r.Key), row.RecordType+", "+r.Key.Object
		row.Kind = squareOf(r.Key.Object)
	}
}
