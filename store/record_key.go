package store

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"tidegate/gateway"
)

// The kinds of record_keys that are not lookup fields.
const (
	KeyEmail  = "email"
	KeyPhone  = "phone"
	KeyDomain = "domain"
)

// keyFields are the Salesforce fields that give keys, and of which kind. A
// lookup field is a kind of its own.
var keyFields = [...]struct{ field, kind string }{
	{"Email", KeyEmail},
	{"PersonEmail", KeyEmail},
	{"Phone", KeyPhone},
	{"MobilePhone", KeyPhone},
	{"HomePhone", KeyPhone},
	{"OtherPhone", KeyPhone},
	{"Website", KeyDomain},
	{"AccountId", "AccountId"},
	{"ContactId", "ContactId"},
	{"OpportunityId", "OpportunityId"},
	{"WhoId", "WhoId"},
	{"WhatId", "WhatId"},
	{"LinkedEntityId", "LinkedEntityId"},
	{"RelatedToId", "RelatedToId"}, // of an EmailMessage
	{"RelationId", "RelationId"},   // of who took part in one
}

// isLookup reports whether records can be found by that lookup field.
func isLookup(field string) bool {
	for _, k := range keyFields {
		if k.field == field && k.kind == field {
			return true
		}
	}
	return false
}

// keyValues are the raw values of keyFields of one stored record.
type keyValues struct {
	deleted bool
	values  [len(keyFields)]gateway.Value
}

// sameKind are, for each of keyFields, the places of all that give keys of its
// kind, as bits.
var sameKind = func() (kinds [len(keyFields)]uint32) {
	for i, a := range keyFields {
		for j, b := range keyFields {
			if a.kind == b.kind {
				kinds[i] |= 1 << j
			}
		}
	}
	return kinds
}()

// allKinds are the places of all keyFields.
const allKinds = 1<<len(keyFields) - 1

// differing returns the places of those keyFields whose kind has other values
// in o.
func (v *keyValues) differing(o *keyValues) (places uint32) {
	if v.deleted != o.deleted {
		return allKinds
	}
	for i := range v.values {
		if v.values[i] != o.values[i] {
			places |= sameKind[i]
		}
	}
	return places
}

// valuesOf returns what determines the keys of r at some places, by values that
// compare.
func valuesOf(r *gateway.Record, places uint32) keyValues {
	v := keyValues{deleted: r.Deleted}
	for i, k := range keyFields {
		if places&(1<<i) == 0 {
			continue
		}
		if value := r.Fields[k.field]; !value.Empty() {
			v.values[i] = value
		}
	}
	return v
}

// values is valuesOf for a record as it was loaded.
func (s *stored) values(places uint32) keyValues {
	if s.names == nil {
		fields, _ := parseFields(s.text) // it was parsed before
		return valuesOf(&gateway.Record{Fields: fields, Deleted: s.deleted}, places)
	}
	v := keyValues{deleted: s.deleted}
	for i, k := range keyFields {
		if places&(1<<i) == 0 {
			continue
		}
		if from, to := s.valueOf(k.field); to > from && s.text[from:to] != string(gateway.Null) {
			v.values[i] = gateway.Value(s.text[from:to])
		}
	}
	return v
}

// keysLaid returns the places of those keys that the fields that were laid over
// the record may have changed.
func (s *stored) keysLaid(deleted bool) (places uint32) {
	if s.laid == nil || s.deleted != deleted {
		return allKinds
	}
	for name := range s.laid {
		places |= placesOf[name]
	}
	return places
}

// placesOf are, for each field that gives keys, the places of its kind.
var placesOf = func() map[string]uint32 {
	places := make(map[string]uint32, len(keyFields))
	for i, k := range keyFields {
		places[k.field] = sameKind[i]
	}
	return places
}()

// maxKeyBytes leaves out what is no address or number of anybody.
const maxKeyBytes = 320

// NormalizeKey returns the form in which a key is stored and looked up: lower
// case for an e-mail address; the last digits of a phone number, which all its
// notations share, so that those found are candidates only; what is
// registered of the host of a domain or web address. "" means that value is not such a key.
func NormalizeKey(kind, value string) string {
	value = strings.TrimSpace(clean(value))
	switch kind {
	case KeyEmail:
		value = strings.ToLower(value)
		if !strings.Contains(value, "@") {
			return ""
		}
	case KeyPhone:
		value = normalizePhone(value)
	case KeyDomain:
		value = normalizeDomain(value)
	}
	if len(value) > maxKeyBytes {
		return ""
	}
	return value
}

