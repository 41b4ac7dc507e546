// Package filed decides which of the e-mails that Salesforce holds are shown
// beside what else is known, so that none stands there twice.
package filed

import "tidegate/gateway"

// Once returns those of a timeline's records that are shown, in their order
// (AVM-48, AVM-49). E-mails are left out as far as they are not read. A Task
// that logs an EmailMessage which is shown is left out, and so is the second
// copy of a message. What we wrote ourselves is always shown: the switches are
// about what others filed.
func Once(records []gateway.Record, read gateway.EmailsRead, ours map[gateway.RecordKey]bool) []gateway.Record {
	logs, seen := map[string]bool{}, map[string]bool{}
	var out []gateway.Record
	for _, r := range records {
		e, ok := gateway.Filed(r)
		switch {
		case r.Key.Object != "EmailMessage":
			out = append(out, r)
		case !ok, !read.Messages && !ours[r.Key], e.MessageKey != "" && seen[e.MessageKey]:
		default:
			out = append(out, r)
			seen[e.MessageKey], logs[e.Task] = true, true
		}
	}
	shown := out[:0]
	for _, r := range out {
		_, email := gateway.Filed(r)
		if email && r.Key.Object == "Task" && (logs[r.Key.ID] || !read.Tasks && !ours[r.Key]) {
			continue
		}
		shown = append(shown, r)
	}
	return shown
}
