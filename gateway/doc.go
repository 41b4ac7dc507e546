// Package gateway is the vocabulary of Tidegate: the nouns that every other
// room speaks, each with its invariants and its contract in one file. It
// imports nothing of ours and does no I/O, so that a rule written in these
// words is a function of its arguments.
package gateway
