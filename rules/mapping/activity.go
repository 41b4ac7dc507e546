package mapping

import "tidegate/gateway"

// ActivityTarget answers whether activities can go to an object instead of
// Lead and Contact: it has a phone field, can be searched, allows activities
// and tracks its feed (AVC-12 to AVC-15). The cells are in that order.
func ActivityTarget(s gateway.Schema) (ok bool, cells [4]Cell, reason string) {
	phones := PhoneFields(s)
	cells = [4]Cell{
		{"Does it have a searchable phone field?", len(phones) > 0, "Add a field of the type Phone to " + s.Object + " in Setup, Object Manager, Fields & Relationships."},
		{"Can it be searched?", s.Searchable, allowSearch(s.Object)},
		{"Does it allow activities?", s.Activities, "Switch “Allow Activities” on in Setup, Object Manager, " + s.Object + ", Edit."},
		{"Is its feed tracked?", s.FeedEnabled, trackFeed(s.Object)},
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

func allowSearch(object string) string {
	return "Switch “Allow Search” on in Setup, Object Manager, " + object + ", Edit."
}

func trackFeed(object string) string {
	return "Switch feed tracking on in Setup, Feed Tracking, " + object + "."
}

// MayTakeActivities reports whether an object may pass the four tests by what
// the org says of it without its describe: two of them stand there. Only such
// an object is worth a call that describes it (AVC-16).
func MayTakeActivities(o gateway.ObjectInfo) bool {
	return o.Searchable && o.FeedEnabled && (o.Custom || o.Createable)
}

// ActivityFails lists what keeps an object from taking activities, each with
// where it is switched on. known is whether s is its describe; without one only
// the two tests that need none are judged.
func ActivityFails(o gateway.ObjectInfo, s gateway.Schema, known bool) []string {
	if !known {
		s = gateway.Schema{Object: o.Name, Searchable: o.Searchable, FeedEnabled: o.FeedEnabled}
	}
	_, cells, _ := ActivityTarget(s)
	var fails []string
	for i, c := range cells {
		needsDescribe := i == 0 || i == 2
		if !c.Pass && (known || !needsDescribe) {
			fails = append(fails, c.Why)
		}
	}
	return fails
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
