package handlers

import (
	"context"
	"encoding/json"
	"time"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/views"
)

// saveFields writes the fields that differ from what is saved now.
func (p objectProposal) saveFields(ctx context.Context, tx *store.Tx, by string, now time.Time) error {
	for name, m := range p.mappings {
		if _, stays := p.body.Fields[name]; !stays {
			if err := tx.RemoveMapping(ctx, p.object, name, m.Revision); err != nil {
				return err
			}
		}
	}
	for name, f := range p.body.Fields {
		if f == p.before.Fields[name] {
			continue
		}
		m := p.mappings[name]
		if m.Field == "" { // imported with this save
			field, _ := p.schema.Field(name)
			m = gateway.Mapping{Object: p.object, Field: name, By: by, At: now, FieldType: field.Type}
		}
		m = f.Onto(m)
		m.ChangedBy, m.ChangedAt = by, now
		if err := tx.ReplaceMapping(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// saveSwitches writes the object's switches as a revision of the tab.
func (p objectProposal) saveSwitches(ctx context.Context, tx *store.Tx, by gateway.Member) error {
	if p.body.Switches == p.before.Switches {
		return nil
	}
	s := p.wanted()
	if err := settings.Validate(s, gateway.TabObjects); err != nil {
		return err
	}
	body, err := settings.Encode(s, gateway.TabObjects)
	if err != nil {
		return err
	}
	_, err = tx.SaveSetting(ctx, gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabObjects, Body: body, By: by.Name, ByID: by.ID},
		p.rows[gateway.TabObjects].Revision)
	return err
}

// wanted are the settings with the object's switches as proposed.
func (p objectProposal) wanted() gateway.Settings {
	s := p.settings
	o := &s.Objects
	o.Writeback = with(o.Writeback, p.object, p.body.Switches.Writeback)
	o.CreateMissing = with(o.CreateMissing, p.object, p.body.Switches.CreateMissing)
	o.UpdateFields = with(o.UpdateFields, p.object, p.body.Switches.UpdateFields)
	return s
}

// review is the proposal beside what is in force.
func (p objectProposal) review() review {
	r := review{from: p.settings, proposal: outbox.Proposal{Settings: p.wanted(), Mappings: map[string][]gateway.Mapping{p.object: {}}}}
	for _, m := range p.mappings {
		r.before = append(r.before, m)
	}
	for name, f := range p.body.Fields {
		m := p.mappings[name]
		if m.Field == "" {
			m = gateway.Mapping{Object: p.object, Field: name}
		}
		r.proposal.Mappings[p.object] = append(r.proposal.Mappings[p.object], f.Onto(m))
	}
	return r
}

// with returns a copy of the switches with one of them set.
func with(switches map[string]bool, object string, on bool) map[string]bool {
	out := map[string]bool{object: on}
	for name, was := range switches {
		if name != object {
			out[name] = was
		}
	}
	return out
}

// entry is the line of the audit log, with what differs before and after.
func (p objectProposal) entry(rows []views.ReviewChange) (gateway.AuditEntry, error) {
	before, after := map[string]string{}, map[string]string{}
	for _, r := range rows {
		before[r.Setting], after[r.Setting] = r.Before, r.After
	}
	was, err := json.Marshal(before)
	if err != nil {
		return gateway.AuditEntry{}, err
	}
	is, err := json.Marshal(after)
	return gateway.AuditEntry{What: "changed the fields of " + p.object, Target: p.object, Before: string(was), After: string(is)}, err
}
