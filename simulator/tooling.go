package simulator

import (
	"encoding/json"
	"strings"

	"tidegate/simulator/bus"
	"tidegate/simulator/org"
)

// Key prefixes of what the Tooling API names by id.
const (
	channelKey = "0YL"
	memberKey  = "0v8"
)

// tooling is the org's metadata as far as integrations ask for it.
func (o *Org) tooling() *org.Org {
	list := []org.Shelved{o.entities(), o.fields()}
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
	s := org.Shelved{Name: "FieldDefinition", Fields: []string{
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
	s := org.Shelved{Name: "ManagedEventSubscription", Fields: []string{"Id", "DeveloperName", "MasterLabel", "FullName", "Metadata"}}
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
	s := org.Shelved{Name: "PlatformEventChannel", Fields: []string{"Id", "DeveloperName", "MasterLabel", "ChannelType", "FullName", "Metadata"}}
	for i, c := range o.Log.Channels() {
		full := strings.TrimPrefix(c.Name, "/data/")
		name := strings.TrimSuffix(full, "__chn")
		s.Rows = append(s.Rows, map[string]any{
			"Id": org.MakeID(channelKey, uint64(i+1)), "DeveloperName": name, "MasterLabel": name, "ChannelType": "data", "FullName": full,
			"Metadata": metadata(map[string]any{"channelType": "data", "label": name}),
		})
	}
	return s
}

// members are the objects that are selected, for the default channel and for each
// custom one.
func (o *Org) members() org.Shelved {
	s := org.Shelved{Name: "PlatformEventChannelMember", Fields: []string{"Id", "DeveloperName", "EventChannel", "SelectedEntity", "FullName", "Metadata"}}
	add := func(channel, object string, enriched []string) {
		event := strings.TrimPrefix(bus.ChannelOf(object), "/data/")
		name := strings.TrimSuffix(channel, "__chn") + "_" + strings.ReplaceAll(event, "__", "_")
		fields := []map[string]string{}
		for _, f := range enriched {
			fields = append(fields, map[string]string{"name": f})
		}
		s.Rows = append(s.Rows, map[string]any{
			"Id": org.MakeID(memberKey, uint64(len(s.Rows)+1)), "DeveloperName": name, "EventChannel": channel, "SelectedEntity": event, "FullName": name,
			"Metadata": metadata(map[string]any{"eventChannel": channel, "selectedEntity": event, "enrichedFields": fields, "urls": nil}),
		})
	}
	for _, object := range o.CDC.Captured() {
		add("ChangeEvents", object, nil)
	}
	for _, c := range o.Log.Channels() {
		for _, object := range o.Engine.Objects() {
			if fields, ok := c.Members[object.Name]; ok {
				add(strings.TrimPrefix(c.Name, "/data/"), object.Name, fields)
			}
		}
	}
	return s
}

// eventSchema is the Avro schema of that id; false where it was never issued.
func (o *Org) eventSchema(id string) (json.RawMessage, bool) {
	schema, err := o.pubsub.Schema(id)
	if err != nil || schema == "" {
		return nil, false
	}
	return json.RawMessage(schema), true
}
