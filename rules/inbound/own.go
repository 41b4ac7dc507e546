package inbound

import "tidegate/gateway"

// ownMark stands among the fields of a record that was deleted from here until
// the stream tells of it. No reading and no event carries a field of this name.
const ownMark = "IsDeleted"

// Gone is the tombstone of a record that our own write has just deleted. Its
// version stays that of the newest change seen: the deletion has one of its own,
// which the stream brings.
func Gone(r gateway.Record) gateway.Record {
	r.Deleted, r.Fields = true, r.Fields.Overlay(gateway.Fields{ownMark: gateway.Bool(true)})
	return r
}

// goneHere reports whether the record was deleted from here and the stream has
// not told of it yet.
func goneHere(r gateway.Record) bool { return r.Deleted && r.Fields[ownMark].Known() }

// staysGone tells an update that was made before our deletion and comes after
// it: it brings nobody back (F-47). What became of the record is read, all the
// same.
func (in Input) staysGone(was gateway.Record) bool {
	return goneHere(was) && in.Event.Type == gateway.Update
}
