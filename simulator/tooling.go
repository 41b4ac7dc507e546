package simulator

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"tidegate/simulator/bus"
	"tidegate/simulator/org"
	"tidegate/simulator/soql"
)

// Key prefixes of what the Tooling API names by id.
const (
	channelKey = "0YL"
	memberKey  = "0v8"
	fieldKey   = "00N"
	ruleKey    = "03d"
)

// tooling is the org's metadata as far as integrations ask for it. Who may see
// what is told only to the query that asks for it.
func (o *Org) tooling(q *soql.Query) *org.Org {
	list := []org.Shelved{o.entities(), o.fields(), o.customFields(), o.validationRules(), o.entityAccess(q), o.fieldAccess(q)}
	if o.Engine.Edition() != professional {
		list = append(list, o.managed(), o.channels(), o.members())
	}
	return org.Shelf(o.cfg.Now, list...)
}

func (o *Org) entities() org.Shelved {
	s := org.Shelved{Name: "EntityDefinition", Fields: []string{
		"Id", "DurableId", "QualifiedApiName", "DeveloperName", "Label", "PluralLabel", "KeyPrefix", "IsQueryable", "IsSearchable", "IsCustomizable",
	}}
	for _, object := range o.Engine.Objects() {
		s.Rows = append(s.Rows, map[string]any{
			"Id": "000000000000000AAA", "DurableId": object.Name, "QualifiedApiName": object.Name,
			"DeveloperName": strings.TrimSuffix(object.Name, "__c"), "Label": object.Label, "PluralLabel": object.LabelPlural,
			"KeyPrefix": object.KeyPrefix, "IsQueryable": true, "IsSearchable": object.Searchable, "IsCustomizable": object.Updateable,
		})
	}
	return s
}

func (o *Org) fields() org.Shelved {
	s := org.Shelved{Name: "FieldDefinition", Parents: map[string]string{"EntityDefinitionId": "EntityDefinition"}, Fields: []string{
		"Id", "DurableId", "EntityDefinitionId", "QualifiedApiName", "DeveloperName", "Label", "DataType", "Length", "Precision", "Scale",
	}}
	for _, object := range o.Engine.Objects() {
		for _, f := range object.Fields {
			s.Rows = append(s.Rows, map[string]any{
				"Id": "000000000000000AAA", "DurableId": object.Name + "." + f.Name, "EntityDefinitionId": object.Name,
				"QualifiedApiName": f.Name, "DeveloperName": strings.TrimSuffix(f.Name, "__c"), "Label": f.Label,
				"DataType": string(f.Type), "Length": int64(f.Length), "Precision": int64(f.Precision), "Scale": int64(f.Scale),
			})
		}
	}
	return s
}

// metadata is a value of the field of that name.
func metadata(v any) org.Raw {
	text, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return org.Raw(text)
}

func (o *Org) managed() org.Shelved {
	s := org.Shelved{Name: managedObject, Fields: []string{"Id", "DeveloperName", "MasterLabel", "FullName", "Metadata"}}
	for _, m := range o.pubsub.Subscriptions() {
		replay, state := "LATEST", "RUN"
		if m.Earliest {
			replay = "EARLIEST"
		}
		if m.Stopped {
			state = "STOP"
		}
		s.Rows = append(s.Rows, map[string]any{
			"Id": m.ID, "DeveloperName": m.DeveloperName, "MasterLabel": m.DeveloperName, "FullName": m.DeveloperName,
			"Metadata": metadata(map[string]any{
				"label": m.DeveloperName, "topicName": m.Topic, "defaultReplay": replay, "errorRecoveryReplay": replay, "state": state, "urls": nil,
			}),
		})
	}
	return s
}

func (o *Org) channels() org.Shelved {
	s := org.Shelved{Name: channelObject, Fields: []string{"Id", "DeveloperName", "MasterLabel", "ChannelType", "FullName", "Metadata"}}
	for _, c := range o.customChannels() {
		full, kind := path.Base(c.Name), path.Base(path.Dir(c.Name))
		name := strings.TrimSuffix(full, "__chn")
		s.Rows = append(s.Rows, map[string]any{
			"Id": componentID(channelKey, full), "DeveloperName": name, "MasterLabel": name, "ChannelType": kind, "FullName": full,
			"Metadata": metadata(map[string]any{"channelType": kind, "label": name}),
		})
	}
	return s
}

