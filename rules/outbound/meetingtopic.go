package outbound

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/note"
	"tidegate/rules/summary"
)

// actions plans an open Task for each action item (DEM-27).
func (p *planning) actions(m gateway.Meeting) {
	if len(m.ActionItems) == 0 || p.cancelled {
		return
	}
	if !p.external {
		p.omit(actionPrefix+"all", "Task", "Nobody from outside took part, so its action items stay here.")
		return
	}
	parts := p.actionParts(m.ActionItems)
	for i, item := range m.ActionItems {
		part := parts[i]
		if p.Gone[part] {
			p.omit(part, "Task", "Its Task was deleted in Salesforce, and is not created a second time.")
			continue
		}
		key := p.local("Task", part)
		fields := gateway.Fields{"Subject": p.actionSubject(item), "Status": gateway.Text("Not Started")}
		tail := "From the meeting “" + m.Title + "”. Tidegate: " + strings.TrimSpace(p.URL+" "+gateway.Marker(key.ID))
		fields["Description"] = gateway.Text(strings.TrimSpace(item.Text) + "\n\n" + tail)
		if item.DueOn != "" {
			fields["ActivityDate"] = gateway.Text(item.DueOn)
		}
		if p.who.ID != "" {
			fields["WhoId"] = gateway.Text(p.who.ID)
		}
		if p.what.ID != "" {
			fields["WhatId"] = gateway.Text(p.what.ID)
		}
		owner := item.Owner
		if owner == "" {
			owner = p.owner
		}
		if id := p.Users[owner]; id != "" {
			fields["OwnerId"] = gateway.Text(id)
		}
		p.owe(part, key, fields, "An action item of the meeting becomes an open Task.")
		p.plan.Owed[len(p.plan.Owed)-1].Of = map[string]gateway.Origin{"Subject": {Said: saidWords([]gateway.TopicNote{{Text: item.Text}})}}
	}
}

func (p *planning) actionSubject(item gateway.ActionItem) gateway.Value {
	text, _ := note.Cut(strings.Join(strings.Fields(item.Text), " "), subjectLength, "")
	return gateway.Text(text)
}

// actionParts finds the part of each item: the one with the same text, else
// the one at the same place if its text is gone, else a new one. So neither
// another order nor a corrected word makes a second Task.
func (p *planning) actionParts(items []gateway.ActionItem) []string {
	parts := make([]string, len(items))
	taken := map[string]bool{}
	for i, item := range items {
		for n := 1; p.wrote(actionPrefix + strconv.Itoa(n)); n++ {
			part := actionPrefix + strconv.Itoa(n)
			if !taken[part] && p.Written[part].Wanted["Subject"] == p.actionSubject(item) {
				parts[i], taken[part] = part, true
				break
			}
		}
	}
	next := 1
	for i := range items {
		if parts[i] != "" {
			continue
		}
		part := actionPrefix + strconv.Itoa(i+1)
		if taken[part] {
			for part = actionPrefix + strconv.Itoa(next); taken[part] || p.wrote(part); part = actionPrefix + strconv.Itoa(next) {
				next++
			}
		}
		parts[i], taken[part] = part, true
	}
	return parts
}

// topics plans the fields that Smart Topics are mapped to, on the records that
// it belongs to (AVM-26).
func (p *planning) topics() {
	if len(p.topicsOf)+len(p.values) == 0 || p.cancelled {
		return
	}
	records := map[string]gateway.Record{}
	for _, o := range p.Opportunities {
		if o.Key == p.what {
			records["Opportunity"] = o
		}
	}
	for _, someone := range p.people {
		if len(someone.Matches) == 1 && someone.key == p.who {
			records[someone.key.Object] = someone.Matches[0]
		}
		if someone.Account != nil && len(p.accounts) > 0 && someone.Account.Key == p.accounts[0] {
			records["Account"] = *someone.Account
		}
	}
	for _, object := range [...]string{"Opportunity", "Account", "Contact", "Lead"} {
		r, belongs := records[object]
		if !p.mapped(object) {
			continue
		}
		switch {
		case !belongs:
			p.omit(topicsPrefix+object, object, "Topics are mapped to fields of "+object+", but no "+object+" in Salesforce belongs to this "+p.kind+".")
		case !p.Settings.Objects.UpdateFields[object]:
			p.omit(topicsPrefix+object, object, "“Sync updates to object fields” is off for "+object+" on the Objects tab.")
		default:
			if fields := p.topicFields(object, r); len(fields) > 0 {
				p.owe(topicsPrefix+object, r.Key, fields, "Smart Topics or properties of the "+p.kind+" are mapped to these fields.")
				owed := &p.plan.Owed[len(p.plan.Owed)-1]
				owed.Fills, owed.Of = Fills(fields, p.mappingOf(object)), p.origins(object, fields)
			}
		}
	}
}

