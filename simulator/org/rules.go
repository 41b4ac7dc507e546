package org

import (
	"encoding/base64"
	"fmt"
	"html"
	"math"
	"regexp"
	"strings"
	"time"
)

// applyRules derives and checks what only this object has.
func applyRules(w *write) *Error {
	switch w.object.Name {
	case "Account":
		return personRules(w)
	case "Contact":
		return personContactRules(w)
	case "Opportunity":
		return opportunityRules(w)
	case "OpportunityContactRole":
		return contactRoleRules(w)
	case "Task":
		return taskRules(w)
	case "Event":
		if err := childRules(w); err != nil {
			return err
		}
		return eventRules(w)
	case "ContentNote":
		return noteRules(w)
	case "ContentDocumentLink":
		return documentLinkRules(w)
	case "EmailMessage":
		return emailRules(w)
	case "EmailMessageRelation":
		return emailRelationRules(w)
	case "OpportunityLineItem":
		return lineItemRules(w)
	case "TaskRelation", "EventRelation":
		return relationRules(w)
	case "PushTopic":
		pushTopicRules(w)
	}
	return nil
}

// opportunityRules lets the stage imply probability and forecast category,
// unless the same call names them, and computes what depends on those.
func opportunityRules(w *write) *Error {
	keepAmount(w)
	if stage, ok := stageByName(w.text("StageName")); ok && (w.creating() || w.changed("StageName")) {
		if !w.given["Probability"] {
			w.set("Probability", stage.Probability)
		}
		if !w.given["ForecastCategoryName"] {
			w.set("ForecastCategoryName", categoryLabels[stage.Category])
		}
		w.set("IsClosed", stage.Closed)
		w.set("IsWon", stage.Won)
		if !w.creating() {
			w.set("LastStageChangeDate", w.tx.when)
		}
	}
	for category, label := range categoryLabels {
		if label == w.text("ForecastCategoryName") {
			w.set("ForecastCategory", category)
		}
	}
	w.set("ExpectedRevenue", nil)
	if amount, ok := w.get("Amount").(float64); ok {
		probability, _ := w.get("Probability").(float64)
		w.set("ExpectedRevenue", math.Round(amount*probability)/100)
	}
	fiscal(w)
	return nil
}

func fiscal(w *write) {
	day, err := time.Parse(time.DateOnly, w.text("CloseDate"))
	if err != nil {
		return
	}
	quarter := (int(day.Month()) + 2) / 3
	w.set("FiscalYear", int64(day.Year()))
	w.set("FiscalQuarter", int64(quarter))
	w.set("Fiscal", fmt.Sprintf("%d %d", day.Year(), quarter))
	was, ok := w.before.Value("CloseDate").(string)
	pushes, _ := w.get("PushCount").(int64)
	// A push is a close date moved into a later month.
	if ok && was[:7] < w.text("CloseDate")[:7] {
		pushes++
	}
	w.set("PushCount", pushes)
}

func addPrimaryContact(w *write, id string) *Error {
	contact := w.text("ContactId")
	if !w.creating() || contact == "" {
		return nil
	}
	_, err := w.tx.Create("OpportunityContactRole", map[string]any{"OpportunityId": id, "ContactId": contact, "IsPrimary": true})
	return err
}

// contactRoleRules keeps one primary contact per opportunity: the older one
// steps back.
func contactRoleRules(w *write) *Error {
	if w.get("IsPrimary") != true || !w.changed("IsPrimary") || w.tx.caller.Trusted {
		return nil
	}
	var others []string
	for _, r := range w.tx.Referring(w.object.Name, "OpportunityId", w.text("OpportunityId")) {
		if r.Value("IsPrimary") == true && r.Value("IsDeleted") != true && r.ID() != w.before.ID() {
			others = append(others, r.ID())
		}
	}
	for _, id := range others {
		if err := w.tx.Update(w.object.Name, id, map[string]any{"IsPrimary": false}); err != nil {
			return err
		}
	}
	return nil
}

