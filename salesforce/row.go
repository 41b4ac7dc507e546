package salesforce

import (
	"encoding/json"
	"fmt"
	"time"

	"tidegate/gateway"
)

// RowDecoder turns JSON rows of one object into records. It is read-only
// after NewRowDecoder and safe for concurrent use.
type RowDecoder struct {
	object string
	fields map[string]column
}

type column struct {
	name string // shared by all rows, so that a row's map allocates no keys
	typ  gateway.FieldType
}

// NewRowDecoder returns the decoder for rows of the schema's object.
func NewRowDecoder(schema gateway.Schema) *RowDecoder {
	d := &RowDecoder{object: schema.Object, fields: make(map[string]column, len(schema.Fields))}
	for _, f := range schema.Fields {
		d.fields[f.Name] = column{name: f.Name, typ: f.Type}
	}
	return d
}

// DecodeRow turns one JSON row, as a query or retrieval gives it, into a
// record; see RowDecoder.Decode. Use a RowDecoder for many rows.
func DecodeRow(schema gateway.Schema, raw []byte) (gateway.Record, error) {
	if !json.Valid(raw) {
		return gateway.Record{}, fmt.Errorf("decoding a row of %s: not JSON", schema.Object)
	}
	return NewRowDecoder(schema).Decode(raw)
}

// Decode turns one row, which must be valid JSON, into a record. Fields holds
// canonical values of everything but attributes, compound and related objects
// (the parts of a compound come as fields of their own), and Id, IsDeleted and
// SystemModstamp: these three are Key.ID, Deleted and Version.CommitAt with
// ReadAt, as in change events, which do not carry them as fields either.
func (d *RowDecoder) Decode(raw []byte) (gateway.Record, error) {
	record := gateway.Record{
		Key:    gateway.RecordKey{Object: d.object},
		Fields: make(gateway.Fields, len(d.fields)),
	}
	err := eachMember(raw, func(key, value []byte) error {
		return d.member(&record, key, value)
	})
	if err != nil {
		return gateway.Record{}, fmt.Errorf("decoding a row of %s: %w", d.object, err)
	}
	if record.Key.ID == "" {
		return gateway.Record{}, fmt.Errorf("decoding a row of %s: it has no Id", d.object)
	}
	return record, nil
}

func (d *RowDecoder) member(record *gateway.Record, key, value []byte) error {
	switch string(key) {
	case "attributes":
		return nil
	case "Id":
		id, ok := gateway.NormalizeID(gateway.Scalar(value).String())
		if !ok {
			return fmt.Errorf("%s is no record id", clip(string(value), 40))
		}
		record.Key.ID = id
		return nil
	case "IsDeleted":
		record.Deleted = string(value) == "true"
		return nil
	case "SystemModstamp":
		at, err := parseInstant(gateway.Scalar(value).String())
		if err != nil {
			return err
		}
		record.Version.CommitAt = at.UnixMilli()
		record.ReadAt = at.UnixMilli()
		return nil
	}
	if value[0] == '{' || value[0] == '[' {
		return nil
	}
	col, known := d.fields[string(key)]
	if !known {
		col = column{name: string(key)}
	}
	v, err := canonical(col.typ, value)
	if err != nil {
		return fmt.Errorf("%s: %w", col.name, err)
	}
	// A related object that is empty comes as null and looks like a field.
	if known || !v.IsNull() {
		record.Fields[col.name] = v
	}
	return nil
}

// canonical returns the value in the one form that all decoders give.
func canonical(typ gateway.FieldType, raw []byte) (gateway.Value, error) {
	v := gateway.Scalar(raw)
	if typ != gateway.TypeDatetime || v.IsNull() {
		return v, nil
	}
	// "2026-05-01T07:25:37.000+0000", the form of every REST answer.
	const zero = `+0000"`
	if n := len(v); n == 30 && v[n-len(zero):] == zero {
		return v[:n-len(zero)] + `Z"`, nil
	}
	at, err := parseInstant(v.String())
	if err != nil {
		return "", err
	}
	return gateway.Instant(at), nil
}

// parseInstant reads a datetime in the forms that Salesforce writes.
func parseInstant(text string) (time.Time, error) {
	at, err := time.Parse("2006-01-02T15:04:05.999-0700", text)
	if err != nil {
		at, err = time.Parse(time.RFC3339Nano, text)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no datetime", clip(text, 40))
	}
	return at.UTC(), nil
}
