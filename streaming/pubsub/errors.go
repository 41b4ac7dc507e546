package pubsub

import (
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// course is what to do after an error.
type course int

const (
	courseRetry course = iota
	courseAuth
	courseBusy // overloaded or out of quota: keep the token, wait long
	courseReplayLost
	courseRefused // for good
)

// setback is why a stream ended, or did not begin, without ending Run.
type setback struct {
	course course
	text   string
	err    error
}

func (b *setback) Error() string {
	if b.err != nil {
		return b.text + ": " + b.err.Error()
	}
	return b.text
}

func (b *setback) Unwrap() error { return b.err }

// prefix stands before every error code of the platform.
const prefix = "sfdc.platform.eventbus.grpc."

// readings maps error codes, without prefix, to what they call for. Schema and
// topic have a validation.failed of their own, which says nothing about the
// position (F-07, F-09): codes are compared whole. Source: "Handle Errors",
// Pub/Sub API guide.
var readings = map[string]course{
	"service.auth.error":                            courseAuth,
	"service.auth.headers.invalid":                  courseRefused,
	"service.auth.refresh.invalid":                  courseRefused,
	"service.protection.triggered":                  courseBusy,
	"service.protection.stream.limit.triggered":     courseBusy,
	"concurrent.client.limit.exceeded":              courseBusy,
	"subscription.limit.exceeded":                   courseBusy,
	"service.tenant.license":                        courseRefused,
	"topic.not.found":                               courseRefused,
	"topic.meta.permission":                         courseRefused,
	"topic.validation.empty":                        courseRefused,
	"topic.validation.failed":                       courseRefused,
	"schema.meta.permission":                        courseRefused,
	"schema.not.found":                              courseRefused,
	"schema.validation.empty":                       courseRefused,
	"schema.validation.failed":                      courseRefused,
	"subscription.topic.cannot.subscribe":           courseRefused,
	"subscription.fetch.topic.mismatch":             courseRefused,
	"subscription.fetch.request.invalid":            courseRefused,
	"subscription.fetch.requested.events.invalid":   courseRefused,
	"subscription.fetch.replayid.corrupted":         courseReplayLost,
	"subscription.fetch.replayid.validation.failed": courseReplayLost,
	"subscription.fetch.replay.repeated":            courseRetry,
	"subscription.fetch.overflow":                   courseRetry,
	"subscription.internal.error":                   courseRetry,
	"service.unavailable":                           courseRetry,
	"topic.api.unavailable":                         courseRetry,
	"schema.api.unavailable":                        courseRetry,
}

// judge tells what an error of an RPC calls for: by the code in its trailers,
// and by the status where there is none.
func judge(err error, trailer metadata.MD) *setback {
	st := status.Convert(err)
	b := &setback{text: st.Message()}
	code := first(trailer, "error-code")
	known := false
	if code != "" {
		b.text = code + ": " + b.text
		b.course, known = readings[strings.TrimPrefix(code, prefix)]
	}
	if !known {
		b.course = byStatus(st.Code())
	}
	if rpc := first(trailer, "rpc-id"); rpc != "" && !strings.Contains(b.text, rpc) {
		b.text += " rpcId: " + rpc
	}
	return b
}

func first(md metadata.MD, key string) string {
	if values := md.Get(key); len(values) > 0 {
		return values[0]
	}
	return ""
}

func byStatus(c codes.Code) course {
	switch c {
	case codes.Unauthenticated:
		return courseAuth
	case codes.ResourceExhausted:
		return courseBusy
	case codes.InvalidArgument, codes.NotFound, codes.PermissionDenied, codes.Unimplemented:
		return courseRefused
	default:
		return courseRetry
	}
}