func taskRules(w *write) *Error {
	if w.creating() && w.text("TaskSubtype") == "Cadence" && !w.tx.caller.Trusted {
		// Tasks of cadences are made by the platform alone.
		return refuse("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Task Subtype: bad value for restricted picklist field: Cadence", "TaskSubtype")
	}
	closed := w.text("Status") == "Completed"
	switch {
	case !closed:
		w.set("CompletedDateTime", nil)
	case w.get("CompletedDateTime") == nil:
		w.set("CompletedDateTime", w.tx.when)
	}
	w.set("IsClosed", closed)
	w.set("IsHighPriority", w.text("Priority") == "High")
	return whoAndWhatRules(w)
}

// whoAndWhatRules derives the account of an activity and refuses a lead
// together with a related record.
func whoAndWhatRules(w *write) *Error {
	if err := takePeople(w); err != nil {
		return err
	}
	countShared(w)
	who, what := w.text("WhoId"), w.text("WhatId")
	if strings.HasPrefix(who, "00Q") && what != "" {
		return refuse("FIELD_INTEGRITY_EXCEPTION", "Related To ID: You cannot relate a lead activity to another record", "WhatId")
	}
	var account any
	switch {
	case strings.HasPrefix(what, "001"):
		account = what
	case strings.HasPrefix(what, "006"):
		if deal, ok := w.tx.Get("Opportunity", what); ok {
			account = deal.Value("AccountId")
		}
	case strings.HasPrefix(who, "003"):
		if contact, ok := w.tx.Get("Contact", who); ok {
			account = contact.Value("AccountId")
		}
	}
	w.set("AccountId", account)
	return nil
}

const (
	minute   = int64(60_000)
	day      = 24 * 60 * minute
	longest  = 14 * day
	startKey = "StartDateTime"
	endKey   = "EndDateTime"
)

// eventRules makes start, end and duration agree.
func eventRules(w *write) *Error {
	start, ok := w.get(startKey).(DateTime)
	if w.given["ActivityDateTime"] && !w.given[startKey] {
		start, ok = w.get("ActivityDateTime").(DateTime)
	}
	if !ok {
		at, err := time.Parse(time.DateOnly, w.text("ActivityDate"))
		if err != nil || w.get("IsAllDayEvent") != true {
			return errMissing([]string{startKey})
		}
		start = DateTime(at.UnixMilli())
	}
	if err := eventDates(w, start); err != nil {
		return err
	}
	end, err := eventEnd(w, start)
	if err != nil {
		return err
	}
	span := int64(end - start)
	if span < 0 {
		return refuse("FIELD_INTEGRITY_EXCEPTION", "End Date Time: Event duration cannot be negative", endKey)
	}
	if span > longest {
		return refuse("FIELD_INTEGRITY_EXCEPTION", "Duration: Event duration cannot be longer than 14 days", "DurationInMinutes")
	}
	w.set(startKey, start)
	w.set("ActivityDateTime", start)
	w.set("ActivityDate", start.Time().Format(time.DateOnly))
	w.set(endKey, end)
	w.set("EndDate", end.Time().Format(time.DateOnly))
	w.set("DurationInMinutes", span/minute)
	if w.get("IsPrivate") == true && (w.text("WhoId") != "" || w.text("WhatId") != "") {
		return refuse("FIELD_INTEGRITY_EXCEPTION", "Private: a private event cannot be related to other records", "IsPrivate")
	}
	return whoAndWhatRules(w)
}

// eventDates refuses another begin beside the one given.
func eventDates(w *write, start DateTime) *Error {
	if at, ok := w.get("ActivityDateTime").(DateTime); ok && w.given["ActivityDateTime"] && at != start {
		return refuse("FIELD_INTEGRITY_EXCEPTION", "ActivityDateTime: must be the same as StartDateTime", "ActivityDateTime")
	}
	if on := w.text("ActivityDate"); w.given["ActivityDate"] && on != "" && on != start.Time().Format(time.DateOnly) {
		return refuse("FIELD_INTEGRITY_EXCEPTION", "ActivityDate: must be the day of StartDateTime", "ActivityDate")
	}
	return nil
}

