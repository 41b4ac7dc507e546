package main

import (
	"errors"
	"syscall"

	"tidegate/simulator"
)

// usualGRPC is where an org serves its Pub/Sub API unless told otherwise.
const usualGRPC = "127.0.0.1:8082"

// newOrg builds an org with its Pub/Sub API at the address. "" is the usual one,
// or a free port where that is taken: a second org on a machine must not fail
// for an address that nobody chose.
func newOrg(cfg simulator.Config, grpc string) (*simulator.Org, error) {
	cfg.GRPC = grpc
	if grpc == "" {
		cfg.GRPC = usualGRPC
	}
	org, err := simulator.New(cfg)
	if grpc == "" && errors.Is(err, syscall.EADDRINUSE) {
		cfg.GRPC = "127.0.0.1:0"
		return simulator.New(cfg)
	}
	return org, err
}
