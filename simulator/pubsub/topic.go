package pubsub

import (
	"context"
	"crypto/rand"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator/bus"
)

// GetTopic tells about a topic; the topics are the channels of change events and
// of platform events.
func (s *Server) GetTopic(ctx context.Context, r *eventbus.TopicRequest) (*eventbus.TopicInfo, error) {
	c, err := s.begin(ctx, "GetTopic", r.GetTopicName())
	if err != nil {
		return nil, err
	}
	schema, err := s.topic(c, r.GetTopicName())
	if err != nil {
		return nil, err
	}
	return &eventbus.TopicInfo{
		TopicName: r.GetTopicName(), TenantGuid: s.guid(), SchemaId: schema, RpcId: c.id,
		CanSubscribe: s.cfg.Access(c.user, r.GetTopicName()) == Open, CanPublish: s.mayPublish(c.user, r.GetTopicName()),
	}, nil
}

// topic returns the newest schema id of a topic, "" where it carries events of
// many kinds. It refuses what is no topic.
func (s *Server) topic(c *call, name string) (schema string, err error) {
	if name == "" {
		return "", c.refuse(errTopicEmpty)
	}
	if s.cfg.Access(c.user, name) != Missing {
		object, ok := bus.ObjectOf(name)
		_, custom := s.cfg.Log.Custom(name)
		if custom || ok && object == "" {
			return "", nil
		}
		if layout, captured := s.cfg.Captured(object); ok && captured {
			return layout.Schema, nil
		}
	}
	return "", c.refuse(errTopicUnknown, s.guid(), name)
}

func (s *Server) guid() string { return "CORE/prod/" + s.cfg.Tenant }

// GetSchema gives a schema by its id, also one that newer events no longer have.
func (s *Server) GetSchema(ctx context.Context, r *eventbus.SchemaRequest) (*eventbus.SchemaInfo, error) {
	c, err := s.begin(ctx, "GetSchema", "")
	if err != nil {
		return nil, err
	}
	schema, err := s.schema(r.GetSchemaId())
	if err != nil {
		return nil, c.refuse(errInternal)
	}
	if schema == nil {
		return nil, c.refuse(errSchema, r.GetSchemaId())
	}
	return &eventbus.SchemaInfo{SchemaJson: schema.JSON, SchemaId: schema.ID, RpcId: c.id}, nil
}

// Schema is the text of a schema, "" where none of that id was ever issued.
func (s *Server) Schema(id string) (text string, err error) {
	schema, err := s.schema(id)
	if err != nil || schema == nil {
		return "", err
	}
	return schema.JSON, nil
}

func newUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails; see crypto/rand
	return string(appendUUID(nil, b))
}
