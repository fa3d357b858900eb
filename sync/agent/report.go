package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// account is what a node tells upwards of itself. It says nothing of who asks
// it.
type account struct {
	Node    string    `json:"node"`
	Channel string    `json:"channel"`
	Release string    `json:"release,omitempty"`
	Since   time.Time `json:"since,omitzero"`
	Class   Class     `json:"class,omitempty"`
	Stale   bool      `json:"stale,omitempty"`
	Refused string    `json:"refused,omitempty"` // release
}

// report tells upstreams what the node serves, since when, until the context is
// done: from time to time, and soon after it changes. What is not taken is told
// again later.
func (a *Agent) report(ctx context.Context) {
	const look, every = time.Second, 30 * time.Second
	var told account
	var since health
	var next time.Time
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		s := a.Status()
		now := account{Node: a.options.Node, Channel: a.options.Channel, Release: s.Release, Since: s.Since, Class: s.Class, Stale: s.Stale, Refused: s.Refused}
		if at := time.Now(); now != told || !at.Before(next) {
			err := a.tell(ctx, since.add(now, at, a.options.Health()))
			if err != nil {
				a.options.Log.Debug("a report is not taken", "error", err)
			}
			told, next = now, at.Add(every/2+rand.N(every/2))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// tell sends a report to the preferred upstream that takes it.
func (a *Agent) tell(ctx context.Context, r report) (err error) {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	for _, u := range a.options.Upstreams {
		if err = a.post(ctx, u.JoinPath("v1", "nodes").String(), b); err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (a *Agent) post(ctx context.Context, to string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, a.options.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if a.options.Token != "" {
		req.Header.Set("Authorization", "Bearer "+a.options.Token)
	}
	resp, err := a.options.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() // read only: nothing to lose
	const enough = 4 << 10
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, enough)) // so that the connection can be used again
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("%s answers %s", req.URL.Redacted(), resp.Status)
	}
	return nil
}
