// Package pubsub is a client of the Pub/Sub API (package eventbus.v1): gRPC
// with credits, payloads in bare Avro, bitmaps that name fields by place.
//
// A Client keeps one subscription to one topic. It hands events to Deliver,
// one burst at a time, and gives the server no new credits while a burst
// waits: a slow receiver slows the server down. After every loss it asks
// Position afresh where to resume, so that what was not delivered comes again.
//
// Payloads stay undecoded until Event.Decode is called. The package knows the
// protocol and Avro; it does not know what an event says.
package pubsub
