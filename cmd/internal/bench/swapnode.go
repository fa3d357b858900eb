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

// nodeInChild runs `geodrop node` in a process of its own: the generator shall
// not be in the schedule of its goroutines.
func nodeInChild(ctx context.Context, upstream *url.URL, dir string) (swapNode, error) {
	p, err := startService(ctx, "node", "--dir", dir, "--upstream", upstream.String(), "--unsigned")
	if err != nil {
		return nil, err
	}
	return p, nil
}
