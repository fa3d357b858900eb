package bench

import (
	"context"
	"net/url"
)

// swapNode is a node that follows an origin.
type swapNode interface {
	address() string
	vitals(ctx context.Context) (vitals, error)
	stop() error
}

// nodeInChild runs `geodrop node` in a process of its own.
func nodeInChild(ctx context.Context, on *processors, upstream *url.URL, dir string) (swapNode, error) {
	p, err := startService(ctx, on, "node", "--dir", dir, "--upstream", upstream.String(), "--unsigned")
	if err != nil {
		return nil, err
	}
	return p, nil
}
