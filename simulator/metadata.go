package simulator

import (
	"cmp"
	"encoding/json"
	"hash/fnv"
	"maps"
	"path"
	"slices"
	"strings"

	"tidegate/simulator/bus"
	"tidegate/simulator/org"
	"tidegate/simulator/pubsub"
)

// metadataWriter changes the org as a deployment or the Tooling API does.
type metadataWriter struct{ *Org }

// Names of what can be written.
const (
	channelObject = "PlatformEventChannel"
	memberObject  = "PlatformEventChannelMember"
	managedObject = "ManagedEventSubscription"
	fieldObject   = "CustomField"

	defaultChannel = "ChangeEvents"
)

// componentID is the id of something that is no record, the same for the same name.
func componentID(prefix, name string) string {
	h := fnv.New32a()
	h.Write([]byte(name)) // never fails
	return org.MakeID(prefix, uint64(h.Sum32()))
}

func refusedComponent(message string, fields ...string) *org.Error {
	return org.Refuse("FIELD_INTEGRITY_EXCEPTION", message, fields...)
}

func errNotWritable(object string) *org.Error {
	e := org.Refuse("METHOD_NOT_ALLOWED", "HTTP Method not allowed for "+object)
	e.Status = 405
	return e
}

// Create makes a channel, a member of one, a managed subscription or a custom field.
func (m metadataWriter) Create(object, fullName string, metadata json.RawMessage) (string, *org.Error) {
	switch object {
	case channelObject:
		return m.createChannel(fullName, metadata)
	case memberObject:
		return m.putMember(metadata)
	case managedObject:
		return m.manage(fullName, metadata)
	case fieldObject:
		return m.createField(fullName, metadata)
	}
	return "", errNotWritable(object)
}

// Update changes the fields of a member, a managed subscription, or a field's type.
func (m metadataWriter) Update(object, id string, metadata json.RawMessage) *org.Error {
	var err *org.Error
	switch object {
	case memberObject:
		if _, ok := m.member(id); !ok {
			return org.NotFound("The requested resource does not exist")
		}
		_, err = m.putMember(metadata)
	case managedObject:
		for _, s := range m.pubsub.Subscriptions() {
			if s.ID == id {
				_, err = m.manage(s.DeveloperName, metadata)
				return err
			}
		}
		return org.NotFound("The requested resource does not exist")
	case fieldObject:
		full, ok := m.fieldOf(id)
		if !ok {
			return org.NotFound("The requested resource does not exist")
		}
		_, err = m.alterField("change", full, metadata)
	default:
		return errNotWritable(object)
	}
	return err
}

// Delete takes a channel, a member or a field away.
func (m metadataWriter) Delete(object, id string) *org.Error {
	switch object {
	case channelObject:
		for _, c := range m.customChannels() {
			if componentID(channelKey, path.Base(c.Name)) == id {
				m.Log.Remove(c.Name)
				return nil
			}
		}
	case memberObject:
		if of, ok := m.member(id); ok {
			m.removeMember(of)
			return nil
		}
	case fieldObject:
		if full, ok := m.fieldOf(id); ok {
			_, err := m.alterField("remove", full, []byte(`{}`))
			return err
		}
	default:
		return errNotWritable(object)
	}
	return org.NotFound("The requested resource does not exist")
}

// The kinds of channels, and how their names begin.
var channelKinds = map[string]string{"data": "/data/", "event": "/event/"}

// channel finds a custom channel of either kind by its full name.
func (o *Org) channel(fullName string) (bus.Channel, bool) {
	c, ok := o.Log.Custom(channelKinds["data"] + fullName)
	if !ok {
		c, ok = o.Log.Custom(channelKinds["event"] + fullName)
	}
	return c, ok
}

// customChannels are those that an admin made.
func (o *Org) customChannels() []bus.Channel {
	return slices.DeleteFunc(o.Log.Channels(), func(c bus.Channel) bool { return c.Name == bus.Everything })
}