// phoneTail is how many digits of a number are its key. Countries whose numbers
// have fewer are rare; more digits would tell "+44 20 …" from "020 …" there where
// numbers are short.
const phoneTail = 6

// normalizePhone drops an extension ("x12", "ext. 12", ";ext=12") and what only
// structures the number.
func normalizePhone(text string) string {
	digits := make([]byte, 0, 19)
	for i := range len(text) {
		c := text[i]
		if c == 'x' || c == 'X' || c == ';' || c == '#' {
			break
		}
		if c >= '0' && c <= '9' && len(digits) < cap(digits) {
			digits = append(digits, c)
		}
	}
	if len(digits) < 5 || len(digits) > 18 {
		return ""
	}
	return string(digits[max(0, len(digits)-phoneTail):])
}

func normalizeDomain(text string) string {
	if !strings.Contains(text, "//") {
		text = "//" + text
	}
	u, err := url.Parse(strings.ToLower(text))
	if err != nil || !strings.Contains(u.Hostname(), ".") {
		return ""
	}
	if registered, err := publicsuffix.EffectiveTLDPlusOne(u.Hostname()); err == nil {
		return registered
	}
	return strings.TrimPrefix(u.Hostname(), "www.")
}

// recordKey is one key of one record.
type recordKey struct{ kind, value string }

// keys returns the keys of the given places in order, none for a tombstone:
// nothing may be matched with it.
func (v *keyValues) keys(places uint32) []recordKey {
	if v.deleted {
		return nil
	}
	var keys []recordKey
	for i, k := range keyFields {
		if places&(1<<i) == 0 || v.values[i] == "" {
			continue
		}
		if normal := NormalizeKey(k.kind, v.values[i].String()); normal != "" {
			keys = append(keys, recordKey{k.kind, normal})
		}
	}
	slices.SortFunc(keys, func(a, b recordKey) int {
		return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.value, b.value))
	})
	return slices.Compact(keys)
}

// ownedKey is one key with its record.
type ownedKey struct {
	key gateway.RecordKey
	recordKey
}

// keyChange is what brings the keys of some records up to date.
type keyChange struct{ gone, fresh []ownedKey }

// changeOfKeys finds the keys that differ from what LoadRecords saw.
func (tx *Tx) changeOfKeys(records []gateway.Record) (c keyChange) {
	for i := range records {
		key, places := records[i].Key, uint32(allKinds)
		before, _ := tx.was(key)
		if before != nil {
			if places = before.keysLaid(records[i].Deleted); places == 0 {
				continue
			}
		}
		values := valuesOf(&records[i], places)
		var was []recordKey
		if before != nil {
			// Normalizing all keys of all records took two thirds of this.
			old := before.values(places)
			if places &= old.differing(&values); places == 0 {
				continue
			}
			was = old.keys(places)
		}
		now := values.keys(places)
		c.gone = appendMissing(c.gone, key, was, now)
		c.fresh = appendMissing(c.fresh, key, now, was)
	}
	return c
}

func (tx *Tx) saveKeys(ctx context.Context, c keyChange) error {
	if err := tx.dropKeys(ctx, c.gone); err != nil {
		return err
	}
	if err := tx.revisitKnown(ctx, c); err != nil {
		return err
	}
	return tx.many(ctx, saveRecordKeys, len(c.fresh), func(args []any, i int) []any {
		return appendKey(append(args, string(tx.ws)), &c.fresh[i])
	})
}

// appendMissing appends those of keys that are not among others.
func appendMissing(to []ownedKey, key gateway.RecordKey, keys, others []recordKey) []ownedKey {
	for _, k := range keys {
		if !slices.Contains(others, k) {
			to = append(to, ownedKey{key, k})
		}
	}
	return to
}

func appendKey(args []any, k *ownedKey) []any {
	return append(args, k.kind, k.value, k.key.Object, k.key.ID)
}

var saveRecordKeys = insert{
	doing: "saving record keys",
	head:  `INSERT INTO record_keys (workspace_id, kind, value, object, record_id)`,
	tail:  `ON CONFLICT DO NOTHING`,
	width: 5,
}

