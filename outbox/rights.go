package outbox

import (
	"context"
	"fmt"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/settings"
)

func (o *Outbox) rights(ctx context.Context, ws gateway.WorkspaceID, object string) (rights, error) {
	w := o.db.In(ws)
	schema, err := w.Schema(ctx, object)
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return rights{}, fmt.Errorf("reading the describe: %w", err)
	}
	rows, err := w.Mappings(ctx, object)
	if err != nil {
		return rights{}, fmt.Errorf("reading the mappings: %w", err)
	}
	saved, err := w.Settings(ctx, gateway.OrgScope)
	if err != nil {
		return rights{}, fmt.Errorf("reading the settings: %w", err)
	}
	inForce, err := settings.Effective(saved, nil)
	if err != nil {
		return rights{}, err
	}
	r := rights{on: inForce.Objects.Writeback[object], schema: schema, mappings: make(map[string]gateway.Mapping, len(rows))}
	for _, m := range rows {
		r.mappings[m.Field] = m
	}
	return r, nil
}

// rights are what steers writes of one object, read before the transaction.
type rights struct {
	on       bool
	schema   gateway.Schema
	mappings map[string]gateway.Mapping
}

func (r rights) mapping(field string) gateway.Mapping { return r.mappings[field] }

func (r rights) writable(field string) (bool, string) {
	f, _ := r.schema.Field(field)
	ok, _, reason := mapping.Writable(r.on, r.mappings[field], f)
	return ok, reason
}

func (r rights) label(field string) string {
	if f, ok := r.schema.Field(field); ok && f.Label != "" {
		return f.Label
	}
	return field
}

// checkValues refuses impossible values of writable fields; what may not be
// written at all is refused as such by the plan.
func (r rights) checkValues(fields gateway.Fields) error {
	var bad *gateway.Error
	for _, name := range fields.Names() {
		f, known := r.schema.Field(name)
		if ok, _ := r.writable(name); !ok || !known {
			continue
		}
		if err := mapping.CheckValue(f, fields[name]); err != nil {
			if bad == nil {
				bad = gateway.Errorf(gateway.CodeInvalid, "%s", err.Error())
			}
			bad.Fields = append(bad.Fields, name)
		}
	}
	if bad == nil {
		return nil
	}
	return bad
}
