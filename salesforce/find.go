package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
)

// findSlack is how far the org's clock may be behind ours.
const findSlack = 5 * time.Minute

// maxFound bounds how many records are compared here.
const maxFound = 2000

// Find looks for the record that a create without upsert key may have made
// before its answer was lost: created by the connected user, not earlier than
// 5 minutes before FirstSentAt, with the same values. It returns the 18-character
// ids of all that fit, oldest first: equal records may be those of other creates,
// which the caller knows. None means that the create was surely not carried out.
// A change that was never sent is not looked for.
//
// Long texts cannot be filtered by Salesforce: they are read and compared
// here, white space aside. Blobs (ContentNote.Content) are not compared. A
// record that carries our marker is found by it alone, also when its other
// values were changed since.
func (c *Client) Find(ctx context.Context, change gateway.Change) ([]string, error) {
	if change.FirstSentAt.IsZero() {
		return nil, nil
	}
	ids, err := c.find(ctx, change)
	// A field that left the schema since it was read must not block the
	// search: describe once more and look again.
	if gateway.CodeOf(err) == gateway.CodeSFField {
		c.forget(change.Key.Object)
		ids, err = c.find(ctx, change)
	}
	if err != nil {
		return nil, fmt.Errorf("looking for a created %s: %w", change.Key.Object, err)
	}
	return ids, nil
}

func (c *Client) find(ctx context.Context, change gateway.Change) ([]string, error) {
	user, err := c.me(ctx)
	if err != nil {
		return nil, err
	}
	schema, err := c.schemaOf(ctx, change.Key.Object)
	if err != nil {
		return nil, err
	}
	if ends, relates := betweens[change.Key.Object]; relates {
		return c.fitting(ctx, schema, betweenQuery(change, ends), func(gateway.Record) bool { return true })
	}
	soql, compared, err := findQuery(schema, change, user)
	if err != nil {
		return nil, err
	}
	found, err := c.fitting(ctx, schema, soql, func(r gateway.Record) bool { return sameValues(r.Fields, change.Fields, compared) })
	field := markedField(change)
	if err != nil || len(found) > 0 || field == "" {
		return found, err
	}
	marker := gateway.Marker(change.Key.ID)
	return c.fitting(ctx, schema, markerQuery(schema, change, field, marker, user), func(r gateway.Record) bool {
		return strings.Contains(r.Fields[field].String(), marker)
	})
}

// fitting returns the ids of the rows that fit, in their order.
func (c *Client) fitting(ctx context.Context, schema gateway.Schema, soql string, fits func(gateway.Record) bool) ([]string, error) {
	decoder := NewRowDecoder(schema)
	var found []string
	err := c.Query(ctx, soql, func(rows []json.RawMessage) error {
		for _, row := range rows {
			record, err := decoder.Decode(row)
			if err != nil {
				return err
			}
			if fits(record) {
				found = append(found, record.Key.ID)
			}
		}
		return nil
	})
	return found, err
}

// betweens are the objects of which there is one record at most for two others,
// by the fields that name those.
var betweens = map[string][2]string{
	"ContentDocumentLink": {"ContentDocumentId", "LinkedEntityId"},
	"EventRelation":       {"EventId", "RelationId"},
	"TaskRelation":        {"TaskId", "RelationId"},
}

// betweenQuery asks for what relates two records, which is the same relation
// whoever made it. Of links of files Salesforce allows no other conditions.
func betweenQuery(change gateway.Change, ends [2]string) string {
	return "SELECT Id FROM " + change.Key.Object + " WHERE " + ends[0] + " = " + Quote(change.Fields[ends[0]].String()) +
		" AND " + ends[1] + " = " + Quote(change.Fields[ends[1]].String())
}

// markedField returns the field of a change that carries our marker, "" when
// none does.
func markedField(change gateway.Change) string {
	for _, name := range [...]string{"Title", "Description"} {
		if strings.Contains(change.Fields[name].String(), gateway.Marker(change.Key.ID)) {
			return name
		}
	}
	return ""
}

func markerQuery(schema gateway.Schema, change gateway.Change, field, marker, user string) string {
	where := "CreatedById = " + Quote(user) + " AND CreatedDate >= " + Instant(change.FirstSentAt.Add(-findSlack))
	if no := noCopies(schema); no != "" {
		where += " AND " + no
	}
	if field == "Title" { // a long text cannot be asked for
		where += " AND Title LIKE " + Quote("%"+marker+"%")
	}
	return fmt.Sprintf("SELECT Id, %s FROM %s WHERE %s ORDER BY CreatedDate, Id LIMIT %d", field, change.Key.Object, where, maxFound)
}

// noCopies keeps out the copies of an Event that invited users have in their
// calendars, "" where the object has none: they carry the same texts and our
// marker, but nobody can change one, nor relate anybody to it.
func noCopies(schema gateway.Schema) string {
	if _, has := schema.Field("IsChild"); !has {
		return ""
	}
	return "IsChild = false"
}

// findQuery builds the statement, and names the fields that it selects for
// comparing here because the query could not.
func findQuery(schema gateway.Schema, change gateway.Change, user string) (soql string, compared []string, err error) {
	id, ok := gateway.NormalizeID(user)
	if !ok {
		return "", nil, errors.New("the connected user's id is not known")
	}
	where := []string{
		"CreatedById = " + Quote(id),
		"CreatedDate >= " + Instant(change.FirstSentAt.Add(-findSlack)),
	}
	if no := noCopies(schema); no != "" {
		where = append(where, no)
	}
	length := 0
	for _, name := range change.Fields.Names() {
		field, known := schema.Field(name)
		// Salesforce fills empty fields with defaults, so that nothing can be
		// inferred from what we left empty.
		if !known || name == "Id" || change.Fields[name].Empty() || slices.Contains(neverSelected, field.Type) {
			continue
		}
		condition, can := equals(field, change.Fields[name])
		// What does not fit into an address any more is compared here.
		if can && length+len(url.QueryEscape(condition)) < maxQueryURL/2 {
			where = append(where, condition)
			length += len(url.QueryEscape(condition))
			continue
		}
		compared = append(compared, name)
	}
	selected, err := Select(schema, append([]string{"Id"}, compared...))
	if err != nil {
		return "", nil, err
	}
	soql = selected + " WHERE " + strings.Join(where, " AND ") +
		fmt.Sprintf(" ORDER BY CreatedDate, Id LIMIT %d", maxFound)
	return soql, compared, nil
}

// unfilterable are the types that no SOQL condition takes.
var unfilterable = []gateway.FieldType{"encryptedstring", "base64", "multipicklist"}

func equals(field gateway.Field, v gateway.Value) (string, bool) {
	long := field.Type == gateway.TypeTextarea && field.Length > 255
	if long || slices.Contains(unfilterable, field.Type) {
		return "", false
	}
	literal, ok := Literal(field.Type, v)
	return field.Name + " = " + literal, ok
}

func sameValues(theirs, ours gateway.Fields, names []string) bool {
	for _, name := range names {
		if squeeze(theirs[name].String()) != squeeze(ours[name].String()) {
			return false
		}
	}
	return true
}

// squeeze makes texts comparable: Salesforce trims them and turns line ends
// into \r\n.
func squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }
