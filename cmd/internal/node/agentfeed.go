package node

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"geodrop/api"
	"geodrop/sync/agent"
)

// AgentFeed feeds a node from the upstreams of an agent. It is a board.Checker
// for them.
type AgentFeed struct {
	agent *agent.Agent
	node  *Node // set before the agent runs
}

// OpenAgent opens an agent whose releases a node will serve; Serve is the
// feed's.
func OpenAgent(o agent.Options) (*AgentFeed, error) {
	f := &AgentFeed{}
	o.Serve = f.serve
	a, err := agent.Open(o)
	if err != nil {
		return nil, err
	}
	f.agent = a
	return f, nil
}

// Close closes the agent. Nobody may be fed.
func (f *AgentFeed) Close() error { return f.agent.Close() }

// Feed follows the upstreams.
func (f *AgentFeed) Feed(ctx context.Context, n *Node) error {
	f.node = n
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.agent.Run(ctx)
	}()
	for {
		select {
		case <-done:
			return nil
		case d := <-n.Damaged():
			n.Quarantined(d)
			f.agent.Damaged(d.Release, d.Err)
		}
	}
}

// serve tells the agent apart what is wrong with a release and what with this
// machine at this moment.
func (f *AgentFeed) serve(ctx context.Context, dir string) error {
	err := f.node.Serve(ctx, dir)
	if err == nil || damaged(err) {
		return err
	}
	return fmt.Errorf("%w: %w", agent.ErrTransient, err)
}

// AsOf is when what is served was last known to be what the upstreams have; zero
// if there is nothing.
func (f *AgentFeed) AsOf() time.Time {
	s := f.agent.Status()
	if s.Release != "" && s.Fetching == "" && (s.Class == "" || away(s.Class)) {
		return cmp.Or(s.LastContact, s.Since)
	}
	return s.Since
}

// away reports whether a failure says nothing but that upstreams are.
func away(c agent.Class) bool {
	switch c {
	case agent.Network, agent.Timeout, agent.Slow, agent.Overloaded, agent.Answer:
		return true
	}
	return false
}

// Check is how it goes with the upstreams.
func (f *AgentFeed) Check() api.Check {
	s := f.agent.Status()
	c := api.Check{Name: "upstream", State: api.CheckOK, Last: s.LastContact}
	switch {
	case s.Class == "" && s.Stale:
		c.State, c.Class, c.Detail, c.Since = api.CheckFailing, string(agent.Expired), saysOf(agent.Expired), s.Expires
	case s.Class != "":
		c.State, c.Class, c.Detail, c.Since = api.CheckFailing, string(s.Class), saysOf(s.Class), s.FailingSince
		if away(s.Class) && s.Release != "" {
			c.Detail += "; what is served still is"
		}
	case s.Fetching != "":
		c.State, c.Detail = api.CheckWorking, "fetching "+s.Fetching
	case s.LastContact.IsZero():
		c.State, c.Detail = api.CheckWorking, "none has answered yet"
	}
	return c
}

// saysOf words a class for people.
func saysOf(c agent.Class) string {
	if away(c) {
		return "no upstream can be reached, or it does not answer as it should"
	}
	switch c {
	case agent.Missing:
		return "the upstream has no release yet, or knows no such channel"
	case agent.Expired:
		return "upstreams have had no word of the origin for long, or hold it back; what is served still is, and may be stale"
	case agent.Untrusted, agent.Lineage:
		return "an upstream sends what no trusted key signed, or another history, and is not believed"
	case agent.Keys:
		return "the file of trusted keys cannot be read: nothing new is believed until it can"
	case agent.Length, agent.Digest, agent.Manifest, agent.Rollback:
		return "an upstream sends what it should not, and is not believed"
	case agent.Format:
		return "the release is of a newer geodrop: use that"
	case agent.Disk, agent.Quota:
		return "there is no room for the release, or the disk fails"
	case agent.Golden:
		return "a release answers otherwise than when it was built, and is put aside"
	case agent.Refused, agent.Damaged:
		return "a release was damaged or could not be served, and is put aside"
	}
	return "a release cannot be served now, and is tried again; the log says why"
}