// saidLength is how much of what was said a write remembers, in characters.
const saidLength = 240

// origins say of mapped fields which rule fills them and with which words.
func (p *planning) origins(object string, fields gateway.Fields) map[string]gateway.Origin {
	of := map[string]gateway.Origin{}
	for name := range fields {
		m, label := p.mappingOf(object)(name), p.Schemas[object].FieldLabel(name)
		switch {
		case m.Topic != "":
			of[name] = gateway.Origin{Rule: "Topic “" + topicTitle(m.Topic) + "” goes to " + label, Revision: m.Revision, Said: saidWords(p.topicsOf[m.Topic])}
		case m.Source != "":
			of[name] = gateway.Origin{Rule: "“" + mapping.SourceLabel(m.Source) + "” goes to " + label, Revision: m.Revision}
		}
	}
	return of
}

// saidWords are the notes of a topic with their places in the recording.
func saidWords(notes []gateway.TopicNote) string {
	var parts []string
	for _, n := range notes {
		text := strings.Join(strings.Fields(n.Text), " ")
		if n.At > 0 {
			text = clockWords(n.At) + " " + text
		}
		parts = append(parts, text)
	}
	text, _ := note.Cut(strings.Join(parts, " · "), saidLength, "…")
	return text
}

func (p *planning) mappingOf(object string) func(field string) gateway.Mapping {
	return func(field string) gateway.Mapping {
		i := slices.IndexFunc(p.Mappings, func(m gateway.Mapping) bool { return m.Object == object && m.Field == field })
		if i < 0 {
			return gateway.Mapping{Object: object, Field: field}
		}
		return p.Mappings[i]
	}
}

func (p *planning) mapped(object string) bool {
	for _, m := range p.Mappings {
		f, _ := p.Schemas[object].Field(m.Field)
		if m.Object == object && (m.Topic != "" && len(p.topicsOf[m.Topic]) > 0 || p.sourceValue(m, f) != "") {
			return true
		}
	}
	return false
}

// topicFields returns the values of the mapped topics for an object, by the
// fields' write modes.
func (p *planning) topicFields(object string, r gateway.Record) gateway.Fields {
	fields := gateway.Fields{}
	for _, m := range p.Mappings {
		f, _ := p.Schemas[object].Field(m.Field)
		part := topicsPrefix + object + "." + m.Field
		if m.Object == object {
			p.sourceField(fields, part, m, f, r)
		}
		if m.Object != object || m.Topic == "" || !p.noted(m, r.Key) {
			continue
		}
		if ok, _, why := mapping.TopicWritten(m.Topic, m, f); !ok {
			p.keep(fields, object, r.Key, m.Field)
			p.omit(part, object, "The topic “"+topicTitle(m.Topic)+"” is not written to "+m.Field+": "+why)
			continue
		}
		if p.Archived[m.Topic] {
			p.keep(fields, object, r.Key, m.Field)
			p.omit(part, object, "The topic “"+topicTitle(m.Topic)+"” is archived, so nothing new is written to "+m.Field+". An admin restores it on the Topics page.")
			continue
		}
		value, why := p.topicValue(m, r, f.Length)
		if why != "" {
			p.keep(fields, object, r.Key, m.Field)
			p.omit(part, object, "The topic “"+topicTitle(m.Topic)+"” is not written to "+m.Field+": "+why)
			continue
		}
		fields[m.Field] = value
	}
	return fields
}

// noted reports whether anything stands under the topic of a mapping: here, or
// in a summary to which this thing contributed before.
func (p *planning) noted(m gateway.Mapping, to gateway.RecordKey) bool {
	if len(p.topicsOf[m.Topic]) > 0 {
		return true
	}
	_, wrote := p.wished(m.Object, to, m.Field)
	return wrote && m.Object == "Opportunity" && p.Summarized[m.Topic] && len(topicNotes(p.Notes[to.ID], m.Topic)) > 0
}

