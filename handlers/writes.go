package handlers

import (
	"strings"

	"tidegate/gateway"
	"tidegate/views"
)

// writes are what something said here has become, with what is still owed.
type writes struct {
	all     []gateway.Writing
	pending map[gateway.RecordKey]gateway.Change
}

func (v *visit) writes(kind, id string) (writes, error) {
	of, err := v.writesOf(kind, []string{id})
	return of[id], err
}

// writesOf reads the writes of a page of things at once.
func (v *visit) writesOf(kind string, ids []string) (map[string]writes, error) {
	all, pending, err := v.ws.WritingsFor(v.UserContext(), kind, ids)
	out := make(map[string]writes, len(ids))
	for _, id := range ids {
		out[id] = writes{all: all[id], pending: pending}
	}
	return out, err
}

// The states of a part on pages.
var (
	partWritten = views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Written"}
	partWaiting = views.Chip{Tone: views.UnderWay, Icon: views.IconClock, Text: "Waiting"}
	partNeeds   = views.Chip{Tone: views.Bad, Icon: views.IconWarning, Text: "Needs you"}
	partLeftOut = views.Chip{Tone: views.Idle, Icon: views.IconPause, Text: "Left out"}
)

// state returns how a part stands and why, in words.
func (w writes) state(one gateway.Writing) (views.Chip, string) {
	c, owed := w.pending[one.Key]
	switch {
	case one.Omitted != "":
		return partLeftOut, one.Omitted
	case owed && c.State == gateway.StateParked:
		return partNeeds, c.Problem.What + " " + c.Problem.Who
	case owed && c.Problem.What != "":
		return partWaiting, c.Problem.What
	case owed:
		return partWaiting, one.Reason
	case one.Key.Local():
		return partLeftOut, "It was given up; the sync log says by whom and why."
	}
	return partWritten, one.Reason
}

// lead counts the parts by their states: "4 written, 1 left out".
func (w writes) lead() string {
	order := []views.Chip{partWritten, partWaiting, partNeeds, partLeftOut}
	counts := map[string]int{}
	for _, one := range w.all {
		chip, _ := w.state(one)
		counts[chip.Text]++
	}
	var parts []string
	for _, chip := range order {
		if n := counts[chip.Text]; n > 0 {
			parts = append(parts, number(n)+" "+strings.ToLower(chip.Text))
		}
	}
	if parts == nil {
		return "Nothing is owed"
	}
	return strings.Join(parts, ", ")
}

// whyNot is the reason of a thing of which nothing is written or waits, where
// one says it all.
func (w writes) whyNot() (reason string) {
	for _, one := range w.all {
		chip, why := w.state(one)
		if chip == partWritten || chip == partWaiting || reason != "" && reason != why {
			return ""
		}
		reason = why
	}
	return reason
}

// related reports whether a record of Salesforce belongs to the thing.
func (w writes) related() bool {
	for _, one := range w.all {
		for _, field := range [...]string{"WhoId", "WhatId", "LinkedEntityId"} {
			if !one.Wanted[field].Empty() {
				return true
			}
		}
	}
	return false
}

// keys are the records that the parts became.
func (w writes) keys() (out []gateway.RecordKey) {
	for _, one := range w.all {
		if one.Key.ID != "" && !one.Key.Local() {
			out = append(out, one.Key)
		}
		if to := linked(one); to.ID != "" {
			out = append(out, to)
		}
	}
	return out
}

// linked is the record to which a note is linked by a part, where the part names
// the record itself and not who he is.
func linked(one gateway.Writing) gateway.RecordKey {
	object := map[string]string{"note-link:account": "Account", "note-link:opportunity": "Opportunity"}
	i := strings.LastIndex(one.Part, ":")
	if i < 0 || object[one.Part[:i]] == "" {
		return gateway.RecordKey{}
	}
	return gateway.RecordKey{Object: object[one.Part[:i]], ID: one.Part[i+1:]}
}

