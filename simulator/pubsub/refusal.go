package pubsub

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const codePrefix = "sfdc.platform.eventbus.grpc."

// refusal is one way to end a call. Where Salesforce's own status of a code is
// not known, it is the one that fits.
type refusal struct {
	code   string // without the prefix
	status codes.Code
	text   string
}

var (
	errUnavailable     = refusal{"service.unavailable", codes.Internal, "The service is unavailable. Try again later."}
	errInternal        = refusal{"subscription.internal.error", codes.Internal, "An internal error occurred in the subscription."}
	errAuth            = refusal{"service.auth.error", codes.Unauthenticated, "An authentication exception occurred. Provide valid authentication via metadata headers."}
	errHeaders         = refusal{"service.auth.headers.invalid", codes.Unauthenticated, "The authentication headers are invalid. Provide accesstoken, instanceurl and tenantid via metadata headers."}
	errTooSlow         = refusal{"service.protection.triggered", codes.ResourceExhausted, "The service is protecting itself. Slow down and try again later."}
	errTopicUnknown    = refusal{"topic.not.found", codes.NotFound, "The topic information for org %s and topic %s not found. Ensure the topic name is correct and that the topic exists."}
	errTopicEmpty      = refusal{"topic.validation.empty", codes.InvalidArgument, "The topic name is empty. Provide a topic name."}
	errTopicChanged    = refusal{"subscription.fetch.topic.mismatch", codes.InvalidArgument, "The topic name in the fetch request does not match the topic of the subscription."}
	errNoSubscribe     = refusal{"subscription.topic.cannot.subscribe", codes.PermissionDenied, "The user does not have permission to subscribe to the topic."}
	errLimit           = refusal{"subscription.limit.exceeded", codes.ResourceExhausted, "You have exceeded the event delivery limit for your org."}
	errRequested       = refusal{"subscription.fetch.requested.events.invalid", codes.InvalidArgument, "The number of requested events must be greater than zero."}
	errFetch           = refusal{"subscription.fetch.request.invalid", codes.InvalidArgument, "The fetch request is invalid."}
	errReplayMissing   = refusal{"subscription.fetch.replayid.validation.failed", codes.InvalidArgument, "The Replay ID validation failed. Ensure that the Replay ID is valid."}
	errReplay          = refusal{"subscription.fetch.replayid.corrupted", codes.InvalidArgument, "The Replay ID validation failed. Ensure that the Replay ID is valid."}
	errSchema          = refusal{"schema.validation.failed", codes.InvalidArgument, "The schema information for the schema ID %s not found. Ensure that the schema ID is valid."}
	errPublish         = refusal{"topic.meta.permission", codes.PermissionDenied, "The user does not have permission to publish to the topic %s."}
	errPublishEmpty    = refusal{"publish.topic.validation.empty", codes.InvalidArgument, "The topic name is required to publish events."}
	errPublishTopic    = refusal{"publish.topic.mismatch", codes.InvalidArgument, "The topic name in the request doesn't match the topic name of the stream."}
	errPublishCount    = refusal{"publish.event.count.invalid", codes.InvalidArgument, "The number of events in the publish request is invalid."}
	errPublishIdle     = refusal{"publish.stream.sweeper.timeout", codes.Aborted, "The publish stream has been idle for too long."}
	errManagedEmpty    = refusal{"managed.subscription.id.or.developer.name.empty", codes.InvalidArgument, "Provide either the subscription ID or the developer name of the managed subscription."}
	errManagedID       = refusal{"managed.subscription.subscription.id.invalid", codes.InvalidArgument, "The managed subscription ID %s is invalid."}
	errManagedUnknown  = refusal{"managed.subscription.subscription.id.not.found", codes.NotFound, "The managed subscription with the ID %s was not found."}
	errManagedName     = refusal{"managed.subscription.developer.name.not.found", codes.NotFound, "The managed subscription with the developer name %s was not found."}
	errManagedActive   = refusal{"managed.subscription.already.active", codes.FailedPrecondition, "The managed subscription already has an active client."}
	errManagedStopped  = refusal{"managed.subscription.config.stopped", codes.FailedPrecondition, "The managed subscription is stopped."}
	errManagedCommit   = refusal{"managed.subscription.fetch.request.commit.request.restricted", codes.InvalidArgument, "The first fetch request must not contain a commit request."}
	errManagedRequest  = refusal{"managed.subscription.fetch.request.events.invalid", codes.InvalidArgument, "The number of requested events must be greater than zero."}
	errManagedMismatch = refusal{"managed.subscription.fetch.request.invalid", codes.InvalidArgument, "The fetch request names another managed subscription."}
)

