// Package clients runs third-party clients of Salesforce, unchanged, against
// the simulated org: what they take for granted, the org must do.
package clients
