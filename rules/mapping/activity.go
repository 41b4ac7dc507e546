package mapping

import "tidegate/gateway"

// ActivityTarget answers whether activities can go to an object instead of
// Lead and Contact: it has a phone field, can be searched, allows activities
// and tracks its feed (AVC-12 to AVC-15). The cells are in that order.
func ActivityTarget(s gateway.Schema) (ok bool, cells [4]Cell, reason string) {
	phones := PhoneFields(s)
	cells = [4]Cell{
		{"Does it have a searchable phone field?", len(phones) > 0, "Add a field of the type Phone to " + s.Object + " in Setup, Object Manager, Fields & Relationships."},
		{"Can it be searched?", s.Searchable, "Switch “Allow Search” on in Setup, Object Manager, " + s.Object + ", Edit."},
		{"Does it allow activities?", s.Activities, "Switch “Allow Activities” on in Setup, Object Manager, " + s.Object + ", Edit."},
		{"Is its feed tracked?", s.FeedEnabled, "Switch feed tracking on in Setup, Feed Tracking, " + s.Object + "."},
	}
	for i := range cells {
		if cells[i].Pass {
			cells[i].Why = "Salesforce says so."
		} else if reason == "" {
			reason = cells[i].Why
		}
	}
	return reason == "", cells, reason
}

// PhoneFields returns the fields by which records of an object can be found by
// phone (AVC-18): those of the type Phone, if the object can be searched.
func PhoneFields(s gateway.Schema) []gateway.Field {
	var out []gateway.Field
	for _, f := range s.Fields {
		if f.Type == gateway.TypePhone && !f.Calculated {
			out = append(out, f)
		}
	}
	return out
}
