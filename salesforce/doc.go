// Package salesforce speaks Salesforce's REST API and OAuth for one
// connection: it sends what the outbox owes, reads what the flows ask for,
// renews the session, and turns every answer into the words of gateway. It
// keeps nothing: persistence of tokens comes in as functions.
package salesforce