// refused reports whether something was to become such a record and could not.
func (w writes) refused(object string) bool {
	for _, one := range w.all {
		if one.Key.Object == object && one.Omitted != "" {
			return true
		}
	}
	return false
}

// said fills in what became of a thing.
func (v *visit) said(p *views.SaidPage, kind, id string) (writes, error) {
	w, err := v.writes(kind, id)
	if err != nil {
		return w, err
	}
	conn, err := v.ws.Connection(v.UserContext())
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return w, err
	}
	here, err := v.ws.RecordsOf(v.UserContext(), w.keys())
	if err != nil {
		return w, err
	}
	for _, one := range w.all {
		chip, why := w.state(one)
		what, second := writtenAs(one)
		if r, ok := here[linked(one)]; ok {
			second = r.Label()
		}
		row := views.Row{Cells: []views.Cell{{Text: what, Second: second, Kind: squareOf(one.Key.Object)}, {Chip: chip}, {Text: "—"}, {Text: why}}}
		if u := salesforceURL(conn, one.Key); u != "" {
			row.Cells[2] = views.Cell{Link: views.Link{Text: "Open in Salesforce", URL: u, External: true}}
			if r, ok := here[one.Key]; ok && recordURL(one.Key) != "" {
				row.Cells[2].Text, row.Cells[2].URL = r.Label(), recordURL(one.Key)
			}
		}
		if one.LogID != 0 && chip == partNeeds {
			row.Cells[2] = views.Cell{Link: views.Link{Text: "Open in the sync log", URL: "/sync/log/" + logRef(one.LogID).(string)}}
		}
		p.Writes = append(p.Writes, row)
	}
	p.WritesLead = w.lead() + "."
	p.WritesLinks = []views.Link{{Text: "All lines in the sync log", URL: "/sync/log?" + saidFilter(kind, id).Encode()}}
	if v.admin() && len(w.all) > 0 {
		p.WritesLinks = append(p.WritesLinks, views.Link{Text: "Undo these writes", URL: undoBase + "?" + saidFilter(kind, id).Encode()})
	}
	p.WritesEmpty = views.Empty{Icon: views.IconClock, Title: "Nothing is owed to Salesforce", Text: "No part of it becomes a record there."}
	p.Live = views.Live{URL: withQuery(v.Ctx, map[string]string{"part": views.PartSaid})}
	p.Shell.StreamURL = eventsPath
	return w, nil
}

// writtenAs name a part: what it is, and whom or what it is about.
func writtenAs(w gateway.Writing) (what, second string) {
	head, tail, _ := strings.Cut(w.Part, ":")
	switch head {
	case "all":
		return "All of it", ""
	case "event":
		return "Event", ""
	case "task":
		return "Completed Task", ""
	case "note":
		return "Note", tail
	case "note-link":
		_, tail, _ = strings.Cut(tail, ":")
		return "Link of the note", tail
	case "action":
		return "Action item", w.Wanted["Subject"].String()
	case "message":
		return "Text", w.Wanted["Subject"].String()
	case "contact":
		return "Contact", tail
	case "account":
		return "Account", tail
	case "agent":
		what, second, _ = strings.Cut(strings.Replace(tail, ".", ":", 1), ":")
		return capital(what), second
	case "people", "attendee", "task-attendee":
		return "Participant", tail
	case "topics":
		return "Topics", tail
	case "record":
		return tail, ""
	}
	return w.Part, ""
}

// thingURL is the page of something that was said, "" for a kind without one.
func thingURL(kind, id string) string {
	if own, custom := gateway.Custom(kind); custom && id != "" {
		return saidURL(customBase+"/"+own, id)
	}
	base := map[string]string{
		gateway.KindMeeting: meetingsBase, gateway.KindCall: callsBase, gateway.KindConversation: conversationsBase, gateway.KindEmail: emailsBase,
	}[kind]
	if base == "" || id == "" {
		return ""
	}
	return saidURL(base, id)
}
