package outbound

import "tidegate/gateway"

// DealOver says why no open deal is meant any more by what is to be written
// about it, "" while it is open, or where nobody knows.
func DealOver(deal gateway.Record) string {
	label := "The opportunity “" + deal.Label() + "”"
	switch {
	case deal.Deleted:
		return label + " was deleted before this was written, so it is asked again which one gets it."
	case deal.Fields["IsClosed"] == gateway.Bool(true):
		return label + " closed before this was written, so it is asked again which open one gets it."
	}
	return ""
}