// members are the objects that are selected, for the default channel and for each
// custom one.
func (o *Org) members() org.Shelved {
	s := org.Shelved{Name: memberObject, Fields: []string{"Id", "DeveloperName", "EventChannel", "SelectedEntity", "FullName", "Metadata"}}
	list, enriched := o.selections()
	for _, of := range list {
		name, event := of.name(), path.Base(bus.ChannelOf(of.object))
		fields := []map[string]string{}
		for _, f := range enriched[of] {
			fields = append(fields, map[string]string{"name": f})
		}
		s.Rows = append(s.Rows, map[string]any{
			"Id": componentID(memberKey, name), "DeveloperName": name, "EventChannel": of.channel, "SelectedEntity": event, "FullName": name,
			"Metadata": metadata(map[string]any{"eventChannel": of.channel, "selectedEntity": event, "enrichedFields": fields, "urls": nil}),
		})
	}
	return s
}

// customFields are the fields that an admin made.
func (o *Org) customFields() org.Shelved {
	s := org.Shelved{Name: fieldObject, Fields: []string{"Id", "DeveloperName", "TableEnumOrId", "FullName", "Metadata"}}
	for _, object := range o.Engine.Objects() {
		for _, f := range object.Fields {
			if !f.Custom || f.Compound != "" {
				continue
			}
			full := object.Name + "." + f.Name
			s.Rows = append(s.Rows, map[string]any{
				"Id": componentID(fieldKey, full), "DeveloperName": strings.TrimSuffix(f.Name, "__c"), "TableEnumOrId": object.Name, "FullName": full,
				"Metadata": metadata(map[string]any{"label": f.Label, "type": typeName(f), "length": f.Length, "precision": f.Precision, "scale": f.Scale}),
			})
		}
	}
	return s
}

// validationRules are the rules that refuse writes. Their formulas stand in the
// Metadata alone.
func (o *Org) validationRules() org.Shelved {
	s := org.Shelved{Name: "ValidationRule", Parents: map[string]string{"EntityDefinitionId": "EntityDefinition"}, Fields: []string{
		"Id", "ValidationName", "EntityDefinitionId", "Active", "Description", "ErrorDisplayField", "ErrorMessage", "NamespacePrefix", "FullName", "Metadata",
	}}
	orNull := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	for _, v := range o.Engine.Validations() {
		full := v.Object + "." + v.Name
		s.Rows = append(s.Rows, map[string]any{
			"Id": componentID(ruleKey, full), "ValidationName": v.Name, "EntityDefinitionId": v.Object, "Active": !v.Off,
			"Description": nil, "ErrorDisplayField": orNull(v.Field), "ErrorMessage": v.Message, "NamespacePrefix": nil, "FullName": full,
			"Metadata": metadata(map[string]any{
				"active": !v.Off, "description": nil, "errorConditionFormula": v.Formula, "errorDisplayField": orNull(v.Field), "errorMessage": v.Message,
				"shouldEvaluateOnClient": nil, "urls": nil,
			}),
		})
	}
	return s
}

// typeName is the metadata's name of a field's type.
func typeName(f *org.Field) string {
	for _, name := range slices.Sorted(maps.Keys(fieldTypes)) {
		if fieldTypes[name] == f.Type && (name != "TextArea" || f.Length <= 255) && (name != "LongTextArea" || f.Length > 255) {
			return name
		}
	}
	return string(f.Type)
}

// eventSchema is the Avro schema of that id; false where it was never issued.
func (o *Org) eventSchema(id string) (json.RawMessage, bool) {
	schema, err := o.pubsub.Schema(id)
	if err != nil || schema == "" {
		return nil, false
	}
	return json.RawMessage(schema), true
}