// topicValue is what a topic comes to in a field: what was noted here, or the
// summary of all that was noted about the deal.
func (p *planning) topicValue(m gateway.Mapping, r gateway.Record, length int) (value gateway.Value, why string) {
	if m.Object == "Opportunity" && p.Summarized[m.Topic] {
		return summarized(mapping.Mode(m.Field, m), topicNotes(p.Notes[r.Key.ID], m.Topic), r.Fields[m.Field], length)
	}
	text, _ := note.Cut(strings.Join(topicTexts(p.topicsOf[m.Topic]), "\n"), length, "")
	return p.moded(m, gateway.Text(text), r, length)
}

func topicNotes(all []summary.Note, topic string) []summary.Note {
	return slices.DeleteFunc(slices.Clone(all), func(n summary.Note) bool { return n.Topic != topic })
}

// summarized is the value of a field that holds a summary, by its write mode.
// The sentences of the notes are ours, whichever conversation brought them; a
// field in which others wrote something else keeps that.
func summarized(mode string, notes []summary.Note, has gateway.Value, length int) (value gateway.Value, why string) {
	theirs := summary.Without(has.String(), notes)
	switch {
	case mode == mapping.Append && theirs != "":
		room := length
		if length > 0 {
			room = max(1, length-utf8.RuneCountInString(theirs)-1)
		}
		text := strings.TrimSpace(theirs + "\n" + summary.Extract(notes, room).Text())
		return gateway.Text(text), ""
	case mode == mapping.Fill && theirs == "" || mode == mapping.Append:
		mode = ""
	}
	return moded(mode, gateway.Text(summary.Extract(notes, length).Text()), has, length)
}

// wished returns what was written before to a field of a record, or, with the
// zero key, of its own records of an object.
func (p *planning) wished(object string, key gateway.RecordKey, field string) (gateway.Value, bool) {
	for _, part := range slices.Sorted(maps.Keys(p.Written)) {
		to := p.Written[part].Key
		if was, ok := p.Written[part].Wanted[field]; ok && to.Object == object && (key.ID == "" || to == key) {
			return was, true
		}
	}
	return "", false
}

// keep wishes what was wished before for a field that is not written any more:
// without a wish it would be emptied, with what people put there since.
func (p *planning) keep(fields gateway.Fields, object string, key gateway.RecordKey, field string) {
	if was, ok := p.wished(object, key, field); ok {
		fields[field] = was
	}
}

// sourceField adds the property that is mapped to a field, by its write mode.
func (p *planning) sourceField(fields gateway.Fields, part string, m gateway.Mapping, f gateway.Field, r gateway.Record) {
	value := p.sourceValue(m, f)
	if value == "" {
		return
	}
	ok, why := mapping.SourceWritten(p.Settings.Objects.Writeback[m.Object], m, f)
	if ok {
		value, why = p.moded(m, value, r, f.Length)
	}
	if why != "" && (!ok || value == "") {
		p.keep(fields, m.Object, r.Key, m.Field)
		p.omit(part, m.Object, "“"+mapping.SourceLabel(m.Source)+"” is not written to "+p.Schemas[m.Object].FieldLabel(m.Field)+": "+why)
		return
	}
	fields[m.Field] = value
}

// moded is moded for a field of a record. A text that was appended before stays
// as people have it now.
func (p *planning) moded(m gateway.Mapping, want gateway.Value, r gateway.Record, length int) (value gateway.Value, why string) {
	mode := mapping.Mode(m.Field, m)
	if own, wrote := p.Unsaid[topicsPrefix+m.Object]; wrote && mode == mapping.Fill && own.Key == r.Key && own.Wanted[m.Field] == r.Fields[m.Field] {
		return moded(mode, want, "", length)
	}
	was, ok := p.wished(m.Object, r.Key, m.Field)
	if ok && mode == mapping.Append && strings.Contains(was.String(), want.String()) {
		return was, ""
	}
	return moded(mode, want, r.Fields[m.Field], length)
}

// moded applies a field's write mode to what Salesforce has.
func moded(mode string, want, has gateway.Value, length int) (value gateway.Value, why string) {
	switch mode {
	case mapping.Never:
		return "", "Its write mode is “never”."
	case mapping.Fill:
		if !has.Empty() && has != want {
			return "", "It has a value in Salesforce, and is only filled while empty."
		}
	case mapping.Append:
		if strings.Contains(has.String(), want.String()) {
			return has, ""
		}
		if !has.Empty() {
			text, _ := note.Cut(has.String()+"\n"+want.String(), length, "")
			return gateway.Text(text), ""
		}
	}
	return want, ""
}
