package inbound

import "tidegate/gateway"

// Meet weighs a waiting change against the record as the mirror holds it, by
// the rules for a change that arrives: for one that comes to the record from
// another, which Salesforce converted or merged into it. Of the decision only
// Pending and Conflicts count.
func Meet(in Input) Decision {
	in.Event = gateway.ChangeEvent{
		Object: in.Current.Key.Object, RecordIDs: []string{in.Current.Key.ID}, Type: gateway.Snapshot,
		Fields: in.Current.Fields, Version: in.Current.Version,
	}
	in.RecordID = in.Current.Key.ID
	d := in.decision(gateway.OutcomeUnchanged, "")
	in.mergePending(&d, in.Current.Fields)
	return d
}
