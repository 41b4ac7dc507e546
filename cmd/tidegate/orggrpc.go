package main

import (
	"errors"
	"net"
	"strconv"
	"syscall"

	"tidegate/simulator"
)

// besides is the address with the port after that of the given one: where an org
// serves its Pub/Sub API unless told otherwise, and where tail looks for that of
// an org on this machine. "" where the port is not known.
func besides(address string) string {
	host, port, err := net.SplitHostPort(address)
	n, bad := strconv.Atoi(port)
	if err != nil || bad != nil || n < 1 || n > 65_534 {
		return ""
	}
	return net.JoinHostPort(host, strconv.Itoa(n+1))
}

// newOrg builds an org with its Pub/Sub API at the address. "" is the port besides,
// or a free port where that is taken: a second org on a machine must not fail
// for an address that nobody chose.
func newOrg(cfg simulator.Config, grpc string) (*simulator.Org, error) {
	cfg.GRPC = grpc
	if grpc == "" {
		cfg.GRPC = besides(cfg.HTTP)
	}
	org, err := simulator.New(cfg)
	if grpc == "" && errors.Is(err, syscall.EADDRINUSE) {
		cfg.GRPC = "127.0.0.1:0"
		return simulator.New(cfg)
	}
	return org, err
}