func (m metadataWriter) createChannel(fullName string, metadata json.RawMessage) (string, *org.Error) {
	var in struct{ ChannelType string }
	if err := json.Unmarshal(metadata, &in); err != nil {
		return "", org.Refuse("JSON_PARSER_ERROR", err.Error())
	}
	kind, ok := channelKinds[cmp.Or(in.ChannelType, "data")]
	if !ok {
		return "", refusedComponent("The channel type, "+in.ChannelType+", isn't valid.", "ChannelType")
	}
	name := kind + fullName
	if _, ok := m.channel(fullName); ok {
		return "", org.Refuse("DUPLICATE_DEVELOPER_NAME", "This developer name is already used: "+strings.TrimSuffix(fullName, "__chn"), "FullName")
	}
	if err := m.Log.Define(bus.Channel{Name: name, Members: map[string][]string{}}); err != nil {
		return "", refusedComponent(err.Error(), "FullName")
	}
	return componentID(channelKey, fullName), nil
}

// selected is an object on a channel; the channel is defaultChannel or one of the
// admin's own.
type selected struct{ channel, object string }

func (s selected) name() string {
	event := path.Base(bus.ChannelOf(s.object))
	return strings.TrimSuffix(s.channel, "__chn") + "_" + strings.ReplaceAll(event, "__", "_")
}

// selections lists every member with the fields that it is enriched with.
func (o *Org) selections() (list []selected, enriched map[selected][]string) {
	enriched = map[selected][]string{}
	def, _ := o.Log.Custom(bus.Everything)
	for _, object := range o.CDC.Captured() {
		s := selected{defaultChannel, object}
		list = append(list, s)
		enriched[s] = def.Members[object]
	}
	for _, c := range o.customChannels() {
		for _, object := range slices.Sorted(maps.Keys(c.Members)) {
			s := selected{path.Base(c.Name), object}
			list = append(list, s)
			enriched[s] = c.Members[object]
		}
	}
	return list, enriched
}

func (m metadataWriter) member(id string) (selected, bool) {
	list, _ := m.selections()
	at := slices.IndexFunc(list, func(s selected) bool { return componentID(memberKey, s.name()) == id })
	if at < 0 {
		return selected{}, false
	}
	return list[at], true
}

// putMember selects an object for a channel, with its enriched fields.
func (m metadataWriter) putMember(metadata json.RawMessage) (string, *org.Error) {
	var in struct {
		EventChannel, SelectedEntity string
		EnrichedFields               []struct{ Name string }
	}
	if err := json.Unmarshal(metadata, &in); err != nil {
		return "", org.Refuse("JSON_PARSER_ERROR", err.Error())
	}
	object, ok := bus.ObjectOf("/data/" + in.SelectedEntity)
	if bus.IsPlatformEvent(in.SelectedEntity) {
		object, ok = in.SelectedEntity, in.EventChannel != defaultChannel
	}
	if !ok || object == "" || !m.knows(object) {
		return "", refusedComponent("The selected entity, "+in.SelectedEntity+", isn't valid.", "SelectedEntity")
	}
	of := selected{in.EventChannel, object}
	channel, ok := m.channel(in.EventChannel)
	if !ok && in.EventChannel == defaultChannel {
		channel, ok = bus.Channel{Name: bus.Everything}, true
	}
	if !ok {
		return "", refusedComponent("The event channel, "+in.EventChannel+", doesn't exist.", "EventChannel")
	}
	fields := []string{}
	for _, f := range in.EnrichedFields {
		if known := m.Engine.Object(object).Field(f.Name); known == nil || known.Calculated {
			return "", refusedComponent("The enriched field, "+f.Name+", isn't valid.", "EnrichedFields")
		}
		fields = append(fields, f.Name)
	}
	members := maps.Clone(channel.Members)
	if members == nil {
		members = map[string][]string{}
	}
	members[object] = fields
	channel.Members = members
	if err := m.define(channel); err != nil {
		return "", refusedComponent(err.Error(), "EnrichedFields")
	}
	if !bus.IsPlatformEvent(object) {
		m.CDC.Capture(object, true)
	}
	return componentID(memberKey, of.name()), nil
}

// removeMember ends a selection. An object that no channel selects any more is not
// captured.
func (m metadataWriter) removeMember(of selected) {
	if of.channel == defaultChannel {
		m.CDC.Capture(of.object, false)
	}
	channel, ok := m.channel(of.channel)
	if !ok {
		return
	}
	channel.Members = maps.Clone(channel.Members)
	delete(channel.Members, of.object)
	_ = m.define(channel) // it was defined with more
}

