// Package bayeux is a client of the Bayeux publish/subscribe protocol (the one
// CometD, Faye and Salesforce's Streaming API speak), over websocket and over
// long-polling.
//
// A Client keeps one session with one server: handshake, subscribe, then the
// connect loop. It hands the data parts of events to Deliver, one batch at a
// time, and asks the server for little more until Deliver returns; meanwhile
// it keeps the session alive. After every loss it makes a new handshake and
// asks each subscription afresh where to resume, so that what was not
// delivered is replayed by the server.
//
// The package knows the protocol and the replay extension. It does not know
// what an event says.
package bayeux
