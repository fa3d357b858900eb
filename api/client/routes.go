package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"geodrop/api"
)

// Lookup is the drops around a position, asked for by POST: nothing between
// client and node keeps it or learns where somebody is.
func (c *Client) Lookup(ctx context.Context, r Request) (*Answer, error) {
	body, err := r.body()
	if err != nil {
		return nil, fmt.Errorf("lookup: the request has no JSON: %w", err)
	}
	return decoded[Answer](c.ask(ctx, call{name: "lookup", method: http.MethodPost, path: []string{"v1", "lookup"}, body: body}))
}

// LookupCached is the same by GET. An answer is kept for as long as the node
// allows; after that the node is asked whether it has changed, which costs it
// few bytes. Positions should be rounded, to 1e-3 degrees say, for there is an
// answer for each.
func (c *Client) LookupCached(ctx context.Context, r Request) (*Answer, error) {
	return decoded[Answer](c.askCached(ctx, call{name: "lookup", path: []string{"v1", "lookup"}, query: r.query()}))
}

// Cell is the drops of one cell, as Answer.Cell names it; kept like those of
// LookupCached.
func (c *Client) Cell(ctx context.Context, cell string) (*Answer, error) {
	return decoded[Answer](c.askCached(ctx, call{name: "cell", path: []string{"v1", "cells", cell}}))
}

// Tile is the drops of a tile as a Mapbox vector tile; kept like those of
// LookupCached.
func (c *Client) Tile(ctx context.Context, z, x, y int) ([]byte, error) {
	path := []string{"v1", "tiles", strconv.Itoa(z), strconv.Itoa(x), strconv.Itoa(y) + ".mvt"}
	b, err := c.askCached(ctx, call{name: "tile", path: path})
	return slices.Clone(b), err
}

// Task is the state of a task, now or at a time; the latter is for operators.
func (c *Client) Task(ctx context.Context, id string, at time.Time) (*api.TaskAnswer, error) {
	q := ""
	if !at.IsZero() {
		q = url.Values{"at": {at.Format(time.RFC3339Nano)}}.Encode()
	}
	return decoded[api.TaskAnswer](c.ask(ctx, call{name: "task", path: []string{"v1", "tasks", id}, query: q}))
}

// CurrentRelease is what the node serves, since when.
func (c *Client) CurrentRelease(ctx context.Context) (*api.Release, error) {
	return decoded[api.Release](c.ask(ctx, call{name: "release", path: []string{"v1", "releases", "current"}}))
}

// Ready is whether the node should be asked, and the state of what it works
// with. A node that is not ready says so in Status, which is no error; it is
// asked once.
func (c *Client) Ready(ctx context.Context) (*api.Readiness, error) {
	return decoded[api.Readiness](c.ask(ctx, call{name: "ready", path: []string{"readyz"}, once: true, also: http.StatusServiceUnavailable}))
}

// Health is nil when the process answers; it is asked once.
func (c *Client) Health(ctx context.Context) error {
	_, err := c.ask(ctx, call{name: "health", path: []string{"healthz"}, once: true})
	return err
}

// Metrics are those of the node, in Prometheus' text format.
func (c *Client) Metrics(ctx context.Context) ([]byte, error) {
	return c.ask(ctx, call{name: "metrics", path: []string{"metrics"}})
}

// OpenAPI is the document of all routes of the node.
func (c *Client) OpenAPI(ctx context.Context) ([]byte, error) {
	return c.ask(ctx, call{name: "openapi", path: []string{"openapi.json"}})
}

// Proto is the document of the messages that the node speaks beside JSON.
func (c *Client) Proto(ctx context.Context) ([]byte, error) {
	return c.ask(ctx, call{name: "proto", path: []string{"geodrop.proto"}})
}

// decoded is the answer that a body is the JSON of.
func decoded[T any](body []byte, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	answer := new(T)
	if err := json.Unmarshal(body, answer); err != nil {
		return nil, fmt.Errorf("the answer of the node is not what geodrop answers: %w", err)
	}
	return answer, nil
}