// eventEnd works the end out from what was given: the end itself, a duration,
// the earlier span when only the start moved, or a whole day.
func eventEnd(w *write, start DateTime) (DateTime, *Error) {
	duration, hasDuration := w.get("DurationInMinutes").(int64)
	end, hasEnd := w.get(endKey).(DateTime)
	if !w.creating() && !w.given[endKey] {
		hasEnd = false
	}
	if hasEnd && !w.creating() && !w.given["DurationInMinutes"] {
		hasDuration = false
	}
	length := DateTime(duration * minute)
	if w.get("IsAllDayEvent") == true {
		if !hasDuration && !hasEnd {
			return start + DateTime(day), nil
		}
		// The end of an all-day event is its last day, midnight.
		if hasEnd && !hasDuration {
			return max(end, start+DateTime(day)), nil
		}
		return start + length, nil
	}
	switch {
	case hasEnd && hasDuration && end != start+length:
		return 0, refuse("FIELD_INTEGRITY_EXCEPTION", "Duration: DurationInMinutes and EndDateTime do not agree", "DurationInMinutes")
	case hasEnd:
		return end, nil
	case hasDuration:
		return start + length, nil
	}
	return 0, errMissing([]string{endKey})
}

var (
	tag       = regexp.MustCompile(`<[^>]*>`)
	goodTag   = regexp.MustCompile(`(?i)^</?(b|i|u|s|strike|p|br|ul|ol|li|em|strong|span|div|a)(\s[^<>]*)?/?>$`)
	goodRef   = regexp.MustCompile(`^&(amp|lt|gt|quot|#39|copy);`)
	voidBreak = regexp.MustCompile(`(?i)^<br\s*/?>$`)
	tagName   = regexp.MustCompile(`^</?([A-Za-z]+)`)
)

const noteRefused = "Note can't be saved because it contains HTML tags or unescaped characters that are not allowed in a Note."

// noteRules refuses bodies that enhanced notes do not take and derives what is
// kept beside the body.
func noteRules(w *write) *Error {
	body, err := base64.StdEncoding.DecodeString(w.text("Content"))
	if err != nil || !noteBodyAllowed(string(body)) {
		return refuse("FIELD_INTEGRITY_EXCEPTION", noteRefused, "Content")
	}
	preview := []rune(strings.TrimSpace(html.UnescapeString(tag.ReplaceAllString(string(body), " "))))
	w.set("TextPreview", nil)
	if len(preview) > 0 {
		w.set("TextPreview", string(preview[:min(len(preview), 255)]))
	}
	w.set("ContentSize", int64(len(body)))
	w.set("FileType", "SNOTE")
	w.set("FileExtension", "snote")
	w.set("SharingPrivacy", "N")
	return nil
}

// noteBodyAllowed wants known tags in proper nesting, the few entities that
// notes know, and no control characters.
func noteBodyAllowed(body string) bool {
	var open []string
	for _, t := range tag.FindAllString(body, -1) {
		name := tagName.FindStringSubmatch(t)
		if !goodTag.MatchString(t) || name == nil {
			return false
		}
		switch {
		case voidBreak.MatchString(t) || strings.HasSuffix(t, "/>"):
		case !strings.HasPrefix(t, "</"):
			open = append(open, strings.ToLower(name[1]))
		case len(open) == 0 || open[len(open)-1] != strings.ToLower(name[1]):
			return false
		default:
			open = open[:len(open)-1]
		}
	}
	plain := tag.ReplaceAllString(body, "")
	if len(open) > 0 || strings.ContainsAny(plain, "<>") {
		return false
	}
	for i, r := range plain {
		if r == '&' && !goodRef.MatchString(plain[i:]) {
			return false
		}
		if r == '\uFFFD' || (r < 0x20 && r != '\n' && r != '\r' && r != '\t') {
			return false
		}
	}
	return true
}

// documentLinkRules refuses the second link of the same two. Experience Cloud is
// off here, which leaves no visibility for internal users alone.
func documentLinkRules(w *write) *Error {
	if w.tx.caller.Trusted {
		return nil
	}
	if w.given["Visibility"] && w.text("Visibility") == "InternalUsers" {
		return refuse("FIELD_INTEGRITY_EXCEPTION", "Visibility InternalUsers is not permitted for this linked record.", "Visibility")
	}
	if !w.creating() {
		return nil
	}
	for _, r := range w.tx.Referring(w.object.Name, "ContentDocumentId", w.text("ContentDocumentId")) {
		if r.Value("IsDeleted") != true && r.Value("LinkedEntityId") == w.get("LinkedEntityId") {
			return refuse("DUPLICATE_VALUE", "duplicate value found: <unknown> duplicates value on record with id: <unknown>")
		}
	}
	return nil
}