// dropKeys drops single keys: each is looked up by its value.
func (tx *Tx) dropKeys(ctx context.Context, gone []ownedKey) error {
	if err := tx.unstageKeys(ctx, gone); err != nil {
		return err
	}
	if tx.dialect.dropKeys == "" {
		return tx.rows(ctx, dropRecordKeys, len(gone), func(args []any, i int) []any {
			return appendKey(append(args, string(tx.ws)), &gone[i])
		})
	}
	if len(gone) == 0 {
		return nil
	}
	var columns [4][]string
	for i := range gone {
		for c, text := range [...]string{gone[i].kind, gone[i].value, gone[i].key.Object, gone[i].key.ID} {
			columns[c] = append(columns[c], text)
		}
	}
	_, err := tx.exec(ctx, dropRecordKeys.doing, tx.dialect.dropKeys, tx.dialect.list(columns[0]),
		tx.dialect.list(columns[1]), tx.dialect.list(columns[2]), tx.dialect.list(columns[3]), tx.ws)
	return err
}

var dropRecordKeys = insert{
	doing: "dropping record keys",
	head:  `DELETE FROM record_keys WHERE (workspace_id, kind, value, object, record_id) IN (`,
	tail:  `)`,
	width: 5,
}

// RecordsByKey returns the records that have a key, by kind KeyEmail,
// KeyPhone, KeyDomain or the name of a lookup field. The value is normalized
// here. At most 200, in the order of their ids; tombstones are never found.
func (w *Workspace) RecordsByKey(ctx context.Context, kind, value string) ([]gateway.Record, error) {
	normal := NormalizeKey(kind, value)
	if normal == "" {
		return nil, nil
	}
	staged, err := w.staged(ctx, stagedQuery{kinds: []string{kind}, values: []string{normal}})
	if err != nil {
		return nil, err
	}
	if len(staged) > 0 {
		both, err := w.RecordsByKeys(ctx, kind, []string{value})
		return both[value][:min(len(both[value]), 200)], err
	}
	// A join, because SQLite answers IN (SELECT object, record_id …) by walking
	// over all records. On Postgres a key may be there twice, see migration 0016.
	return w.records(ctx, "reading records by key", `SELECT `+recordColumns+`
		FROM (SELECT DISTINCT object AS o, record_id AS i FROM record_keys
			WHERE workspace_id = ? AND kind = ? AND value = ?) AS found
		JOIN records ON records.workspace_id = ? AND records.object = found.o AND records.record_id = found.i
		ORDER BY object, record_id LIMIT 200`, w.id, kind, normal, w.id)
}

// RecordsByField returns the records of some objects in which a field has
// exactly that text, at most 200, in the order of their ids; tombstones are
// never found. All records of the objects are looked at, because nobody knows
// beforehand which field an admin will choose.
func (w *Workspace) RecordsByField(ctx context.Context, field, value string, objects ...string) ([]gateway.Record, error) {
	if field == "" || value == "" {
		return nil, nil
	}
	d := w.db.dialect
	return w.records(ctx, "reading records by field", `SELECT `+recordColumns+` FROM records
		WHERE workspace_id = ? AND object`+d.among+` AND NOT deleted AND fields`+d.jsonText+` = ?
		ORDER BY object, record_id LIMIT 200`, w.id, d.list(objects), field, value)
}

// RecordsByPhoneField returns the records of an object whose field may hold a
// number, in any usual notation: its last four digits stand in it together or
// as two pairs. At most 200; who asks compares the numbers. All records of the
// object are looked at, see RecordsByField.
func (w *Workspace) RecordsByPhoneField(ctx context.Context, object, field, number string) ([]gateway.Record, error) {
	tail := NormalizeKey(KeyPhone, number)
	if field == "" || len(tail) < 4 {
		return nil, nil
	}
	tail = tail[len(tail)-4:]
	text := `fields` + w.db.dialect.jsonText
	return w.records(ctx, "reading records by phone", `SELECT `+recordColumns+` FROM records
		WHERE workspace_id = ? AND object = ? AND NOT deleted AND (`+text+` LIKE ? OR `+text+` LIKE ?)
		ORDER BY record_id LIMIT 200`, w.id, object, field, "%"+tail+"%", field, "%"+tail[:2]+"_"+tail[2:]+"%")
}
