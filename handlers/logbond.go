package handlers

import (
	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
	"tidegate/views"
)

// bondWords is what a record that only relates two others is, to a reader.
var bondWords = map[string]string{"ContentDocumentLink": "Note link", "EventRelation": "Participant", "TaskRelation": "Participant"}

// bondKinds are the objects that a bond reaches to, by the first characters of
// their ids, which are the same in every org.
var bondKinds = map[string]string{"001": "Account", "003": "Contact", "006": "Opportunity", "00Q": "Lead"}

// bondEnds returns what the links and relations among lines reach to, by id: they
// have no name of their own, and go by that one's.
func (v *visit) bondEnds(lines ...store.LogLine) (map[string]gateway.Record, error) {
	var keys []gateway.RecordKey
	for _, line := range lines {
		if id := bondEnd(line.Entry); len(id) > 3 && bondKinds[id[:3]] != "" {
			keys = append(keys, gateway.RecordKey{Object: bondKinds[id[:3]], ID: id})
		}
	}
	if keys == nil {
		return nil, nil
	}
	found, err := v.ws.RecordsOf(v.UserContext(), keys)
	ends := make(map[string]gateway.Record, len(found))
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