// refusals are those of the list that a fault may ask for by code alone.
var refusals = []refusal{
	errUnavailable, errInternal, errAuth, errHeaders, errTooSlow, errTopicEmpty, errTopicChanged, errRequested, errFetch, errReplayMissing, errReplay,
	errNoSubscribe, errLimit,
	errManagedActive, errManagedStopped, errManagedEmpty, errManagedCommit, errManagedRequest, errManagedMismatch,
	errPublishEmpty, errPublishTopic, errPublishCount, errPublishIdle,
	{"service.auth.refresh.invalid", codes.InvalidArgument, "The authentication refresh is invalid."},
	{"publish.auth.refresh.invalid", codes.InvalidArgument, "The authentication refresh is invalid."},
	{"managed.subscription.developer.name.not.found", codes.NotFound, "The managed subscription with the developer name was not found."},
	{"managed.subscription.subscription.id.not.found", codes.NotFound, "The managed subscription was not found."},
	{"managed.subscription.subscription.id.invalid", codes.InvalidArgument, "The managed subscription ID is invalid."},
	{"subscription.fetch.replay.repeated", codes.InvalidArgument, "The replay settings were sent more than once."},
	{"subscription.fetch.overflow", codes.ResourceExhausted, "The number of requested events overflows."},
	{"managed.subscription.config.deleted", codes.NotFound, "The managed subscription was deleted."},
	{"managed.subscription.fetch.request.auth.request.restricted", codes.InvalidArgument, "The fetch request must not contain an authentication refresh."},
	{"service.protection.stream.limit.triggered", codes.ResourceExhausted, "The limit of streams is reached. Try again later."},
	{"concurrent.client.limit.exceeded", codes.ResourceExhausted, "The limit of concurrent clients is exceeded."},
	{"service.tenant.license", codes.PermissionDenied, "The org has no license for this service."},
	{"topic.not.found", codes.NotFound, "The topic information was not found. Ensure the topic name is correct and that the topic exists."},
	{"topic.meta.permission", codes.PermissionDenied, "The user does not have permission to get the topic information."},
	{"schema.meta.permission", codes.PermissionDenied, "The user does not have permission to get the schema information."},
	{"topic.api.unavailable", codes.Unavailable, "The topic information is unavailable. Try again later."},
	{"schema.api.unavailable", codes.Unavailable, "The schema information is unavailable. Try again later."},
	{"schema.validation.failed", codes.InvalidArgument, "The schema information was not found. Ensure that the schema ID is valid."},
}

// call is one call of a client.
type call struct {
	ctx    context.Context
	method string // name of the call, such as Subscribe
	id     string // rpc id
	user   string
}

// begin checks the metadata that every call carries. The topic is "" where the
// call has none, or none yet.
func (s *Server) begin(ctx context.Context, method, topic string) (*call, error) {
	c := &call{ctx: ctx, method: method, id: newUUID()}
	s.slow(ctx, c, topic)
	if err := s.wrong(c, topic); err != nil {
		return nil, err
	}
	md, _ := metadata.FromIncomingContext(ctx)
	token, instance, tenant := first(md, "accesstoken"), first(md, "instanceurl"), first(md, "tenantid")
	if token == "" || tenant == "" || !isAddress(instance) {
		return nil, c.refuse(errHeaders)
	}
	user, ok := s.cfg.Authenticate(token)
	// Ids come with 15 characters or, with their checksum, with 18.
	ours := tenant == s.cfg.Tenant || len(s.cfg.Tenant) == 18 && tenant == s.cfg.Tenant[:15]
	// A scheme before the token is accepted on other APIs, not here.
	if !ok || !ours || strings.ContainsRune(token, ' ') || !s.cfg.Instance(instance) {
		return nil, c.refuse(errAuth)
	}
	c.user = user
	return c, nil
}

func first(md metadata.MD, key string) string {
	if values := md.Get(key); len(values) > 0 {
		return values[0]
	}
	return ""
}

func isAddress(instance string) bool {
	u, err := url.Parse(instance)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// refuse ends the call: status and text, the trailers that tell more, and the id
// of the call after the text. Args fill the refusal's text.
func (c *call) refuse(r refusal, args ...any) error {
	text := r.text
	if len(args) > 0 {
		text = fmt.Sprintf(text, args...)
	}
	trailer := metadata.Pairs("error-code", codePrefix+r.code, "rpc-id", c.id, "type", c.method)
	if err := grpc.SetTrailer(c.ctx, trailer); err != nil {
		return fmt.Errorf("setting the trailer: %w", err)
	}
	return status.Error(r.status, text+" rpcId: "+c.id)
}
