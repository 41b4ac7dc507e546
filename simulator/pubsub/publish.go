package pubsub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	eventbus "tidegate/eventbus/v1"
	"tidegate/simulator/bus"
)

// maxPublished is how many events one request may bring.
const maxPublished = 200

// mayPublish tells whether a user may publish to a topic: platform events alone
// are published, each on the channel of its own.
func (s *Server) mayPublish(user, topic string) bool {
	object, ok := bus.ObjectOf(topic)
	return ok && bus.IsPlatformEvent(object) && s.cfg.Access(user, topic) != Missing && s.cfg.MayPublish(user, object)
}

// Publish puts events on a topic. One that is refused has its error in its result.
func (s *Server) Publish(ctx context.Context, r *eventbus.PublishRequest) (*eventbus.PublishResponse, error) {
	c, err := s.begin(ctx, "Publish", r.GetTopicName())
	if err != nil {
		return nil, err
	}
	return s.publish(c, r.GetTopicName(), r)
}

// PublishStream is Publish for many requests. The first one names the topic; the
// stream ends when nothing has come for too long.
func (s *Server) PublishStream(stream eventbus.PubSub_PublishStreamServer) error {
	c, err := s.begin(stream.Context(), "PublishStream", "")
	if err != nil {
		return err
	}
	topic := ""
	requests := receive(stream.Context(), stream.Recv)
	for {
		r, err := s.nextPublish(c, requests)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case topic == "":
			topic = r.GetTopicName()
			err = s.wrong(c, topic)
		case r.GetTopicName() != "" && r.GetTopicName() != topic:
			err = c.refuse(errPublishTopic)
		}
		if err != nil {
			return err
		}
		answer, err := s.publish(c, topic, r)
		if err == nil {
			err = stream.Send(answer)
		}
		if err != nil {
			return err
		}
	}
}

// nextPublish waits for the next request; io.EOF says that no more come.
func (s *Server) nextPublish(c *call, requests <-chan *eventbus.PublishRequest) (*eventbus.PublishRequest, error) {
	idle := time.NewTimer(s.cfg.PublishIdle)
	defer idle.Stop()
	select {
	case r, ok := <-requests:
		if !ok {
			return nil, io.EOF
		}
		return r, nil
	case <-idle.C:
		return nil, c.refuse(errPublishIdle)
	case <-s.done:
		return nil, errRecycled
	}
}

func (s *Server) publish(c *call, topic string, r *eventbus.PublishRequest) (*eventbus.PublishResponse, error) {
	if topic == "" {
		return nil, c.refuse(errPublishEmpty)
	}
	schema, err := s.topic(c, topic)
	switch {
	case err != nil:
		return nil, err
	case !s.mayPublish(c.user, topic):
		return nil, c.refuse(errPublish, topic)
	case len(r.GetEvents()) == 0 || len(r.GetEvents()) > maxPublished:
		return nil, c.refuse(errPublishCount)
	}
	object, _ := bus.ObjectOf(topic) // topic knows it
	answer := &eventbus.PublishResponse{SchemaId: schema, RpcId: c.id}
	for _, e := range r.GetEvents() {
		result := &eventbus.PublishResult{CorrelationKey: e.GetId()}
		id, err := s.publishOne(c.user, object, e)
		if err != nil {
			result.Error = &eventbus.Error{Code: eventbus.ErrorCode_PUBLISH, Msg: err.Error()}
		} else {
			result.ReplayId = replayID(id)
		}
		answer.Results = append(answer.Results, result)
	}
	return answer, nil
}

var uuidForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// publishOne decodes an event by the schema that it names, which may be an older
// one of the same object.
func (s *Server) publishOne(user, object string, e *eventbus.ProducerEvent) (replayID int64, err error) {
	schema, err := s.schema(e.GetSchemaId())
	if err != nil || schema == nil || schema.Object != object {
		return 0, fmt.Errorf("the schema ID %q isn't valid for %s", e.GetSchemaId(), object)
	}
	values, err := schema.Decode(e.GetPayload())
	if err != nil {
		return 0, err
	}
	uuid := e.GetId()
	if !uuidForm.MatchString(uuid) {
		uuid = newUUID()
	}
	return s.cfg.Publish(user, Produced{Object: object, UUID: uuid, Values: values})
}
