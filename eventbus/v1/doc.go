// Package eventbus is the published gRPC interface of the Pub/Sub API, generated
// from pubsub_api.proto. Client and simulator share it, because a program may
// register a protobuf file only once.
package eventbus

//go:generate sh -c "cd ../../tools/proto && go run . ../../eventbus/v1/pubsub_api.proto"
