package cdc

import (
	"strconv"

	"tidegate/simulator/bus"
	"tidegate/simulator/org"
)

// message is a platform event as the log keeps it. Unlike a change event it has
// no header, and names the empty fields too.
func (p *Publisher) message(t *org.Transaction, m *org.EventMessage) bus.Message {
	pl := p.plan(m.Object())
	payload := pl.whole(m.Record)
	return bus.Message{Object: m.Object().Name, Commit: t.CommitNumber, UUID: m.UUID, Encode: func(id int64) []byte {
		b := append([]byte(`{"schema":"`), pl.schema...)
		b = append(append(b, `","payload":`...), payload...)
		b = strconv.AppendInt(append(b, `,"event":{"replayId":`...), id, 10)
		return append(org.AppendString(append(b, `,"EventUuid":`...), m.UUID), `}}`...)
	}}
}

// whole is every field of a record as a JSON object.
func (p *plan) whole(r org.Record) []byte {
	b := []byte{'{'}
	for i := range p.entries {
		e := &p.entries[i]
		b = append(appendValue(appendKey(b, e.name), r.At(e.parts[0].at)), ',')
	}
	b[len(b)-1] = '}'
	return b
}
