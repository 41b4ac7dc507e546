// Package outbound decides what Salesforce is owed: how an edit folds into
// what is already waiting, what a person becomes as a record, and what follows
// from the outcome of an attempt. Everything here is a function of its
// arguments; the clock and the jitter are among them.
package outbound
