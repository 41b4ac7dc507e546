package rest

import (
	"encoding/json"
	"net/http"
	"strings"

	"tidegate/simulator/bulk"
	"tidegate/simulator/org"
	"tidegate/simulator/policy"
)

// option reads one setting of a header like "allowSave=true; other=x".
func (c *call) option(header, name string) string {
	settings := strings.FieldsFunc(c.r.Header.Get(header), func(r rune) bool { return r == ';' || r == ',' })
	for _, part := range settings {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// saved lets the org's rules look at a record that this call has just written.
// An error takes the record back.
func (c *call) saved(tx *org.Tx, object, id string) *org.Error {
	o := c.org.Object(object)
	allow := strings.EqualFold(c.option("Sforce-Duplicate-Rule-Header", "allowSave"), "true")
	if d := policy.FindDuplicate(tx, o.Name, id, allow); d != nil {
		c.duplicate = d
		return d.Error()
	}
	// Without the header the rule runs, on updates too.
	if strings.EqualFold(c.r.Header.Get("Sforce-Auto-Assign"), "FALSE") {
		return nil
	}
	return policy.Assign(tx, o.Name, id)
}

func (c *call) createIn(tx *org.Tx, object string, values map[string]any) (string, *org.Error) {
	id, refused := tx.Create(object, values)
	if refused == nil {
		refused = c.saved(tx, object, id)
	}
	return id, refused
}

// enqueued is what a successful answer has in the place of errors: for a platform
// event its EventUuid, else nothing.
func enqueued(tx *org.Tx, id string) []rowError {
	if uuid := tx.EventUUID(id); uuid != "" {
		return []rowError{{"OPERATION_ENQUEUED", uuid, []string{}}}
	}
	return []rowError{}
}

func (c *call) updateIn(tx *org.Tx, object, id string, values map[string]any) *org.Error {
	refused := tx.Update(object, id, values)
	if full, ok := org.NormalizeID(id); ok && refused == nil {
		refused = c.saved(tx, object, full)
	}
	return refused
}

func (c *call) upsertIn(tx *org.Tx, object, key, value string, values map[string]any, updateOnly bool) (id string, created bool, several []string, refused *org.Error) {
	id, created, several, refused = tx.Upsert(object, key, value, values, updateOnly)
	if refused == nil && len(several) == 0 {
		refused = c.saved(tx, object, id)
	}
	return id, created, several, refused
}

// bulkSaved is what saved is for the rows of a bulk job, which have no headers.
func bulkSaved(tx *org.Tx, saved bulk.Saved) *org.Error {
	if d := policy.FindDuplicate(tx, saved.Object, saved.ID, false); d != nil {
		return d.Error()
	}
	if !saved.Assign {
		return nil
	}
	return policy.Assign(tx, saved.Object, saved.ID)
}

// failDuplicate answers with the records that a save would have doubled, which
// only single calls tell.
func (c *call) failDuplicate(d *policy.Duplicate) {
	matches := make([]any, len(d.Matches))
	details := strings.EqualFold(c.option("Sforce-Duplicate-Rule-Header", "includeRecordDetails"), "true")
	for i, r := range d.Matches {
		fields := []*org.Field{r.Object().Field("Id")}
		if details {
			fields = r.Object().Fields
		}
		matches[i] = map[string]any{
			"additionalInformation": []any{}, "fieldDiffs": []any{}, "matchConfidence": 100.0,
			"record": json.RawMessage(c.appendRecord(nil, r, fields)),
		}
	}
	result := map[string]any{
		"allowSave": d.Allow, "duplicateRule": d.Rule, "duplicateRuleEntityType": d.Object, "errorMessage": d.Message,
		"matchResults": []any{map[string]any{
			"entityType": d.Object, "errors": []any{}, "matchEngine": "FuzzyMatchEngine", "matchRecords": matches,
			"rule": "Standard_" + d.Object + "_Match_Rule_v1_1", "size": len(matches), "success": true,
		}},
	}
	c.json(http.StatusBadRequest, []any{map[string]any{d.Spelling: result, "errorCode": "DUPLICATES_DETECTED", "message": d.Message}})
}