// define puts a channel in place. Of the default one only what it is enriched with
// is kept.
func (m metadataWriter) define(c bus.Channel) error {
	if c.Name != bus.Everything {
		return m.Log.Define(c)
	}
	maps.DeleteFunc(c.Members, func(_ string, fields []string) bool { return len(fields) == 0 })
	if len(c.Members) == 0 {
		m.Log.Remove(c.Name)
		return nil
	}
	return m.Log.Define(c)
}

func (m metadataWriter) manage(name string, metadata json.RawMessage) (string, *org.Error) {
	var in struct{ TopicName, DefaultReplay, State string }
	if err := json.Unmarshal(metadata, &in); err != nil {
		return "", org.Refuse("JSON_PARSER_ERROR", err.Error())
	}
	id, err := m.pubsub.Manage(pubsub.Managed{
		DeveloperName: name, Topic: in.TopicName, Earliest: in.DefaultReplay == "EARLIEST", Stopped: in.State == "STOP",
	})
	if err != nil {
		return "", refusedComponent(err.Error(), "TopicName")
	}
	return id, nil
}

// fieldTypes are the metadata's names of field types.
var fieldTypes = map[string]org.FieldType{
	"Text": org.TypeString, "TextArea": org.TypeTextArea, "LongTextArea": org.TypeTextArea, "Number": org.TypeDouble,
	"Currency": org.TypeCurrency, "Percent": org.TypePercent, "Checkbox": org.TypeBoolean, "Date": org.TypeDate,
	"DateTime": org.TypeDateTime, "Time": org.TypeTime, "Email": org.TypeEmail, "Phone": org.TypePhone, "Url": org.TypeURL,
	"Picklist": org.TypePicklist, "MultiselectPicklist": org.TypeMultiPicklist, "Lookup": org.TypeReference, "Location": org.TypeLocation,
}

func (m metadataWriter) createField(full string, metadata json.RawMessage) (string, *org.Error) {
	return m.alterField("add", full, metadata)
}

// alterField adds, changes or removes the field Object.Name__c.
func (m metadataWriter) alterField(op, full string, metadata json.RawMessage) (string, *org.Error) {
	var in struct {
		Label, Type, ReferenceTo, RelationshipName string
		Length, Precision, Scale                   int
		Required, Unique, ExternalID               bool
		ValueSet                                   struct {
			Restricted       bool
			ControllingField string
			ValueSettings    []struct {
				ControllingFieldValue []string
				ValueName             string
			}
			ValueSetDefinition struct {
				Value []struct {
					FullName string
					Default  bool
				}
			}
		}
	}
	if err := json.Unmarshal(metadata, &in); err != nil {
		return "", org.Refuse("JSON_PARSER_ERROR", err.Error())
	}
	object, name, _ := strings.Cut(full, ".")
	spec := org.FieldSpec{
		Name: name, Label: in.Label, Type: fieldTypes[in.Type], Length: in.Length, Precision: in.Precision, Scale: in.Scale,
		Restricted: in.ValueSet.Restricted, Required: in.Required, Unique: in.Unique, ExternalID: in.ExternalID, Children: in.RelationshipName,
	}
	if spec.Controller = in.ValueSet.ControllingField; spec.Controller != "" {
		spec.ValidFor = map[string][]string{}
		for _, with := range in.ValueSet.ValueSettings {
			spec.ValidFor[with.ValueName] = with.ControllingFieldValue
		}
	}
	if in.ReferenceTo != "" {
		spec.ReferenceTo = []string{in.ReferenceTo}
	}
	for _, v := range in.ValueSet.ValueSetDefinition.Value {
		spec.Values = append(spec.Values, map[bool]string{true: "*"}[v.Default]+v.FullName)
	}
	if err := m.Engine.Alter(org.Alteration{Op: op, Object: object, Field: spec}); err != nil {
		return "", refusedComponent(err.Error(), "FullName")
	}
	return componentID(fieldKey, full), nil
}

// fieldOf is the full name of the custom field with that id.
func (m metadataWriter) fieldOf(id string) (full string, ok bool) {
	for _, object := range m.Engine.Objects() {
		for _, f := range object.Fields {
			if full = object.Name + "." + f.Name; f.Custom && componentID(fieldKey, full) == id {
				return full, true
			}
		}
	}
	return "", false
}
