// Package interop holds tests of our protocol clients against servers that
// other people wrote. It has no code of its own: run it with go test. It needs
// Node and, the first time, a package registry for npm.
package interop
