package node

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"geodrop/sync/relay"
)

// The environment of a process that is a part of a network: which one, in which
// folder, and the origin's config.
const (
	partRole   = "GEODROP_TEST_PART"
	partDir    = "GEODROP_TEST_PART_DIR"
	partBundle = "GEODROP_TEST_PART_BUNDLE"
)

const partPort = "8090"

// The addresses of each pair of parts.
const (
	originToRelay, relayToOrigin = "10.77.1.1", "10.77.1.2"
	originToNode, nodeToOrigin   = "10.77.2.1", "10.77.2.2"
	relayToNode, nodeToRelay     = "10.77.3.1", "10.77.3.2"
)

func partURL(address string) string { return "http://" + net.JoinHostPort(address, partPort) }

// runPart runs an origin, a relay or a node, with the pauses that they have
// unless told, until it is killed.
func runPart(role string) error {
	ctx, dir := context.Background(), filepath.Join(os.Getenv(partDir), role)
	l, err := net.Listen("tcp4", ":"+partPort)
	if err != nil {
		return err
	}
	none := func(string) {}
	switch role {
	case "origin":
		return runOrigin(ctx, l, dir, os.Getenv(partBundle), none)
	case "relay":
		u, err := url.Parse(partURL(originToRelay))
		if err != nil {
			return err
		}
		r, err := relay.Open(relay.Options{Dir: dir, Upstreams: []*url.URL{u}})
		if err != nil {
			return err
		}
		return r.Serve(ctx, l)
	case "node":
		return runNode(ctx, l, dir, none, partURL(relayToNode), partURL(originToNode))
	}
	return fmt.Errorf("no part is called %q", role)
}
